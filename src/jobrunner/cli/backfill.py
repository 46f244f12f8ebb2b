"""`jobrunner backfill`: a job's past slots, one run each."""

import signal
from datetime import datetime, tzinfo

import click

from jobrunner.cli import output, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.consent import require_consent
from jobrunner.cli.option import Globals, global_options
from jobrunner.cli.progress import Screen, screen
from jobrunner.config.spelling import shown
from jobrunner.engine.actions import ask, backfill, told
from jobrunner.engine.actions.backfill import Drive, Finished, Plan, Refused
from jobrunner.engine.actions.code import INTERRUPTED
from jobrunner.engine.actions.interrupt import heeded
from jobrunner.engine.actions.who import who
from jobrunner.engine.agenda import has_own_schedule
from jobrunner.engine.past import tell
from jobrunner.engine.past.tell import day_and_time
from jobrunner.engine.past.when import Span, span
from jobrunner.engine.scene import Scene, scene
from jobrunner.model.run import State
from jobrunner.words import numbered, short

FEW = 10


@click.command()
@click.argument("job")
@click.option("--from", "first", required=True, metavar="DATE", help="The first day or time.")
@click.option("--to", "last", metavar="DATE", help="The last one, included; else now.")
@click.option("--parallel", type=click.IntRange(1, 100), default=1, show_default=True)
@click.option("--dry-run", is_flag=True, help="Show the slots; start nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    job: str,
    first: str,
    last: str | None,
    parallel: int,
    dry_run: bool,
    yes: bool,
) -> int:
    """Run a job for each of its past slots.

    The oldest comes first, and each run sees the dates of its own slot.  Slots that a run has
    succeeded for already are left out, so that the same command goes on where it was stopped.
    Ctrl-C begins no further slot, once more stops what runs.  Dates are of the job's zone.

    \b
    Examples:
      jobrunner backfill report --from 2026-11-01 --to 2026-11-10 --dry-run
      jobrunner backfill report --from 2026-11-01 --to 2026-11-10 --parallel 4
    """
    now = settings.clock.now()
    with scene(settings.config, asker()) as here:
        zone = timezone.of(ask.known(here, job))
        since = _span(first, zone, now).first
        until = _span(last, zone, now).last if last else now
        if until < since:
            raise click.UsageError("--to is before --from" if last else "--from is yet to come")
        plan = backfill.plan(here, job, since, until, now)
        output.tell(_told(plan))
        if dry_run:
            _show(plan, zone)
            return 0
        if not plan.slots:
            return 0
        _confirm(plan, yes=yes)
        return _Run(here, plan, settings, parallel).run()


def _span(text: str, zone: tzinfo, now: datetime) -> Span:
    try:
        return span(text, zone, now)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _told(plan: Plan) -> str:
    if not (plan.slots or plan.done or plan.live):
        return f"{plan.job.name}: 0 slots to run. {_why_none(plan)}"
    slots = numbered(len(plan.slots), "slot")
    more = [f"{plan.done:,} done already"] if plan.done else []
    more += [f"{plan.live:,} being run"] if plan.live else []
    rest = f" ({', '.join(more)})" if more else ""
    return f"{plan.job.name}: {slots} to run{rest}."


def _why_none(plan: Plan) -> str:
    name = plan.job.name
    if not has_own_schedule(plan.job):
        return f"It has no schedule of its own: jobrunner run {name}"
    return f"None has come in that time. Its next ones: jobrunner next {name}"


def _show(plan: Plan, zone: tzinfo) -> None:
    for slot in plan.slots:
        output.say(f"  {day_and_time(slot, zone, with_zone=True)}")
    output.say("Nothing was started (--dry-run).")


def _confirm(plan: Plan, *, yes: bool) -> None:
    count = len(plan.slots)
    require_consent(f"Run {plan.job.name} {count:,} times?", yes=yes or count == 1)


class _Run:
    """One backfill as its reader sees it."""

    def __init__(self, here: Scene, plan: Plan, settings: Globals, parallel: int) -> None:
        self._plan = plan
        self._settings = settings
        self._zone = timezone.of(plan.job)
        self._drive = Drive(here, plan.job.name, settings.clock, by=who(asker()), parallel=parallel)
        self._good = 0
        self._bad = 0

    def run(self) -> int:
        clock, slots = self._settings.clock, self._plan.slots
        with (
            heeded(signal.SIGINT) as interrupts,
            screen(clock) as there,
        ):
            asked = 0
            for event in self._drive.run(slots, lambda: interrupts.count):
                self._tell(event, there)
                if interrupts.count > asked:
                    asked = interrupts.count
                    there.say(_on_interrupt(asked))
        return self._sum_up(was_interrupted=asked > 0)

    def _tell(self, event: backfill.Event, there: Screen) -> None:
        match event:
            case Finished():
                run = event.run
                is_good = run.state is State.SUCCESS
                self._good += is_good
                self._bad += not is_good
                took = f"  {short(run.duration)}" if run.duration is not None else ""
                slot = day_and_time(event.slot, self._zone)
                there.say(shown(f"{slot}  #{run.id}  {tell.result(run)}{took}"), run.state)
            case Refused():
                self._bad += 1
                slot = day_and_time(event.slot, self._zone)
                there.say(shown(f"{slot}  not started: {event.reason}"), "bad")
            case _:
                there.status(self._line(event.slots), "running")

    def _line(self, going: tuple[datetime, ...]) -> str:
        done, number = self._good + self._bad, len(self._plan.slots)
        bar = told.bar(done / number, plain=output.is_plain())
        first = f"  now {day_and_time(going[0], self._zone)}" if going else ""
        return f"{bar} {done:,} of {number:,}{first}"

    def _sum_up(self, *, was_interrupted: bool) -> int:
        left = len(self._plan.slots) - self._good - self._bad
        parts = [f"{self._good:,} succeeded"]
        parts += [f"{self._bad:,} did not"] if self._bad else []
        parts += [f"{left:,} not run"] if left else []
        output.tell(f"{numbered(len(self._plan.slots), 'slot')}: {', '.join(parts)}.")
        if self._bad or left:
            output.aside("  The same command again runs those that have not succeeded.")
        return INTERRUPTED if was_interrupted else int(bool(self._bad))


def _on_interrupt(count: int) -> str:
    if count == 1:
        return "No further slot is begun; waiting for what runs. Ctrl-C again stops it"
    return "Stopping what runs. Ctrl-C again leaves it" if count == 2 else "It is left to itself."  # noqa: PLR2004 - the second
