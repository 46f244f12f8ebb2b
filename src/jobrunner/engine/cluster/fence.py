"""Ends what this host runs and may not any more, or may not be alone to run for long."""

from collections.abc import Iterable
from datetime import timedelta

from jobrunner.engine.cluster.lease import may_begin_anew
from jobrunner.engine.cluster.touch import Touch, let_go_at
from jobrunner.engine.crew import Crew
from jobrunner.engine.post import Post
from jobrunner.engine.record import of_run
from jobrunner.model.run import Run, State
from jobrunner.words import spell


class Fence:
    """Between this host's attempts and those that others begin in their place."""

    def __init__(self, post: Post, crew: Crew) -> None:
        self._post = post
        self._crew = crew

    def heed(self, ours: Iterable[Run]) -> None:
        """Kill what somebody else has taken over while we were out of touch.

        How it ends is recorded by nobody: the ledger takes no end of an attempt that is not ours.
        One that the ledger has never heard of, as when an older state of it was put back, goes on.
        """
        standing = {(run.id, run.attempts) for run in ours if run.state is State.RUNNING}
        for attempt in self._crew.running:
            run = attempt.run
            if (run.id, run.attempts) in standing or attempt.given_up:
                continue
            found = self._post.store.run(run.id)
            if found is None or found.created_at != run.created_at:
                told = f"{run.job} #{run.id} goes on, and is not in the ledger"
                self._post.diary.error(told, of_run("trouble", run))
                continue
            told = f"{run.job} #{run.id} is not {self._post.ground.host}'s any more: it is killed"
            self._post.diary.warning(told, of_run("fence", run))
            attempt.give_up("another host has taken it over")

    def heed_silence(self, touch: Touch) -> None:
        """Kill what another host is about to begin anew, now that we are thought to be lost.

        What is not tried again goes on: nobody else starts it.
        """
        elapsed = self._post.ground.clock.elapsed()
        if elapsed < let_go_at(touch, self._post.config.cluster):
            return
        silence = timedelta(seconds=round(elapsed - touch.elapsed))
        for attempt in self._crew.running:
            run, job = attempt.run, self._post.jobs.get(attempt.run.job, attempt.job)
            if attempt.given_up or not may_begin_anew(run, job, self._post.now()):
                continue
            why = f"{self._post.ground.host} could not reach the ledger for {spell(silence)}"
            told = f"{run.job} #{run.id} is killed: {why}, and another host may begin it anew"
            self._post.diary.warning(told, of_run("fence", run))
            attempt.give_up(why)
