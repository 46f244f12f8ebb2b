"""Statements about what operators ask for: requests, pauses, breakers."""

ASK = """
INSERT INTO requests (kind, job, run, host, arguments, asked_by, asked_at)
VALUES (:kind, :job, :run, :host, :arguments, :asked_by, :asked_at)
RETURNING id
"""

TAKE = """
UPDATE requests SET taken_by = :owner, taken_at = :now
WHERE answered_at IS NULL AND taken_at IS NULL AND host IN ('', :host)
RETURNING
    id, kind, job, run, host, arguments, asked_by, asked_at, taken_by, taken_at, answered_at, done,
    answer
"""

ANSWER = """
UPDATE requests SET answered_at = :now, done = :done, answer = :answer
WHERE id = :request AND taken_by = :owner AND answered_at IS NULL
"""

# Changes nothing, but nobody else can take it meanwhile.
IN_HAND = """
UPDATE requests SET taken_by = taken_by
WHERE id = :request AND taken_by = :owner AND answered_at IS NULL
RETURNING id
"""

REQUEST = """
SELECT
    id, kind, job, run, host, arguments, asked_by, asked_at, taken_by, taken_at, answered_at, done,
    answer
FROM requests WHERE id = :request
"""

ASKED = """
SELECT
    id, kind, job, run, host, arguments, asked_by, asked_at, taken_by, taken_at, answered_at, done,
    answer
FROM requests WHERE answered_at IS NULL AND job = :job ORDER BY id
"""

PAUSE = """
INSERT INTO jobs (name, paused_at, paused_by, pause_reason, paused_until)
VALUES (:job, :since, :by, :reason, :until)
ON CONFLICT (name) DO UPDATE SET
    paused_at = excluded.paused_at, paused_by = excluded.paused_by,
    pause_reason = excluded.pause_reason, paused_until = excluded.paused_until
"""

RESUME = """
UPDATE jobs SET paused_at = NULL, paused_by = '', pause_reason = '', paused_until = NULL
WHERE name = :job
"""

HEALTH = """
SELECT name, failures, failing_since, paused_by, pause_reason, paused_at, paused_until FROM jobs
WHERE failures > 0 OR paused_at IS NOT NULL
"""

BREAKERS = "SELECT name, state, failures, opened_at, probe FROM breakers"

MAKE_BREAKER = "INSERT INTO breakers (name, state) VALUES (:name, 'closed') ON CONFLICT DO NOTHING"

MOVE_BREAKER = """
UPDATE breakers SET state = :state, failures = :failures, opened_at = :opened_at, probe = :probe
WHERE name = :name AND state = :old_state AND failures = :old_failures
    AND COALESCE(opened_at, -1) = :old_opened_at AND COALESCE(probe, -1) = :old_probe
"""
