"""Disks that are full, in memory, or not of this host."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from jobrunner.engine.doctor import storage
from tests.engine.doctor.clinic import Clinic

NO_MOUNT = "NOT TESTED: a small disk, for want of the right to mount one"


def mounted(folder, options):
    """A small file system in memory at this folder."""
    command = ["mount", "-t", "tmpfs", "-o", options, "none", folder]
    folder.mkdir()
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip(NO_MOUNT)


@pytest.fixture
def small(tmp_path):
    """A clinic on a disk that is mounted as the test says."""
    places = []

    def small(options):
        folder = tmp_path / "small"
        mounted(folder, options)
        places.append(folder)
        return Clinic(folder)

    yield small
    for place in places:
        subprocess.run(["umount", "-l", place], check=True)


def messages(clinic):
    return [message for _, message in clinic.found("disk")]


def test_size_room_and_kind_are_told(clinic):
    clinic.tick()
    (severity, message) = clinic.found("disk")[-1]
    assert severity == "ok" or "are free at" in message
    assert str(clinic.state.folder) in message


def test_a_disk_in_memory_is_told():
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        assert "lies in memory" in messages(Clinic(folder))[0]
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(("size", "severity"), [("16m", "problem"), ("100m", "warning")])
def test_little_room_is_told(small, size, severity):
    found = [each for each in small(f"size={size}").found("disk") if "free at" in each[1]]
    assert [each[0] for each in found] == [severity]


@pytest.mark.parametrize(("inodes", "severity"), [(100, "problem"), (5000, "warning")])
def test_few_inodes_are_told(small, inodes, severity):
    found = small(f"nr_inodes={inodes}").found("disk")
    assert [each[0] for each in found if "(inodes)" in each[1]] == [severity]


def test_a_disk_that_became_read_only_is_a_problem(small):
    clinic = small("size=200m")
    subprocess.run(["mount", "-o", "remount,ro", clinic.folder], check=True)
    assert any("is mounted read-only" in each for each in messages(clinic))


def test_a_disk_of_many_hosts_is_a_problem(clinic, monkeypatch, tmp_path):
    device = tmp_path.stat().st_dev
    mounts = tmp_path / "mounts"
    mounts.write_text(f"1 2 {os.major(device)}:{os.minor(device)} / /srv rw - nfs4 nas:/srv rw\n")
    monkeypatch.setattr(storage, "MOUNTS", mounts)
    found = clinic.worst("disk")
    assert (found.severity, "lies on nfs4, where locks do not hold" in found.message) == (
        "problem",
        True,
    )
