-- What attempts have written, in pieces, so that every host can show it.  A month is let go at once.
CREATE TABLE pieces (
    run BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    first BIGINT NOT NULL CHECK (first >= 0),
    written_at BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (run, attempt, first, written_at)
) PARTITION BY RANGE (written_at);

CREATE TABLE pieces_other PARTITION OF pieces DEFAULT;
