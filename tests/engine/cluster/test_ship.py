"""What jobs write, sent by the host that runs them: read back as another host reads it."""

import os
from contextlib import closing

import pytest

from jobrunner.engine.cluster import shipment
from jobrunner.engine.cluster.shipment import FEW, PIECE, RATE
from jobrunner.engine.review import UNBLOTTED
from jobrunner.errors import StoreError
from jobrunner.model.value import Size
from jobrunner.store import open_store
from tests.engine.cluster.harbour import Harbour
from tests.store.server import empty, until

KIB = 1024
SECRET = "correct horse battery"  # what nobody is to see


@pytest.fixture
def store(ledger):
    empty(ledger)
    with closing(open_store(ledger)) as store:
        yield store


@pytest.fixture
def harbour(tmp_path, store):
    return Harbour(tmp_path, store)


def lines(count, first=0):
    return b"".join(b"line %07d\n" % n for n in range(first, first + count))


# -- while it runs


def test_what_is_new_is_sent_about_once_a_second(harbour):
    job = harbour.begin()
    harbour.write(job, b"one\n")
    harbour.ship.see_to()
    assert harbour.sent(job) == []
    harbour.turn()
    assert harbour.end_of(job) == b"one\n"
    harbour.write(job, b"two\n")
    harbour.ship.see_to()
    assert harbour.end_of(job) == b"one\n"
    harbour.turn()
    assert harbour.end_of(job) == b"one\ntwo\n"


def test_nothing_is_sent_of_who_writes_nothing(harbour, ledger):
    job = harbour.begin()
    harbour.turn()
    harbour.turn()
    harbour.sink(job)
    assert harbour.sent(job) == []
    assert harbour.read(job) == b""


def test_a_slow_output_becomes_few_pieces(harbour):
    job = harbour.begin()
    for n in range(10 * FEW):
        harbour.write(job, b"line %d\n" % n)
        harbour.turn()
        harbour.turn()
    assert len(harbour.sent(job)) < 3 * FEW
    assert harbour.read(job) == job.path.read_bytes()


def test_of_a_long_output_head_and_tail_stay(harbour):
    job = harbour.begin(output_limit=Size(1024 * KIB))
    for n in range(40):
        harbour.write(job, lines(RATE // 13, n * RATE // 13))
        harbour.turn()
        kept = sum(size for _, size in harbour.sent(job))
        assert kept <= 1.25 * 1024 * KIB + RATE
    harbour.sink(job)
    assert sum(size for _, size in harbour.sent(job)) <= 1024 * KIB + PIECE
    assert harbour.read(job) == harbour.read(job, "a")


def test_who_writes_faster_than_is_sent_is_passed_over_until_the_end(harbour):
    job = harbour.begin(output_limit=Size(4096 * KIB))
    for n in range(20):
        harbour.write(job, lines(80_000, n * 80_000))
        harbour.turn()
    assert harbour.end_of(job).endswith(lines(1, 20 * 80_000 - 1))
    assert len(harbour.sent(job)) < 20 * RATE // PIECE + 1
    harbour.sink(job)
    assert harbour.read(job) == harbour.read(job, "a")


def shortened(harbour):
    """An attempt of whose output much was sent when the command cut it short."""
    job = harbour.begin()
    harbour.write(job, lines(10_000))
    harbour.turn()
    harbour.turn()
    assert len(harbour.sent(job)) > 1
    os.truncate(job.path, 0)
    harbour.write(job, b"again\n")
    return job


def test_a_command_that_cuts_its_output_short_begins_anew_everywhere(harbour):
    job = shortened(harbour)
    harbour.turn()
    assert harbour.end_of(job, 10_000) == b"again\n"
    harbour.sink(job)
    assert harbour.read(job) == b"again\n"


def test_one_that_ends_just_then_leaves_nothing_of_what_was(harbour):
    job = shortened(harbour)
    harbour.sink(job)
    assert harbour.sent(job) == [(0, 6)]


def test_one_that_ends_while_nobody_looks_leaves_nothing_of_what_was_either(harbour):
    job = shortened(harbour)
    harbour.other_ship()
    harbour.sink(job)
    assert harbour.sent(job) == [(0, 6)]


def test_what_is_cut_by_little_is_cut_in_the_end(harbour):
    job = harbour.begin(output_limit=Size(512 * KIB))
    for n in range(7):
        harbour.write(job, lines(6_300, n * 6_300))
        harbour.turn()
    assert sum(size for _, size in harbour.sent(job)) > 500 * KIB
    harbour.turn()
    harbour.sink(job)
    assert sum(size for _, size in harbour.sent(job)) <= 512 * KIB
    assert harbour.read(job) == harbour.read(job, "a")


def test_many_outputs_go_in_one_statement(harbour, monkeypatch):
    statements = []
    keep = harbour.store.keep_pieces
    monkeypatch.setattr(
        harbour.store, "keep_pieces", lambda *told: statements.append(told) or keep(*told)
    )
    jobs = [harbour.begin() for _ in range(50)]
    for job in jobs:
        harbour.write(job, b"hello\n")
    harbour.ship.see_to()
    harbour.turn()
    assert len(statements) == 1
    assert {harbour.end_of(job) for job in jobs} == {b"hello\n"}


# -- when it has ended


def test_what_ends_at_once_costs_one_statement(harbour, monkeypatch):
    calls = []
    for name in ("keep_pieces", "drop_pieces", "written"):
        real = getattr(harbour.store, name)
        told = lambda *given, name=name, real=real: calls.append(name) or real(*given)  # noqa: E731
        monkeypatch.setattr(harbour.store, name, told)
    harbour.ship.see_to()
    job = harbour.begin()
    harbour.write(job, b"hello\n")
    harbour.sink(job)
    assert calls == ["keep_pieces"]
    assert harbour.sent(job) == [(0, 6)]


def test_the_rest_is_sent_when_it_has_ended(harbour):
    job = harbour.begin()
    harbour.write(job, b"one\n")
    harbour.ship.see_to()
    harbour.turn()
    harbour.write(job, b"last words")
    harbour.sink(job)
    assert harbour.read(job) == b"one\nlast words"


def test_a_hundred_mib_are_kept_as_on_the_host_itself(harbour):
    job = harbour.begin()
    for _ in range(100):
        harbour.write(job, os.urandom(1024 * KIB))
    harbour.ship.see_to()
    harbour.turn()
    harbour.sink(job)
    assert sum(size for _, size in harbour.sent(job)) <= 1024 * KIB
    assert b"bytes cut" in harbour.read(job)
    assert harbour.read(job) == harbour.read(job, "a")


def test_what_was_lost_on_another_host_is_not_looked_for_here(harbour):
    lost = harbour.begin(host="c")
    harbour.write(lost, b"of another ledger, by chance with the same number\n")
    harbour.sink(lost)
    assert harbour.sent(lost) == []


# -- secrets


def secretive(harbour, **job):
    return harbour.begin(env={"API_TOKEN": SECRET, "HOME": "/"}, **job)


@pytest.mark.parametrize("cut", range(1, len(SECRET)))
def test_a_secret_that_comes_in_two_pieces_is_never_sent(harbour, cut):
    job = secretive(harbour)
    harbour.write(job, b"it is " + SECRET[:cut].encode())
    harbour.ship.see_to()
    harbour.turn()
    assert SECRET[:4].encode() not in harbour.end_of(job)
    harbour.write(job, SECRET[cut:].encode() + b", see\n")
    harbour.turn()
    assert harbour.end_of(job) == b"it is " + b"*" * len(SECRET) + b", see\n"


def test_what_only_looks_like_a_secret_at_first_is_sent(harbour):
    job = secretive(harbour)
    harbour.write(job, b"correct")
    harbour.ship.see_to()
    harbour.turn()
    harbour.write(job, b"ed\n")
    harbour.turn()
    assert harbour.end_of(job) == b"corrected\n"


def test_patterns_are_tried_on_whole_lines_before_they_are_sent(harbour):
    job = harbour.begin(redact=(r"card \d+",))
    harbour.write(job, b"paid\nwith card 12")
    harbour.ship.see_to()
    harbour.turn()
    until(lambda: harbour.turn() or harbour.end_of(job))
    assert harbour.end_of(job) == b"paid\n"
    harbour.write(job, b"34 of\n")
    until(lambda: harbour.turn() or len(harbour.end_of(job)) > len(b"paid\n"))
    assert harbour.end_of(job) == b"paid\nwith ********* of\n"


def test_a_pattern_without_end_holds_nobody_up_and_tells_nothing(harbour):
    job = harbour.begin(redact=(r"(a+)+$",))
    harbour.write(job, b"a" * 40 + b"!\n")
    harbour.ship.see_to()
    harbour.turn()
    began = os.times().elapsed
    until(lambda: harbour.turn() or harbour.end_of(job))
    assert harbour.end_of(job) == b"*" * 42
    assert os.times().elapsed - began < 20


def test_where_a_long_output_is_passed_over_no_part_of_a_secret_is_sent(harbour):
    job = secretive(harbour, output_limit=Size(1024 * KIB))
    text = (SECRET + "\n").encode() * (3 * 1024 * KIB // (len(SECRET) + 1))
    for _ in range(6):
        harbour.write(job, text)
        harbour.turn()
        told = b"".join(each.body for each in harbour.store.pieces(job.run.id, 1, 0, 10_000))
        assert {*told} <= {*b"*\n"}


@pytest.mark.parametrize("secrets", [{}, {"redact": (r"correct \w+ battery",)}])
def test_a_secret_that_lies_across_the_end_of_the_head_is_not_sent(harbour, secrets):
    job = secretive(harbour, output_limit=Size(64 * KIB), **secrets)
    head = b"x" * (32 * KIB - 12) + b"\n"
    harbour.write(job, head + SECRET.encode() + b"\n" + lines(20_000))
    until(lambda: harbour.turn() or harbour.end_of(job) == lines(20_000)[-100:])
    told = b"".join(each.body for each in harbour.store.pieces(job.run.id, 1, 0, 10_000))
    assert told.startswith(head + b"*" * 11)
    assert told[32 * KIB :].startswith(b"line ")


def test_the_file_without_its_secrets_decides_in_the_end(harbour):
    job = secretive(harbour)
    harbour.write(job, b"open\n" + lines(20_000))
    harbour.ship.see_to()
    harbour.turn()
    blotted = job.path.read_bytes().replace(b"line 0000007", b"************")
    job.path.write_bytes(blotted)
    harbour.sink(job)
    assert harbour.read(job) == blotted


def test_a_long_output_is_compared_bit_by_bit(harbour, monkeypatch):
    monkeypatch.setattr(shipment, "READ", 10_000)
    job = secretive(harbour)
    harbour.write(job, lines(10_000))
    harbour.turn()
    harbour.turn()
    job.path.write_bytes(job.path.read_bytes().replace(b"0009999", b"*******"))
    harbour.sink(job)
    assert harbour.read(job) == job.path.read_bytes()


def test_what_may_hold_secrets_still_is_not_sent(harbour):
    job = secretive(harbour)
    harbour.write(job, b"open\n" + SECRET.encode())
    harbour.ship.see_to()
    harbour.turn()
    harbour.write(job, b", and more")
    harbour.sink(job, error=UNBLOTTED)
    assert harbour.read(job).startswith(b"open\n" + b"*" * len(SECRET) + b"\n... 10 bytes cut")


# -- trouble


class Away:
    """A ledger that is away while it is said to be."""

    def __init__(self, store):
        self._store = store
        self.is_away = False

    def __getattr__(self, name):
        if self.is_away:
            raise StoreError("it is away")
        return getattr(self._store, name)


def test_what_the_ledger_could_not_take_is_sent_later(harbour):
    away = Away(harbour.store)
    harbour.store = away
    harbour.other_ship()
    harbour.ship.see_to()
    running, ended = harbour.begin(), harbour.begin()
    for job in (running, ended):
        harbour.write(job, b"one\n")
    harbour.ship.see_to()
    harbour.turn()
    for job in (running, ended):
        harbour.write(job, b"two\n")
    harbour.ship.note([harbour.end(ended)])
    away.is_away = True
    for _ in range(10):
        harbour.turn()
    assert harbour.ship.is_behind
    away.is_away = False
    harbour.clock.sleep(60)
    harbour.turn()
    assert {harbour.end_of(job) for job in (running, ended)} == {b"one\ntwo\n"}
    assert not harbour.ship.is_behind


def test_it_is_not_tried_again_and_again_while_the_ledger_is_away(harbour):
    away = Away(harbour.store)
    harbour.store = away
    harbour.other_ship()
    harbour.ship.see_to()
    job = harbour.begin()
    harbour.write(job, b"one\n")
    harbour.turn()
    away.is_away = True
    harbour.turn()
    now = harbour.clock.elapsed()
    assert harbour.ship.next_at() >= now + 4


def test_who_takes_over_an_attempt_goes_on_with_its_output(harbour):
    job = harbour.begin()
    harbour.write(job, lines(3000))
    harbour.ship.see_to()
    harbour.turn()
    harbour.write(job, b"meanwhile\n")
    harbour.other_ship()
    harbour.ship.see_to()
    harbour.turn()
    assert harbour.end_of(job) == job.path.read_bytes()[-100:]
    harbour.sink(job)
    assert harbour.read(job) == job.path.read_bytes()


def test_what_a_killed_supervisor_had_not_sent_is_sent_by_the_next(harbour):
    job = harbour.begin()
    harbour.write(job, b"all of it\n")
    harbour.end(job)
    harbour.other_ship()
    harbour.ship.see_to()
    harbour.ship.finish()
    assert harbour.read(job) == b"all of it\n"


def test_an_output_that_is_gone_keeps_nobody(harbour):
    job = harbour.begin()
    harbour.write(job, b"x")
    ended = harbour.end(job)
    job.path.unlink()
    harbour.ship.note([ended])
    harbour.ship.finish()
    assert not harbour.ship.is_behind
