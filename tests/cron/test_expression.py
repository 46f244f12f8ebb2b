"""What can be written in an expression, and what is said about the rest."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobrunner.cron import CronError, parse

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIELDS = "expected five fields (minute hour day month weekday), found"


def refusal(text, **options):
    with pytest.raises(CronError) as caught:
        parse(text, UTC, **options)
    return caught.value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 25 * * *", "hour 25 is not in 0-23"),
        ("60/5 * * * *", "minute 60 is not in 0-59"),
        ("30 2 * * 8", "weekday 8 is not in 0-7 or sun-sat"),
        ("5 4 * janu *", "month janu is not in 1-12 or jan-dec"),
        ("0 0 32W * *", "day 32 is not in 1-31"),
        ("0 0 0 1 1 * 2100", "year 2100 is not in 1970-2099"),
        ("0 0 30 2 *", '"0 0 30 2 *" never comes due: February has no day 30'),
        ("0 0 31 4,6 *", '"0 0 31 4,6 *" never comes due: April and June have no day 31'),
        ("0 2 * *", f"{FIELDS} 4"),
        ("", f"{FIELDS} none"),
        ("0 0 0 1 1 * 2030 x", f"{FIELDS} 8; six have seconds first, seven a year last"),
        ("*/0 * * * *", "minute */0: the step must be at least 1"),
        (
            "51-4 * * * *",
            "minute 51-4 runs backwards: 51 is after 4; for both ends write 51-59,0-4",
        ),
        (
            "0 0 * * fri-sun",
            "weekday fri-sun runs backwards: 5 is after 0; for both ends write 5-6,0",
        ),
        ("1, * * * *", "minute 1, has a comma too many"),
        ("0 0 1,15W * *", "day 1,15W: W cannot stand in a list with plain days"),
        ("0 0 * * MON#6", "weekday MON#6: a month has a first to a fifth of each, not 6"),
        ("0~30 * * * *", "minute 0~30 would be random: use H, or jitter"),
        ("R * * * *", "minute R would be random: use H, or jitter"),
        ("H * * * *", "minute H: H needs a job's name to spread by"),
        ("@every 5m", '@every 5m is not cron: write every = "5m"'),
        (
            "@reboot",
            "@reboot names no instant: it means the first look after the host has started",
        ),
    ],
)
def test_a_refusal_says_what_was_found_and_what_could_stand_there(text, message):
    assert str(refusal(text)) == message


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("0  25 * * *", "hour", "25"),
        ("0 0 1,2,77 * *", "day", "77"),
        ("0 0 * * 1-x", "weekday", "x"),
        ("0 0 * * mon-9", "weekday", "9"),
        ("0 0 * 1-13/2 *", "month", "13"),
        ("  @fortnightly", "", "@fortnightly"),
        ("0 9 ٣ * *", "day", "٣"),
        ("0 0 * * FOO#2", "weekday", "FOO"),
    ],
)
def test_a_refusal_points_at_the_piece_that_is_wrong(text, field, value):
    error = refusal(text)
    assert (error.field, error.value) == (field, value)
    assert text[slice(*error.span)] == value


@pytest.mark.parametrize("text", ["1, * * * *", "1,,2 * * * *", ", * * * *"])
def test_a_needless_comma_is_pointed_at(text):
    assert text[slice(*refusal(text).span)] == ","


@pytest.mark.parametrize(
    "piece", ["٣", "1e3", "+1", "1_0", "\0", "0x1", "½", "1.5", "-1", "\u017fun", "*5"]
)
@pytest.mark.parametrize("place", range(7))
def test_only_plain_digits_and_names_are_values(piece, place):
    fields = ["0", "0", "0", "1", "1", "*", "2030"]
    fields[place] = piece
    assert refusal(" ".join(fields)).value == piece


ALPHABET = "0123456789 */,-?LWH#()@~R\t\n\0monJAN.٣"
HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet=ALPHABET, max_size=60),
    st.lists(st.text(alphabet="0123456789*/,-?LWH#", max_size=8), min_size=5, max_size=7).map(
        " ".join
    ),
)


@given(HOSTILE, st.sampled_from(["", "backup"]))
@example("," * 100_000, "")
@example("1," * 990 + "1 * * * *", "")
@example("9" * 1900 + " * * * *", "")
@example("0 0 29 2 1", "")
@example("0 0 29 2 */7", "")
@example("0 0 LW * */6", "")
@example("0 0 */31 * 5L", "")
@example("0 0 */29,LW 2 */6", "")
@example("0 0 */2,L 2 1#5,2#5", "")
@example("0 0 29W 2 */4", "")
@example("0 0 0 29 2 */7 1970-2099/3", "")
@example("0 0 0 31W 2-4/2 * 1970-2099", "")
@example("0 0 0 29 2 0 2096", "")
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_schedule_or_a_cron_error_and_either_at_once(text, name):
    started = perf_counter()
    answer(text, name)
    # The promise is 50 ms; this machine may be doing ten other things.
    assert perf_counter() - started < 0.5


def answer(text, name):
    try:
        schedule = parse(text, UTC, name=name)
    except CronError as error:
        return error
    assert schedule.next_after(NOON) or schedule.previous_before(NOON)
    return schedule


@given(HOSTILE, st.sampled_from(["", "backup"]))
@settings(max_examples=400, deadline=None)
def test_what_is_said_of_any_text_fits_a_line(text, name):
    answered = answer(text, name)
    if isinstance(answered, CronError):
        said = str(answered)
        assert 0 <= answered.span[0] <= answered.span[1] <= len(text)
    else:
        said = answered.describe()
        assert len(said) < 200
    assert said.isprintable()
    assert said.isascii()


def test_ten_thousand_expressions_are_read_without_a_stepper():
    code = """
import sys
from datetime import UTC
from croniter import croniter
croniter.__init__ = None
from jobrunner.cron import parse
for number in range(10_000):
    minute, rest = number % 60, number // 60
    parse(f"{minute} {rest % 24} {1 + rest // 24} * *", UTC)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("alias", "fields"),
    [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        (" @hourly ", "0 * * * *"),
    ],
)
def test_an_alias_is_short_for_five_fields(alias, fields):
    end = NOON + timedelta(days=800)
    found = parse(alias, UTC).between(NOON, end)
    assert list(found) == list(parse(fields, UTC).between(NOON, end))


def first_minutes(text, name):
    schedule = parse(text, UTC, name=name)
    return [slot.minute for slot in schedule.between(NOON, NOON + timedelta(minutes=59))]


def test_h_is_drawn_from_the_name_and_stays_what_it_is():
    assert [first_minutes("H * * * *", name) for name in ("a", "b", "backup")] == [[24], [9], [52]]


@given(st.text(min_size=1), st.integers(0, 59), st.integers(0, 59), st.integers(1, 59))
@settings(max_examples=100, deadline=None)
def test_h_keeps_to_its_bounds_and_its_step(name, one, other, step):
    low, high = sorted((one, other))
    minutes = parse(f"H({low}-{high})/{step} * * * *", UTC, name=name).expression.minute.values
    assert low <= minutes[0] < low + step
    assert minutes == tuple(range(minutes[0], high + 1, step))


def test_h_spreads_many_jobs_evenly():
    minutes = [
        parse("H * * * *", UTC, name=f"job{n}").expression.minute.values[0] for n in range(6000)
    ]
    assert all(60 < minutes.count(minute) < 150 for minute in range(60))


def test_h_differs_from_field_to_field():
    drawn = [parse("H H * * *", UTC, name=f"job{n}").expression for n in range(50)]
    assert any(one.minute.values[0] % 24 != one.hour.values[0] for one in drawn)


@pytest.mark.parametrize("text", ["H H H * *", "H H * H *", "H H H H H", "H H H H H H"])
def test_h_never_names_a_day_that_some_month_lacks(text):
    slots = [parse(text, UTC, name=f"job{n}").next_after(NOON) for n in range(100)]
    assert all(slot <= NOON + timedelta(days=367) for slot in slots)


DRAW = """
from datetime import UTC
from jobrunner.cron import parse
print(parse("H H H * *", UTC, name="x").describe())
"""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_hash_seed_of_the_interpreter_changes_nothing(seed):
    command = [sys.executable, "-c", DRAW]
    told = subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True)
    assert told.stdout == b"At 07:22 on the 20th of the month\n"
