"""Durations, sizes, windows and dates: what is written is what is meant, or it is refused."""

import json
import subprocess
import sys
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobrunner.config import chain
from jobrunner.config.finding import Refusal
from jobrunner.config.layer import Home, layered, resolved
from jobrunner.config.moment import day, instant, moment, window
from jobrunner.config.quantity import FACTORS, LONGEST, UNITS, duration, size, spelt, spelt_size
from jobrunner.config.zone import zone
from tests.build import make_job

ROOT = Path(__file__).parents[2]
HOME = Home("/etc/j", zone("UTC"))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, LONGEST * 1000))
def test_a_duration_is_read_as_it_is_spelt(milliseconds: int) -> None:
    length = timedelta(milliseconds=milliseconds)
    assert duration(spelt(length)) == length


@pytest.mark.parametrize("unit", UNITS)
def test_a_duration_may_have_a_fraction(unit: str) -> None:
    assert duration(f"1.5{unit}") == 1.5 * timedelta(milliseconds=UNITS[unit])


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0159.wdhms -+eE_٣", max_size=8))
def test_a_text_is_a_duration_of_falling_units_or_refused(text: str) -> None:
    with suppress(Refusal):
        length = duration(text)
        assert timedelta() <= length <= timedelta(seconds=LONGEST)
        assert text[:1].isdigit()
        assert text[-1] in "wdhms"


@settings(max_examples=200, deadline=None)
@given(st.integers(-1, 2**64))
def test_a_number_is_seconds_or_bytes_within_bounds(number: int) -> None:
    for read, most in ((duration, LONGEST), (size, 2**63 - 1)):
        if 0 <= number <= most:
            assert read(number) in {timedelta(seconds=min(number, LONGEST)), number}
        else:
            with pytest.raises(Refusal):
                read(number)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**50))
def test_a_size_is_read_as_it_is_spelt(number: int) -> None:
    assert size(spelt_size(number)) == number


@pytest.mark.parametrize("unit", FACTORS)
def test_a_size_counts_in_its_unit(unit: str) -> None:
    assert size(f"3{unit}") == 3 * FACTORS[unit]


@pytest.mark.parametrize("value", [True, 1.5, [], {}, date(2026, 1, 1), "1 KiB", "KiB", "1kib"])
def test_other_things_are_no_size(value: object) -> None:
    with pytest.raises(Refusal, match="is not a size"):
        size(value)


@settings(max_examples=100, deadline=None)
@given(st.times(), st.times())
def test_a_window_is_two_times_of_day(opens: time, closes: time) -> None:
    read = window(f"{opens:%H:%M}-{closes:%H:%M}")
    assert (f"{read.opens:%H:%M}", f"{read.closes:%H:%M}") == (f"{opens:%H:%M}", f"{closes:%H:%M}")


@pytest.mark.parametrize(
    "text",
    ["", "8:00-9:00", "08:00", "08:00 - 09:00", "24:00-08:00", "08:60-09:00", "08:00-09:00\n"],
)
def test_other_texts_are_no_window(text: str) -> None:
    with pytest.raises(Refusal, match="is not a window"):
        window(text)


@pytest.mark.parametrize("read", [moment, instant, day])
@pytest.mark.parametrize("value", ["2026-01-01", 5, True, time(9), None, date(1899, 12, 31)])
def test_other_things_are_no_date(read: object, value: object) -> None:
    assert callable(read)
    with pytest.raises(Refusal) as caught:
        read(value)
    assert caught.value.code == "E107"


def test_a_day_has_no_time_and_an_instant_has_one() -> None:
    noon = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - wall-clock time
    assert (day(noon.date()), instant(noon).value) == (noon.date(), noon)
    for read, wrong in ((day, noon), (instant, noon.date())):
        with pytest.raises(Refusal):
            read(wrong)


@pytest.mark.parametrize(
    ("path", "folder", "seen"),
    [
        ("a", "/etc/j", "/etc/j/a"),
        ("./a/../b", "/etc/j", "/etc/j/b"),
        ("../a", "/etc/j", "/etc/a"),
        ("/a", "/etc/j", "/a"),
        ("~/a", "/etc/j", "~/a"),
        ("~bob/a", "/etc/j", "~bob/a"),
        ("", "/etc/j", ""),
        ("a", "", "a"),
        (5, "/etc/j", 5),
    ],
)
def test_a_path_is_seen_from_its_files_folder(path: object, folder: str, seen: object) -> None:
    assert resolved(path, folder) == seen


def test_a_layer_leaves_what_it_was_made_of_as_it_was() -> None:
    base = {"env": {"A": "1"}, "retry": {"delay": 1}, "timeout": "1h"}
    own = {"env": {"B": 2}, "retries": 3, "timeout": False}
    assert layered(base, own, HOME) == {
        "env": {"A": "1", "B": "2"},
        "retry": {"delay": 1, "attempts": 3},
    }
    assert base == {"env": {"A": "1"}, "retry": {"delay": 1}, "timeout": "1h"}
    assert own == {"env": {"B": 2}, "retries": 3, "timeout": False}


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ({"a": "", "b": "a", "c": "ab"}, []),
        ({"a": "a"}, ["aa"]),
        ({"a": "b", "b": "a"}, ["aba"]),
        ({"x": "a", "a": "b", "b": "c", "c": "a"}, ["abca"]),
        ({"a": "b", "b": "a", "c": "d", "d": "c"}, ["aba", "cdc"]),
        ({"a": "bb", "b": "a"}, ["aba", "aba"][:1]),
        ({"a": "z"}, []),
    ],
)
def test_each_circle_is_found_once(after: dict[str, str], found: list[str]) -> None:
    jobs = {name: make_job(name=name, after=tuple(names)) for name, names in after.items()}
    assert ["".join(circle) for circle in chain.cycles(jobs)] == found


def test_the_benchmark_tells_its_figures_and_limit() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks/parse.py", "--json", "--jobs", "50"],
        capture_output=True,
        text=True,
        check=False,
    )
    figures = json.loads(done.stdout)
    assert figures["limit"] == 2.5
    assert done.returncode == (figures["ratio"] > figures["limit"])
