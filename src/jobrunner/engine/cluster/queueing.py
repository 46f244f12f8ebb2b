"""What one host does for the queues of all: mends them, and keeps what waits on its right way."""

from datetime import timedelta

from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.record import About
from jobrunner.model.decision import Route
from jobrunner.model.run import State
from jobrunner.store.fleet import Fleet, Untaken

INTERVAL = timedelta(seconds=10)
MOST = 500


class Queueing:
    """Looks through what nobody has taken, now and then."""

    def __init__(self, post: Post, fleet: Fleet, lobby: Lobby) -> None:
        self._post = post
        self._fleet = fleet
        self._lobby = lobby
        self._due_at = post.now() + INTERVAL
        self._seen = 0  # the run up to which all were looked through in this round

    def see_to(self) -> None:
        now = self._post.now()
        if self._due_at - INTERVAL <= now < self._due_at:
            return
        self._due_at = now + INTERVAL
        if mended := self._fleet.heal():
            told = f"{mended} entries of the queue did not agree with the ledger"
            self._post.diary.warning(told, About(event="trouble"))
        found = self._fleet.untaken(MOST, after=self._seen)
        self._seen = found[-1].run if len(found) == MOST else 0
        for each in found:
            self._see_to(each)

    def _see_to(self, each: Untaken) -> None:
        """Send it where its job runs by now; what has waited enough is left out."""
        job, agenda = self._post.jobs.get(each.job), self._post.agenda
        if job and job.queue_timeout and each.since + job.queue_timeout <= self._post.now():
            self._give_up(each)
            return
        wanted = (agenda.route(job) if job else None) or Route()
        if wanted != each.route and not agenda.is_disputed:  # else others may know better
            self._fleet.reroute(each.run, wanted)

    def _give_up(self, each: Untaken) -> None:
        run = self._post.store.run(each.run)
        if run is not None:
            reason = "no host had a place for it in time (queue_timeout)"
            self._lobby.leave_out(run, reason, State.SKIPPED)
