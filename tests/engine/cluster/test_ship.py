"""What jobs write, sent by the host that runs them and read on another one."""

import os
from contextlib import closing
from datetime import timedelta

import pytest

from jobrunner.engine.actions.follow import Began, Ended, Over, Still, follow
from jobrunner.engine.actions.listen import PATIENCE, Ear, Place
from jobrunner.engine.actions.tail import Cut, Wrote
from jobrunner.engine.cluster.shipment import FEW, PIECE, RATE
from jobrunner.engine.past import log
from jobrunner.engine.report.lastline import last_line
from jobrunner.engine.report.live import Glass
from jobrunner.engine.review import UNBLOTTED
from jobrunner.engine.transcript import transcripts_of
from jobrunner.errors import JobrunnerError, StoreError
from jobrunner.model.value import Size
from jobrunner.store import open_store
from tests.build import NOON
from tests.engine.cluster.harbour import Harbour
from tests.store.server import empty, ledger_on, until

KIB = 1024
SECRET = "correct horse battery"  # what nobody is to see


@pytest.fixture(scope="module")
def ledger(servers, services):
    with ledger_on(servers, services.postgres()) as url:
        yield url


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


# -- who reads


def test_the_last_line_and_the_live_view_show_it_everywhere(harbour):
    job = harbour.begin()
    harbour.write(job, b"one\ntwo\n")
    harbour.ship.see_to()
    harbour.turn()
    scene = harbour.scene()
    (going,) = Glass(scene).look(NOON).going
    assert (going.size, going.tail) == (8, b"one\ntwo\n")
    assert last_line(transcripts_of(scene), job.run) == "two"


def test_a_file_of_the_same_number_here_is_of_another_ledger(harbour):
    job = harbour.begin()
    harbour.write(job, b"mine\n")
    here = harbour.scene().state
    path = harbour.folder / "b" / "output" / here.output(job.run.id, 1)
    path.parent.mkdir()
    path.write_bytes(b"another's\n")
    harbour.sink(job)
    assert harbour.read(job) == b"mine\n"


def test_what_was_never_sent_is_told_to_be_on_its_host(harbour):
    job = harbour.begin()
    harbour.write(job, b"x")
    harbour.end(job)
    with pytest.raises(JobrunnerError, match="ran on a, which has sent nothing of it"):
        harbour.read(job)


def test_who_follows_elsewhere_hears_all_before_the_end(harbour):
    job = harbour.begin()
    harbour.write(job, b"one\n")
    harbour.ship.see_to()
    heard = follow(harbour.scene(), job.run.id, Driven(harbour))
    told = [next(heard), next(heard)]
    harbour.turn()
    while not isinstance(told[-1], Wrote):
        told.append(next(heard))
    harbour.write(job, b"last\n")
    ended = harbour.end(job)
    told += [next(heard) for _ in range(5)]
    assert isinstance(told[-1], Still)
    harbour.ship.note([ended])
    told += [*heard]
    assert b"".join(each.data for each in told if isinstance(each, Wrote)) == b"one\nlast\n"
    assert [type(each) for each in told[-2:]] == [Ended, Over]


def test_who_follows_does_not_wait_for_ever_for_a_host_that_is_gone(harbour):
    job = harbour.begin()
    harbour.write(job, b"never sent\n")
    harbour.end(job)
    told = [*follow(harbour.scene(), job.run.id, harbour.clock)]
    assert isinstance(told[-1], Over)
    assert harbour.clock.elapsed() < 60


def ear_of(harbour, job):
    """Somebody who hears a run from host `b` on, and what he hears at each look."""
    scene = harbour.scene()
    ear = Ear(scene.state, job.run.id, Place(1))

    def look():
        attempts = scene.store.attempts(job.run.id)
        run = scene.store.run(job.run.id)
        return [one.what for one in ear.hear(run, attempts, transcripts_of(scene))]

    return look


def test_who_listens_is_told_the_end_after_what_was_still_on_its_way(harbour):
    job = harbour.begin()
    harbour.write(job, b"one\n")
    ended = harbour.end(job)
    look = ear_of(harbour, job)
    assert [type(each) for each in look()] == [Began]
    assert look() == []
    harbour.ship.note([ended])
    harbour.ship.finish()
    assert [type(each) for each in look()] == [Wrote, Ended, Over]


def test_who_listens_does_not_wait_for_ever_either(harbour):
    job = harbour.begin()
    harbour.write(job, b"never sent\n")
    harbour.end(job)
    look = ear_of(harbour, job)
    heard = [type(each) for _ in range(PATIENCE) for each in look()]
    assert heard == [Began, Ended, Over]


class Driven:
    """A clock with which another host goes on while somebody sleeps."""

    def __init__(self, harbour):
        self._harbour = harbour

    def now(self):
        return self._harbour.clock.now()

    def elapsed(self):
        return self._harbour.clock.elapsed()

    def sleep(self, seconds):
        self._harbour.clock.sleep(seconds)
        self._harbour.ship.see_to()


def test_the_times_of_lines_are_known_everywhere(harbour):
    job = harbour.begin()
    state = harbour.post.ground.state
    harbour.write(job, b"one\n")
    seen = round((NOON + timedelta(seconds=3)).timestamp() * 1_000_000)
    path = state.sightings(str(job.path))
    with open(path, "wb") as file:  # noqa: PTH123 - paths are strings there
        file.write(seen.to_bytes(8, "little") + (4).to_bytes(8, "little"))
    harbour.sink(job, duration=timedelta(seconds=9))
    scene, run = harbour.scene(), harbour.store.run(job.run.id)
    seen_at = log.seen(scene, run, log.attempt_of(scene, run))
    assert seen_at(0) == NOON + timedelta(seconds=3)


def test_a_part_that_is_missing_is_told_in_its_place(harbour):
    job = harbour.begin()
    harbour.write(job, lines(20_000))
    harbour.sink(job)
    harbour.store.drop_pieces(job.run.id, 1, PIECE, 2 * PIECE)
    text = job.path.read_bytes()
    shown = text[:PIECE] + b"\n... 65,536 bytes cut ...\n" + text[2 * PIECE :]
    assert harbour.read(job) == shown


def test_who_follows_is_told_what_is_missing(harbour):
    job = harbour.begin()
    harbour.write(job, lines(20_000))
    harbour.sink(job)
    harbour.store.drop_pieces(job.run.id, 1, PIECE, 2 * PIECE)
    told = [*follow(harbour.scene(), job.run.id, harbour.clock)]
    assert [each.size for each in told if isinstance(each, Cut)] == [PIECE]
