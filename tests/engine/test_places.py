"""Which host sees to which slots: jobs placed elsewhere, jobs of every host, hosts that differ."""

from datetime import timedelta

import pytest

from jobrunner.engine.agenda import Agenda, Ends, Seat, asked_for, looks, wherever
from jobrunner.model.decision import Omit, Route, Start
from jobrunner.model.run import State, Trigger
from jobrunner.model.value import Duration
from jobrunner.schedule.identity import fingerprint
from jobrunner.store.value import Mark
from tests.build import NOON, make_job

HOUR = timedelta(hours=1)
ALONE = Seat(host="db-1", labels=("ssd",))
SHARED = Seat(host="db-1", labels=("ssd",), is_shared=True)
DUE = (Start(NOON + HOUR, Trigger.SCHEDULE),)


def hourly(**changes):
    return make_job(**({"every": Duration(hours=1)} | changes))


def mark(job, place="", **changes):
    values = {
        "job": job.name,
        "place": place,
        "looked_at": NOON,
        "next_at": NOON + HOUR,
        "schedule": fingerprint(job),
        "first_seen_at": NOON,
    }
    return Mark(**(values | changes))


def marks_of(*marks):
    return {(each.job, each.place): each for each in marks}


def due(job, seat, *marks, is_disputed=False):
    agenda = Agenda({job.name: job}, seat)
    agenda.is_disputed = is_disputed
    known = marks_of(*marks)
    found = agenda.looks(known, {}, NOON + HOUR)
    assert agenda.due_looks(known, {}, NOON + HOUR) == [each for each in found if each.since]
    return found


@pytest.mark.parametrize("seat", [ALONE, SHARED], ids=["alone", "shared"])
def test_a_job_that_fits_has_its_slots(seat):
    job = hourly(hosts=("db-*",), labels=("ssd",))
    (look,) = due(job, seat, mark(job))
    assert look.decisions == DUE


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"hosts": ("web-*",)}, "placed on web-*; this host is db-1"),
        (
            {"labels": ("gpu", "ssd")},
            "placed on any host with gpu and ssd; this host is db-1, without gpu",
        ),
        ({"hosts": ("web-*",), "on": "every"}, "placed on web-*; this host is db-1"),
    ],
)
def test_a_job_of_another_host_is_skipped_where_no_other_can_run_it(keys, reason):
    job = hourly(**keys)
    (look,) = due(job, ALONE, mark(job))
    (omitted,) = look.decisions
    assert (omitted.state, omitted.reason) == (State.SKIPPED, reason)
    assert (omitted.first, look.next_at) == (NOON + HOUR, NOON + 2 * HOUR)


def test_all_slots_of_a_time_without_ticks_are_skipped_as_one():
    job = hourly(hosts=("web-1",))
    (look,) = looks({job.name: job}, marks_of(mark(job)), {}, NOON + 5 * HOUR, ALONE)
    assert [(each.state, each.count) for each in look.decisions] == [(State.SKIPPED, 5)]


def test_the_slots_of_jobs_that_differ_in_place_alone_are_decided_apart():
    jobs = {name: hourly(name=name, cron=("0 * * * *",), every=None) for name in ("here", "there")}
    jobs["there"] = hourly(name="there", cron=("0 * * * *",), every=None, hosts=("web-1",))
    known = marks_of(*(mark(job) for job in jobs.values()))
    here, there = looks(jobs, known, {}, NOON + HOUR, ALONE)
    assert isinstance(here.decisions[0], Start)
    assert isinstance(there.decisions[0], Omit)


def test_any_host_takes_a_slot_for_one_that_fits():
    job = hourly(hosts=("web-*",), priority=7)
    (look,) = due(job, SHARED, mark(job))
    assert (look.decisions, look.place) == (DUE, "")
    assert look.route == Route("hosts=web-*", 7)


def test_alone_no_run_goes_anywhere():
    job = hourly()
    (look,) = due(job, ALONE, mark(job))
    assert (look.route, look.place) == (None, "")


def test_a_job_of_every_host_has_slots_of_each_that_stay_there():
    job = hourly(on="every")
    (look,) = due(job, SHARED, mark(job, "db-1"), mark(job, "web-1"))
    assert (look.place, look.decisions, look.route) == ("db-1", DUE, None)


def test_a_job_of_every_host_is_first_seen_by_each():
    job = hourly(on="every")
    (look,) = due(job, SHARED, mark(job, "web-1"))
    assert (look.place, look.since, look.decisions) == ("db-1", None, ())


def test_a_host_that_does_not_fit_has_no_slots_of_a_job_of_every_host():
    job = hourly(on="every", hosts=("web-*",))
    assert due(job, SHARED, mark(job, "web-1")) == []


def test_alone_every_host_is_this_one():
    job = hourly(on="every")
    (look,) = due(job, ALONE, mark(job))
    assert (look.place, look.decisions) == ("", DUE)


@pytest.mark.parametrize(
    ("now", "before", "retired"),
    [
        ({"on": "every"}, [""], [""]),
        ({"on": "one"}, ["db-1", "web-1"], ["db-1"]),
        ({"on": "every", "hosts": ("web-*",)}, ["db-1", "web-1"], ["db-1"]),
    ],
)
def test_a_place_that_a_job_has_no_more_comes_due_no_more(now, before, retired):
    job = hourly(**now)
    found = due(job, SHARED, *(mark(job, place) for place in before))
    assert [each.place for each in found if each.since and each.next_at is None] == retired


def test_places_of_a_ledger_that_is_one_hosts_again_come_due_no_more():
    job = hourly(on="every")
    found = due(job, ALONE, mark(job), mark(job, "web-1"))
    assert [(each.place, each.next_at) for each in found if not each.decisions] == [("web-1", None)]


def test_the_next_slot_is_none_of_other_hosts():
    job = hourly(on="every")
    agenda = Agenda({job.name: job}, SHARED)
    known = marks_of(mark(job, "web-1"), mark(job, "db-1", next_at=NOON + 2 * HOUR))
    assert agenda.next_slot(known, NOON + HOUR) == NOON + 2 * HOUR
    assert agenda.next_slot(marks_of(mark(job, "web-1")), NOON + HOUR) is None


# --- while hosts go by different files ---


@pytest.mark.parametrize("is_disputed", [False, True])
def test_a_job_that_only_others_know_is_left_to_them(is_disputed):
    theirs = hourly(name="theirs")
    agenda = Agenda({}, SHARED)
    agenda.is_disputed = is_disputed
    found = agenda.looks(marks_of(mark(theirs)), {}, NOON + HOUR)
    assert [each.next_at for each in found] == ([] if is_disputed else [None])
    assert (agenda.next_slot(marks_of(mark(theirs)), NOON + HOUR) is None) is is_disputed


def test_a_job_that_a_host_has_just_seen_is_known_to_somebody():
    theirs, seat = hourly(name="theirs"), SHARED
    agenda = Agenda({}, seat)
    just = mark(theirs, looked_at=NOON + HOUR - seat.fresh / 2)
    assert agenda.looks(marks_of(just), {}, NOON + HOUR) == []
    assert agenda.next_slot(marks_of(just), NOON + HOUR) is None
    (gone,) = agenda.looks(marks_of(just), {}, NOON + HOUR + seat.fresh)
    assert gone.next_at is None
    assert len(Agenda({}, ALONE).looks(marks_of(just), {}, NOON + HOUR)) == 1


@pytest.mark.parametrize("is_disputed", [False, True])
def test_a_schedule_that_not_all_agree_on_stays_as_it_is(is_disputed):
    before, after = hourly(), hourly(every=Duration(minutes=30))
    found = due(after, SHARED, mark(before), is_disputed=is_disputed)
    assert len(found) == (0 if is_disputed else 1)


def test_a_dispute_keeps_nobody_from_a_new_job_or_from_ones_own_place():
    job = hourly()
    assert len(due(job, SHARED, is_disputed=True)) == 1
    retired = mark(job, next_at=None, schedule="")
    assert len(due(job, SHARED, retired, is_disputed=True)) == 1
    own = hourly(on="every")
    old = mark(hourly(every=Duration(minutes=30)), "db-1")
    assert len(due(own, SHARED, old, is_disputed=True)) == 1


# --- next slots that follow from ends ---


def test_the_end_on_one_host_sets_the_next_slot_of_that_host():
    job = hourly(every_from="end", on="every")
    agenda = Agenda({job.name: job}, SHARED)
    known = marks_of(mark(job, "db-1", next_at=None), mark(job, "web-1", next_at=None))
    ends = Ends(live={(job.name, "web-1")}, ended={(job.name, "db-1"): NOON + HOUR})
    (look,) = agenda.looks(known, {}, NOON + 2 * HOUR, ends)
    assert (look.place, look.next_at) == ("db-1", NOON + 2 * HOUR)
    ends = Ends(live={(job.name, "db-1")})
    assert agenda.looks(known, {}, NOON + 2 * HOUR, ends) == []


def test_a_slot_that_is_asked_for_is_of_the_place_that_asked():
    assert asked_for(hourly(), mark(hourly(), "db-1"), NOON).place == "db-1"


# --- for who asks about no place ---


def test_the_mark_of_a_job_of_every_host_is_the_freshest_one():
    job = hourly(on="every")
    stale, fresh = mark(job, "web-1"), mark(job, "db-1", looked_at=NOON + HOUR)
    retired = mark(job, looked_at=NOON + 2 * HOUR, next_at=None, schedule="")
    found = wherever(marks_of(stale, fresh, retired))
    assert found == {(job.name, ""): fresh}
    alone = marks_of(mark(job))
    assert wherever(alone) == alone
