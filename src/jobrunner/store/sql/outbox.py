"""Statements about letters to channels, and about what these know already."""

from jobrunner.store.value import LetterFilter

POST = """
INSERT INTO outbox (channel, event, job, run, message, created_at, state, send_at)
VALUES (:channel, :event, :job, :run, :message, :created_at, 'waiting', :created_at)
"""

ALARMS = """
SELECT channel, failures, since, raised_at, told_at, recent FROM alarms WHERE subject = :subject
"""

SET_ALARM = """
INSERT INTO alarms (subject, channel, failures, since, raised_at, told_at, recent)
VALUES (:subject, :channel, :failures, :since, :raised_at, :told_at, :recent)
ON CONFLICT (subject, channel) DO UPDATE SET
    failures = excluded.failures, since = excluded.since, raised_at = excluded.raised_at,
    told_at = excluded.told_at, recent = excluded.recent
"""

NEXT_LETTERS = """
SELECT channel, min(send_at) FROM outbox WHERE state = 'waiting' GROUP BY channel
"""

_COLUMNS = "id, channel, event, job, run, message, created_at, parcel, send_at, tries"

UNSORTED = f"""
SELECT {_COLUMNS} FROM outbox
WHERE channel = :channel AND state = 'waiting' AND parcel IS NULL ORDER BY id LIMIT :count
"""  # noqa: S608 - a constant

PARCELS = f"""
SELECT {_COLUMNS} FROM outbox
WHERE channel = :channel AND state = 'waiting' AND parcel IS NOT NULL ORDER BY parcel, id
"""  # noqa: S608 - a constant

SENT = """
SELECT event, job, max(finished_at) FROM outbox
WHERE channel = :channel AND state <> 'waiting' AND state = 'sent' AND finished_at >= :since
GROUP BY event, job
"""

# Behind a parcel that is to be tried again a new one is due no sooner than that.
PACK = """
UPDATE outbox SET parcel = :parcel, send_at = coalesce((
    SELECT max(ahead.send_at) FROM outbox AS ahead
    WHERE ahead.channel = outbox.channel AND ahead.state = 'waiting'
        AND ahead.parcel < :parcel AND ahead.send_at > :now
), :now)
WHERE id = :letter AND state = 'waiting' AND parcel IS NULL
"""

HOLD = """
UPDATE outbox SET send_at = :until WHERE channel = :channel AND state = 'waiting' AND parcel IS NULL
"""

DELIVERED = """
UPDATE outbox SET
    state = 'sent', send_at = NULL, finished_at = :now, tries = tries + 1, error = ''
WHERE channel = :channel AND parcel = :parcel AND state = 'waiting'
"""

GIVEN_UP = """
UPDATE outbox SET
    state = 'failed', send_at = NULL, finished_at = :now, tries = tries + 1, error = :error
WHERE channel = :channel AND parcel = :parcel AND state = 'waiting'
"""

FAILED_FOR_NOW = """
UPDATE outbox SET send_at = :again_at, tries = tries + 1, error = :error
WHERE channel = :channel AND parcel = :parcel AND state = 'waiting'
"""

# What comes after it waits for it.
PUT_BEHIND = """
UPDATE outbox SET send_at = :again_at
WHERE channel = :channel AND state = 'waiting' AND send_at < :again_at
"""

ABANDON = """
UPDATE outbox SET state = 'failed', send_at = NULL, finished_at = :now, error = :error
WHERE channel = :channel AND state = 'waiting'
"""

FORGET = "DELETE FROM outbox WHERE channel = :channel AND state <> 'waiting'"

FIGURES = """
SELECT
    channel,
    sum(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END),
    min(CASE WHEN state = 'waiting' THEN send_at END),
    max(CASE WHEN state = 'waiting' THEN tries ELSE 0 END),
    sum(CASE WHEN state = 'sent' THEN 1 ELSE 0 END),
    sum(CASE WHEN state = 'failed' THEN 1 ELSE 0 END),
    max(CASE WHEN state = 'sent' THEN finished_at END)
FROM outbox GROUP BY channel
"""

LAST_ERROR = """
SELECT error FROM outbox WHERE channel = :channel AND (error <> '' OR state = 'sent')
ORDER BY COALESCE(finished_at, send_at) DESC, id DESC LIMIT 1
"""

_TOLD = """
SELECT id, channel, event, job, run, message, created_at, parcel, send_at, tries, state,
    finished_at, error
FROM outbox
"""

# Letters of one state are found by an index; all of them by their numbers.
_CONDITIONS = (
    ("channel", "channel = :channel"),
    ("state", "state = :state"),
    ("before", "id < :before"),
)


def page(wanted: LetterFilter) -> str:
    """The statement for one page of letters, newest first."""
    conditions = [text for field, text in _CONDITIONS if getattr(wanted, field) is not None]
    where = ["WHERE " + " AND ".join(conditions)] if conditions else []
    return "\n".join([_TOLD, *where, "ORDER BY id DESC LIMIT :limit"])


LETTER = _TOLD + "WHERE id = :letter"

GIVEN_UP_SINCE = """
SELECT count(*), max(finished_at), max(id) FROM outbox
WHERE channel = :channel AND state <> 'waiting' AND state = 'failed' AND finished_at >= :since
"""
