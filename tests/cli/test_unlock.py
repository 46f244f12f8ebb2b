"""`jobrunner unlock` as its reader meets it."""

from tests.cli.past import ledger
from tests.engine.report.ledger import NOON, queued, started


def test_without_the_word_nothing_is_done(call):
    code, out, complaint = call("unlock", "hello")
    assert (code, out) == (2, "")
    assert "jobrunner unlock hello --if-dead" in complaint


def test_what_is_not_held_is_said_to_be_free(call):
    assert call("unlock", "hello", "--if-dead") == (
        0,
        '"hello" is held by nobody: there is nothing to let go.\n',
        "",
    )


def test_what_may_live_is_refused_as_busy(call):
    with ledger() as store:
        started(store, queued(store, "hello"), NOON)
    code, _, complaint = call("unlock", "hello", "--if-dead")
    assert (code, "whether that lives cannot be told here" in complaint) == (6, True)


def test_an_unknown_name_is_met_with_the_one_that_was_meant(call):
    code, _, complaint = call("unlock", "helo", "--if-dead")
    assert (code, complaint) == (
        5,
        'Error: no job, lock or pool named "helo". Did you mean "hello"?\n',
    )
