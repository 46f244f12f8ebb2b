"""Lines that become comments, and the copy that undoes it."""

import os
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.move.retire import commented, keep
from jobrunner.engine.move.tab import Tab, of_file, put_back
from jobrunner.errors import BusyError
from jobrunner.formats.cronline import RETIRED
from jobrunner.jobfile.place import Asker
from tests.build import NOON

ODD = b"# caf\xe9\r\n* * * * * x\n\n* * * * * y"


@pytest.fixture
def asker(tmp_path):
    return Asker(environ={}, cwd=str(tmp_path), uid=os.geteuid())


@given(st.binary(max_size=60), st.frozensets(st.integers(1, 8)))
def test_without_its_marks_a_crontab_is_what_it_was(content, old):
    assert commented(content, old).replace(RETIRED, b"") == content.replace(RETIRED, b"")


def test_only_the_lines_that_are_meant_are_marked():
    expected = b"# caf\xe9\r\n#jobrunner# * * * * * x\n\n#jobrunner# * * * * * y"
    assert commented(ODD, frozenset({2, 4})) == expected


def test_a_copy_is_the_same_to_the_byte_and_never_takes_another_s_place(tmp_path):
    tab = Tab(title="t", content=ODD, style="user", path="/x/tab")
    first, second = keep(tab, str(tmp_path), NOON), keep(tab, str(tmp_path), NOON)
    assert first != second
    for path in (first, second):
        with open(path, "rb") as copy:  # noqa: PTH123 - a string
            assert copy.read() == ODD


def test_copies_are_named_by_what_they_are_of_and_when(tmp_path):
    tab = Tab(title="t", content=b"", style="user", owner="deploy")
    path = keep(tab, str(tmp_path), NOON + timedelta(minutes=5))
    assert path == f"{tmp_path}/import/crontab-deploy.20261120-120500"


def test_a_crontab_that_changed_meanwhile_is_left_alone(tmp_path, asker):
    path = tmp_path / "tab"
    path.write_bytes(ODD)
    tab = of_file("tab", None, asker)
    path.write_bytes(ODD + b"\n* * * * * z\n")
    with pytest.raises(BusyError, match="changed by somebody else"):
        put_back(tab, b"", asker)
    assert path.read_bytes() == ODD + b"\n* * * * * z\n"
