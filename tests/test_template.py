"""Placeholders: what is filled, what stays as it is, and what is refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs

from jobrunner.config.quantity import duration, spelt
from jobrunner.errors import UnusableError
from jobrunner.template import PIECE, Facts, fill, flaws, named

BERLIN = ZoneInfo("Europe/Berlin")
SLOT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
FACTS = Facts(
    slot=SLOT,
    zone=BERLIN,
    previous_success=datetime(2026, 11, 18, 2, 31, 5, tzinfo=UTC),
    run_id=1290,
    attempt=2,
    params={"index": "orders", "Empty": ""},
)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> Facts:
    """The facts of a slot at this time in UTC."""
    return structs.replace(FACTS, slot=datetime(year, month, day, hour, minute, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{slot}", "2026-11-20T03:30:00+01:00"),
        ("{slot:%Y-%m-%d}", "2026-11-20"),
        ("{slot-1d:%Y-%m-%d}", "2026-11-19"),
        ("{slot+2h}", "2026-11-20T05:30:00+01:00"),
        ("{slot-1w:%d.%m. um %H:%M}", "13.11. um 03:30"),
        ("{slot-1d12h:%F %R}", "2026-11-18 15:30"),
        ("{slot-1.5d:%F %R}", "2026-11-18 15:30"),
        ("{slot+500ms:%f}", "500000"),
        ("{slot:%-d/%-m %%}", "20/11 %"),
        ("{slot:%s}", str(int(SLOT.timestamp()))),
        ("{slot:%A %j %G-W%V %z %Z}", "Friday 324 2026-W47 +0100 CET"),
        ("{previous_success}", "2026-11-18T03:31:05+01:00"),
        ("{previous_success:%F}", "2026-11-18"),
        ("{run_id}-{attempt}", "1290-2"),
        ("{param.index}{param.Empty}", "orders"),
        ("from {slot-1d:%F} to {slot:%F}", "from 2026-11-19 to 2026-11-20"),
    ],
)
def test_a_placeholder_is_filled(text, filled):
    assert fill(text, FACTS) == filled
    assert list(flaws(text, FACTS.params)) == []


UNTOUCHED = [
    "",
    '{"a": 1}',
    "${HOME}",
    "${slot}",
    "${attempt:-1}",
    "{print $1}",
    "{slots}",
    "{slot_of}",
    "{ slot }",
    "{slot = 3}",
    "{{slot}}",
    "{{.Names}}",
    "{}",
    "{slot",
    "slot}",
    "{params.x}",
    "{Slot}",
    "%{http_code}",
]


@pytest.mark.parametrize("text", UNTOUCHED)
def test_other_braces_stay_as_they_are(text):
    assert fill(text, FACTS) == text
    assert list(flaws(text, ())) == []


@given(st.text())
def test_text_without_a_placeholder_is_never_touched(text):
    assume(not PIECE.search(text))
    assert fill(text, FACTS) == text


@given(st.text(st.characters(exclude_characters="{}$")), st.text())
def test_what_stands_around_a_placeholder_is_never_touched(before, after):
    assume(not PIECE.search(after))
    assert fill(f"{before}{{attempt}}{after}", FACTS) == f"{before}2{after}"


@given(st.text(), st.sampled_from(["{slot}", "{run_id}", "{param.x}", "{slot-1x}"]))
def test_what_is_filled_in_is_not_looked_at_again(text, placeholder):
    value = text + placeholder
    facts = structs.replace(FACTS, params={"x": value})
    assert fill("<{param.x}>", facts) == f"<{value}>"


@given(st.timedeltas(timedelta(milliseconds=1), timedelta(days=36600)))
def test_an_offset_is_a_duration_as_jobs_toml_spells_it(length):
    assert list(flaws(f"{{slot-{spelt(length)}:%F}}", ())) == []


@given(st.integers(1, 10**11))
def test_an_offset_of_short_units_is_real_time(milliseconds):
    length = duration(f"{milliseconds}ms")
    shown = fill(f"{{slot-{milliseconds}ms}}", FACTS)
    assert datetime.fromisoformat(shown) == SLOT - length


@pytest.mark.parametrize(
    ("facts", "text", "filled"),
    [
        (at(2026, 3, 30, 10), "{slot-1d}", "2026-03-29T12:00:00+02:00"),
        (at(2026, 3, 29, 10), "{slot-1d}", "2026-03-28T12:00:00+01:00"),
        (at(2026, 3, 29, 10), "{slot-24h}", "2026-03-28T11:00:00+01:00"),
        (at(2026, 3, 30, 0, 30), "{slot-1d}", "2026-03-29T03:00:00+02:00"),
        (at(2026, 10, 26, 1, 30), "{slot-1d}", "2026-10-25T02:30:00+02:00"),
        (at(2026, 10, 25, 1, 30), "{slot}", "2026-10-25T02:30:00+01:00"),
        (at(2026, 10, 25, 1, 30), "{slot-1h}", "2026-10-25T02:30:00+02:00"),
        (at(2026, 10, 25, 1, 30), "{slot-52w}", "2025-10-26T02:30:00+02:00"),
        (at(2026, 3, 1), "{slot-1d:%F}", "2026-02-28"),
        (at(2026, 1, 1), "{slot-52w:%F}", "2025-01-02"),
    ],
)
def test_days_move_the_date_and_hours_real_time(facts, text, filled):
    assert fill(text, facts) == filled


def test_without_a_success_before_its_time_is_empty():
    facts = structs.replace(FACTS, previous_success=None)
    assert fill("<{previous_success}{previous_success:%F}>", facts) == "<>"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{slot-1x}", "1x is not a duration"),
        ("{slot-}", " is not a duration"),
        ("{slot-1m1h}", "1m1h is not a duration"),
        ("{slot - 1d}", "it is not written like one"),
        ("{slot }", "it is not written like one"),
        ("{slot+101000d}", "it is more than 100 years away"),
        ("{slot:}", "its format shows nothing of the time"),
        ("{slot:YYYY-MM-DD}", "its format shows nothing of the time"),
        ("{slot:%Q}", "%Q is nothing that a format can show"),
        ("{slot:%Y%}", "% is nothing that a format can show"),
        ("{slot:%Y", "its brace is not closed"),
        ("{slot.date}", "date cannot stand behind slot"),
        ("{previous_success-1d}", "-1d cannot stand behind previous_success"),
        ("{attempt++}", "++ cannot stand behind attempt"),
        ("{run_id:%Y}", ":%Y cannot stand behind run_id"),
        ("{param}", "it names none"),
        ("{param.}", "it is not written like one"),
        ("{param.nope}", "there is no parameter nope"),
        ("{param.index:%Y}", ":%Y cannot stand behind param"),
    ],
)
def test_what_only_begins_like_a_placeholder_is_a_flaw(text, reason):
    (flaw,) = flaws(f"a {text} b", ("index",))
    assert flaw.message.endswith(f"is no placeholder: {reason}")
    assert flaw.span[0] == 2
    with pytest.raises(UnusableError, match="is no placeholder"):
        fill(text, FACTS)


def test_every_flaw_of_a_text_is_told_with_its_place_and_advice():
    text = "{slot} {param.x} {slot:%Q}"
    found = list(flaws(text, ("index", "day")))
    assert [text[slice(*flaw.span)] for flaw in found] == ["{param.x}", "{slot:%Q}"]
    assert found[0].hint == "declared are index and day"


def test_a_run_without_a_slot_cannot_fill_one():
    with pytest.raises(UnusableError, match=r"\{slot:%F\} cannot be filled: the run has no slot"):
        fill("{slot:%F}", structs.replace(FACTS, slot=None))


def test_a_slot_beyond_the_calendar_is_told():
    with pytest.raises(UnusableError, match="beyond the calendar"):
        fill("{slot-100w}", at(1, 1, 2))


def test_parameters_are_found_with_their_places():
    assert list(named("x {param.a}{slot}{param.b}")) == [("a", (2, 11)), ("b", (17, 26))]
