"""Keys and values as they are typed, and what they mean."""

import shlex
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner import config
from jobrunner.config.problem import ConfigError
from jobrunner.engine.draft.assign import applied, path_of, typed_key, typed_value, value_at, values
from jobrunner.errors import UnknownError

TEXT = '[jobs.backup]\ncron = "30 2 * * *"  # at night\ncommand = "dump"\n'


def problems(text):
    try:
        config.parse(text, "jobs.toml")
    except ConfigError as error:
        return len(error.problems)
    return 0


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("backup.cron", ("jobs", "backup", "cron")),
        ("jobs.backup.cron", ("jobs", "backup", "cron")),
        ("backup.retry.delay", ("jobs", "backup", "retry", "delay")),
        ("a.b.cron", ("jobs", "a.b", "cron")),
        ('"a.b".cron', ("jobs", "a.b", "cron")),
        ("settings.host", ("settings", "host")),
        ("jobs.settings.cron", ("jobs", "settings", "cron")),
        ("include", ("include",)),
    ],
)
def test_a_key_is_a_job_s_or_a_section_s(typed, path):
    assert path_of(typed, ["backup", "a.b", "settings"]) == path


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("bakup.cron", 'no job named "bakup". Did you mean "backup"?'),
        ("backup", "name a key of it, as backup.cron"),
        ("jobs.backup", "name a key of it, as backup.cron"),
        ("jobs", "names no job"),
        ("cron", "is no key of a job"),
        ("a b", "is not a key"),
    ],
)
def test_a_key_of_nothing_is_refused(typed, told):
    with pytest.raises(UnknownError, match=told.replace("?", r"\?")):
        path_of(typed, ["backup"])


@pytest.mark.parametrize(
    ("typed", "meanings"),
    [
        ("5", (5, "5")),
        ("true", (True, "true")),
        ("2026-12-01", (date(2026, 12, 1), "2026-12-01")),
        ('["a", "b"]', (["a", "b"], '["a", "b"]')),
        ('"5"', ("5", '"5"')),
        ("0 3 * * *", ("0 3 * * *",)),
        ("", ("",)),
        ("1\ny = 2", ("1\ny = 2",)),
        ('"a" # note', ('"a" # note',)),
    ],
)
def test_a_value_is_toml_where_it_is_some_and_a_text_besides(typed, meanings):
    assert values(typed) == meanings


@pytest.mark.parametrize(
    ("name", "typed", "found"),
    [
        ("timeout", "30", 30),
        ("description", "30", "30"),
        ("command", "true", "true"),
        ("enabled", "false", False),
        ("tags", '["db"]', ["db"]),
        ("user", "1000", "1000"),
        ("start", "2026-12-01", date(2026, 12, 1)),
    ],
)
def test_of_what_a_value_may_mean_the_one_that_fits_is_taken(name, typed, found):
    path = ("jobs", "backup", name)
    assert value_at(applied(TEXT, {path: values(typed)}, (), problems), path) == found


def test_several_keys_are_each_taken_as_they_fit():
    wanted = {("jobs", "backup", name): values("5") for name in ("description", "timeout", "lock")}
    new = applied(TEXT, wanted, [("jobs", "backup", "cron")], problems)
    job = config.parse(new, "jobs.toml").jobs["backup"]
    assert (job.description, job.timeout.total_seconds(), job.lock, job.cron) == ("5", 5, "5", ())


@given(
    st.one_of(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        st.booleans(),
        st.integers(-(10**9), 10**9),
        st.lists(st.text("ab'\"\\ $#", max_size=5)),
    )
)
def test_what_is_typed_to_bring_a_value_back_means_that_value(value):
    (word,) = shlex.split(typed_value(value))
    assert values(word)[0] == value


@given(st.lists(st.text("ab.- '", min_size=1, max_size=4), min_size=2, max_size=3))
def test_what_is_typed_for_a_key_of_a_job_is_that_key(names):
    (word,) = shlex.split(typed_key(("jobs", *names)))
    assert path_of(word, [names[0]]) == ("jobs", *names)
