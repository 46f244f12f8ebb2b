"""Slots and places that hosts share over `claims`: several posts, each with its own ledger."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from msgspec.structs import replace

from jobrunner.clock import SystemClock
from jobrunner.engine.agenda import looks
from jobrunner.engine.lessor import PATIENCE, SHY
from jobrunner.lease.base import LeaseError
from jobrunner.model.decision import Omit, Start
from jobrunner.model.run import State
from jobrunner.model.settings import Cluster, Settings
from jobrunner.model.value import Secret
from jobrunner.policy.waiting import Waiting
from tests.build import FakeClock, make_job
from tests.engine.workplace import a_post, queue
from tests.lease.server import server
from tests.store.server import until

REAL = SystemClock()
MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=3)


@pytest.fixture(scope="module")
def common(program, tmp_path_factory):
    program("redis-server", "redis-server")
    with server(tmp_path_factory.mktemp("redis")) as found:
        yield found


@pytest.fixture
def redis(common):
    """Empty, and running, whatever a test does to it."""
    yield common
    common.end()
    common.start()
    with common.client() as client:
        client.flushall()


@pytest.fixture
def host(redis, tmp_path):
    """Makes posts by the names of their hosts; the same name is the same ledger."""
    now = REAL.now()
    with ExitStack() as opened:

        def host(name="web-1", *jobs, unreachable="skip", lease=LEASE, **settings):
            claims = {"claims": Secret(redis.url), "claims_unreachable": unreachable}
            config = {
                "settings": Settings(**(claims | settings)),
                "cluster": Cluster(lease=lease),
                "pools": {"db": 2},
            }
            folder = tmp_path / name
            folder.mkdir(exist_ok=True)
            jobs = jobs or (make_job(every=MINUTE),)
            clock = FakeClock(now)
            return opened.enter_context(a_post(folder, *jobs, host=name, clock=clock, **config))

        yield host


def due(post):
    """The looks of a host that looked last before the minute came at which its jobs are due."""
    before = post.now().replace(second=0, microsecond=0) - MINUTE / 2
    return since(post, before)


def since(post, before):
    """The looks of a host that looked last then."""
    now = post.now()
    first = looks(post.jobs, {}, {}, before)
    post.store.claim(first, owner="us", host=post.ground.host, now=before)
    return looks(post.jobs, post.store.marks(), {}, now)


def settled(post):
    return post.claims.settle(due(post), post.config)


def decisions(found):
    return [decision for look in found for decision in look.decisions]


# -- slots


def test_without_claims_every_slot_is_this_hosts(host):
    post = host(claims=Secret())
    wanted = due(post)
    assert post.claims.settle(wanted, post.config) is wanted


def test_of_two_hosts_one_starts_the_slot_and_the_other_writes_who_has_it(host):
    first, second = decisions(settled(host("web-1"))), decisions(settled(host("web-2")))
    assert [type(each) for each in first] == [Start]
    assert [(each.state, each.reason) for each in second] == [(State.SKIPPED, "taken by web-1")]
    assert second[0].first == first[0].scheduled_for


def test_a_host_that_was_killed_before_its_ledger_knew_gets_its_slot_again(host):
    assert [type(each) for each in decisions(settled(host("web-1")))] == [Start]
    assert [type(each) for each in decisions(settled(host("web-2")))] == [Omit]
    assert [type(each) for each in decisions(settled(host("web-1")))] == [Start]


def test_a_job_of_every_host_needs_no_claim(host):
    every = make_job(every=MINUTE, on="every")
    found = [decisions(settled(host(name, every))) for name in ("web-1", "web-2")]
    assert [type(each[0]) for each in found] == [Start, Start]


def test_the_other_jobs_of_a_host_are_decided_as_they_were(host):
    jobs = make_job(every=MINUTE), make_job(name="own", every=MINUTE, on="every")
    settled(host("web-1", *jobs))
    found = {look.job: look.decisions for look in settled(host("web-2", *jobs))}
    assert {job: type(each[0]) for job, each in found.items()} == {"backup": Omit, "own": Start}


def test_while_redis_is_away_for_a_moment_slots_are_put_off(host, redis):
    post = host()
    wanted = due(post)
    redis.end()
    assert post.claims.settle(wanted, post.config) == []
    assert post.claims.next_look(None, post.now()) == post.now() + timedelta(seconds=1)


def test_slots_that_were_put_off_are_had_when_redis_is_back(host, redis):
    post = host()
    wanted = due(post)
    redis.end()
    post.claims.settle(wanted, post.config)
    redis.start()
    post.ground.clock.advance(timedelta(seconds=SHY))
    found = post.claims.settle(wanted, post.config)
    assert [type(each) for each in decisions(found)] == [Start]
    assert post.claims.next_look(None, post.now()) is None


def test_slots_are_skipped_when_redis_stays_away(host, redis):
    post = host()
    wanted = due(post)
    redis.end()
    post.claims.settle(wanted, post.config)
    post.ground.clock.advance(timedelta(seconds=PATIENCE))
    found = decisions(post.claims.settle(wanted, post.config))
    assert [(each.state, each.reason) for each in found] == [(State.SKIPPED, "claims unreachable")]


def test_slots_run_without_a_claim_where_that_is_wanted(host, redis):
    post = host(unreachable="run")
    wanted = due(post)
    redis.end()
    assert post.claims.settle(wanted, post.config) == wanted


def test_who_was_silent_is_left_alone_for_a_moment(host, redis):
    post = host()
    redis.end()
    with pytest.raises(LeaseError):
        post.lessor.ask(lambda lease: lease.claim([]) or lease.condition(post.now()))
    redis.start()
    with pytest.raises(LeaseError, match="a moment ago"):
        post.lessor.ask(lambda lease: lease.condition(post.now()))


def test_where_nobody_can_be_asked_because_of_a_file_it_is_as_if_nobody_answered(host, tmp_path):
    post = host(claims=Secret(), claims_file=str(tmp_path / "absent"))
    assert settled(post) == []


def test_an_address_that_has_changed_in_its_file_is_used_when_the_old_one_fails(
    host, redis, tmp_path
):
    file = tmp_path / "claims"
    file.write_text("redis://127.0.0.1:1")
    file.chmod(0o600)
    post = host(claims=Secret(), claims_file=str(file))
    wanted = due(post)
    assert post.claims.settle(wanted, post.config) == []
    file.write_text(redis.url)
    post.ground.clock.advance(timedelta(seconds=SHY))
    assert post.claims.settle(wanted, post.config) == wanted


def test_what_a_host_missed_while_others_were_at_work_says_so(host):
    settled(host("web-1"))
    late = host("web-2")
    missed, *_ = decisions(late.claims.settle(since(late, late.now() - 30 * MINUTE), late.config))
    assert missed.state is State.MISSED
    assert missed.reason.endswith("; web-1 has had later ones")


def test_what_all_hosts_missed_is_simply_missed(host):
    late = host("web-2")
    missed, *_ = decisions(late.claims.settle(since(late, late.now() - 30 * MINUTE), late.config))
    assert missed.state is State.MISSED
    assert "has had" not in missed.reason


# -- places


def waiting(post, job=None, **changes):
    """A run of this host that is ready."""
    job = job or post.jobs["backup"]
    run = queue(post, job.name)
    about = {"run": run, "job": job, "overlap": job.overlap, "ready_at": post.now()}
    return Waiting(**(about | changes))


def obstacle(post, each):
    found = post.tenure.obstacles([each], post.config)
    return found.get(each.run.id)


def test_a_run_is_left_out_while_one_of_its_job_goes_on_on_another_host(host):
    one, two = host("web-1"), host("web-2")
    first = waiting(one)
    assert obstacle(one, first) is None
    found = obstacle(two, waiting(two))
    assert found.is_final
    assert found.reason == f'still running: backup #{first.run.id} on web-1; overlap = "skip"'


@pytest.mark.parametrize("overlap", ["queue", "replace"])
def test_a_run_that_is_to_queue_waits_for_the_one_on_another_host(host, overlap):
    job = make_job(overlap=overlap)
    one, two = host("web-1", job), host("web-2", job)
    obstacle(one, waiting(one))
    assert not obstacle(two, waiting(two)).is_final


def test_so_many_instances_run_on_all_hosts_together(host):
    job = make_job(overlap="allow", max_instances=3)
    hosts = [host(name, job) for name in ("web-1", "web-2", "web-3", "web-4")]
    found = [obstacle(each, waiting(each)) for each in hosts]
    assert [each is None for each in found] == [True, True, True, False]


def test_a_lock_is_had_by_one_job_of_all_hosts(host):
    jobs = make_job(lock="db"), make_job(name="report", lock="db")
    one, two = host("web-1", *jobs), host("web-2", *jobs)
    first = waiting(one)
    obstacle(one, first)
    found = obstacle(two, waiting(two, jobs[1]))
    assert found.reason == f'lock "db" held by backup #{first.run.id} on web-1'


def test_for_a_place_in_a_pool_a_run_waits(host):
    jobs = [make_job(name=f"job{number}", pool="db") for number in range(3)]
    one, two = host("web-1", *jobs), host("web-2", *jobs)
    assert obstacle(one, waiting(one, jobs[0])) is None
    assert obstacle(two, waiting(two, jobs[1])) is None
    assert not obstacle(two, waiting(two, jobs[2])).is_final


def test_a_job_of_every_host_is_in_the_way_of_nobody(host):
    job = make_job(on="every")
    one, two = host("web-1", job), host("web-2", job)
    assert [obstacle(each, waiting(each)) for each in (one, two)] == [None, None]


def test_a_run_has_a_number_that_is_greater_than_that_of_the_one_before(host):
    one, two = host("web-1"), host("web-2")
    first, second = waiting(one), waiting(two)
    obstacle(one, first)
    one.tenure.see_to([], [], one.config)
    obstacle(two, second)
    assert int(two.tenure.fence(second.run.id)) > int(one.tenure.fence(first.run.id) or 0)


def test_what_has_ended_is_in_nobodys_way(host):
    one, two = host("web-1"), host("web-2")
    first = waiting(one)
    obstacle(one, first)
    one.tenure.see_to([(first.run, first.job)], [], one.config)
    assert obstacle(two, waiting(two)).is_final
    one.tenure.see_to([], [], one.config)
    assert obstacle(two, waiting(two)) is None


def test_between_two_attempts_a_run_holds_its_job_and_no_lock(host):
    jobs = make_job(lock="db"), make_job(name="report", lock="db")
    one, two = host("web-1", *jobs), host("web-2", *jobs)
    first = waiting(one)
    obstacle(one, first)
    rests = replace(first.run, state=State.RETRYING, attempts=1)
    one.tenure.see_to([], [(rests, first.job)], one.config)
    assert obstacle(two, waiting(two)).is_final
    assert obstacle(two, waiting(two, jobs[1])) is None


def test_a_supervisor_goes_on_holding_for_the_one_before_it(host):
    one, two, later = host("web-1"), host("web-2"), host("web-1")
    first = waiting(one)
    obstacle(one, first)
    assert later.tenure.see_to([(first.run, first.job)], [], later.config) == {}
    later.tenure.see_to([], [], later.config)
    assert obstacle(two, waiting(two)) is None


def test_what_ended_while_no_supervisor_lived_is_in_nobodys_way(host):
    jobs = make_job(lock="db"), make_job(name="report", lock="db")
    one, two, later = host("web-1", *jobs), host("web-2", *jobs), host("web-1", *jobs)
    obstacle(one, waiting(one))
    assert obstacle(two, waiting(two, jobs[1])) is not None
    later.tenure.see_to([], [], later.config)
    assert obstacle(two, waiting(two, jobs[1])) is None


def test_a_supervisor_that_begins_takes_nothing_from_other_hosts(host):
    one, two = host("web-1"), host("web-2")
    obstacle(one, waiting(one))
    two.tenure.see_to([], [], two.config)
    assert obstacle(two, waiting(two)).is_final


def test_a_lease_is_renewed_while_its_run_goes_on(host):
    lease = timedelta(milliseconds=300)
    one, two = host("web-1", lease=lease), host("web-2", lease=lease)
    first, began = waiting(one), REAL.elapsed()
    obstacle(one, first)

    def has_lasted():
        one.ground.clock.advance(lease / 3)
        assert one.tenure.see_to([(first.run, first.job)], [], one.config) == {}
        return REAL.elapsed() - began > 2 * lease.total_seconds()

    until(has_lasted)
    assert obstacle(two, waiting(two)).is_final


def test_who_was_silent_for_a_lease_is_told_who_came_in_its_place(host):
    lease = timedelta(milliseconds=100)
    one, two = host("web-1", lease=lease), host("web-2")
    first, second = waiting(one), waiting(two)
    obstacle(one, first)
    until(lambda: obstacle(two, second) is None)
    one.ground.clock.advance(lease)
    found = one.tenure.see_to([(first.run, first.job)], [], one.config)
    by = f"backup #{second.run.id} on web-2, which took its place while this host was silent"
    assert found == {first.run.id: by}
    assert one.tenure.see_to([(first.run, first.job)], [], one.config) == {}


def test_who_was_silent_goes_on_if_nobody_came(host, redis):
    lease = timedelta(milliseconds=100)
    one, two = host("web-1", lease=lease), host("web-2")
    first = waiting(one)
    obstacle(one, first)
    with redis.client() as client:
        until(lambda: not client.keys("*:place:*"))
    one.ground.clock.advance(lease)
    one.config = replace(one.config, cluster=Cluster(lease=LEASE))
    assert one.tenure.see_to([(first.run, first.job)], [], one.config) == {}
    assert obstacle(two, waiting(two)).is_final


def test_while_redis_is_away_what_runs_goes_on_and_is_left_later(host, redis):
    one, two = host("web-1"), host("web-2")
    first = waiting(one)
    obstacle(one, first)
    redis.end()
    one.ground.clock.advance(LEASE / 2)
    assert one.tenure.see_to([(first.run, first.job)], [], one.config) == {}
    one.tenure.see_to([], [], one.config)
    redis.start()
    one.ground.clock.advance(timedelta(seconds=SHY))
    one.tenure.see_to([], [], one.config)
    assert obstacle(two, waiting(two)) is None


def test_a_run_that_is_ready_waits_for_redis_and_is_left_out_when_that_stays_away(host, redis):
    post = host()
    each = waiting(post)
    redis.end()
    assert not obstacle(post, each).is_final
    post.ground.clock.advance(timedelta(seconds=PATIENCE))
    found = obstacle(post, each)
    assert (found.is_final, found.reason) == (True, "claims unreachable")


def test_a_run_goes_on_without_a_number_where_that_is_wanted(host, redis):
    post = host(unreachable="run")
    each = waiting(post)
    redis.end()
    assert obstacle(post, each) is None
    assert post.tenure.fence(each.run.id) == ""


def test_a_slot_that_was_taken_without_a_claim_is_known_as_such(host, redis):
    post = host(unreachable="run")
    wanted = due(post)
    redis.end()
    runs = post.store.claim(
        post.claims.settle(wanted, post.config), owner="us", host="web-1", now=post.now()
    )
    assert [post.claims.is_lacking(run) for run in runs] == [True]
    assert not post.claims.is_lacking(waiting(post).run)
