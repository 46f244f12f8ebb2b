"""The benchmarks run and print figures; whether these are good is for a quiet machine to say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
SMALL = {
    "parse": ["--jobs", "20"],
    "claim": ["--processes", "2", "--slots", "5", "--rounds", "2"],
    "next_slot": ["--expressions", "20"],
    "queries": ["--runs", "500", "--jobs", "2", "--alone", "0.1"],
    "tick": ["--jobs", "5", "20", "--rounds", "2"],
    "list": ["--jobs", "20", "--rounds", "1"],
    "start": ["--jobs", "20", "--rounds", "1"],
    "burst": ["--jobs", "5", "--rounds", "1"],
    "memory": ["--jobs", "3"],
    "idle": ["--jobs", "20", "--seconds", "1"],
    "floor": ["--jobs", "10", "--rounds", "1", "--without-whole"],
    "streams": ["--streams", "4", "--seconds", "0.5"],
    "pages": ["--jobs", "20", "--runs", "500", "--rounds", "1"],
    "cluster": ["--tasks", "5", "--hosts", "1", "--rate", "2", "--seconds", "1"],
    "cluster_peers": ["--peers"],
    "scale": ["--jobs", "1000", "--sample", "100", "--slots", "20", "--rounds", "1"],
    "spawn": ["--number", "20", "--rounds", "1"],
}


def test_every_benchmark_is_tried():
    assert {path.stem for path in BENCHMARKS.glob("*.py")} <= set(SMALL)


@pytest.mark.parametrize("name", sorted(path.stem for path in BENCHMARKS.glob("*.py")))
def test_a_benchmark_prints_its_figures_and_says_by_its_exit_whether_they_are_good(name):
    done = subprocess.run(
        [sys.executable, BENCHMARKS / f"{name}.py", "--json", *SMALL[name]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}
    figures = json.loads(done.stdout)
    assert "limit" in done.stdout
    assert any(isinstance(figure, float | dict) for figure in figures.values())
