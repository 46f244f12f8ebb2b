"""How a run is watched: its output as it comes, a line at the bottom, and Ctrl-C.

On a terminal the line moves below the output, which is made safe to look at.  Elsewhere the output
goes to standard output byte for byte, and what we have to say to standard error.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from jobrunner.cli import output
from jobrunner.cli.escape import Neutral
from jobrunner.cli.option import manner
from jobrunner.cli.side import Side
from jobrunner.clock import Clock
from jobrunner.config.spelling import shown
from jobrunner.engine.actions import told
from jobrunner.engine.actions.follow import Began, Ended, Event, Over, Still
from jobrunner.engine.actions.interrupt import Interrupts, heeded
from jobrunner.engine.actions.tail import Cut, Unseen, Wrote
from jobrunner.engine.blot import Redactor
from jobrunner.engine.redact import redactor
from jobrunner.errors import BusyError
from jobrunner.model.job import Job
from jobrunner.model.run import Run

REFRESH = 0.2  # seconds
ROUSE = 2.0  # seconds between two looks whether anybody looks after the run
COLUMNS = 100
MOMENT = timedelta(seconds=1)


class Screen(Protocol):
    """Where a watcher looks; whether there is a line at the bottom."""

    has_line: bool

    def write(self, data: bytes) -> None:
        """What the job wrote."""

    def say(self, text: str, state: str = "") -> None:
        """A line of ours, with the sign of a state."""

    def status(self, text: str, state: str) -> None:
        """The line at the bottom, until the next one."""


class Pipe:
    """No terminal: the job's bytes to standard output, ours to standard error, no moving line."""

    has_line = False

    def write(self, data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def say(self, text: str, state: str = "") -> None:
        mark = output.SIGNS.get(state, ("", ""))[output.is_plain(sys.stderr)]
        output.aside(f"{mark} {text}" if mark else text)

    def status(self, text: str, state: str) -> None:
        """Nobody looks."""


class Nowhere:
    """Nobody looks."""

    has_line = False

    def write(self, data: bytes) -> None: ...
    def say(self, text: str, state: str = "") -> None: ...
    def status(self, text: str, state: str) -> None: ...


class Terminal:
    """Whole lines of output above, one line of ours below."""

    has_line = True

    def __init__(self, live: Live, clock: Clock, *, colour: bool) -> None:
        self._live = live
        self._clock = clock
        self._colour = colour
        self._neutral = Neutral(colour=colour)
        self._rest = ""
        self._shown_at = -REFRESH

    def write(self, data: bytes) -> None:
        text = self._rest + self._neutral.feed(data)
        whole, newline, self._rest = text.rpartition("\n")
        if newline:
            self._print(whole)

    def say(self, text: str, state: str = "") -> None:
        if manner().quiet:
            return
        self.flush()
        mark = output.sign(state) if state else ""
        self._print(f"{mark} {text}" if mark else text)

    def status(self, text: str, state: str) -> None:
        if manner().quiet or self._clock.elapsed() - self._shown_at < REFRESH:
            return
        self._shown_at = self._clock.elapsed()
        line = Text.from_ansi(output.showable(f"{output.sign(state)} {text}", sys.stdout))
        line.truncate(self._live.console.width)
        self._live.update(line, refresh=True)

    def flush(self) -> None:
        """Show a last line that has no end."""
        rest, self._rest = self._rest + self._neutral.end(), ""
        if rest:
            self._print(rest)

    def _print(self, text: str) -> None:
        shown = Text.from_ansi(output.showable(text, sys.stdout))
        self._live.console.print(shown, soft_wrap=True, highlight=False)


@contextmanager
def screen(clock: Clock) -> Iterator[Screen]:
    """Where standard output leads."""
    if not output.is_terminal():
        yield Pipe()
        return
    colour = output.is_coloured()
    console = Console(
        file=sys.stdout,
        force_terminal=True,
        width=_columns(),
        no_color=not colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    # Nobody else prints meanwhile, and what Live puts in the place of the streams has no encoding.
    with Live(
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as live:
        terminal = Terminal(live, clock, colour=colour)
        yield terminal
        terminal.flush()


def number_of(answer: Callable[[Callable[[], bool]], str | None]) -> int:
    """The number of the run that an answer tells; Ctrl-C ceases to wait for it."""
    with heeded(signal.SIGINT) as interrupts:
        found = answer(lambda: interrupts.count > 0)
    if found is None:
        output.aside("Nobody has seen to it yet; the next tick will. See: jobrunner history")
        raise KeyboardInterrupt
    return int(found)


def silent(side: Side, run: int) -> Run:
    """Follow a run to its end without a word."""
    with heeded(signal.SIGINT) as interrupts:
        return _followed(Watcher(side, Nowhere()), run, interrupts)


def watch(side: Side, run: int, clock: Clock) -> Run:
    """Follow a run to its end.

    The first Ctrl-C asks the job to stop, the second has it killed, the third leaves it alone.
    """
    with heeded(signal.SIGINT) as interrupts, screen(clock) as there:
        return _followed(Watcher(side, there), run, interrupts)


def _followed(watcher: "Watcher", run: int, interrupts: Interrupts) -> Run:
    for event in watcher.side.follow(run):
        watcher.tell(event)
        watcher.heed(interrupts)
        watcher.rouse()
        if isinstance(event, Over):
            return event.run
    raise AssertionError(run)


class Watcher:
    """Tells what happens to one run, and passes on what its watcher wants of it."""

    def __init__(self, side: Side, there: Screen) -> None:
        self.side = side
        self.clock = side.clock
        self._there = there
        self._run: Run | None = None
        self._usual: told.Usual | None = None
        self._asked = 0
        self._roused_at = self.clock.elapsed()
        self._pids: dict[int, int | None] = {}
        self._stream = Redactor().stream()

    def tell(self, event: Event) -> None:
        there = self._there
        match event:
            case Wrote():
                there.write(self._stream.feed(event.data))
            case Cut():
                there.say(str(event))
            case Unseen():
                there.say(f"{event.reason}; the run goes on unseen")
            case Began():
                self._begin(event)
            case Ended():
                self._end(event)
            case Still():
                self._run = event.run
                self._status(event)
            case Over():
                self._over(event.run)

    def _begin(self, event: Began) -> None:
        job = self._job(event.run)
        self._stream = redactor(job).stream()
        self._there.say(shown(told.began(event, job)))

    def _end(self, event: Ended) -> None:
        self._there.write(self._stream.end())
        if event.next_at is not None:
            text = told.ended(event, self._job(event.run), self.clock.now())
            self._there.say(shown(text), event.attempt.state)

    def heed(self, interrupts: Interrupts) -> None:
        """Pass Ctrl-C on; once for each time."""
        if self._run is None or self._asked >= interrupts.count:
            return
        self._asked += 1
        if self._asked > 2:  # noqa: PLR2004 - asked, killed, left
            self._there.say(f"{self._run.job} #{self._run.id} is left to itself.")
            raise KeyboardInterrupt
        is_second = self._asked > 1
        with suppress(BusyError):  # it has just ended
            self.side.stop(self._run, force=is_second)
        more = (
            "Killing it. Ctrl-C again leaves it"
            if is_second
            else "Stopping it. Ctrl-C again kills it"
        )
        self._there.say(more)

    def rouse(self) -> None:
        """Have a supervisor that was killed replaced: nobody else may be there to do it."""
        if self.clock.elapsed() - self._roused_at < ROUSE:
            return
        self._roused_at = self.clock.elapsed()
        if self._run is not None:
            self.side.rouse(self._run)

    def _status(self, event: Still) -> None:
        if not self._there.has_line:
            return
        now, known = self.clock.now(), self._known(event.run)
        line = told.line(event, known, now, plain=output.is_plain(), pid=self._pid_of(event, now))
        self._there.status(line, event.run.state)

    def _pid_of(self, event: Still, now: datetime) -> int | None:
        """The number of the process; who is over in a moment is not looked for."""
        attempt = event.attempt
        if attempt is None or now - attempt.started_at < MOMENT:
            return None
        if attempt.number not in self._pids:
            self._pids[attempt.number] = self.side.pid(event.run)
        return self._pids[attempt.number]

    def _over(self, run: Run) -> None:
        text = told.over(run, self._known(run))
        for number, line in enumerate(text.splitlines()):
            self._there.say(shown(line), "" if number else run.state)
        self._there.say(told.hints(run))

    def _known(self, run: Run) -> told.Usual:
        if self._usual is None:
            self._usual = self.side.usual(run.job)
        return self._usual

    def _job(self, run: Run) -> Job:
        return self.side.job(run.job)


def _columns() -> int:
    """How wide the line at the bottom may be."""
    wanted = os.environ.get("JOBRUNNER_COLUMNS", "")
    if wanted.isdecimal() and int(wanted):
        return int(wanted)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or COLUMNS
    except (OSError, ValueError):
        return COLUMNS
