"""Whoever reads what another host has sent: those who look back, who look on, who follow."""

from contextlib import closing
from datetime import timedelta

import pytest

from jobrunner.engine.actions.follow import Began, Ended, Over, Still, follow
from jobrunner.engine.actions.listen import PATIENCE, Ear, Place
from jobrunner.engine.actions.tail import Cut, Wrote
from jobrunner.engine.alert.compose import tail_of
from jobrunner.engine.alert.notice import Notice
from jobrunner.engine.cluster.shipment import PIECE
from jobrunner.engine.past import log
from jobrunner.engine.report.lastline import last_line
from jobrunner.engine.report.live import Glass
from jobrunner.engine.transcript import transcripts_of
from jobrunner.errors import JobrunnerError
from jobrunner.store import open_store
from tests.build import NOON
from tests.engine.cluster.harbour import Harbour
from tests.store.server import empty

LINES = b"".join(b"line %07d\n" % n for n in range(20_000))


@pytest.fixture
def harbour(tmp_path, ledger):
    empty(ledger)
    with closing(open_store(ledger)) as store:
        yield Harbour(tmp_path, store)


def test_the_last_line_and_the_live_view_show_it_everywhere(harbour):
    job = harbour.begin()
    harbour.write(job, b"one\ntwo\n")
    harbour.ship.see_to()
    harbour.turn()
    scene = harbour.scene()
    (going,) = Glass(scene).look(NOON).going
    assert (going.size, going.tail) == (8, b"one\ntwo\n")
    assert last_line(transcripts_of(scene), job.run) == "two"


def test_an_alert_that_another_host_sends_has_the_end_of_it(harbour):
    job = harbour.begin()
    harbour.write(job, b"one\ntwo\nthree\n")
    harbour.sink(job)
    notice = Notice(event="failure", at="", run_id=job.run.id, attempt=1, has_output=True)
    assert tail_of(notice, transcripts_of(harbour.scene()), 2) == "two\nthree"


def test_the_end_of_an_output_of_many_small_pieces_is_its_end(harbour):
    job = harbour.begin()
    for n in range(30):
        harbour.write(job, b"line %d\n" % n)
        harbour.turn()
        harbour.turn()
    assert len(harbour.sent(job)) > 20
    assert harbour.end_of(job) == job.path.read_bytes()[-100:]


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
    harbour.write(job, LINES)
    harbour.sink(job)
    harbour.store.drop_pieces(job.run.id, 1, PIECE, 2 * PIECE)
    text = job.path.read_bytes()
    shown = text[:PIECE] + b"\n... 65,536 bytes cut ...\n" + text[2 * PIECE :]
    assert harbour.read(job) == shown


def test_who_follows_is_told_what_is_missing(harbour):
    job = harbour.begin()
    harbour.write(job, LINES)
    harbour.sink(job)
    harbour.store.drop_pieces(job.run.id, 1, PIECE, 2 * PIECE)
    told = [*follow(harbour.scene(), job.run.id, harbour.clock)]
    assert [each.size for each in told if isinstance(each, Cut)] == [PIECE]
