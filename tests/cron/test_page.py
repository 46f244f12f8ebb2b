"""docs/cron.md: what it says of an expression is so."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jobrunner.cron import parse

BERLIN = ZoneInfo("Europe/Berlin")
PAGE = (Path(__file__).parents[2] / "docs" / "cron.md").read_text()


def table(head):
    """The rows below a line of headings, as lists of cells."""
    rows = PAGE.partition(f"\n{head}\n")[2].splitlines()[1:]
    rows = rows[: next(number for number, row in enumerate(rows) if not row.startswith("|"))]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]


CHANGES = table("| expression | `dst` | on 2026-03-29 | on 2026-10-25 |")


@pytest.mark.parametrize(("text", "words"), table("| expression | in words |"))
def test_the_page_tells_expressions_in_our_words(text, words):
    assert parse(text, BERLIN).describe() == words


@pytest.mark.parametrize(("text", "dst", "spring", "autumn"), CHANGES)
def test_the_page_is_right_about_changes_of_clocks(text, dst, spring, autumn):
    schedule = parse(text, BERLIN, dst=dst)
    for day, told in (("2026-03-29", spring), ("2026-10-25", autumn)):
        after = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=BERLIN)
        slots = schedule.between(after, after + timedelta(hours=20))
        assert ", ".join(slot.isoformat()[11:16] + slot.isoformat()[19:] for slot in slots) == (
            "" if told == "never" else told
        )


@pytest.mark.parametrize("text", re.findall(r"`((?:[^ `]+ ){4,6}[^ `]+)`", PAGE))
def test_every_expression_of_the_page_is_known_or_named_as_refused(text):
    if text == "0 0 30 2 *":
        assert "`0 0 30 2 *`), runs backwards" in PAGE
    else:
        assert parse(text, BERLIN, name="backup")


def test_the_example_in_python_runs():
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    for line, told in re.findall(r"^(schedule\S+\(.*\))  +# (.*)$", code, re.MULTILINE):
        names = {}
        exec(code, names)
        assert str(eval(line, names)) == told
