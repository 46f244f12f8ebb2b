"""Who shares a ledger, as every surface tells it; and who takes nothing new."""

from contextlib import closing
from datetime import timedelta

import psycopg
import pytest

from jobrunner.engine.actions import drain
from jobrunner.engine.report.host import see_hosts
from jobrunner.engine.report.look import see_host
from jobrunner.engine.report.metrics import Watch, see_metrics
from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State as Folder
from jobrunner.errors import BusyError, UnknownError
from jobrunner.model.settings import Config
from jobrunner.store import open_server
from jobrunner.store.fleet import Beat
from tests.build import NOON
from tests.engine.report.ledger import queued, started
from tests.store.server import empty

MINUTE = timedelta(minutes=1)


@pytest.fixture
def shared(ledger, tmp_path):
    """A scene whose ledger many hosts share."""
    empty(ledger)
    with closing(open_server(ledger)) as store:
        yield Scene(config=Config(origin="jobs.toml"), state=Folder(str(tmp_path)), store=store)


def beat(scene, name, **changes):
    told = {"owner": f"{name}/1", "boot": "a", "version": "1.0", "config": "same"} | changes
    return scene.store.beat(Beat(host=name, **told))


def silence(ledger, name, seconds):
    """Let a host not have been heard of for so long."""
    with psycopg.connect(ledger, options="-c search_path=jobrunner") as connection:
        moved = "UPDATE hosts SET beat_at = beat_at - %s WHERE name = %s"
        connection.execute(moved, (seconds * 1_000_000, name))


def rows(scene):
    return {host.name: host for host in see_hosts(scene, NOON).hosts}


def test_a_host_is_told_as_it_told_of_itself(shared):
    beat(shared, "web-1", labels=("gpu",), capacity=8, running=3, waiting=1, skew=-MINUTE)
    host = rows(shared)["web-1"]
    assert (host.state, host.labels, host.capacity, host.running) == ("alive", ("gpu",), 8, 3)
    assert (host.waiting, host.skew_seconds, host.version) == (1, -60.0, "1.0")


def test_how_a_host_is_goes_by_its_beats(shared, ledger):
    for name in ("a", "b", "c", "d", "e"):
        beat(shared, name)
    silence(ledger, "b", 31)
    silence(ledger, "e", 29)
    shared.store.leave("c", "c/1")
    shared.store.drain("d", "ann", now=shared.store.clock())
    states = {name: host.state for name, host in rows(shared).items()}
    assert states == {"a": "alive", "b": "silent", "c": "left", "d": "drained", "e": "alive"}


def test_what_keeps_a_host_from_working_comes_first(shared, ledger):
    beat(shared, "a")
    shared.store.drain("a", "ann", now=shared.store.clock())
    silence(ledger, "a", 60)
    host = rows(shared)["a"]
    assert (host.state, host.drained_by) == ("silent", "ann")


@pytest.mark.parametrize(
    ("configs", "agree"),
    [
        ("aaa", "yyy"),
        ("aab", "yyn"),
        ("ab", "nn"),
        ("aabb", "nnnn"),
        ("a", "y"),
    ],
)
def test_without_a_pushed_version_most_are_right(shared, configs, agree):
    for number, config in enumerate(configs):
        beat(shared, f"web-{number}", config=config)
    assert "".join("ny"[host.agrees] for host in rows(shared).values()) == agree


def test_one_that_left_has_no_say(shared):
    beat(shared, "a", config="old")
    beat(shared, "b", config="new")
    shared.store.leave("a", "a/1")
    assert rows(shared)["b"].agrees


def test_the_version_that_was_pushed_last_is_right_however_few_have_it(shared):
    store = shared.store
    first = store.push_config("1", "old", by="ann", host="a", parent=None)
    second = store.push_config("2", "new", by="ann", host="a", parent=first.version)
    for name, config in (("a", "old"), ("b", "old"), ("c", "new"), ("d", "own")):
        beat(shared, name, config=config)
    told = {name: (host.config_version, host.agrees) for name, host in rows(shared).items()}
    assert told["a"] == told["b"] == (first.version, False)
    assert (told["c"], told["d"]) == ((second.version, True), (None, False))


def test_a_version_that_says_what_an_earlier_one_said_is_told_as_the_later_one(shared):
    store, parent = shared.store, None
    for text in ("x", "y", "x"):
        parent = store.push_config(text, text, by="ann", host="a", parent=parent).version
    beat(shared, "a", config="x")
    assert rows(shared)["a"].config_version == parent


def test_a_host_is_not_well_while_another_one_is_silent(shared, ledger):
    beat(shared, "a")
    beat(shared, "b")
    assert see_host(shared, NOON, supervisor="awake").healthy
    silence(ledger, "b", 60)
    found = see_host(shared, NOON, supervisor="awake")
    assert (found.healthy, [host.state for host in found.hosts]) == (False, ["alive", "silent"])


def test_a_host_is_drained_and_works_again(shared):
    beat(shared, "a")
    found = drain.drain(shared.store, "a", "ann")
    assert (found.drained, found.changed, found.by) == (True, True, "ann")
    again = drain.drain(shared.store, "a", "bob")
    assert (again.changed, again.by, again.since) == (False, "ann", found.since)
    assert beat(shared, "a").drained_by == "ann"  # which it hears with its next beat
    assert not drain.undrain(shared.store, "a").drained
    assert not drain.undrain(shared.store, "a").changed


def test_what_still_runs_on_a_host_is_told(shared):
    beat(shared, "web-1")
    run = started(shared.store, queued(shared.store, "backup"), NOON)
    queued(shared.store, "waits")
    (still,) = drain.drain(shared.store, "web-1", "ann").running
    assert (still.run, still.job) == (run.id, "backup")


def test_a_host_that_is_not_there_is_met_with_the_one_that_was_meant(shared):
    beat(shared, "web-1")
    with pytest.raises(UnknownError, match='Did you mean "web-1"'):
        drain.drain(shared.store, "wbe-1", "ann")


def test_only_one_that_does_not_live_is_forgotten(shared, ledger):
    beat(shared, "a")
    with pytest.raises(BusyError, match="a lives"):
        drain.forget(shared, "a")
    silence(ledger, "a", 60)
    drain.forget(shared, "a")
    assert rows(shared) == {}


def test_figures_tell_of_each_host_but_for_those_that_left(shared, ledger):
    beat(shared, "a", capacity=8, running=2, skew=MINUTE)
    beat(shared, "b")
    beat(shared, "c")
    shared.store.leave("c", "c/1")
    silence(ledger, "b", 60)
    families = see_metrics(shared.store, shared.config, Watch(host="a"), NOON)
    told = {
        (family.name.removeprefix("jobrunner_host_"), one.labels["host"]): one.value
        for family in families
        if "_host_" in family.name
        for one in family.samples
    }
    assert {host for _, host in told} == {"a", "b"}
    assert (told["up", "a"], told["up", "b"], told["running", "a"]) == (1, 0, 2)
    assert (told["skew_seconds", "a"], told["capacity", "a"]) == (60.0, 8)
