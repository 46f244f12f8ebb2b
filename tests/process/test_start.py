"""A start: what the command gets, what it can never take away, and what keeps it from starting."""

import errno
import os
import resource
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from jobrunner.model.job import Limits
from jobrunner.process import spool
from jobrunner.process.birth import Child, boot_id, status
from jobrunner.process.descriptor import filled, keep_from_children
from jobrunner.process.failure import Failure
from jobrunner.process.identity import identify
from jobrunner.process.spool import Code, Refused, Unfinished
from tests.process.stage import ENV, has_ended

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: a change of user, without root")
NOBODY = identify("nobody")
DESCRIPTORS = "for fd in /proc/self/fd/*; do echo ${fd##*/} $(readlink $fd); done"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("true", 0),
        ("exit 3", 3),
        ("exit 255", 255),
        ("trap 'exit 9' EXIT", 9),
        ("trap 'exit 9' EXIT; kill -9 $$", 137),
        ("trap '' TERM; kill 0; exit 4", 4),
        ("set -e; false; true", 1),
        ("exec /bin/sh -c 'exit 5'", 5),
        ("exec >&- 2>&- <&-; exit 6", 6),
        ("if", 2),
        ("echo 99; exit 7", 7),
        ("kill 0; sleep 60", 143),
        ("kill -HUP 0; sleep 60", 129),
        ("kill -USR1 $PPID; exit 8", 8),
        ('for fd in 3 4 5 6 7 8 9; do eval "echo 0 >&$fd" || :; done 2>/dev/null; exit 11', 11),
    ],
)
def test_no_command_can_lose_its_code(stage, command, code):
    assert stage.run(command) == Code(code)


@pytest.mark.parametrize("argv", [("exit", "3"), ("trap", "x"), (":", "x"), ("cd", "/")])
def test_a_list_is_never_a_builtin_of_the_shell(stage, argv):
    assert stage.start(*argv, env={"PATH": "/nonexistent"}) == Failure(
        errno.ENOENT, f"{argv[0]}: No such file or directory"
    )


@pytest.mark.parametrize(
    "text", ["$(exit 9)", "`id`", "a;b", "'", '"', "*", "\n", "-n", "%s", "\\c", "é\udcff", ""]
)
def test_an_argument_arrives_as_it_is(stage, text):
    assert stage.run("printf", "[%s]", text) == Code(0)
    assert stage.output.read_bytes() == b"[%s]" % os.fsencode(text)


def test_a_killed_keeper_leaves_an_unfinished_spool(stage):
    assert stage.run("kill -9 $PPID; exit 3") == Unfinished()


def test_nothing_of_the_keeper_is_in_the_output(stage):
    assert stage.run("echo mine; kill -KILL $$") == Code(137)
    assert stage.output.read_text() == "mine\n"


def test_the_child_is_named_for_good(stage):
    child = stage.start("exec sleep 60")
    seen = status(child.pid)
    assert (child.birth.boot, child.birth.started) == (boot_id(), seen.started)
    assert (seen.session, seen.parent) == (child.pid, os.getpid())


def test_a_command_gets_its_stdio_and_its_lock_and_nothing_else(stage, tmp_path):
    keep_from_children()
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    told = stage.tell("/bin/ls", "-l", "/proc/self/fd", lock=lock)
    os.close(lock)
    targets = [line.split(" -> ")[1] for line in told.splitlines() if " -> " in line]
    expected = ["/dev/null", str(stage.output), str(stage.output), str(tmp_path / "lock")]
    assert [each for each in targets if "/proc/" not in each] == expected


@ROOT
def test_another_user_gets_no_other_descriptors_either(stage, tmp_path):
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    told = stage.tell("/bin/ls", "-l", "/proc/self/fd", lock=lock, identity=NOBODY)
    os.close(lock)
    assert told.count(" -> ") == 5  # with the folder that ls reads
    assert told.count(str(tmp_path / "lock")) == 1


@pytest.mark.parametrize("size", [0, 1, 200_000])
def test_stdin_is_read_to_its_end(stage, size):
    assert stage.tell("/usr/bin/wc", "-c", stdin=b"\0" * size).split() == [str(size)]


@pytest.mark.parametrize(
    ("capture", "kept"),
    [("both", "out\nerr\n"), ("stdout", "out\n"), ("stderr", "err\n"), ("none", "")],
)
def test_what_is_captured_is_kept(stage, capture, kept):
    assert stage.tell("echo out; echo err >&2", capture=capture) == kept


def test_the_environment_is_what_was_given_and_the_folder(stage):
    env = {"A": "1\n2", "PATH": "/usr/bin:/bin", "JOBRUNNER_RUN_ID": "7"}
    told = stage.tell("/usr/bin/env", "-0", env=env, cwd="/usr")
    assert set(told.split("\0")) - {""} == {f"{k}={v}" for k, v in (env | {"PWD": "/usr"}).items()}


def test_no_signal_is_ignored_or_blocked(stage):
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    told = stage.tell("/bin/grep", "-E", "Sig(Blk|Ign)", "/proc/self/status")
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    signal.signal(signal.SIGHUP, old)
    masks = [int(line.split()[1], 16) for line in told.splitlines()]
    assert [mask & 0x7FFFFFFF for mask in masks] == [0, 0]  # above are the C library's own


def test_umask_and_limits_are_kept(stage):
    limits = Limits(
        nice=5, open_files=77, processes=4096, memory=1 << 30, cpu_time=timedelta(seconds=9)
    )
    command = "umask; nice; ulimit -n; ulimit -v; ulimit -t; ulimit -p"
    told = stage.tell(command, limits=limits, umask=0o027)
    assert told.split() == ["0027", "5", "77", "1048576", "9", "4096"]


def test_a_limit_that_cannot_be_had_is_a_refusal(stage):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if os.geteuid() == 0:
        hard = int(Path("/proc/sys/fs/nr_open").read_text())
    assert stage.run("true", limits=Limits(open_files=hard + 1)) == Refused("open_files")


def test_a_command_gets_the_soft_limit_of_before(stage):
    assert stage.tell("ulimit -S -n; ulimit -H -n", soft_files=99).split() == [
        "99",
        str(resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
    ]


@pytest.mark.parametrize(
    ("argv", "changes", "number"),
    [
        (("nonesuch", "x"), {}, errno.ENOENT),
        (("./nonesuch", "x"), {}, errno.ENOENT),
        (("/etc/passwd/x", "x"), {}, errno.ENOTDIR),
        (("/etc/passwd", "x"), {}, errno.EACCES),
        (("/etc", "x"), {}, errno.EACCES),
        (("passwd", "x"), {"env": {"PATH": "/nonexistent:/etc"}}, errno.EACCES),
        (("", "x"), {}, errno.EINVAL),
        ((), {}, errno.EINVAL),
        (("true", "a\0b"), {}, errno.EINVAL),
        (("tr\0ue", "x"), {}, errno.EINVAL),
        (("true", "\ud800"), {}, errno.EINVAL),
        (("true", "x" * 200_000), {}, errno.E2BIG),
        (("true", *["x" * 100_000] * 100), {}, errno.E2BIG),
        (("true", "x"), {"cwd": "/nonexistent"}, errno.ENOENT),
        (("true", "x"), {"cwd": "/etc/passwd"}, errno.ENOTDIR),
        (("true", "x"), {"cwd": "etc"}, errno.EINVAL),
        (("true", "x"), {"env": {**ENV, "A": "\0"}}, errno.EINVAL),
        (("true", "x"), {"env": {**ENV, "A=B": ""}}, errno.EINVAL),
    ],
)
def test_what_cannot_start_is_a_value(stage, argv, changes, number):
    failure = stage.start(*argv, **changes) if argv else stage.start("", "", **changes)
    assert isinstance(failure, Failure)
    assert (failure.errno, bool(failure.message)) == (number, True)
    assert spool.read(stage.spool) == Unfinished()


def test_without_a_free_descriptor_nothing_starts(stage):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = spool.make(str(stage.folder / "s")), os.open(os.devnull, os.O_RDWR)
    stage.start("true")  # imports and caches nothing more from here on
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[1] + 1, hard))
    failure = stage.start_with(files, "echo ran >" + str(stage.folder / "witness"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert failure.errno == errno.EMFILE
    assert not (stage.folder / "witness").exists()


@pytest.mark.parametrize(("user", "group"), [("no-such", ""), ("root", "no-such"), ("a\0", "")])
def test_an_unknown_account_is_a_value(user, group):
    assert isinstance(identify(user, group), Failure)


def test_an_account_may_be_a_number():
    assert identify("0", "0") == identify("root", "root")


@ROOT
def test_another_user_has_exactly_his_groups(stage):
    os.setgroups([0, 4])
    told = stage.tell("id -u; id -ru; id -g; id -G; echo more >>/dev/stderr", identity=NOBODY)
    os.setgroups([0])
    groups = " ".join(map(str, NOBODY.groups))
    assert told == f"{NOBODY.uid}\n{NOBODY.uid}\n{NOBODY.gid}\n{groups}\nmore\n"


@ROOT
def test_another_user_cannot_reach_the_spool(stage):
    assert stage.run("echo 0 >/proc/$PPID/fd/1; exit 3", identity=NOBODY) == Code(3)
    assert "ermission denied" in stage.output.read_text()


@ROOT
def test_a_folder_closed_to_the_user_is_a_refusal(stage):
    closed = stage.folder / "closed"
    closed.mkdir(0o700)
    assert stage.run("true", identity=NOBODY, cwd=str(closed)) == Refused("cwd")


def test_a_user_that_cannot_be_had_is_a_value(stage):
    script = (
        "import os\n"
        "from jobrunner.process.identity import identify\n"
        "from jobrunner.process.launch import Launch\n"
        "from jobrunner.process.start import start\n"
        "file = os.open('/dev/null', os.O_RDWR)\n"
        "os.geteuid() or os.setuid(65534)\n"
        "launch = Launch(argv=('/bin/true',), cwd='/', env={}, spool=file, output=file,\n"
        "    identity=identify('root'))\n"
        "print(start(launch).errno)\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert int(told.stdout) == errno.EPERM


ODD = """
import os, sys, resource
from pathlib import Path
from tests.process.stage import Stage
os.closerange(0, 3)
os.umask(0)
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
stage = Stage(Path(sys.argv[1]))
lock = os.open(os.path.join(sys.argv[1], "lock"), os.O_RDWR | os.O_CREAT)
code = stage.run("cat; echo out; echo err >&2; exit 5", stdin=b"in\\n", lock=lock)
os._exit(code.code)
"""


def test_a_caller_without_stdio_confuses_nothing(tmp_path):
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", ODD, str(tmp_path)], env={**ENV, "PYTHONPATH": root}, check=False
    )
    assert done.returncode == 5
    assert (tmp_path / "output1").read_text() == "in\nout\nerr\n"
    assert (tmp_path / "lock").read_text() == ""


def test_what_was_used_is_told_once_it_has_ended(stage):
    used = stage.end(stage.start("i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done"))
    assert used.cpu > timedelta(milliseconds=5)
    assert used.max_rss > 100_000


def test_a_running_child_has_used_nothing_yet(stage):
    child = stage.start("exec sleep 60")
    assert isinstance(child, Child)
    assert not has_ended(child)


def test_an_empty_stdin_is_the_null_device():
    with filled(b"") as file:
        assert Path(f"/proc/self/fd/{file}").readlink() == Path(os.devnull)
