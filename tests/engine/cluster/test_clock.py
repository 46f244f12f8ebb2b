"""The time that all hosts go by, over clocks that are set, slow, and far away."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.cluster.clock import SMALL, SharedClock
from tests.build import NOON, FakeClock

SECOND = timedelta(seconds=1)
TEN_MINUTES = timedelta(minutes=10)


class HostClock(FakeClock):
    """A host's own clock: somebody may set it, and time passes while the host sleeps."""

    def set(self, by):
        self._now += by


class Database:
    """Tells its time after so long on the way, there and back."""

    def __init__(self, clock, ahead=timedelta(), way=timedelta()):
        self._clock = clock
        self.ahead = ahead
        self.way = way

    @property
    def time(self):
        return NOON + timedelta(seconds=self._clock.elapsed()) + self.ahead

    def clock(self):
        self._clock.advance(self.way)
        told = self.time
        self._clock.advance(self.way)
        return told


@pytest.fixture
def host():
    return HostClock()


@pytest.fixture
def database(host):
    return Database(host, ahead=timedelta(hours=1))


@pytest.fixture
def clock(host, database):
    clock = SharedClock(host)
    clock.measure(database)
    return clock


def test_before_it_is_measured_it_shows_the_hosts_own(host):
    assert SharedClock(host).now() == NOON


def test_it_shows_the_databases_time_and_goes_on(clock, host, database):
    assert clock.now() == database.time
    host.advance(SECOND)
    assert clock.now() == database.time


@pytest.mark.parametrize("by", [TEN_MINUTES, -TEN_MINUTES])
def test_it_does_not_heed_that_the_hosts_clock_is_set(clock, host, database, by):
    host.set(by)
    assert clock.now() == database.time
    assert clock.skew == by - timedelta(hours=1)
    clock.measure(database)
    assert clock.now() == database.time


@pytest.mark.parametrize("by", [TEN_MINUTES, -TEN_MINUTES])
def test_it_is_doubtful_when_the_hosts_clock_was_set_until_it_is_measured(
    clock, host, database, by
):
    assert not clock.is_doubtful
    host.set(by)
    assert clock.is_doubtful
    clock.measure(database)
    assert not clock.is_doubtful


def test_a_measure_is_as_exact_as_its_way_is_short(host):
    database = Database(host, way=SECOND)
    clock = SharedClock(host)
    clock.measure(database)
    assert abs(clock.now() - database.time) <= SECOND


def test_a_slow_answer_that_agrees_changes_nothing(clock, host, database):
    before = clock.now() - timedelta(seconds=host.elapsed())
    database.way = timedelta(seconds=3)
    clock.measure(database)
    assert clock.now() - timedelta(seconds=host.elapsed()) == before


def test_a_correction_ahead_is_made_at_once(clock, database):
    database.ahead += timedelta(milliseconds=300)
    clock.measure(database)
    assert clock.now() == database.time


def test_a_small_correction_back_is_waited_out(clock, host, database):
    before = clock.now()
    database.ahead -= SMALL / 2
    clock.measure(database)
    assert clock.now() == before
    host.advance(SMALL / 4)
    assert clock.now() == before
    host.advance(SMALL / 2)
    assert clock.now() == database.time > before


def test_several_small_corrections_back_are_waited_out_one_after_the_other(clock, database):
    before = clock.now()
    for _ in range(3):
        database.ahead -= SMALL / 2
        clock.measure(database)
    assert clock.now() == before


def test_a_large_correction_back_is_made_at_once(clock, database):
    clock.now()
    database.ahead -= TEN_MINUTES
    clock.measure(database)
    assert clock.now() == database.time


@given(
    st.lists(
        st.tuples(
            st.floats(0, 5),  # seconds that pass
            st.floats(-0.4, 0.4),  # by which the database's clock is corrected
            st.floats(0, 0.2),  # there, and back
        ),
        min_size=1,
    )
)
def test_it_never_goes_back_over_small_corrections(steps):
    host = HostClock()
    database, clock = Database(host), SharedClock(host)
    clock.measure(database)
    last = clock.now()
    for passed, by, way in steps:
        host.advance(timedelta(seconds=passed))
        database.ahead += timedelta(seconds=by)
        database.way = timedelta(seconds=way)
        clock.measure(database)
        assert clock.now() >= last
        last = clock.now()
        assert last >= database.time - 2 * database.way - timedelta(microseconds=2)


def test_durations_are_the_hosts(clock, host):
    elapsed = clock.elapsed()
    clock.sleep(2)
    assert clock.elapsed() == host.elapsed() == elapsed + 2
