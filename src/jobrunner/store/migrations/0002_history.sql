-- The ledger for people: readable times in UTC, durations in seconds.

CREATE VIEW history AS
SELECT
    id,
    job,
    datetime(scheduled_for / 1000000, 'unixepoch') AS scheduled_for,
    datetime(slots_until / 1000000, 'unixepoch') AS slots_until,
    slots,
    state,
    reason,
    trigger,
    asked_by,
    datetime(created_at / 1000000, 'unixepoch') AS created_at,
    datetime(started_at / 1000000, 'unixepoch') AS started_at,
    datetime(finished_at / 1000000, 'unixepoch') AS finished_at,
    duration / 1000000.0 AS duration,
    attempts,
    exit_code,
    signal,
    cpu / 1000000.0 AS cpu,
    max_rss,
    message,
    error,
    host,
    output
FROM runs;
