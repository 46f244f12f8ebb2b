"""The last runs of a job as bars: as high as they took long, capped by how they ended."""

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from jobrunner.web.draw.svg import element, kind_of, picture
from jobrunner.words import listed, numbered

STEP = 6
HEIGHT = 24
LOWEST = 3
# A bar that failed is capped at the top of the strip, however short it was: a flag to be seen.
UNDER_CAP = 5

Bar = tuple[str, float | None]


def strip(runs: Sequence[Bar], room: int = 30) -> Markup:
    """State and seconds of each run, oldest first; the newest is at the right."""
    shown = runs[-room:]
    longest = max((seconds or 0 for _, seconds in shown), default=0) or 1
    bars: dict[str, list[str]] = {}
    caps: dict[str, list[str]] = {}
    for place, (state, seconds) in enumerate(shown, room - len(shown)):
        left = place * STEP
        bars.setdefault(state, []).append(_bar(state, left, (seconds or 0) / longest))
        if cap := _cap(state, left):
            caps.setdefault(state, []).append(cap)
    return picture(
        told([state for state, _ in shown]),
        *(element("path", kind=f"b {kind_of(state)}", d="".join(d)) for state, d in bars.items()),
        *(element("path", kind=f"cap {kind_of(state)}", d="".join(d)) for state, d in caps.items()),
        kind="drawn strip",
        view=f"0 0 {room * STEP - 2} {HEIGHT}",
        width=room * STEP - 2,
        height=HEIGHT,
    )


def told(states: Sequence[str]) -> str:
    """What the strip shows, in words: "30 runs: 28 success, 2 failed; the newest failed"."""
    if not states:
        return "no runs yet"
    counts = listed(f"{number} {state}" for state, number in Counter(states).most_common())
    return f"{numbered(len(states), 'run')}: {counts}; the newest {states[-1]}"


def _bar(state: str, left: int, share: float) -> str:
    """A line from the ground up, as wide as the class has it."""
    top = UNDER_CAP if _cap(state, left) else 0
    height = max(LOWEST, round(share * (HEIGHT - top)))
    match state:
        case "skipped" | "queued":  # a dash in the middle: nothing ran
            return f"M{left} 12h4"
        case "missed":  # a point on the ground
            return f"M{left + 2} 24v-3"
    return f"M{left + 2} 24V{HEIGHT - height}"


def _cap(state: str, left: int) -> str:
    """What tells an end without its colour, on a stem that leads to its bar."""
    match state:
        case "failed":
            return f"M{left - 1} 0h6v3h-2.5v21h-1v-21h-2.5z"  # a flat roof
        case "timeout":
            return f"M{left - 1} 0h6l-2.5 5v19h-1v-19z"  # an arrow down
        case "lost":
            return f"M{left - 1} 0h2v4h-2zM{left + 3} 0h2v4h-2z"  # two points, and no stem
        case "stopped":
            return f"M{left} 0h4v4h-1.5v20h-1v-20h-1.5z"  # a box
        case "missed":
            return f"M{left + 1} 8h2v10h-2z"  # a stroke over its point
    return ""
