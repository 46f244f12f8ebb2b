"""What an attempt's remains mean: gathered here, judged by the policy."""

import os
from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from jobrunner.engine import result
from jobrunner.engine.attempt import Left
from jobrunner.engine.ground import Ground
from jobrunner.engine.review import Review
from jobrunner.kinds.environment import FENCE
from jobrunner.model.job import Job
from jobrunner.model.run import Outcome, Run, State
from jobrunner.policy.judge import Told, judge
from jobrunner.policy.retry import Again, after_attempt
from jobrunner.process import spool
from jobrunner.process.identity import Identity
from jobrunner.process.output import parted
from jobrunner.schedule.compose import last_instant
from jobrunner.store.value import Ending
from jobrunner.words import spell


class Examination:
    """One attempt's remains, looked through and then judged.

    `fileno` becomes readable when `finish` need not wait; it is None if that need not now.
    """

    def __init__(
        self, run: Run, job: Job, left: Left, ground: Ground, env: Mapping[str, str] | None = None
    ) -> None:
        """`env` is what the attempt was started with, where that is known."""
        self.run = run
        self.job = job
        self._left = left
        self._env = env or {}
        uid, home = _account(job, ground)
        self._review = Review(
            job,
            output=ground.state.output_path(run.output),
            found=result.read(ground.state.result(run.id, run.attempts), uid),
            started_at=left.finished_at - left.duration,
            home=home,
            env=env,
            is_success=self._has_succeeded(),
        )

    def fileno(self) -> int | None:
        return self._review.fileno()

    def finish(self) -> Outcome:
        """How the attempt ended."""
        remains, left = self._review.finish(), self._left
        told = Told(
            code=left.spooled.code if isinstance(left.spooled, spool.Code) else None,
            refused=left.spooled.what if isinstance(left.spooled, spool.Refused) else "",
            keeper_lost=isinstance(left.spooled, spool.Unfinished | spool.Damaged),
            timed_out=left.is_timed_out,
            stopped_by=left.stopped_by,
            given_up=left.given_up,
            duration=left.duration,
            cpu=left.usage.cpu if left.usage else None,
            max_rss=left.usage.max_rss if left.usage else None,
            output_size=left.output.size,
            output_cut=parted(left.output.size, self.job.output_limit).cut,
            result=remains.result,
            unmet=remains.unmet,
            leftovers=left.survivors,
            notes=(*remains.notes, *_notes(self.job, left), *_claim(self._env)),
        )
        return judge(self.job, told, left.finished_at)

    def _has_succeeded(self) -> bool:
        left = self._left
        if left.is_timed_out or left.stopped_by or not isinstance(left.spooled, spool.Code):
            return False
        return left.spooled.code in self.job.success_codes


def judged(run: Run, job: Job, left: Left, ground: Ground) -> Outcome:
    """How the attempt ended that left this; it may take a moment to tell."""
    return Examination(run, job, left, ground).finish()


def unstarted(job: Job, failure: str, now: datetime) -> Outcome:
    """An attempt that could not be started has failed, and says why."""
    return judge(job, Told(failure=failure), now)


def ending(run: Run, job: Job, outcome: Outcome) -> Ending:
    """The end of an attempt as the ledger takes it, with the next attempt if there is to be one."""
    found = after_attempt(
        job.retry,
        outcome,
        run.attempts,
        first_started=run.started_at or outcome.finished_at,
        last_chance=last_instant(job.end, job.timezone.info) if job.end else None,
        chance=_chance(),
    )
    return Ending(
        run=run.id,
        attempt=run.attempts,
        outcome=outcome,
        retry_at=found.at if isinstance(found, Again) else None,
    )


def _chance() -> float:
    """In [0, 1), to spread retries; the module `random` is 90 KiB of every supervisor."""
    return int.from_bytes(os.urandom(4)) / (1 << 32)


def after(run: Run, end: Ending) -> Run:
    """The run as it stands once the ending is recorded."""
    if end.retry_at is not None:
        return replace(run, state=State.RETRYING, next_attempt_at=end.retry_at)
    outcome = end.outcome
    return replace(
        run,
        state=outcome.state,
        reason=outcome.reason,
        exit_code=outcome.exit_code,
        duration=outcome.duration,
        finished_at=outcome.finished_at,
    )


def _account(job: Job, ground: Ground) -> tuple[int, str]:
    """Whose the attempt's files are, and where "~" is."""
    identity = ground.identity(job)
    return (identity.uid, identity.home) if isinstance(identity, Identity) else (os.geteuid(), "")


def _claim(env: Mapping[str, str]) -> list[str]:
    """Under which claim it went on, where hosts share slots without a common ledger."""
    fence = env.get(FENCE)
    if fence is None:
        return []
    return [f"claim {fence}" if fence else "without a claim: nobody could be asked for one"]


def _notes(job: Job, left: Left) -> list[str]:
    notes = []
    if job.slow_after is not None and left.duration > job.slow_after:
        notes.append(f"slow: it took longer than {spell(job.slow_after)} (slow_after)")
    if left.usage is None:
        notes.append("CPU and memory are not known: another supervisor had started it")
    if isinstance(left.spooled, spool.Damaged):
        notes.append(left.spooled.reason)
    if not left.output.is_bounded:
        notes.append("its output was not bounded: the disk cannot give room back")
    if left.output.was_truncated:
        notes.append("it cut its output short itself")
    return notes
