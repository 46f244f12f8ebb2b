"""What a look at one matter finds."""

from typing import Literal

from msgspec import Struct

Severity = Literal["ok", "warning", "problem"]


class Finding(Struct, frozen=True, kw_only=True):
    """One sentence, how bad it is, and the command or the line that puts it right.

    `check` is the matter that was looked at, `job` the one that it is about, if it is about one.
    """

    severity: Severity
    message: str
    fix: str | None = None
    job: str | None = None
    group: str = ""
    check: str = ""


def ok(message: str, *, job: str | None = None) -> Finding:
    return Finding(severity="ok", message=message, job=job)


def warning(message: str, fix: str = "", *, job: str | None = None) -> Finding:
    return Finding(severity="warning", message=message, fix=fix or None, job=job)


def problem(message: str, fix: str = "", *, job: str | None = None) -> Finding:
    return Finding(severity="problem", message=message, fix=fix or None, job=job)
