"""The time around now, a row for each job: what ran as bars, what is planned as rings."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from markupsafe import Markup
from msgspec import Struct

from jobrunner.web.draw.svg import element, join, kind_of, picture
from jobrunner.words import listed, numbered

WIDTH = 1440  # a row in its own units, as many as a day has minutes
HEIGHT = 24
MIDDLE = HEIGHT // 2
SHORT = 4  # what is not as wide is a stroke
HOURS = 3
MINOR = 6  # on a phone only every so many hours have room for their names


class Stretch(Struct, frozen=True):
    """So many runs of one state, or planned slots if it has none, too close to be told apart."""

    start: datetime
    end: datetime
    state: str | None
    number: int


class Row(Struct, frozen=True, kw_only=True):
    """One job: runs as (start, end, state), planned slots, and what is too dense for either."""

    name: str
    link: str
    runs: Sequence[tuple[datetime, datetime, str]] = ()
    slots: Sequence[datetime] = ()
    stretches: Sequence[Stretch] = ()


class _Scale:
    """Where an instant is, from 0 to WIDTH."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._start = start
        self._length = end - start
        self._step = WIDTH / self._length.total_seconds()

    def holds(self, moment: datetime) -> bool:
        return self._start <= moment <= self._start + self._length

    def __call__(self, moment: datetime) -> int:
        at = round((moment - self._start).total_seconds() * self._step)
        return min(max(at, 0), WIDTH)


def timeline(rows: Iterable[Row], start: datetime, end: datetime, now: datetime) -> Markup:
    """A list: the hours, then the jobs; the zone of `now` names the hours."""
    at = _Scale(start, end)
    hours = list(_hours(start.astimezone(now.tzinfo), end))
    behind = _behind(hours, now, at)
    items = [_axis(hours, now, start, end), *(_row(row, behind, at) for row in rows)]
    return element("ol", *items, kind="timeline")


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    """The full hours by the clock that are named, whatever the zone does in between."""
    full = start.replace(minute=0, second=0, microsecond=0)
    seen = None
    while full <= end:
        here = full.astimezone(start.tzinfo)
        if full >= start and here.hour % HOURS == 0 and here.hour != seen:
            seen = here.hour
            yield here
        full = (full.astimezone(UTC) + timedelta(hours=1)).astimezone(start.tzinfo)


def _axis(hours: Iterable[datetime], now: datetime, start: datetime, end: datetime) -> Markup:
    """Names of hours, by per cent, so that they keep their size however wide the row is."""

    def name(moment: datetime, text: str, kind: str | None) -> Markup:
        share = 100 * ((moment - start) / (end - start))
        return element("text", text, x=f"{share:.1f}%", y=14, text_anchor="middle", kind=kind)

    near = (end - start) / 24
    names = [
        name(hour, f"{hour:%H:%M}", "minor" if _is_minor(hour, now, near) else None)
        for hour in hours
        if abs(hour - now) > near and start + near / 2 < hour < end - near / 2
    ]
    names.append(name(now, "now", "is-now"))
    return element(
        "li", element("span"), element("svg", *names), kind="axis", **{"aria-hidden": "true"}
    )


def _is_minor(hour: datetime, now: datetime, near: timedelta) -> bool:
    """Whether an hour goes without its name where there is little room."""
    return hour.hour % MINOR != 0 or abs(hour - now) < HOURS * 1.5 * near


def _behind(hours: Iterable[datetime], now: datetime, at: _Scale) -> Markup:
    lines = "".join(f"M{at(hour)} 0v{HEIGHT}" for hour in hours)
    return join(
        [
            element("path", kind="hour", d=lines),
            element("path", kind="now", d=f"M{at(now)} 0v{HEIGHT}"),
        ]
    )


def _row(row: Row, behind: Markup, at: _Scale) -> Markup:
    track = picture(
        told(row),
        behind,
        *_past(row, at),
        *_planned(row, at),
        view=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
    )
    label = element("a", row.name, kind="job", href=row.link, title=row.name)
    return element("li", label, track)


def _past(row: Row, at: _Scale) -> Iterator[Markup]:
    """A path for each state: bars for what took long enough to be seen, strokes for the rest."""
    paths: dict[tuple[str, str], list[str]] = {}
    for start, end, state in row.runs:
        left, width = at(start), at(end) - at(start)
        is_wide = width >= SHORT
        line = f"M{left} {MIDDLE}h{width}" if is_wide else f"M{left} 6v12"
        paths.setdefault(("run" if is_wide else "mark", state), []).append(line)
    for stretch in row.stretches:
        if stretch.state is not None:
            line = f"M{at(stretch.start)} {MIDDLE}H{max(at(stretch.end), at(stretch.start) + 1)}"
            paths.setdefault(("many", stretch.state), []).append(line)
    for (kind, state), lines in sorted(paths.items(), key=_failed_last):
        yield element("path", kind=f"{kind} {kind_of(state)}", d="".join(lines))


def _failed_last(path: tuple[tuple[str, str], list[str]]) -> tuple[bool, bool]:
    """What went wrong is drawn over what went well."""
    (kind, state), _ = path
    return kind != "many", state != "success"


def _planned(row: Row, at: _Scale) -> Iterator[Markup]:
    stretches = [stretch for stretch in row.stretches if stretch.state is None]
    if stretches:
        lines = "".join(f"M{at(s.start)} {MIDDLE}H{at(s.end)}" for s in stretches)
        yield element("path", kind="slots", d=lines)
    points = "".join(f"M{at(slot)} {MIDDLE}h0" for slot in row.slots if at.holds(slot))
    if points:
        yield element("path", kind="slot", d=points)
        yield element("path", kind="hole", d=points)


def told(row: Row) -> str:
    """What a row shows, in words: "backup: 2 runs, 1 success and 1 failed; 1 planned"."""
    counts = Counter(state for _, _, state in row.runs)
    for stretch in row.stretches:
        if stretch.state is not None:
            counts[stretch.state] += stretch.number
    planned = len(row.slots) + sum(s.number for s in row.stretches if s.state is None)
    states = (
        listed(f"{number:,} {state}" for state, number in counts.most_common()) if counts else ""
    )
    runs = f"{numbered(counts.total(), 'run')}" + (f", {states}" if states else "")
    return f"{row.name}: {runs}; {planned:,} planned"
