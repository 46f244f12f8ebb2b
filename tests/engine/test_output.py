"""What a job writes, through a real supervisor: kept as it is, bounded, and without its secrets."""

import json
import os
import sys
from pathlib import Path

import pytest

from jobrunner.model.run import State
from jobrunner.process.output import open_to_read, shown
from jobrunner.process.sighting import read
from tests.engine.theatre import Theatre

KIB, MIB = 1 << 10, 1 << 20
FLOOD = 300 * MIB
MOST_ON_DISK = FLOOD // 2
MOST_MEMORY = 64 * MIB
# Goes on only when there is room: how much comes between two looks is the machine's affair.
FLOODS = f"""
import os, time
for _ in range({FLOOD // MIB}):
    os.write(1, b"0123456789abcde\\n" * {MIB // 16})
    while os.fstat(1).st_blocks * 512 > {MOST_ON_DISK}:
        time.sleep(0.01)
"""


@pytest.fixture
def theatre(tmp_path):
    theatre = Theatre(tmp_path)
    yield theatre
    theatre.close()


def play(theatre, command, *lines):
    theatre.write("\n".join(["[jobs.it]", f"command = {json.dumps(command)}", *lines]))
    if not theatre.supervisors:
        theatre.start()
    return theatre.play("it")


def python(line):
    return [sys.executable, "-I", "-S", "-c", line]


def whole(theatre, run, limit):
    """What a reader is shown."""
    file = open_to_read(theatre.state.output_path(run.output))
    try:
        return b"".join(shown(file, limit))
    finally:
        os.close(file)


def peak(pid):
    """The most memory that a process ever had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * KIB for line in lines if line.startswith("VmHWM"))


def on_disk(path):
    """The bytes that a file takes on the disk; 0 while it is not there."""
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize(
    ("capture", "told"),
    [("both", "out\nerr\n"), ("stdout", "out\n"), ("stderr", "err\n"), ("none", "")],
)
def test_what_is_captured_is_kept(theatre, capture, told):
    run = play(theatre, "echo out; echo err >&2", f'capture = "{capture}"')
    assert run.state is State.SUCCESS
    assert (theatre.output(run), run.output_size) == (told, len(told))


def test_bytes_are_kept_as_they_are(theatre):
    run = play(theatre, python("import os; os.write(1, bytes(range(256)) * 9)"))
    kept = Path(theatre.state.output_path(run.output)).read_bytes()
    assert kept == bytes(range(256)) * 9
    assert run.output_cut == 0


def test_of_a_long_output_head_and_tail_are_kept(theatre):
    line = "for n in range(100_000): print(f'{n:09}')"
    run = play(theatre, python(line), 'output_limit = "8KiB"')
    assert (run.output_size, run.output_cut) == (1_000_000, 1_000_000 - 8 * KIB)
    head, marker, tail = whole(theatre, run, 8 * KIB).partition(b"\n... 991,808 bytes cut ...\n")
    assert (len(head), len(tail)) == (4 * KIB, 4 * KIB)
    assert head.startswith(b"000000000\n000000001\n")
    assert marker
    assert tail.endswith(b"000099999\n")


def test_an_attempt_that_is_tried_again_has_an_output_of_its_own(theatre):
    retry = 'retry = { attempts = 1, delay = "10ms" }'
    run = play(theatre, "echo $JOBRUNNER_ATTEMPT; test $JOBRUNNER_ATTEMPT = 2", retry)
    outputs = [theatre.output(attempt) for attempt in theatre.store.attempts(run.id)]
    assert outputs == ["1\n", "2\n"]


def test_a_flood_takes_little_room_while_it_comes_and_little_memory(theatre):
    run = play(theatre, python(FLOODS))
    assert (run.state, run.output_size) == (State.SUCCESS, FLOOD)
    assert on_disk(Path(theatre.state.output_path(run.output))) <= 2 * MIB
    assert peak(theatre.supervisors[0].pid) <= MOST_MEMORY


def test_secrets_are_starred_out_where_they_are_kept(theatre):
    line = """echo "a $TOKEN b"; echo "card 4711-1234"
    echo '{"message": "'$TOKEN'", "data": {"card": "4711-9876"}}' >$JOBRUNNER_RESULT"""
    redact = "redact = ['(?<=-)\\d{4}']"
    run = play(theatre, line, 'env = { TOKEN = "s3cret!" }', redact)
    assert theatre.output(run) == "a ******* b\ncard 4711-****\n"
    assert run.message == "***"
    assert json.loads(run.result)["data"] == {"card": "4711-***"}


def test_a_secret_from_a_file_is_starred_out_too(theatre):
    (theatre.folder / "it.env").write_text("DB_PASSWORD=hunter22\n")
    run = play(theatre, "echo $DB_PASSWORD", 'env_file = "it.env"')
    assert theatre.output(run) == "********\n"


def test_a_secret_from_a_file_is_known_to_the_next_supervisor_too(theatre):
    (theatre.folder / "it.env").write_text("DB_PASSWORD=hunter22\n")
    line = "echo $DB_PASSWORD; until test -e go; do sleep 0.05; done"
    theatre.write(f"[jobs.it]\ncommand = '{line}'\nenv_file = 'it.env'")
    theatre.start()
    run = theatre.run("it")
    theatre.until(lambda: on_disk(written(theatre, run)))
    theatre.kill()
    theatre.start()
    (theatre.folder / "go").touch()
    assert theatre.output(theatre.end_of(run)) == "********\n"


def written(theatre, run):
    return Path(theatre.state.output_path(theatre.state.output(run, 1)))


def test_secrets_go_from_head_and_tail_of_what_was_cut(theatre):
    line = "import os\nfor _ in range(90_000): print(os.environ['API_KEY'])"
    run = play(theatre, python(line), 'env = { API_KEY = "k3y!k3y!" }', 'output_limit = "64KiB"')
    kept = whole(theatre, run, 64 * KIB)
    assert b"***" in kept
    assert b"k3y!k3y!" not in kept


def test_output_that_is_closed_or_taken_away_harms_nobody(theatre):
    run = play(theatre, "exec >&- 2>&-; echo x; exit 3")
    assert (run.state, run.exit_code, run.output_size) == (State.FAILED, 3, 0)
    assert play(theatre, "rm -r .jobrunner/output/*; echo x").state is State.SUCCESS
    assert play(theatre, "true").state is State.SUCCESS


def test_when_each_line_was_seen_is_kept_beside_the_output(theatre):
    run = play(theatre, "echo a; sleep 1.1; echo b")
    found = read(theatre.state.sightings(theatre.state.output_path(run.output)))
    began = run.started_at.timestamp()
    first, second = (found.seen_at(place) / 1_000_000 - began for place in (0, 2))
    assert 0 <= first < 1.1 <= second
    assert found.seen_at(4) is None


def test_a_job_of_a_moment_leaves_nothing_but_its_output(theatre):
    run = play(theatre, "echo a")
    path = Path(theatre.state.output_path(run.output))
    assert [*path.parent.iterdir()] == [path]
