"""Who may act, as Redis says it: slots that one gets for good, places that are had for a while."""

import select
import signal
from datetime import UTC, datetime, timedelta

import pytest

from jobrunner.clock import SystemClock
from jobrunner.errors import UnusableError
from jobrunner.lease import open_lease
from jobrunner.lease.base import (
    Claim,
    Full,
    Granted,
    Latest,
    LeaseError,
    Place,
    Slot,
    Taker,
    Who,
)
from tests.lease.server import server

CLOCK = SystemClock()
HOUR = timedelta(hours=1)
SHORT = timedelta(milliseconds=50)
LONG = timedelta(minutes=3)
ONE, TWO = Who("web-1", "11"), Who("web-2", "22")


@pytest.fixture(scope="module")
def common(program, tmp_path_factory):
    """A server for all that do nothing to it, with a log of what it was told."""
    program("redis-server", "redis-server")
    with server(tmp_path_factory.mktemp("redis")) as found:
        yield found


@pytest.fixture
def client(common):
    """Somebody else who looks into it."""
    with common.client() as client:
        yield client
        client.flushall()


@pytest.fixture
def one(common, client):
    return open_lease(common.url, ONE)


@pytest.fixture
def two(common, client):
    return open_lease(common.url, TWO)


@pytest.fixture
def redis(program, tmp_path):
    """The same for one test alone."""
    program("redis-server", "redis-server")
    with server(tmp_path / "redis") as found:
        yield found


def slot(job="backup", *, ago=timedelta(), kept=HOUR):
    return Slot(job, CLOCK.now() - ago, kept)


def taker(run=1, job="backup", *, most=1, places=("job:backup",)):
    return Taker(job, run, tuple(Place(name, most) for name in places))


def pause(length):
    """Let some time go by for Redis, which has no clock but its own."""
    select.poll().poll(length / timedelta(milliseconds=1))


# -- slots


def test_of_two_hosts_the_first_gets_a_slot(one, two):
    wanted = [slot()]
    assert [each.is_ours for each in one.claim(wanted)] == [True]
    assert [(each.host, each.is_ours) for each in two.claim(wanted)] == [("web-1", False)]


def test_a_host_gets_its_own_slot_again_with_the_same_number(one):
    wanted = [slot()]
    assert one.claim(wanted) == one.claim(wanted)


def test_another_process_of_the_same_host_gets_its_slot_again(one, common):
    wanted = [slot()]
    one.claim(wanted)
    assert open_lease(common.url, ONE).claim(wanted)[0].is_ours


@pytest.mark.parametrize("who", [Who("web-1", "22"), Who("web-2", "11")])
def test_a_copy_of_a_ledger_or_of_a_name_is_another_host(one, common, who):
    wanted = [slot()]
    one.claim(wanted)
    assert not open_lease(common.url, who).claim(wanted)[0].is_ours


def test_later_claims_have_greater_numbers(one, two):
    wanted = [[slot(f"job{number}")] for number in range(20)]
    numbers = [lease.claim(each)[0].fence for each in wanted for lease in (one, two)]
    assert sorted(set(numbers[::2])) == numbers[::2]


def test_numbers_grow_even_if_redis_lost_what_it_knew(one, client):
    before = one.claim([slot()])[0].fence
    client.flushall()
    assert one.claim([slot("other")])[0].fence > before


def test_many_slots_are_asked_for_at_once(one, two):
    wanted = [slot(f"job{number}") for number in range(1200)]
    assert all(each.is_ours for each in one.claim(wanted[::2]))
    assert [each.is_ours for each in two.claim(wanted)] == [False, True] * 600


def test_a_claim_is_kept_so_long_after_its_slot_or_after_it_was_made(one, client):
    one.claim([slot(ago=timedelta(minutes=-30)), slot("old", ago=timedelta(minutes=40))])
    left = {key.split(":")[2]: client.pttl(key) for key in client.keys("*:slot:*")}
    minute = 60_000
    assert 85 * minute < left["backup"] <= 90 * minute
    assert 55 * minute < left["old"] <= 60 * minute


def test_a_slot_older_than_any_claim_is_had_if_no_later_one_was_claimed(one):
    assert one.claim([slot(ago=3 * HOUR)])[0].is_ours


def test_who_comes_after_a_claim_has_run_out_does_not_get_the_slot(one, two):
    wanted = slot(kept=SHORT)
    one.claim([wanted])
    pause(2 * SHORT)
    assert two.claim([wanted]) == [None]


def test_a_slot_that_was_passed_over_may_be_had_while_claims_of_its_time_are_kept(one, two):
    early, late = slot(ago=timedelta(minutes=2)), slot(ago=timedelta(minutes=1))
    one.claim([late])
    assert two.claim([early])[0].is_ours


def test_what_was_before_the_start_of_a_redis_without_a_log_is_not_known(program, tmp_path):
    program("redis-server", "redis-server")
    with server(tmp_path / "redis", "--save", "") as found:
        lease = open_lease(found.url, ONE)
        wanted = slot(ago=timedelta(minutes=1))
        assert lease.claim([wanted]) == [None]
        assert lease.claim([slot(ago=timedelta(seconds=-2))])[0].is_ours


def test_claims_outlive_a_redis_with_a_log_that_is_killed(redis):
    wanted = [slot(f"job{number}") for number in range(1000)]
    assert all(each.is_ours for each in open_lease(redis.url, ONE).claim(wanted))
    redis.end(signal.SIGKILL)
    redis.start()
    found = open_lease(redis.url, TWO).claim(wanted)
    assert {(each.host, each.is_ours) for each in found} == {("web-1", False)}


def test_the_latest_slot_of_a_job_is_known_and_who_has_it(one, two):
    early, late = slot(ago=timedelta(minutes=2)), slot(ago=timedelta(minutes=1))
    one.claim([early])
    two.claim([late])
    two.claim([early])
    assert one.latest(["backup", "other"]) == [Latest(late.at, "web-2", is_ours=False), None]
    assert two.latest(["backup"])[0].is_ours
    assert two.latest([]) == []


# -- places


def test_of_two_runs_one_has_the_place(one, two):
    assert [type(each) for each in one.take([taker(1)], LONG)] == [Granted]
    assert two.take([taker(7)], LONG) == [Full(Place("job:backup"), "web-1", "backup", 1)]


def test_of_a_pool_so_many_have_places_at_once(one, two):
    pool = [taker(number, most=3, places=("pool:db",)) for number in range(5)]
    found = [*one.take(pool[:2], LONG), *two.take(pool[2:], LONG)]
    assert [isinstance(each, Granted) for each in found] == [True, True, True, False, False]


def test_a_place_without_a_limit_is_anybodys_and_in_the_way_of_who_wants_it_alone(one, two):
    assert isinstance(one.take([taker(1, most=0)], LONG)[0], Granted)
    assert isinstance(two.take([taker(2, most=0)], LONG)[0], Granted)
    assert isinstance(two.take([taker(3, most=1)], LONG)[0], Full)


def test_a_run_that_cannot_have_all_its_places_has_none(one, two):
    one.take([taker(1, places=("lock:db",))], LONG)
    two.take([taker(2, "report", places=("job:report", "lock:db"))], LONG)
    assert isinstance(one.take([taker(3, "report", places=("job:report",))], LONG)[0], Granted)


def test_a_run_may_take_its_place_again_and_has_a_greater_number_then(one):
    first, again = (one.take([taker()], LONG)[0] for _ in range(2))
    assert again.fence > first.fence


def test_a_place_that_is_left_is_anybodys(one, two):
    one.take([taker(1)], LONG)
    one.leave([taker(1)])
    assert isinstance(two.take([taker(2)], LONG)[0], Granted)


def test_nobody_leaves_the_place_of_another(one, two):
    one.take([taker(1)], LONG)
    two.leave([taker(1)])
    assert isinstance(two.take([taker(1)], LONG)[0], Full)


def test_a_ledger_gives_up_what_it_has_for_other_runs_than_those_that_go_on(one, two):
    pool = ("pool:db",)
    one.take([taker(1, most=2, places=pool), taker(21, "report", places=("job:report",))], LONG)
    two.take([taker(1, most=2, places=pool)], LONG)
    one.sweep(["pool:db", "job:report", "job:backup"], {21})
    found = two.take([taker(2, most=2, places=pool), taker(3, most=2, places=pool)], LONG)
    assert [type(each) for each in found] == [Granted, Full]
    assert isinstance(two.take([taker(4, "report", places=("job:report",))], LONG)[0], Full)


def test_a_place_that_is_renewed_is_had_for_longer_than_its_lease(one, two):
    one.take([taker(1)], SHORT * 4)
    for _ in range(8):
        pause(SHORT)
        assert one.renew([taker(1)], SHORT * 4) == [None]
    assert isinstance(two.take([taker(2)], LONG)[0], Full)


def test_a_place_that_ran_out_is_anybodys_with_a_greater_number(one, two):
    frozen = one.take([taker(1)], SHORT)[0]
    pause(2 * SHORT)
    assert two.take([taker(2)], LONG)[0].fence > frozen.fence


def test_who_renews_too_late_is_told_who_has_the_place(one, two):
    one.take([taker(1)], SHORT)
    pause(2 * SHORT)
    two.take([taker(2)], LONG)
    assert one.renew([taker(1)], LONG) == [Full(Place("job:backup"), "web-2", "backup", 2)]


def test_what_ran_out_and_nobody_took_is_renewed(one, two):
    one.take([taker(1)], SHORT)
    pause(2 * SHORT)
    assert one.renew([taker(1)], LONG) == [None]
    assert isinstance(two.take([taker(2)], LONG)[0], Full)


# -- trouble


def test_a_redis_that_is_gone_is_said_without_its_password(redis):
    lease = open_lease(redis.url.replace("//", "//user:secret@"), ONE)
    redis.end()
    with pytest.raises(LeaseError) as raised:
        lease.claim([slot()])
    assert "secret" not in str(raised.value)


def test_a_redis_that_is_frozen_is_not_waited_for(redis):
    lease = open_lease(redis.url, ONE)
    lease.claim([slot()])
    redis.send(signal.SIGSTOP)
    began = CLOCK.elapsed()
    with pytest.raises(LeaseError):
        lease.claim([slot("other")])
    assert CLOCK.elapsed() - began < 3


def test_a_redis_that_was_started_anew_is_asked_over_a_new_connection(redis):
    lease = open_lease(redis.url, ONE)
    lease.claim([slot()])
    redis.end()
    redis.start()
    assert lease.claim([slot("other")])[0].is_ours


def test_an_address_that_is_none_is_refused_without_telling_it():
    with pytest.raises(UnusableError) as raised:
        open_lease("redis://user:secret@host:port/0", ONE)
    assert "secret" not in str(raised.value)


def test_it_tells_how_it_stands_with_a_redis(redis):
    told = open_lease(redis.url, ONE).condition(CLOCK.now())
    assert (told.is_logged, told.syncs, told.evicts) == (True, "everysec", "")
    assert abs(told.skew) < timedelta(seconds=5)


def test_it_tells_what_a_redis_throws_away_when_it_is_full(program, tmp_path):
    program("redis-server", "redis-server")
    full = ("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    with server(tmp_path / "redis", *full) as found:
        told = open_lease(found.url, ONE).condition(CLOCK.now())
    assert (told.is_logged, told.evicts) == (False, "allkeys-lru")


def test_an_answer_names_who_and_when(one):
    now = CLOCK.now()
    found = one.claim([slot()])[0]
    assert found == Claim("web-1", found.fence, is_ours=True)
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=found.fence)
    assert abs(at - now) < timedelta(seconds=5)
