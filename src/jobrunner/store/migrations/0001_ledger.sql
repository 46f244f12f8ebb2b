-- The ledger.  Instants are microseconds since 1970 in UTC, durations microseconds, sizes bytes.
-- Text that is not there is '', a number that is not there is NULL.

CREATE TABLE about (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- One row for each slot, or unbroken stretch of skipped or missed slots, or run by hand.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL CHECK (job <> ''),
    scheduled_for INTEGER,
    slot_of INTEGER,
    slots_until INTEGER,
    slots INTEGER NOT NULL DEFAULT 1,
    place TEXT NOT NULL DEFAULT '',
    trigger TEXT NOT NULL CHECK (
        trigger IN ('schedule', 'manual', 'api', 'retry', 'catch_up', 'after', 'backfill')
    ),
    state TEXT NOT NULL CHECK (
        state IN (
            'queued', 'running', 'retrying',
            'success', 'failed', 'timeout', 'stopped', 'lost', 'skipped', 'missed'
        )
    ),
    reason TEXT NOT NULL DEFAULT '',
    params TEXT NOT NULL DEFAULT '',
    asked_by TEXT NOT NULL DEFAULT '',
    host TEXT NOT NULL DEFAULT '',
    owner TEXT NOT NULL DEFAULT '',
    definition TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at INTEGER,
    started_at INTEGER,
    finished_at INTEGER,
    exit_code INTEGER,
    signal INTEGER,
    duration INTEGER CHECK (duration >= 0),
    cpu INTEGER CHECK (cpu >= 0),
    max_rss INTEGER CHECK (max_rss >= 0),
    message TEXT NOT NULL DEFAULT '',
    result TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    output TEXT NOT NULL DEFAULT '',
    output_size INTEGER CHECK (output_size >= 0),
    output_cut INTEGER CHECK (output_cut >= 0),
    CONSTRAINT one_row_a_slot UNIQUE (job, scheduled_for, place),
    CONSTRAINT a_slot_or_by_hand CHECK (
        trigger = 'after' OR (scheduled_for IS NOT NULL) = (trigger IN ('schedule', 'catch_up'))
    ),
    CONSTRAINT slot_of_only_by_hand CHECK (slot_of IS NULL OR scheduled_for IS NULL),
    CONSTRAINT a_stretch_never_runs CHECK (
        (slots = 1 AND slots_until IS NULL)
        OR (
            slots > 1 AND scheduled_for IS NOT NULL AND slots_until IS NOT NULL
            AND slots_until > scheduled_for AND state IN ('skipped', 'missed')
        )
    ),
    CONSTRAINT final_has_an_end CHECK (
        (state IN ('queued', 'running', 'retrying')) = (finished_at IS NULL)
    ),
    CONSTRAINT not_run_has_a_reason CHECK (state NOT IN ('skipped', 'missed') OR reason <> ''),
    CONSTRAINT not_attempted CHECK (
        state NOT IN ('queued', 'skipped', 'missed') OR attempts = 0
    ),
    CONSTRAINT attempted CHECK (
        state NOT IN ('running', 'retrying', 'success', 'failed', 'timeout', 'lost')
        OR attempts > 0
    ),
    CONSTRAINT attempted_has_a_start CHECK ((attempts > 0) = (started_at IS NOT NULL)),
    CONSTRAINT running_has_an_owner CHECK (state <> 'running' OR owner <> ''),
    CONSTRAINT only_waiting_has_a_next_attempt CHECK (
        (state = 'retrying' AND next_attempt_at IS NOT NULL)
        OR state = 'queued'
        OR (state <> 'retrying' AND next_attempt_at IS NULL)
    ),
    CONSTRAINT a_code_or_a_signal CHECK (exit_code IS NULL OR signal IS NULL)
) STRICT;

CREATE INDEX runs_by_time ON runs (created_at, id);
CREATE INDEX runs_by_job ON runs (job, created_at, id);
CREATE INDEX runs_by_rare_state ON runs (state, created_at, id)
WHERE state IN ('failed', 'timeout', 'stopped', 'lost', 'skipped', 'missed');
CREATE INDEX runs_alive ON runs (state, next_attempt_at, owner)
WHERE state IN ('queued', 'running', 'retrying');

CREATE TABLE attempts (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    state TEXT NOT NULL CHECK (
        state IN ('running', 'success', 'failed', 'timeout', 'stopped', 'lost')
    ),
    reason TEXT NOT NULL DEFAULT '',
    host TEXT NOT NULL DEFAULT '',
    owner TEXT NOT NULL CHECK (owner <> ''),
    definition TEXT NOT NULL DEFAULT '',
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    exit_code INTEGER,
    signal INTEGER,
    duration INTEGER CHECK (duration >= 0),
    cpu INTEGER CHECK (cpu >= 0),
    max_rss INTEGER CHECK (max_rss >= 0),
    message TEXT NOT NULL DEFAULT '',
    result TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    output TEXT NOT NULL DEFAULT '',
    output_size INTEGER CHECK (output_size >= 0),
    output_cut INTEGER CHECK (output_cut >= 0),
    PRIMARY KEY (run, number),
    CONSTRAINT ended_attempt_has_an_end CHECK ((state = 'running') = (finished_at IS NULL)),
    CONSTRAINT attempt_has_a_code_or_a_signal CHECK (exit_code IS NULL OR signal IS NULL)
) STRICT;

-- How far each job has been looked at.  A place of its own for a job that runs on every host.
CREATE TABLE marks (
    job TEXT NOT NULL CHECK (job <> ''),
    place TEXT NOT NULL DEFAULT '',
    looked_at INTEGER NOT NULL,
    next_at INTEGER,
    schedule TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    PRIMARY KEY (job, place)
) STRICT;

CREATE INDEX marks_by_next ON marks (next_at);

-- What is known of a job beyond its slots.  The row named '*' pauses every job.
CREATE TABLE jobs (
    name TEXT PRIMARY KEY CHECK (name <> ''),
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failing_since INTEGER,
    recovered_from INTEGER NOT NULL DEFAULT 0 CHECK (recovered_from >= 0),
    paused_at INTEGER,
    paused_by TEXT NOT NULL DEFAULT '',
    pause_reason TEXT NOT NULL DEFAULT '',
    paused_until INTEGER,
    CONSTRAINT failing_has_a_since CHECK ((failures > 0) = (failing_since IS NOT NULL)),
    CONSTRAINT paused_has_a_who CHECK ((paused_at IS NOT NULL) = (paused_by <> '')),
    CONSTRAINT only_paused_has_an_until CHECK (
        paused_until IS NULL OR (paused_at IS NOT NULL AND paused_until > paused_at)
    )
) STRICT;

CREATE TABLE breakers (
    name TEXT PRIMARY KEY CHECK (name <> ''),
    state TEXT NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    opened_at INTEGER,
    probe INTEGER,
    CONSTRAINT open_has_a_since CHECK ((state = 'closed') = (opened_at IS NULL)),
    CONSTRAINT only_half_open_has_a_probe CHECK (probe IS NULL OR state = 'half_open')
) STRICT;

-- Each version of a job that ever ran.
CREATE TABLE definitions (
    fingerprint TEXT PRIMARY KEY CHECK (fingerprint <> ''),
    text TEXT NOT NULL CHECK (text <> ''),
    first_seen_at INTEGER NOT NULL
) STRICT;

-- What somebody asked for: done by whoever has the job in hand, and answered.
CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('run', 'stop', 'retry', 'pause', 'resume')),
    job TEXT NOT NULL DEFAULT '',
    run INTEGER,
    host TEXT NOT NULL DEFAULT '',
    arguments TEXT NOT NULL DEFAULT '',
    asked_by TEXT NOT NULL CHECK (asked_by <> ''),
    asked_at INTEGER NOT NULL,
    taken_by TEXT NOT NULL DEFAULT '',
    taken_at INTEGER,
    answered_at INTEGER,
    done INTEGER CHECK (done IN (0, 1)),
    answer TEXT NOT NULL DEFAULT '',
    CONSTRAINT about_a_run CHECK ((kind IN ('stop', 'retry')) = (run IS NOT NULL)),
    CONSTRAINT about_a_job CHECK (kind IN ('stop', 'retry') OR job <> ''),
    CONSTRAINT taken_by_somebody CHECK ((taken_at IS NOT NULL) = (taken_by <> '')),
    CONSTRAINT answered_after_taken CHECK (answered_at IS NULL OR taken_at IS NOT NULL),
    CONSTRAINT answered_says_whether CHECK ((answered_at IS NOT NULL) = (done IS NOT NULL))
) STRICT;

CREATE INDEX requests_open ON requests (id) WHERE answered_at IS NULL;

-- One row for each unbroken stretch of ticks.
CREATE TABLE ticks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host TEXT NOT NULL DEFAULT '',
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    ticks INTEGER NOT NULL DEFAULT 1 CHECK (ticks > 0),
    CONSTRAINT last_is_not_before_first CHECK (last_at >= first_at)
) STRICT;

CREATE INDEX ticks_by_host ON ticks (host, id);
CREATE INDEX ticks_by_end ON ticks (last_at);

-- How a job's slots ended, summed up for each UTC day; outlives the rows it was made of.
CREATE TABLE days (
    day INTEGER NOT NULL,
    job TEXT NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('success', 'failed', 'timeout', 'stopped', 'lost', 'skipped', 'missed')
    ),
    slots INTEGER NOT NULL CHECK (slots > 0),
    duration INTEGER NOT NULL DEFAULT 0 CHECK (duration >= 0),
    longest INTEGER NOT NULL DEFAULT 0 CHECK (longest >= 0),
    cpu INTEGER NOT NULL DEFAULT 0 CHECK (cpu >= 0),
    PRIMARY KEY (day, job, state)
) STRICT;

-- How many successful runs took how long, for each seven days, in steps of an eighth of a doubling.
CREATE TABLE durations (
    week INTEGER NOT NULL,
    job TEXT NOT NULL,
    step INTEGER NOT NULL CHECK (step >= 0),
    runs INTEGER NOT NULL CHECK (runs > 0),
    PRIMARY KEY (week, job, step)
) STRICT;

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL CHECK (channel <> ''),
    event TEXT NOT NULL CHECK (event <> ''),
    job TEXT NOT NULL DEFAULT '',
    run INTEGER,
    message TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    send_at INTEGER,
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    finished_at INTEGER,
    error TEXT NOT NULL DEFAULT '',
    CONSTRAINT waiting_has_a_time CHECK ((state = 'waiting') = (send_at IS NOT NULL)),
    CONSTRAINT done_has_an_end CHECK ((state = 'waiting') = (finished_at IS NULL))
) STRICT;

CREATE INDEX outbox_waiting ON outbox (send_at) WHERE state = 'waiting';

CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> ''),
    prefix TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    jobs TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL DEFAULT '',
    expires_at INTEGER,
    revoked_at INTEGER,
    used_at INTEGER,
    used_from TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE sessions (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
    token INTEGER NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    used_from TEXT NOT NULL DEFAULT '',
    CONSTRAINT expires_after_it_began CHECK (expires_at > created_at)
) STRICT;

CREATE INDEX sessions_by_token ON sessions (token);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    happened_at INTEGER NOT NULL,
    who TEXT NOT NULL CHECK (who <> ''),
    address TEXT NOT NULL DEFAULT '',
    action TEXT NOT NULL CHECK (action <> ''),
    subject TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX audit_by_time ON audit (happened_at);
