"""The variables of an attempt: which, in what order, and what stops them."""

from zoneinfo import ZoneInfo

import pytest

from jobrunner.errors import UnusableError
from jobrunner.kinds.environment import PATH, environment
from jobrunner.kinds.task import Account
from jobrunner.kinds.trace import traceparent
from jobrunner.model.run import Trigger
from jobrunner.model.value import Words
from tests.build import NOON, make_job, make_run
from tests.kinds.stage import make_facts, make_setting, reader

LOCAL = {"LANG": "de_DE.UTF-8", "LC_TIME": "C", "TZ": "Europe/Berlin"}
INHERITED = {**LOCAL, "PATH": "/opt/bin", "HOME": "/root", "SECRET": "hush", "PROXY": "p"}
TOLD = ("JOBRUNNER_", "TRACEPARENT")
PERSONAL = {"HOME": "/home/ann", "USER": "ann", "LOGNAME": "ann", "SHELL": "/bin/zsh"}


def variables(setting) -> dict[str, str]:
    """Those that do not tell of the run."""
    env = environment(setting)
    return {name: env[name] for name in env if not name.startswith(TOLD)}


def test_an_attempt_has_a_clean_environment():
    env = variables(make_setting(inherited=INHERITED))
    assert env == {"PATH": PATH, **PERSONAL, **LOCAL}


def test_a_job_may_inherit_nothing():
    env = variables(make_setting(make_job(inherit_env=False), inherited=INHERITED))
    assert env == {"PATH": PATH, **PERSONAL}


def test_a_job_may_inherit_what_it_names_but_no_other_users_home():
    job = make_job(inherit_env=("PROXY", "PATH", "HOME", "ABSENT"))
    env = variables(make_setting(job, inherited=INHERITED))
    assert env == {**PERSONAL, **LOCAL, "PROXY": "p", "PATH": "/opt/bin"}


def test_a_user_without_an_account_keeps_the_supervisors():
    env = variables(make_setting(account=None, inherited={"HOME": "/x", "A": "b"}))
    assert env == {"PATH": PATH, "HOME": "/x"}


def test_an_account_without_a_shell_has_the_systems():
    env = environment(make_setting(account=Account("x", "/", "")))
    assert env["SHELL"] == "/bin/sh"


def test_later_sources_win():
    layers = {"A": "file", "B": "file", "C": "file", "PATH": "file"}
    file = "\n".join(f"{name}={value}" for name, value in layers.items()).encode()
    job = make_job(env_file=Words(("/one", "/two")), env={"B": "job", "C": "job"})
    files = reader({"/one": file, "/two": b"A=second"})
    env = environment(make_setting(job, read=files, timing_env={"C": "timing"}))
    assert (env["A"], env["B"], env["C"], env["PATH"]) == ("second", "job", "timing", "file")


def test_variables_of_the_job_and_its_schedule_are_filled():
    job = make_job(env={"DAY": "{slot-1d:%F}", "RAW": '{"a": 1}'})
    env = environment(make_setting(job, timing_env={"TRY": "{attempt}"}))
    assert (env["DAY"], env["RAW"], env["TRY"]) == ("2026-11-19", '{"a": 1}', "2")


def test_variables_of_a_file_are_not_filled():
    job = make_job(env_file=Words(("/f",)))
    assert environment(make_setting(job, read=reader({"/f": b"A={slot-1x}"})))["A"] == "{slot-1x}"


def test_an_attempt_is_told_of_its_run():
    setting = make_setting(facts=make_facts(zone=ZoneInfo("Asia/Tokyo")))
    env = environment(setting)
    assert {name: env[name] for name in env if name.startswith(TOLD)} == {
        "JOBRUNNER_JOB": "backup",
        "JOBRUNNER_RUN_ID": "1",
        "JOBRUNNER_RUN_UUID": "019a9f2e-6d0a-7b4c-9f0e-3f1f0f6a2b11",
        "JOBRUNNER_ATTEMPT": "2",
        "JOBRUNNER_MAX_ATTEMPTS": "4",
        "JOBRUNNER_SCHEDULED_FOR": "2026-11-20T21:00:00+09:00",
        "JOBRUNNER_PREVIOUS_SUCCESS": "2026-11-19T21:00:00+09:00",
        "JOBRUNNER_TRIGGER": "schedule",
        "JOBRUNNER_HOST": "web-1",
        "JOBRUNNER_RESULT": "/state/run/1.result",
        "JOBRUNNER_MARK": "mark-1-2",
        "TRACEPARENT": "00-019a9f2e6d0a7b4c9f0e3f1f0f6a2b11-b2e6b1d488b410fd-01",
    }


@pytest.mark.parametrize("fence", ["1795684852430332", "", None])
def test_a_run_with_a_claim_is_told_its_number_and_one_without_is_told_so(fence):
    assert environment(make_setting(fence=fence)).get("JOBRUNNER_FENCE") == fence


@pytest.mark.parametrize(
    ("trigger", "asked_by", "told"),
    [
        (Trigger.AFTER, "a job #17", "17"),
        (Trigger.AFTER, "eve", None),
        (Trigger.MANUAL, "a job #17", None),
    ],
)
def test_a_run_of_a_chain_is_told_which_run_it_follows(trigger, asked_by, told):
    run = make_run(trigger=trigger, asked_by=asked_by)
    assert environment(make_setting(run=run)).get("JOBRUNNER_AFTER_RUN_ID") == told


@pytest.mark.parametrize(("slot_of", "told"), [(None, ""), (NOON, "2026-11-20T12:00:00+00:00")])
def test_a_run_by_hand_is_scheduled_for_the_slot_that_it_is_of(slot_of, told):
    run = make_run(scheduled_for=None, slot_of=slot_of, trigger=Trigger.BACKFILL)
    facts = make_facts(previous_success=None)
    env = environment(make_setting(run=run, facts=facts))
    assert (env["JOBRUNNER_SCHEDULED_FOR"], env["JOBRUNNER_PREVIOUS_SUCCESS"]) == (told, "")


def test_nobody_overrules_what_jobrunner_tells():
    file = reader({"/f": b"JOBRUNNER_RUN_ID=7\nJOBRUNNER_PARAM_X=7"})
    names = ("JOBRUNNER_RUN_ID", "JOBRUNNER_MARK", "JOBRUNNER_PARAM_X", "TRACEPARENT")
    forged = dict.fromkeys(names, "7")
    job = make_job(env_file=Words(("/f",)), env=forged, inherit_env=names)
    facts = make_facts(params={"x": "1"})
    setting = make_setting(job, facts=facts, read=file, timing_env=forged, inherited=forged)
    told = [environment(setting)[name] for name in names]
    assert told == ["1", "mark-1-2", "1", traceparent(setting.uuid, facts.attempt)]


def test_a_missing_file_stops_the_attempt():
    with pytest.raises(UnusableError, match=r"^env_file /gone cannot be read: No such file"):
        environment(make_setting(make_job(env_file=Words(("/gone",)))))


def test_an_optional_file_may_be_missing_but_not_forbidden():
    job = make_job(env_file=Words(("?/f",)))
    assert environment(make_setting(job))["JOBRUNNER_JOB"] == "backup"
    with pytest.raises(UnusableError, match="/f is writable by others"):
        environment(make_setting(job, read=reader({"/f": None})))


def test_a_file_may_lie_in_the_home_of_the_jobs_user():
    job = make_job(env_file=Words(("?~/job.env",)))
    read = reader({"/home/ann/job.env": b"A=1"})
    assert environment(make_setting(job, read=read))["A"] == "1"


def test_every_problem_of_every_file_is_told():
    job = make_job(env_file=Words(("/a", "/b")))
    files = reader({"/a": b"A=1\nhush", "/b": b"B='hush\n1X=hush"})
    with pytest.raises(UnusableError) as caught:
        environment(make_setting(job, read=files))
    assert str(caught.value) == (
        "env_file /a, line 2: it is not NAME=VALUE; /b, line 1: its quote is not closed; "
        "/b, line 2: what stands before = is not the name of a variable."
    )


def test_a_nul_character_stops_the_attempt():
    with pytest.raises(UnusableError, match="A holds a NUL character"):
        environment(make_setting(make_job(env={"A": "\0"})))
