"""What a command of `exec` writes, to be seen on every host."""

import os
from contextlib import closing

import pytest

from jobrunner.engine.actions.errand import Errand, Runner
from jobrunner.engine.actions.interrupt import heeded
from jobrunner.engine.actions.outlet import Outlet
from jobrunner.engine.past import log
from jobrunner.errors import StoreError
from jobrunner.model.settings import Config
from jobrunner.store import open_store
from tests.build import make_job
from tests.engine.cluster.harbour import Harbour
from tests.store.server import empty


@pytest.fixture
def harbour(tmp_path, ledger):
    empty(ledger)
    with closing(open_store(ledger)) as store:
        yield Harbour(tmp_path, store)


def run(harbour, line, say=print, **job):
    """What a command wrote that has run to its end on host `a`."""
    errand = Errand(
        job=make_job(name="wrapped", **job),
        argv=("/bin/sh", "-c", line),
        cwd="/",
        env={"PATH": os.environ["PATH"]},
    )
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with heeded() as interrupts:
        config = Config(origin="/jobs.toml", jobs={})
        runner = Runner(harbour.store, config, harbour.post.ground, "ann", interrupts)
        found = runner.run(errand, Outlet(nowhere), say)
    os.close(nowhere)
    return found


def read(harbour, found, host):
    scene = harbour.scene(host)
    with log.opened(scene, found, log.attempt_of(scene, found)) as kept:
        return b"".join(kept.pieces())


def test_it_is_there_as_soon_as_the_command_has_ended(harbour):
    found = run(harbour, "echo one; echo two >&2")
    assert read(harbour, found, "b") == b"one\ntwo\n"


def test_of_a_long_one_head_and_tail_are_there(harbour):
    found = run(harbour, "seq 400000", output_limit=65536)
    assert read(harbour, found, "b") == read(harbour, found, "a")
    assert b"bytes cut" in read(harbour, found, "b")


def test_a_ledger_that_cannot_take_it_changes_nothing_else(harbour, monkeypatch):
    def refuse(*_):
        raise StoreError("it is away")

    monkeypatch.setattr(harbour.store, "keep_pieces", refuse)
    said = []
    found = run(harbour, "echo one", said.append)
    assert found.state == "success"
    assert said == [f"the output of #{found.id} is to be seen on this host alone: it is away"]
