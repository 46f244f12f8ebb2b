"""Forms: what a browser sends, and where its reader goes on when it is done or refused."""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from jobrunner.errors import JobrunnerError, StoreError, UnknownError
from jobrunner.web.call import Call
from jobrunner.web.pages.frame import onward
from jobrunner.web.pages.outside import ours
from jobrunner.web.problem import RefusedError

MOST = 200  # fields
BACK = "back"


async def _fields(request: Request) -> Mapping[str, str]:
    """Every field by its name; of several of one name the last, and no file."""
    form = await request.form(max_fields=MOST, max_files=0)
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


Fields = Annotated[Mapping[str, str], Depends(_fields)]


def follow(call: Call, fields: Mapping[str, str], path: str, said: str) -> Response:
    """Back to the page that a form names, else to `path`, which tells what was done."""
    return onward(call.request, _back(fields, path), said)


def attempt(
    call: Call,
    fields: Mapping[str, str],
    path: str,
    change: Callable[[], Response],
    *,
    late: str = "",
) -> Response:
    """Make a change; a refusal is told on the page that its reader came from, or `path`.

    `late` is told where somebody else changed it meanwhile, if that page then shows how it is now.
    """
    try:
        return change()
    except (StoreError, UnknownError):
        raise  # there is no page that could tell it
    except JobrunnerError as error:
        return onward(call.request, _back(fields, path), _first_line(error), is_refusal=True)
    except RefusedError as error:
        is_late = bool(late) and error.kind == "changed-meanwhile"
        if not is_late and error.kind not in TOLD:
            raise
        told = late if is_late else error.detail
        return onward(call.request, _back(fields, path), told, is_refusal=True)


# What somebody may do, but not now or not so.
TOLD = frozenset({"conflict", "already-running", "invalid"})


def _back(fields: Mapping[str, str], path: str) -> str:
    return ours(fields[BACK]) if fields.get(BACK) else path


def _first_line(error: JobrunnerError) -> str:
    """The sentence; what follows it tells which command to type."""
    told = str(error).partition("\n")[0]
    return f"{told[:1].upper()}{told[1:]}"
