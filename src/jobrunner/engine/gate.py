"""What keeps a run out though there is room for it: an open breaker, a prerequisite."""

from collections.abc import Sequence
from datetime import datetime

from jobrunner.engine.agenda import has_own_schedule
from jobrunner.engine.post import Post
from jobrunner.engine.record import of_run
from jobrunner.model.breaker import Breaker
from jobrunner.model.job import BreakerRule, Job
from jobrunner.model.letter import Letter
from jobrunner.model.run import Outcome, Run
from jobrunner.policy.breaker import Refuse, settle
from jobrunner.policy.breaker import admit as admit_by
from jobrunner.policy.chain import prerequisite
from jobrunner.schedule.compose import compose
from jobrunner.store.value import Turn


class Gate:
    """Asks the ledger: breakers and successes are shared by all that look at it."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def obstacle(self, run: Run, job: Job, now: datetime) -> str | None:
        """Why the run may not begin now."""
        return self._unmet(run, job) or self._refused(run, job, now)

    def admits(self, run: Run, job: Job, now: datetime) -> bool:
        """Whether it may begin; if it is to try whether all is well again, nobody else does."""
        if job.breaker is None:
            return True
        before = self._breaker(job, job.breaker)
        verdict = admit_by(job.breaker, before, run.id, now)
        if isinstance(verdict, Refuse):
            return False
        return verdict.breaker == before or self._post.store.move_breaker(before, verdict.breaker)

    def turn(self, run: Run, job: Job, outcome: Outcome) -> Turn | None:
        """Where an attempt's end moves the job's breaker, if it has one."""
        rule, post = job.breaker, self._post
        if rule is None:
            return None

        def decide(before: Breaker) -> tuple[Breaker, Sequence[Letter]]:
            after = settle(rule, before, run.id, outcome)
            if after == before:
                return before, ()
            said = f"breaker {after.name}: {after.state}"
            post.diary.info(said, of_run("breaker", run))
            return after, post.herald.of_breaker(job, run, before, after, post.now())

        return Turn(rule.name or job.name, decide)

    def _unmet(self, run: Run, job: Job) -> str | None:
        if not job.after or not has_own_schedule(job) or run.scheduled_for is None or run.attempts:
            return None
        mark = self._post.store.marks().get((job.name, run.place))
        schedule = compose(job, mark.first_seen_at if mark else run.created_at)
        since = schedule.previous_before(run.scheduled_for)
        return prerequisite(job, since, self._post.store.last_successes(job.after))

    def _refused(self, run: Run, job: Job, now: datetime) -> str | None:
        if job.breaker is None:
            return None
        verdict = admit_by(job.breaker, self._breaker(job, job.breaker), run.id, now)
        return verdict.reason if isinstance(verdict, Refuse) else None

    def _breaker(self, job: Job, rule: BreakerRule) -> Breaker:
        name = rule.name or job.name
        return self._post.store.breakers().get(name, Breaker(name=name))
