"""Lines of crontabs: what cron and its shell make of them, and crontabs to the byte."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.config.crontab import lines
from jobrunner.errors import JobrunnerError
from jobrunner.formats.cronline import cron_line, with_line, without_line

LINE = cron_line(["/opt/jobrunner/bin/jobrunner", "tick"])
PATHS = st.text(
    st.characters(blacklist_categories=("C", "Z"), blacklist_characters="\\")
) | st.just("a b%c")


def test_every_minute_these_words_are_executed():
    assert LINE == "* * * * * /opt/jobrunner/bin/jobrunner tick"


def test_the_form_of_cron_d_has_the_user():
    assert cron_line(["/bin/x"], "deploy") == "* * * * * deploy /bin/x"


@given(path=PATHS.filter(lambda path: path.isprintable()))
def test_what_the_shell_gets_are_the_words(path):
    (entry,) = lines(cron_line(["/bin/x", path]), "user")
    assert shlex.split(entry.command) == ["/bin/x", path]
    assert not entry.stdin


@pytest.mark.parametrize("path", ["/a\\b", "/a\nb", "/" + "a" * 1000])
def test_what_cron_would_misread_is_refused(path):
    with pytest.raises(JobrunnerError, match="install systemd"):
        cron_line(["/bin/x", path])


@given(crontab=st.binary().filter(lambda text: LINE.encode() not in text))
def test_a_line_that_is_put_in_and_taken_out_leaves_every_byte(crontab):
    ended = crontab if not crontab or crontab.endswith(b"\n") else crontab + b"\n"
    assert without_line(with_line(crontab, LINE), LINE) == ended


def test_the_line_is_below_the_settings_and_on_a_line_of_its_own():
    assert with_line(b"MAILTO=x\r\n0 1 * * * y", LINE).splitlines()[-1] == LINE.encode()


@pytest.mark.parametrize("setting", [b"TZ=Asia/Tokyo", b' "HOME" = /srv', b"XDG_STATE_HOME=/x"])
def test_the_line_is_above_what_would_have_a_tick_look_elsewhere(setting):
    before, after = b"PATH=/bin\n0 1 * * * y\n", setting + b"\n0 2 * * * z\n"
    assert with_line(before + after, LINE) == before + LINE.encode() + b"\n" + after


@pytest.mark.parametrize(
    "text", [b"# TZ=Asia/Tokyo", b"SHELL=/bin/bash", b"CRON_TZ=Asia/Tokyo", b"0 1 * * * TZ=x y"]
)
def test_other_lines_are_no_reason_to_stand_above_them(text):
    assert with_line(text + b"\n", LINE) == text + b"\n" + LINE.encode() + b"\n"


def test_a_line_that_says_more_is_left_alone():
    crontab = f"# {LINE}\n{LINE} >/dev/null\n".encode()
    assert without_line(crontab, LINE) == crontab
