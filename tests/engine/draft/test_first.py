"""The first jobs.toml, a user's and a host's."""

import pwd
import re
import stat
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from jobrunner import config
from jobrunner.engine.draft import first
from jobrunner.engine.draft.first import Host
from jobrunner.engine.state import MODES, State
from jobrunner.errors import ForbiddenError, JobrunnerError
from jobrunner.store import open_store
from tests.engine.draft.desk import ME, ROOT_ONLY, make_asker, names

SOMEBODY = "nobody"


def test_the_examples_are_right():
    assert [*config.parse(first.TEXT, "/srv/jobs.toml").jobs] == ["hello"]


def test_the_examples_that_are_commented_out_are_right_too():
    text = re.sub(r"^# (?=\[|[a-z_]+ = )", "", first.TEXT, flags=re.MULTILINE)
    found = config.parse(text, "/srv/jobs.toml")
    assert [*found.jobs] == ["hello", "backup"]
    assert found.jobs["hello"].timezone.name == "Europe/Berlin"


def test_a_new_file_without_examples_is_right():
    assert config.parse(first.BARE, "/srv/jobs.toml").jobs == {}


def test_the_file_and_its_ledger_are_made(tmp_path):
    first.begin(f"{tmp_path}/jobs.toml", make_asker(tmp_path))
    assert (tmp_path / "jobs.toml").read_text() == first.TEXT
    open_store(State(f"{tmp_path}/.jobrunner").ledger).close()


def test_what_is_there_is_told_with_what_it_holds(tmp_path):
    (tmp_path / "jobs.toml").write_text(first.TEXT)
    with pytest.raises(JobrunnerError, match=r"ops already exists \(1 job\)\. Nothing was changed"):
        first.check_new(f"{tmp_path}/jobs.toml", make_asker(tmp_path), "ops")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.write_text("x = 1"), "it has errors: jobrunner validate"),
        (lambda path: path.mkdir(), "is a folder, not a file"),
    ],
)
def test_what_is_there_and_of_no_use_is_told_so(tmp_path, make, told):
    make(tmp_path / "jobs.toml")
    with pytest.raises(JobrunnerError, match=told):
        first.check_new(f"{tmp_path}/jobs.toml", make_asker(tmp_path), "jobs.toml")


def test_only_root_sets_up_a_host(tmp_path):
    host = Host(jobs=f"{tmp_path}/etc/jobs.toml", state=f"{tmp_path}/state")
    with pytest.raises(ForbiddenError, match="sudo jobrunner init --system"):
        first.begin_host(host, 1000)
    assert names(tmp_path) == []


@pytest.fixture
def root():
    """A folder that everybody can get to, unlike pytest's own."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@ROOT_ONLY
def test_a_host_s_state_is_its_user_s_and_its_file_is_root_s(root):
    host = Host(jobs=f"{root}/etc/jobs.toml", state=f"{root}/state", account=SOMEBODY)
    first.begin_host(host, ME)
    user = pwd.getpwnam(SOMEBODY)
    jobs = (root / "etc/jobs.toml").stat()
    assert (jobs.st_uid, jobs.st_gid, stat.S_IMODE(jobs.st_mode)) == (0, user.pw_gid, 0o640)
    owners = {(path.stat().st_uid, path.stat().st_gid) for path in (root / "state").rglob("*")}
    assert owners == {(user.pw_uid, user.pw_gid)}


@ROOT_ONLY
def test_a_state_folder_that_is_there_is_left_to_its_owner(root):
    (root / "state").mkdir()
    first.begin_host(
        Host(jobs=f"{root}/etc/jobs.toml", state=f"{root}/state", account=SOMEBODY), ME
    )
    assert names(root / "state") == []


@ROOT_ONLY
def test_modes_of_a_host_s_state_are_those_of_any(root):
    first.begin_host(
        Host(jobs=f"{root}/etc/jobs.toml", state=f"{root}/state", account=SOMEBODY), ME
    )
    found = {name: stat.S_IMODE((root / "state" / name).stat().st_mode) for name in MODES}
    assert found == MODES


@ROOT_ONLY
def test_a_host_that_cannot_make_users_is_told_to_be_so(root):
    host = Host(
        jobs=f"{root}/etc/jobs.toml", state=f"{root}/state", account="jr-no", useradd="jr-useradd"
    )
    with pytest.raises(JobrunnerError, match="there is no jr-useradd on this host"):
        first.begin_host(host, ME)
    assert names(root) == []


@ROOT_ONLY
def test_what_the_maker_of_users_says_is_handed_on(root):
    program = root / "useradd"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('no: ' + sys.argv[-1])\n")
    program.chmod(0o755)
    host = Host(
        jobs=f"{root}/etc/jobs.toml", state=f"{root}/state", account="jr-no", useradd=str(program)
    )
    with pytest.raises(JobrunnerError, match="user jr-no cannot be made: no: jr-no"):
        first.begin_host(host, ME)
    assert names(root) == ["useradd"]


def test_what_would_be_made_tells_what_is_there_already(tmp_path):
    host = Host(jobs=f"{tmp_path}/jobs.toml", state=f"{tmp_path}/state", account=SOMEBODY)
    assert [step.is_there for step in first.host_steps(host)] == [True, False, False]
