"""`jobrunner tick`: one look at the clock, and what came of it if somebody wants to know.

A tick that is not asked for more goes the short way of `engine.tick`, which comes here for what it
does not understand: no supervisor has been here yet, files that changed, a ledger in trouble.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from itertools import count

import click
from msgspec import Struct
from msgspec.structs import replace

from jobrunner.cli import answer, output, timezone, verdict
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.clock import Clock
from jobrunner.config.spelling import shown
from jobrunner.engine import glance, plan
from jobrunner.engine.actions import told
from jobrunner.engine.agenda import Agenda, Seat, looks, schedule_of, wherever
from jobrunner.engine.load import load
from jobrunner.engine.location import is_there, location
from jobrunner.engine.past.tell import day_and_time
from jobrunner.engine.past.when import span
from jobrunner.engine.rise import ASLEEP, rouse
from jobrunner.engine.scene import (
    host_of,
    ledger,
    ledger_if_any,
    location_of,
    seat_of,
    state_of,
)
from jobrunner.engine.state import State
from jobrunner.engine.tick import complaint
from jobrunner.engine.wake import TICK, poke
from jobrunner.errors import BusyError, ForbiddenError, JobrunnerError
from jobrunner.jobfile.place import Asker, find_jobs, find_state
from jobrunner.jobfile.trust import user_name
from jobrunner.model.decision import Look
from jobrunner.model.run import FAILURES, Run, Trigger
from jobrunner.model.settings import Config, Settings
from jobrunner.schedule.identity import fingerprint
from jobrunner.store import open_store
from jobrunner.store.base import Store
from jobrunner.store.location import is_shared
from jobrunner.store.value import Health, Mark, RunFilter

Marks = Mapping[tuple[str, str], Mark]

MINUTE = timedelta(minutes=1)
LONGEST = timedelta(microseconds=glance.LONGEST)
PACE = 0.05  # seconds between two looks into the ledger
TURNS = 100  # looks until what is due has been taken
MOST = 1_000  # runs that are told
SLOTS = frozenset({Trigger.SCHEDULE, Trigger.CATCH_UP, Trigger.AFTER})


class Found(Struct, frozen=True):
    """What a tick works with; the configuration is None if it is the supervisor's last good one.

    `settings` are those of either.
    """

    path: str
    state: State
    config: Config | None
    settings: Settings


@click.command()
@click.option("-v", "--verbose", count=True, help="Tell what was done; -vv also what is not due.")
@click.option("--dry-run", is_flag=True, help="Decide, and start nothing.")
@click.option("--at", metavar="WHEN", help='Decide for then: "2026-12-24 02:30"; a dry run.')
@click.option("--wait", is_flag=True, help="Wait for what became due, and tell how it ended.")
@click.option("--since", metavar="AGO", help="Have new jobs seen so long ago, as 1m.")
@click.option("--exit-status", is_flag=True, help="Wait, and exit with 1 if a run failed.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    verbose: int,
    dry_run: bool,
    at: str | None,
    wait: bool,
    since: str | None,
    exit_status: bool,
) -> int:
    """See to what is due; run every minute.

    Prints nothing if all is well.

    \b
    Examples:
      jobrunner tick
      jobrunner tick --wait
      jobrunner tick --since 1m --wait
      jobrunner tick -vv --dry-run
      jobrunner tick --at "2026-12-24 02:30"
    """
    who, clock = asker(), settings.clock
    ago = answer.duration(since) if since is not None else None
    if dry_run or at is not None:
        config = load(settings.config, who)
        _rehearse(config, location_of(config, who), at, clock, everything=verbose > 1)
        return 0
    is_asked = bool(verbose or wait or exit_status)
    tick = _Tick(_found(settings.config, who), who, clock, is_asked=is_asked)
    if ago is not None:
        tick.introduce(ago)
    tick.see_to()
    if verbose:
        tick.tell(everything=verbose > 1)
    ended = tick.wait() if wait or exit_status else []
    return int(exit_status and any(run.state in FAILURES for run in ended))


def _found(option: str | None, who: Asker) -> Found:
    """Where the state is; a broken file does not hide it from who was here before."""
    path = find_jobs(option, who).path
    habit = find_state(path, who).path
    noted = glance.read(habit)
    try:
        config = load(path, who)
    except JobrunnerError:
        state = State(noted.folder if noted else habit)
        if not os.path.lexists(state.plan):
            raise
        return Found(path, state, None, plan.look(path, state, who).config.settings)
    state = state_of(config, who)
    if state.folder != habit and (noted is None or noted.folder != state.folder):
        _move(habit, noted, state)
    return Found(path, state, config, config.settings)


def _move(habit: str, noted: glance.Glance | None, state: State) -> None:
    """Leave word that the state is elsewhere; whoever is awake where it was looks for himself."""
    try:
        glance.point(habit, state)
    except OSError:  # found out anew each time
        return
    if noted:
        poke(noted)


class _Tick:
    """One look at the clock that somebody may want to hear of."""

    def __init__(self, found: Found, who: Asker, clock: Clock, *, is_asked: bool) -> None:
        self._found = found
        self._is_asked = is_asked
        self._who = who
        self._clock = clock
        self._began_at = clock.elapsed()
        self._now = clock.now()
        self._due: list[Look] = []

    @cached_property
    def _where(self) -> str:
        """Where the ledger is."""
        return location(self._found.settings, self._found.state, self._who.environ)

    @cached_property
    def _seat(self) -> Seat:
        return seat_of(self._found.settings, self._where)

    def introduce(self, ago: timedelta) -> None:
        """Have jobs that are new seen so long ago: what came due since then is due now."""
        config, then = self._found.config, self._now - ago
        if config is None:
            return
        with closing(ledger(self._found.state, self._where)) as store:
            seen = looks(config.jobs, store.marks(), {}, then, self._seat)
            new = [look for look in seen if look.since is None]
            store.claim(new, owner="tick", host="", now=self._now)

    def see_to(self) -> None:
        """Have the supervisor awake, and note the tick, which for many hosts is his to do."""
        if self._found.config and self._is_asked:
            self._due = self._expected(self._found.config)
        said = self._awake()
        if said:
            output.complain(said, is_report=True)
        if not is_shared(self._where):
            with closing(open_store(self._where)) as store:
                store.note_tick(host_of(self._found.settings), self._now, LONGEST)

    def tell(self, *, everything: bool) -> None:
        """What came of it."""
        with closing(open_store(self._where)) as store:
            self._until_taken(store)
            runs = self._runs(store)
            marks = wherever(store.marks())
        jobs = self._found.config.jobs if self._found.config else {}
        zone = timezone.here().info
        lines = [verdict.became(run, self._now, zone) for run in runs]
        new = [look for look in self._due if look.since is None]
        lines += [verdict.first(look, self._now, zone) for look in new]
        seconds = self._clock.elapsed() - self._began_at
        verdict.head(self._found.path, len(jobs), self._now, zone)
        verdict.show(lines, jobs, marks if everything else None, self._now, zone)
        output.say(verdict.summary(lines, jobs, f"{seconds * 1000:.0f} ms"))

    def wait(self) -> list[Run]:
        """Wait for the end of what became due, and tell it as it comes."""
        ended: list[Run] = []
        with closing(open_store(self._where)) as store:
            self._until_taken(store)
            left = {run.id for run in self._runs(store)}
            for turn in count(1):
                over = [
                    run for run in map(store.run, sorted(left)) if run and not run.state.is_live
                ]
                for run in over:
                    _tell_end(run, told.usual(store, run.job, self._now))
                ended += over
                left -= {run.id for run in over}
                if not left:
                    break
                self._clock.sleep(PACE)
                if not turn % TURNS:  # it may have been killed, and no other tick may come
                    self._awake()
            self._say_what_next(store, ended)
        return ended

    def _expected(self, config: Config) -> list[Look]:
        """What this look decides, if nobody was faster."""
        try:
            with ledger_if_any(self._where) as store:
                marks, health = (store.marks(), store.health()) if store else ({}, {})
                return looks(config.jobs, marks, health, self._now, self._seat)
        except JobrunnerError:  # an older schema, which the supervisor brings up to date
            return []

    def _until_taken(self, store: Store) -> None:
        """Wait until the supervisor has looked at what is due, for five seconds at most."""
        config = self._found.config
        for _ in range(TURNS):
            marks, health = store.marks(), store.health()
            if config is None:
                return
            if not looks(config.jobs, marks, health, self._now, self._seat):
                return
            self._clock.sleep(PACE)

    def _runs(self, store: Store) -> list[Run]:
        """The runs of slots that came due with this tick, and those tried again now, by number."""
        # Who was awake already took them when the minute began, before this tick could look.
        minute = self._now.replace(second=0, microsecond=0)
        recent = RunFilter(since=minute, limit=MOST)
        runs = {run.id: run for run in store.runs(recent) if run.trigger in SLOTS}
        retried = (run for run in store.live() if run.attempts and _is_tried(run, self._now))
        runs |= {run.id: run for run in retried}
        return [runs[number] for number in sorted(runs)]

    def _awake(self) -> str:
        """Have somebody awake; what he complains of."""
        found = self._found
        try:
            said = rouse(found.state, found.path, self._clock)
        except BusyError as error:
            if is_there(self._where):
                open_store(self._where).close()  # if that is what stands in the way, it says so
            raise JobrunnerError(str(error)) from error
        if said == ASLEEP:
            raise ForbiddenError(
                f"{found.state.folder}: nobody is awake, and {user_name(self._who.uid)} may not"
                " start a supervisor here.\nTick as the owner of that folder, and not from inside a"
                " run"
            )
        poke(found.state, TICK)
        return complaint(said)

    def _say_what_next(self, store: Store, ended: Sequence[Run]) -> None:
        if ended:
            output.tell(_hint(ended))
            return
        marks = wherever(store.marks())
        times = [mark.next_at for mark in marks.values() if mark.next_at]
        after = (
            f" The next slot: {day_and_time(min(times), timezone.here().info)}." if times else ""
        )
        output.tell(f"Nothing was due.{after} Run a job now: jobrunner run JOB")


def _rehearse(
    config: Config, where: str, at: str | None, clock: Clock, *, everything: bool
) -> None:
    """Tell what a tick would do now, or would have to do then."""
    now, zone = clock.now(), timezone.here().info
    marks: Marks = {}
    health: Mapping[str, Health] = {}
    with ledger_if_any(where) as store:
        if store:
            marks, health = store.marks(), store.health()
    seat = seat_of(config.settings, where)
    if at is not None:
        now = _then(at, zone, now)
        marks = _as_if_ticking(Agenda(config.jobs, seat), marks, now)
    found = looks(config.jobs, marks, health, now, seat)
    lines = [line for look in found for line in verdict.decided(look, now, zone)]
    verdict.head(config.origin, len(config.jobs), now, zone)
    verdict.show(lines, config.jobs, wherever(marks) if everything else None, now, zone)
    end = "Nothing was started."
    output.say(verdict.summary(lines, config.jobs, end, verdict.REHEARSED))


def _then(at: str, zone: tzinfo, now: datetime) -> datetime:
    try:
        return span(at, zone, now).first
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error


def _as_if_ticking(agenda: Agenda, marks: Marks, then: datetime) -> Marks:
    """The marks as they would be if ticks had come every minute until shortly before."""
    before = then - MINUTE
    found = {}
    for job in agenda.jobs.values():
        place = agenda.place(job)
        if place is None:
            continue
        mark = marks.get((job.name, place)) or Mark(
            job=job.name,
            place=place,
            looked_at=before,
            next_at=None,
            schedule="",
            first_seen_at=before,
        )
        mark = replace(mark, schedule=fingerprint(job), looked_at=before)
        next_at = schedule_of(job, mark).next_after(before) if job.enabled else None
        found[job.name, place] = replace(mark, next_at=next_at)
    return found


def _is_tried(run: Run, now: datetime) -> bool:
    """Whether its next attempt came due."""
    return run.next_attempt_at is not None and run.next_attempt_at <= now


def _tell_end(run: Run, usual: told.Usual) -> None:
    for number, line in enumerate(told.over(run, usual).splitlines()):
        output.say(f"{'  ' if number else f'{output.sign(run.state)} '}{shown(line)}")


def _hint(ended: Sequence[Run]) -> str:
    bad = next((run for run in ended if run.state in FAILURES), None)
    logs = f"What it wrote: jobrunner logs {(bad or ended[-1]).id}"
    return f"{logs}\nAll runs: jobrunner history   What is next: jobrunner next"
