"""Files of variables, as people and other programs write them."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.kinds.env_file import Variables, parse

TEXT = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("  export A=b", "b"),
        ("A=", ""),
        ("A= b c \t", "b c"),
        ("A=b # c", "b # c"),
        ("A=b=c", "b=c"),
        ("A=$HOME\\n", "$HOME\\n"),
        ("A=b'c\"", "b'c\""),
        ("A='b # c'", "b # c"),
        ("A='b' # c", "b"),
        ("A='b\\'", "b\\"),
        ("A='b\nc'", "b\nc"),
        ('A="b c"', "b c"),
        ('A="b\nc" # d', "b\nc"),
        (r'A="\"\\\$\`\n"', '"\\$`\\n'),
        ('A="b\\\nc"', "bc"),
        ('A= "b"', "b"),
        ("A=1\nA=2", "2"),
        ("\ufeffA=b\r\n", "b"),
        ("# A=1\n; A=1\n\n  #\nA=2", "2"),
        ("A=é", "é"),
    ],
)
def test_a_value_is_read(line, value):
    assert parse(line.encode()) == Variables({"A": value})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"x\nA=1", "line 1: it is not NAME=VALUE"),
        (b"A=1\n\nB =1", "line 3: it is not NAME=VALUE"),
        (b"A=1\n=1", "line 2: it is not NAME=VALUE"),
        (b"A=1\nA-B=1", "line 2: what stands before = is not the name of a variable"),
        (b"A=1\nB='", "line 2: its quote is not closed"),
        (b'A=1\nB="x\\"\n', "line 2: its quote is not closed"),
        (b"A=1\nB='x'y", "line 2: something follows its closing quote"),
        (b"A=1\nB='x'#y", "line 2: something follows its closing quote"),
        (b"A=1\nB=\0", "line 2: it holds a NUL character, which no variable can carry"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_the_rest_is_read(content, problem):
    assert parse(content) == Variables({"A": "1"}, (problem,))


def test_another_encoding_is_told_with_its_line():
    assert parse(b"A=1\nB=\xff").problems == ("line 2: it is not UTF-8",)


def test_no_problem_shows_what_the_file_holds():
    content = b"hush\nhu-sh=1\nA='hush' hush\nB='hush"
    problems = parse(content).problems
    assert len(problems) == 4
    assert "hush" not in "".join(problems)


@given(st.text())
def test_any_file_is_read_or_its_problems_are_told(text):
    found = parse(text.encode(errors="replace"))
    assert all(problem.startswith("line ") for problem in found.problems)


@given(TEXT)
def test_a_value_in_quotes_is_read_as_it_is_written(value):
    guarded = "".join(f"\\{each}" if each in '"\\$`' else each for each in value)
    assert parse(f'A="{guarded}"'.encode()) == Variables({"A": value})


def test_quotes_mean_what_they_mean_to_a_shell():
    content = 'A="a \\"b\\" \\\\ \\n \\$x \\`y\\`\\\nz"\nexport B=\'a "b" \\ $x\' # c\nC="1\n2"\n'
    script = f'{content}printf "%s\\0" "$A" "$B" "$C"'
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert list(parse(content.encode()).values.values()) == said.split("\0")[:-1]
