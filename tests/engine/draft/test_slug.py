"""Names that are made of what people call their jobs."""

import pytest

from jobrunner.config.names import NAME
from jobrunner.engine.draft.slug import LONGEST, free, slug


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Front page", "front-page"),
        ("Börse (Seoul)", "borse-seoul"),
        ("  --nightly_dump!! ", "nightly-dump"),
        ("app.example.com/invoice?x=1", "app-example-com-invoice-x-1"),
        ("뉴스", "job"),
        ("", "job"),
        ("a" * 63 + " b", "a" * 63),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_a_name_is_made_of_free_text(text, name):
    assert slug(text) == name
    assert NAME.fullmatch(name)


def test_a_name_that_is_taken_gets_a_number():
    assert free("a", {"b"}) == "a"
    assert free("a", {"a", "a-2"}) == "a-3"
    assert free("a" * LONGEST, {"a" * LONGEST}) == "a" * 62 + "-2"
