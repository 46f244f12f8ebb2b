"""Statements that take slots, queue runs and tell what is to do next."""

MARKS = "SELECT job, place, looked_at, next_at, schedule, first_seen_at FROM marks"

DUE_MARKS = f"{MARKS} WHERE next_at <= :due OR looked_at > :due"

MARK = "SELECT looked_at FROM marks WHERE job = :job AND place = :place"

# A fixed number of parameters, so that it is one statement; those left over repeat the first.
AT_ONCE = 50
_NAMES = ", ".join(f":job{number}" for number in range(AT_ONCE))

STANDING = f"SELECT job, place, looked_at FROM marks WHERE job IN ({_NAMES})"  # noqa: S608

FIRST_LOOK = """
INSERT INTO marks (job, place, looked_at, next_at, schedule, first_seen_at)
VALUES (:job, :place, :until, :next_at, :schedule, :until)
ON CONFLICT (job, place) DO NOTHING
"""

MOVE_MARK = """
UPDATE marks SET looked_at = :until, next_at = :next_at
WHERE job = :job AND place = :place AND looked_at = :since AND schedule = :schedule
"""

START_OVER = """
UPDATE marks SET looked_at = :until, next_at = :next_at, schedule = :schedule
WHERE job = :job AND place = :place AND looked_at = :since AND schedule <> :schedule
"""

INSERT_RUN = """
INSERT INTO runs (
    job, scheduled_for, slot_of, slots_until, slots, place, trigger, state, reason, params,
    asked_by, host, owner, definition, created_at, next_attempt_at, finished_at
) VALUES (
    :job, :scheduled_for, :slot_of, :slots_until, :slots, :place, :trigger, :state, :reason,
    :params, :asked_by, :host, :owner, :definition, :created_at, :next_attempt_at, :finished_at
)
ON CONFLICT (job, scheduled_for, place) DO NOTHING
RETURNING id
"""

REMEMBER = """
INSERT INTO definitions (fingerprint, text, first_seen_at) VALUES (:fingerprint, :text, :now)
ON CONFLICT (fingerprint) DO NOTHING
"""

NEXT_SLOT = "SELECT min(next_at) FROM marks"

NEXT_SLOT_AT = f"{NEXT_SLOT} WHERE place IN ('', :place)"

NEXT_ATTEMPT = """
SELECT min(COALESCE(next_attempt_at, created_at)) FROM runs
WHERE state IN ('queued', 'running', 'retrying')
"""

NEXT_LETTER = "SELECT min(send_at) FROM outbox WHERE state = 'waiting'"

NEXT_REQUEST = "SELECT min(asked_at) FROM requests WHERE answered_at IS NULL"
