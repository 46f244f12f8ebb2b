"""What whoever looks in may do."""

import pytest

from jobrunner.engine.access.visitor import Visitor
from jobrunner.model.access import PERMISSIONS, Role

ALL = {"job.read", "job.execute", "job.write", "admin"}


def visitor(role=Role.VIEWER, jobs=()):
    return Visitor(name="ci", role=role, jobs=jobs, how="token")


@pytest.mark.parametrize(
    ("role", "may", "permissions"),
    [
        (Role.VIEWER, {Role.VIEWER}, {"job.read"}),
        (Role.OPERATOR, {Role.VIEWER, Role.OPERATOR}, {"job.read", "job.execute"}),
        (Role.ADMIN, {*Role}, ALL),
    ],
)
def test_each_role_may_what_those_below_it_may_and_more(role, may, permissions):
    who = visitor(role)
    assert {other for other in Role if who.may(other)} == may
    assert {*who.permissions} == permissions == {*PERMISSIONS[role]}


@pytest.mark.parametrize(
    ("jobs", "job", "seen"),
    [
        ((), "backup", True),
        (("db-*", "report"), "db-nightly", True),
        (("db-*", "report"), "report", True),
        (("db-*", "report"), "report-daily", False),
        (("DB-*",), "db-nightly", False),
        (("db-?",), "db-10", False),
        (("",), "backup", False),
    ],
)
def test_patterns_say_which_jobs_are_seen(jobs, job, seen):
    assert visitor(jobs=jobs).sees(job) is seen
