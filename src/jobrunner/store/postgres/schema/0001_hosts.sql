-- What only a ledger of many hosts needs, beside the tables that every ledger has.
-- Instants are microseconds by the database's own clock.

-- Who shares the ledger.
CREATE TABLE hosts (
    name TEXT PRIMARY KEY CHECK (name <> ''),
    owner TEXT NOT NULL,
    boot TEXT NOT NULL,
    worker BIGINT,
    labels TEXT NOT NULL DEFAULT '[]',
    capacity BIGINT NOT NULL DEFAULT 0,
    running BIGINT NOT NULL DEFAULT 0,
    waiting BIGINT NOT NULL DEFAULT 0,
    version TEXT NOT NULL DEFAULT '',
    config TEXT NOT NULL DEFAULT '',
    skew BIGINT NOT NULL DEFAULT 0,
    first_seen_at BIGINT NOT NULL,
    beat_at BIGINT NOT NULL,
    ticked_at BIGINT,
    left_at BIGINT,
    drained_at BIGINT,
    drained_by TEXT NOT NULL DEFAULT '',
    CONSTRAINT drained_has_a_who CHECK ((drained_at IS NOT NULL) = (drained_by <> ''))
);

-- What one host does for all, such as sending letters, for as long as it says so in time.
CREATE TABLE duties (
    name TEXT PRIMARY KEY CHECK (name <> ''),
    owner TEXT NOT NULL,
    until BIGINT NOT NULL
);

-- How each run comes to a host that may be any: its way there, and its job in Procrastinate's queue.
CREATE TABLE deliveries (
    run BIGINT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    parcel BIGINT,
    route TEXT NOT NULL DEFAULT '',
    priority BIGINT NOT NULL DEFAULT 0,
    overlap TEXT NOT NULL DEFAULT ''
);

CREATE INDEX deliveries_by_parcel ON deliveries (parcel);

-- Who took each slot, and when.
CREATE TABLE claims (
    run BIGINT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    claimed_at BIGINT NOT NULL
);

-- The jobs.toml that hosts may have in common, each version.
CREATE TABLE configs (
    version BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent BIGINT UNIQUE REFERENCES configs (version),
    fingerprint TEXT NOT NULL CHECK (fingerprint <> ''),
    text TEXT NOT NULL,
    pushed_by TEXT NOT NULL CHECK (pushed_by <> ''),
    pushed_from TEXT NOT NULL,
    pushed_at BIGINT NOT NULL
);

-- At most one version is the first.
CREATE UNIQUE INDEX configs_first ON configs ((parent IS NULL)) WHERE parent IS NULL;
