"""The ledger in PostgreSQL, for many hosts."""
