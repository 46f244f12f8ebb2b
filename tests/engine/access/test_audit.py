"""The audit: what is kept of what somebody did."""

from jobrunner.engine.access import audit, token
from jobrunner.engine.access.visitor import Visitor
from jobrunner.model.access import Role
from tests.build import NOON

VISITOR = Visitor(name="ci", role=Role.ADMIN, how="token", address="10.0.0.1")


def kept(store):
    (deed,) = store.deeds(limit=1)
    return deed


def test_who_did_what_from_where_is_kept(store):
    audit.note(store, VISITOR, "job.run", "backup", "params: day", now=NOON)
    deed = kept(store)
    assert (deed.happened_at, deed.who, deed.address) == (NOON, "ci", "10.0.0.1")
    assert (deed.action, deed.subject, deed.detail, deed.outcome) == (
        *("job.run", "backup", "params: day"),
        "done",
    )


def test_the_address_that_is_given_counts_and_a_name_is_enough(store):
    audit.note(store, "deploy", "token.create", outcome="refused", address="::1", now=NOON)
    deed = kept(store)
    assert (deed.who, deed.address, deed.outcome) == ("deploy", "::1", "refused")


def test_a_deed_of_somebody_without_a_name_is_kept_too(store):
    audit.note(store, "", "sign-in", now=NOON)
    assert kept(store).who == "unknown"


def test_long_details_are_cut(store):
    audit.note(store, "deploy", "job.write", detail="ä" * 20_000, now=NOON)
    detail = kept(store).detail
    assert (len(detail), detail.endswith("(cut)")) == (10_000, True)


def test_no_token_gets_into_the_audit_wherever_it_stands(store):
    secret = token.make()
    audit.note(
        store,
        f"x {secret}",
        "sign-in",
        secret,
        "ä" * 9_900 + secret + "b" * 200,
        f"refused: {secret}",
        address=secret,
        now=NOON,
    )
    assert secret[10:30] not in repr(kept(store))


def noted(store, count, who="ann"):
    for number in range(count):
        audit.note(store, who, "job.run" if number % 2 else "job.pause", f"job {number}", now=NOON)


def test_rows_are_found_by_who_by_action_and_by_subject(store):
    noted(store, 10)
    noted(store, 3, who="Bob")
    wanted = audit.Search(who="bob", action="PAUSE", subject="job")
    found, rest = audit.search(store, wanted, before=None, limit=9)
    assert ([(each.who, each.subject) for each in found], rest) == (
        [("Bob", "job 2"), ("Bob", "job 0")],
        None,
    )


def test_a_search_goes_on_where_it_ended(store):
    noted(store, 7)
    pages, before = [], None
    while before is not None or not pages:
        found, before = audit.search(store, audit.Search(), before=before, limit=3)
        pages.append([each.subject for each in found])
    assert pages == [["job 6", "job 5", "job 4"], ["job 3", "job 2", "job 1"], ["job 0"]]


def test_a_search_looks_at_so_many_rows_and_says_where_it_gave_up(store, monkeypatch):
    monkeypatch.setattr(audit, "CHUNK", 2)
    monkeypatch.setattr(audit, "FARTHEST", 4)
    noted(store, 7)
    found, rest = audit.search(store, audit.Search(subject="job 0"), before=None, limit=3)
    assert (found, rest) == ([], 4)
    found, rest = audit.search(store, audit.Search(subject="job 0"), before=rest, limit=3)
    assert ([each.subject for each in found], rest) == (["job 0"], None)
