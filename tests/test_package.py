"""What is shipped: a wheel with everything in it, types for who uses it as a library."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src/jobrunner"
NOT_SHIPPED = {".pyc"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = folder.iterdir()
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_every_file_of_the_package_is_in_the_wheel(wheel):
    here = {
        str(path.relative_to(PACKAGE.parent))
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix not in NOT_SHIPPED
    }
    assert here <= set(wheel.namelist())
    assert {"jobrunner/py.typed", "jobrunner/store/migrations/0001_ledger.sql"} <= here


def test_nothing_else_is_in_the_wheel(wheel):
    folders = {name.partition("/")[0].rpartition(".")[2] for name in wheel.namelist()}
    assert folders == {"jobrunner", "dist-info", "data"}
