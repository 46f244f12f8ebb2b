"""The rule of times: a host is not lost before it must have taken up its own jobs again."""

from datetime import timedelta

import pytest

from jobrunner.model.settings import Cluster
from jobrunner.model.value import Duration
from jobrunner.policy import lease

SECOND = timedelta(seconds=1)


def cluster(seconds, **more):
    return Cluster(lease=Duration(seconds=seconds), **more)


def test_what_is_built_in_is_safe():
    assert lease.unsafe(Cluster()) == ""
    assert lease.least(Cluster()) == timedelta(seconds=150)


@pytest.mark.parametrize(("seconds", "is_safe"), [(150, False), (151, True)])
def test_a_lease_is_longer_than_all_that_must_happen_first(seconds, is_safe):
    assert (lease.unsafe(cluster(seconds)) == "") is is_safe


@pytest.mark.parametrize(("key", "times"), [("tick", 2), ("beat", 1), ("timeout", 1)])
def test_each_delay_counts(key, times):
    least = lease.least(Cluster())
    longer = Cluster(**{key: Duration(seconds=getattr(Cluster(), key) / SECOND + 7)})
    assert lease.least(longer) - least == times * 7 * SECOND


def test_the_sum_is_told_with_its_parts():
    said = lease.unsafe(cluster(60))
    assert said == (
        "`lease` is 1 minute, and must be longer than 2 minutes 30 seconds: twice `tick`"
        " (1 minute), the start of a supervisor (5 seconds), `beat` (10 seconds),"
        " `timeout` (10 seconds) and what stopping takes (5 seconds)"
    )
