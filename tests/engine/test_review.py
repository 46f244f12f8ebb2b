"""What an attempt left, looked through: patterns, secrets, the result.  Nothing takes for ever."""

import errno
import os
import select
from pathlib import Path

import pytest

from jobrunner.engine.result import Found
from jobrunner.engine.review import UNBLOTTED, Remains, Review
from jobrunner.model.job import Expect
from jobrunner.model.result import Result
from jobrunner.model.value import Regex, Size
from tests.build import NOON, make_job

SECRET = "hunter22"
ENDLESS = Regex("(a+)+$")  # after an `a` it tries each of 2^n ways to fail
TRAP = "a" * 64 + "b\n"
PATIENCE = 60_000  # ms


@pytest.fixture
def output(tmp_path):
    path = tmp_path / "7-1.log"
    path.write_text("")
    return path


def review(output, result=None, problems=(), is_success=True, **keys):
    return Review(
        make_job(**keys),
        output=str(output),
        found=Found(result=result, problems=problems),
        started_at=NOON,
        is_success=is_success,
    )


def has_ended(found, patience):
    poll = select.poll()
    poll.register(found.fileno(), select.POLLIN)
    return bool(poll.poll(patience))


def remains(output, result=None, **keys):
    return review(output, result, **keys).finish()


def test_an_attempt_that_leaves_nothing_is_through_at_once(output):
    found = review(output)
    assert (found.fileno(), found.finish()) == (None, Remains())


@pytest.mark.parametrize(
    ("text", "expect", "unmet"),
    [
        ("all done\n", {"output": Regex("done$")}, ()),
        ("all well\n", {"output": Regex("done")}, ('expect.output: "done" is not in the output',)),
        ("all done\n", {"not_output": Regex("ERROR")}, ()),
        (
            "ERROR\n",
            {"not_output": Regex("(?i)error")},
            ('expect.not_output: "(?i)error" is in the output',),
        ),
        ("a\nb\n", {"output": Regex(r"\Aa\n"), "not_output": Regex("^b")}, ()),
        ("größe\n", {"output": Regex("gr.{2}e")}, ()),
    ],
)
def test_patterns_are_looked_for_in_the_output(output, text, expect, unmet):
    output.write_text(text)
    assert remains(output, expect=Expect(**expect)).unmet == unmet


def test_bytes_that_are_no_text_hide_nothing(output):
    output.write_bytes(b"\xff\xfe done \x80")
    assert remains(output, expect=Expect(output=Regex(r"done"))).unmet == ()


def test_head_and_tail_of_a_long_output_are_searched(output):
    output.write_bytes(b"first" + b"." * 5000 + b"middle" + b"." * 5000 + b"last")
    told = [
        remains(output, output_limit=Size(1000), expect=Expect(output=Regex(word))).unmet == ()
        for word in ("first", "middle", "last")
    ]
    assert told == [True, False, True]


def test_an_output_that_is_gone_holds_nothing(output):
    output.unlink()
    assert len(remains(output, expect=Expect(output=Regex("done"))).unmet) == 1
    assert remains(output, expect=Expect(not_output=Regex("ERROR"))).unmet == ()


@pytest.mark.parametrize("call", ["fstat", "open"])
def test_an_output_that_the_disk_does_not_give_keeps_no_attempt_from_ending(
    output, monkeypatch, call
):
    def fail(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    output.write_text(SECRET)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        found = review(output, expect=Expect(output=Regex("x")), env={"TOKEN": SECRET})
    told = found.finish()
    assert told.notes == ("the output cannot be read: Input/output error", UNBLOTTED)
    assert len(told.unmet) == 1


def test_of_a_failed_attempt_nothing_is_expected(output):
    found = review(output, is_success=False, expect=Expect(output=Regex("x"), file="/none"))
    assert found.finish() == Remains()


def test_a_pattern_without_end_holds_up_nobody_and_takes_nothing_else_away(output):
    output.write_text(f"{SECRET}\n{TRAP}")
    expect, env = Expect(output=ENDLESS), {"TOKEN": SECRET}
    found = review(output, Result(message=SECRET), expect=expect, env=env)
    assert has_ended(found, 0) is False
    assert has_ended(found, PATIENCE) is True
    assert found.finish() == Remains(
        result=Result(message="***"),
        unmet=('expect.output: it takes too long to tell whether "(a+)+$" is there',),
    )
    assert output.read_text() == f"********\n{TRAP}"


def test_a_redaction_without_end_shows_nothing_that_it_should_look_at(output):
    output.write_text(f"{SECRET}\n{TRAP}")
    said = Result(message=TRAP, data={"a": [TRAP]}, metrics={"n": 1.0}, success=False)
    found = remains(output, said, redact=(ENDLESS,), env={"TOKEN": SECRET})
    assert found.result == Result(metrics={"n": 1.0}, success=False)
    assert [note.partition(":")[2] for note in found.notes] == [" `redact` takes too long"] * 2
    assert output.read_text() == f"********\n{TRAP}"


@pytest.mark.parametrize("redact", [(), (Regex("[0-9]{4}"),)])
def test_secrets_are_in_neither_the_output_nor_the_result_nor_the_notes(output, redact):
    output.write_text(f"key {SECRET}\n" * 3)
    said = Result(message=f"with {SECRET}", data={SECRET: [SECRET, 1, None]}, next_in_seconds=60.0)
    found = remains(output, said, problems=(f"odd {SECRET}",), redact=redact, env={"KEY": SECRET})
    assert output.read_text() == "key ********\n" * 3
    assert found == Remains(
        result=Result(message="with ***", data={"***": ["***", 1, None]}, next_in_seconds=60.0),
        notes=("odd ***",),
    )


def test_what_a_pattern_finds_is_blotted_out_everywhere(output):
    output.write_text("pin 1234\n")
    found = remains(output, Result(message="pin 1234"), redact=(Regex(r"(?<=pin )\d+"),))
    assert (output.read_text(), found.result) == ("pin ****\n", Result(message="pin ***"))


def test_an_output_without_secrets_is_not_touched(output):
    output.write_text("all well\n")
    os.utime(output, ns=(0, 0))
    found = review(output, env={"TOKEN": SECRET})
    assert (found.fileno(), found.finish()) == (None, Remains())
    remains(output, env={"TOKEN": SECRET}, redact=(Regex("x"),))
    assert output.stat().st_mtime_ns == 0


def test_a_secret_far_out_in_a_large_output_is_found(output):
    output.write_bytes(b"." * 700_000 + SECRET.encode())
    remains(output, env={"TOKEN": SECRET}, output_limit=Size(1 << 20))
    assert output.read_bytes() == b"." * 700_000 + b"*" * 8


@pytest.mark.parametrize("plant", [os.symlink, os.link])
def test_nobody_elses_file_is_blotted(output, plant, tmp_path):
    (tmp_path / "passwords").write_text(SECRET)
    output.unlink()
    plant(tmp_path / "passwords", output)
    remains(output, env={"TOKEN": SECRET}, redact=(Regex("."),))
    assert (tmp_path / "passwords").read_text() == SECRET


def test_no_process_and_no_descriptor_is_left(output):
    output.write_text("x")
    before = ours()
    remains(output, expect=Expect(output=Regex("x")), redact=(Regex("y"),))
    assert ours() == before


def ours():
    """The descriptors and the children of this process."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return sorted(Path("/proc/self/fd").iterdir()), children
