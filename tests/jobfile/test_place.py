"""Where jobs.toml and its state are found, for whom, and why."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobrunner.errors import UnusableError
from jobrunner.jobfile.place import Asker, find_jobs, find_state

LOOKED = "./jobs.toml, ~/.config/jobrunner/jobs.toml, /etc/jobrunner/jobs.toml"
XDG = "/xdg/jobrunner/jobs.toml"
HERE, USERS, HOSTS = (
    "/srv/app/jobs.toml",
    "/home/ann/.config/jobrunner/jobs.toml",
    "/etc/jobrunner/jobs.toml",
)


def asker(*existing, uid=1000, resolve=lambda path: path, **environ):
    environ = {"HOME": "/home/ann"} | environ
    return Asker(
        environ=environ, cwd="/srv/app", uid=uid, exists=existing.__contains__, resolve=resolve
    )


@pytest.mark.parametrize(
    ("option", "who", "found"),
    [
        ("x.toml", asker(HERE, JOBRUNNER_CONFIG="/y.toml"), "/srv/app/x.toml"),
        ("./x.toml", asker(), "/srv/app/x.toml"),
        ("../x.toml", asker(), "/srv/app/../x.toml"),
        ("~/x.toml", asker(), "/home/ann/x.toml"),
        (None, asker(HERE, JOBRUNNER_CONFIG="/y.toml"), "/y.toml"),
        (None, asker(HERE, JOBRUNNER_CONFIG="y.toml"), "/srv/app/y.toml"),
        (None, asker(HERE, USERS, HOSTS), HERE),
        (None, asker(USERS, HOSTS), USERS),
        (None, asker(XDG, USERS, XDG_CONFIG_HOME="/xdg"), XDG),
        (None, asker(USERS, XDG_CONFIG_HOME="x"), USERS),
        (None, asker(HOSTS), HOSTS),
        (None, asker(HOSTS, HOME=""), HOSTS),
        (None, asker(HERE, USERS, HOSTS, uid=0), USERS),
        (None, asker(HERE, HOSTS, uid=0), HOSTS),
    ],
)  # fmt: skip
def test_the_first_place_that_counts_wins(option, who, found):
    assert find_jobs(option, who).path == found


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (
            asker(),
            f"no jobs.toml found. Looked at: {LOOKED}. Create one: jobrunner init",
        ),
        (asker(uid=0, HOME="/root"), "Looked at: ~/.config/jobrunner/jobs.toml, /etc/jobrunner"),
        (asker(HERE, uid=0), "To use it: jobrunner -c jobs.toml"),
    ],
)
def test_a_file_that_is_nowhere_is_told_with_every_place_that_was_looked_at(who, said):
    with pytest.raises(UnusableError) as caught:
        find_jobs(None, who)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("option", "why"),
    [("x.toml", "the command line says so"), (None, "it is in the working folder")],
)
def test_the_reason_is_told(option, why):
    assert find_jobs(option, asker(HERE)).why == why


@pytest.mark.parametrize(
    ("jobs", "setting", "who", "state"),
    [
        (HERE, "", asker(), "/srv/app/.jobrunner"),
        (HERE, "", asker(uid=0), "/srv/app/.jobrunner"),
        ("/srv/app/more.toml", "", asker(), "/srv/app/.jobrunner/more.toml"),
        (USERS, "", asker(), "/home/ann/.local/state/jobrunner"),
        (USERS, "", asker(XDG_STATE_HOME="/s"), "/s/jobrunner"),
        (HOSTS, "", asker(), "/var/lib/jobrunner"),
        ("/etc/jobrunner/b.toml", "", asker(), "/var/lib/jobrunner/b.toml"),
        (HOSTS, "", asker(STATE_DIRECTORY="/var/lib/a:/var/lib/b"), "/var/lib/a"),
        (HOSTS, "/data", asker(STATE_DIRECTORY="/var/lib/a"), "/data"),
        (HOSTS, "data", asker(), "/etc/jobrunner/data"),
        (HOSTS, "~/data", asker(), "/home/ann/data"),
        (HOSTS, "/data", asker(JOBRUNNER_STATE_DIR="/mine", STATE_DIRECTORY="/a"), "/mine"),
        (HOSTS, "/data", asker(JOBRUNNER_STATE_DIR="mine"), "/srv/app/mine"),
    ],
)
def test_the_state_folder_follows_from_the_file(jobs, setting, who, state):
    assert find_state(jobs, who, setting).path == state


def test_a_file_has_one_ledger_by_whatever_name_it_is_called(tmp_path):
    (tmp_path / "real" / "jobs.d").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    names = ["real/jobs.toml", "real/jobs.d/../jobs.toml", "link/jobs.toml", "./real//jobs.toml"]
    who = Asker(environ={}, cwd=str(tmp_path), uid=0)
    assert {find_state(name, who).path for name in names} == {str(tmp_path / "real/.jobrunner")}


@settings(deadline=None, max_examples=100)
@given(
    one=st.text(st.characters(exclude_characters="/\0"), min_size=1),
    other=st.text(st.characters(exclude_characters="/\0"), min_size=1),
)
def test_two_files_of_one_folder_never_share_a_ledger(one, other):
    states = {find_state(f"/srv/app/x{name}", asker()).path for name in (one, other)}
    assert len(states) == len({one, other})
