"""How long the last runs of a job took, beside what is usual and what is allowed."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from markupsafe import Markup
from msgspec import Struct

from jobrunner.web.draw import scale
from jobrunner.web.draw.svg import element, join, kind_of
from jobrunner.words import numbered, short

HEIGHT = 180
SLOT = 10  # the width of a run in units of the inner picture
GAP = 2
LEAST = 2  # of a bar that took no time
# A limit so many times higher than the longest run would press all bars to the ground.
FAR = 2.5
MARGIN = 28  # above and below, as the sheet has it
APART = 15  # what two names of lines need between them
FEWEST = 20  # so few runs do not fill the width


class Point(Struct, frozen=True):
    """One run: its seconds, how it ended, where its page is, and what to call it."""

    seconds: float
    state: str
    link: str
    name: str


class Level(Struct, frozen=True):
    """A line across: seconds, its name, and whether runs end there."""

    seconds: float
    name: str
    is_limit: bool = False


def durations(points: Sequence[Point], levels: Sequence[Level] = ()) -> Markup:
    """A bar for each run, oldest first, each a link to its run."""
    longest = max((point.seconds for point in points), default=0)
    within = [level for level in levels if level.seconds <= max(longest * FAR, 1)]
    lines = scale.seconds(max([longest, *(level.seconds for level in within)], default=1) or 1)
    top = lines[-1]
    room = max(len(points), FEWEST)
    bars = element(
        "svg",
        *(_bar(point, place, top) for place, point in enumerate(points, room - len(points))),
        role="group",  # with links in it, it is more than a picture
        aria_label=told(points, levels),
        view=f"0 0 {room * SLOT} {HEIGHT}",
        preserveAspectRatio="none",
        width="100%",
        height=HEIGHT,
    )
    names = _names(within, top)
    inside = [*_grid(lines, [y for y, _ in names]), bars, *_levels(within, names, top)]
    inside += _beyond(levels, within)
    return element("svg", *inside, kind="drawn chart", height=HEIGHT + MARGIN)


def told(points: Sequence[Point], levels: Sequence[Level]) -> str:
    """What the chart shows, in words."""
    if not points:
        return "no durations yet"
    spans = [point.seconds for point in points]
    known = "".join(f"; {level.name} {_long(level.seconds)}" for level in levels)
    return (
        f"durations of {numbered(len(points), 'run')}, from {_long(min(spans))} "
        f"to {_long(max(spans))}{known}"
    )


def _long(seconds: float) -> str:
    return short(timedelta(seconds=seconds))


def _y(seconds: float, top: float) -> float:
    return HEIGHT * (1 - min(seconds / top, 1))


def _bar(point: Point, place: int, top: float) -> Markup:
    height = max(LEAST, HEIGHT - _y(point.seconds, top))
    left = place * SLOT
    title = f"{point.name}: {point.state}, {_long(point.seconds)}"
    hit = element("rect", kind="hit", x=left, y=0, width=SLOT, height=HEIGHT)
    bar = element(
        "rect",
        kind="bar-of",
        x=left + GAP / 2,
        y=float(HEIGHT - height),
        width=SLOT - GAP,
        height=height,
    )
    inside = join([element("title", title), hit, bar])
    kind = kind_of(point.state)
    # The table of these figures has the same links for the keyboard.
    return element("a", inside, href=point.link, kind=kind, tabindex=-1)


def _grid(lines: Sequence[float], taken: Sequence[float]) -> Iterator[Markup]:
    """Lines across, named at the right end unless the name of a level stands there."""
    for line in lines:
        y = _y(line, lines[-1])
        yield element("line", kind="grid", x1=0, x2="100%", y1=y, y2=y)
        if all(abs(y - other) >= APART for other in taken):
            yield element("text", _round(line), x="100%", dx=8, y=y, dy=4)


def _round(seconds: float) -> str:
    """A step of the axis: "15m", not "15m 00s"."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size:g}{unit}"
    return _long(seconds) if seconds > 60 else f"{seconds:.2g}s"  # noqa: PLR2004 - a minute


def _names(levels: Sequence[Level], top: float) -> list[tuple[float, Level]]:
    """Where the names of levels stand, lowest first; one that would meet another moves up."""
    names: list[tuple[float, Level]] = []
    last = float(HEIGHT + APART)
    for level in sorted(levels, key=lambda level: level.seconds):
        last = min(_y(level.seconds, top), last - APART)
        names.append((last, level))
    return names


def _levels(
    levels: Sequence[Level], names: Sequence[tuple[float, Level]], top: float
) -> Iterator[Markup]:
    """Dashed lines across, beside the bars their names."""
    for level in levels:
        y = _y(level.seconds, top)
        kind = "level is-limit" if level.is_limit else "level"
        yield element("line", kind=kind, x1=0, x2="100%", y1=y, y2=y)
    for y, level in names:
        text = f"{level.name} {_round(level.seconds)}"
        kind = "name is-limit" if level.is_limit else "name"
        yield element("text", text, x="100%", dx=8, y=y, dy=4, kind=kind)


def _beyond(levels: Sequence[Level], within: Sequence[Level]) -> Iterator[Markup]:
    """What lies far above is named, not drawn."""
    above = [f"{level.name} {_round(level.seconds)}" for level in levels if level not in within]
    if above:
        yield element("text", f"↑ {', '.join(above)}", x="100%", y=-8, text_anchor="end")
