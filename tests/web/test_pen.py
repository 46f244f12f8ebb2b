"""What a run writes, told as text, exactly, or as it looks."""

import pytest

from jobrunner.web.pen import Written, pen_of

E_ACUTE = "é".encode()


def test_text_waits_for_the_rest_of_a_character():
    pen = pen_of("text")
    assert pen.write(b"caf" + E_ACUTE[:1]) == Written(text="caf")
    assert pen.held == 1
    assert pen.write(E_ACUTE[1:]) == Written(text="é")


def test_every_byte_is_told_exactly():
    assert pen_of("base64").write(b"\xff\x00") == Written(base64="/wA=")


def test_colours_are_told_as_classes_however_they_are_cut():
    pen = pen_of("pieces")
    assert pen.write(b"ok \x1b[3") == Written(pieces=(("", "ok "),))
    assert pen.held == 3
    assert pen.write(b"1mbad") == Written(pieces=(("a-f1", "bad"),))


@pytest.mark.parametrize(
    ("encoding", "rest"),
    [
        ("text", Written(text="\N{REPLACEMENT CHARACTER}")),
        ("base64", Written()),
        ("pieces", Written(pieces=(("a-c", "<C3>"),))),
    ],
)
def test_what_waits_at_the_end_is_told_as_it_is(encoding, rest):
    pen = pen_of(encoding)
    pen.write(E_ACUTE[:1])
    assert pen.rest() == rest
    assert pen.held == 0
