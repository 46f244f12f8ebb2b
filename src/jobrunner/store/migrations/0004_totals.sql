-- How each job's slots ended, since ever: counters of a monitoring system must only grow.  `upto` is
-- the bound in seconds of the class that a success's duration falls into, 0 if it counts for none.
CREATE TABLE totals (
    job TEXT NOT NULL CHECK (job <> ''),
    state TEXT NOT NULL CHECK (
        state IN ('success', 'failed', 'timeout', 'stopped', 'lost', 'skipped', 'missed')
    ),
    upto INTEGER NOT NULL CHECK (upto >= 0),
    slots INTEGER NOT NULL CHECK (slots > 0),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    duration INTEGER NOT NULL DEFAULT 0 CHECK (duration >= 0),
    PRIMARY KEY (job, state, upto)
) STRICT;

INSERT INTO totals (job, state, upto, slots, attempts)
SELECT
    job, state, 0, sum(slots),
    CASE WHEN state IN ('skipped', 'missed') THEN 0 ELSE sum(slots) END
FROM days GROUP BY job, state;
