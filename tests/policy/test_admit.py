"""Which of the runs that wait begin, which are left out, and which go on waiting."""

from collections import Counter
from datetime import timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.clock import SystemClock
from jobrunner.model.run import State, Trigger
from jobrunner.model.value import Duration, Zone
from jobrunner.policy.admit import Begin, Leave, Replace, admit, next_change
from jobrunner.policy.place import Busy
from jobrunner.policy.waiting import Waiting
from tests.build import NOON, make_job, make_run

BERLIN = Zone("Europe/Berlin", ZoneInfo("Europe/Berlin"))
MINUTE = timedelta(minutes=1)
EARLIER = NOON - 10 * MINUTE
TEN_MINUTES = Duration(minutes=10)
OVERLAPS = ("skip", "queue", "allow", "replace")


def waits(id_, job=None, *, ready_at=NOON, overlap=None, asked=False, **run):
    job = job or make_job()
    return Waiting(
        run=make_run(**({"id": id_, "job": job.name, "created_at": ready_at} | run)),
        job=job,
        overlap=overlap or job.overlap,
        ready_at=ready_at,
        asked=asked,
    )


def retries(id_, job=None, **changes):
    begun = {"state": State.RETRYING, "attempts": 1, "started_at": EARLIER}
    return waits(id_, job, **(begun | {"created_at": EARLIER} | changes))


def runs(id_, job=None, **run):
    job = job or make_job()
    begun = {"state": State.RUNNING, "attempts": 1, "started_at": EARLIER}
    return Busy(make_run(**({"id": id_, "job": job.name} | begun | run)), job)


def rests(id_, job=None):
    return runs(id_, job, state=State.RETRYING)


def decide(waiting, busy=(), *, max_parallel=0, pools=None, now=NOON, stopping=()):
    return admit(
        waiting, busy, max_parallel=max_parallel, pools=pools or {}, now=now, stopping=stopping
    )


def begun(verdicts):
    return [verdict.run_id for verdict in verdicts if isinstance(verdict, Begin)]


def skipped(id_, reason):
    return Leave(id_, State.SKIPPED, reason)


def job_of(number, **changes):
    return make_job(name=f"job{number}", **changes)


# Who comes first


def test_a_run_begins_when_nothing_is_in_its_way():
    assert decide([waits(1)]) == [Begin(1)]


def test_a_run_waits_until_it_is_ready():
    later = waits(1, ready_at=NOON + MINUTE)
    assert decide([later]) == []
    assert decide([later], now=NOON + MINUTE) == [Begin(1)]


def test_when_places_are_few_priority_decides_then_who_was_ready_first_then_the_number():
    waiting = [
        waits(1, job_of(1)),
        waits(3, job_of(3), ready_at=NOON - MINUTE),
        waits(2, job_of(2), ready_at=NOON - MINUTE),
        waits(4, job_of(4, priority=1)),
    ]
    turns = [begun(decide(waiting, max_parallel=most)) for most in (1, 2, 3, 4)]
    assert turns == [[4], [4, 2], [4, 2, 3], [4, 2, 3, 1]]


def test_a_low_priority_waits_however_long_others_have_waited_less():
    low = waits(1, job_of(1, priority=-1), ready_at=EARLIER)
    assert begun(decide([low, waits(2, job_of(2))], max_parallel=1)) == [2]


# Places


def test_the_host_takes_so_many_and_the_rest_waits():
    waiting = [waits(n, job_of(n)) for n in range(3, 6)]
    busy = [runs(n, job_of(n)) for n in range(2)]
    assert decide(waiting, busy, max_parallel=4) == [Begin(3), Begin(4)]


def test_a_host_that_is_overfull_takes_nobody():
    busy = [runs(n, job_of(n)) for n in range(5)]
    assert decide([waits(9)], busy, max_parallel=2) == []


def test_a_pool_takes_so_many_of_the_jobs_that_name_it():
    waiting = [waits(n, job_of(n, pool="db")) for n in range(3, 6)]
    busy = [runs(1, job_of(1, pool="db")), runs(2, job_of(2))]
    assert decide(waiting, busy, pools={"db": 3}) == [Begin(3), Begin(4)]


def test_a_full_pool_keeps_nobody_else_out():
    waiting = [waits(1, job_of(1, pool="db", priority=9)), waits(2, job_of(2))]
    busy = [runs(3, job_of(3, pool="db"))]
    assert decide(waiting, busy, pools={"db": 1}, max_parallel=2) == [Begin(2)]


def test_a_pool_that_is_gone_from_the_file_limits_nobody():
    assert decide([waits(1, make_job(pool="db"))], pools={"web": 1}) == [Begin(1)]


def test_a_lock_and_a_pool_of_one_name_are_two_things():
    busy = [runs(1, job_of(1, pool="db"))]
    assert decide([waits(2, make_job(lock="db"))], busy, pools={"db": 1}) == [Begin(2)]


@pytest.mark.parametrize("overlap", ["queue", "allow", "replace"])
def test_a_run_waits_for_a_lock_that_another_job_holds(overlap):
    waiting = [waits(2, make_job(lock="db", overlap=overlap))]
    assert decide(waiting, [runs(1, job_of(1, lock="db"))]) == []
    assert decide(waiting, [runs(1, job_of(1, lock="disk"))]) == [Begin(2)]


def test_a_run_that_is_to_skip_is_left_out_with_who_holds_its_lock():
    busy = [runs(1284, make_job(lock="db"))]
    assert decide([waits(1285, make_job(name="report-daily", lock="db"))], busy) == [
        skipped(1285, 'lock "db" held by backup #1284')
    ]


def test_of_two_jobs_with_one_lock_the_one_of_higher_priority_begins():
    waiting = [waits(1, make_job(name="low", lock="db")), waits(2, make_job(lock="db", priority=1))]
    assert decide(waiting) == [Begin(2), skipped(1, 'lock "db" held by backup #2')]


def test_a_lock_holds_between_runs_of_one_job_that_may_run_beside_each_other():
    both = make_job(lock="db", overlap="allow")
    assert decide([waits(2, both)], [runs(1, both)]) == []


def test_who_waits_for_a_lock_keeps_no_place_from_others():
    queued = waits(1, job_of(1, lock="db", overlap="queue", priority=9))
    busy = [runs(3, job_of(3, lock="db"))]
    assert decide([queued, waits(2, job_of(2))], busy, max_parallel=2) == [Begin(2)]


# Other runs of the same job


def test_a_run_is_skipped_while_the_one_before_it_goes_on_told_in_the_jobs_zone():
    job = make_job(timezone=BERLIN)
    assert decide([waits(2, job)], [runs(1277, job, started_at=NOON + 52 * MINUTE)]) == [
        skipped(2, 'still running since 13:52 (#1277); overlap = "skip"')
    ]


def test_a_run_that_began_on_another_day_is_told_with_its_date():
    verdicts = decide([waits(2)], [runs(1, started_at=NOON - timedelta(days=1))])
    reason = 'still running since Thu 2026-11-19 12:00 (#1); overlap = "skip"'
    assert verdicts == [skipped(2, reason)]


def test_a_run_between_two_attempts_is_in_the_way_of_its_own_job():
    reason = 'still retrying since 11:50 (#1); overlap = "skip"'
    assert decide([waits(2)], [rests(1)]) == [skipped(2, reason)]
    assert decide([waits(2), retries(1, ready_at=NOON + MINUTE)]) == [skipped(2, reason)]


def test_a_run_between_two_attempts_has_no_place_on_the_host_no_lock_and_none_in_a_pool():
    job = {"lock": "db", "pool": "db"}
    waiting = [waits(2, make_job(name="other", **job))]
    assert decide(waiting, [rests(1, make_job(**job))], pools={"db": 1}, max_parallel=1) == [
        Begin(2)
    ]


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_a_further_attempt_is_not_kept_from_beginning_by_its_own_run(overlap):
    job = make_job(overlap=overlap)
    assert decide([retries(1, job)], [rests(1, job)]) == [Begin(1)]
    assert decide([retries(1, job)]) == [Begin(1)]


def test_a_further_attempt_waits_for_its_lock_though_the_job_skips():
    job = make_job(lock="db")
    assert decide([retries(1, job)], [runs(2, job_of(2, lock="db"))]) == []


def test_two_runs_of_a_job_at_one_moment_overlap_too():
    reason = 'still running since 12:00 (#1); overlap = "skip"'
    assert decide([waits(1), waits(2)]) == [Begin(1), skipped(2, reason)]


def test_one_run_waits_for_the_one_before_it_and_a_further_one_is_left_out():
    job = make_job(overlap="queue")
    waiting = [waits(12, job), waits(13, job, ready_at=NOON + MINUTE)]
    assert decide(waiting, [runs(1, job)]) == []
    left = decide(waiting, [runs(1, job)], now=NOON + MINUTE)
    assert left == [skipped(13, "another run (#12) waits already")]


def test_a_run_that_is_to_skip_does_not_line_up_behind_one_that_waits_for_a_place():
    waiting = [waits(1), waits(2)]
    verdicts = decide(waiting, [runs(9, job_of(9))], max_parallel=1)
    assert verdicts == [skipped(2, "another run (#1) waits already")]


def test_runs_beside_each_other_are_not_limited_unless_the_job_says_so():
    job = make_job(overlap="allow")
    assert begun(decide([waits(n, job) for n in range(2, 6)], [runs(1, job)])) == [2, 3, 4, 5]


def test_beyond_max_instances_runs_wait_and_those_between_two_attempts_count():
    job = make_job(overlap="allow", max_instances=3)
    waiting = [waits(n, job) for n in range(3, 6)]
    assert decide(waiting, [runs(1, job), rests(2, job)]) == [Begin(3)]


def test_what_somebody_asks_for_comes_before_what_the_job_says():
    assert decide([waits(2, overlap="allow")], [runs(1)]) == [Begin(2)]


def test_a_run_replaces_the_ones_before_it_and_begins_when_they_are_gone():
    job = make_job(overlap="replace")
    busy = [runs(1, job), rests(2, job), runs(3, job_of(3))]
    assert decide([waits(4, job)], busy) == [Replace(4, (1, 2))]
    assert decide([waits(4, job)], busy, stopping={1, 2}) == []
    assert decide([waits(4, job)], busy[1:], stopping={1}) == [Replace(4, (2,))]
    assert decide([waits(4, job)], busy[2:]) == [Begin(4)]


def test_a_later_run_replaces_one_that_still_waits():
    job = make_job(overlap="replace")
    verdicts = decide([waits(2, job), waits(3, job)], [runs(1, job)], stopping={1})
    assert verdicts == [skipped(2, "replaced by #3 while it waited")]


def test_a_run_that_is_replaced_does_not_begin_its_next_attempt():
    job = make_job(overlap="replace")
    again = retries(1, job, ready_at=NOON - MINUTE)
    assert decide([again, waits(2, job)]) == [Replace(2, (1,))]
    assert decide([again], stopping={1}) == []


# Slots that are made up for


def caught_up(id_, minute, **job):
    slot = NOON + minute * MINUTE
    job = make_job(**({"catch_up": "all"} | job))
    return waits(id_, job, ready_at=slot, scheduled_for=slot, created_at=NOON)


@pytest.mark.parametrize("overlap", ["skip", "queue", "replace"])
def test_slots_that_are_made_up_for_run_one_after_the_other(overlap):
    waiting = [caught_up(n, n - 5, overlap=overlap) for n in range(5)]
    assert decide(waiting) == [Begin(0)]
    busy = [runs(0, waiting[0].job, started_at=NOON)]
    assert decide(waiting[1:], busy, now=NOON + MINUTE) == []


def test_a_slot_that_comes_due_while_others_are_made_up_for_is_skipped_as_ever():
    due = caught_up(6, 1)
    busy = [runs(0, due.job, started_at=NOON)]
    assert [type(v) for v in decide([due], busy, now=NOON + MINUTE)] == [Leave]
    queued = [caught_up(5, -1, overlap="queue"), caught_up(6, 1, overlap="queue")]
    left = decide(queued, busy, now=NOON + MINUTE)
    assert left == [skipped(6, "another run (#5) waits already")]


def test_somebody_who_asks_is_told_that_the_job_runs_though_it_makes_up_for_slots():
    asked = waits(2, make_job(catch_up="all"), asked=True, scheduled_for=None)
    assert [type(v) for v in decide([asked], [runs(1, asked.job, started_at=NOON)])] == [Leave]


@pytest.mark.parametrize("overlap", ["skip", "queue", "replace"])
def test_a_run_of_the_past_waits_its_turn_and_stops_nobody(overlap):
    job = make_job(overlap=overlap, lock="db")
    past = {"trigger": Trigger.BACKFILL, "scheduled_for": None, "asked": True}
    waiting = [waits(2, job, **past), waits(3, job, **past)]
    assert decide(waiting, [runs(1, job)]) == []
    assert decide(waiting, [runs(1, job_of(1, lock="db"))]) == []


def test_runs_of_the_past_that_wait_shut_no_slot_out():
    job = make_job(overlap="queue")
    past = waits(2, job, trigger=Trigger.BACKFILL, scheduled_for=None)
    assert decide([past, waits(3, job)], [runs(1, job)]) == []


def test_a_run_of_the_past_does_not_begin_to_be_replaced_at_once():
    job = make_job(overlap="replace")
    past = waits(1, job, trigger=Trigger.BACKFILL, scheduled_for=None)
    assert decide([past, waits(2, job)]) == [Begin(2)]


# Waiting has an end


def test_who_has_waited_long_enough_for_a_place_is_left_out():
    waiting = [waits(1, make_job(queue_timeout=TEN_MINUTES))]
    busy, end = [runs(2, job_of(2))], NOON + TEN_MINUTES
    assert decide(waiting, busy, max_parallel=1, now=end - timedelta(seconds=1)) == []
    assert decide(waiting, busy, max_parallel=1, now=end) == [
        skipped(1, "waited 10 minutes for a place (queue_timeout)")
    ]


def test_who_finds_a_place_begins_however_long_it_has_waited():
    waiting = [waits(1, make_job(queue_timeout=TEN_MINUTES))]
    assert decide(waiting, now=NOON + 60 * MINUTE) == [Begin(1)]


def test_a_slot_that_is_seen_late_has_not_waited_before_it_was_seen():
    late = waits(1, make_job(queue_timeout=TEN_MINUTES), created_at=NOON + 60 * MINUTE)
    busy, now = [runs(2, job_of(2))], NOON + 61 * MINUTE
    assert decide([late], busy, max_parallel=1, now=now) == []


def test_a_further_attempt_that_finds_no_place_ends_its_run_as_failed():
    waiting = [retries(1, make_job(queue_timeout=TEN_MINUTES))]
    verdicts = decide(waiting, [runs(2, job_of(2))], max_parallel=1, now=NOON + TEN_MINUTES)
    reason = "attempt 2 waited 10 minutes for a place (queue_timeout)"
    assert verdicts == [Leave(1, State.FAILED, reason)]


def test_who_has_given_up_does_not_keep_the_next_one_from_waiting():
    job = make_job(overlap="queue", queue_timeout=TEN_MINUTES)
    waiting = [waits(1, job), waits(2, job, ready_at=NOON + 5 * MINUTE)]
    left = decide(waiting, [runs(3, job)], now=NOON + TEN_MINUTES)
    assert left == [skipped(1, "waited 10 minutes for a place (queue_timeout)")]


def test_time_changes_something_when_a_run_gets_ready_or_gives_up():
    waiting = [waits(1, make_job(queue_timeout=TEN_MINUTES)), waits(2, ready_at=NOON + 20 * MINUTE)]
    moments = [next_change(waiting, NOON + minutes * MINUTE) for minutes in (0, 10, 20)]
    assert moments == [NOON + 10 * MINUTE, NOON + 20 * MINUTE, None]


# Whatever waits

POOLS = {"small": 1, "large": 3}
JOBS = st.builds(
    make_job,
    name=st.sampled_from("abcd"),
    overlap=st.sampled_from(OVERLAPS),
    lock=st.sampled_from(["", "x", "y"]),
    pool=st.sampled_from(["", *POOLS]),
    priority=st.integers(-1, 1),
    max_instances=st.integers(1, 3),
    catch_up=st.sampled_from(["skip", "all"]),
    queue_timeout=st.sampled_from([None, TEN_MINUTES]),
)
TRIGGERS = st.sampled_from([Trigger.SCHEDULE, Trigger.MANUAL, Trigger.BACKFILL])
MINUTES = st.integers(-20, 2)


@st.composite
def scenes(draw):
    """Jobs of a few names, runs that go on, runs that wait."""
    jobs = list({job.name: job for job in draw(st.lists(JOBS, min_size=1, max_size=4))}.values())
    any_job, ids = st.sampled_from(jobs), count(1)
    busy = [
        make(next(ids), draw(any_job))
        for make in draw(st.lists(st.sampled_from([runs, rests]), max_size=4))
    ]
    waiting = [
        waits(
            next(ids),
            draw(any_job),
            ready_at=NOON + minute * MINUTE,
            trigger=draw(TRIGGERS),
            asked=draw(st.booleans()),
        )
        for minute in draw(st.lists(MINUTES, max_size=8))
    ]
    waiting += [
        retries(one.run.id, one.job)
        for one in busy
        if one.run.state is State.RETRYING and draw(st.booleans())
    ]
    return waiting, busy, draw(st.integers(0, 4))


def look(scene):
    waiting, busy, most = scene
    return decide(waiting, busy, max_parallel=most, pools=POOLS)


def goes_on(scene, verdicts):
    """Who goes on when those who may have begun."""
    began = [w for w in scene[0] if w.run.id in begun(verdicts)]
    same = [one for one in scene[1] if one.run.id not in begun(verdicts)]
    return same + [runs(w.run.id, w.job, started_at=NOON) for w in began]


def after(scene, verdicts):
    """The scene when the verdicts have been carried out."""
    stops = {id_ for v in verdicts if isinstance(v, Replace) for id_ in v.stops}
    settled = stops | {v.run_id for v in verdicts if not isinstance(v, Replace)}
    waiting = [w for w in scene[0] if w.run.id not in settled]
    busy = [one for one in goes_on(scene, verdicts) if one.run.id not in stops]
    return waiting, busy, scene[2]


def taken(busy):
    """How many have a place on the host, each lock and in each pool."""
    jobs = [one.job for one in busy if one.run.state is State.RUNNING]
    return Counter(place for job in jobs for place in ("host", job.lock, job.pool))


@given(scenes())
def test_no_place_is_ever_taken_by_more_than_it_has(scene):
    were, are = taken(scene[1]), taken(goes_on(scene, look(scene)))
    sizes = {"host": scene[2] or 99, "x": 1, "y": 1, **POOLS}
    assert all(are[place] <= max(size, were[place]) for place, size in sizes.items())


@given(scenes())
def test_a_job_that_skips_or_queues_never_runs_twice_at_once(scene):
    careful = [w for w in scene[0] if w.overlap != "allow"]
    began = [w.job.name for w in careful if w.run.id in begun(look(scene)) and not w.has_begun]
    assert not {*began} & {one.job.name for one in scene[1]}
    assert len({*began}) == len(began)


@given(scenes())
def test_a_run_gets_one_verdict_at_most_and_none_begins_to_be_stopped(scene):
    verdicts = look(scene)
    stops = [id_ for v in verdicts if isinstance(v, Replace) for id_ in v.stops]
    ids = [verdict.run_id for verdict in verdicts]
    assert len({*ids}) == len(ids)
    assert len({*stops}) == len(stops)
    assert not {*stops} & {*ids}


@given(scenes(), st.randoms(use_true_random=False))
def test_verdicts_do_not_depend_on_how_runs_are_listed(scene, chance):
    waiting, busy = (chance.sample(each, len(each)) for each in scene[:2])
    assert look((waiting, busy, scene[2])) == look(scene)


@given(scenes())
def test_at_a_second_look_nobody_begins_who_could_have_begun_at_the_first(scene):
    verdicts = look(scene)
    if not any(isinstance(verdict, Replace) for verdict in verdicts):
        assert begun(look(after(scene, verdicts))) == []


@given(scenes())
def test_when_nobody_goes_on_any_more_somebody_begins(scene):
    waiting = [w for w in scene[0] if w.ready_at <= NOON and not w.has_begun]
    while waiting:
        verdicts = look((waiting, [], scene[2]))
        assert begun(verdicts)
        waiting, _, _ = after((waiting, [], scene[2]), verdicts)


@given(st.sets(st.integers(0, 99)), st.integers(0, 3))
def test_with_room_for_all_and_nothing_shared_all_begin(numbers, spare):
    waiting = [waits(n, job_of(n)) for n in sorted(numbers)]
    verdicts = decide(waiting, max_parallel=len(numbers) + spare)
    assert verdicts == [Begin(n) for n in sorted(numbers)]


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_ten_thousand_that_wait_behind_a_hundred_are_seen_to_at_once(overlap):
    job = make_job(overlap=overlap, lock="db", pool="db")
    busy = [runs(n, job) for n in range(100)]
    waiting = [waits(n, job) for n in range(100, 10_100)]
    clock = SystemClock()
    began_at = clock.elapsed()
    verdicts = decide(waiting, busy, pools={"db": 2})
    assert clock.elapsed() - began_at < 2
    assert begun(verdicts) == []
