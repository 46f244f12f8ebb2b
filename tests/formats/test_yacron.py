"""yacron's configuration as jobs to be: every key goes somewhere, or is told."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.config import edit, parse
from jobrunner.errors import UnusableError
from jobrunner.formats import yacron, yamltree
from jobrunner.formats.found import Mailbox
from jobrunner.formats.yacron import STDERR

RETRY = """\
    onFailure:
      retry: {maximumRetries: 2, initialDelay: 3, maximumDelay: 9, backoffMultiplier: 1}
"""
LEAST = "jobs:\n  - name: a\n    command: x\n    schedule: '*/5 * * * *'\n"


def readings(text, files=None):
    files = dict(files or {})

    def opened(name):
        return (name, files.pop(name)) if name in files else None

    return yacron.read("y.yaml", text, opened, ())


def job(more="", defaults=""):
    (reading,) = readings(f"{defaults}{LEAST}{more}")
    return reading.jobs[0]


def table(more="", defaults=""):
    return job(more, defaults).table


@pytest.mark.parametrize(
    ("more", "keys"),
    [
        (
            "",
            {
                "cron": "*/5 * * * *",
                "timezone": "UTC",
                "command": "x",
                "kill_after": "30s",
                "overlap": "allow",
            },
        ),
        ("    utc: false\n", {"timezone": None}),
        ("    timezone: Europe/Berlin\n", {"timezone": "Europe/Berlin"}),
        ("    shell: /bin/bash\n", {"shell": "/bin/bash"}),
        ("    enabled: false\n", {"enabled": False}),
        ("    user: www\n    group: '33'\n", {"user": "www", "group": "33"}),
        ("    environment:\n      - {key: A, value: 007}\n", {"env": {"A": "007"}}),
        ("    env_file: .env\n", {"env_file": ".env"}),
        (
            "    executionTimeout: 90\n    killTimeout: 0.5\n",
            {"timeout": "1m30s", "kill_after": "500ms"},
        ),
        ("    concurrencyPolicy: Forbid\n", {"overlap": None}),
        ("    concurrencyPolicy: Replace\n", {"overlap": "replace"}),
        ("    failsWhen: {producesStdout: true}\n", {"expect": {"not_output": "."}}),
        (
            RETRY,
            {
                "retry": {
                    "attempts": 2,
                    "delay": "3s",
                    "backoff": "constant",
                    "max_delay": "9s",
                    "jitter": False,
                }
            },
        ),
    ],
)
def test_each_key_has_its_counterpart(more, keys):
    found = table(more)
    assert {key: found.get(key) for key in keys} == keys
    parse(edit.add("", "a", found), "/x/jobs.toml")


@pytest.mark.parametrize(
    ("schedule", "cron"),
    [
        ("'@reboot'", "@reboot"),
        ("'0 3 * * * 2030'", "0 0 3 * * * 2030"),
        ("'5 0 3 * * * *'", "5 0 3 * * *"),
        ("'0 0 * * l5'", "0 0 * * 5L"),
        ("'0 0 L * *'", "0 0 L * *"),
        ("{minute: '1', dayOfWeek: mon-fri}", "1 * * * mon-fri"),
        ("{hour: '3', year: '2030'}", "0 * 3 * * * 2030"),
    ],
)
def test_a_schedule_has_its_expression(schedule, cron):
    (reading,) = readings(f"jobs:\n  - {{name: a, command: x, schedule: {schedule}}}\n")
    assert reading.jobs[0].table["cron"] == cron


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ("", STDERR),
        (
            "    failsWhen: {nonzeroReturn: false}\n",
            "failsWhen.nonzeroReturn = false is left out: success_codes names codes that are well",
        ),
        ("    failsWhen: {always: true}\n", "failsWhen.always is left out"),
        (
            "    onSuccess: {report: {sentry: {dsn: {value: x}}}}\n",
            "onSuccess: only reports by mail are carried over",
        ),
        ("    statsd: {host: h}\n    saveLimit: 5\n", "not carried over: statsd, saveLimit"),
        ("    onFailure: {retry: {maximumRetries: -1}}\n", "retries without end become 1,000,000"),
    ],
)
def test_what_is_not_as_it_was_is_said(more, note):
    assert note in job(more).notes


def test_a_job_that_may_write_to_stderr_needs_no_word():
    assert job("    failsWhen: {producesStderr: false, producesStdout: false}\n").notes == ()


def test_defaults_hold_where_a_job_says_nothing_and_environments_add_up():
    defaults = "defaults:\n  utc: false\n  shell: /bin/bash\n  environment: [{key: A, value: b}]\n"
    found = table("    environment: [{key: C, value: d}]\n    shell: /bin/dash\n", defaults)
    assert (found["env"], found["shell"], found.get("timezone")) == (
        {"A": "b", "C": "d"},
        "/bin/dash",
        None,
    )


def test_included_files_give_their_defaults_and_their_jobs():
    inner = "defaults: {user: www}\njobs:\n  - {name: b, command: y, schedule: '@daily'}\n"
    outer, other = readings(f"include: [inc.yaml]\n{LEAST}", {"inc.yaml": inner})
    assert [found.table["user"] for found in (*outer.jobs, *other.jobs)] == ["www", "www"]


def test_a_job_without_a_schedule_is_left_out_with_its_line():
    (reading,) = readings(f"{LEAST}  - name: b\n    command: y\n")
    assert [(left.line, left.reason) for left in reading.left_out] == [(5, "it has no schedule")]


@pytest.mark.parametrize("text", ["a: [", "- x", "jobs: [a]", "&a [*a]", "? [x]\n: y"])
def test_what_is_no_configuration_is_refused(text):
    with pytest.raises(UnusableError):
        readings(text)


def test_a_tag_makes_nothing_but_text():
    assert yamltree.tree("a: !!python/object/apply:os.system ['false']", "x") == {"a": ["false"]}


def test_scalars_are_text_as_written():
    found = yamltree.tree("a: 0777\nb: yes\nc: 1:30\nd: ~\ne: ''", "x")
    assert found == {"a": "0777", "b": "yes", "c": "1:30", "d": None, "e": ""}


def test_what_yaml_calls_an_anchor_is_followed():
    assert yamltree.tree("a: &x {b: c}\nd: *x", "x")["d"] == {"b": "c"}


MAILS = """\
    onFailure: {report: {mail: {from: me@x, to: "ops@x, boss@x", smtpHost: mail.x, smtpPort: 587}}}
    onSuccess: {report: {mail: {from: me@x, to: "ops@x, boss@x", smtpHost: mail.x, smtpPort: 587}}}
"""


def test_reports_by_mail_are_a_channel():
    (reading,) = readings(LEAST + MAILS)
    assert reading.channels == {"mail": Mailbox(("ops@x", "boss@x"), "mail.x:587")}
    (found,) = reading.jobs
    assert found.table["notify"] == ["mail"]
    assert found.table["notify_on"] == ["failure", "timeout", "lost", "retrying", "success"]


def test_a_report_after_the_last_attempt_is_a_failure():
    found = table("    onPermanentFailure: {report: {mail: {to: ops@x}}}\n")
    assert found["notify_on"] == ["failure", "timeout", "lost"]


def test_an_address_that_is_none_costs_no_job():
    found = job("    onSuccess: {report: {mail: {to: 'root, a b'}}}\n")
    assert found.table["notify"] == ["mail"]
    assert "root becomes root@localhost" in found.notes
    assert 'left out: "a b" cannot be sent mail to' in found.notes


@pytest.mark.parametrize(
    "more",
    [
        "    executionTimeout: soon\n",
        "    killTimeout: -1\n",
        "    killTimeout: inf\n",
        "    onFailure: {retry: {maximumRetries: many}}\n",
        "    onFailure: {retry: {maximumRetries: 1, backoffMultiplier: x}}\n",
    ],
)
def test_a_job_with_a_number_that_is_none_is_left_out(more):
    (reading,) = readings(LEAST + more)
    assert (len(reading.jobs), len(reading.left_out)) == (0, 1)


TEXTS = st.text(max_size=6) | st.sampled_from(["-1", "1e400", "true", "* * * * *", "Forbid", "inf"])
KEYS = st.sampled_from(
    [*sorted(yacron.KNOWN), *yacron.REPORTS, "report", "mail", "to", "retry", "other"]
)
TREES = st.recursive(
    TEXTS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, TREES, max_size=5))
def test_whatever_a_job_holds_is_read_refused_or_left_out(tree):
    with suppress(UnusableError):
        whole = {"command": "x", "schedule": "@daily"} | tree
        (reading,) = readings(json.dumps({"jobs": [whole]}))
        assert len(reading.jobs) + len(reading.left_out) == 1
