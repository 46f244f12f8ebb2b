"""A host that was stopped or cut off ends what it runs when it is, or will be, not its own."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from jobrunner.errors import StoreAwayError, StoreBusyError, StoreForbiddenError
from jobrunner.model.job import Retry
from jobrunner.model.run import Outcome, State
from jobrunner.model.value import Duration
from jobrunner.store.value import Ending
from tests.build import make_job
from tests.engine.cluster.town import CLUSTER

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
LEASE = CLUSTER.lease
LOST = Retry(attempts=1, delay=Duration(seconds=1), on=("lost",))
ONCE = make_job(name="once", command="sleep 600")
AGAIN = make_job(name="again", command="trap '' TERM; sleep 600", retry=LOST)
BESIDE = make_job(name="beside", command="sleep 600", retry=LOST, overlap="allow", max_instances=2)
SHORT = make_job(name="short", command="true")
JOBS = (ONCE, AGAIN, BESIDE, SHORT)


@pytest.fixture
def hosts(town):
    return town.host("web-1", *JOBS), town.host("web-2", *JOBS)


def freeze(town, host):
    """Have a host do nothing until others have taken over what it runs."""
    town.pass_time(LEASE + MINUTE / 2, without=[host])


def running(host):
    return [each.run.id for each in host.crew.running]


def test_who_wakes_up_kills_what_others_have_taken_over(town, hosts):
    one, two = hosts
    runs = [two.begin("once"), two.begin("again")]
    freeze(town, two)
    ended = [one.store.run(run.id) for run in runs]
    assert [run.state for run in ended] == [State.LOST, State.RETRYING]
    assert running(two) == [run.id for run in runs]
    two.turn()
    two.until(lambda: two.crew.is_empty)
    assert [one.store.run(run.id) for run in runs] == ended


def test_nothing_is_left_of_what_was_killed_but_its_output(town, hosts):
    _, two = hosts
    run = two.begin("once")
    freeze(town, two)
    two.until(lambda: two.crew.is_empty)
    two.turn()
    assert not (town.folder / "web-2/run/spool" / f"{run.id}-1").exists()
    assert (town.folder / "web-2/output" / run.output).exists()


def test_who_wakes_up_hears_of_it_before_anything_is_recorded(town, hosts, capsys):
    _, two = hosts
    run = two.begin("once")
    freeze(town, two)
    two.turn()
    assert f"once #{run.id} is not web-2's any more: it is killed" in capsys.readouterr().err


def test_a_late_result_is_refused(town, hosts):
    one, two = hosts
    run = two.begin("once")
    freeze(town, two)
    lost = one.store.run(run.id)
    outcome = Outcome(state=State.SUCCESS, finished_at=two.post.now())
    assert two.store.finish([Ending(run=run.id, attempt=1, outcome=outcome)], owner=run.owner) == {}
    assert one.store.run(run.id) == lost


def test_a_run_that_comes_back_waits_until_its_old_attempt_is_ended(town, hosts):
    one, two = hosts
    run = two.begin("beside")
    freeze(town, two)
    two.turn()
    (again,) = two.store.adopt(one.post.owner, two.post.owner)
    two.lobby.put(again)
    town.advance(MINUTE)
    two.lobby.admit()
    assert one.store.run(run.id).attempts == 1
    two.until(lambda: two.crew.is_empty)
    two.lobby.admit()
    assert one.store.run(run.id).attempts == 2


def test_what_the_ledger_does_not_know_goes_on(town, hosts, capsys):
    _, two = hosts
    run = two.begin("once")
    town.forget_runs()
    town.pass_time(MINUTE)
    assert running(two) == [run.id]
    assert f"once #{run.id} goes on, and is not in the ledger" in capsys.readouterr().err


# -- while nothing is heard of the ledger


SILENT = StoreAwayError("no answer", is_silent=True)
DOWN = StoreAwayError("refused")


def cut_off(town, host, duration, error=SILENT):
    """Have the ledger be away for one host while time passes for it alone."""
    host.store.go_away(error)
    town.pass_time(duration, without=[each for each in town.hosts if each is not host])


def test_who_hears_nothing_kills_in_time_what_others_may_begin_anew(town, hosts):
    _, two = hosts
    once, again = two.begin("once"), two.begin("again")
    cut_off(town, two, LEASE - CLUSTER.timeout - 10 * SECOND)
    assert running(two) == [once.id, again.id]
    assert not any(each.given_up for each in two.crew.running)
    cut_off(town, two, 10 * SECOND)
    two.until(lambda: running(two) == [once.id])


def test_what_was_killed_so_is_lost_and_tried_again_if_it_is_still_ours(town, hosts):
    one, two = hosts
    run = two.begin("again")
    cut_off(town, two, LEASE)
    two.until(lambda: running(two) == [])
    two.store.come_back()
    town.advance(SECOND)
    two.until(lambda: two.crew.is_empty)
    found = one.store.run(run.id)
    assert found.state is State.RETRYING
    (attempt,) = one.store.attempts(run.id)
    assert attempt.state is State.LOST
    assert attempt.reason == "web-2 could not reach the ledger for 2 minutes 50 seconds"


def test_a_server_that_is_down_ends_nothing(town, hosts):
    _, two = hosts
    run = two.begin("again")
    cut_off(town, two, 2 * LEASE, DOWN)
    assert running(two) == [run.id]
    assert not [each for each in two.crew.running if each.given_up]


@pytest.mark.parametrize("error", [StoreForbiddenError("no entry"), StoreBusyError("too many")])
def test_who_is_not_let_in_kills_too_what_others_may_begin_anew(town, hosts, error):
    _, two = hosts
    two.begin("again")
    cut_off(town, two, LEASE, error)
    two.until(lambda: running(two) == [])


def test_what_runs_at_its_own_place_goes_on(town, hosts):
    _, two = hosts
    run = two.begin("again", place="web-2")
    cut_off(town, two, 2 * LEASE)
    assert not [each for each in two.crew.running if each.given_up]
    assert running(two) == [run.id]


def test_what_has_no_attempt_left_goes_on(town, hosts):
    _, two = hosts
    run = two.begin("again")
    (attempt,) = two.crew.running
    attempt.run = replace(run, attempts=2)
    cut_off(town, two, 2 * LEASE)
    assert not attempt.given_up


def test_results_arrive_after_a_database_was_away(town, hosts):
    one, two = hosts
    run = two.begin("short")
    two.store.go_away(DOWN)
    two.until(lambda: two.crew.is_behind)
    town.pass_time(5 * MINUTE, without=hosts)
    two.store.come_back()
    two.until(lambda: two.crew.is_empty)
    assert one.store.run(run.id).state is State.SUCCESS
