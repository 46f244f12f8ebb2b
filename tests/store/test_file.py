"""The file of the ledger: its modes and settings, whose it is, and what is refused."""

import fcntl
import os
import stat
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import pytest

from jobrunner.errors import (
    StoreBusyError,
    StoreError,
    StoreForbiddenError,
    StoreSchemaError,
)
from jobrunner.store import migrate_store, open_store
from jobrunner.store.sqlite.connection import APPLICATION, SCHEMA, SqliteConnection
from jobrunner.store.sqlite.glance import glance
from jobrunner.store.sqlite.place import beside, file_system, refuse_shared
from tests.store.life import queue

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")


def modes(folder):
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_modes_are_the_same_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        location = tmp_path / "var" / "jobs" / "db" / "ledger.db"
        migrate_store(location)
        with closing(open_store(location)) as store:
            queue(store)
            store.checkpoint()
            found = modes(location.parent)
    finally:
        os.umask(before)
    assert set(found.values()) == {0o660}
    assert {f"ledger.db{ending}" for ending in ("", "-wal", "-shm", ".id")} <= set(found)
    above = [stat.S_IMODE(folder.stat().st_mode) for folder in location.parents[:3]]
    assert above == [0o2770, 0o755, 0o755]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("busy_timeout", 10_000),
        ("wal_autocheckpoint", 0),
        ("mmap_size", 0),
        ("trusted_schema", 0),
        ("foreign_keys", 1),
    ],
)
def test_a_connection_is_set_for_safety(location, setting, value):
    with closing(SqliteConnection(location)) as connection, connection.reading() as session:
        assert session.rows(f"PRAGMA {setting}") == [(value,)]


def test_a_ledger_that_is_not_there_is_told_how_to_be_made(tmp_path):
    with pytest.raises(StoreSchemaError, match="no ledger yet; `jobrunner db migrate` makes one"):
        open_store(tmp_path / "ledger.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["sqlite:///{}", "sqlite://{}", "{}"])
def test_a_location_is_a_path_or_a_url(location, url):
    with closing(open_store(url.format(location))) as store:
        assert store.marks() == {}


@pytest.mark.parametrize("url", ["mysql://db/ledger", "sqlite://", "sqlite:///", "sqlite://host/x"])
def test_a_location_that_names_no_ledger_is_refused(url):
    with pytest.raises(StoreError, match=r"no such kind of ledger|names no file"):
        open_store(url)


@pytest.mark.parametrize("make", [os.symlink, os.link])
def test_a_file_with_a_second_name_is_refused(location, make):
    other = location.with_name("other.db")
    make(location, other)
    with pytest.raises(StoreForbiddenError, match=r"not a regular file|has 2 names"):
        open_store(other)


def test_a_fifo_in_the_ledgers_place_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "ledger.db")
    with pytest.raises(StoreForbiddenError, match="not a regular file"):
        open_store(tmp_path / "ledger.db")


@pytest.mark.parametrize("ending", ["-wal", "-shm"])
def test_a_link_where_sqlite_keeps_its_log_is_told_by_its_name(location, ending):
    beside(location, ending).symlink_to("victim")
    with pytest.raises(StoreForbiddenError, match=f"{ending}: not a regular file"):
        open_store(location)


def planted_journal(location, victim):
    """A journal as a crash leaves it, that says to remove a file once it is played back."""
    magic = bytes.fromhex("d9d505f920a163d7")
    pages = location.stat().st_size // 4096
    header = magic + struct.pack(">5I", 0, 0, pages, 512, 4096)
    name = os.fsencode(victim)
    super_page = struct.pack(">I", 0x4000_0000 // 4096 + 1)
    ending = name + struct.pack(">2I", len(name), sum(name)) + magic
    beside(location, "-journal").write_bytes(header.ljust(512, b"\0") + super_page + ending)


def look_like_a_tick(location):
    glance(str(location), host="h", now=1, longest=1, application=APPLICATION, schema=SCHEMA)


@pytest.mark.parametrize("use", [open_store, migrate_store, look_like_a_tick])
def test_who_may_write_the_folder_cannot_have_a_file_removed_by_who_opens_the_ledger(
    location, tmp_path, use
):
    victim = tmp_path / "victim"
    victim.write_text("of somebody else")
    planted_journal(location, victim)
    with pytest.raises(StoreError, match=r"-journal: (no|a) ledger has (no )?such a? ?file"):
        use(location)
    assert victim.exists()


def test_a_fork_cannot_use_its_parents_connection(store):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            store.marks()
        except StoreError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert b"a fork of it that uses the same connection" in os.read(reader, 1000)
    assert store.marks() == {}


def test_threads_take_turns(location):
    with closing(SqliteConnection(location)) as one, ThreadPoolExecutor(1) as pool:
        with one.reading(), pytest.raises(StoreError, match="another thread"):
            pool.submit(one.reading().__enter__).result()
        with one.reading() as session:
            assert session.rows("SELECT 1") == [(1,)]


def test_one_thread_opens_what_another_one_uses(store):
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(store.marks).result() == {}


@pytest.mark.parametrize("value", [2**70, -(2**70)])
def test_a_number_that_no_run_can_have_is_an_error_of_ours(store, value):
    with pytest.raises(StoreError, match="cannot hold"):
        store.run(value)


def test_a_name_that_is_no_text_is_an_error_of_ours(store):
    with pytest.raises(StoreError, match="cannot hold"):
        store.latest(["\udcff"])


def test_a_locked_ledger_is_busy(location):
    with closing(SqliteConnection(location)) as one, closing(SqliteConnection(location)) as two:
        two.database.execute("PRAGMA busy_timeout = 1")
        with one.writing(), pytest.raises(StoreBusyError, match="somebody else"), two.writing():
            pass


def test_who_does_not_want_to_wait_is_told_so(location):
    with closing(SqliteConnection(location)) as one, closing(SqliteConnection(location)) as two:
        with one.writing(), two.writing_soon() as session:
            assert session is None
        with two.writing_soon() as session:
            assert session is not None


def test_one_of_two_checkpoints(location, store):
    queue(store)
    assert store.checkpoint()
    with location.with_name("ledger.db.checkpoint").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not store.checkpoint()


def test_a_transaction_that_fails_leaves_nothing(location):
    with closing(SqliteConnection(location)) as connection:
        with suppress(KeyboardInterrupt), connection.writing() as session:
            session.change("INSERT INTO jobs (name) VALUES ('a')")
            raise KeyboardInterrupt
        with connection.reading() as session:
            assert session.rows("SELECT * FROM jobs") == []


def test_a_row_that_must_not_be_is_an_error_of_ours(location):
    with (
        closing(SqliteConnection(location)) as connection,
        pytest.raises(StoreError, match="CHECK constraint"),
        connection.writing() as session,
    ):
        session.change("INSERT INTO jobs (name) VALUES ('')")


def test_a_full_disk_is_busy_and_loses_nothing_that_was_there(location):
    with closing(open_store(location)) as store:
        first = queue(store)
        pages = store._file.database.execute("PRAGMA page_count").fetchone()[0]
        store._file.database.execute(f"PRAGMA max_page_count = {pages}").fetchall()
        with pytest.raises(StoreBusyError, match="full"):
            queue(store, params="x" * 100_000)
        store._file.database.execute("PRAGMA max_page_count = 1000000").fetchall()
        assert queue(store).id > first.id
        assert store.check(full=True) == []


def test_a_process_without_a_descriptor_to_spare_is_told_so(location):
    told = output_of(
        "import os, jobrunner.store.location, jobrunner.store.sqlite.store\n"
        "from resource import RLIMIT_NOFILE, setrlimit\n"
        "from jobrunner.errors import StoreBusyError\n"
        "from jobrunner.store import open_store\n"
        "setrlimit(RLIMIT_NOFILE, (3, 3))\n"
        f"try: open_store({str(location)!r})\n"
        "except StoreBusyError as error: print(error)\n"
    )
    assert (str(location) in told.stdout, "Too many open files" in told.stdout) == (True, True)
    assert told.stderr == ""


@as_root
def test_a_disk_that_is_mounted_read_only_is_told_as_such(location):
    folder = str(location.parent)
    program = f"from jobrunner.store import open_store\nopen_store({str(location)!r})\n"
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$1" -c "$2"'
    command = ["unshare", "--mount", "/bin/sh", "-ec", mount, folder, sys.executable, program]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unshare" in told.stderr or "mount:" in told.stderr:
        pytest.skip("this machine lets nobody mount")
    assert f"StoreForbiddenError: {location}: lies on a file system that is mounted" in told.stderr


def output_of(program):
    command = [sys.executable, "-c", program]
    top = Path(__file__).parents[2]
    return subprocess.run(command, cwd=top, capture_output=True, text=True, check=False)


@pytest.fixture
def public(empty_ledger):
    """A ledger where other users get to: pytest's own folders are closed to them."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield copytree(empty_ledger, Path(folder) / "state" / "db") / "ledger.db"


@as_root
@pytest.mark.parametrize("use", ["open_store", "migrate_store"])
@pytest.mark.parametrize(
    ("above", "folder", "file"),
    [
        (0o755, 0o2770, 0o660),
        (0o755, 0o777, 0o644),
        (0o755, 0o755, 0o666),
        (0o700, 0o777, 0o666),
    ],
)
def test_another_user_is_told_the_path_and_the_uid(public, use, above, folder, file):
    public.chmod(file)
    public.parent.chmod(folder)
    public.parent.parent.chmod(above)
    told = output_of(
        "import jobrunner.store.sqlite.store, jobrunner.store.sqlite.migration\n"
        f"import os; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "from jobrunner.errors import StoreForbiddenError\n"
        f"from jobrunner.store import {use}\n"
        f"try: {use}({str(public)!r})\n"
        "except StoreForbiddenError as error: print(error)\n"
    )
    assert (str(public) in told.stdout, f"uid {NOBODY}" in told.stdout) == (True, True)
    assert told.stderr == ""


MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:41 / /home/all rw - nfs4 server:/all rw
31 22 0:42 / /mnt/a\\040b rw - fuse.sshfs host:/x rw
32 22 0:43 / /var rw shared:9 master:1 - btrfs /dev/sdb rw
"""


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ((254, 0), "ext4"),
        ((0, 41), "nfs4"),
        ((0, 42), "fuse.sshfs"),
        ((0, 43), "btrfs"),
        ((9, 9), ""),
    ],
)
def test_the_file_system_is_read_from_the_mounts(device, kind):
    assert file_system(os.makedev(*device), MOUNTS) == kind


def test_a_file_system_of_several_hosts_is_refused(location):
    with pytest.raises(StoreForbiddenError, match="lies on nfs4"):
        refuse_shared(location, os.makedev(0, 41), MOUNTS)
    refuse_shared(location, os.makedev(254, 0), MOUNTS)


def test_opening_is_over_without_opening_the_database_by_hand(location):
    """Closing a second descriptor of a file drops the locks that SQLite holds on it."""
    program = (
        "import os, sys\n"
        "from jobrunner.store.sqlite.store import open_store\n"
        "from pathlib import Path\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, values: event == 'open' and opened.append(values[0]))\n"
        f"store = open_store(Path({str(location)!r}))\n"
        "store.marks(); store.checkpoint(); store.check(); store.close()\n"
        "print([name for name in map(str, opened) if name.endswith(('.db', '-wal', '-shm'))])\n"
    )
    told = output_of(program)
    assert (told.stdout, told.stderr) == ("[]\n", "")


def test_using_a_ledger_imports_nothing_slow(location):
    told = output_of(
        "import sys\n"
        "from jobrunner.store import open_store\n"
        f"open_store({str(location)!r}).wake_at()\n"
        "print({'sqlite_utils', 'filelock', 'asyncio', 'click', 'psycopg'} & set(sys.modules))\n"
    )
    assert (told.stdout, told.stderr) == ("set()\n", "")


def test_claiming_many_slots_does_not_ask_the_system_for_memory_again_and_again(location):
    told = output_of(
        "from resource import RUSAGE_SELF, getrusage\n"
        "from benchmarks.claim import NOON, looks\n"
        "from jobrunner.store import open_store\n"
        f"store = open_store({str(location)!r})\n"
        "store.claim(looks(200, 0), owner='me', host='', now=NOON)\n"
        "before = getrusage(RUSAGE_SELF).ru_minflt\n"
        "store.claim(looks(200, 1), owner='me', host='', now=NOON)\n"
        "print(getrusage(RUSAGE_SELF).ru_minflt - before)\n"
    )
    assert int(told.stdout) < 2000
