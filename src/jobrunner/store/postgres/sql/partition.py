"""Statements about the months of what attempts have written."""

# Nobody who reads or sends output is kept waiting for a month that somebody else uses.
BRIEFLY = "SET LOCAL lock_timeout = '100ms'"

MONTHS = """
SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'pieces'::regclass
"""

MAKE = "CREATE TABLE {name} (LIKE pieces INCLUDING ALL)"

# What came before its month was made lies with the rest.
FILL = """
WITH early AS (
    DELETE FROM pieces_other WHERE written_at >= :first AND written_at < :end RETURNING *
)
INSERT INTO {name} SELECT * FROM early
"""

ATTACH = "ALTER TABLE pieces ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})"

DROP = "DROP TABLE IF EXISTS {name}"

SWEEP = """
DELETE FROM pieces_other WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM pieces_other WHERE written_at < :before LIMIT :count
))
"""
