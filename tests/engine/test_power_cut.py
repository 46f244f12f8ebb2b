"""The power fails: the ledger and the spool as they are at an instant, after another boot."""

import random
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jobrunner.config import parse
from jobrunner.engine.aftermath import Aftermath
from jobrunner.engine.crew import Crew
from jobrunner.engine.diary import Diary
from jobrunner.engine.ground import Ground
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.recover import recover
from jobrunner.engine.state import State as Folder
from jobrunner.engine.state import prepare
from jobrunner.engine.wake import poke
from jobrunner.model.run import State
from jobrunner.process import birth
from jobrunner.store import open_store
from jobrunner.store.value import Request, RunFilter
from tests.engine.theatre import CLOCK, Theatre

JOBS = """
[jobs.once]
command = "sleep 0.1; exit 3"
overlap = "allow"
[jobs.again]
command = "sleep 0.1"
overlap = "allow"
retry = { attempts = 1, delay = "1h", on = ["lost"] }
"""
RUNS = 60
CUTS = 20
KNOWN = {"once": State.FAILED, "again": State.SUCCESS}
UNKNOWN = {"once": State.LOST, "again": State.RETRYING}


def cut(theatre, folder):
    """What is on the disk right now, byte by byte; the index of the log is in memory only."""
    state = Folder(str(folder))
    prepare(state)
    for name in ("run/spool", "db", "result"):
        for path in Path(theatre.state.folder, name).iterdir():
            if not path.name.endswith("-shm"):
                copy_or_miss(path, folder / name / path.name)
    return state


def copy_or_miss(path, target):
    try:
        shutil.copy2(path, target)
    except FileNotFoundError:  # taken away at this very instant
        return


@pytest.fixture(scope="module")
def cuts(tmp_path_factory):
    """A burst, and the power cut at many instants of it."""
    folder = tmp_path_factory.mktemp("power")
    theatre = Theatre(folder)
    theatre.write(JOBS)
    theatre.start()
    chance = random.Random(7)
    try:
        for number in range(RUNS):
            theatre.store.ask(request(("once", "again")[number % 2]))
        poke(theatre.state)
        cuts = []
        for number in range(CUTS):
            ended = chance.randrange(RUNS * number // CUTS, RUNS * (number + 1) // CUTS)
            theatre.until(lambda ended=ended: len(over(theatre)) >= ended)
            cuts.append(cut(theatre, folder / f"cut{number}"))
        theatre.until(lambda: len(over(theatre)) == RUNS)
        assert any(map(is_in_the_midst, cuts))
        yield cuts
    finally:
        theatre.close()


def is_in_the_midst(state):
    """Whether there were runs that ran when the power failed."""
    with closing(open_store(state.ledger)) as store:
        return any(run.state is State.RUNNING for run in store.live())


def request(job):
    return Request(kind="run", job=job, asked_by="ann", asked_at=CLOCK.now())


def over(theatre):
    found = theatre.store.runs(RunFilter(limit=RUNS))
    return [run for run in found if not run.state.is_live]


@pytest.fixture
def other_boot(tmp_path, monkeypatch):
    (tmp_path / "boot_id").write_text("another-boot\n")
    monkeypatch.setattr(birth, "BOOT", tmp_path / "boot_id")
    birth.boot_id.cache_clear()
    yield
    birth.boot_id.cache_clear()


def power_up(state, store):
    """What the first supervisor does; what runs then."""
    ground = Ground(
        state=state, host=socket.gethostname(), clock=CLOCK, inherited={}, soft_files=1024
    )
    config = parse(JOBS.encode(), f"{state.folder}/jobs.toml", None)
    post = Post(ground, store, "us", config, Diary(CLOCK))
    crew = Crew(post)
    lobby = Lobby(post, crew)
    aftermath = Aftermath(post, lobby)
    recover(post, crew, lobby, aftermath)
    aftermath.of(crew.record())
    return [*crew.running]


@pytest.mark.parametrize("number", range(CUTS))
def test_what_ran_when_the_power_failed_is_told_honestly(cuts, other_boot, number):
    state = cuts[number]
    with closing(open_store(state.ledger)) as store:
        before = {run.id: run for run in store.live()}
        ended = {run.id: run for run in store.runs(RunFilter(limit=RUNS)) if run.id not in before}
        assert power_up(state, store) == []
        after = {run.id: run for run in store.runs(RunFilter(limit=RUNS))}
    for run in before.values():
        now = after[run.id]
        waits = run.state is not State.RUNNING
        wanted = {run.state} if waits else {KNOWN[run.job], UNKNOWN[run.job]}
        assert (now.state in wanted, now.attempts) == (True, run.attempts)
        assert now.state is not State.LOST or "nobody knows how it ended" in now.reason
    assert {number: after[number] for number in ended} == ended
    with closing(sqlite3.connect(state.ledger)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
