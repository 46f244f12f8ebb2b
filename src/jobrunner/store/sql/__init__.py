"""The statements, once, in the SQL that SQLite and PostgreSQL both take."""
