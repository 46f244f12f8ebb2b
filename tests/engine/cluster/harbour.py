"""Two hosts that share a ledger: one runs attempts and sends what they write, the other reads."""

from pathlib import Path
from types import SimpleNamespace

from jobrunner.engine.cluster.ship import PACE, Ship
from jobrunner.engine.crew import Ended
from jobrunner.engine.diary import Diary
from jobrunner.engine.ground import Ground
from jobrunner.engine.past import log
from jobrunner.engine.post import Post
from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State, prepare
from jobrunner.engine.transcript import transcripts_of
from jobrunner.model.run import Outcome
from jobrunner.model.run import State as RunState
from jobrunner.model.settings import Config, Settings
from jobrunner.process import output
from jobrunner.process.output import Output
from jobrunner.store.value import Ending, Launch
from tests.build import NOON, FakeClock, make_job
from tests.store.life import by_hand


class Harbour:
    """Host `a` is where attempts run; its clock stands still but for `turn`."""

    def __init__(self, folder, store):
        self.store = store
        self.clock = FakeClock()
        self.folder = folder
        self.running = []
        self.post = self._post("a")
        self.ship = self.other_ship()

    def _post(self, host):
        state = State(str(self.folder / host))
        prepare(state)
        ground = Ground(state=state, host=host, clock=self.clock, inherited={}, soft_files=1024)
        config = Config(origin="jobs.toml", jobs={}, settings=Settings(host=host))
        return Post(ground, self.store, f"{host}/1", config, Diary(self.clock))

    def other_ship(self):
        """A ship as another supervisor of the same host has it."""
        crew = SimpleNamespace(running=self.running, is_empty=False)
        self.ship = Ship(self.post, self.store, crew)
        return self.ship

    def begin(self, env=None, host="a", **job):
        """An attempt that runs; `write` is what it does."""
        job = make_job(**job)
        run = self.store.add(by_hand(), owner=f"{host}/1", host=host, now=NOON)
        state = self.post.ground.state
        launch = Launch(run=run.id, output=state.output(run.id, 1))
        (run,) = self.store.start([launch], owner=f"{host}/1", host=host, now=NOON)
        Path(state.spool(run.id, 1)).touch()
        path = Path(state.output_path(run.output))
        path.parent.mkdir(exist_ok=True)
        path.touch()
        attempt = SimpleNamespace(run=run, job=job, env=env, output=Output(), path=path)
        self.running.append(attempt)
        return attempt

    def write(self, attempt, data):
        """More of its output, which is looked at at once."""
        with attempt.path.open("ab+", buffering=0) as file:
            file.write(data)
            attempt.output = output.look(file.fileno(), attempt.job.output_limit, attempt.output)

    def turn(self):
        """The next moment at which an output may be due."""
        self.clock.sleep(PACE)
        self.ship.see_to()

    def end(self, attempt, state=RunState.SUCCESS, **measured):
        """It is over, in the ledger too."""
        size = attempt.path.stat().st_size
        cut = output.parted(size, attempt.job.output_limit).cut
        values = {"output_size": size, "output_cut": cut, "finished_at": NOON} | measured
        outcome = Outcome(state=state, **values)
        ending = Ending(run=attempt.run.id, attempt=1, outcome=outcome)
        self.store.finish([ending], owner=attempt.run.owner)
        self.running.remove(attempt)
        return Ended(self.store.run(attempt.run.id), attempt.job, outcome)

    def sink(self, attempt, **measured):
        """It is over, and all of it is sent."""
        self.ship.note([self.end(attempt, **measured)])
        self.ship.finish()
        assert not self.ship.is_behind

    def scene(self, host="b"):
        """What a command on a host works with."""
        post = self._post(host)
        return Scene(config=post.config, state=post.ground.state, store=self.store)

    def sent(self, attempt):
        """What is in the ledger of it: where each piece begins, and how long it is."""
        found = self.store.pieces(attempt.run.id, 1, limit=100_000)
        return [(each.first, len(each.body)) for each in found]

    def read(self, attempt, host="b"):
        """What `logs` shows on a host."""
        scene = self.scene(host)
        run = self.store.run(attempt.run.id)
        with log.opened(scene, run, log.attempt_of(scene, run)) as found:
            return b"".join(found.pieces())

    def end_of(self, attempt, most=100, host="b"):
        run = attempt.run
        return transcripts_of(self.scene(host)).of(run.id, 1, run.host).end(most)[1]
