"""Edits of any file, with comments everywhere and in every way of writing: right, or refused."""

import re
import tomllib
from collections import Counter
from datetime import date
from difflib import SequenceMatcher
from functools import reduce
from operator import getitem

from hypothesis import given, settings
from hypothesis import strategies as st

from jobrunner.config import edit
from jobrunner.config.edit import BOM
from jobrunner.config.edit.literal import block, literal, one_line
from jobrunner.config.edit.scan import comments, every_pair, scan
from jobrunner.errors import JobrunnerError, UnknownError

NAMES = st.sampled_from(["a", "b", "a.b", "a b", "ä", "1", "a-b", "after", "#"])
VALUES = st.one_of(
    st.integers(-9, 9),
    st.booleans(),
    st.sampled_from([1.5, float("inf"), date(2026, 1, 2)]),
    st.text(max_size=12),
    st.text(st.sampled_from("\"\\'#\n a\t"), max_size=9),
    st.lists(st.sampled_from(["a", "b", "#", "x]"]), max_size=3),
    st.dictionaries(NAMES, st.integers(0, 9), max_size=2),
)
WRITTEN = st.sampled_from(
    [
        *("1", "1_0.5e3", "true", "-inf", "0xdead_beef", "1979-05-27 07:32:00Z", "07:32:00"),
        *('"# no"', "'a \" #'", "''", '""', "[]", "{}", "['a', \"b\",]", "['a', 'a b']"),
        *(
            "[ # yes\n  1, [2], # and\n  # yes\n]",
            "{ x = 1, 'y.z'.w = [ '}' ] }",
            "[{ x = 1 }, {}]",
        ),
        '"""\n  # no \\""" "" \\\n  x"""""',
        "'''# no\n''''",
    ]
)
KEYS = st.sampled_from(["cron", "env", "after", "x.y", "'q.r'", '"s t"', "x . z", "limits.nice"])
NOISE = st.sampled_from(["", "", "  ", "# alone", "\t# in ' \" it", "#", "# [jobs.a]"])
HEADS = st.sampled_from(
    [
        *("[jobs.a]", "[jobs.b]", "[jobs.'a.b']", "[ jobs . a . env ]", "[jobs.b.env]", "[jobs]"),
        *("[[jobs.a.schedules]]", '[jobs."a b"]', "[jobs.a.x]", "[settings.retention]"),
        "[defaults]",
    ]
)
PAIRS = st.builds("{}{} = {}{}".format, st.sampled_from(["", "  ", "\t"]), KEYS, WRITTEN,
                  st.sampled_from(["", "", "  # why", "\t#"]))  # fmt: skip
LINES = st.lists(st.one_of(NOISE, PAIRS, HEADS, PAIRS), max_size=14)


def is_toml(text):
    try:
        return bool(tomllib.loads(text)) or True
    except tomllib.TOMLDecodeError:
        return False


def settle(lines):
    """The lines that may stand together: what would make the file invalid is left out."""
    kept = []
    for line in lines:
        if is_toml("\n".join([*kept, line])):
            kept.append(line)
    return kept


FILES = st.builds(
    lambda lines, end, mark: mark + end.join(("\n".join(settle(lines))).split("\n")),
    LINES,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "", "\ufeff"]),
)
PATHS = st.one_of(
    st.builds(lambda name: ("jobs", name), NAMES),
    st.builds(lambda name, key: ("jobs", name, key), NAMES, st.sampled_from(["cron", "env", "x"])),
    st.builds(lambda name, key: ("jobs", name, "env", key), NAMES, NAMES),
    st.sampled_from([("version",), ("defaults", "env"), ("settings", "retention", "x")]),
)
NEAR = settings(deadline=None, max_examples=150)


def paths(document, above=()):
    """Every path of the document that names alone lead to."""
    for name, value in document.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from paths(value, (*above, name))


def load(text):
    return tomllib.loads(text.removeprefix(BOM))


def put(document, path, value):
    for name in path[:-1]:
        document = document.setdefault(name, {})
    document[path[-1]] = value


def normal(document):
    """Without empty tables, of which no key tells whether they are there."""
    if not isinstance(document, dict):
        return repr(document)
    return {k: v for k, v in ((k, normal(v)) for k, v in document.items()) if v != {}}


def changed_lines(old, new):
    lines = [list(filter(str.strip, re.split(r"\r?\n", text))) for text in (old, new)]
    matcher = SequenceMatcher(None, *lines, autojunk=False)
    return [code for code in matcher.get_opcodes() if code[0] != "equal"]


@NEAR
@given(FILES, PATHS, VALUES)
def test_a_set_value_is_right_or_refused_and_no_comment_is_lost(text, path, value):
    wanted = load(text)
    try:
        new = edit.set_value(text, path, value)
    except JobrunnerError:
        return
    put(wanted, path, value)
    assert normal(load(new)) == normal(wanted)
    assert comments(new) == comments(text)
    assert len(changed_lines(text.removeprefix(BOM), new.removeprefix(BOM))) <= 1


@NEAR
@given(FILES, NAMES, st.dictionaries(st.sampled_from(["cron", "env", "é"]), VALUES, max_size=3))
def test_an_added_job_leaves_the_bytes_before_it_or_is_refused(text, name, table):
    wanted = load(text)
    try:
        new = edit.add(text, name, table)
    except JobrunnerError:
        return
    put(wanted, ("jobs", name), table)
    assert normal(load(new)) == normal(wanted)
    assert new.startswith(text) or "jobs = {" in text


@NEAR
@given(FILES, st.data())
def test_a_removal_takes_nothing_else_along(text, data):
    wanted = load(text)
    path = data.draw(st.sampled_from([("none",), *paths(wanted)]))
    try:
        new = edit.remove(text, path)
    except UnknownError:
        assert path == ("none",)
        return
    table = wanted
    for name in path[:-1]:
        table = table[name]
    del table[path[-1]]
    assert normal(load(new)) == normal(wanted)
    assert not Counter(comments(new)) - Counter(comments(text))


@NEAR
@given(FILES, st.data(), st.sampled_from(["new", "n.e w"]))
def test_a_renamed_job_keeps_everything_but_its_name(text, data, new):
    jobs = load(text).get("jobs", {})
    if not jobs:
        return
    old = data.draw(st.sampled_from(sorted(jobs)))
    renamed = edit.rename(text, old, new)
    assert load(renamed)["jobs"].keys() == jobs.keys() - {old} | {new}
    assert normal(load(edit.rename(renamed, new, old))) == normal(load(text))
    assert comments(renamed) == comments(text)


@NEAR
@given(FILES)
def test_every_value_stands_where_the_scan_says(text):
    text = text.removeprefix(BOM).replace("[[jobs.a.schedules]]", "[jobs.a.schedules]")
    if not is_toml(text):
        return
    document = tomllib.loads(text)
    for pair in every_pair(statement.pair for statement in scan(text) if not statement.is_header):
        value = reduce(getitem, pair.path, document)
        written = text[slice(*pair.value)]
        assert repr(tomllib.loads(f"x = {written}")["x"]) == repr(value)


@NEAR
@given(VALUES)
def test_a_value_is_read_as_it_was_written(value):
    for written in (literal(value), one_line(value)):
        assert repr(tomllib.loads(f"x = {written}")["x"]) == repr(value)
    assert tomllib.loads(block(("jobs", "a.b"), {"x": value})) == {"jobs": {"a.b": {"x": value}}}


ORDINARY = st.builds(
    lambda jobs: "# my jobs\n\n" + "\n".join(jobs),
    st.permutations(
        [
            '# a\n[jobs.a]\ncron = "@daily"  # why\ncommand = "true"\n',
            "[jobs.b]\nlimits = { nice = 1 }\n# how\ncommand = '''\n# no\n'''\n",
            "[jobs.b.env]\nX = 1\n",
            '[jobs."c.d"]\nafter = ["a"]\ntags = ["x", "y"]\n# retries = 1\n',
            "[defaults]\ntimeout = '1h'\n",
            "[settings]\n# nothing yet\n",
        ]
    ),
)


@NEAR
@given(ORDINARY, st.sampled_from(["a", "b", "c.d"]), VALUES)
def test_ordinary_files_are_never_refused(text, name, value):
    for path in (("jobs", name, "cron"), ("jobs", name, "x"), ("jobs", "new", "x"), ("version",)):
        edit.set_value(text, path, value)
    edit.set_value(text, ("jobs", "b", "env", "Y"), value)
    edit.add(text, "new", {"x": value})
    edit.rename(text, name, "new")
    edit.remove(text, ("jobs", name))
