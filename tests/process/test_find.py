"""Keepers are found again by their marks, and nothing else is taken for one."""

import os

from jobrunner.process.find import keepers
from tests.process.stage import ENV


def marked(mark):
    return ENV | {"JOBRUNNER_MARK": mark}


def test_a_keeper_is_found_by_its_mark(stage, tmp_path):
    child = stage.start("exec sleep 60", env=marked(f"{tmp_path}"))
    assert keepers()[f"{tmp_path}"] == child.birth


def test_one_that_has_ended_is_not_found(stage, tmp_path):
    child = stage.start("true", env=marked(f"{tmp_path}"))
    stage.end(child)
    assert f"{tmp_path}" not in keepers()


def test_what_looks_like_a_keeper_is_none_if_a_keeper_started_it(stage, tmp_path):
    fifo = tmp_path / "ready"
    os.mkfifo(fifo)
    line = f"setsid sh -c 'echo x >{fifo}; sleep 60; :' jobrunner & exec sleep 60"
    child = stage.start(line, env=marked(f"{tmp_path}"))
    fifo.read_text()
    assert keepers()[f"{tmp_path}"] == child.birth


def test_keepers_without_a_mark_are_left_out(stage):
    child = stage.start("exec sleep 60")
    assert child.birth not in keepers().values()
