"""A job over time, drawn: what its last runs took and told, and every day of a year."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup
from msgspec import Struct

from jobrunner.engine.report.chart import Chart, DaySum, Took, see_chart
from jobrunner.model.job import Job
from jobrunner.model.value import Zone
from jobrunner.web.call import Call
from jobrunner.web.draw.durations import Level, Point, durations
from jobrunner.web.draw.spark import sparkline
from jobrunner.web.draw.year import Day, told, year


class Line(Struct, frozen=True, kw_only=True):
    """A figure of the job's own: its name, its last value, and how it went."""

    name: str
    last: float
    drawn: Markup


class History(Struct, frozen=True, kw_only=True):
    """The drawings of a job's past, and the figures that each is made of."""

    took: Markup
    runs: Sequence[Took]
    year: Markup
    year_told: str
    days: Sequence[tuple[date, DaySum]]
    lines: Sequence[Line]


def history_of(call: Call, name: str, job: Job | None, zone: Zone) -> History | None:
    """The past of a job; None if it never ran and nothing was left out."""
    chart = see_chart(call.scene.store, name, job, call.now, zone.info)
    if not chart.took and not chart.days:
        return None
    days = {day: Day(each.runs, each.failed, each.idle) for day, each in chart.days.items()}
    return History(
        took=durations([*_points(call, chart)], [*_levels(chart)]),
        runs=chart.took[::-1],
        year=year(days, chart.last),
        year_told=told(days),
        days=[*chart.days.items()][::-1],
        lines=[_line(label, values) for label, values in chart.metrics.items()],
    )


def _points(call: Call, chart: Chart) -> Sequence[Point]:
    return [
        Point(
            one.seconds,
            one.state,
            f"{call.base}/runs/{one.run}",
            f"#{one.run}, {one.began_at:%a} {one.began_at.day} {one.began_at:%b %H:%M}",
        )
        for one in chart.took
    ]


def _levels(chart: Chart) -> Sequence[Level]:
    """What is usual, and what is allowed."""
    known = (
        (chart.p50_seconds, "p50", False),
        (chart.p95_seconds, "p95", False),
        (chart.timeout_seconds, "timeout", True),
    )
    return [Level(seconds, name, limit) for seconds, name, limit in known if seconds is not None]


def _line(name: str, values: Sequence[float]) -> Line:
    title = f"{name} of the last {len(values)} runs"
    return Line(name=name, last=values[-1], drawn=sparkline(values, title))
