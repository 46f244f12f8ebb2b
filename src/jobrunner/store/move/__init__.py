"""Taking a ledger from one database to another."""
