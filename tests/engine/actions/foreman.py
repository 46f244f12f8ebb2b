"""A pretended supervisor: while somebody waits, it takes requests and leads runs to their ends."""

from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from jobrunner import config
from jobrunner.cli import main
from jobrunner.config.files import NO_FILES
from jobrunner.engine.actions import ask
from jobrunner.engine.order import RunOrder, decode
from jobrunner.engine.scene import Scene, ledger
from jobrunner.engine.state import State as Folder
from jobrunner.model.run import Outcome, State, Trigger
from jobrunner.store.value import Ending, Launch, NewRun
from tests.build import FakeClock

OWNER, HOST = "web-1/supervisor", "web-1"
JOBS = """
[defaults]
timezone = "Europe/Berlin"

[jobs.backup]
cron = "30 2 * * *"
command = "true"
tags = ["db"]
timeout = "2h"

[jobs.flaky]
command = "false"
retry = { attempts = 2, delay = "60s", jitter = false }

[jobs.index]
command = "true"
params.which = { choices = ["orders", "users"] }
"""


class Foreman(FakeClock):
    """A clock: each time that somebody sleeps, one thing happens in the ledger.

    `scripts` has, by job, what each attempt writes and with which code it ends; a code of None goes
    on until it is stopped.
    """

    def __init__(self, folder: Path, scripts=None) -> None:
        super().__init__()
        self.state = Folder(str(folder))
        self.store = ledger(self.state)
        self.scripts = scripts or {}
        self.asked = []
        self.refusal = ""
        self.on_sleep = []

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        for event in self.on_sleep[:1]:
            self.on_sleep.remove(event)
            event()
        self.step()

    def step(self) -> None:
        for request in self.store.take(owner=OWNER, host=HOST, now=self.now()):
            self.asked.append(request)
            answer = self._answer(request)
            self.store.answer(
                request.id, owner=OWNER, done=not self.refusal, answer=answer, now=self.now()
            )
        for run in self.store.live(OWNER):
            if run.state is State.RUNNING:
                self._go_on(run)
            elif run.next_attempt_at is None or run.next_attempt_at <= self.now():
                self._start(run)

    def _answer(self, request) -> str:
        if self.refusal:
            return self.refusal
        if request.kind == "stop":
            return self._stop(self.store.run(request.run))
        order = decode(request.arguments)
        if request.kind == "retry":
            order = RunOrder(
                trigger=Trigger.RETRY, slot_of=self.store.run(request.run).scheduled_for
            )
        return str(self.add(request.job, order, by=request.asked_by).id)

    def add(self, job, order=None, *, by="deploy"):
        order = order or RunOrder()
        new = NewRun(job=job, trigger=order.trigger, slot_of=order.slot_of, asked_by=by)
        return self.store.add(new, owner=OWNER, host=HOST, now=self.now())

    def start(self, job):
        """A run of the job that is going on."""
        return self._start(self.add(job))

    def _start(self, run):
        name = self.state.output(run.id, run.attempts + 1)
        (started,) = self.store.start(
            [Launch(run=run.id, output=name)], owner=OWNER, host=HOST, now=self.now()
        )
        path = Path(self.state.output_path(name))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self._script(started)[0])
        return started

    def _script(self, run):
        attempts = self.scripts.get(run.job, [(b"", 0)])
        return attempts[min(run.attempts, len(attempts)) - 1]

    def _go_on(self, run) -> None:
        written, code = self._script(run)
        if code is None:
            return
        more = run.attempts < len(self.scripts.get(run.job, ()))
        state = State.SUCCESS if code == 0 else State.FAILED
        self.finish(run, state, code, written, again=timedelta(minutes=1) if more else None)

    def _stop(self, run) -> str:
        if run.state is not State.RUNNING:
            self.store.withdraw(
                run.id, State.STOPPED, "stopped by deploy", owner=OWNER, now=self.now()
            )
        else:
            self.finish(run, State.STOPPED, 143)
        return "asked"

    def finish(self, run, state, code, written=b"", *, again=None) -> None:
        outcome = Outcome(
            state=state,
            finished_at=self.now(),
            reason="" if state is State.SUCCESS else f"{state} for a reason",
            exit_code=code,
            duration=timedelta(seconds=2),
            output_size=len(written),
        )
        ending = Ending(
            run=run.id,
            attempt=run.attempts,
            outcome=outcome,
            retry_at=self.now() + again if again else None,
        )
        self.store.finish([ending], owner=OWNER)

    def scene(self, text: str = JOBS) -> Scene:
        parsed = config.parse(text.encode(), f"{self.state.folder}/jobs.toml", NO_FILES)
        return Scene(config=parsed, state=self.state, store=self.store)


class Stage:
    """Commands called in process, in a folder whose supervisor is pretended."""

    def __init__(self, folder, monkeypatch, capsys) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.chdir(folder)
        for variable in ("NO_COLOR", "FORCE_COLOR", "FORCE_TTY", "JOBRUNNER_CONFIG", "SUDO_USER"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("TZ", "Europe/Berlin")
        monkeypatch.setattr(ask, "rouse", lambda *_: "awake")
        monkeypatch.setattr("jobrunner.engine.actions.who.user_name", lambda _: "deploy")
        (folder / "jobs.toml").write_text(JOBS)
        self.foreman = Foreman(folder / ".jobrunner")

    def call(self, *arguments, **environ):
        """Call a command: its exit code, its answer, its complaints."""
        for name, value in environ.items():
            self._monkeypatch.setenv(name, value)
        code = main.run(["-c", "jobs.toml", *arguments], clock=self.foreman)
        return code, *self._capsys.readouterr()


@contextmanager
def staged(folder, monkeypatch, capsys):
    stage = Stage(folder, monkeypatch, capsys)
    yield stage
    stage.foreman.store.close()
