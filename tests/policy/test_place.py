"""Which runs of a job meet each other, where hosts run it for all or each for itself."""

import pytest

from jobrunner.model.run import State
from jobrunner.policy.place import Busy, Floor
from tests.build import NOON, make_job, make_run


def run(number, place=""):
    begun = {"state": State.RUNNING, "attempts": 1, "started_at": NOON}
    return make_run(id=number, job="backup", place=place, **begun)


def floor(job, *runs):
    made = Floor(max_parallel=10, pools={})
    made.admit(Busy(each, job) for each in runs)
    return made


@pytest.mark.parametrize(
    ("on", "place", "others"),
    [("one", "", [1, 2, 3]), ("one", "web-1", [1, 2, 3]), ("every", "web-1", [1])],
)
def test_the_runs_of_other_hosts_are_met_unless_each_has_its_own(on, place, others):
    job = make_job(on=on)
    made = floor(job, run(1, "web-1"), run(2, "web-2"), run(3))
    asking = run(4, place)
    assert [one.run.id for one in made.others(asking)] == others
    assert made.count_others(asking) == len(others)


def test_a_lock_is_one_for_all_hosts():
    job = make_job(on="every", lock="db")
    made = floor(job, run(1, "web-1"))
    assert not made.has_room(job)
    assert made.count_others(run(2, "web-2")) == 0


def test_nobody_meets_himself():
    made = floor(make_job(), run(1))
    assert (made.count_others(run(1)), made.count_others(run(2))) == (0, 1)
    assert floor(make_job()).count_others(run(1)) == 0
