"""A copy of the ledger while it is in use, and the ledger as other programs see it."""

import csv
import json
import os
import re
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from jobrunner.errors import StoreForbiddenError
from jobrunner.store import open_store
from jobrunner.store.value import RunFilter
from tests.store.life import history, queue

BLOCK = re.compile(r"```console\n\$ (.*?)```", re.DOTALL)
EVERYTHING = RunFilter(limit=10_000)


def test_a_copy_holds_what_was_not_yet_checkpointed(store, tmp_path, location):
    run = queue(store)
    store.backup(tmp_path / "copy.db")
    (tmp_path / "copy.db").replace(location)
    with closing(open_store(location)) as restored:
        assert restored.run(run.id) == run


def test_a_copy_is_one_file_that_only_its_owner_reads(store, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    before = os.umask(0)
    try:
        store.backup(folder / "copy.db")
    finally:
        os.umask(before)
    (copy,) = folder.iterdir()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_copies_made_while_others_write_are_sound_and_lack_nothing(location, tmp_path):
    stop = Event()

    def write():
        with closing(open_store(location)) as store:
            while not stop.is_set():
                queue(store)

    writer = Thread(target=write)
    writer.start()
    try:
        with closing(open_store(location)) as store:
            for number in range(20):
                least = len(store.runs(EVERYTHING))
                store.backup(tmp_path / f"{number}.db")
                assert rows_of(tmp_path / f"{number}.db") >= least
    finally:
        stop.set()
        writer.join()


def rows_of(path):
    with closing(open_store(path)) as store:
        assert store.check(full=True) == []
        return len(store.runs(EVERYTHING))


def test_it_is_told_how_far_a_copy_is_and_nothing_that_is_written_meanwhile_is_in_it(
    location, tmp_path
):
    told = []
    with closing(open_store(location)) as store, closing(open_store(location)) as other:
        history(store, 3000)

        def on_step(done, of):
            told.append((done, of))
            queue(other)

        store.backup(tmp_path / "copy.db", on_step)
    assert told[-1][0] == told[-1][1]
    assert rows_of(tmp_path / "copy.db") == 3000


def test_a_copy_that_cannot_be_made_leaves_the_last_one(store, tmp_path):
    copy = tmp_path / "copy.db"
    store.backup(copy)
    before = copy.read_bytes()
    (tmp_path / f"copy.db.{os.getpid()}.part").mkdir()
    with pytest.raises(StoreForbiddenError, match="cannot use"):
        store.backup(copy)
    assert copy.read_bytes() == before


@pytest.mark.parametrize("name", ["ledger.db", "ledger.db-wal", "missing/copy.db", "."])
def test_a_copy_over_the_ledger_or_nowhere_is_refused(store, location, name):
    with pytest.raises(StoreForbiddenError):
        store.backup(location.parent / name)
    assert store.check(full=True) == []


def test_the_history_reads_as_it_is_with_sqlite_utils(location):
    with closing(open_store(location)) as store:
        history(store, 3)
    program = Path(sys.executable).with_name("sqlite-utils")
    columns = "job, scheduled_for, state, duration, attempts"
    command = [program, location, f"select {columns} from history order by id limit 2", "--csv"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert list(csv.reader(told.splitlines()))[1:] == [
        ["backup", "2026-11-20 12:01:00", "success", "60.5", "1"],
        ["backup", "2026-11-20 12:02:00", "running", "", "1"],
    ]


def test_the_ledger_lists_its_tables_with_sqlite_utils(location):
    program = Path(sys.executable).with_name("sqlite-utils")
    told = subprocess.run(
        [program, "tables", location, "--counts", "--csv"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"runs,0", "attempts,0", "requests,0"} <= set(told.stdout.splitlines())


def test_the_history_reads_as_it_is_with_datasette(location):
    with closing(open_store(location)) as store:
        history(store, 3)
    program = Path(sys.executable).with_name("datasette")
    page = "/ledger/history.json?_shape=array&_col=state&_sort=id"
    told = subprocess.run([program, location, "--get", page], capture_output=True, check=True)
    assert [row["state"] for row in json.loads(told.stdout)] == ["success", "running", "success"]


def recipes():
    """The commands that docs/ledger.md shows."""
    text = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
    commands = [command for block in BLOCK.findall(text) for command in block.split("\n$ ")]
    return [command.strip() for command in commands if command.startswith("sqlite-utils")]


@pytest.mark.parametrize("recipe", recipes())
def test_the_recipes_of_the_documentation_work(location, recipe):
    with closing(open_store(location)) as store:
        history(store, 3)
    folder = Path(sys.executable).parent
    path = {"PATH": f"{folder}:{os.environ['PATH']}"}
    told = subprocess.run(
        ["/bin/sh", "-ec", recipe], cwd=location.parent, env=path, capture_output=True, check=False
    )
    assert (told.returncode, told.stderr) == (0, b"")
