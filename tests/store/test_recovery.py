"""What can be read of a damaged ledger is saved; the damaged file is kept."""

import os
import sqlite3
from contextlib import closing
from datetime import datetime

import pytest

from jobrunner.errors import StoreBusyError, StoreDamagedError, StoreForbiddenError
from jobrunner.model.pause import Pause
from jobrunner.store import open_store, recover_store
from jobrunner.store.sqlite.place import beside
from jobrunner.store.value import RunFilter
from tests.build import NOON
from tests.store.life import history, queue
from tests.store.test_damage import PAGE, overwrite

EVERYTHING = RunFilter(limit=10_000)


@pytest.fixture
def filled(location):
    with closing(open_store(location)) as store:
        store.pause("report", Pause(by="deploy", since=NOON))
        history(store, 300)
    return location


def root_of(location, table):
    with closing(sqlite3.connect(location)) as database:
        found = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
        return found.fetchone()[0]


def everything(location):
    with closing(open_store(location)) as store:
        attempts = [store.attempts(run.id) for run in store.runs(EVERYTHING)]
        figures = store.statistics(NOON)
        return store.marks(), store.health(), store.runs(EVERYTHING), attempts, figures


def test_a_sound_ledger_is_saved_whole(filled):
    before = everything(filled)
    saved = recover_store(filled, NOON)
    assert everything(filled) == before
    assert (saved.rows["runs"], saved.incomplete) == (300, ())


def test_what_was_not_yet_checkpointed_is_saved_too(location):
    with closing(open_store(location)) as store:
        run = queue(store)
        recover_store(location, NOON)
        with pytest.raises(StoreDamagedError):
            store.marks()
    with closing(open_store(location)) as store:
        assert store.run(run.id) == run


@pytest.mark.parametrize("give", [os.symlink, os.link])
@pytest.mark.parametrize("ending", ["", "-wal"])
def test_a_name_of_another_file_has_nothing_of_that_copied(filled, tmp_path, give, ending):
    secret = tmp_path / "secret"
    secret.write_text("not for who may write the ledger's folder")
    name = beside(filled, ending)
    name.unlink(missing_ok=True)
    give(secret, name)
    with pytest.raises(StoreForbiddenError, match=r"not a regular file|symbolic links"):
        recover_store(filled, NOON)
    assert not beside(filled, ".salvage").exists()


def test_the_damaged_file_is_kept_under_a_name_with_the_time(filled):
    before = filled.read_bytes()
    saved = recover_store(filled, NOON)
    assert saved.kept.name == "ledger.db.damaged-20261120T120000Z"
    assert saved.kept.read_bytes() == before


@pytest.mark.parametrize("page", range(1, 60, 9))
@pytest.mark.parametrize("filling", [b"\0", b"\xff"])
def test_the_rows_around_a_damaged_page_are_saved(filled, page, filling):
    before = {run.id: run for run in everything(filled)[2]}
    # Without the root of its tree nothing of a table is found.
    expected = 0 if page == root_of(filled, "runs") - 1 else 220
    overwrite(filled, page, filling)
    saved = recover_store(filled, NOON)
    with closing(open_store(filled)) as store:
        runs = store.runs(EVERYTHING)
        assert store.check(full=True) == []
    assert [run for run in runs if before[run.id] != run] == []
    assert len(runs) == saved.rows["runs"] >= expected


def test_the_rest_of_a_file_that_was_cut_is_saved(location):
    with closing(open_store(location)) as store:
        history(store, 1500)
    os.truncate(location, location.stat().st_size // 2 // PAGE * PAGE)
    saved = recover_store(location, NOON)
    with closing(open_store(location)) as store:
        assert len(store.runs(EVERYTHING)) == saved.rows["runs"] > 200
        # The numbers of what was lost are not given again.
        assert queue(store).id > 1500


class Interrupting(datetime):
    """A time whose name is asked for when all is read: then somebody queues one more run."""

    def __format__(self, form):
        queue(self.store)
        return super().__format__(form)


def test_what_is_committed_while_it_is_read_is_not_lost(filled):
    now = Interrupting.fromisoformat(NOON.isoformat())
    with closing(open_store(filled)) as now.store:
        with pytest.raises(StoreBusyError, match="somebody writes to it; stop what uses it"):
            recover_store(filled, now)
        assert len(now.store.runs(EVERYTHING)) == 301
    assert not [*filled.parent.glob("*new*"), *filled.parent.glob("*damaged*")]


@pytest.mark.parametrize("content", [b"", b"once upon a time\n" * 1000])
def test_a_file_of_which_nothing_can_be_read_is_left_as_it_is(filled, content):
    filled.write_bytes(content)
    with pytest.raises(StoreDamagedError, match="nothing of it can be read"):
        recover_store(filled, NOON)
    assert filled.read_bytes() == content
    assert not [*filled.parent.glob("*new*"), *filled.parent.glob("*salvage*")]


def test_a_file_that_is_gone_is_not_made_anew(filled):
    filled.unlink()
    with pytest.raises(StoreDamagedError, match="restore a backup"):
        recover_store(filled, NOON)
    assert not filled.exists()


def test_the_new_ledger_is_still_the_same_one(filled):
    side = filled.with_name("ledger.db.id")
    before = side.read_text()
    recover_store(filled, NOON)
    open_store(filled).close()
    assert side.read_text() == before


def test_a_second_damaged_file_does_not_replace_the_first(filled):
    kept = [recover_store(filled, NOON).kept for _ in range(2)]
    assert [path.exists() for path in kept] == [True, True]
    assert kept[0] != kept[1]


def test_it_is_told_how_many_rows_are_saved(filled):
    told = []
    recover_store(filled, NOON, lambda *row: told.append(row))
    assert ("runs", 0) in told
