"""`jobrunner gaps` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import json
import re

import pytest

from jobrunner.model.run import State
from tests.build import NOON
from tests.cli.nights import DAY, SLOT, three_nights
from tests.store.life import HOUR, MINUTE

TABLE = """\
   SINCE (CET)           UNTIL  JOB     SLOTS  WHAT
 ✗ Thu 2026-11-19 02:11  06:30  -       1      no tick: 1 slot missed
 ! Thu 2026-11-19 02:30         backup  1      missed: 4h late or more
 ~ Fri 2026-11-20 03:30  04:29  backup  60     skipped: paused by deploy
   Slots since Fri 2026-11-13 13:00 CET: 1 missed, 60 skipped; no tick for 4h 19m in all.
   Why: jobrunner why backup --at "2026-11-20 04:29"
"""


@pytest.fixture
def past(call, tmp_path):
    past = three_nights(tmp_path)
    ticks_at = SLOT - DAY + 4 * HOUR
    past.store.note_tick("web-1", ticks_at, 2 * MINUTE)
    past.store.note_tick("web-1", ticks_at + 30 * HOUR - MINUTE, 2 * DAY)
    first = SLOT + HOUR
    last = first + 59 * MINUTE
    past.left_out(State.SKIPPED, first, "paused by deploy", until=last, last=last, count=60)
    past.store.note_tick("web-1", NOON, DAY)
    return past


def test_on_a_terminal_it_is_a_table_oldest_first(call, past):
    assert call("gaps", FORCE_TTY="1") == (0, TABLE.replace("~", "\N{EN DASH}"), "")


def test_no_line_is_wider_than_the_terminal(call, past):
    _, out, _ = call("gaps", FORCE_TTY="1", JOBRUNNER_COLUMNS="60")
    assert max(map(len, out.splitlines())) <= 60


def test_in_a_pipe_there_are_tabs(call, past):
    _, out, _ = call("gaps", "--fields", "kind,job,since,slots")
    assert out.splitlines()[:2] == [
        "no_tick\t\t2026-11-19T02:11:00+01:00\t1",
        "missed\tbackup\t2026-11-19T02:30:00+01:00\t1",
    ]


def test_json_tells_everything(call, past):
    silence, *_ = json.loads(call("gaps", "--json")[1])
    assert (silence["until"], silence["missed"]) == ("2026-11-19T06:30:00+01:00", 1)
    assert (silence["lasts"], silence["caught_up"], silence["job"]) == (False, 0, None)


def test_times_can_be_asked_for_in_utc(call, past):
    _, out, _ = call("gaps", "--utc", FORCE_TTY="1")
    assert "SINCE (UTC)" in out
    assert "Thu 2026-11-19 01:30         backup" in out


def test_a_pause_of_ticks_that_lasts_says_what_comes_of_it(call, tmp_path):
    past = three_nights(tmp_path)
    past.store.note_tick("web-1", NOON - HOUR, MINUTE)
    _, out, _ = call("gaps", "--since", "2h", FORCE_TTY="1")
    assert re.search(r" now +- +0 +no tick; it cost no slot\n", out)


def test_where_nothing_is_missing_that_is_said(call, past):
    _, out, _ = call("gaps", "report", "--since", "2h", FORCE_TTY="1")
    assert out == "✓ No slot was left out since Fri 2026-11-20 11:00 CET.\n"


def test_a_host_that_never_ticked_is_told_so(call):
    _, out, _ = call("gaps", FORCE_TTY="1")
    assert out.startswith("No tick has run yet.")


@pytest.mark.parametrize(
    ("arguments", "code"), [(["nobody"], 5), (["--since", "soon"], 2), (["--fields", "x"], 2)]
)
def test_what_cannot_be_told_is_refused(call, arguments, code):
    assert call("gaps", *arguments)[:2] == (code, "")


def test_one_job_is_shown_in_its_own_zone(call, past, tmp_path):
    jobs = tmp_path / "jobs.toml"
    jobs.write_text(jobs.read_text().replace("Europe/Berlin", "America/New_York"))
    _, out, _ = call("gaps", "backup", FORCE_TTY="1")
    assert "SINCE (EST)" in out
    assert "! Wed 2026-11-18 20:30" in out
