"""A shared ledger stays open between requests; one in a file does not."""

import gc
from datetime import timedelta

import pytest

from jobrunner.errors import StoreError, UnknownError
from jobrunner.web.pool import LONGEST, MOST, Pool
from tests.build import FakeClock
from tests.store.server import empty
from tests.web.house import House
from tests.web.shared import shared_house


@pytest.fixture
def site(ledger, tmp_path):
    return shared_house(tmp_path, ledger).site


def opened(site, error=None):
    """The store that a request has, which fails if it is to."""
    with site.open() as (scene, _):
        if error:
            raise error
        return scene.store


def test_a_request_has_the_ledger_of_the_one_before(site):
    assert opened(site) is opened(site)


def test_two_at_once_have_each_their_own(site):
    with site.open() as (one, _), site.open() as (other, _):
        assert one.store is not other.store


def test_a_request_that_could_not_be_answered_harms_nothing(site):
    before = opened(site)
    with pytest.raises(UnknownError):
        opened(site, UnknownError("no such job"))
    assert opened(site) is before


def test_a_ledger_that_failed_is_opened_anew(site):
    before = opened(site)
    with pytest.raises(StoreError):
        opened(site, StoreError("it is away"))
    assert opened(site) is not before


def test_no_more_than_a_few_are_kept(site):
    scenes = [site.open() for _ in range(MOST + 2)]
    stores = [scene.__enter__()[0].store for scene in scenes]
    for scene in scenes:
        scene.__exit__(None, None, None)
    assert [store.server.fileno() >= 0 for store in stores].count(True) == MOST


def test_one_that_waited_for_long_is_opened_anew(ledger, tmp_path):
    empty(ledger)
    clock = FakeClock()
    settings = f'[settings]\nstore = "{ledger}"\n'
    house = House(tmp_path, settings, clock=clock)
    before = opened(house.site)
    clock.advance(timedelta(seconds=LONGEST + 1))
    assert opened(house.site) is not before


def test_a_ledger_in_a_file_is_opened_for_each_request(tmp_path):
    house = House(tmp_path)
    assert opened(house.site) is not opened(house.site)


def test_nothing_stays_open_when_the_site_is_gone(site):
    pool = Pool(FakeClock())
    with pool.scene(site.plan().config, site.asker) as scene:
        store = scene.store
    assert store.server.fileno() >= 0
    del pool, scene
    gc.collect()
    assert store.server.fileno() < 0
