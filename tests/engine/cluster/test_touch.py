"""Who is in touch, who is lost: the rules, over clocks that are set."""

from datetime import timedelta

import pytest

from jobrunner.engine.cluster.touch import Touch, interval, let_go_at, lost, touched
from jobrunner.model.settings import Cluster
from jobrunner.model.value import Duration
from jobrunner.store.fleet import Host
from tests.build import NOON

CLUSTER = Cluster()  # a lease of three minutes, a beat of ten seconds
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
SHORT = Cluster(
    lease=Duration(seconds=12), tick=Duration(seconds=1), beat=Duration(seconds=5), timeout=SECOND
)


def host(name="web-2", beat_at=NOON):
    return Host(
        name=name,
        owner=f"{name}/boot/1",
        boot="boot",
        worker=1,
        labels=(),
        capacity=1,
        running=0,
        waiting=0,
        version="",
        config="",
        skew=timedelta(),
        first_seen_at=beat_at,
        beat_at=beat_at,
        ticked_at=None,
        left_at=None,
        drained_at=None,
        drained_by="",
    )


def beats(*steps, cluster=CLUSTER):
    """The touch after beats so many seconds apart, by the database's clock and by durations."""
    touch = touched(None, NOON, 0.0, cluster)
    at, elapsed = NOON, 0.0
    for heard, passed in steps:
        at, elapsed = at + timedelta(seconds=heard), elapsed + passed
        touch = touched(touch, at, elapsed, cluster)
    return touch


def test_beats_in_time_are_without_a_break():
    touch = beats(*[(10, 10)] * 18)
    assert (touch.since, touch.last, touch.elapsed) == (NOON, NOON + 3 * MINUTE, 180.0)


@pytest.mark.parametrize(
    ("heard", "passed"),
    [
        pytest.param(46, 46, id="stopped or cut off"),
        pytest.param(600, 10, id="the database's clock was set ahead"),
        pytest.param(-600, 10, id="or back"),
        pytest.param(10, 600, id="back by what had passed"),
    ],
)
def test_a_break_begins_anew(heard, passed):
    touch = beats((10, 10), (heard, passed))
    assert touch.since == touch.last == NOON + timedelta(seconds=10 + heard)


def test_a_beat_that_is_late_is_no_break():
    assert beats((10, 10), (45, 45)).since == NOON


@pytest.mark.parametrize("cluster", [CLUSTER, SHORT])
def test_so_often_is_beaten_that_one_may_be_late(cluster):
    assert 2 * interval(cluster) <= cluster.lease / 4


def test_a_host_is_lost_that_was_not_heard_of_for_longer_than_the_lease():
    touch = Touch(NOON, NOON + 10 * MINUTE, 600.0)
    at_once, never = NOON + 10 * MINUTE, NOON
    just = touch.last - CLUSTER.lease
    hosts = [host("a", at_once), host("b", never), host("c", just), host("d", just - SECOND)]
    assert [each.name for each in lost(hosts, touch, CLUSTER)] == ["b", "d"]


def test_who_was_not_in_touch_for_a_whole_lease_calls_nobody_lost():
    hosts = [host(beat_at=NOON - 60 * MINUTE)]
    assert lost(hosts, Touch(NOON, NOON + 3 * MINUTE - SECOND, 179.0), CLUSTER) == []
    assert lost(hosts, Touch(NOON, NOON + 3 * MINUTE, 180.0), CLUSTER) == hosts


def test_a_database_that_was_away_makes_nobody_lost():
    touch = beats(*[(10, 10)] * 20, (300, 300))
    assert lost([host(beat_at=NOON + 3 * MINUTE)], touch, CLUSTER) == []


def test_a_clock_that_was_set_makes_nobody_lost():
    touch = beats(*[(10, 10)] * 20, (600, 10))
    assert lost([host(beat_at=touch.last - 600 * SECOND)], touch, CLUSTER) == []


def test_there_is_time_to_end_what_others_may_begin():
    assert let_go_at(Touch(NOON, NOON, 100.0), CLUSTER) == 100.0 + 180 - 5 - 10
