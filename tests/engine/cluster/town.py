"""Hosts of one ledger in one process, over a PostgreSQL whose clock is set by the test."""

from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta

import psycopg

from jobrunner.engine.aftermath import Aftermath
from jobrunner.engine.cluster.clock import SharedClock
from jobrunner.engine.cluster.member import Member
from jobrunner.engine.crew import Crew
from jobrunner.engine.diary import Diary
from jobrunner.engine.ground import Ground
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.recover import recover
from jobrunner.engine.state import State, prepare
from jobrunner.model.run import Trigger
from jobrunner.model.settings import Cluster, Config, Settings
from jobrunner.store import open_store
from jobrunner.store.value import NewRun
from tests.build import NOON, FakeClock
from tests.engine.theatre import CLOCK, PATIENCE, STEP, end_jobs

CLUSTER = Cluster()
# The ledger's statements find this function before PostgreSQL's own.
OWN_CLOCK = "options=-c%20search_path%3Djobrunner,pg_catalog%20-c%20synchronous_commit%3Doff"
MAKE_CLOCK = """
CREATE TABLE jobrunner.test_clock (at TIMESTAMPTZ NOT NULL);
INSERT INTO jobrunner.test_clock VALUES (%(now)s);
CREATE FUNCTION jobrunner.clock_timestamp() RETURNS TIMESTAMPTZ STABLE
LANGUAGE sql AS 'SELECT at FROM jobrunner.test_clock';
"""
SET_CLOCK = "UPDATE jobrunner.test_clock SET at = at + %(by)s"


class Town:
    """A ledger, and the hosts that share it: time passes for all of them at once."""

    def __init__(self, folder, url, opened):
        self.folder = folder
        self.url = f"{url.split('options=')[0]}{OWN_CLOCK}"
        self.opened = opened
        self.hosts = []
        self.passed = 0.0
        self._database = opened.enter_context(psycopg.connect(url, autocommit=True))
        with self._database.transaction():
            self._database.execute("DROP TABLE IF EXISTS jobrunner.test_clock")
            self._database.execute("DROP FUNCTION IF EXISTS jobrunner.clock_timestamp()")
            for statement in MAKE_CLOCK.split(";\n"):
                self._database.execute(statement, {"now": NOON} if "%(" in statement else None)

    def host(self, name, *jobs, owner="1", **settings):
        """A supervisor of this host, that has just begun."""
        owner = f"{name}/boot/{owner}"
        return self._settle(Resident(self, name, name, jobs, owner=owner, settings=settings))

    def another(self, name, *jobs):
        """A supervisor on another machine that has the same name."""
        folder, owner = f"other-{name}", f"{name}/else/1"
        return self._settle(Resident(self, folder, name, jobs, owner=owner, settings={}))

    def _settle(self, host):
        host.clock.advance(timedelta(seconds=self.passed))
        host.begin_work()
        self.hosts.append(host)
        return host

    def pass_time(self, duration, *, without=()):
        """Let time pass, in which these hosts do nothing and the others beat as often as it is due.

        What is frozen and what is cut off alike is not heard of.
        """
        step = CLUSTER.beat
        while duration > timedelta():
            self.advance(min(step, duration))
            duration -= step
            for host in self.hosts:
                if host not in without:
                    host.turn()

    def advance(self, by):
        self.set_database_clock(by)
        self.passed += by.total_seconds()
        for host in self.hosts:
            host.clock.advance(by)

    def forget_runs(self):
        """Have the ledger be as if it had been put back from an older copy."""
        self._database.execute("DELETE FROM jobrunner.attempts")
        self._database.execute("DELETE FROM jobrunner.runs")

    def age_beats(self, by):
        """Have the ledger be one that has not heard of the last beats, as a replica."""
        micros = int(by.total_seconds() * 1_000_000)
        self._database.execute("UPDATE jobrunner.hosts SET beat_at = beat_at - %s", [micros])

    def set_database_clock(self, by):
        self._database.execute(SET_CLOCK, {"by": by})


class Resident:
    """A supervisor's parts, without the loop that drives them."""

    def __init__(self, town, folder, name, jobs, *, owner, settings):
        self.name = name
        self.clock = FakeClock()
        state = State(str(town.folder / folder))
        prepare(state)
        ground = Ground(
            state=state, host=name, clock=SharedClock(self.clock), inherited={}, soft_files=1024
        )
        plan = Config(
            origin=f"{town.folder}/jobs.toml",
            jobs={job.name: job for job in jobs},
            settings=Settings(host=name, **settings),
            cluster=CLUSTER,
        )
        self.store = town.opened.enter_context(closing(Away(open_store(town.url))))
        self.post = Post(ground, self.store, owner, plan, Diary(ground.clock))
        self.crew = Crew(self.post)
        self.lobby = Lobby(self.post, self.crew)
        self.aftermath = Aftermath(self.post, self.lobby)
        self.member = Member(self.post, self.store, self.crew, self.lobby)

    def begin_work(self):
        """As a supervisor begins."""
        self.member.join()
        recover(self.post, self.crew, self.lobby, self.aftermath)

    @property
    def state(self):
        return self.post.ground.state

    def turn(self):
        """What concerns attempts in a turn of a supervisor."""
        self.member.turn()
        self.crew.tend()
        self.aftermath.of(self.crew.record())
        self.crew.tidy()
        self.aftermath.left_out(self.lobby.take_left())

    def queue(self, job, **changes):
        """A run that waits here, taken."""
        job = self.post.jobs[job]
        new = NewRun(**{"job": job.name, "trigger": Trigger.MANUAL, "place": "", **changes})
        return self.post.store.add(new, owner=self.post.owner, host=self.name, now=self.post.now())

    def begin(self, job, **changes):
        """An attempt that runs."""
        run = self.queue(job, **changes)
        self.crew.launch(self.crew.start([run]))
        return self.post.store.run(run.id)

    def until(self, holds):
        """Take turns until this holds."""
        deadline = CLOCK.elapsed() + PATIENCE
        while not holds():
            assert CLOCK.elapsed() < deadline
            CLOCK.sleep(STEP / 1000)
            self.turn()


class Away:
    """A ledger that can be away."""

    def __init__(self, store):
        self._store = store
        self._away = None

    def go_away(self, error):
        self._away = error

    def come_back(self):
        self._away = None

    def __getattr__(self, name):
        found = getattr(self._store, name)
        if self._away and callable(found) and name != "close":
            raise self._away
        return found


@contextmanager
def a_town(folder, url):
    with ExitStack() as opened:
        town = Town(folder, url, opened)
        try:
            yield town
        finally:
            for host in town.hosts:
                end_jobs(host.state)
