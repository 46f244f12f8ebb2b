"""What went wrong, told to programs: RFC 9457, and which error has which status."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from starlette.responses import Response

from jobrunner.config.problem import ConfigError
from jobrunner.config.problem import Problem as Mistake
from jobrunner.engine.actions.ask import SecondError
from jobrunner.errors import (
    BusyError,
    ForbiddenError,
    JobrunnerError,
    StoreBusyError,
    StoreError,
    UnknownError,
    UnusableError,
)

MEDIA = "application/problem+json"
# Relative to the server: it serves a page that tells of each.
TYPES = "/api/problems#"
OTHERS = "/api/compat/"  # where programs of other schedulers call


class Fault(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong in what was sent: where, and what."""

    detail: str
    pointer: str = ""
    code: str = ""
    line: int = 0
    column: int = 0
    suggestion: str = ""


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was not answered as it was meant.

    `message` is there for programs of other schedulers alone, which look for it.
    """

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    errors: Sequence[Fault] = ()
    message: str = ""


class RefusedError(Exception):
    """A request that is refused before anybody is asked."""

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] = {},
    ) -> None:
        super().__init__(detail or kind)
        self.kind, self.detail = kind, detail
        self.errors, self.headers = errors, headers


def invalid(pointer: str, told: str) -> RefusedError:
    """Of one value in what was sent, which is told with where it stands."""
    return RefusedError("invalid", told, errors=[Fault(detail=told, pointer=pointer)])


# The name of each problem: its status, and what it is in a few words.
KINDS: Mapping[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be understood"),
    "unknown-parameter": (400, "There is no such query parameter"),
    "not-signed-in": (401, "A token is needed"),
    "bad-token": (401, "The token is not, or no longer, good"),
    "not-allowed": (403, "This token may not do that"),
    "wrong-host": (403, "This host name is not served"),
    "cross-site": (403, "The request comes from another site"),
    "not-editable": (403, "jobs.toml may not be changed from here"),
    "not-found": (404, "There is nothing of that name"),
    "no-such-method": (405, "This cannot be done to it"),
    "conflict": (409, "Its state does not allow that"),
    "already-running": (409, "The job is running already"),
    "changed-meanwhile": (412, "It is no longer what you last saw"),
    "too-large": (413, "The body is too large"),
    "wrong-media": (415, "The body is not of a kind that is understood"),
    "bad-range": (416, "There is no such part of it"),
    "invalid": (422, "What was sent is not valid"),
    "key-reused": (422, "This Idempotency-Key stands for another request"),
    "which-version": (428, "Say which version you change, with If-Match"),
    "too-many": (429, "Too many failed attempts; wait"),
    "internal": (500, "jobrunner failed"),
    "store": (503, "The ledger cannot be used"),
    "full": (503, "There is no room for another one"),
    "store-busy": (503, "The ledger is busy"),
}
# The nearest kind of error in the table counts.
ERRORS: Mapping[type[JobrunnerError], str] = {
    SecondError: "already-running",
    JobrunnerError: "conflict",
    StoreError: "store",
    StoreBusyError: "store-busy",
    UnusableError: "invalid",
    ForbiddenError: "not-allowed",
    UnknownError: "not-found",
    BusyError: "conflict",
}
# What the framework refuses by itself.
OF_STATUS: Mapping[int, str] = {
    400: "bad-request",
    404: "not-found",
    405: "no-such-method",
    413: "too-large",
    415: "wrong-media",
    422: "invalid",
}
SOON = {"Retry-After": "1"}


def refusal_of(error: JobrunnerError) -> RefusedError:
    """The same for who asks over HTTP."""
    kind = next(ERRORS[each] for each in type(error).__mro__ if each in ERRORS)
    headers = SOON if kind == "store-busy" else {}
    cause = error if isinstance(error, ConfigError) else error.__cause__
    if isinstance(cause, ConfigError):
        faults = [fault_of(one) for one in cause.problems]
        return RefusedError(kind, cause.summary(), errors=faults)
    return RefusedError(kind, str(error), headers=headers)


def problem(refused: RefusedError, *, base: str = "", instance: str = "") -> Problem:
    """The problem, for who reached us below the path `base`."""
    status, title = KINDS[refused.kind]
    return Problem(
        type=f"{base}{TYPES}{refused.kind}",
        title=title,
        status=status,
        detail=refused.detail,
        instance=instance,
        errors=refused.errors,
        message=(refused.detail or title) if OTHERS in instance else "",
    )


def response(refused: RefusedError, *, base: str = "", instance: str = "") -> Response:
    told = problem(refused, base=base, instance=instance)
    return Response(
        msgspec.json.encode(told), told.status, headers=dict(refused.headers), media_type=MEDIA
    )


def of_validation(errors: Sequence[Any]) -> RefusedError:
    """Query and path values that FastAPI found wrong."""
    faults = [
        Fault(detail=str(one["msg"]), pointer="/".join(map(str, ("", *one["loc"]))))
        for one in errors
    ]
    return RefusedError("invalid", faults[0].detail if faults else "", errors=faults)


def fault_of(one: Mistake) -> Fault:
    """What is wrong in jobs.toml, as the API tells it."""
    return Fault(
        detail=one.message,
        code=one.code,
        line=one.line,
        column=one.column,
        suggestion=one.suggestion,
    )
