"""An edit on disk: whole, alone, with the owner and the mode it had, or not at all."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from jobrunner.errors import BusyError, ForbiddenError, UnknownError, UnusableError
from jobrunner.jobfile.edit import edit
from tests.jobfile.acl import make_acl, set_attribute

ME = os.geteuid()
ROOT_ONLY = pytest.mark.skipif(ME != 0, reason="only root can give files away")
OLD = "[jobs.a]\n"


@pytest.fixture
def jobs(tmp_path):
    path = tmp_path / "etc" / "jobs.toml"
    path.parent.mkdir(mode=0o755)
    path.write_text(OLD)
    path.chmod(0o644)
    return path


def append(text):
    return text + "# more\n"


def fine(text):
    """No objection."""


def object_to(text):
    raise UnknownError("no such channel")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_file_gets_its_new_text(jobs):
    done = edit(str(jobs), append, fine, uid=ME)
    assert (done.path, done.old, done.new) == (str(jobs), OLD, OLD + "# more\n")
    assert jobs.read_text() == done.new
    assert names(jobs.parent) == [".jobs.toml.lock", "jobs.toml"]


def test_line_ends_and_a_bom_stay(jobs):
    jobs.write_bytes("\ufeffx = 1\r\n".encode())
    edit(str(jobs), append, fine, uid=ME)
    assert jobs.read_bytes() == "\ufeffx = 1\r\n# more\n".encode()


def test_what_does_not_change_is_not_written(jobs):
    before = jobs.stat()
    edit(str(jobs), lambda text: text, fine, uid=ME)
    assert jobs.stat() == before


@pytest.mark.parametrize(
    ("change", "check", "kind"),
    [
        (append, object_to, UnknownError),
        (object_to, fine, UnknownError),
        (lambda _: "\ud800", fine, UnusableError),
    ],
)
def test_a_text_that_is_objected_to_is_not_written(jobs, change, check, kind):
    with pytest.raises(kind):
        edit(str(jobs), change, check, uid=ME)
    assert jobs.read_text() == OLD
    assert names(jobs.parent) == [".jobs.toml.lock", "jobs.toml"]


@ROOT_ONLY
@pytest.mark.parametrize(("owner", "group", "mode"), [(0, 0, 0o600), (0, 61003, 0o640)])
def test_owner_group_and_mode_stay(jobs, owner, group, mode):
    os.chown(jobs, owner, group)
    jobs.chmod(mode)
    edit(str(jobs), append, fine, uid=ME)
    status = jobs.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (owner, group, mode)


def test_the_users_own_attributes_stay(jobs):
    set_attribute(jobs, "user.note", b"kept")
    edit(str(jobs), append, fine, uid=ME)
    assert os.getxattr(jobs, "user.note") == b"kept"


@pytest.mark.parametrize("of_folder", [False, True])
def test_an_acl_stays_and_none_is_added(jobs, of_folder):
    if of_folder:
        set_attribute(jobs.parent, "system.posix_acl_default", make_acl(61001, 4))
    else:
        set_attribute(jobs, "system.posix_acl_access", make_acl(61001, 4))
    before = os.listxattr(jobs)
    edit(str(jobs), append, fine, uid=ME)
    assert os.listxattr(jobs) == before


def test_a_link_stays_and_its_target_is_edited(jobs):
    real = jobs.rename(jobs.with_name("real.toml"))
    jobs.symlink_to("real.toml")
    assert edit(str(jobs), append, fine, uid=ME).path == str(real)
    assert jobs.is_symlink()
    assert real.read_text() == OLD + "# more\n"


def save_over(jobs, content):
    jobs.write_text(content)


def save_beside(jobs, content):
    jobs.with_name("other").write_text(content)
    jobs.with_name("other").rename(jobs)


@pytest.mark.parametrize("save", [save_over, save_beside])
@pytest.mark.parametrize("content", ["x = 1234\n", "[jobs.b]\n"])
def test_what_somebody_else_saves_meanwhile_is_not_lost(jobs, save, content):
    with pytest.raises(BusyError, match="changed by somebody else"):
        edit(str(jobs), append, lambda _: save(jobs, content), uid=ME)
    assert jobs.read_text() == content
    assert ".tmp" not in str(names(jobs.parent))


def test_a_second_editor_is_told_who_is_at_it(jobs):
    def edit_too(text):
        with pytest.raises(BusyError, match=f"is being edited by .*, process {os.getpid()}"):
            edit(str(jobs), append, fine, uid=ME, patience=0)

    edit(str(jobs), append, edit_too, uid=ME)


@pytest.mark.parametrize("lock", ["symlink", "folder"])
def test_a_lock_that_is_something_else_is_left_alone(jobs, lock):
    victim, place = jobs.with_name("victim"), jobs.with_name(".jobs.toml.lock")
    victim.write_text("mine")
    place.symlink_to(victim) if lock == "symlink" else place.mkdir()
    with pytest.raises((UnusableError, BusyError), match=r"jobs.toml"):
        edit(str(jobs), append, fine, uid=ME, patience=0)
    assert victim.read_text() == "mine"


def test_a_lock_with_a_second_name_is_not_written_to(jobs):
    victim = jobs.with_name("victim")
    victim.write_text("mine")
    os.link(victim, jobs.with_name(".jobs.toml.lock"))
    edit(str(jobs), append, fine, uid=ME)
    assert victim.read_text() == "mine"


def test_what_a_killed_edit_left_is_swept_and_nothing_else(jobs):
    for name in (".jobs.toml.0123456789abcdef.tmp", ".jobs.toml.tmp", ".x.0123456789abcdef.tmp"):
        jobs.with_name(name).touch()
    edit(str(jobs), append, fine, uid=ME)
    assert names(jobs.parent) == [
        ".jobs.toml.lock", ".jobs.toml.tmp", ".x.0123456789abcdef.tmp", "jobs.toml",
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"\xff", b"a" * ((64 << 20) + 1)])
def test_what_cannot_be_read_is_not_edited(jobs, content):
    jobs.write_bytes(content)
    with pytest.raises(UnusableError):
        edit(str(jobs), append, fine, uid=ME)


@pytest.mark.skipif(ME != 0, reason="another user may share his files with his group")
def test_what_may_not_be_trusted_is_not_edited(jobs):
    jobs.chmod(0o664)
    with pytest.raises(ForbiddenError, match="chmod g-w"):
        edit(str(jobs), append, fine, uid=ME)


PROLOGUE = """
import os, resource, signal, sys
from itertools import count
from jobrunner.config.edit import add
from jobrunner.errors import JobrunnerError
from jobrunner.jobfile import edit as module
path, ME = sys.argv[1], os.geteuid()
def run(change, uid=ME):
    return module.edit(path, change, lambda text: None, uid=uid, patience=60)
"""


def run(code, path):
    done = subprocess.run(
        [sys.executable, "-c", PROLOGUE + code, path], capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.stdout


KILLED = """
def kill_at(step):
    calls = count()
    def look(frame, event, argument):
        ours = "/jobfile/" in frame.f_code.co_filename
        if ours and event in ("c_call", "c_return") and next(calls) == step:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.setprofile(look)
OLD = open(path).read()
for step in count():
    child = os.fork()
    if not child:
        kill_at(step)
        run(lambda text: text + "# more")
        os._exit(0)
    code = os.waitpid(child, 0)[1]
    new = open(path).read()
    assert new in (OLD, OLD + "# more"), (step, new)
    if code == 0:
        break
    assert code == signal.SIGKILL, code
    open(path, "w").write(OLD)
run(lambda text: text + "!")
print(step, os.listdir(os.path.dirname(path)))
"""


def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(jobs):
    steps, left = run(KILLED, jobs).split(" ", 1)
    assert int(steps) > 100
    assert ".tmp" not in left


TWENTY = """
children = []
for number in range(20):
    children.append(os.fork())
    if not children[-1]:
        run(lambda text: add(text, f"job{number}", {"cron": "@daily"}))
        os._exit(0)
print([os.waitpid(child, 0)[1] for child in children])
"""


def test_of_twenty_editors_at_once_none_loses_a_job(jobs):
    assert run(TWENTY, jobs) == f"{[0] * 20}\n"
    assert jobs.read_text().count("@daily") == 20


TOO_BIG = """
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    run(lambda text: text + "#" * 1000)
except JobrunnerError as error:
    print(error)
"""


def test_a_disk_that_takes_no_more_leaves_the_old_file(jobs):
    assert run(TOO_BIG, jobs) == f"{jobs} is not edited: File too large.\n"
    assert jobs.read_text() == OLD
    assert ".tmp" not in str(names(jobs.parent))


@pytest.fixture
def small_disk(tmp_path):
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k,nr_inodes=5,mode=755", "tmpfs", tmp_path]
    if ME != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    (tmp_path / "jobs.toml").write_text(OLD)
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


@pytest.mark.parametrize(
    ("filler", "inodes"),
    [(0, 0), (8_000, 0), (12_288, 0), (0, 1), (0, 2), (0, 3)],
)
def test_a_full_disk_leaves_the_old_file(small_disk, filler, inodes):
    jobs = small_disk / "jobs.toml"
    if filler:
        (small_disk / "filler").write_bytes(b"x" * filler)
    for number in range(inodes):
        (small_disk / str(number)).touch()
    with pytest.raises(UnusableError, match="No space left"):
        edit(str(jobs), lambda text: text + "#" * 20_000, fine, uid=ME)
    assert jobs.read_text() == OLD
    assert ".tmp" not in str(names(small_disk))


@pytest.fixture
def shared():
    """A file on a way that everybody may go; pytest's own folders are its user's alone."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "jobs.toml"
        path.write_text(OLD)
        path.chmod(0o644)
        path.parent.chmod(0o755)
        yield path


AS_ANN = """
os.setgroups([]); os.setresgid(61001, 61001, 61001); os.setresuid(61001, 61001, 61001)
try:
    run(lambda text: text + "# ann", uid=61001)
except JobrunnerError as error:
    print(type(error).__name__)
"""


@ROOT_ONLY
@pytest.mark.parametrize(
    ("owner", "group", "said"),
    [(61001, 61001, ""), (0, 0, "ForbiddenError\n"), (61001, 61003, "ForbiddenError\n")],
)
def test_another_user_edits_his_own_file_if_it_stays_what_it_is(shared, owner, group, said):
    os.chown(shared.parent, 61001 if owner else 0, -1)
    os.chown(shared, owner, group)
    assert run(AS_ANN, shared) == said
    assert shared.read_text() == (OLD if said else OLD + "# ann")
    assert (shared.stat().st_uid, shared.stat().st_gid) == (owner, group)
