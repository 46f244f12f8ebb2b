"""A machine in namespaces of this one: Debian's own systemd or cron on an overlay of our files.

What is written there is in memory and goes with it.  Root alone can have one.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from jobrunner.clock import SystemClock

CLOCK = SystemClock()
ENVIRON = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
CHECKOUT = Path(__file__).parents[3]
# The checkout may lie where nothing lasts, and is not installed from there: it is seen here, too.
HOME = "/opt/jobrunner"
PROGRAM = f"{HOME}/bin/jobrunner"
CGROUPS = ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")
ROWS = """
import json, sqlite3, sys
query = "SELECT scheduled_for, state, exit_code FROM runs WHERE job = ? ORDER BY id"
ledger = sqlite3.connect(sys.argv[1], uri=True)
print(json.dumps(ledger.execute(query, sys.argv[2:]).fetchall()))
"""
JOIN = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
ENTER = ("--mount", "--pid", "--cgroup", "--uts", "--ipc", "--net", "--root", "--wd")
# $1 is an empty folder, $2 the source, $3 the packages, $4 an interpreter, $5.. are folders that
# may be on other disks than / is.
BUILD = r"""
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/up" "$1/work" "$1/root"
root=$1/root; up=$1/up; work=$1/work; source=$2; packages=$3; python=$4; shift 4
mount -t overlay overlay -o "lowerdir=/,upperdir=$up,workdir=$work" "$root"
for folder do
    mountpoint -q "$folder" && mount --bind "$folder" "$root$folder"
done
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
home=$root/opt/jobrunner
rm -rf "$home"
named='import sys; print("python%d.%d" % sys.version_info[:2])'
site=$home/lib/$("$python" -c "$named")/site-packages
mkdir -p "$home/bin" "$home/source" "$home/packages" "$site"
mount --bind "$source" "$home/source"
mount --bind "$packages" "$home/packages"
ln -s "$python" "$home/bin/python"
printf 'home = %s\ninclude-system-site-packages = false\n' "${python%/*}" > "$home/pyvenv.cfg"
printf '/opt/jobrunner/source\n/opt/jobrunner/packages\n' > "$site/checkout.pth"
echo '#!/opt/jobrunner/bin/python' > "$home/bin/jobrunner"
tail -n +2 "$source/jobrunner/program" >> "$home/bin/jobrunner"
chmod 755 "$home/bin/jobrunner"
for folder in run tmp dev; do mount -t tmpfs tmpfs "$root/$folder"; done
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666
ln -s pts/ptmx "$root/dev/ptmx"
: > "$root/etc/machine-id"
chmod o+x "$root/root"  # Python may be installed there, and other users have ticks as well
cd "$root"
rm -rf etc/jobrunner var/lib/jobrunner root/.config root/.local var/spool/cron/crontabs/*
cd /
"""
SYSTEMD = """exec env -i container=test PATH="$PATH" \
chroot "$root" /lib/systemd/systemd --unit=basic.target"""
CRON = """exec chroot "$root" sh -c ': > /etc/crontab
cron -f & echo $! > /run/cron.pid
sleep infinity & wait'"""


class Machine:
    """One that runs; `tell` is whatever is to be done in it."""

    def __init__(self, init: int) -> None:
        self.init = init
        self.root = Path(f"/proc/{init}/root")

    def tell(self, *words: object, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command there as root, and wait for it."""
        return subprocess.run(
            ["nsenter", "--target", str(self.init), *ENTER, *map(str, words)],
            env=ENVIRON | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def jobrunner(self, *words: object, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.tell(PROGRAM, *words, **environ)

    def answer(self, *words: object, **environ: str) -> str:
        """What jobrunner says where all is well."""
        done = self.jobrunner(*words, **environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, path: str, content: bytes) -> None:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def runs(self, state: str, job: str) -> list[tuple[int, str, int | None]]:
        """The job's rows in the ledger, oldest first: slot, state, exit code."""
        # Asked from within: SQLite follows /proc/PID/root to a path that is none out here.
        done = self.tell(
            f"{HOME}/bin/python", "-c", ROWS, f"file:{state}/db/ledger.db?mode=ro", job
        )
        return [tuple(row) for row in json.loads(done.stdout or "[]")]

    def until(self, holds: Callable[[], bool], patience: float = 60.0) -> None:
        """Wait until this holds; what cannot be waited for is looked at every second."""
        deadline = CLOCK.elapsed() + patience
        pidfd = os.pidfd_open(self.init)
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        try:
            while not holds():
                assert CLOCK.elapsed() < deadline
                assert not poll.poll(1000), "the machine is gone"
        finally:
            os.close(pidfd)


@contextmanager
def machine(start: str) -> Iterator[Machine]:
    """A machine whose first process `start` executes; skipped where none can be had."""
    with _cgroup() as cgroup, tempfile.TemporaryDirectory(prefix="jobrunner-machine-") as folder:
        python = os.path.realpath(sys.executable)
        ours = [str(CHECKOUT / "src"), sysconfig.get_path("purelib"), python]
        others = [sys.base_prefix]
        unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--cgroup"]
        unshare += [
            "--uts",
            "--ipc",
            "--net",
            "sh",
            "-c",
            BUILD + start,
            "sh",
            folder,
            *ours,
            *others,
        ]
        outer = subprocess.Popen(
            # A run that is killed takes its machine along.
            ["setpriv", "--pdeathsig", "KILL", "--", "sh", "-c", JOIN, cgroup, *unshare],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield Machine(_init(outer, folder))
        finally:
            outer.kill()  # its child, the machine's first process, dies with it, and all with that
            outer.wait()
            outer.stderr.close()


def _init(outer: subprocess.Popen[str], folder: str) -> int:
    """The number of the first process, once it has become what it is to be."""
    while outer.poll() is None:
        for child in _children(outer.pid):
            with suppress(OSError):
                if Path(f"/proc/{child}/root").readlink() != Path("/"):
                    return child
    said = outer.stderr.read().strip().rpartition("\n")[2]
    raise pytest.skip.Exception(f"NOT TESTED: a machine in namespaces because {said}; needs root")


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@contextmanager
def _cgroup() -> Iterator[str]:
    """A cgroup of version 2 for it to be the root of."""
    base = next((Path(each) for each in CGROUPS if Path(each, "cgroup.procs").exists()), None)
    if os.geteuid() != 0 or base is None or not shutil.which("nsenter"):
        reason = "only root has namespaces and cgroups"
        raise pytest.skip.Exception(
            f"NOT TESTED: a machine in namespaces because {reason}; be root"
        )
    made = Path(tempfile.mkdtemp(prefix="jobrunner-machine-", dir=base))
    made.chmod(0o755)
    try:
        yield str(made)
    finally:
        (made / "cgroup.kill").write_text("1")
        _await_empty(made / "cgroup.events")
        for folder, _, _ in os.walk(made, topdown=False):
            Path(folder).rmdir()


def _await_empty(events: Path) -> None:
    """Wait until nothing lives in a cgroup; the kernel tells of it."""
    with events.open("rb") as file:
        poll = select.poll()
        poll.register(file, select.POLLPRI)
        while b"populated 1" in os.pread(file.fileno(), 4096, 0):
            poll.poll(1000)
