"""Statements about the hosts that share a ledger; each takes the time from the database itself."""

NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
COLUMNS = (
    "name, owner, boot, worker, labels, capacity, running, waiting, version, config, skew,"
    " first_seen_at, beat_at, ticked_at, left_at, drained_at, drained_by"
)

CLOCK = f"SELECT {NOW}"

# Of two beats of one host at once the second waits for the first.
STANDING = "SELECT owner, worker FROM hosts WHERE name = :host FOR UPDATE"

BEAT = f"""
INSERT INTO hosts (
    name, owner, boot, worker, labels, capacity, running, waiting, version, config, skew,
    first_seen_at, beat_at, ticked_at
) VALUES (
    :host, :owner, :boot, :worker, :labels, :capacity, :running, :waiting, :version, :config, :skew,
    {NOW}, {NOW}, :ticked_at
)
ON CONFLICT (name) DO UPDATE SET
    owner = excluded.owner, boot = excluded.boot, worker = excluded.worker,
    labels = excluded.labels, capacity = excluded.capacity, running = excluded.running,
    waiting = excluded.waiting, version = excluded.version, config = excluded.config,
    skew = excluded.skew, beat_at = excluded.beat_at,
    ticked_at = COALESCE(excluded.ticked_at, hosts.ticked_at), left_at = NULL
RETURNING {COLUMNS}
"""  # noqa: S608 - constants

LEAVE = f"""
UPDATE hosts AS host SET left_at = {NOW}, worker = NULL, running = 0, waiting = 0
FROM hosts AS before
WHERE host.name = :host AND host.owner = :owner AND before.name = host.name
RETURNING before.worker
"""  # noqa: S608

HOSTS = f"SELECT {COLUMNS} FROM hosts ORDER BY name"  # noqa: S608

FIGURES = """
SELECT host, state, count(*), avg(duration)::bigint, max(duration) FROM runs
WHERE created_at >= :since AND attempts > 0 AND finished_at IS NOT NULL AND host <> ''
    AND (:jobs::text[] IS NULL OR job = ANY(:jobs::text[]))
GROUP BY host, state ORDER BY host
"""

DRAIN = "UPDATE hosts SET drained_at = :now, drained_by = :by WHERE name = :host"

# Every host is to look who shares the ledger.
RING = "SELECT pg_notify('jobrunner', 'hosts')"

FORGET = "DELETE FROM hosts WHERE name = :host RETURNING worker"

FORGET_MARKS = "DELETE FROM marks WHERE place = :host"

FORGET_FAILURES = """
UPDATE jobs SET failures = 0, failing_since = NULL
WHERE failures > 0 AND split_part(name, ' ', 2) = :host
"""

HOLD = f"""
INSERT INTO duties (name, owner, until) VALUES (:duty, :owner, {NOW} + :lease)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE duties.owner = excluded.owner OR duties.until <= {NOW}
"""  # noqa: S608

LAY_DOWN = "DELETE FROM duties WHERE owner = :owner"
