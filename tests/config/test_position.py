"""Where keys and values stand, proved by reading each value back from its place."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobrunner.config.position import Path, spots

KEYS = st.sampled_from(["a", "b-1", '"q.x"', "'lit'", '"e\\u0041"', '""'])
SCALARS = st.sampled_from(
    [
        "1",
        "0x1F",
        "-1.5e3",
        "inf",
        "true",
        '"a # ] } , b"',
        r'"a\"\\"',
        "'#\"]'",
        '"""x\n"quoted" ""two\\\n  y"""""',
        "'''z''\n\n''''",
        '""',
        '""""""',
        "1979-05-27 07:32:00.5-07:00",
        "1979-05-27T07:32:00Z",
        "1979-05-27",
        "07:32:00",
    ]
)


def _table(pairs: list[tuple[str, str]]) -> str:
    return "{ " + ", ".join(f"{key} = {value}" for key, value in pairs) + " }"


def _nested(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(KEYS, values), max_size=3, unique_by=lambda pair: pair[0])
    lists = st.lists(values, max_size=3)
    return pairs.map(_table) | lists.map(
        lambda them: "[ # comment ]\n" + "".join(f"  {one} ,# }}\n" for one in them) + "]"
    )


VALUES = st.recursive(SCALARS, _nested, max_leaves=6)
LINES = st.one_of(
    st.builds("{}.{} = {}".format, KEYS, KEYS, VALUES),
    st.builds(" {}\t= {} # end".format, KEYS, VALUES),
    st.builds("[{}]".format, KEYS),
    st.builds("[ {} . {} ]".format, KEYS, KEYS),
    st.builds("[[{}.{}]]".format, KEYS, KEYS),
    st.builds("[[{}]]".format, KEYS),
    st.just("# [comment]"),
)


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _leaves(one, (*path, index))
    else:
        yield path, value


def _accepted(lines: list[str]) -> str:
    """As many of the lines as tomllib takes."""
    text = ""
    for line in lines:
        try:
            tomllib.loads(text + line + "\n")
        except tomllib.TOMLDecodeError:
            continue
        text += line + "\n"
    return text


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=12))
def test_every_value_is_found_where_it_stands(lines: list[str]) -> None:
    text = _accepted(lines)
    found = spots(text)
    for path, value in _leaves(tomllib.loads(text)):
        start, stop = found[path].value
        assert tomllib.loads(f"x = {text[start:stop]}")["x"] == value


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=12))
def test_every_key_is_found_where_it_stands(lines: list[str]) -> None:
    text = _accepted(lines)
    for path, spot in spots(text).items():
        if isinstance(path[-1], str):
            assert tomllib.loads(f"{text[slice(*spot.key)]} = 0") == {path[-1]: 0}


@pytest.mark.parametrize(
    ("text", "path", "key", "value"),
    [
        ("[jobs.x]\na = 1", ("jobs", "x"), "x", "[jobs.x]"),
        ("[jobs.x]\na = 1", ("jobs", "x", "a"), "a", "1"),
        ("jobs.x.a = [1, 2]", ("jobs", "x"), "x", ""),
        ("jobs.x.a = [1, 2]", ("jobs", "x", "a"), "a", "[1, 2]"),
        ("[[t]]\na = 1\n[[t]]\na = 2\n[t.u]\nb = 3", ("t", 1, "u", "b"), "b", "3"),
        ("x = { y = { z = 1 } }", ("x", "y"), "y", "{ z = 1 }"),
    ],
)
def test_tables_have_places_too(text: str, path: Path, key: str, value: str) -> None:
    spot = spots(text)[path]
    assert (text[slice(*spot.key)], text[slice(*spot.value)]) == (key, value)
