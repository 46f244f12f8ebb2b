"""Calls a function or class of the user's, and writes down what it returned or raised.

It is handed what to call as JSON on standard input, and runs under any Python 3.8 or newer.  It
imports nothing of ours: there may be nothing of ours where it runs.
"""

from __future__ import annotations

import sys

# Ours lies here, and would be found in place of what the job's folder or the library has.
sys.path[0] = ""

import asyncio  # noqa: E402 - see above
import importlib  # noqa: E402
import inspect  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import traceback  # noqa: E402
from typing import Any  # noqa: E402

TOLD = frozenset({"success", "message", "data", "metrics", "next_in", "error", "status"})
METHOD = "execute"
LONGEST = 64 * 1024  # characters of a traceback
TERMINATED = 128 + signal.SIGTERM
FAILED = 1
ROOM = 240 * 1024  # bytes of a result


def main() -> int:
    """Call what was asked for; the exit code."""
    order = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # So that `finally` and `with` of the job's own code are seen to before it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        returned = called(found(order["target"]), order["args"])
    except Exception as error:  # noqa: BLE001 - whatever a job raises is its result
        write(failure(error))
        return FAILED
    result = understood(returned)
    write(result)
    return FAILED if result.get("success") is False else 0


def found(target: str) -> Any:
    """The function or class that "module:name" names."""
    module, _, name = target.partition(":")
    value = importlib.import_module(module)
    for part in name.split("."):
        value = getattr(value, part)
    return value


def called(target: Any, args: dict[str, Any]) -> Any:
    """What it returns: a function, a class that has `execute`, or one of them that is async."""
    if inspect.isclass(target):
        if not hasattr(target, METHOD):
            raise TypeError(f"{target.__name__} has no method execute()")
        target = getattr(target(), METHOD)
    returned = target(**args)
    if inspect.isawaitable(returned):
        return asyncio.run(awaited(returned))
    return returned


async def awaited(value: Any) -> Any:
    """Await it: `asyncio.run` takes coroutines alone."""
    return await value


def understood(returned: Any) -> dict[str, Any]:
    """What was returned, as a job says it of itself."""
    if returned is None:
        return {}
    if isinstance(returned, bool):
        return {"success": returned}
    if isinstance(returned, str):
        return {"message": returned}
    if isinstance(getattr(returned, "success", None), bool):  # an object of a class of the user's
        returned = {key: getattr(returned, key) for key in TOLD if hasattr(returned, key)}
    if isinstance(returned, dict) and TOLD & returned.keys():
        told = {key: value for key, value in returned.items() if key in TOLD}
        rest = {key: value for key, value in returned.items() if key not in TOLD}
        if rest and isinstance(told.get("data", {}), dict):
            told["data"] = {**rest, **told.get("data", {})}
        return told
    return {"data": returned}


def failure(error: Exception) -> dict[str, Any]:
    """What an exception tells, with its traceback; our own frames are left out of it."""
    own = error.__traceback__
    while own is not None and own.tb_frame.f_code.co_filename == __file__:
        own = own.tb_next
    lines = traceback.format_exception(type(error), error, own or error.__traceback__)
    text = "".join(lines)
    sys.stderr.write(text)
    name = type(error).__name__
    message = f"{name}: {error}" if str(error) else name
    return {
        "success": False,
        "message": message,
        "error": name,
        "data": {"traceback": text[-LONGEST:]},
    }


def write(result: dict[str, Any]) -> None:
    """Leave it where the supervisor looks; what is too large is left out, and said."""
    path = os.environ.get("JOBRUNNER_RESULT")
    if not path or not result:
        return
    text = json.dumps(result, default=str)
    if len(text.encode()) > ROOM:
        sys.stderr.write("jobrunner: what was returned is too large to be kept; data is left out\n")
        text = json.dumps(
            {key: value for key, value in result.items() if key != "data"}, default=str
        )
    # A job may have written there itself: what it returns counts.
    with open(path, "r+", encoding="utf-8") as file:  # noqa: PTH123 - no longer than needed
        file.write(text)
        file.truncate()


if __name__ == "__main__":
    sys.exit(main())
