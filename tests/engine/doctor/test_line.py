"""Lines for a shell: what they surely need, and nothing that they might not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.doctor.line import BUILTINS, programs, wanted


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("pg_dump app | gzip > /backup/app.gz", ["pg_dump", "gzip"]),
        ("cd /srv && ./run && rsync -a x y", ["rsync"]),
        ("LANG=C sort x; /opt/bin/y 2>&1", ["sort", "/opt/bin/y"]),
        ("echo hello", []),
        ("if test -e x; then y; fi", []),
        ("for x in 1 2; do y; done", []),
        ("$EDITOR x", []),
        ("PATH=/opt:$PATH x", []),
        (". ./env; x", []),
        ("cat <<END\nx\nEND", []),
        ("f() { x; }; f", []),
        ("it's not closed", []),
        ("a\nb", ["a", "b"]),
        ("nice -n 5 a", ["nice"]),
    ],
)
def test_only_what_is_plain_is_believed(line, found):
    assert programs(line) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("ls $HOME ${APP}", ["HOME", "APP"]),
        ("X=1; echo $X", []),
        ("read -r LINE; echo $LINE", []),
        ("echo '$NOT' \\$NOT $$", []),
        ("echo ${X:-1} $1 $?", []),
        ("for X in a; do echo $X; done", []),
    ],
)
def test_a_variable_that_the_line_sets_itself_is_none(line, found):
    assert wanted(line) == found


@given(st.text(max_size=200))
def test_any_line_can_be_read(line):
    assert BUILTINS.isdisjoint(programs(line))
    assert all(f"${name}" in line or f"{{{name}}}" in line for name in wanted(line))
