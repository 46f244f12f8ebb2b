"""What attempts have in common: who jobs run as is asked once for many."""

import os
import pwd

from jobrunner.engine.ground import FRESH, Accounts, identity_of
from jobrunner.process.failure import Failure
from tests.build import make_job

OURS, STRANGER = make_job(), make_job(name="other", user="none-such")


def test_who_a_job_runs_as_is_told_to_each_job():
    accounts = Accounts()
    assert accounts.of(OURS, 5.0) == identity_of(OURS)
    assert isinstance(accounts.of(STRANGER, 5.0), Failure)


def test_who_a_job_runs_as_is_looked_up_again_after_a_second():
    accounts = Accounts()
    first, soon, late = (accounts.of(OURS, at) for at in (5.0, 5.5, 5.0 + FRESH))
    assert soon is first
    assert (late is first, late == first) == (False, True)


def test_who_has_got_another_group_is_told_to_sign_in_anew(monkeypatch):
    nobody = pwd.getpwnam("nobody")
    for name, number in (("uid", nobody.pw_uid), ("gid", nobody.pw_gid)):
        monkeypatch.setattr(os, f"get{name}", lambda number=number: number)
        monkeypatch.setattr(os, f"gete{name}", lambda number=number: number)
    monkeypatch.setattr(os, "getgroups", list)
    found = identity_of(OURS)
    assert isinstance(found, Failure)
    assert found.message == (
        "the supervisor has not the groups that nobody has by now: start it from a new sign-in"
    )
