"""Figures as text: what promtool and the parsers of Prometheus' own client read out of it."""

import math
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from jobrunner.formats.prometheus import Family, Sample, histogram, openmetrics, text

RUNS = Family("a_runs_total", "counter", "Runs.", [Sample(3, {"name": "backup"})])
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
# The older format ends a line where Python's splitlines does not, and so does its reader.
VALUES = st.floats(allow_nan=False) | st.integers(-(2**60), 2**60)


def read(reader, form, *families, **labels):
    """Every sample: its name, its labels, its value."""
    found = reader(form(families, labels))
    return [(each.name, each.labels, each.value) for one in found for each in one.samples]


def test_a_family_is_told_once_before_its_samples():
    assert text([RUNS], {"env": "prod"}) == (
        "# HELP a_runs_total Runs.\n"
        "# TYPE a_runs_total counter\n"
        'a_runs_total{name="backup",env="prod"} 3\n'
    )


def test_openmetrics_names_a_counter_without_its_ending_and_has_an_end():
    assert openmetrics([RUNS], {}) == (
        '# HELP a_runs Runs.\n# TYPE a_runs counter\na_runs_total{name="backup"} 3\n# EOF\n'
    )


def test_a_family_without_samples_is_left_out():
    assert text([Family("a", "gauge", "A.", [])], {}) == ""


@pytest.mark.parametrize(("reader", "form"), [(read_text, text), (read_openmetrics, openmetrics)])
@given(value=VALUES, label=TEXTS | st.sampled_from(['"', "\\", "a\nb", "\\n", '\\"']))
def test_what_is_written_is_what_is_read(reader, form, value, label):
    family = Family("a", "gauge", "A.", [Sample(value, {"name": label})])
    ((name, labels, found),) = read(reader, form, family)
    assert (name, labels, found) == ("a", {"name": label}, float(value))


@given(st.lists(st.integers(0, 9), min_size=3, max_size=3))
def test_the_classes_of_a_histogram_are_summed_up(counts):
    took = dict(zip((1, 60, 2**31), counts, strict=True))
    family = Family("a_seconds", "histogram", "A.", [*histogram(took, 7.5, {"name": "x"})])
    found = read(read_openmetrics, openmetrics, family)
    buckets = [(float(labels["le"]), value) for _, labels, value in found if "le" in labels]
    assert [bound for bound, _ in buckets] == [1, 60, math.inf]
    assert [late - early for (_, early), (_, late) in pairwise([(0, 0), *buckets])] == counts
    rest = {name: value for name, labels, value in found if "le" not in labels}
    assert rest == {"a_seconds_sum": 7.5, "a_seconds_count": sum(counts)}


def test_promtool_finds_nothing_wrong(program):
    families = [
        RUNS,
        Family("a_seconds", "histogram", "A.", [*histogram({1: 2, 60: 1}, 3.5, {"name": "x"})]),
        Family("a_ratio", "gauge", "A.", [Sample(0.25), Sample(math.inf, {"name": 'a"\\\nb'})]),
    ]
    promtool = program("promtool", "prometheus")
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=text(families, {"env": "prod"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
