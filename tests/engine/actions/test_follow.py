"""A run, from its first attempt to its end."""

from datetime import timedelta
from pathlib import Path

import pytest

from jobrunner.engine.actions.follow import Began, Ended, Over, Still, follow
from jobrunner.engine.actions.tail import Wrote
from jobrunner.errors import UnknownError
from jobrunner.model.run import State


def told(foreman, run):
    return [event for event in follow(foreman.scene(), run, foreman) if type(event) is not Still]


def test_a_run_begins_writes_and_ends(foreman):
    foreman.scripts = {"backup": [(b"done\n", 0)]}
    began, wrote, ended, over = told(foreman, foreman.add("backup").id)
    assert (began.attempt.number, wrote.data, ended.next_at) == (1, b"done\n", None)
    assert over.run.state is State.SUCCESS


def test_each_attempt_is_told_with_what_it_wrote_and_when_the_next_one_comes(foreman):
    foreman.scripts = {"flaky": [(b"one", 1), (b"two", 0)]}
    events = told(foreman, foreman.add("flaky").id)
    assert [type(event) for event in events] == [Began, Wrote, Ended, Began, Wrote, Ended, Over]
    assert [e.data for e in events if type(e) is Wrote] == [b"one", b"two"]
    first = events[2]
    assert first.next_at - first.attempt.finished_at == timedelta(minutes=1)


def test_a_run_that_is_over_already_is_told_from_its_beginning(foreman):
    foreman.scripts = {"flaky": [(b"one", 1), (b"two", 3)]}
    run = foreman.add("flaky").id
    first = told(foreman, run)
    assert [type(event) for event in told(foreman, run)] == [type(event) for event in first]


def test_a_run_that_never_began_is_only_over(foreman):
    run = foreman.add("backup")
    foreman.store.withdraw(run.id, State.SKIPPED, "no place", owner=run.owner, now=foreman.now())
    (over,) = told(foreman, run.id)
    assert over.run.reason == "no place"


def test_what_is_written_while_one_looks_comes_at_the_next_look(foreman):
    foreman.scripts = {"backup": [(b"first ", None)]}
    run = foreman.start("backup")
    path = foreman.state.output_path(foreman.state.output(run.id, 1))

    def write():
        with Path(path).open("ab") as file:
            file.write(b"second")

    foreman.on_sleep = [write, lambda: foreman.finish(run, State.SUCCESS, 0)]
    written = [event.data for event in told(foreman, run.id) if type(event) is Wrote]
    assert written == [b"first ", b"second"]


def test_a_run_that_is_not_there_is_unknown(foreman):
    with pytest.raises(UnknownError, match="no run #7"):
        told(foreman, 7)
