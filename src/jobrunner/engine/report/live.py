"""What goes on at this moment: the runs that are not over, what comes, what just ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.engine.agenda import pause_of, wherever
from jobrunner.engine.report.facts import ORDER
from jobrunner.engine.scene import Scene, host_of
from jobrunner.engine.ticks import last_tick
from jobrunner.engine.transcript import reading, transcripts_of
from jobrunner.model.run import Run, State
from jobrunner.store.value import RunFilter, Statistics

DAY = timedelta(days=1)
MONTH = timedelta(days=30)
FRESH = timedelta(minutes=1)  # how long what is usual stays so
SOON = 3
DONE = 5
TAIL = 4096  # bytes
OVER = tuple(state for state in State if not state.is_live)


class Going(Struct, frozen=True, kw_only=True):
    """A run that is not over; `tail` is the end of what its attempt has written so far."""

    run: Run
    spent: timedelta | None
    p50: timedelta | None
    p95: timedelta | None
    size: int = 0
    tail: bytes = b""


class Soon(Struct, frozen=True):
    """A slot to come, and what will become of it if all stays as it is."""

    scheduled_for: datetime
    job: str
    note: str


class Live(Struct, frozen=True, kw_only=True):
    """The host at one moment."""

    host: str
    now: datetime
    last_tick_at: datetime | None
    failing: int
    going: Sequence[Going]
    soon: Sequence[Soon]
    done: Sequence[Run]


class Glass:
    """Looks at the same host again and again."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._usual: dict[str, tuple[datetime, Statistics | None]] = {}

    def look(self, now: datetime) -> Live:
        scene, store = self._scene, self._scene.store
        live = sorted(store.live(), key=lambda run: (ORDER.index(run.state), run.id))
        health = store.health()
        return Live(
            host=host_of(scene.config.settings),
            now=now,
            last_tick_at=last_tick(store, now, DAY)[0],
            failing=sum(health[name].failures > 0 for name in health.keys() & scene.config.jobs),
            going=[self._going(run, now) for run in live],
            soon=self._soon(live, now),
            done=store.runs(RunFilter(states=OVER, limit=DONE)),
        )

    def tail(self, run: Run, size: int) -> bytes:
        """The end of what the last attempt of a run has written."""
        return self._end(run, size)[1]

    def _going(self, run: Run, now: datetime) -> Going:
        usual = self._usual_of(run.job, now)
        began = run.started_at if run.state is State.RUNNING else None
        size, tail = self._end(run, TAIL) if began else (0, b"")
        return Going(
            run=run,
            spent=max(timedelta(), now - began) if began else None,
            p50=usual.p50 if usual else None,
            p95=usual.p95 if usual else None,
            size=size,
            tail=tail,
        )

    def _end(self, run: Run, most: int) -> tuple[int, bytes]:
        """How much it wrote, and the end of it; nothing where there is none, or none to be read."""
        transcripts = transcripts_of(self._scene)
        try:
            with reading(transcripts.of(run.id, run.attempts, run.host)) as found:
                return found.end(most)
        except OSError:
            return 0, b""

    def _usual_of(self, job: str, now: datetime) -> Statistics | None:
        known = self._usual.get(job)
        if known is None or now - known[0] > FRESH:
            found = self._scene.store.statistics(now - MONTH, job)
            known = self._usual[job] = (now, found[0] if found else None)
        return known[1]

    def _soon(self, live: Sequence[Run], now: datetime) -> list[Soon]:
        config = self._scene.config
        busy = {run.job for run in live}
        marks = wherever(self._scene.store.marks()).values()
        ahead = [
            (mark.next_at, mark.job)
            for mark in marks
            if mark.next_at and mark.next_at >= now and mark.job in config.jobs
        ]
        return [Soon(at, job, self._note(job, at, busy)) for at, job in sorted(ahead)[:SOON]]

    def _note(self, name: str, at: datetime, busy: set[str]) -> str:
        pause = pause_of(name, self._scene.store.health(), at)
        if pause and pause.holds(at):
            return "will be skipped: paused"
        is_alone = self._scene.config.jobs[name].overlap == "skip"
        return "will be skipped: still running" if name in busy and is_alone else ""
