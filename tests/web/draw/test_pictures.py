"""The pictures of runs and times: what they show, that they say it, and that they stay small."""

import gzip
import random
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from jobrunner.web.draw import scale
from jobrunner.web.draw.badge import badge
from jobrunner.web.draw.columns import columns
from jobrunner.web.draw.durations import Level, Point, durations
from jobrunner.web.draw.heat import heat
from jobrunner.web.draw.month import last_month, next_month, week_of, weeks_of
from jobrunner.web.draw.spark import sparkline
from jobrunner.web.draw.strip import strip
from jobrunner.web.draw.timeline import Row, Stretch, timeline
from jobrunner.web.draw.year import Day, year
from tests.build import NOON

HOUR = timedelta(hours=1)
START, END = NOON - 12 * HOUR, NOON + 12 * HOUR
FRIDAY = date(2026, 11, 20)


def tree(markup):
    return ET.fromstring(markup)


def title(markup):
    return tree(markup).findtext(".//title")


def kinds(markup):
    return [one.get("class") for one in tree(markup).iter() if one.get("class")]


def around(*rows):
    return timeline(rows, START, END, NOON)


def test_a_strip_says_in_words_what_it_shows():
    shown = strip([("success", 1.0), ("success", 2.0), ("failed", 0.5)])
    assert title(shown) == "3 runs: 2 success and 1 failed; the newest failed"
    assert title(strip([])) == "no runs yet"


def test_a_strip_has_one_path_for_each_state_and_caps_what_went_wrong():
    shown = strip([("success", 1.0), ("failed", 1.0)] * 15)
    assert kinds(shown) == ["drawn strip", "b s-success", "b s-failed", "cap s-failed"]


def test_the_longest_run_of_a_strip_is_the_highest_and_the_newest_stands_right():
    bars = tree(strip([("success", 1.0), ("success", 4.0)]))[1].get("d")
    assert bars == "M170 24V18M176 24V0"


def test_a_strip_shows_only_as_many_runs_as_it_has_room_for():
    assert title(strip([("success", 1.0)] * 100)).startswith("30 runs")


def test_a_state_without_its_colour_is_told_by_its_shape():
    shapes = {state: strip([(state, 1.0)]) for state in ("failed", "timeout", "lost", "missed")}
    caps = {tree(shown)[2].get("d") for shown in shapes.values()}
    assert len(caps) == len(shapes)


def test_strips_of_a_page_are_a_few_kilobytes():
    dice = random.Random(1)
    bars = [[("success", dice.random()) for _ in range(30)] for _ in range(100)]
    assert len(gzip.compress("".join(map(strip, bars)).encode())) < 20_000


def test_a_row_of_the_timeline_says_in_words_what_it_shows():
    row = Row(
        name="backup",
        link="/jobs/backup",
        runs=[(NOON - HOUR, NOON, "failed")],
        slots=[NOON + HOUR],
        stretches=[Stretch(START, NOON - HOUR, "success", 600), Stretch(NOON, END, None, 7)],
    )
    assert title(around(row)) == "backup: 601 runs, 600 success and 1 failed; 8 planned"


def test_a_long_run_is_a_bar_and_a_short_one_a_stroke():
    minute = timedelta(minutes=1)
    long, short = (NOON - HOUR, NOON, "failed"), (NOON - HOUR, NOON - HOUR + minute, "success")
    shown = kinds(around(Row(name="a", link="/", runs=[long, short])))
    assert shown[-2:] == ["mark s-success", "run s-failed"]


def test_what_is_planned_beyond_the_timeline_is_left_out():
    shown = around(Row(name="a", link="/", slots=[END + HOUR]))
    assert "slot" not in kinds(shown)


def test_the_timeline_names_the_hours_around_now():
    names = [text.text for text in tree(around()).iter("text")]
    assert names == ["03:00", "06:00", "09:00", "15:00", "18:00", "21:00", "now"]


def test_a_chart_links_each_run_and_names_its_levels():
    points = [Point(60.0 + n, "success", f"/runs/{n}", f"#{n}") for n in range(30)]
    shown = tree(durations(points, [Level(75, "p50"), Level(120, "timeout", is_limit=True)]))
    assert [link.get("href") for link in shown.iter("a")] == [f"/runs/{n}" for n in range(30)]
    assert {"p50 1m 15s", "timeout 2m"} <= {text.text for text in shown.iter("text")}


def test_a_limit_far_above_all_runs_is_named_and_does_not_press_them_down():
    shown = durations([Point(1.0, "success", "/", "#1")], [Level(3600, "timeout", is_limit=True)])
    assert "↑ timeout 1h" in shown
    assert "level is-limit" not in kinds(shown)


def test_the_names_of_levels_that_lie_close_keep_apart():
    points = [Point(100.0, "success", "/", "#1")]
    shown = tree(durations(points, [Level(90, "p50"), Level(91, "p95")]))
    heights = [float(text.get("y")) for text in shown.iter("text") if text.get("class") == "name"]
    assert abs(heights[0] - heights[1]) >= 15


@pytest.mark.parametrize(
    ("highest", "lines"),
    [(0.3, [0, 0.1, 0.2, 0.3]), (45, [0, 15, 30, 45]), (3700, [0, 1800, 3600, 5400])],
)
def test_an_axis_has_round_steps_and_nothing_lies_above_it(highest, lines):
    assert scale.seconds(highest) == pytest.approx(lines)


def test_an_axis_of_a_hundred_days_has_few_lines():
    assert len(scale.seconds(100 * 86400)) <= 6


def test_a_year_marks_days_that_failed_beside_their_colour():
    shown = year({FRIDAY: Day(10, 5), FRIDAY - timedelta(days=1): Day(10)}, FRIDAY)
    assert {"ok3", "bad3", "dot"} <= {*kinds(shown)}
    assert "Fri 20 Nov 2026: 10 runs, 5 failed" in shown
    assert title(shown) == "20 runs in a year, 5 failed, on 1 day"


def test_a_day_on_which_slots_were_only_missed_is_hollow():
    assert "idle" in kinds(year({FRIDAY: Day(0, 0, 3)}, FRIDAY))


def test_a_heat_map_is_a_table_with_its_figures():
    shown = tree(heat([("Mon", [0, 4, None])], "Runs at once"))
    cells = [(cell.get("class"), cell.text) for cell in shown.find("tbody").iter("td")]
    assert cells == [("h0", "0"), ("h4", "4"), (None, None)]


def test_columns_name_their_figures():
    assert ":15: 3" in columns([3, 0], "Starts in each minute", [":15", ":16"])


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0], [1, 5, 3]])
def test_a_sparkline_is_drawn_of_any_number_of_figures(values):
    assert title(sparkline(values, "rows")) == "rows"


def test_a_badge_is_a_picture_of_its_own():
    shown = tree(badge("backup", "success"))
    assert shown.tag == "{http://www.w3.org/2000/svg}svg"
    assert "style" not in badge("backup", "success")


def test_a_badge_of_a_hostile_name_is_still_well_formed():
    tree(badge("\x00<b>&\ud800" + "x" * 500, "failed"))


def test_a_month_is_whole_weeks_that_begin_on_mondays():
    weeks = weeks_of(FRIDAY)
    assert [week[0] for week in weeks] == [
        date(2026, 10, 26) + timedelta(weeks=n) for n in range(6)
    ]
    assert weeks_of(date(2027, 2, 10))[0][0] == date(2027, 2, 1)
    assert len(weeks_of(date(2027, 2, 10))) == 4
    assert week_of(FRIDAY)[0] == date(2026, 11, 16)


def test_months_follow_one_another_over_the_end_of_a_year():
    assert next_month(date(2026, 12, 31)) == date(2027, 1, 1)
    assert last_month(date(2026, 1, 31)) == date(2025, 12, 1)
