"""Files that are known again while nobody has changed them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.formats.seal import is_intact, sealed


@given(text=st.text())
def test_a_sealed_text_is_intact(text):
    assert is_intact(sealed(text))


@pytest.mark.parametrize("change", [lambda t: t + "\n", lambda t: t.replace("a", "b"), str.strip])
def test_a_changed_one_is_not(change):
    assert not is_intact(change(sealed("a\nc\n")))


def test_a_text_of_somebody_else_is_not():
    assert not is_intact("")
    assert not is_intact("# jobrunner\n[Unit]\n")
