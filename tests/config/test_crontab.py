"""Classic crontabs: lines as Debian's cron reads them, and the jobs they become."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobrunner.config import parse
from jobrunner.config.crontab import Entry, Setting, Unreadable, lines
from jobrunner.config.crontab_jobs import slug_of
from jobrunner.config.problem import ConfigError, Problem
from jobrunner.model.job import Job
from jobrunner.model.settings import Config
from tests.config.disk import Disk


def config_of(crontab: str | bytes, *, path: str = "/etc/j/ops", main: str = "") -> Config:
    main = main or f"crontabs = ['{path}']"
    return parse(main, "/etc/j/jobs.toml", Disk({path: crontab}))


def jobs_of(crontab: str, **more: Any) -> list[Job]:
    return [*config_of(crontab, **more).jobs.values()]


def problems_of(crontab: str | bytes, **more: Any) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        config_of(crontab, **more)
    return caught.value.problems


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("A=b", "A", "b"),
        ("A = b c ", "A", "b c"),
        ("\tA=\t'b '", "A", "b "),
        ('A="b"', "A", "b"),
        ("A=", "A", ""),
        ("A=''", "A", ""),
        ("'A'=b", "A", "b"),
        ('"A" = "b\'c"', "A", "b'c"),
        ("A=\"'b'\"", "A", "b"),
        ("A=b=c # no comment", "A", "b=c # no comment"),
        ('A=b"c', "A", 'b"c'),
    ],
)
def test_a_setting_is_read_as_cron_does(line: str, name: str, value: str) -> None:
    (setting,) = lines(line, "user")
    assert isinstance(setting, Setting)
    assert (setting.name, setting.value) == (name, value)


@pytest.mark.parametrize(
    ("line", "cron", "command", "stdin"),
    [
        ("30 2 * * * backup", "30 2 * * *", "backup", ""),
        ("  30\t2 *  * *\tbackup  x ", "30\t2 *  * *", "backup  x ", ""),
        ("@daily backup", "@daily", "backup", ""),
        ("@reboot  x", "@reboot", "x", ""),
        ("0 9 * * 1 mail a%Hello", "0 9 * * 1", "mail a", "Hello\n"),
        ("0 9 * * 1 mail a%Hello%%you%", "0 9 * * 1", "mail a", "Hello\n\nyou\n"),
        ("0 9 * * 1 mail a%", "0 9 * * 1", "mail a", ""),
        (r"0 9 * * 1 date +\%F%\%", "0 9 * * 1", "date +%F", "%\n"),
        (r"0 9 * * 1 x \\%y", "0 9 * * 1", "x \\", "y\n"),
        (r"0 9 * * 1 x \a\\b%\\c", "0 9 * * 1", r"x \a\b", "\\\\c\n"),
        (r"0 9 * * 1 x \n\%", "0 9 * * 1", r"x \n%", ""),
        ("0 9 * * 1 x\\", "0 9 * * 1", "x\\", ""),
        ("0 9 * * 1 A=b x", "0 9 * * 1", "A=b x", ""),
        ("* * * * * # x", "* * * * *", "# x", ""),
    ],
)
def test_a_line_is_read_as_cron_does(line: str, cron: str, command: str, stdin: str) -> None:
    (entry,) = lines(line, "user")
    assert isinstance(entry, Entry)
    assert (entry.cron, entry.command, entry.stdin) == (cron, command, stdin)


def test_the_system_has_a_user_before_the_command() -> None:
    (entry,) = lines("17 * * * *\troot\tcd / && run-parts x", "system")
    assert isinstance(entry, Entry)
    assert (entry.user, entry.command) == ("root", "cd / && run-parts x")


@pytest.mark.parametrize("line", ["", "  \t", "# x", "\t# A=b", "#* * * * * x"])
def test_blank_lines_and_comments_say_nothing(line: str) -> None:
    assert not [*lines(line, "user")]


@pytest.mark.parametrize(
    ("line", "style"),
    [
        ("0 5 * * backup.sh", "user"),
        ("hello", "user"),
        ("@daily", "user"),
        ("0 5 * * * ", "user"),
        ("0 5 * * * %x", "user"),
        ("0 5 * * * root", "system"),
        ("@daily root", "system"),
        ("A-B=c", "user"),
        ("A='b", "user"),
        ("A='b' c", "user"),
        ("A= 'b", "user"),
        ("=b", "user"),
        ("0 5 * * * x\0", "user"),
    ],
)
def test_other_lines_are_told(line: str, style: Any) -> None:
    assert [type(one) for one in lines(line, style)] == [Unreadable]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="a1*/-,@%\\'\"= \t#\0é\x1b", max_size=20), max_size=4))
def test_any_crontab_is_answered(some: list[str]) -> None:
    with suppress(ConfigError):
        config_of("\n".join(some))


def test_lines_become_jobs_over_the_defaults() -> None:
    main = "crontabs = ['/etc/j/ops']\n[defaults]\ntimeout = '1h'\nenv = { A = 'main', B = 'main' }"
    (job,) = jobs_of("A=line\n30 2 * * * /srv/backup.sh", main=main)
    assert (job.name, job.cron, job.command) == ("backup", ("30 2 * * *",), "/srv/backup.sh")
    assert (job.timeout is None, job.env) == (False, {"A": "line", "B": "main"})
    assert (job.cwd, job.origin) == ("~", "/etc/j/ops")


def test_settings_hold_for_the_lines_below_them() -> None:
    first, second = jobs_of(
        "0 1 * * * a\nSHELL=/bin/bash\nCRON_TZ=Asia/Tokyo\nHOME=/srv\n0 1 * * * b"
    )
    assert (first.shell, first.cwd, first.env) == (("/bin/sh",), "~", {})
    assert (second.shell, second.cwd) == (("/bin/bash",), "/srv")
    assert (second.timezone.name, second.env) == (
        "Asia/Tokyo",
        {"SHELL": "/bin/bash", "HOME": "/srv"},
    )


@pytest.mark.parametrize("path", ["/etc/crontab", "/etc/cron.d/app"])
def test_the_systems_crontabs_are_known_by_their_path(path: str) -> None:
    (job,) = jobs_of("0 1 * * * www-data x y", path=path)
    assert (job.user, job.command) == ("www-data", "x y")


@pytest.mark.parametrize(
    ("source", "user", "command"),
    [
        ("{ path = 'ops', user = 'deploy' }", "deploy", "a b"),
        ("{ path = 'ops', style = 'system' }", "a", "b"),
        ("{ path = 'ops' }", "", "a b"),
    ],
)
def test_a_source_may_say_how_it_is_read(source: str, user: str, command: str) -> None:
    (job,) = jobs_of("0 1 * * * a b", main=f"crontabs = [{source}]")
    assert (job.user, job.command) == (user, command)


@pytest.mark.parametrize("folder", ["/var/spool/cron", "/var/spool/cron/crontabs"])
def test_a_crontab_of_the_spool_runs_as_its_owner(folder: str) -> None:
    (job,) = jobs_of("0 1 * * * a b", path=f"{folder}/deploy")
    assert (job.user, job.command) == ("deploy", "a b")


def test_a_folder_is_read_as_cron_reads_it() -> None:
    files = {f"/etc/cron.d/{name}": f"0 1 * * * root {name}" for name in ("b", "a", "c.bak", ".d")}
    config = parse("crontabs = ['/etc/cron.d/*']", "/etc/j/jobs.toml", Disk(files))
    assert list(config.jobs) == ["a", "b"]
    assert config.patterns == ("/etc/cron.d/*",)


def test_a_taken_name_gets_a_mark_that_stays() -> None:
    names = [job.name for job in jobs_of("0 1 * * * x -a\n0 2 * * * x -b\n0 2 * * * x -b")]
    assert names == ["x", "x-a8926e", "x-a8926e-2"]
    assert jobs_of("0 1 * * * x -c\n0 2 * * * x -b")[1].name == "x-a8926e"


def test_a_job_of_the_main_file_keeps_its_name() -> None:
    main = "crontabs = ['/etc/j/ops']\n[jobs.x]\ncommand = 'mine'"
    config = config_of("0 1 * * * x", main=main)
    assert config.jobs["x"].command == "mine"
    assert len(config.jobs) == 2


def test_the_name_of_the_user_is_not_the_crontabs_to_set() -> None:
    config = config_of("LOGNAME=eve\n0 1 * * * x")
    assert [job.env for job in config.jobs.values()] == [{}]
    assert "LOGNAME=eve: not set, as in cron" in config.notes[0]


def test_an_empty_shell_is_none() -> None:
    (job,) = jobs_of("SHELL=''\n0 1 * * * x")
    assert job.shell == ("/bin/sh",)


def test_line_ends_of_windows_are_no_part_of_a_command() -> None:
    assert [job.command for job in jobs_of("0 1 * * * x\r\n0 2 * * * y\r\n")] == ["x", "y"]


def test_mail_is_noted_with_its_place() -> None:
    config = config_of("# x\nMAILTO=ops@example.com\nMAILTO=''\n0 1 * * * x")
    (note,) = config.notes
    assert note.startswith("/etc/j/ops:2: MAILTO=ops@example.com: sends no mail here")


@pytest.mark.parametrize(
    ("crontab", "code", "place", "caret"),
    [
        ("A=b\n0 25 * * * x", "E110", (2, 3), "25"),
        ("0 5 * * x", "E150", (1, 1), "0 5 * * x"),
        ("  hello world", "E150", (1, 3), "hello world"),
        ("CRON_TZ=Nowhere\n0 5 * * * x", "E109", (1, 1), "CRON_TZ=Nowhere"),
        (b"0 5 * * * \xff", "E100", (1, 11), ""),
    ],
)
def test_a_bad_line_is_told_with_its_place(
    crontab: str | bytes, code: str, place: tuple[int, int], caret: str
) -> None:
    (problem,) = problems_of(crontab)
    assert (problem.code, problem.file) == (code, "/etc/j/ops")
    assert (problem.line, problem.column) == place
    assert problem.source[place[1] - 1 :].startswith(caret)


@pytest.mark.parametrize(
    ("main", "code"),
    [
        ("crontabs = 'ops'", "E102"),
        ("crontabs = [1]", "E102"),
        ("crontabs = ['']", "E113"),
        ("crontabs = ['missing']", "E141"),
        ("crontabs = [{ user = 'x' }]", "E116"),
        ("crontabs = [{ path = '/etc/crontab', user = 'x' }]", "E131"),
        ("crontabs = [{ path = 'ops', style = 'sytem' }]", "E104"),
    ],
)
def test_a_bad_source_is_told(main: str, code: str) -> None:
    assert [problem.code for problem in problems_of("", path="/etc/crontab", main=main)] == [code]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/home/deploy/bin/backup.sh --all", "backup"),
        ("cd / && run-parts --report /etc/cron.hourly", "run-parts"),
        ("test -x /usr/sbin/anacron || ( cd / && run-parts --report /x )", "run-parts"),
        ("[ -x /x ] && /usr/bin/certbot -q renew", "certbot"),
        ("flock -n /tmp/l php /srv/artisan schedule:run", "artisan"),
        ("nice -n 19 ionice -c3 /srv/x.py", "x"),
        ("sudo -u www-data LANG=C env /srv/y", "y"),
        ("timeout 5m curl -s https://x/cron", "curl"),
        ("python3 -u /srv/job.py", "job"),
        ("$HOME/bin/daily.job >> $HOME/tmp/out 2>&1", "daily.job"),
        ("é", "job"),
        ("..", "job"),
        ("x" * 200, "x" * 40),
    ],
)
def test_a_job_is_named_after_its_program(command: str, name: str) -> None:
    assert slug_of(command) == name
