"""`jobrunner watch`: what goes on, as it happens."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
import msgspec
from rich.console import Console
from rich.live import Live as Screen
from rich.text import Text

from jobrunner.cli import cell, output, progress, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.escape import Safe
from jobrunner.cli.frame import View, frame, runs_of
from jobrunner.cli.keyboard import Keyboard, keyboard
from jobrunner.cli.near import Near
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.spelling import shown
from jobrunner.engine.actions import ask, halt
from jobrunner.engine.actions.code import exit_code
from jobrunner.engine.actions.roof import archive
from jobrunner.engine.actions.who import who
from jobrunner.engine.order import RunOrder
from jobrunner.engine.past.choose import choose
from jobrunner.engine.past.rows import row
from jobrunner.engine.report.live import Glass, Live
from jobrunner.engine.scene import Scene
from jobrunner.errors import JobrunnerError
from jobrunner.model.run import Run

PACE = 1.0  # seconds between two looks
LOG = 16_384  # bytes of a log that is looked into
LINES = 24
PLAIN = ("finished_at", "state", "job", "id", "reason")


@click.command()
@click.argument("run", required=False, metavar="[RUN|JOB]")
@click.option("--exit-status", is_flag=True, help="With RUN: end as the run did.")
@click.option("--ndjson", is_flag=True, help="An object for each run that begins or ends.")
@global_options
@click.pass_obj
def command(settings: Globals, *, run: str | None, exit_status: bool, ndjson: bool) -> int:
    """Watch what goes on, as it happens.

    With a run or a job, follows that run to its end.  Without, shows all that runs, what comes and
    what just ended, until q is pressed; keys select a run, show its log, stop it, run it again.
    In a pipe there is a line for each run that begins or ends.

    \b
    Examples:
      jobrunner watch
      jobrunner watch 1284 --exit-status
      jobrunner watch --ndjson
    """
    with archive(settings.config, asker()) as here:
        if run is not None:
            found = choose(run, here.store, here.config.jobs)
            there = Near(here, settings.clock, who(asker()))
            ended = progress.watch(there, found.id, settings.clock)
            return exit_code(ended) if exit_status else 0
        if ndjson or not output.is_terminal():
            _stream(here, settings, as_json=ndjson)
        _Watch(here, settings).show()
    return 0


def _stream(here: Scene, settings: Globals, *, as_json: bool) -> None:
    """Each run that begins or ends from now on, a line for each."""
    glass = Glass(here)
    before = _states(glass.look(settings.clock.now()))
    while True:
        settings.clock.sleep(PACE)
        states = _states(glass.look(settings.clock.now()))
        for number, run in sorted(states.items()):
            if before.get(number, run).state is not run.state or number not in before:
                _tell(run, here, as_json=as_json)
        before = states


def _states(live: Live) -> dict[int, Run]:
    return {run.id: run for run in runs_of(live)}


def _tell(run: Run, here: Scene, *, as_json: bool) -> None:
    told = row(run, here.config.jobs.get(run.job), timezone.here().info)
    if as_json:
        output.say(msgspec.json.encode(cell.builtins(told)).decode())
    else:
        output.tabs([[cell.plain(getattr(told, name)) for name in PLAIN]])
    sys.stdout.flush()


class _Watch:
    """The full screen, and what its keys do."""

    def __init__(self, here: Scene, settings: Globals) -> None:
        self._here = here
        self._clock = settings.clock
        self._glass = Glass(here)
        self._view = View(zone=timezone.here().info, safe=self._safe)
        self._confirmed: Callable[[], None] | None = None
        self._wants_log = False

    def show(self) -> None:
        """Until q; the last frame stays on the terminal."""
        try:
            with keyboard() as keys, _screen() as draw:
                self._watch(keys, draw)
        finally:
            for line in self._frame(keys=False):
                output.say(line)

    def _watch(self, keys: Keyboard, draw: Callable[[list[str]], None]) -> None:
        key = ""
        while key != "q":
            draw(self._frame(keys=True))
            key = keys.key(PACE)
            if key:
                self._press(key)

    def _frame(self, *, keys: bool) -> list[str]:
        self._live = self._glass.look(self._clock.now())
        chosen = self._chosen()
        self._view.selected = chosen.id if chosen and keys else None
        shows = chosen and self._wants_log and keys
        self._view.log = (chosen.job, self._glass.tail(chosen, LOG)) if chosen and shows else None
        return frame(self._live, self._view, shutil.get_terminal_size((80, LINES)).lines, keys=keys)

    def _chosen(self) -> Run | None:
        """The selected run; the first one where that is gone from the screen."""
        runs = runs_of(self._live)
        return next((run for run in runs if run.id == self._view.selected), next(iter(runs), None))

    def _press(self, key: str) -> None:
        confirmed, self._confirmed = self._confirmed, None
        was_asked, self._view.question = bool(self._view.question), ""
        if confirmed:
            if key == "y":
                self._try(confirmed)
            return
        chosen = self._chosen()
        if chosen is None or (was_asked and key not in {"up", "down", "l", "s", "r"}):
            return
        match key:
            case "up" | "down":
                self._move(chosen, -1 if key == "up" else 1)
            case "l":
                self._wants_log = not self._wants_log
            case "s":
                self._ask(f"Stop {chosen.job} #{chosen.id}? y/n", lambda: self._stop(chosen))
            case "r":
                self._ask(f"Run {chosen.job} now? y/n", lambda: self._run(chosen))

    def _move(self, chosen: Run, step: int) -> None:
        runs = [run.id for run in runs_of(self._live)]
        place = runs.index(chosen.id) + step
        self._view.selected = runs[max(0, min(place, len(runs) - 1))]

    def _ask(self, question: str, then: Callable[[], None]) -> None:
        self._view.question = shown(question)
        self._confirmed = then

    def _try(self, action: Callable[[], None]) -> None:
        """Do it; what is refused is told in the place of the keys until the next one."""
        try:
            action()
        except JobrunnerError as error:
            self._view.question = shown(str(error).partition("\n")[0])

    def _stop(self, run: Run) -> None:
        halt.ask_all(self._here, halt.chosen(self._here, [f"{run.id}"]), self._clock, by=_me())

    def _run(self, run: Run) -> None:
        ask.run(self._here, run.job, RunOrder(), by=_me(), now=self._clock.now())
        ask.wake(self._here, self._clock)

    def _safe(self, job: str, data: bytes) -> str:
        safe = Safe(self._here.config.jobs.get(job), raw=False, colour=False)
        return "".join(map(str, safe.of([data])))


def _me() -> str:
    return who(asker())


@contextmanager
def _screen() -> Iterator[Callable[[list[str]], None]]:
    """The terminal's other screen, and what draws on it."""
    console = Console(file=sys.stdout, force_terminal=True, legacy_windows=False)
    with Screen(
        console=console,
        screen=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as screen:

        def draw(lines: list[str]) -> None:
            text = output.showable("\n".join(lines), sys.stdout)
            screen.update(Text.from_ansi(text, no_wrap=True), refresh=True)

        yield draw
