"""Which files are read, for whom, and what is said about the others."""

import os
import re
import socket
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest

from jobrunner.config import parse
from jobrunner.errors import BusyError, ForbiddenError, JobrunnerError, UnusableError
from jobrunner.jobfile.disk import Disk, read_whole
from tests.jobfile.acl import make_acl, set_attribute

ANN, BOB = 61001, 61002
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
ME = os.geteuid()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "etc").mkdir(mode=0o755)
    return tmp_path / "etc"


def make(folder, name="jobs.toml", owner=-1, mode=0o644, content=b"good"):
    path = folder / name
    path.write_bytes(content)
    os.chown(path, owner, -1)
    path.chmod(mode)
    return path


def refusal(path, uid=ME):
    with pytest.raises(ForbiddenError) as caught:
        Disk(uid).read(str(path))
    return str(caught.value)


@ROOT_ONLY
@pytest.mark.parametrize(
    ("owner", "mode", "uid", "said"),
    [
        (0, 0o644, 0, None),
        (0, 0o400, 0, None),
        (0, 0o664, 0, 'is writable by group "root" and would run as root'),
        (0, 0o646, 0, "is writable by everybody and would run as root"),
        (0, 0o666, 0, "is writable by everybody"),
        (ANN, 0o644, 0, "belongs to user 61001 and would run as root"),
        (ANN, 0o600, ANN, None),
        (ANN, 0o664, ANN, None),
        (ANN, 0o646, ANN, "is writable by everybody and would run as user 61001"),
        (0, 0o644, ANN, None),
        (0, 0o666, ANN, "is writable by everybody"),
        (BOB, 0o644, ANN, "belongs to user 61002 and would run as user 61001"),
    ],
)
def test_a_file_is_read_if_nobody_else_can_have_written_it(folder, owner, mode, uid, said):
    path = make(folder, owner=owner, mode=mode)
    if said is None:
        assert Disk(uid).read(str(path)) == b"good"
    else:
        assert said in refusal(path, uid)


@ROOT_ONLY
@pytest.mark.parametrize(
    ("owner", "mode", "uid", "said"),
    [
        (0, 0o755, 0, None),
        (0, 0o1777, 0, None),
        (0, 0o775, 0, 'is writable by group "root", and what it holds would run as root'),
        (0, 0o757, 0, "is writable by everybody"),
        (ANN, 0o700, 0, "belongs to user 61001"),
        (ANN, 0o700, ANN, None),
        (ANN, 0o775, ANN, None),
        (ANN, 0o777, ANN, "is writable by everybody"),
        (BOB, 0o1777, ANN, "belongs to user 61002"),
    ],
)
@pytest.mark.parametrize("below", ["", "a", "a/b"])
def test_every_folder_on_the_way_counts(folder, below, owner, mode, uid, said):  # noqa: PLR0917
    (folder / below).mkdir(parents=True, exist_ok=True)
    path = make(folder / below)
    os.chown(folder, owner, -1)
    folder.chmod(mode)
    if said is None:
        assert Disk(uid).read(str(path)) == b"good"
    else:
        assert said in refusal(path, uid)


@pytest.mark.skipif(ME != 0, reason="another user may share his files with his group")
@pytest.mark.parametrize(("mode", "fix"), [(0o664, "g-w"), (0o646, "o-w"), (0o666, "go-w")])
def test_the_refusal_says_what_to_type(folder, mode, fix):
    path = make(folder, "my jobs.toml", mode=mode)
    command = refusal(path).partition("\nFix: ")[2]
    assert command == f"chmod {fix} '{path}'"
    subprocess.run(["/bin/sh", "-c", command], check=True)
    assert Disk(ME).read(str(path)) == b"good"


@pytest.mark.skipif(ME != 0, reason="another user may share his files with his group")
def test_an_acl_that_lets_another_user_write_is_seen_and_mended(folder):
    path = make(folder)
    set_attribute(path, "system.posix_acl_access", make_acl(ANN, 6))
    subprocess.run(["/bin/sh", "-c", refusal(path).partition("\nFix: ")[2]], check=True)
    assert Disk(ME).read(str(path)) == b"good"


@ROOT_ONLY
def test_the_refusal_of_an_owner_says_what_to_type(folder):
    path = make(folder, owner=ANN)
    subprocess.run(["/bin/sh", "-c", refusal(path).partition("\nFix: ")[2]], check=True)
    assert Disk(0).read(str(path)) == b"good"


@pytest.mark.parametrize("target", ["real.toml", "../etc/real.toml", "{}/real.toml", "b.toml"])
def test_a_link_is_followed_to_a_file_that_may_be_trusted(folder, target):
    make(folder, "real.toml")
    (folder / "b.toml").symlink_to("real.toml")
    (folder / "jobs.toml").symlink_to(target.format(folder))
    assert Disk(ME).read(str(folder / "jobs.toml")) == b"good"


@ROOT_ONLY
def test_a_link_does_not_hide_who_owns_what_it_leads_to(folder, tmp_path):
    (tmp_path / "home").mkdir()
    os.chown(tmp_path / "home", ANN, -1)
    make(tmp_path / "home", "bad.toml")
    (folder / "jobs.toml").symlink_to("../home/bad.toml")
    assert f"{tmp_path / 'home'} belongs to user 61001" in refusal(folder / "jobs.toml")


@ROOT_ONLY
def test_in_a_shared_folder_the_link_itself_must_be_ours(folder):
    real = make(folder)
    shared = folder / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "link").symlink_to(real)
    assert Disk(0).read(str(shared / "link")) == b"good"
    os.chown(shared / "link", ANN, -1, follow_symlinks=False)
    assert "belongs to user 61001" in refusal(shared / "link")


@ROOT_ONLY
@pytest.mark.parametrize(
    ("give", "to", "asked"),
    [
        (os.symlink, "secret.env", "name"),
        (os.link, "secret.env", "name"),
        (os.symlink, "", "name/secret.env"),
    ],
)
def test_a_user_s_own_name_for_a_file_of_root_gets_him_nothing(folder, tmp_path, give, to, asked):
    make(folder, "secret.env", mode=0o600)
    home = tmp_path / "home"
    home.mkdir()
    give(folder / to, home / "name")
    os.chown(home, ANN, -1)
    if give is os.symlink:
        os.chown(home / "name", ANN, -1, follow_symlinks=False)
    assert "is a link of user 61001 to a file of root" in refusal(home / asked, ANN)
    assert Disk(ANN).read(str(folder / "secret.env")) == b"good"


@ROOT_ONLY
def test_a_user_s_link_to_a_file_of_his_own_is_followed(folder, tmp_path):
    real = make(folder, "own.env", owner=ANN, mode=0o600)
    (tmp_path / "link").symlink_to(real)
    os.chown(tmp_path / "link", ANN, -1, follow_symlinks=False)
    assert Disk(ANN).read(str(tmp_path / "link")) == b"good"


def test_in_a_shared_folder_a_second_name_is_refused(folder):
    path = make(folder)
    shared = folder / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    os.link(path, shared / "jobs.toml")
    assert Disk(ME).read(str(path)) == b"good"
    assert "second name" in refusal(shared / "jobs.toml")


def make_nothing(path):
    """There is no such file."""


def make_huge(path):
    path.touch()
    os.truncate(path, (64 << 20) + 1)


def make_fifo(path):
    os.mkfifo(path)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as server, chdir(path.parent):
        server.bind(path.name)  # by its name, because a socket's path is short


@pytest.mark.parametrize(
    ("make_it", "said"),
    [
        (make_nothing, "No such file"),
        (Path.mkdir, "is a folder"),
        (make_fifo, "is a FIFO"),
        (make_socket, "cannot be read: No such device"),
        (lambda path: path.symlink_to("jobs.toml"), "Too many levels"),
        (lambda path: path.symlink_to("/dev/null"), "is a device"),
        (lambda path: path.symlink_to("nowhere"), r"No such file or directory \(.*nowhere\)"),
        (lambda path: path.symlink_to("/proc/self/status"), "is not on a disk"),
        (lambda path: path.symlink_to("/etc/passwd/x"), "Not a directory"),
        (make_huge, "is over 64 MiB"),
    ],
)
def test_what_is_no_plain_file_is_refused_at_once(folder, make_it, said):
    make_it(folder / "jobs.toml")
    with pytest.raises((UnusableError, BusyError), match=said):
        Disk(ME).read(str(folder / "jobs.toml"))


ODD = ["", "/", ".", "a\0b", "\ud800", "x" * 300, "a/" * 3000, "/dev/stdin", "\x1b[31m\n"]


@pytest.mark.parametrize("path", ODD)
def test_no_path_is_too_odd_for_an_explanation(path):
    with pytest.raises(JobrunnerError) as caught:
        Disk(ME).read(path)
    assert str(caught.value).isprintable()


def descriptors():
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_descriptors_are_given_back(folder):
    path = make(folder)
    before = descriptors()
    Disk(ME).read(str(path))
    for bad in (folder, folder / "none", path / "x"):
        with pytest.raises(JobrunnerError):
            Disk(ME).read(str(bad))
    assert descriptors() == before


@ROOT_ONLY
def test_another_user_is_told_that_he_may_not_read_it():
    first, second = said_to_another()
    assert re.fullmatch(r"/\S+ cannot be read by user 61001\.", first)
    assert second.startswith("Fix: let a group that user 61001 is in read it (chgrp, chmod g+r)")


@ROOT_ONLY
def test_who_may_not_read_the_host_s_hears_of_one_of_his_own():
    *_, last = said_to_another("descent.HOST_FILE = sys.argv[1]")
    assert last == "Or have one of your own: jobrunner init --path ~/.config/jobrunner/jobs.toml"


def said_to_another(before=""):
    """What a user is told, line by line, who asks for a file of root's."""
    code = (
        "import os, sys\n"
        "from jobrunner.jobfile import descent\n"
        "from jobrunner.jobfile.disk import Disk\n"
        "from jobrunner.errors import ForbiddenError\n"
        f"{before}\n"
        "os.setgroups([]); os.setresgid(61001, 61001, 61001); os.setresuid(61001, 61001, 61001)\n"
        "try: Disk(61001).read(sys.argv[1])\n"
        "except ForbiddenError as error: print(error)"
    )
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = make(Path(folder), mode=0o600)
        said = subprocess.check_output([sys.executable, "-c", code, path], text=True)
    return said.splitlines()


@ROOT_ONLY
@pytest.mark.parametrize("bad_is", ["file", "link", "folder"])
def test_a_swapped_file_never_gets_its_bad_content_accepted(folder, bad_is):
    good, bad = folder / "good", folder / "bad"
    for place, content in ((good, b"good"), (bad, b"evil")):
        place.mkdir()
        make(place, content=content)
    os.chown(bad if bad_is == "folder" else bad / "jobs.toml", ANN, -1)
    name = folder / "jobs.d"
    done = Event()
    swapping = Thread(target=swap, args=(name, good, bad, bad_is == "link", done))
    swapping.start()
    try:
        seen = {outcome(name / "jobs.toml") for _ in range(1000)}
    finally:
        done.set()
        swapping.join()
    assert b"evil" not in seen
    assert b"good" in seen


def swap(name, good, bad, by_link, done):
    """Let the good folder and the bad one take turns under one name."""
    spare = name.with_name("spare")
    while not done.is_set():
        for place in (good, bad):
            spare.symlink_to(place) if by_link else place.rename(name)
            if by_link:
                spare.rename(name)
            else:
                name.rename(place)


def outcome(path, uid=0):
    try:
        return Disk(uid).read(str(path))
    except JobrunnerError as error:
        return type(error)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.toml", "a.toml b.toml c.toml"),
        ("[ab].toml", "a.toml b.toml"),
        (".*.toml", ".hidden.toml"),
        ("*/*.toml", "sub/d.toml"),
        ("*/d.toml", "sub/d.toml"),
        ("none/*.toml", ""),
        ("a.toml/*", ""),
        ("none.toml", "none.toml"),
    ],
)
def test_a_pattern_matches_names_in_order(folder, pattern, found):
    for name in ("b.toml", "a.toml", ".hidden.toml", "x.toml~", "sub/d.toml"):
        (folder / name).parent.mkdir(exist_ok=True)
        make(folder, name)
    (folder / "c.toml").symlink_to("a.toml")
    matches = Disk(ME).matches(str(folder / pattern))
    assert matches == [str(folder / name) for name in found.split()]


@pytest.mark.parametrize(
    ("link", "pattern", "is_told"),
    [
        ("nowhere", "jobs.d/*.toml", True),
        ("nowhere/deeper", "jobs.d/*.toml", True),
        ("nowhere", "*/*.toml", True),
        (".", "jobs.d/none/*.toml", False),
        (".", "jobs.d/none/*/*.toml", False),
    ],
)
def test_a_folder_that_is_only_away_is_not_taken_for_an_empty_one(folder, link, pattern, is_told):
    (folder / "jobs.d").symlink_to(link)
    if not is_told:
        assert Disk(ME).matches(str(folder / pattern)) == []
        return
    with pytest.raises(UnusableError, match="No such file"):
        Disk(ME).matches(str(folder / pattern))


def test_without_a_descriptor_left_there_is_still_an_explanation(folder):
    code = (
        "import resource, sys\n"
        "from jobrunner.jobfile.disk import Disk\n"
        "from jobrunner.errors import UnusableError\n"
        "for limit in range(3, 7):\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, 100))\n"
        "    try: print(Disk(int(sys.argv[2])).read(sys.argv[1]))\n"
        "    except UnusableError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, make(folder), str(ME)]
    said = subprocess.check_output(command, text=True).splitlines()
    assert "Too many open files" in said[0]
    assert said[-1] == "b'good'"


def test_a_pattern_is_relative_to_the_working_folder(folder):
    make(folder)
    with chdir(folder):
        assert Disk(ME).matches("*.toml") == ["jobs.toml"]


@pytest.mark.skipif(ME != 0, reason="another user may share his folders with his group")
def test_a_folder_where_others_can_remove_names_is_not_listed(folder):
    folder.chmod(0o775)
    with pytest.raises(ForbiddenError, match="is writable by group"):
        Disk(ME).matches(str(folder / "*.toml"))


def test_a_content_that_has_not_the_size_of_its_file_is_not_believed(folder):
    receiver, sender = os.pipe()
    os.write(sender, b"[jobs.a]")
    os.close(sender)
    assert read_whole(receiver, "jobs.toml") is None
    os.close(receiver)


def test_a_file_that_jobs_toml_names_is_held_to_the_same_rule(folder):
    part = make(folder, "part.toml", content=b'[jobs.a]\ncommand = "true"\n')
    origin, text = str(folder / "jobs.toml"), 'include = ["*.toml"]'
    assert [*parse(text, origin, Disk(ME)).jobs] == ["a"]
    part.chmod(0o666)
    with pytest.raises(UnusableError, match=r"part.toml is writable by everybody"):
        parse(text, origin, Disk(ME))


def test_what_has_nothing_to_say_yet_is_not_waited_for():
    ours, theirs = os.pipe2(os.O_NONBLOCK)
    try:
        assert read_whole(ours, "/proc/kmsg") is None
    finally:
        os.close(ours)
        os.close(theirs)
