"""A part of an answer that is asked for, as RFC 9110 has it: `Range: bytes=100-199`."""

import re

from jobrunner.web.problem import RefusedError

RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.IGNORECASE | re.ASCII)


def part_of(header: str, length: int) -> tuple[int, int] | None:
    """Where the part begins and ends, of so many bytes; None for the whole.

    What is no range, or several at once, is answered with the whole, as the standard allows.  One
    that lies outside is refused.
    """
    found = RANGE.fullmatch(header)
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        begin, end = max(0, length - int(last)), length
    else:
        begin, end = int(first), min(length, int(last) + 1) if last else length
        if last and int(last) < begin:
            return None
    if begin >= end:
        raise RefusedError(
            "bad-range",
            f"There are {length} bytes.",
            headers={"Content-Range": f"bytes */{length}"},
        )
    return begin, end
