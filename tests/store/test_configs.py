"""The jobs.toml that hosts have in common: a line of versions, each made of the one before."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from jobrunner.store import migrate_store, open_server

TEXT = '[jobs.backup]\ncommand = "größer"\n'


@pytest.fixture
def opened(postgres_url):
    """Opens the ledger, as many times as somebody wants."""
    migrate_store(postgres_url)
    stores = []

    def opened():
        stores.append(open_server(postgres_url))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


def push(store, text=TEXT, parent=None):
    return store.push_config(text, f"f{len(text)}", by="ann", host="web-1", parent=parent)


def test_before_the_first_there_is_none(opened):
    store = opened()
    assert (store.newest_config(), store.config_versions()) == (None, [])


def test_a_version_is_told_as_it_was_pushed(opened):
    store = opened()
    before = store.clock()
    made = push(store)
    assert store.newest_config() == made
    assert (made.text, made.pushed_by, made.pushed_from) == (TEXT, "ann", "web-1")
    assert before <= made.pushed_at <= store.clock()


def test_they_are_told_newest_first_and_no_more_than_wanted(opened):
    store = opened()
    first = push(store)
    second = push(store, "# 2\n", first.version)
    third = push(store, "# 3\n", second.version)
    assert store.config_versions() == [third, second, first]
    assert store.config_versions(1) == [third]


@pytest.mark.parametrize("parent", [None, 0, 99])
def test_what_is_not_made_of_the_newest_is_refused(opened, parent):
    store = opened()
    first = push(store)
    second = push(store, "# 2\n", first.version)
    assert push(store, "# 3\n", parent) is None
    assert push(store, "# 3\n", first.version) is None
    assert store.newest_config() == second


def test_of_many_that_push_at_once_exactly_one_is_the_next(opened):
    stores = [opened() for _ in range(6)]
    parent = push(stores[0]).version
    for _ in range(3):
        with ThreadPoolExecutor(6) as pool:
            found = [*pool.map(lambda store, at=parent: push(store, TEXT, at), stores)]
        (made,) = filter(None, found)
        parent = made.version


def test_of_many_first_ones_exactly_one_is_the_first(opened):
    stores = [opened() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        found = [*pool.map(push, stores)]
    assert sum(made is not None for made in found) == 1
