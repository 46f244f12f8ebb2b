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
