"""What the runs of each job came to: how many, how they ended, how long, and whether that grows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import asdict
from starlette.responses import Response

from jobrunner.engine.figures.hosts import RunsOfHost, see_by_host
from jobrunner.engine.figures.stats import Figures, Wanted, growth, see_some, wanted_of
from jobrunner.web.call import Call, Viewer
from jobrunner.web.draw.spark import sparkline
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.typed import PageNumber, Typed, Word, proposed
from jobrunner.words import short

router = APIRouter(include_in_schema=False)
MONTH = "30d"
SPANS = ("7d", MONTH, "90d", "365d")
SHOWN = 100  # jobs on one page
SUMMED = ("runs", "success", "failed", "timeout", "stopped", "lost", "missed", "cpu_seconds")


class Summary(Struct, frozen=True, kw_only=True):
    """Jobs that have figures, in order, what they come to together, and which grow slower."""

    names: Sequence[str]
    few: bool
    of_all: Mapping[str, float]
    slower: Sequence[tuple[str, str]]
    since: date | None


NOTHING = Summary(names=(), few=True, of_all=dict.fromkeys(SUMMED, 0), slower=(), since=None)


@router.get("/stats")
def read(
    call: Viewer,
    *,
    job: Word = "",
    since: Word = "",
    page: PageNumber = 1,
) -> Response:
    """Show the figures of each job since then."""
    typed = Typed(call, "job", "since")
    name, begins = typed.job(job), typed.since(since, MONTH)
    sums, shown, hosts = NOTHING, list[Figures](), tuple[RunsOfHost, ...]()
    if begins is not None and not typed.is_wrong:
        since_then = begins.astimezone(UTC)
        sums = _sums(call, name, since_then)
        names = sums.names[(page - 1) * SHOWN : page * SHOWN]
        wanted = Wanted(sums.names, few=sums.few)
        shown = see_some(call.scene, wanted, names, since_then, call.now) if names else []
        hosts = _hosts(call, name, since_then)
    return show(
        call,
        "stats.html",
        title="Stats",
        nav="stats",
        job=job.strip(),
        since=since.strip() or MONTH,
        spans=SPANS,
        wrong=typed.wrong,
        is_wrong=typed.is_wrong,
        slower=sums.slower,
        sums=sums.of_all,
        begins=sums.since,
        rows=[_row(call, one) for one in shown],
        hosts=hosts if len(hosts) > 1 else (),
        number=page,
        pages=-(-len(sums.names) // SHOWN),
        are_exact=all(one.exact for one in shown),
        jobs=proposed(call),
    )


def _sums(call: Call, job: str | None, begins: datetime) -> Summary:
    """What all that the visitor asks for comes to; of every job it is found out once a minute."""

    def find() -> Summary:
        wanted = wanted_of(call.scene, [job] if job else [], begins)
        every = see_some(call.scene, wanted, None if not job else [job], begins, call.now)
        found = [one for one in every if call.sees(one.job)]
        return Summary(
            names=[one.job for one in found],
            few=wanted.few,
            of_all={each: sum(getattr(one, each) for one in found) for each in SUMMED},
            slower=[(one.job, told) for one in found if (told := growth(one, call.now))],
            since=found[0].since if found else None,
        )

    if job or call.visitor.jobs:
        return find()
    return call.site.cache.get(("stats", begins.date()), call.scene.config, call.now, find)


def _hosts(call: Call, job: str | None, begins: datetime) -> tuple[RunsOfHost, ...]:
    """What ran where; of every job it is found out once a minute."""

    def find() -> tuple[RunsOfHost, ...]:
        return see_by_host(call.scene, [job] if job else call.names(), begins).hosts

    if job or call.visitor.jobs:
        return find()
    key = ("stats by host", begins.date())
    return call.site.cache.get(key, call.scene.config, call.now, find)


def _row(call: Call, one: Figures) -> dict[str, Any]:
    """The figures of a job, what it took over the time drawn, and whether it is declared still."""
    return asdict(one) | {
        "drawn": _drawn(one),
        "slower": growth(one, call.now),
        "is_declared": one.job in call.scene.config.jobs,
    }


def _drawn(one: Figures) -> Markup | None:
    """A line from what a success took at first to what it takes now."""
    known = [seconds for seconds in one.recent_seconds if seconds is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    first, last = (short(timedelta(seconds=seconds)) for seconds in (known[0], known[-1]))
    return sparkline(known, f"what a success took: {first} at first, {last} of late")
