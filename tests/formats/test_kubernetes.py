"""CronJobs: the published schema takes them, and they are due when the jobs are."""

import json
from datetime import date, timedelta

import kubernetes_validate
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from jobrunner import cron
from jobrunner.config.quantity import duration
from jobrunner.config.zone import zone
from jobrunner.formats.kubernetes import write
from jobrunner.formats.yamltext import document
from jobrunner.model.job import Limits, Retry, Timing
from jobrunner.model.value import Moment, Size, Words
from jobrunner.schedule.compose import compose
from tests.build import NOON, make_job

VERSION = "1.30"


def at_three(**changes):
    return make_job(
        **({"cron": Words(("0 3 * * *",)), "timezone": zone("Europe/Berlin")} | changes)
    )


def manifests(*jobs):
    text = write(jobs, "/x/jobs.toml", "app:1", NOON).text
    return [one for one in yaml.safe_load_all(text) if one]


def spec(**changes):
    (manifest,) = manifests(at_three(**changes))
    return manifest["spec"]


def pod(**changes):
    return spec(**changes)["jobTemplate"]["spec"]["template"]["spec"]


def remarks(**changes):
    return [one.sentence for one in write([at_three(**changes)], "x", "app:1", NOON).remarks]


@pytest.fixture(scope="module")
def published():
    """The schema of Kubernetes itself."""
    return lambda manifest: kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_the_published_schema_takes_all_that_can_be_set(published):
    job = at_three(
        name="a.B_c",
        description='says "hi": #1\n',
        docs="https://example.com",
        command=("echo", "$(A)", "$$", "- x", "y: z", "\x07", "\U0001f600", "\x85"),
        env={"A": "no", "B": "1", "C": "$(A)"},
        cwd="/srv",
        timeout=duration("1h"),
        retry=Retry(attempts=2),
        overlap="replace",
        enabled=False,
        user="1000",
        group="100",
        limits=Limits(memory=Size(2**30)),
    )
    (manifest,) = manifests(job)
    published(manifest)


@pytest.mark.parametrize("wrong", [{"timeZon": "UTC"}, {"schedule": 5}, {"suspend": "yes"}])
def test_the_published_schema_refuses_what_is_wrong(published, wrong):
    (manifest,) = manifests(at_three())
    manifest["spec"] |= wrong
    with pytest.raises(kubernetes_validate.ValidationError):
        published(manifest)


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, {"schedule": "0 3 * * *", "timeZone": "Europe/Berlin", "concurrencyPolicy": "Forbid"}),
        ({}, {"startingDeadlineSeconds": 900, "suspend": None}),
        ({"catch_up": "latest"}, {"startingDeadlineSeconds": None}),
        ({"grace": duration("1s")}, {"startingDeadlineSeconds": 10}),
        ({"enabled": False}, {"suspend": True}),
        ({"overlap": "allow"}, {"concurrencyPolicy": "Allow"}),
        ({"overlap": "replace"}, {"concurrencyPolicy": "Replace"}),
        ({"timezone": zone("UTC+2")}, {"timeZone": "Etc/GMT-2"}),
        ({"dst": "utc"}, {"timeZone": "Etc/UTC"}),
        ({"every": duration("15m"), "cron": Words()}, {"schedule": "*/15 * * * *"}),
        ({"cron": Words(("0 0 * * sun",))}, {"schedule": "0 0 * * 0"}),
        ({"cron": Words(("0 0 * * 7",))}, {"schedule": "0 0 * * 0"}),
    ],
)
def test_when_and_how_it_is_started(changes, keys):
    found = spec(**changes)
    assert {key: found.get(key) for key in keys} == keys


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"timeout": duration("2h")}, {"activeDeadlineSeconds": 7200}),
        (
            {},
            {
                "activeDeadlineSeconds": None,
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 10,
            },
        ),
        ({"user": "1000"}, {"securityContext": {"runAsUser": 1000}}),
        ({"user": "www"}, {"securityContext": None}),
    ],
)
def test_how_an_attempt_runs(changes, keys):
    found = pod(**changes)
    assert {key: found.get(key) for key in keys} == keys


def test_attempts_are_the_retries():
    assert spec(retry=Retry(attempts=4))["jobTemplate"]["spec"]["backoffLimit"] == 4


def test_a_variable_that_kubernetes_would_fill_in_is_kept_from_it():
    (container,) = pod(command=("echo", "$(A) $$ $A $$(B)"), env={"X": "$(A)"})["containers"]
    assert container["command"][1] == "$$(A) $$$$ $A $$$$(B)"
    assert container["env"] == [{"name": "X", "value": "$$(A)"}]


def test_a_secret_stays_at_home():
    (container,) = pod(env={"API_TOKEN": "hush"})["containers"]
    assert "env" not in container
    assert remarks(env={"API_TOKEN": "hush"}) == ["not carried over: env.API_TOKEN (a secret)"]


def test_each_schedule_is_a_cronjob_with_a_name_of_its_own():
    job = at_three(
        name="x",
        cron=Words(("0 1 * * *", "0 2 * * *")),
        schedules=(Timing(cron=Words(("0 5 * * *",))),),
    )
    found = manifests(job, at_three(name="x.1"), at_three(name="X"))
    assert [one["metadata"]["name"] for one in found] == ["x-1", "x-2", "x-3", "x-1-1", "x"]


def test_a_long_name_leaves_room_for_what_is_added():
    (manifest,) = manifests(at_three(name="9" + "a" * 63))
    assert len(manifest["metadata"]["name"]) <= 52
    assert manifest["metadata"]["name"][0].isalpha()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cron": Words(("0 0 L * *",))}, "left out: 0 0 L * * cannot be said here"),
        ({"cron": Words(("0 0 */2 * 1",))}, "left out: 0 0 */2 * 1 cannot be said here"),
        ({"cron": Words(("@reboot",))}, "left out: @reboot cannot be said here"),
        ({"cron": Words()}, "left out: it is run by hand only"),
        ({"end": Moment(date(2027, 1, 1))}, "left out: end cannot be said here"),
        ({"command": None}, "left out: it has no command"),
        ({"lock": "db"}, "not carried over: lock"),
        ({"overlap": "queue"}, 'overlap = "queue" becomes Forbid'),
        ({"user": "www"}, "user must be a number here, and is left out"),
    ],
)
def test_what_it_cannot_say_is_said(changes, sentence):
    assert sentence in remarks(**changes)


FIELDS = st.tuples(
    st.sampled_from(["*", "0", "*/7", "5/20", "H/15", "1,2,3,50"]),
    st.sampled_from(["*", "2", "*/6", "H(1-5)", "22-23"]),
    st.sampled_from(["*", "1", "*/9", "31", "1-7", "1-31"]),
    st.sampled_from(["*", "feb,dec", "1-6"]),
    st.sampled_from(["*", "0", "7", "mon-fri", "*/2", "5-7", "0-6"]),
)


@given(FIELDS)
def test_the_schedule_is_due_when_the_job_is(fields):
    job = at_three(cron=Words((" ".join(fields),)), timezone=zone("UTC"))
    week = (NOON, NOON + timedelta(days=60))
    for manifest in manifests(job):
        told = cron.parse(manifest["spec"]["schedule"], zone("UTC").info)
        assert told.count(*week) == compose(job, NOON).count(*week)
        day, weekday = manifest["spec"]["schedule"].split()[2::2]
        # Where both days bound it, Kubernetes takes either, unless one is a bare *.
        assert "*" in {day, weekday} or not (day + weekday).count("*")


JSON = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_any_document_is_read_back(value):
    text = document(value)
    assert yaml.safe_load(text) == json.loads(json.dumps(value))
