"""What a store promises about tokens, sessions and the audit."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

from jobrunner.model.access import Deed, Repeat, Role
from jobrunner.store.value import Keep, Retention
from tests.build import NOON, FakeClock
from tests.store.life import HOUR, MINUTE

HASH = "a" * 64
SESSION = "b" * 64
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
YEARS = timedelta(days=800)


def token(store, name="ci", *, key=HASH, role=Role.VIEWER, jobs=(), now=NOON, expires_at=None):
    return store.add_token(
        name,
        hash=key,
        prefix="jr_12345",
        role=role,
        jobs=jobs,
        by="deploy",
        now=now,
        expires_at=expires_at,
    )


def session(store, number, *, key=SESSION, now=NOON, expires_at=NOON + HOUR):
    return store.begin_session(key, number, now=now, expires_at=expires_at, address="10.0.0.1")


def take_key(store, key=HASH, *, now=NOON, since=NOON - timedelta(days=1)):
    return store.take_key(key, SESSION, since=since, now=now)


def deed(number=1, **changes):
    return Deed(happened_at=NOON + number * MINUTE, who="deploy", action="job.run", **changes)


class AccessContract:
    def test_a_token_is_found_by_its_hash_and_by_its_name(self, store):
        made = token(store, role=Role.OPERATOR, jobs=("db-*", "x,y"), expires_at=NOON + HOUR)
        assert (made.name, made.role, made.jobs) == ("ci", Role.OPERATOR, ("db-*", "x,y"))
        assert (made.created_at, made.created_by) == (NOON, "deploy")
        assert store.token(HASH) == store.token_named("ci") == made
        assert store.token("c" * 64) is None

    def test_no_pattern_is_every_job_and_an_empty_one_is_none(self, store):
        assert token(store).jobs == ()
        assert token(store, "b", key="c" * 64, jobs=("",)).jobs == ("",)

    def test_of_many_hosts_one_makes_the_token_of_a_name(self, open_store):
        def make(number):
            with closing(open_store()) as store:
                return token(store, key=f"{number:064}")

        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(make, range(8)))
        assert sum(each is not None for each in made) == 1

    def test_the_name_of_a_revoked_token_is_free_and_the_old_one_is_still_told(self, store):
        token(store)
        assert token(store, key="c" * 64) is None
        assert store.revoke("ci", NOON + HOUR)
        fresh = token(store, key="c" * 64)
        assert [each.revoked_at for each in store.tokens()] == [NOON + HOUR, None]
        assert store.token_named("ci") == fresh

    def test_a_token_is_revoked_once(self, store):
        token(store)
        assert [store.revoke("ci", NOON), store.revoke("ci", NOON + HOUR)] == [True, False]
        assert not store.revoke("other", NOON)
        assert store.token(HASH).revoked_at == NOON
        assert store.token_named("ci") is None

    def test_the_sessions_of_a_revoked_token_are_gone_and_others_are_not(self, store):
        session(store, token(store).id)
        session(store, token(store, "other", key="c" * 64).id, key="d" * 64)
        store.revoke("ci", NOON)
        assert [each.hash for each in store.sessions()] == ["d" * 64]

    def test_use_is_noted_to_the_minute_with_where_it_came_from(self, store):
        number = token(store).id
        store.used(number, NOON + 2 * MINUTE + SECOND, "10.0.0.1")
        store.used(number, NOON + 2 * MINUTE + 2 * SECOND, "::1")
        seen = store.token(HASH)
        assert (seen.used_at, seen.used_from) == (NOON + 2 * MINUTE, "::1")

    def test_a_session_is_found_until_it_is_over(self, store):
        made = token(store)
        assert session(store, made.id)
        found = store.session(SESSION, NOON + HOUR - SECOND)
        assert (found.token, found.created_at, found.expires_at) == (made, NOON, NOON + HOUR)
        assert (found.used_at, found.used_from) == (NOON, "10.0.0.1")
        assert store.session(SESSION, NOON + HOUR) is None
        assert store.session("e" * 64, NOON) is None

    def test_a_session_is_over_when_its_token_expires(self, store):
        session(store, token(store, expires_at=NOON + MINUTE).id)
        assert store.session(SESSION, NOON)
        assert store.session(SESSION, NOON + MINUTE) is None

    def test_no_session_begins_with_a_token_that_is_not_good(self, store):
        revoked = token(store)
        store.revoke("ci", NOON)
        expired = token(store, key="c" * 64, expires_at=NOON)
        assert [session(store, each.id) for each in (revoked, expired)] == [False, False]
        assert not session(store, expired.id + 100)
        assert store.sessions() == []

    def test_the_use_of_a_session_is_a_use_of_its_token(self, store):
        session(store, token(store).id)
        store.session_used(SESSION, NOON + MINUTE + SECOND, "10.0.0.2")
        found = store.session(SESSION, NOON)
        assert (found.used_at, found.used_from) == (NOON + MINUTE, "10.0.0.2")
        assert (found.token.used_at, found.token.used_from) == (NOON + MINUTE, "10.0.0.2")

    def test_a_session_is_ended_once(self, store):
        session(store, token(store).id)
        assert [store.end_session(SESSION), store.end_session(SESSION)] == [True, False]
        assert store.session(SESSION, NOON) is None

    def test_sessions_that_are_over_are_removed(self, store):
        number = token(store).id
        session(store, number)
        session(store, number, key="c" * 64, expires_at=NOON + 2 * HOUR)
        assert store.end_old_sessions(NOON + HOUR) == 1
        assert [each.hash for each in store.sessions()] == ["c" * 64]

    def test_what_was_done_is_told_newest_first_page_by_page(self, store):
        for number in range(5):
            store.note(deed(number, subject=f"{number}"))
        first = store.deeds(limit=2)
        assert [each.subject for each in first] == ["4", "3"]
        rest = store.deeds(before=first[-1].id, limit=10)
        assert [each.subject for each in rest] == ["2", "1", "0"]

    def test_what_was_done_is_kept_whole(self, store):
        told = deed(address="10.0.0.1", subject="backup", detail="-a\n+ä\ud800", outcome="refused")
        store.note(told)
        (kept,) = store.deeds(limit=1)
        assert (kept.happened_at, kept.who, kept.address) == (
            told.happened_at,
            "deploy",
            "10.0.0.1",
        )
        assert (kept.action, kept.subject, kept.outcome) == ("job.run", "backup", "refused")
        assert kept.detail == "-a\n+ä?"

    def test_of_many_hosts_one_takes_a_key(self, open_store):
        def take(_):
            with closing(open_store()) as store:
                return take_key(store)

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(take, range(8)))
        assert sum(each is None for each in found) == 1

    def test_what_was_answered_is_known_for_as_long_as_the_key_is_taken(self, store):
        assert take_key(store) is None
        assert take_key(store, HASH) == Repeat(request=SESSION, began_at=NOON)
        store.answer_key(HASH, "yes\ud800")
        assert take_key(store).answer == "yes?"
        assert take_key(store, now=NOON + DAY, since=NOON) is None

    def test_a_key_is_let_go_unless_there_is_an_answer(self, store):
        take_key(store)
        store.free_key(HASH)
        assert take_key(store) is None
        store.answer_key(HASH, "yes")
        store.free_key(HASH)
        assert take_key(store).answer == "yes"

    def test_keys_are_pruned_after_a_day(self, store):
        take_key(store)
        keep = Retention(usual=Keep(1, YEARS))
        list(store.prune(keep, NOON + DAY - SECOND, FakeClock()))
        assert take_key(store) is not None
        list(store.prune(keep, NOON + DAY + SECOND, FakeClock()))
        assert take_key(store) is None

    def test_the_audit_outlives_runs_and_goes_after_a_year(self, store):
        store.note(deed())
        keep = Retention(usual=Keep(1, HOUR))
        list(store.prune(keep, NOON + timedelta(days=365), FakeClock()))
        assert len(store.deeds(limit=9)) == 1
        list(store.prune(keep, NOON + YEARS, FakeClock()))
        assert store.deeds(limit=9) == []

    def test_the_audit_stays_as_long_as_failed_runs_do(self, store):
        store.note(deed())
        list(store.prune(Retention(usual=Keep(1, YEARS)), NOON + YEARS, FakeClock()))
        assert len(store.deeds(limit=9)) == 1

    def test_tokens_are_forgotten_long_after_they_open_nothing(self, store):
        token(store)
        store.revoke("ci", NOON)
        token(store, "old", key="c" * 64, expires_at=NOON)
        token(store, "good", key="d" * 64)
        keep = Retention(usual=Keep(1, HOUR))
        list(store.prune(keep, NOON + timedelta(days=365), FakeClock()))
        assert len(store.tokens()) == 3
        list(store.prune(keep, NOON + YEARS, FakeClock()))
        assert [each.name for each in store.tokens()] == ["good"]

    def test_sessions_that_are_over_are_pruned(self, store):
        session(store, token(store).id)
        list(store.prune(Retention(usual=Keep(1, YEARS)), NOON + 2 * HOUR, FakeClock()))
        assert store.sessions() == []

    def test_the_secret_of_badges_is_kept_until_another_one_is(self, store, open_store):
        assert store.badge_secret() == ""
        for secret in ("a" * 43, "b" * 43, ""):
            store.keep_badge_secret(secret)
            with closing(open_store()) as other:
                assert other.badge_secret() == secret
