"""What did not run, and when nobody looked at the clock, with what that cost."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.engine.agenda import looks
from jobrunner.engine.past.rows import Wanted, runs
from jobrunner.engine.scene import Scene
from jobrunner.engine.ticks import last_tick
from jobrunner.model.decision import Omit, Start
from jobrunner.model.run import OMITTED, Run, State, Trigger
from jobrunner.store.base import Store
from jobrunner.store.value import Gap
from jobrunner.words import numbered

# One tick may be left out for a moment's load.
LONGEST = timedelta(minutes=3)
# A tick comes every minute, so that a slot waits this long for one anyway.
ON_TIME = timedelta(minutes=2)
# What a tick finds after a pause is written down by then.
FOUND = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
# Which run stood in the way, and since when.
HOLDER = re.compile(r"(?:since [^()]*\()?#[0-9]+\)?")


class Stretch(Struct, frozen=True, kw_only=True):
    """Slots of one job that did not run for one reason, or a time without ticks.

    Of slots, `since` and `until` are the first and the last one; of a time without ticks, the tick
    before and the one after; it `lasts` if there is none yet, and then the counts are what the next
    tick will find.  `slots` did not run: `missed` and `skipped` ones.  `caught_up` and `late` did.
    """

    kind: Literal["no_tick", "missed", "skipped"]
    job: str | None
    since: datetime
    until: datetime
    lasts: bool
    slots: int
    missed: int
    skipped: int
    caught_up: int
    late: int
    reason: str


class Gaps(Struct, frozen=True):
    """What did not happen, oldest first; whether the clock was ever looked at."""

    stretches: tuple[Stretch, ...]
    ever_ticked: bool


def see_gaps(
    here: Scene, names: Collection[str] | None, since: datetime, now: datetime, zone: tzinfo
) -> Gaps:
    """All of it since then, by when it was found; of these jobs; None: of every one."""
    rows = _omitted(here.store, names, since)
    stretches = [*_merged(rows, here, zone), *_silences(here, names, since, now, zone)]
    stretches.sort(key=lambda one: (one.since, one.kind != "no_tick", one.job or ""))
    return Gaps(tuple(stretches), last_tick(here.store, now, LONGEST)[0] is not None)


def _omitted(store: Store, names: Collection[str] | None, since: datetime) -> list[Run]:
    """The rows of slots that did not run, by job and slot."""
    wanted = Wanted(jobs=_jobs(names), states=OMITTED, since=since)
    rows = [row for row in runs(store, wanted) if row.scheduled_for is not None]
    return sorted(rows, key=lambda row: (row.job, _first(row)))


def _merged(rows: Iterable[Run], here: Scene, zone: tzinfo) -> list[Stretch]:
    """A stretch for all rows of a job that follow one another and have the same reason."""
    found: list[Stretch] = []
    for row in rows:
        job = here.config.jobs.get(row.job)
        one = _of_row(row, job.timezone.info if job else zone)
        if found and _is_same(found[-1], one):
            one = _joined(found.pop(), one)
        found.append(one)
    return found


def _of_row(row: Run, zone: tzinfo) -> Stretch:
    is_missed = row.state is State.MISSED
    return Stretch(
        kind="missed" if is_missed else "skipped",
        job=row.job,
        since=_first(row).astimezone(zone),
        until=_last(row).astimezone(zone),
        lasts=False,
        slots=row.slots,
        missed=row.slots if is_missed else 0,
        skipped=0 if is_missed else row.slots,
        caught_up=0,
        late=0,
        reason=row.reason,
    )


def _is_same(before: Stretch, after: Stretch) -> bool:
    """Whether both are told as one; which run stood in the way makes no difference."""
    told = [(one.job, one.kind, HOLDER.sub("#", one.reason)) for one in (before, after)]
    return told[0] == told[1]


def _joined(before: Stretch, after: Stretch) -> Stretch:
    return replace(
        after,
        since=before.since,
        slots=before.slots + after.slots,
        missed=before.missed + after.missed,
        skipped=before.skipped + after.skipped,
    )


def _silences(
    here: Scene, names: Collection[str] | None, since: datetime, now: datetime, zone: tzinfo
) -> Iterator[Stretch]:
    for gap in here.store.gaps(since, now, LONGEST):
        lasts = gap.until >= now
        cost = _to_come(here, names, now) if lasts else _cost(here.store, names, gap)
        yield Stretch(
            kind="no_tick",
            job=None,
            since=gap.since.astimezone(zone),
            until=gap.until.astimezone(zone),
            lasts=lasts,
            slots=cost["missed"] + cost["skipped"],
            missed=cost["missed"],
            skipped=cost["skipped"],
            caught_up=cost["caught_up"],
            late=cost["late"],
            reason="",
        )


def _cost(store: Store, names: Collection[str] | None, gap: Gap) -> Counter[str]:
    """What became of the slots that fell into the time, as the tick after it found them."""
    wanted = Wanted(jobs=_jobs(names), since=gap.until - MINUTE, until=gap.until + FOUND)
    cost: Counter[str] = Counter()
    for row in runs(store, wanted):
        if row.scheduled_for is None or not _falls_into(row, gap):
            continue
        if row.state in OMITTED and not row.attempts:
            cost[row.state.value] += row.slots
        elif row.trigger is Trigger.CATCH_UP:
            cost["caught_up"] += 1
        elif gap.until - row.scheduled_for > ON_TIME:
            cost["late"] += 1
    return cost


def _falls_into(row: Run, gap: Gap) -> bool:
    return _first(row) <= gap.until and _last(row) > gap.since


def _to_come(here: Scene, names: Collection[str] | None, now: datetime) -> Counter[str]:
    """What a tick would find now."""
    cost: Counter[str] = Counter()
    for look in looks(here.config.jobs, here.store.marks(), here.store.health(), now, here.seat):
        for decision in look.decisions if names is None or look.job in names else ():
            match decision:
                case Omit(state=state, count=count):
                    cost[state.value] += count
                case Start(trigger=Trigger.CATCH_UP):
                    cost["caught_up"] += 1
                case Start(scheduled_for=slot):
                    cost["late"] += now - slot > ON_TIME
    return cost


def _jobs(names: Collection[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def silent_for(stretches: Sequence[Stretch]) -> timedelta:
    """How long no tick came, all in all."""
    lengths = (one.until - one.since for one in stretches if one.kind == "no_tick")
    return sum(lengths, timedelta())


def cost(one: Stretch) -> str:
    """What a time without ticks cost: "no tick: 31 slots missed, 4 caught up"."""
    counts = (
        (one.missed, "missed"),
        (one.skipped, "skipped"),
        (one.caught_up, "caught up"),
        (one.late, "started late"),
    )
    told = [(count, words) for count, words in counts if count]
    if not told:
        return "no tick; it cost no slot"
    (count, words), *others = told
    first = f"{numbered(count, 'slot')} {words}"
    costs = ", ".join([first, *(f"{number:,} {word}" for number, word in others)])
    return f"no tick; the next one finds {costs}" if one.lasts else f"no tick: {costs}"


def _first(row: Run) -> datetime:
    assert row.scheduled_for is not None
    return row.scheduled_for


def _last(row: Run) -> datetime:
    return row.slots_until or _first(row)
