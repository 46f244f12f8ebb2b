"""What a store promises about letters to channels."""

from datetime import timedelta

import pytest

from jobrunner.model.breaker import Breaker
from jobrunner.model.decision import Omit, Start
from jobrunner.model.letter import NOTHING_TOLD, Alarm, Letter, Told
from jobrunner.model.run import State
from jobrunner.store.value import ChannelFigures, GivenUp, LetterFilter
from tests.build import NOON
from tests.store.life import HOUR, MINUTE, ending, look, queue, running, seen

SECOND = timedelta(seconds=1)
SLOT = NOON + MINUTE
RAISED = Alarm(failures=2, since=NOON, raised_at=NOON, told_at=NOON + MINUTE, recent="xx")


def letter(channel="ops", event="failure", job="backup", at=NOON, **changes):
    return Letter(channel=channel, event=event, job=job, text="{}", created_at=at, **changes)


def telling(*letters, **alarms):
    return lambda _: Told(letters=letters, alarms=alarms)


def post(store, *letters):
    store.tell("backup", telling(*letters))
    return store.unsorted("ops", 100)


class OutboxContract:
    def test_what_a_channel_knows_is_told_to_who_decides_next(self, store):
        heard = []
        store.tell("backup", telling(ops=RAISED))
        store.tell("backup", lambda alarms: heard.append(dict(alarms)) or Told())
        store.tell("other", lambda alarms: heard.append(dict(alarms)) or Told())
        assert heard == [{"ops": RAISED}, {}]

    def test_an_alarm_is_lowered(self, store):
        heard = []
        store.tell("backup", telling(ops=RAISED))
        store.tell("backup", telling(ops=NOTHING_TOLD))
        store.tell("backup", lambda alarms: heard.append(dict(alarms)) or Told())
        assert heard == [{"ops": NOTHING_TOLD}]

    def test_what_cannot_be_decided_changes_nothing(self, store):
        def fail(alarms):
            raise ZeroDivisionError

        run = running(store)
        with pytest.raises(ZeroDivisionError):
            store.finish([_heard(run, State.FAILED, fail)], owner="me")
        assert store.run(run.id) == run

    def test_an_end_and_what_is_told_of_it_are_written_together_and_once(self, store):
        run = running(store)
        told = _heard(run, State.FAILED, telling(letter(run=run.id), ops=RAISED))
        assert store.finish([told], owner="me")
        assert not store.finish([told], owner="me")
        (found,) = store.unsorted("ops", 100)
        assert (found.event, found.job, found.run, found.send_at) == (
            "failure",
            "backup",
            run.id,
            NOON,
        )

    def test_a_run_that_is_left_out_is_told_of_once(self, store):
        run = queue(store)
        for _ in range(2):
            store.withdraw(run.id, State.SKIPPED, "r", owner="me", now=NOON, heed=telling(letter()))
        assert len(store.unsorted("ops", 100)) == 1

    def test_a_look_is_reported_by_who_wins_it(self, store):
        seen(store, "backup")
        omitted = Omit(state=State.MISSED, first=SLOT, last=SLOT, count=1, reason="no tick")
        looks = [look(omitted, Start(SLOT + MINUTE))]

        def report(won, rows):
            return [letter(event="missed", run=row.id) for row in rows if row.finished_at]

        for _ in range(2):
            store.claim(looks, owner="me", host="", now=NOON + HOUR, report=report)
        (found,) = store.unsorted("ops", 100)
        assert store.run(found.run).state is State.MISSED

    def test_a_breaker_that_did_not_move_is_not_told_of(self, store):
        closed = Breaker(name="db")
        opened = Breaker(name="db", state="open", failures=5, opened_at=NOON)
        moved = [
            store.move_breaker(closed, opened, [letter(event="breaker_open")]) for _ in range(2)
        ]
        assert moved == [True, False]
        assert len(store.unsorted("ops", 100)) == 1

    def test_letters_are_told_oldest_first_and_of_one_channel(self, store):
        post(store, letter(), letter("hook"), letter(event="recovered"))
        assert [each.event for each in store.unsorted("ops", 100)] == ["failure", "recovered"]
        assert len(store.unsorted("ops", 1)) == 1

    def test_a_waiting_letter_is_something_to_do(self, store):
        assert store.next_letters() == {}
        post(store, letter(at=SLOT), letter("hook", at=NOON))
        assert store.next_letters() == {"ops": SLOT, "hook": NOON}
        assert store.wake_at() == NOON

    def test_held_letters_are_left_alone_until_then(self, store):
        post(store, letter(), letter("hook"))
        store.hold("ops", NOON + HOUR)
        assert store.next_letters() == {"ops": NOON + HOUR, "hook": NOON}

    def test_a_parcel_is_made_once_and_keeps_its_letters(self, store):
        first, second, third = post(store, letter(), letter(), letter())
        store.pack([[first.id, second.id]], SLOT)
        store.pack([[second.id, third.id]], SLOT)
        made, rest = store.parcels("ops")
        assert [each.id for each in made.letters] == [first.id, second.id]
        assert [each.id for each in rest.letters] == [third.id]
        assert (made.number, store.unsorted("ops", 9)) == (second.id, [])

    def test_a_new_parcel_is_due_no_sooner_than_one_that_is_tried_again(self, store):
        first, second = post(store, letter(), letter(), letter("hook"))
        (other,) = store.unsorted("hook", 9)
        store.pack([[first.id]], SLOT)
        store.undelivered("ops", first.id, "no answer", now=SLOT, again_at=NOON + HOUR)
        store.pack([[second.id], [other.id]], SLOT + SECOND)
        assert store.next_letters() == {"ops": NOON + HOUR, "hook": SLOT + SECOND}

    def test_a_parcel_that_arrived_is_over(self, store):
        (one,) = post(store, letter())
        store.pack([[one.id]], SLOT)
        store.delivered("ops", one.id, SLOT)
        assert (store.parcels("ops"), store.next_letters()) == ([], {})
        assert store.sent("ops", SLOT) == {("failure", "backup"): SLOT}
        assert store.sent("ops", SLOT + SECOND) == store.sent("hook", SLOT) == {}

    def test_a_parcel_that_did_not_arrive_is_tried_again_and_holds_up_its_channel(self, store):
        one, two = post(store, letter(), letter(), letter("hook"))
        store.pack([[one.id]], SLOT)
        store.undelivered("ops", one.id, "no answer", now=SLOT, again_at=NOON + HOUR)
        (parcel,) = store.parcels("ops")
        assert (parcel.tries, parcel.letters[0].send_at) == (1, NOON + HOUR)
        assert store.next_letters() == {"ops": NOON + HOUR, "hook": NOON}
        assert store.unsorted("ops", 9) == [_at(two, NOON + HOUR)]

    def test_a_parcel_is_given_up(self, store):
        one, two = post(store, letter(), letter())
        store.pack([[one.id]], SLOT)
        store.undelivered("ops", one.id, "gone", now=SLOT, again_at=None)
        assert (store.parcels("ops"), store.unsorted("ops", 9)) == ([], [two])
        assert store.sent("ops", NOON) == {}

    def test_a_channel_that_is_gone_has_its_letters_given_up(self, store):
        post(store, letter(), letter("hook"))
        store.abandon("ops", "no such channel", SLOT)
        assert store.next_letters() == {"hook": NOON}

    def test_what_is_forgotten_is_what_does_not_wait(self, store):
        one, two = post(store, letter(), letter(), letter("hook"))
        store.pack([[one.id]], SLOT)
        store.delivered("ops", one.id, SLOT)
        store.forget("ops")
        assert store.unsorted("ops", 9) == [two]
        assert store.channel_figures()["ops"].sent == 0
        assert store.next_letters() == {"ops": NOON, "hook": NOON}

    def test_the_figures_of_a_channel_tell_how_it_stands(self, store):
        one, two, _ = post(store, letter(), letter(), letter())
        store.pack([[one.id]], SLOT)
        store.delivered("ops", one.id, SLOT)
        store.pack([[two.id]], SLOT)
        store.undelivered("ops", two.id, "refused", now=SLOT, again_at=None)
        assert store.channel_figures() == {
            "ops": ChannelFigures(
                waiting=1, next_at=NOON, sent=1, failed=1, last_sent_at=SLOT, error="refused"
            )
        }

    def test_letters_are_told_newest_first_with_what_became_of_them(self, store):
        first, second, third = post(store, letter(), letter(), letter("ops", "success"))
        store.pack([[first.id], [second.id]], NOON)
        store.delivered("ops", first.id, NOON + MINUTE)
        store.undelivered("ops", second.id, "refused", now=NOON + HOUR, again_at=None)
        found = store.letters(LetterFilter())
        told = [(one.letter.id, one.state, one.finished_at, one.error) for one in found]
        assert told == [
            (third.id, "waiting", None, ""),
            (second.id, "failed", NOON + HOUR, "refused"),
            (first.id, "sent", NOON + MINUTE, ""),
        ]

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (LetterFilter(limit=2), [3, 2]),
            (LetterFilter(limit=1, state="waiting"), [3]),
            (LetterFilter(channel="mail"), [2]),
            (LetterFilter(state="waiting"), [3, 2]),
            (LetterFilter(state="sent", channel="ops"), [1]),
            (LetterFilter(state="failed"), []),
        ],
    )
    def test_a_filter_tells_the_letters_that_were_asked_for(self, store, wanted, expected):
        first, last = post(store, letter(), letter("mail"), letter())
        store.pack([[first.id]], NOON)
        store.delivered("ops", first.id, NOON)
        numbers = [one.letter.id - first.id + 1 for one in store.letters(wanted)]
        assert numbers == expected
        assert [one.letter.id for one in store.letters(LetterFilter(before=last.id))] == [
            last.id - 1,
            first.id,
        ]

    def test_what_was_given_up_is_told_of_each_channel(self, store):
        for channel, error in [("ops", "refused"), ("mail", "no such host")]:
            store.tell("backup", telling(letter(channel), letter(channel)))
            store.abandon(channel, error, NOON)
        store.tell("backup", telling(letter("pager")))
        assert store.given_up(["ops", "pager", "gone"], NOON) == {
            "ops": GivenUp(2, "refused", NOON)
        }
        assert store.given_up(["ops"], NOON + MINUTE) == {}


def _heard(run, state, heed):
    plain = ending(run, state)
    return type(plain)(run=run.id, attempt=1, outcome=plain.outcome, heed=heed)


def _at(letter, send_at):
    return type(letter)(
        **{name: getattr(letter, name) for name in letter.__struct_fields__} | {"send_at": send_at}
    )
