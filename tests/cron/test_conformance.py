"""Expressions and instants that the suites of other schedulers, and Debian's own code, agree on."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jobrunner.cron import CronError, parse

SCORED = ("core", "dst", "never", "invalid", "ext", "ext-dst", "policy")
ROWS = Path(__file__).with_name("cron-cases.jsonl").read_text().splitlines()
CASES = [json.loads(row) for row in ROWS]
GROUPS = {name: [case for case in CASES if case["class"] == name] for name in SCORED}


def fires(case):
    schedule = parse(case["expr"], ZoneInfo(case["tz"]))
    end = datetime.fromisoformat(case.get("end") or "2190-01-01T00:00:00+00:00")
    found = schedule.next_after(datetime.fromisoformat(case["start"]))
    fires = []
    while found and found <= end and (case.get("end") or len(fires) < len(case["expect"] or "-")):
        fires.append(found.timestamp())
        found = schedule.next_after(found)
    return fires


def stamps(texts):
    return [datetime.fromisoformat(text).timestamp() for text in texts]


def is_right(case):
    may_refuse = case["expect"] == "error" or case.get("accept_error") or case["class"] == "never"
    try:
        found = fires(case)
    except CronError:
        return bool(may_refuse)
    if case["expect"] == "error":
        return False
    if case.get("not_at"):
        return found[:1] != stamps([case["not_at"]])
    return found in [stamps(texts) for texts in (case["expect"], *case.get("accept", ()))]


@pytest.mark.parametrize("group", SCORED)
def test_expressions_mean_what_debian_and_the_other_suites_say(group):
    assert [case["id"] for case in GROUPS[group] if not is_right(case)] == []
