"""What a tick knows at a glance, and what makes it look closer."""

import os
from datetime import timedelta
from shutil import copyfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine import glance
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State, prepare
from jobrunner.engine.tick import find_jobs, find_state
from jobrunner.engine.watch import take
from jobrunner.errors import StoreError
from jobrunner.jobfile import place
from jobrunner.jobfile.place import Asker
from jobrunner.model.decision import Look
from jobrunner.model.letter import Letter, Told
from jobrunner.store import row
from jobrunner.store.sqlite.glance import kind
from jobrunner.store.value import Gap, Request
from tests.build import NOON

MINUTE = timedelta(minutes=1)
NOON_MICROS = row.micros(NOON)


@pytest.fixture
def jobs(tmp_path):
    path = tmp_path / "jobs.toml"
    path.write_text("[jobs.a]\ncommand = 'true'\n")
    return path


@pytest.fixture
def state(tmp_path):
    state = State(f"{tmp_path}/state")
    prepare(state)
    return state


@pytest.fixture
def store(state):
    store = ledger(state)
    yield store
    store.close()


@pytest.fixture
def noted(state, store, jobs):
    glance.write(state, str(jobs), take((str(jobs),), ()), host="web-1")
    return glance.read(state.folder)


def rewrite(state, change):
    with open(state.glance, "rb") as file:  # noqa: PTH123 - its path is a string
        content = file.read()
    os.unlink(state.glance)  # noqa: PTH108 - as above
    with open(os.open(state.glance, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:  # noqa: PTH123
        file.write(change(content))


def test_what_was_noted_is_read(noted, state, jobs):
    assert (noted.folder, noted.host, noted.is_of(str(jobs)), noted.is_current()) == (
        *(state.folder, "web-1"),
        *(True, True),
    )


def test_its_file_is_its_owners_alone(noted, state):
    assert os.lstat(state.glance).st_mode & 0o777 == 0o600
    assert {*os.listdir(f"{state.folder}/run")} == {"glance", "spare", "spool"}  # noqa: PTH208


def test_nothing_noted_is_nothing_known(state):
    assert glance.read(state.folder) is None
    assert glance.read("/nowhere\0") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:0],
        lambda content: content[:-30],
        lambda content: content[:40],
        lambda content: content.replace(b"glance 2", b"glance 3"),
        lambda content: content.replace(b"here", b"elsewhere"),
        lambda content: content[: content.index(b"here") + 5],
        lambda content: content[::-1],
        lambda content: content + b"\0" * glance.MOST_BYTES,
    ],
)
def test_a_file_that_is_not_whole_says_nothing(noted, state, change):
    rewrite(state, change)
    assert glance.read(state.folder) is None


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_may_write_says_nothing(noted, state, mode):
    os.chmod(state.glance, mode)  # noqa: PTH101 - its path is a string
    assert glance.read(state.folder) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_says_nothing(noted, state):
    os.chown(state.glance, 1234, -1)
    assert glance.read(state.folder) is None


def test_a_link_says_nothing(noted, state, tmp_path):
    os.rename(state.glance, tmp_path / "other")  # noqa: PTH104 - its path is a string
    os.symlink(tmp_path / "other", state.glance)  # noqa: PTH211 - as above
    assert glance.read(state.folder) is None


def test_another_jobs_toml_is_not_the_one_that_was_noted(noted, tmp_path):
    assert not noted.is_of(f"{tmp_path}/other.toml")


def test_another_way_to_the_same_file_is_the_same(noted, tmp_path):
    (tmp_path / "way").symlink_to(tmp_path)
    assert noted.is_of(f"{tmp_path}/way/jobs.toml")


@pytest.mark.parametrize("part", ["code", "boot", "node"])
def test_another_code_boot_or_host_is_not_the_one_that_was_noted(noted, jobs, part):
    setattr(noted, part, "other")
    assert not noted.is_of(str(jobs))


def test_a_ledger_that_was_replaced_is_not_the_one_that_was_noted(noted, state, store, jobs):
    copyfile(state.ledger, f"{state.ledger}.new")
    os.rename(f"{state.ledger}.new", state.ledger)  # noqa: PTH104 - its path is a string
    assert not noted.is_of(str(jobs))


def test_a_ledger_that_vanished_is_not_made_anew(noted, state, jobs):
    os.unlink(state.ledger)  # noqa: PTH108 - its path is a string
    assert not noted.is_of(str(jobs))
    with pytest.raises(StoreError):
        noted.wake_at(NOON_MICROS)
    assert not os.path.lexists(state.ledger)


def test_a_file_that_changed_is_seen(noted, jobs):
    jobs.write_text("")
    assert not noted.is_current()


def test_a_folder_can_point_to_another_one(noted, state, tmp_path):
    glance.point(f"{tmp_path}/habit", state)
    assert glance.read(f"{tmp_path}/habit").folder == state.folder


def test_folders_that_point_at_each_other_say_nothing(state, tmp_path):
    glance.point(f"{tmp_path}/a", State(f"{tmp_path}/b"))
    glance.point(f"{tmp_path}/b", State(f"{tmp_path}/a"))
    assert glance.read(f"{tmp_path}/a") is None


def test_what_cannot_be_noted_is_no_error_and_not_there(noted, state, jobs):
    os.unlink(state.ledger)  # noqa: PTH108 - its path is a string
    glance.write(state, str(jobs), ())
    assert glance.read(state.folder) is None


def test_with_nothing_to_come_there_is_nothing_to_wake_for(noted):
    assert noted.wake_at(NOON_MICROS) is None


def test_the_next_slot_is_told(noted, store):
    look = Look(job="a", since=None, until=NOON, next_at=NOON + MINUTE, schedule="s")
    store.claim([look], owner="me", host="web-1", now=NOON)
    assert noted.wake_at(NOON_MICROS) == row.micros(NOON + MINUTE) == row.micros(store.wake_at())


def test_an_open_request_is_due(noted, store):
    store.ask(Request(kind="run", job="a", asked_by="ann", asked_at=NOON))
    assert noted.wake_at(NOON_MICROS) == NOON_MICROS


def test_a_letter_that_waits_is_told(noted, store):
    letter = Letter(channel="ops", event="failure", text="{}", created_at=NOON + MINUTE)
    store.tell("a", lambda _: Told(letters=(letter,)))
    assert noted.wake_at(NOON_MICROS) == row.micros(NOON + MINUTE) == row.micros(store.wake_at())


def test_ticks_are_noted_in_one_stretch_as_the_store_does(noted, store):
    for minute in (0, 1, 2):
        noted.wake_at(row.micros(NOON + minute * MINUTE))
    store.note_tick("web-1", NOON + 3 * MINUTE, timedelta(microseconds=glance.LONGEST))
    noted.wake_at(row.micros(NOON + 60 * MINUTE))
    gaps = store.gaps(NOON, NOON + 60 * MINUTE, timedelta(microseconds=glance.LONGEST))
    assert gaps == [Gap(NOON + 3 * MINUTE, NOON + 60 * MINUTE)]


def test_a_ledger_of_another_schema_is_refused(noted):
    noted.schema += 1
    with pytest.raises(StoreError, match="not a ledger of this version"):
        noted.wake_at(NOON_MICROS)


def test_a_name_that_looks_like_a_question_is_a_name(tmp_path, state, store):
    os.makedirs(f"{tmp_path}/what?mode=ro#100%")  # noqa: PTH103 - paths are strings here
    name = f"{tmp_path}/what?mode=ro#100%/ledger.db"
    store.close()
    copyfile(state.ledger, name)
    assert kind(name) == kind(state.ledger)


# -- habits

PATHS = [
    "",
    "jobs.toml",
    "/jobs.toml",
    "/x.toml",
    "other.toml",
    "~/x/jobs.toml",
    "/etc/jobrunner/jobs.toml",
    "./a//b.toml",
]
FOLDERS = ["", "/home/ann", "relative", "/home/ann/", "~"]


CWDS = ["/home/ann/.config/jobrunner", "/srv", "/", "/proc/self/cwd"]
ENVIRONS = st.fixed_dictionaries(
    {},
    optional={
        "JOBRUNNER_CONFIG": st.sampled_from(PATHS),
        "HOME": st.sampled_from(FOLDERS),
        "XDG_CONFIG_HOME": st.sampled_from(FOLDERS),
        "XDG_STATE_HOME": st.sampled_from(FOLDERS),
        "STATE_DIRECTORY": st.sampled_from(["/var/lib/x:/var/lib/y", "/var/lib/x", ""]),
        "JOBRUNNER_STATE_DIR": st.sampled_from([*FOLDERS, "/state/"]),
    },
)


@given(ENVIRONS, st.sampled_from(PATHS), st.sampled_from(CWDS), st.sampled_from([0, 1000]))
def test_habits_are_those_of_the_long_way(environ, option, cwd, uid):
    asker = Asker(environ=environ, cwd=cwd, uid=uid, exists=lambda path: "/etc" in path)
    jobs = place.find_jobs(option, asker).path
    short = find_jobs(option, environ, cwd, uid, exists=asker.exists)
    assert short == jobs
    assert find_state(short, environ, cwd) == place.find_state(jobs, asker).path
