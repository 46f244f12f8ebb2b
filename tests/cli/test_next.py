"""`jobrunner next` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import json

import pytest

from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from tests.build import NOON
from tests.cli.past import ledger
from tests.store.life import HOUR, ended

TABLE = """\
 PLANNED (CET)         LEFT     JOB    NOTE
 Fri 2026-11-20 13:15  15m 00s  hello
 Fri 2026-11-20 13:30  30m 00s  hello
 Fri 2026-11-20 13:45  45m 00s  hello
   (1 more of hello; --all)
   Not planned in 1h: report (Mon 2026-11-23 13:00) and by-hand (by hand)
"""


def test_on_a_terminal_slots_have_the_local_zone_and_what_is_left(call):
    assert call("next", "--within", "1h", FORCE_TTY="1") == (0, TABLE, "")


def test_a_job_in_another_zone_shows_both(call):
    _, out, _ = call("next", "report", "--within", "7d", FORCE_TTY="1")
    assert " Mon 2026-11-23 13:00  3d 00h  report  07:00 EST\n" in out


def test_in_a_pipe_there_are_tabs_and_whole_times(call):
    _, out, _ = call("next", "hello", "--within", "30m")
    assert out == (
        "hello\t2026-11-20T13:15:00+01:00\tEurope/Berlin\t900.0\t\t\n"
        "hello\t2026-11-20T13:30:00+01:00\tEurope/Berlin\t1800.0\t\t\n"
    )


def test_fields_can_be_chosen_for_pipes_and_json(call):
    assert call("next", "hello", "--within", "15m", "--fields", "left_seconds")[1] == "900.0\n"
    _, out, _ = call("next", "hello", "--within", "15m", "--json", "--fields", "job,timezone")
    assert json.loads(out) == [{"job": "hello", "timezone": "Europe/Berlin"}]


def test_an_unknown_field_names_the_known_ones(call):
    code, _, complaint = call("next", "--fields", "jobb")
    assert code == 2
    assert 'Did you mean "job"?\n       Fields: job left_seconds note' in complaint


def test_an_unknown_job_is_met_with_the_one_that_was_meant(call):
    complaint = 'Error: no job named "reprot". Did you mean "report"?\n'
    assert call("next", "reprot") == (5, "", complaint)


def test_nothing_planned_is_said_with_the_reason(call):
    _, out, _ = call("next", "by-hand", FORCE_TTY="1")
    assert out == "   Not planned in 24h: by-hand (by hand)\n"


@pytest.mark.parametrize("width", [40, 80])
def test_no_line_is_wider_than_the_terminal(call, tmp_path, width):
    names = [f"job-{n:02}-{'x' * n * 2}" for n in range(25)]
    tables = [f'[jobs.{name}]\nevery = "7m"\ncommand = "true"\n' for name in names[:15]]
    tables += [f'[jobs.{name}]\ncommand = "true"\n' for name in names[15:]]
    (tmp_path / "jobs.toml").write_text("\n".join(tables))
    _, out, _ = call("next", FORCE_TTY="1", JOBRUNNER_COLUMNS=str(width))
    assert max(map(len, out.splitlines())) <= width
    assert out.count("...\n") >= 15
    assert "by hand" in out


def test_over_a_change_of_clocks_both_names_of_the_zone_are_told(call):
    _, out, _ = call("next", "report", "--within", "200d", "--all", FORCE_TTY="1")
    assert out.startswith(" PLANNED (CEST/CET) ")


def test_the_ledger_tells_what_is_usual_and_who_is_paused(call, tmp_path):
    with ledger() as store:
        ended(store, State.SUCCESS, job="hello", now=NOON - HOUR, at=NOON - HOUR)
        store.pause("report", Pause(by="ann", since=NOON))
    _, out, _ = call("next", "--within", "15m", FORCE_TTY="1")
    assert out.splitlines()[:2] == [
        " PLANNED (CET)         LEFT     JOB    USUALLY  NOTE",
        " Fri 2026-11-20 13:15  15m 00s  hello  58s",
    ]
    assert "report (paused)" in out


def test_to_look_ahead_makes_no_ledger(call, tmp_path):
    call("next")
    assert not (tmp_path / ".jobrunner").exists()
