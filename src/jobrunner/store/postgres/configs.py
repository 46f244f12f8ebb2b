"""The jobs.toml that hosts have in common: every version that was pushed, one after the other."""

from collections.abc import Sequence
from typing import Any

from jobrunner.store import row
from jobrunner.store.fleet import Version
from jobrunner.store.session import Session

COLUMNS = "version, fingerprint, text, pushed_by, pushed_from, pushed_at"

NEWEST = f"SELECT {COLUMNS} FROM configs ORDER BY version DESC LIMIT :limit"  # noqa: S608 - a constant

# Of two that push upon the same version one finds the other's there: a version has one successor.
PUSH = f"""
INSERT INTO configs (parent, fingerprint, text, pushed_by, pushed_from, pushed_at)
SELECT CAST(:parent AS BIGINT), :fingerprint, :text, :by, :host,
    CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)
WHERE (SELECT max(version) FROM configs) IS NOT DISTINCT FROM CAST(:parent AS BIGINT)
ON CONFLICT DO NOTHING
RETURNING {COLUMNS}
"""  # noqa: S608 - a constant


def newest(session: Session) -> Version | None:
    found = versions(session, 1)
    return found[0] if found else None


def versions(session: Session, limit: int) -> list[Version]:
    return [_version(values) for values in session.rows(NEWEST, {"limit": limit})]


def push(
    session: Session, text: str, fingerprint: str, *, by: str, host: str, parent: int | None
) -> Version | None:
    values = {
        "parent": parent,
        "fingerprint": fingerprint,
        "text": text,
        "by": by,
        "host": host,
    }
    made = session.rows(PUSH, values)
    return _version(made[0]) if made else None


def _version(values: Sequence[Any]) -> Version:
    number, fingerprint, text, by, host, at = values
    return Version(
        version=number,
        fingerprint=fingerprint,
        text=text,
        pushed_by=by,
        pushed_from=host,
        pushed_at=row.instant(at),
    )
