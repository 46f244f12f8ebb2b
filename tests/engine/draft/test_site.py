"""Which file a change goes to."""

import pytest

from jobrunner.engine.draft.site import file_of, habitual, line_of, near, program, survey
from jobrunner.errors import UnknownError, UnusableError
from tests.engine.draft.desk import make_asker

MAIN = """
include = ["jobs.d/*.toml"]
crontabs = [{ path = "old.crontab", user = "root" }]

[jobs.backup]
command = "dump"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "jobs.toml").write_text(MAIN)
    (tmp_path / "jobs.d").mkdir()
    (tmp_path / "jobs.d/web.toml").write_text('[jobs.ping]\ncommand = "ping"\n')
    (tmp_path / "old.crontab").write_text("5 4 * * * /usr/bin/clean\n")
    return tmp_path


def test_each_job_is_in_the_file_that_declares_it(folder):
    site = survey("jobs.toml", make_asker(folder))
    assert file_of(site, "backup") == f"{folder}/jobs.toml"
    assert file_of(site, "ping") == f"{folder}/jobs.d/web.toml"


def test_a_line_of_a_crontab_is_left_to_its_own_tools(folder):
    site = survey("jobs.toml", make_asker(folder))
    (line,) = site.jobs.keys() - {"backup", "ping"}
    with pytest.raises(UnusableError, match=r"is a line of .*/old\.crontab"):
        file_of(site, line)


def test_an_unknown_job_is_met_with_the_one_that_was_meant(folder):
    with pytest.raises(UnknownError, match='Did you mean "ping"'):
        file_of(survey("jobs.toml", make_asker(folder)), "pong")


def test_a_broken_file_still_tells_its_jobs(tmp_path):
    (tmp_path / "jobs.toml").write_text('[jobs.backup]\ncomand = "dump"\n')
    site = survey("jobs.toml", make_asker(tmp_path))
    assert (site.config, [*site.jobs]) == (None, ["backup"])


def test_a_file_that_is_not_there_is_met_with_how_to_make_it(tmp_path):
    with pytest.raises(UnusableError, match=r"jobrunner init --path ops/jobs\.toml"):
        survey("ops/jobs.toml", make_asker(tmp_path))


def test_standard_input_is_no_file_to_change(tmp_path):
    with pytest.raises(UnusableError, match="standard input cannot be changed"):
        survey("-", make_asker(tmp_path))


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({"HOME": "/home/ann"}, "/home/ann/.config/jobrunner/jobs.toml"),
        ({"HOME": "/home/ann", "XDG_CONFIG_HOME": "/conf"}, "/conf/jobrunner/jobs.toml"),
        ({}, "/etc/jobrunner/jobs.toml"),
    ],
)
def test_a_new_file_goes_where_it_is_looked_for(tmp_path, environ, place):
    assert habitual(make_asker(tmp_path, environ=environ)) == place


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/home/ann/.config/jobrunner/jobs.toml", "jobrunner"),
        ("/srv/jobs.toml", "jobrunner -c jobs.toml"),
        ("/srv/a b/jobs.toml", "jobrunner -c 'a b/jobs.toml'"),
        ("/opt/jobs.toml", "jobrunner -c /opt/jobs.toml"),
    ],
)
def test_a_hint_names_the_file_where_habit_does_not(tmp_path, path, words):
    found = "/home/ann/.config/jobrunner/jobs.toml"
    asker = make_asker(
        tmp_path, environ={"HOME": "/home/ann"}, cwd="/srv", exists=found.__eq__, uid=1000
    )
    assert program(path, asker) == words


@pytest.mark.parametrize(
    ("path", "cwd", "told"),
    [
        ("/srv/jobs.toml", "/srv", "jobs.toml"),
        ("/srv/jobs.toml", "/", "/srv/jobs.toml"),
        ("/srv2/jobs.toml", "/srv", "/srv2/jobs.toml"),
    ],
)
def test_a_path_is_told_as_it_would_be_typed(path, cwd, told):
    assert near(path, cwd) == told


@pytest.mark.parametrize(
    ("path", "line"), [(("jobs", "backup"), 5), (("jobs", "backup", "command"), 6), (("x",), 1)]
)
def test_a_key_is_told_by_its_line(path, line):
    assert line_of(MAIN, path) == line


def test_a_text_that_is_not_toml_has_a_first_line():
    assert line_of("[jobs", ("jobs",)) == 1
