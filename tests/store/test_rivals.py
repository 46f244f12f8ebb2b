"""Many processes that do the same to one ledger at once: no promise is broken by it."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.store import takers
from tests.store.rivals import JOBS
from tests.store.server import ask, ledger_on
from tests.store.test_hammer import CLAIMER

TOP = Path(__file__).parents[2]
PROCESSES, ROUNDS = 8, 15
COUNTS = """
SELECT
    (SELECT count(*) FROM runs WHERE job LIKE 'job%' AND scheduled_for IS NOT NULL),
    (SELECT sum(slots) FROM totals WHERE state IN ('failed', 'timeout')),
    (SELECT sum(slots) FROM days WHERE state IN ('failed', 'timeout')),
    (SELECT sum(failures) FROM jobs WHERE name LIKE 'job%'),
    (SELECT sum(failures) FROM alarms WHERE subject LIKE 'job%'),
    (SELECT sum(failures) FROM breakers),
    (SELECT sum(slots) FROM totals WHERE state = 'skipped')
"""
TELLS = "SELECT failures FROM alarms WHERE subject = '{}'"
REQUESTS = """
SELECT count(*), count(DISTINCT answer) FROM requests WHERE answered_at IS NOT NULL
"""
# A session of a token that is revoked, which is of no use, and yet would be shown.
STRAYS = "SELECT count(*) FROM sessions JOIN tokens ON token = id WHERE revoked_at IS NOT NULL"
# Who waits for one another loses a second each time, though it is made good.
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
RARE = 5
ATTEMPTS = "SELECT count(*) FROM attempts"
# All runs, those that were stopped, and those whose attempts are what was counted.
OVER = """
SELECT
    count(*), count(*) FILTER (WHERE state = 'stopped'),
    count(*) FILTER (WHERE attempts = (SELECT count(*) FROM attempts WHERE run = runs.id))
FROM runs WHERE state IN ('success', 'stopped')
"""
LEFT = """
SELECT
    (SELECT count(*) FROM deliveries),
    (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))
"""


@pytest.fixture(scope="module")
def told(servers, services):
    """What the rivals did, all together, and the ledger that is left."""
    with ledger_on(servers, services.postgres()) as url:
        found = compete(url)
        yield url, found


def compete(url, module="rivals"):
    with ExitStack() as ended:
        names = [f"r{number}" for number in range(PROCESSES)]
        rivals = [ended.enter_context(rival(url, name, module)) for name in names]
        for each in rivals:
            assert each.stdout.readline() == "ready\n"
        for each in rivals:
            each.stdin.write("go\n")
            each.stdin.close()
        found = [json.loads(each.stdout.read()) for each in rivals]
    assert [each["error"] for each in found] == [""] * PROCESSES
    return sum((Counter(each["did"]) for each in found), Counter())


def rival(url, name, module):
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.store.{module}", url, name, str(ROUNDS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=TOP,
    )


def test_each_slot_is_won_by_one_and_left_out_by_one(told):
    _, did = told
    # In the first round there is nothing before: the first look decides nothing.
    slots = len(JOBS) * (ROUNDS - 1)
    assert (did["won"], did["omitted"]) == (slots, slots)


def test_every_end_counts_once_in_every_figure(told):
    url, did = told
    ended = did["won"] + did["by hand"]
    assert did["ended"] == ended
    slots, *rest = map(int, ask(url, COUNTS)[0])
    assert slots == did["won"] + did["omitted"]
    assert rest == [ended, ended, ended, ended, ended, did["omitted"]]


def test_each_decision_on_what_is_told_sees_the_one_before(told):
    url, _ = told
    assert ask(url, TELLS.format("*config*")) == [(PROCESSES * ROUNDS,)]
    assert ask(url, TELLS.format("chaff")) == [(3 * PROCESSES * ROUNDS,)]


def test_each_request_is_answered_by_one_run(told):
    url, did = told
    # What was asked last may be left to nobody.
    count, runs = ask(url, REQUESTS)[0]
    assert count == runs == did["answered"] == ask(url, "SELECT count(*) FROM requests")[0][0]
    assert ask(url, "SELECT count(*) FROM runs WHERE job = 'asked'") == [(count,)]


def test_ticks_of_a_host_are_one_stretch_whoever_makes_them(told):
    url, _ = told
    assert ask(url, "SELECT count(*), sum(ticks) FROM ticks") == [(1, PROCESSES * ROUNDS)]


def test_a_key_is_taken_once_unless_it_was_let_go(told):
    _, did = told
    assert did["keys"] - did["freed"] <= ROUNDS <= did["keys"]


def test_whoever_looks_in_is_out_when_the_token_is_revoked(told):
    url, did = told
    assert did["tokens"] == did["revoked"] >= ROUNDS
    assert ask(url, STRAYS) == [(0,)]


def test_no_two_wait_for_one_another(told):
    url, _ = told
    assert ask(url, DEADLOCKS) == [(0,)]


def test_what_is_to_go_is_removed_once(told):
    url, did = told
    left = ask(url, "SELECT count(*) FROM runs WHERE job = 'chaff'")[0][0]
    assert did["pruned"] + left == 3 * PROCESSES * ROUNDS
    assert left < 3 * PROCESSES * ROUNDS


def test_of_what_many_hosts_take_from_one_queue_nothing_is_doubled_or_left(servers, services):
    with ledger_on(servers, services.postgres()) as url:
        did = compete(url, "takers")
        assert did["won"] == len(takers.JOBS) * (ROUNDS - 1)
        assert did["started"] == did["ended"] == ask(url, ATTEMPTS)[0][0]
        assert ask(url, OVER) == [(did["won"], did["stopped"], did["won"])]
        assert ask(url, LEFT) == [(0, 0)]
        assert did["healed"] == 0
        # Rare ones are left, and such a change is made again.
        assert ask(url, DEADLOCKS)[0][0] <= RARE


def test_what_was_acknowledged_outlives_a_kill(servers, services):
    with ledger_on(servers, services.postgres()) as url:
        for _ in range(3):
            acknowledged = killed(url, lines=20)
            rows = ask(url, "SELECT count(*) FROM runs")[0][0]
            assert rows >= 5 * acknowledged
            assert rows % 5 == 0
        stuck = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database IN ({})"
        mine = "SELECT oid FROM pg_database WHERE datname = current_database()"
        assert ask(url, stuck.format(mine)) == [(0,)]


def killed(url, lines):
    """How many rounds of five slots the claimer had been told of when it was killed."""
    command = [sys.executable, "-c", CLAIMER, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TOP) as claimer:
        said = [claimer.stdout.readline() for _ in range(lines)]
        os.kill(claimer.pid, signal.SIGKILL)
        rest = claimer.stdout.read().split()
    return int((said + rest)[-1])
