-- What was answered to a change that carries a key: asked for again, it is not made again.
CREATE TABLE answers (
    key TEXT PRIMARY KEY CHECK (length(key) = 64),
    request TEXT NOT NULL CHECK (length(request) = 64),
    began_at INTEGER NOT NULL,
    answer TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX answers_by_age ON answers (began_at);
