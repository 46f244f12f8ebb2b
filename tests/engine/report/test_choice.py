"""Which jobs are told of, and in which order."""

import pytest

from jobrunner.engine.report.choice import Choice, require_tags, see_page
from jobrunner.errors import UnknownError
from jobrunner.model.run import State
from jobrunner.model.value import Words
from tests.build import NOON, make_job
from tests.engine.report.ledger import HOUR, failed, ran

JOBS = [
    make_job(name="zebra", tags=("db",), cron=Words(["0 * * * *"])),
    make_job(name="ant", description="Counts Ants", cron=Words(["30 * * * *"])),
    make_job(name="mole", tags=("db", "deep"), command="dig --deep"),
]


def names(store, after=None, count=10, **choice):
    entries, is_more = see_page(store, JOBS, Choice(**choice), NOON, after=after, count=count)
    return [entry.name for entry in entries], is_more


def test_jobs_come_as_in_the_file_or_by_name(store):
    assert names(store) == (["zebra", "ant", "mole"], False)
    assert names(store, sort="name") == (["ant", "mole", "zebra"], False)


def test_a_page_begins_after_the_last_one_of_the_page_before(store):
    assert names(store, count=2) == (["zebra", "ant"], True)
    assert names(store, after="ant") == (["mole"], False)


def test_after_one_that_is_not_among_them_there_is_no_page(store):
    assert see_page(store, JOBS, Choice(tags=("db",)), NOON, after="ant", count=1) is None


def test_what_fails_comes_first_if_that_is_the_order(store):
    ran(store, "zebra", State.SUCCESS, NOON - HOUR)
    failed(store, "mole", 2)
    assert names(store, sort="status", count=1) == (["mole"], True)
    assert names(store, statuses=("failing",)) == (["mole"], False)


def test_what_ran_last_comes_first_if_that_is_the_order_and_what_never_ran_last(store):
    ran(store, "mole", State.SUCCESS)
    ran(store, "ant", State.FAILED)
    assert names(store, sort="last")[0] == ["ant", "mole", "zebra"]


@pytest.mark.parametrize(("text", "found"), [("ANTS", ["ant"]), ("deep", ["mole"]), ("x", [])])
def test_a_word_is_looked_for_in_all_that_is_declared(store, text, found):
    assert names(store, text=text)[0] == found


def test_a_tag_that_no_job_has_is_refused_with_the_one_that_was_meant():
    with pytest.raises(UnknownError, match="deep"):
        require_tags(["deeep"], JOBS)
