"""Statements about who may look in: tokens, sessions, keys of changes, and what was done."""

ADD = """
INSERT INTO tokens (name, prefix, hash, role, jobs, created_at, created_by, expires_at)
VALUES (:name, :prefix, :hash, :role, :jobs, :now, :by, :expires_at)
ON CONFLICT DO NOTHING
RETURNING
    id, name, prefix, role, jobs, created_at, created_by, expires_at, revoked_at, used_at, used_from
"""

BY_HASH = """
SELECT
    hash,
    id, name, prefix, role, jobs, created_at, created_by, expires_at, revoked_at, used_at, used_from
FROM tokens WHERE hash = :hash
"""

BY_NAME = """
SELECT
    id, name, prefix, role, jobs, created_at, created_by, expires_at, revoked_at, used_at, used_from
FROM tokens WHERE name = :name AND revoked_at IS NULL
"""

EVERY = """
SELECT
    id, name, prefix, role, jobs, created_at, created_by, expires_at, revoked_at, used_at, used_from
FROM tokens ORDER BY id
"""

REVOKE = """
UPDATE tokens SET revoked_at = :now WHERE name = :name AND revoked_at IS NULL RETURNING id
"""

END_SESSIONS_OF = "DELETE FROM sessions WHERE token = :token"

USED = """
UPDATE tokens SET used_at = :minute, used_from = :address
WHERE id = :token AND (used_at IS NULL OR used_at <> :minute OR used_from <> :address)
"""

BEGIN_SESSION = """
INSERT INTO sessions (hash, token, created_at, expires_at, used_at, used_from)
SELECT :hash, id, :now, :expires_at, :minute, :address FROM tokens
WHERE id = :token AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
"""

SESSION = """
SELECT
    s.hash, s.created_at, s.expires_at, s.used_at, s.used_from,
    t.id, t.name, t.prefix, t.role, t.jobs, t.created_at, t.created_by, t.expires_at, t.revoked_at,
    t.used_at, t.used_from
FROM sessions AS s JOIN tokens AS t ON t.id = s.token
WHERE s.hash = :hash AND s.expires_at > :now AND t.revoked_at IS NULL
    AND (t.expires_at IS NULL OR t.expires_at > :now)
"""

SESSIONS = """
SELECT
    s.hash, s.created_at, s.expires_at, s.used_at, s.used_from,
    t.id, t.name, t.prefix, t.role, t.jobs, t.created_at, t.created_by, t.expires_at, t.revoked_at,
    t.used_at, t.used_from
FROM sessions AS s JOIN tokens AS t ON t.id = s.token
ORDER BY s.created_at, s.hash
"""

SESSION_USED = """
UPDATE sessions SET used_at = :minute, used_from = :address
WHERE hash = :hash AND (used_at IS NULL OR used_at <> :minute OR used_from <> :address)
RETURNING token
"""

END_SESSION = "DELETE FROM sessions WHERE hash = :hash"

END_OLD_SESSIONS = "DELETE FROM sessions WHERE expires_at <= :now"

FORGET_KEY = "DELETE FROM answers WHERE key = :key AND began_at <= :since"

TAKE_KEY = """
INSERT INTO answers (key, request, began_at) VALUES (:key, :request, :now)
ON CONFLICT DO NOTHING
RETURNING key
"""

KEY = "SELECT request, began_at, answer FROM answers WHERE key = :key"

ANSWER_KEY = "UPDATE answers SET answer = :answer WHERE key = :key"

FREE_KEY = "DELETE FROM answers WHERE key = :key AND answer = ''"

BADGES = "SELECT value FROM about WHERE name = 'badges'"

KEEP_BADGES = """
INSERT INTO about (name, value) VALUES ('badges', :secret)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""

NOTE = """
INSERT INTO audit (happened_at, who, address, action, subject, detail, outcome)
VALUES (:happened_at, :who, :address, :action, :subject, :detail, :outcome)
"""

DEEDS = """
SELECT id, happened_at, who, address, action, subject, detail, outcome FROM audit
WHERE id < :before ORDER BY id DESC LIMIT :limit
"""
