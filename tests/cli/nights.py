"""A ledger with the history of a few nights, seen at noon on Friday 2026-11-20."""

from datetime import timedelta
from pathlib import Path

from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State as Folder
from jobrunner.model.decision import Look, Omit, Start
from jobrunner.model.run import State
from jobrunner.store.value import Launch
from tests.build import NOON
from tests.store.life import HOUR, MINUTE, ending

JOBS = """
[jobs.backup]
cron = "30 2 * * *"
timezone = "Europe/Berlin"
command = "backup"
tags = ["db"]
lock = "db"
retries = 3

[jobs.report]
command = "report"
"""
SLOT = NOON - timedelta(hours=10, minutes=30)  # 02:30 in Berlin
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
WROTE = b"pg_dump: \x1b]0;x\x07failed\n\x1b[31mred\x1b[0m\nno end"


class Past:
    """The ledger and the outputs of the jobs.toml in a folder."""

    def __init__(self, folder):
        (folder / "jobs.toml").write_text(JOBS)
        self.folder = Folder(f"{folder}/.jobrunner")
        self.store = ledger(self.folder)
        self._mark = NOON - 9 * DAY
        self._look(None, self._mark)

    def _look(self, since, until, *decisions):
        look = Look(
            job="backup", since=since, until=until, next_at=None, schedule="x", decisions=decisions
        )
        self._mark = until
        return self.store.claim([look], owner="me", host="web-1", now=until)

    def left_out(self, state, slot, reason, *, until, last=None, count=1):
        omit = Omit(state=state, first=slot, last=last or slot, count=count, reason=reason)
        self._look(self._mark, until, omit)

    def ran(self, slot, state=State.SUCCESS, wrote=b"", **measured):
        """A run that began a second after its slot and took eleven minutes."""
        (run,) = self._look(self._mark, slot + SECOND, Start(slot))
        self.begin(run, slot + SECOND, wrote)
        took = timedelta(minutes=11, seconds=2)
        size = {"output": self.folder.output(run.id, 1), "output_size": len(wrote)}
        end = ending(run, state, slot + SECOND + took, duration=took, **(size | measured))
        self.store.finish([end], owner="me")

    def begin(self, run, at, wrote=b""):
        """Begin an attempt of a run that waits; the path of its output."""
        name = self.folder.output(run.id, run.attempts + 1)
        path = Path(self.folder.output_path(name))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wrote)
        self.store.start([Launch(run=run.id, output=name)], owner="me", host="web-1", now=at)
        return path


def three_nights(folder):
    """A success, a slot that was missed for want of ticks, a failure."""
    past = Past(folder)
    past.ran(SLOT - 2 * DAY, wrote=b"well\n")
    past.store.note_tick("web-1", SLOT - DAY - 19 * MINUTE, MINUTE)
    past.store.note_tick("web-1", SLOT - DAY + 4 * HOUR, MINUTE)
    past.left_out(State.MISSED, SLOT - DAY, "4h late or more", until=SLOT - DAY + 4 * HOUR)
    failed = {"exit_code": 1, "reason": "exit 1", "result": '{"data": {"rows": 5}}'}
    past.ran(SLOT, State.FAILED, WROTE, **failed)
    return past
