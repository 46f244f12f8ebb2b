"""`jobrunner backfill` as its reader meets it; `backup` is due at 02:30 CET, now it is 13:00."""

import os
import signal

import pytest

from tests.engine.actions.foreman import staged


@pytest.fixture
def stage(tmp_path, monkeypatch, capsys):
    with staged(tmp_path, monkeypatch, capsys) as stage:
        yield stage


LAST_DAYS = ("Tue 2026-11-17", "Wed 2026-11-18", "Thu 2026-11-19", "Fri 2026-11-20")
DAYS = ("--from", "2026-11-10", "--to", "2026-11-12")


def test_each_slot_is_run_and_told(stage):
    code, out, err = stage.call("backfill", "backup", *DAYS, "--yes")
    assert (code, out) == (0, "backup: 3 slots to run.\n3 slots: 3 succeeded.\n")
    assert err == (
        "✓ Tue 2026-11-10 02:30  #1  success  2.0s\n"
        "✓ Wed 2026-11-11 02:30  #2  success  2.0s\n"
        "✓ Thu 2026-11-12 02:30  #3  success  2.0s\n"
    )


def test_without_an_end_it_goes_up_to_now(stage):
    _, out, _ = stage.call("backfill", "backup", "--from", "2026-11-17", "--dry-run")
    assert out.splitlines()[1:-1] == [f"  {each} 02:30 CET" for each in LAST_DAYS]


def test_the_same_command_again_leaves_out_what_is_done(stage):
    stage.call("backfill", "backup", *DAYS, "--yes")
    code, out, _ = stage.call("backfill", "backup", *DAYS, "--yes")
    assert (code, out) == (0, "backup: 0 slots to run (3 done already).\n")


@pytest.mark.parametrize(
    ("job", "days", "told"),
    [
        ("backup", ("2027-01-01", "2027-01-02"), "None has come in that time. Its next ones: "),
        ("flaky", ("2026-11-10", "2026-11-12"), "It has no schedule of its own: "),
    ],
)
def test_why_there_is_nothing_to_run_is_told(stage, job, days, told):
    code, out, _ = stage.call("backfill", job, "--from", days[0], "--to", days[1])
    assert code == 0
    assert out.startswith(f"{job}: 0 slots to run. {told}")


def test_a_failure_makes_it_fail_at_the_end(stage):
    stage.foreman.scripts = {"backup": [(b"", 3)]}
    code, out, err = stage.call("backfill", "backup", *DAYS, "--yes")
    assert (code, out.splitlines()[-1]) == (1, "3 slots: 0 succeeded, 3 did not.")
    assert "✗ Tue 2026-11-10 02:30  #1  failed, exit 3  2.0s\n" in err
    assert "The same command again runs those that have not succeeded." in err


def test_a_dry_run_lists_the_slots_and_starts_nothing(stage):
    code, out, _ = stage.call("backfill", "backup", *DAYS, "--dry-run")
    assert code == 0
    assert out.splitlines()[1] == "  Tue 2026-11-10 02:30 CET"
    assert out.endswith("Nothing was started (--dry-run).\n")
    assert stage.foreman.asked == []


def test_on_a_terminal_there_is_a_bar(stage):
    _, out, _ = stage.call("backfill", "backup", *DAYS, "--yes", FORCE_TTY="1")
    assert "● ▕" in out
    assert "0 of 3  now Tue 2026-11-10 02:30" in out


def test_where_nobody_can_be_asked_it_wants_a_yes(stage):
    code, _, err = stage.call("backfill", "backup", *DAYS)
    assert (code, "add --yes" in err) == (2, True)
    assert stage.foreman.asked == []


def test_ctrl_c_begins_no_further_slot(stage):
    stage.foreman.on_sleep = [lambda: os.kill(os.getpid(), signal.SIGINT)]
    code, out, err = stage.call("backfill", "backup", *DAYS, "--yes")
    assert code == 130
    assert out.splitlines()[-1] == "3 slots: 1 succeeded, 2 not run."
    assert "No further slot is begun" in err
    assert "✓ Tue 2026-11-10 02:30" in err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["bakup", *DAYS], 5, 'Did you mean "backup"?'),
        (["backup", "--from", "x", "--to", "2026-11-12"], 2, "is not a time"),
        (["backup", "--from", "2026-11-12", "--to", "2026-11-10"], 2, "--to is before --from"),
        (["backup", *DAYS, "--parallel", "0"], 2, "--parallel"),
        (["backup"], 2, "--from"),
        (["backup", "--from", "2027-01-01"], 2, "--from is yet to come"),
    ],
)
def test_a_refusal_starts_nothing(stage, arguments, code, told):
    found, out, err = stage.call("backfill", *arguments)
    assert (found, out) == (code, "")
    assert told in err
