-- Letters go out in parcels, which keep their content and their number whatever happens on the way.
ALTER TABLE outbox ADD COLUMN parcel INTEGER;

CREATE INDEX outbox_by_channel ON outbox (channel, id) WHERE state = 'waiting';
CREATE INDEX outbox_done ON outbox (channel, finished_at) WHERE state <> 'waiting';

-- What a channel was told to be wrong, until it is well again.  A subject is a job, or *config* or
-- *ticks*, which no job can be called.
CREATE TABLE alarms (
    subject TEXT NOT NULL CHECK (subject <> ''),
    channel TEXT NOT NULL CHECK (channel <> ''),
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    since INTEGER,
    raised_at INTEGER,
    told_at INTEGER,
    recent TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (subject, channel),
    CONSTRAINT raised_was_told CHECK ((raised_at IS NULL) = (told_at IS NULL))
) STRICT;
