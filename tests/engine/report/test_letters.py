"""What channels were told."""

from datetime import UTC

import pytest

from jobrunner.engine.alert.notice import Notice, encode
from jobrunner.engine.report.letters import FATES, see_letters
from jobrunner.model.letter import Letter, Told
from tests.build import NOON, make_job
from tests.engine.report.ledger import HOUR, MINUTE

JOBS = {"backup": make_job()}


def post(store, *jobs, text=None):
    for job in jobs:
        notice = Notice(event="failure", at="", job=job, status="failed", run_id=7)
        letter = Letter(
            channel="ops",
            event="failure",
            job=job,
            run=7,
            text=encode(notice) if text is None else text,
            created_at=NOON,
        )
        store.tell(job, lambda _, letter=letter: Told(letters=(letter,)))
    return store.unsorted("ops", 999)


def see(store, now=NOON + MINUTE, **wanted):
    return see_letters(store, JOBS, now, UTC, **wanted)


def four_fates(store):
    sent, failed, again, _ = [one.id for one in post(store, *["backup"] * 4)]
    store.pack([[sent], [failed], [again]], NOON)
    store.delivered("ops", sent, NOON)
    store.undelivered("ops", failed, "refused", now=NOON, again_at=None)
    store.undelivered("ops", again, "busy", now=NOON, again_at=NOON + HOUR)
    store.hold("ops", NOON + HOUR)


def test_each_letter_says_what_became_of_it(store):
    four_fates(store)
    told = [(one.fate, one.error, one.tries) for one in see(store).letters]
    assert told == [
        ("held", "", 0),
        ("waiting", "busy", 1),
        ("failed", "refused", 1),
        ("sent", "", 1),
    ]


@pytest.mark.parametrize("fate", FATES)
def test_letters_of_one_fate_are_told_alone(store, fate):
    four_fates(store)
    assert [one.fate for one in see(store, fate=fate).letters] == [fate]


def test_a_letter_says_in_a_line_what_it_is_about(store):
    post(store, "backup")
    (found,) = see(store).letters
    assert "backup" in found.title
    assert (found.job, found.run, found.event) == ("backup", 7, "failure")


def test_a_letter_that_cannot_be_read_is_told_by_its_event(store):
    post(store, "backup", text="{")
    assert see(store).letters[0].title == "backup failure"


def test_who_sees_some_jobs_is_told_of_their_letters_alone(store):
    post(store, "backup", "secret", "")
    found = see(store, sees=lambda job: job == "backup")
    assert [one.job for one in found.letters] == ["backup"]


def test_pages_follow_one_another_until_there_is_none(store):
    posted = post(store, *["backup"] * 5)
    first = see(store, count=3)
    second = see(store, count=3, before=first.before)
    found = [one.id for one in (*first.letters, *second.letters)]
    assert found == [letter.id for letter in posted[::-1]]
    assert second.before is None
