"""A supervisor among those of a ledger: it says how it is, and sees who else is there."""

from datetime import timedelta

import pytest

from jobrunner import __version__
from jobrunner.engine.accord import fingerprint
from jobrunner.engine.cluster.member import Member
from jobrunner.errors import StoreAwayError, UnusableError
from jobrunner.model.decision import Route
from jobrunner.process.birth import boot_id
from jobrunner.store.value import RunFilter
from tests.build import NOON, make_job
from tests.engine.cluster.town import CLUSTER

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
JOB = make_job(name="sleep", command="sleep 600")


@pytest.fixture
def one(town):
    return town.host("web-1", JOB, labels=("gpu",), max_parallel=7)


def told(host, name="web-1"):
    (found,) = [each for each in host.store.hosts() if each.name == name]
    return found


def names(host):
    return [each.name for each in host.member.others]


def test_a_host_says_how_it_is(town, one):
    one.begin("sleep")
    one.lobby.put(one.queue("sleep"))
    one.member.ticked_at = NOON
    one.clock._now += 5 * SECOND
    town.pass_time(MINUTE)
    host = told(one)
    assert (host.owner, host.boot, host.version) == ("web-1/boot/1", boot_id(), __version__)
    assert (host.labels, host.capacity, host.running, host.waiting) == (("gpu",), 7, 1, 1)
    assert (host.config, host.skew) == (fingerprint(one.post.config), 5 * SECOND)
    assert (host.ticked_at, host.beat_at) == (NOON, NOON + MINUTE)


def test_a_host_beats_as_often_as_it_is_due_and_no_more(town, one):
    town.advance(CLUSTER.beat - SECOND)
    one.turn()
    assert told(one).beat_at == NOON
    assert one.member.next_at() == 10.0
    town.advance(SECOND)
    one.turn()
    assert told(one).beat_at == NOON + CLUSTER.beat


def test_who_joins_knows_at_once_who_is_there(town, one):
    assert names(town.host("web-2", JOB)) == ["web-1"]


def test_a_host_beats_at_once_when_it_is_hurried(town, one):
    town.advance(SECOND)
    one.store.drain("web-1", "ann", now=NOON)
    one.turn()
    assert not one.member.is_drained
    one.member.hurry()
    one.turn()
    assert one.member.is_drained


@pytest.mark.parametrize("by", [10 * MINUTE, -10 * MINUTE])
def test_a_host_whose_clock_is_set_asks_at_once_what_time_it_is(town, one, by):
    one.clock._now += by
    town.advance(SECOND)
    one.turn()
    assert told(one).skew == by
    assert one.post.now() == NOON + SECOND


def test_the_others_are_those_that_live_and_take_what_is_new(town, one):
    two, three, four = (town.host(f"web-{number}", JOB) for number in (2, 3, 4))
    town.pass_time(MINUTE)
    assert names(one) == ["web-2", "web-3", "web-4"]
    one.store.drain("web-3", "ann", now=NOON)
    four.member.leave()
    town.pass_time(MINUTE, without=[two, four])
    assert names(one) == []
    town.pass_time(2 * CLUSTER.beat)
    assert names(three) == ["web-1", "web-2", "web-4"]


def test_hosts_that_go_by_another_configuration_are_seen(town, one):
    town.host("web-2", JOB)
    town.pass_time(MINUTE)
    assert not one.member.is_disputed
    town.host("web-3", make_job(name="sleep", command="sleep 601"))
    town.pass_time(MINUTE)
    assert one.member.is_disputed


def test_a_pruned_worker_is_replaced_at_the_next_beat(town, one):
    old = one.member.worker
    one.store.forget_host("web-1")
    town.pass_time(CLUSTER.beat)
    assert one.member.worker != old


def test_what_cannot_be_had_is_tried_again_soon(town, one, capsys):
    one.store.go_away(StoreAwayError("away"))
    town.pass_time(CLUSTER.beat)
    one.store.come_back()
    town.advance(SECOND)
    one.turn()
    assert told(one).beat_at == NOON + CLUSTER.beat + SECOND
    assert "not in touch: away" in capsys.readouterr().err


def test_who_leaves_leaves_what_waits_to_others(town, one):
    two = town.host("web-2", JOB)
    one.queue("sleep", route=Route("", 0))
    worker = one.member.worker
    (taken,) = one.store.take_runs([""], 1, owner=one.post.owner, host="web-1", worker=worker)
    one.lobby.put(taken.run)
    one.member.leave()
    (run,) = two.store.runs(RunFilter(job="sleep"))
    assert run.owner == ""
    assert told(two).left_at == NOON


def test_who_leaves_while_the_ledger_is_away_is_silent(town, one):
    one.store.go_away(StoreAwayError("away"))
    one.member.leave()
    one.store.come_back()
    assert told(one).left_at is None


# -- who is who


def test_another_host_of_the_same_name_is_refused(town, one):
    town.advance(SECOND)
    with pytest.raises(UnusableError, match="another host calls itself web-1"):
        town.another("web-1", JOB)
    assert told(one).owner == one.post.owner


def test_who_comes_after_a_killed_supervisor_takes_its_place_at_once(town, one):
    run = one.begin("sleep")
    town.advance(SECOND)
    new = town.host("web-1", JOB, owner="2")
    assert told(new).owner == "web-1/boot/2"
    assert [each.run.id for each in new.crew.running] == [run.id]


def test_who_is_killed_in_the_midst_of_joining_is_no_stranger(town, one, monkeypatch):
    say = Member._say

    def killed(member):
        say(member)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Member, "_say", killed)
        with pytest.raises(KeyboardInterrupt):
            town.host("web-1", JOB, owner="2")
    assert told(one).owner == "web-1/boot/2"
    assert told(town.host("web-1", JOB, owner="3")).owner == "web-1/boot/3"


def test_a_new_machine_has_the_place_of_one_that_is_lost_and_not_before(town, one):
    town.advance(CLUSTER.lease - SECOND)
    with pytest.raises(UnusableError, match="another host calls itself web-1"):
        town.another("web-1", JOB)
    town.advance(2 * SECOND)
    assert town.another("web-1", JOB).member.worker


def test_a_new_machine_has_the_place_of_one_that_left(town, one):
    one.member.leave()
    assert town.another("web-1", JOB).member.worker


def test_who_was_replaced_while_it_was_away_kills_what_it_runs_and_ends(town, one):
    one.begin("sleep")
    town.advance(CLUSTER.lease + SECOND)
    new = town.another("web-1", JOB)
    one.turn()
    assert one.member.is_replaced
    one.until(lambda: one.crew.is_empty)
    assert told(new).owner == new.post.owner


# -- duties


def test_a_duty_is_one_hosts(town, one):
    two = town.host("web-2", JOB)
    assert one.member.has_duty("letters")
    assert not two.member.has_duty("letters")
    assert two.member.has_duty("pruning")


def test_a_duty_is_held_on_to_as_long_as_its_host_lives(town, one):
    two = town.host("web-2", JOB)
    for _ in range(20):
        town.pass_time(CLUSTER.beat)
        assert one.member.has_duty("letters")
        assert not two.member.has_duty("letters")


def test_the_duty_of_a_host_that_is_silent_is_anothers(town, one):
    two = town.host("web-2", JOB)
    assert one.member.has_duty("letters")
    town.pass_time(3 * CLUSTER.beat + SECOND, without=[one])
    assert two.member.has_duty("letters")
    assert not one.member.has_duty("letters")
