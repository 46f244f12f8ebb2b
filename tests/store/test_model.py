"""The ledger against a model of a few lines, through any sequence of claims and changes."""

import tempfile
from pathlib import Path
from shutil import copytree

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from jobrunner.model.decision import Start
from jobrunner.model.run import Outcome, State
from jobrunner.store import open_store
from jobrunner.store.value import Ending, Launch, RunFilter, Streak
from tests.build import NOON
from tests.store.life import MINUTE, first_look, look

OWNERS = st.sampled_from(["one", "two"])
JOBS = st.sampled_from(["backup", "report"])
RUNS = st.integers(1, 3)
ENDS = st.sampled_from([State.SUCCESS, State.FAILED, State.TIMEOUT, State.STOPPED, State.LOST])
WAITING = {State.QUEUED, State.RETRYING}
FAILURES = {State.FAILED, State.TIMEOUT, State.LOST}


class Model:
    """What the ledger should hold: a state, an owner and attempts of each run, and streaks."""

    def __init__(self):
        self.marks = dict.fromkeys(["backup", "report"], NOON)
        self.runs = {}
        self.failures = dict.fromkeys(self.marks, 0)

    def has(self, run, owner, *states):
        return run in self.runs and (
            self.runs[run]["owner"] == owner and self.runs[run]["state"] in states
        )

    def end(self, run, state):
        self.runs[run]["state"] = state
        job = self.runs[run]["job"]
        before = self.failures[job]
        if state in FAILURES:
            self.failures[job] += 1
        elif state is State.SUCCESS:
            self.failures[job] = 0
        return Streak(before, self.failures[job])


class LedgerMachine(RuleBasedStateMachine):
    empty = None

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        place = copytree(self.empty, Path(self.folder.name) / "db")
        self.store = open_store(place / "ledger.db")
        self.model = Model()
        looks = [first_look(job) for job in self.model.marks]
        self.store.claim(looks, owner="one", host="", now=NOON)
        self.claim("backup", "one", behind=0, slots=2)

    def teardown(self):
        self.store.close()
        self.folder.cleanup()

    @rule(job=JOBS, owner=OWNERS, behind=st.integers(0, 1), slots=st.integers(1, 3))
    def claim(self, job, owner, behind, slots):
        since = self.model.marks[job] - behind * MINUTE
        until = since + slots * MINUTE
        starts = [Start(since + number * MINUTE) for number in range(1, slots + 1)]
        wanted = look(*starts, job=job, since=since, until=until)
        won = self.store.claim([wanted], owner=owner, host="", now=until)
        assert len(won) == (0 if behind else slots)
        if not behind:
            self.model.marks[job] = until
        for run in won:
            kept = {"job": job, "state": State.QUEUED, "owner": owner, "attempts": 0}
            self.model.runs[run.id] = kept

    @rule(run=RUNS, owner=OWNERS)
    def start(self, run, owner):
        can = self.model.has(run, owner, *WAITING)
        assert bool(self.store.start([Launch(run=run)], owner=owner, host="", now=NOON)) == can
        if can:
            kept = self.model.runs[run]
            kept |= {"state": State.RUNNING, "attempts": kept["attempts"] + 1}

    @rule(run=RUNS, owner=OWNERS, state=ENDS, again=st.booleans(), earlier=st.integers(0, 1))
    def finish(self, run, owner, state, again, earlier):
        attempt = max(1, self.model.runs.get(run, {"attempts": 1})["attempts"] - earlier)
        can = self.model.has(run, owner, State.RUNNING)
        can = can and attempt == self.model.runs[run]["attempts"]
        told = ended(run, attempt, state, NOON if again else None)
        done = self.store.finish([told], owner=owner)
        assert (run in done) == can
        if can and again:
            self.model.runs[run]["state"] = State.RETRYING
        elif can:
            assert done[run] == self.model.end(run, state)

    @rule(run=RUNS, state=ENDS, again=st.booleans())
    def attempt(self, run, state, again):
        """The usual life, by whoever may: it is what other changes come between."""
        owner = self.model.runs[run]["owner"] if run in self.model.runs else "one"
        self.start(run, owner)
        self.finish(run, owner, state, again, earlier=0)

    @rule(run=RUNS, owner=OWNERS)
    def withdraw(self, run, owner):
        can = self.model.has(run, owner, *WAITING)
        streak = self.store.withdraw(run, State.STOPPED, "asked", owner=owner, now=NOON)
        assert streak == (self.model.end(run, State.STOPPED) if can else None)

    @rule(old=OWNERS, new=OWNERS)
    def adopt(self, old, new):
        wanted = [run for run, kept in self.model.runs.items() if self._is_live(kept, old)]
        assert [run.id for run in self.store.adopt(old, new)] == wanted
        for run in wanted:
            self.model.runs[run]["owner"] = new

    def _is_live(self, kept, owner):
        return kept["owner"] == owner and kept["state"].is_live

    @invariant()
    def the_ledger_holds_what_the_model_holds(self):
        runs = {
            run.id: {
                "job": run.job,
                "state": run.state,
                "owner": run.owner,
                "attempts": run.attempts,
            }
            for run in self.store.runs(RunFilter(limit=999))
        }
        assert runs == self.model.runs
        failures = {job: health.failures for job, health in self.store.health().items()}
        assert failures == {job: count for job, count in self.model.failures.items() if count}
        marks = {job: mark.looked_at for (job, _), mark in self.store.marks().items()}
        assert marks == self.model.marks


def ended(run, attempt, state, retry_at):
    outcome = Outcome(state=state, finished_at=NOON)
    return Ending(run=run, attempt=attempt, outcome=outcome, retry_at=retry_at)


def test_the_ledger_does_what_a_model_of_it_does(empty_ledger):
    machine = type("Machine", (LedgerMachine,), {"empty": empty_ledger})
    bounds = settings(max_examples=40, stateful_step_count=50, derandomize=True, deadline=None)
    run_state_machine_as_test(machine, settings=bounds)
