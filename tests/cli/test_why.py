"""`jobrunner why` as its reader meets it."""

import json

import pytest

from tests.cli.nights import three_nights

FAILED = """\
backup ran for the latest slot, Fri 2026-11-20 02:30 CET: #3 failed, exit 1, 11m 02s.
  02:30:01  tick ran (slot 02:30, 1.0s after it)
  02:30:01  started on web-1
  02:41:03  failed, exit 1, 11m 02s
  Next try: Sat 2026-11-21 02:30 (cron 30 2 * * *).
  What it wrote: jobrunner logs 3   Again: jobrunner retry 3
"""
MISSED = """\
backup was missed at Thu 2026-11-19 02:30 CET: no tick ran from 02:11 to 06:30.
  Next try: Sat 2026-11-21 02:30 (cron 30 2 * * *).
  catch_up = "skip" (default), so nothing ran later. catch_up = "latest" would have run it at 06:30.
  To run it now: jobrunner run backup
"""


@pytest.fixture
def past(call, tmp_path):
    return three_nights(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [([], FAILED), (["--at", "2026-11-19 02:30"], MISSED), (["--at", "2026-11-19"], MISSED)],
)
def test_it_is_a_sentence_and_the_facts(call, past, arguments, told):
    assert call("why", "backup", *arguments) == (0, told, "")


def test_a_job_by_hand_says_so(call, past):
    code, out, _ = call("why", "report")
    assert (code, out.splitlines()[0]) == (0, "report has no schedule: it is run by hand only.")


def test_as_json_it_is_one_object(call, past):
    (found,) = json.loads(call("why", "backup", "--json")[1])
    assert (found["verdict"], found["run"]) == ("failed", 3)
    assert found["facts"][1] == {
        "at": "2026-11-20T02:30:01+01:00",
        "text": "started on web-1",
        "source": "",
    }


def test_fields_can_be_chosen(call, past):
    assert call("why", "backup", "--fields", "verdict,run")[1] == "failed\t3\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["bakup"], 5, 'no job named "bakup". Did you mean "backup"?'),
        (["backup", "--at", "soon"], 2, '"soon" is not a time'),
        (["backup", "--fields", "verdit"], 2, 'Did you mean "verdict"?'),
    ],
)
def test_a_refusal_says_what_was_meant(call, past, arguments, code, told):
    found, out, complaint = call("why", *arguments)
    assert (found, out) == (code, "")
    assert told in complaint
