"""The ledger's part that knows who may look in, and what they did."""

from datetime import datetime

from jobrunner.model.access import Deed, Repeat, Role, Session, Token
from jobrunner.store import access
from jobrunner.store.base import Access
from jobrunner.store.session import Connection


class Doorkeeper(Access):
    """These promises of base.py, kept with the help of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_token(
        self,
        name: str,
        *,
        hash: str,  # noqa: A002 - the column's name
        prefix: str,
        role: Role,
        jobs: tuple[str, ...],
        by: str,
        now: datetime,
        expires_at: datetime | None,
    ) -> Token | None:
        with self._connection.writing() as session:
            return access.add_token(
                session,
                name,
                hash=hash,
                prefix=prefix,
                role=role,
                jobs=jobs,
                by=by,
                now=now,
                expires_at=expires_at,
            )

    def token(self, hash: str) -> Token | None:  # noqa: A002
        with self._connection.reading() as session:
            return access.token(session, hash)

    def token_named(self, name: str) -> Token | None:
        with self._connection.reading() as session:
            return access.token_named(session, name)

    def tokens(self) -> list[Token]:
        with self._connection.reading() as session:
            return access.tokens(session)

    def revoke(self, name: str, now: datetime) -> bool:
        with self._connection.writing() as session:
            return access.revoke(session, name, now)

    def used(self, token: int, now: datetime, address: str) -> None:
        with self._connection.writing_soon() as session:
            if session:
                access.used(session, token, now, address)

    def begin_session(
        self,
        hash: str,  # noqa: A002
        token: int,
        *,
        now: datetime,
        expires_at: datetime,
        address: str,
    ) -> bool:
        with self._connection.writing() as session:
            return access.begin_session(
                session, hash, token, now=now, expires_at=expires_at, address=address
            )

    def session(self, hash: str, now: datetime) -> Session | None:  # noqa: A002
        with self._connection.reading() as session:
            return access.find_session(session, hash, now)

    def sessions(self) -> list[Session]:
        with self._connection.reading() as session:
            return access.sessions(session)

    def session_used(self, hash: str, now: datetime, address: str) -> None:  # noqa: A002
        with self._connection.writing_soon() as session:
            if session:
                access.session_used(session, hash, now, address)

    def end_session(self, hash: str) -> bool:  # noqa: A002
        with self._connection.writing() as session:
            return access.end_session(session, hash)

    def end_old_sessions(self, now: datetime) -> int:
        with self._connection.writing() as session:
            return access.end_old_sessions(session, now)

    def take_key(self, key: str, request: str, *, since: datetime, now: datetime) -> Repeat | None:
        with self._connection.writing() as session:
            return access.take_key(session, key, request, since=since, now=now)

    def answer_key(self, key: str, answer: str) -> None:
        with self._connection.writing() as session:
            access.answer_key(session, key, answer)

    def free_key(self, key: str) -> None:
        with self._connection.writing() as session:
            access.free_key(session, key)

    def badge_secret(self) -> str:
        with self._connection.reading() as session:
            return access.badge_secret(session)

    def keep_badge_secret(self, secret: str) -> None:
        with self._connection.writing() as session:
            access.keep_badge_secret(session, secret)

    def note(self, deed: Deed) -> None:
        with self._connection.writing() as session:
            access.note(session, deed)

    def deeds(self, *, before: int | None = None, limit: int) -> list[Deed]:
        with self._connection.reading() as session:
            return access.deeds(session, before=before, limit=limit)
