"""Where a job may run: names, labels, preferences, and the text that stands for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.policy.placement import (
    ANY,
    Placement,
    fits,
    preferred,
    queue,
    read,
    route,
    told,
)
from tests.build import make_job

WORD = st.from_regex(r"[A-Za-z0-9_.:/@+*?!\[\]-]{1,8}", fullmatch=True)
WORDS = st.lists(WORD, max_size=4).map(tuple)
PLACEMENTS = st.builds(Placement, hosts=WORDS, labels=WORDS, prefer=WORDS)


@pytest.mark.parametrize(
    ("hosts", "labels", "fit"),
    [
        ((), (), True),
        (("web-1",), (), True),
        (("web-2",), (), False),
        (("web-*",), (), True),
        (("WEB-*",), (), False),
        (("db-*", "web-?"), (), True),
        (("web-[2-9]",), (), False),
        ((), ("gpu",), True),
        ((), ("gpu", "ssd"), True),
        ((), ("gpu", "tape"), False),
        (("web-*",), ("tape",), False),
        (("db-*",), ("gpu",), False),
    ],
)
def test_a_host_fits_one_of_the_names_and_all_the_labels(hosts, labels, fit):
    job = make_job(hosts=hosts, labels=labels)
    assert fits(job, "web-1", ("ssd", "gpu")) is fit


@pytest.mark.parametrize(
    ("prefer", "is_preferred"),
    [
        ((), True),
        (("web-1",), True),
        (("web-*",), True),
        (("gpu",), True),
        (("db-*", "tape"), False),
    ],
)
def test_a_host_is_preferred_by_name_or_label(prefer, is_preferred):
    assert preferred(Placement(prefer=prefer), "web-1", ("gpu",)) is is_preferred


def test_a_job_that_any_host_may_run_has_no_route():
    assert (route(make_job()), queue("")) == ("", ANY)


def test_a_route_tells_where_to_run():
    job = make_job(hosts=("web-*", "db-1"), labels=("gpu",), prefer=("db-1",))
    assert route(job) == "hosts=db-1,web-* labels=gpu prefer=db-1"
    assert told(job) == "web-* or db-1 with gpu"


@given(PLACEMENTS)
def test_a_route_is_read_as_what_it_says(placement):
    again = read(route(placement))
    assert route(again) == route(placement)
    assert {*again.hosts} == {*placement.hosts}
    assert {*again.prefer} == {*placement.prefer}


@given(PLACEMENTS, PLACEMENTS)
def test_jobs_share_a_queue_if_they_say_the_same(one, other):
    assert (route(one) == route(other)) == (queue(route(one)) == queue(route(other)))


def test_the_order_in_which_words_are_written_does_not_matter():
    assert route(Placement(hosts=("b", "a", "b"))) == route(Placement(hosts=("a", "b")))
