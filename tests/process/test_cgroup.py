"""Cgroups: who starts commands is ready for them."""

import os

from jobrunner.process import cgroup


def test_to_be_ready_is_to_have_joined_our_own_group_while_others_go_on(tmp_path, monkeypatch):
    procs = tmp_path / "cgroup.procs"
    os.mkfifo(procs)  # who writes to it waits until it is read
    monkeypatch.setattr(cgroup, "home", lambda: tmp_path)
    cgroup.get_ready()
    assert procs.read_bytes() == b"0"


def test_a_group_that_cannot_be_joined_keeps_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(cgroup, "home", lambda: tmp_path / "gone")
    assert cgroup.get_ready() is None


def test_without_groups_there_is_nothing_to_be_ready_for(monkeypatch):
    monkeypatch.setattr(cgroup, "home", lambda: None)
    assert cgroup.get_ready() is None


def test_without_a_thread_the_first_one_waits(tmp_path, monkeypatch):
    def refused(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(cgroup, "home", lambda: tmp_path)
    monkeypatch.setattr(cgroup, "start_new_thread", refused)
    assert cgroup.get_ready() is None
