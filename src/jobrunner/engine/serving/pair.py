"""`jobrunner pair`: the scheduler and the page as two processes under one, for containers.

Nobody types it: `serve --with-loop` and `loop --serve` become it.  Jobs are children of the
scheduler, never of the process that strangers talk to.
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from jobrunner.clock import SystemClock
from jobrunner.engine.diary import Diary
from jobrunner.engine.journal import journal_of
from jobrunner.engine.record import About, Form
from jobrunner.engine.serving.notice import NAMES
from jobrunner.engine.state import State
from jobrunner.engine.wake import poke
from jobrunner.errors import BusyError
from jobrunner.process.bond import end_with

ENDING = frozenset({signal.SIGTERM, signal.SIGINT})
HEARD = ENDING | {signal.SIGHUP, signal.SIGCHLD}
LOOP, PAGE = "the scheduler", "the page"
STEP = 0.05  # seconds between two looks whether the scheduler is up
PATIENCE = 0.5  # seconds for its answer
CANNOT = 126


def main(argv: Sequence[str]) -> int:
    """Start both, and see to it that one does not go on without the other."""
    split = list(argv).index("--")
    options = dict(zip(argv[0:split:2], argv[1:split:2], strict=True))
    form: Form = "json" if options["--form"] == "json" else "text"
    diary = Diary(SystemClock(), form=form, logger="jobrunner.pair", journal=journal_of(os.environ))
    pair = Pair(
        loop=(sys.executable, "-P", "-m", "jobrunner", "--config", options["--config"], "loop"),
        page=argv[split + 1 :],
        socket=int(options["--socket"]),
        state=State(options["--state"]),
        diary=diary,
    )
    return pair.run()


class Pair:
    """Two children, and what is done when signals come or one of them ends.

    Signals are taken one by one, when nothing else is going on.
    """

    def __init__(
        self,
        *,
        loop: Sequence[str],
        page: Sequence[str],
        socket: int,
        state: State,
        diary: Diary,
    ) -> None:
        self._loop_words, self._page_words, self._socket = loop, page, socket
        self._state, self._diary = state, diary
        self._alive: dict[str, int] = {}
        self._is_asked = False
        self._code = 0

    def run(self) -> int:
        """The exit code: 0 if both ended because they were asked to, and did well."""
        signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        os.set_inheritable(self._socket, False)
        environ = {name: value for name, value in os.environ.items() if name not in NAMES}
        self._start(LOOP, self._loop_words, environ)
        self._await_loop()
        if LOOP in self._alive and not self._is_asked:
            self._start(PAGE, self._page_words, os.environ, self._socket)
        os.close(self._socket)
        while self._alive:
            self._heed(signal.sigwait(HEARD))
        return self._code

    def _await_loop(self) -> None:
        """Wait until it answers: by then the ledger is there, and of this version."""
        while LOOP in self._alive and not self._is_asked and not self._is_up():
            heard = signal.sigtimedwait(HEARD, STEP)
            if heard is not None:
                self._heed(heard.si_signo)

    def _is_up(self) -> bool:
        try:
            return poke(self._state, "look", PATIENCE) is not None
        except BusyError:  # it has a bell, and is busy with what it found
            return True

    def _heed(self, number: int) -> None:
        if number == signal.SIGCHLD:
            self._reap()
        elif number == signal.SIGHUP:
            self._tell(number, LOOP, PAGE)
        elif not self._is_asked:
            # The page is there to look at while running jobs end.
            self._is_asked = True
            self._tell(signal.SIGTERM, LOOP if LOOP in self._alive else PAGE)
        else:
            self._tell(signal.SIGTERM, LOOP, PAGE)

    def _reap(self) -> None:
        """Bury whoever has ended: as the first process of a container we get all orphans."""
        while self._has_children():
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            name = next((name for name, each in self._alive.items() if each == pid), None)
            if name:
                del self._alive[name]
                self._note_end(name, os.waitstatus_to_exitcode(status))

    def _has_children(self) -> bool:
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        return True

    def _note_end(self, name: str, code: int) -> None:
        """Have the other one end, too; an end that nobody asked for is a failure."""
        if self._is_asked:
            self._code = self._code or (0 if code == -signal.SIGTERM else _as_exit(code))
            if name == LOOP:
                self._tell(signal.SIGTERM, PAGE)
            return
        how = f"exit {code}" if code >= 0 else signal.Signals(-code).name
        rest = ": so does the other" if self._alive else ""
        self._diary.error(f"{name} has ended ({how}){rest}", About(event="end"))
        self._is_asked = True
        self._code = _as_exit(code) or 1
        self._tell(signal.SIGTERM, LOOP, PAGE)

    def _tell(self, number: int, *names: str) -> None:
        for name in names:
            if name in self._alive:
                os.kill(self._alive[name], number)

    def _start(
        self, name: str, words: Sequence[str], environ: Mapping[str, str], *kept: int
    ) -> None:
        """Start one in a session of its own, so that Ctrl-C reaches it through us alone."""
        us = os.getpid()
        pid = os.fork()
        if not pid:
            _become(words, environ, us, kept)
        self._alive[name] = pid


def _become(
    words: Sequence[str], environ: Mapping[str, str], parent: int, kept: Sequence[int]
) -> NoReturn:
    try:
        os.setsid()
        for file in kept:
            os.set_inheritable(file, True)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        end_with(parent)
        os.execve(words[0], list(words), dict(environ))  # noqa: S606 - no shell is wanted
    finally:
        os._exit(CANNOT)


def _as_exit(code: int) -> int:
    """What a shell calls it."""
    return code if code >= 0 else 128 - code
