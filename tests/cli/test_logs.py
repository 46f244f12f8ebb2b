"""`jobrunner logs` as its reader meets it."""

from pathlib import Path

import pytest

from jobrunner.cli.main import run
from jobrunner.model.decision import Start
from jobrunner.model.run import State
from jobrunner.process.sighting import PAIR
from tests.build import NOON, FakeClock
from tests.cli.nights import SLOT, WROTE, three_nights
from tests.store.life import HOUR, MINUTE, ending, queue

SHOWN = """\
backup #3  Fri 2026-11-20 02:30:01 CET  failed, exit 1, 11m 02s, attempt 1 of 4
pg_dump: ^[]0;x^Gfailed
red
no end
  (41 B kept of 41 B; raw: --raw)
"""


@pytest.fixture
def past(call, tmp_path):
    return three_nights(tmp_path)


def test_on_a_terminal_an_output_has_a_frame(call, past):
    assert call("logs", "backup", FORCE_TTY="1") == (0, SHOWN, "")


def test_colours_are_shown_where_they_are_wanted_and_end_with_the_output(call, past):
    _, out, _ = call("logs", "backup", "--color", "always", FORCE_TTY="1")
    assert "\n\x1b[31mred\x1b[0m\nno end\x1b[0m\n  (" in out


def test_in_a_pipe_there_is_the_output_alone(call, past):
    assert call("logs", "3")[1] == "pg_dump: ^[]0;x^Gfailed\nred\nno end"


def test_the_output_of_a_job_that_is_removed_is_shown_still(call, past, tmp_path):
    (tmp_path / "jobs.toml").write_text("[jobs.other]\ncommand = 'x'\n")
    code, out, complaint = call("logs", "backup")
    assert (code, complaint) == (0, "")
    assert out.startswith("pg_dump: ")


def test_raw_is_every_byte(tmp_path, capsysbinary):
    three_nights(tmp_path)
    assert run(["-c", f"{tmp_path}/jobs.toml", "logs", "3", "--raw"], clock=FakeClock()) == 0
    assert capsysbinary.readouterr().out == WROTE


def test_the_last_lines_can_be_had_alone(call, past):
    assert call("logs", "3", "--tail", "2")[1] == "red\nno end"


def test_the_run_before_is_named_by_how_far_it_is_back(call, past):
    assert call("logs", "backup~1")[1] == "well\n"


def test_an_earlier_attempt_can_be_had_and_is_pointed_to(call, past):
    waiting = queue(past.store)
    past.begin(waiting, NOON, b"first\n")
    end = ending(waiting, State.FAILED, NOON + MINUTE, retry_at=NOON + MINUTE)
    past.store.finish([end], owner="me")
    past.begin(past.store.run(waiting.id), NOON + MINUTE, b"second\n")
    _, out, _ = call("logs", "backup", FORCE_TTY="1")
    assert (
        "running, attempt 2 of 4\nsecond\n  (7 B kept of 7 B; earlier attempts: --attempt 1" in out
    )
    assert call("logs", "backup", "--attempt", "1", FORCE_TTY="")[1] == "first\n"


def test_what_stood_in_the_way_is_told_though_nothing_was_written(call, past):
    past.ran(SLOT + MINUTE, State.FAILED, reason="the folder /x cannot be entered")
    _, out, _ = call("logs", "backup", FORCE_TTY="1")
    assert "\n  the folder /x cannot be entered\n  (no output; raw: --raw)\n" in out


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("77", 5, "no run 77"),
        ("bakup", 5, 'Did you mean "backup"?'),
        ("report", 5, "report has not run yet"),
        ("2", 1, "backup #2 was missed: 4h late or more"),
    ],
)
def test_where_there_is_nothing_to_show_it_says_why(call, past, name, code, told):
    found, out, complaint = call("logs", name)
    assert (found, out) == (code, "")
    assert told in complaint


def test_an_output_that_is_gone_is_told(call, past):
    Path(past.folder.output_path("0/3-1.log")).unlink()
    code, _, complaint = call("logs", "3")
    assert code == 1
    assert "the output of attempt 1 of backup #3 is gone" in complaint


class Script(FakeClock):
    """A clock that lets something happen each time somebody waits."""

    def __init__(self, *steps):
        super().__init__()
        self.steps = [*steps]

    def sleep(self, seconds):
        super().sleep(seconds)
        self.steps.pop(0)()


@pytest.fixture
def follow(past, tmp_path, capsys):
    """Follow a run of backup that is queued, while the steps happen."""

    def follow(*steps, options=()):
        clock = Script(*steps)
        arguments = ["-c", f"{tmp_path}/jobs.toml", "logs", "-f", *options]
        code = run([*arguments, "backup"], clock=clock)
        assert clock.steps == []
        return code, capsys.readouterr().out

    return follow


class Life:
    """The run of backup that is followed."""

    def __init__(self, past):
        self.past = past
        self.run = queue(past.store)

    def begin(self):
        self.path = self.past.begin(self.past.store.run(self.run.id), NOON)

    def write(self, content):
        with self.path.open("ab") as file:
            file.write(content)

    def end(self, attempt=1, **changes):
        end = ending(self.run, State.SUCCESS, NOON + HOUR)
        if changes:
            end = ending(self.run, State.FAILED, NOON + HOUR, **changes)
        self.past.store.finish([type(end)(**_values(end) | {"attempt": attempt})], owner="me")


def _values(end):
    return {name: getattr(end, name) for name in end.__struct_fields__}


def test_a_run_is_followed_from_its_start_to_its_end(follow, past):
    life = Life(past)

    def write(content):
        return lambda: life.write(content)

    code, out = follow(life.begin, write(b"one\n"), write(b"two\n"), life.end)
    assert (code, out) == (0, "one\ntwo\n")


def test_on_a_terminal_the_attempts_are_told_apart(follow, past, monkeypatch):
    monkeypatch.setenv("FORCE_TTY", "1")
    life = Life(past)

    def fail():
        life.write(b"no end")
        life.end(exit_code=1, retry_at=NOON + HOUR)

    _, out = follow(life.begin, fail, life.begin, lambda: life.end(attempt=2))
    assert out == (
        "backup #4 has not started yet; waiting for it\n"
        "backup #4  Fri 2026-11-20 13:00:00 CET  running, attempt 1 of 4\n"
        "13:00:00.1 | no end\n"
        "  failed, exit 1; attempt 2 at 14:00:00\n"
        "backup #4  Fri 2026-11-20 13:00:00 CET  running, attempt 2 of 4\n"
        "  success\n"
    )


def test_following_starts_with_the_last_lines_if_asked_to(follow, past):
    life = Life(past)
    life.begin()
    life.write(b"one\ntwo\nthree\n")

    def end():
        life.write(b"four\nfive\n")
        life.end()

    assert follow(end, options=["--tail", "1"]) == (0, "three\nfour\nfive\n")


def test_one_attempt_can_be_followed_alone(follow, past):
    life = Life(past)
    life.begin()
    life.write(b"one\n")

    def fail():
        life.end(exit_code=1, retry_at=NOON + HOUR)

    assert follow(fail, options=["--attempt", "1"]) == (0, "one\n")


def test_a_run_that_is_over_is_shown_and_left(follow, past):
    assert follow() == (0, "pg_dump: ^[]0;x^Gfailed\nred\nno end")


def noted(past, run, *pairs):
    """Note beside the output of a run's first attempt when it had which size."""
    path = past.folder.sightings(past.folder.output_path(past.folder.output(run, 1)))
    stamped = [(round(at.timestamp() * 1_000_000), size) for at, size in pairs]
    Path(path).write_bytes(b"".join(PAIR.pack(*pair) for pair in stamped))


def test_on_a_terminal_each_line_has_the_time_at_which_it_was_seen(call, past):
    noted(past, 3, (SLOT + MINUTE, 20), (SLOT + 2 * MINUTE, len(WROTE)))
    _, out, _ = call("logs", "backup", FORCE_TTY="1")
    assert out.splitlines()[1:4] == [
        "02:31:00.0 | pg_dump: ^[]0;x^Gfailed",
        "02:32:00.0 | red",
        "02:32:00.0 | no end",
    ]


def test_times_are_in_utc_if_that_is_wanted(call, past):
    noted(past, 3, (SLOT + MINUTE, len(WROTE)))
    assert "\n01:31:00.0 | red\n" in call("logs", "backup", "--utc", FORCE_TTY="1")[1]


def test_what_came_while_nobody_looked_has_no_time(call, past):
    noted(past, 3, (SLOT + MINUTE, 20))
    assert "\n           | red\n" in call("logs", "backup", FORCE_TTY="1")[1]


def test_times_can_be_left_out_and_asked_for(call, past):
    noted(past, 3, (SLOT + MINUTE, len(WROTE)))
    assert call("logs", "backup", "--no-times", FORCE_TTY="1") == (0, SHOWN, "")
    assert call("logs", "3", "--times", FORCE_TTY="")[1].startswith("02:31:00.0 | pg_dump: ")
    assert "|" not in call("logs", "3", FORCE_TTY="")[1]


def test_the_last_lines_have_their_times(call, past):
    noted(past, 3, (SLOT + MINUTE, 20), (SLOT + 2 * MINUTE, len(WROTE)))
    _, out, _ = call("logs", "backup", "--tail", "1", FORCE_TTY="1")
    assert out.splitlines()[1] == "02:32:00.0 | no end"


def test_a_short_attempt_is_seen_at_its_end(call, past):
    (run,) = past._look(past._mark, SLOT + HOUR, Start(SLOT + HOUR))
    past.begin(run, SLOT + HOUR, b"quick\n")
    took = {"duration": MINUTE / 120, "output": past.folder.output(run.id, 1)}
    past.store.finish([ending(run, State.SUCCESS, SLOT + HOUR + MINUTE / 120, **took)], owner="me")
    _, out, _ = call("logs", "backup", FORCE_TTY="1")
    assert "\n03:30:00.5 | quick\n" in out
