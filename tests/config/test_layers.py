"""Several layers and files: [defaults], included files, sharing, names that must exist."""

import gc
import glob
import posixpath
import subprocess
import sys
import tomllib
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from jobrunner.config import parse
from jobrunner.config.problem import ConfigError, Problem
from jobrunner.config.zone import zone
from jobrunner.model.job import BreakerRule, Retry
from jobrunner.model.settings import Config
from jobrunner.model.value import Duration
from jobrunner.policy import lease
from tests.config.disk import Disk

ROOT = Path(__file__).parents[2]
MAIN = "/etc/j/jobs.toml"


def config_of(text: str, files: dict[str, str | bytes | None] | None = None) -> Config:
    return parse(text, MAIN, Disk(files or {}))


def problems_of(
    text: str, files: dict[str, str | bytes | None] | None = None
) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text, MAIN, Disk(files or {}))
    return caught.value.problems


def codes_of(text: str, files: dict[str, str | bytes | None] | None = None) -> list[str]:
    return [problem.code for problem in problems_of(text, files)]


# --- defaults ---


def test_the_jobs_own_key_wins_over_the_defaults() -> None:
    config = config_of(
        "[defaults]\ntimeout='1h'\ntags=['a']\n"
        "[jobs.x]\ncommand='x'\ntimeout='2h'\n[jobs.y]\ncommand='y'\ntags=['b']"
    )
    x, y = config.jobs["x"], config.jobs["y"]
    assert (x.timeout, x.tags) == (Duration(hours=2), ("a",))
    assert (y.timeout, y.tags) == (Duration(hours=1), ("b",))


def test_variables_and_tables_of_settings_are_merged_key_by_key() -> None:
    job = config_of(
        "[defaults]\nenv={A='1', B='1'}\nretry={delay='5s'}\nbreaker={after=9}\n"
        "[jobs.x]\ncommand='x'\nenv={B=2}\nretries=3\nbreaker={name='n'}"
    ).jobs["x"]
    assert job.env == {"A": "1", "B": "2"}
    assert job.retry == Retry(attempts=3, delay=Duration(seconds=5))
    assert job.breaker == BreakerRule(after=9, name="n")


def test_false_turns_a_default_off() -> None:
    job = config_of(
        "[defaults]\ntimeout='1h'\nbreaker={after=9}\n"
        "[jobs.x]\ncommand='x'\ntimeout=false\nbreaker=false"
    ).jobs["x"]
    assert (job.timeout, job.breaker) == (None, None)


def test_local_is_the_hosts_zone_also_over_a_default() -> None:
    text = "[defaults]\ntimezone='Asia/Tokyo'\n[jobs.x]\ncommand='x'\ntimezone='local'"
    config = parse(text, MAIN, local=zone("Europe/Berlin"))
    assert config.jobs["x"].timezone == zone("Europe/Berlin")


def test_a_bad_default_is_told_once_at_its_own_place() -> None:
    jobs = "".join(f"[jobs.j{n}]\ncommand='x'\n" for n in range(3))
    (problem,) = problems_of(f"[defaults]\ntimeout='soon'\n{jobs}")
    assert (problem.code, problem.line) == ("E105", 2)


@pytest.mark.parametrize("default", ["calendar='ZZ'", "pool='none'", "every_from='x'"])
def test_a_default_that_fails_in_each_job_is_told_once(default: str) -> None:
    jobs = "".join(f"[jobs.j{n}]\ncommand='x'\n" for n in range(3))
    (problem,) = problems_of(f"[defaults]\n{default}\n{jobs}")
    assert problem.line == 2


@pytest.mark.parametrize(
    "key",
    ["description='x'", "command='x'", "http={}", "python='a:b'", "sql='x'", "cron='@daily'",
     "every='1h'", "at=[]", "schedules=[]", "after=[]", "stdin='x'", "params={}"],
)  # fmt: skip
def test_what_a_job_is_cannot_be_a_default(key: str) -> None:
    assert "E132" in codes_of(f"[defaults]\n{key}\n[jobs.x]\ncommand='x'")


# --- included files ---


def test_included_files_hold_jobs_with_their_own_defaults() -> None:
    files: dict[str, str | bytes | None] = {
        "/etc/j/jobs.d/b.toml": "[jobs.b]\ncommand='b'\n[pools]\ndb=2\n[notify.ops]\ncommand=['x']",
        "/etc/j/jobs.d/a.toml": "[defaults]\ntimeout='1m'\n[jobs.a]\ncommand='a'\ncwd='w'",
    }
    config = config_of("include=['jobs.d/*.toml']\n[defaults]\ngrace='1h'\n[jobs.m]\ncommand='m'\n"
                       "pool='db'", files)  # fmt: skip
    assert list(config.jobs) == ["m", "a", "b"]
    assert (config.pools, list(config.channels)) == ({"db": 2}, ["ops"])
    a = config.jobs["a"]
    assert (a.timeout, a.grace) == (Duration(minutes=1), Duration(minutes=15))
    assert (a.cwd, a.origin) == ("/etc/j/jobs.d/w", "/etc/j/jobs.d/a.toml")
    assert config.sources == (MAIN, "/etc/j/jobs.d/a.toml", "/etc/j/jobs.d/b.toml")
    assert config.patterns == ("/etc/j/jobs.d/*.toml",)


def test_a_name_in_two_files_is_told_with_both_places() -> None:
    text = "include=['d/*']\n\n[jobs.x]\ncommand='1'"
    (problem,) = problems_of(text, {"/etc/j/d/a": "[jobs.x]\ncommand='2'"})
    assert (problem.file, problem.line) == ("/etc/j/d/a", 1)
    assert problem.suggestion == f"first declared at {MAIN}:3:7"


def test_a_file_that_two_patterns_find_is_read_once() -> None:
    files: dict[str, str | bytes | None] = {"/etc/j/d/a.toml": "[jobs.x]\ncommand='2'"}
    assert list(config_of("include=['d/*', 'd/*.toml', '*.toml']", files).jobs) == ["x"]


def test_a_file_does_not_include_itself() -> None:
    text = "include = ['*.toml']\n[jobs.x]\ncommand = 'x'"
    for origin in ("jobs.toml", "./jobs.toml", "/etc/j/jobs.toml"):
        disk = Disk({posixpath.normpath(origin): text})
        assert list(parse(text, origin, disk).jobs) == ["x"]


def test_problems_of_all_files_are_told_at_once_in_order() -> None:
    files: dict[str, str | bytes | None] = {"/etc/j/d/a": "x x", "/etc/j/d/b": b"\xff"}
    problems = problems_of("include=['d/*']\n[jobs.x]\ncomand=1\ntags=1", files)
    assert [(Path(p.file).name, p.code, p.line) for p in problems] == [
        ("jobs.toml", "E101", 3),
        ("jobs.toml", "E102", 4),
        ("a", "E100", 1),
        ("b", "E100", 1),
    ]


@pytest.mark.parametrize(
    ("include", "code", "message"),
    [
        ("'x'", "E102", "expected a list"),
        ("[1]", "E102", "expected a pattern of files, found 1"),
        ("['db.toml']", "E141", '"db.toml" names no file'),
        ("['/forbidden/*']", "E141", "/forbidden is not yours"),
        ("['bad/*']", "E141", "/etc/j/bad/x is writable by others"),
        ("['nest/*']", "E142", "`include` stands in the main file only"),
    ],
)
def test_an_include_that_cannot_be_used_is_told(include: str, code: str, message: str) -> None:
    files: dict[str, str | bytes | None] = {
        "/etc/j/bad/x": None,
        "/etc/j/nest/x": "include = []",
    }
    (problem,) = problems_of(f"include = {include}", files)
    assert problem.code == code
    assert message in problem.message


def test_a_calendars_days_are_read_into_it() -> None:
    files: dict[str, str | bytes | None] = {"/etc/j/off.txt": "12-24\n2026-01-02\n"}
    text = "[jobs.x]\ncommand='x'\ncron='@daily'\ncalendar={ file='off.txt' }"
    config = config_of(text, files)
    calendar = config.jobs["x"].calendar
    assert calendar is not None
    assert calendar.days is not None
    assert calendar.days.yearly == {(12, 24)}
    assert config.sources == (MAIN, "/etc/j/off.txt")


@pytest.mark.parametrize("name", ["missing.txt", "bad.txt"])
def test_a_calendar_that_cannot_be_read_is_told(name: str) -> None:
    files: dict[str, str | bytes | None] = {"/etc/j/bad.txt": "christmas"}
    text = f"[jobs.x]\ncommand='x'\ncron='@daily'\ncalendar={{ file='{name}' }}"
    assert codes_of(text, files) == ["E141"]


def test_a_calendar_of_many_jobs_is_told_once() -> None:
    job = "command='x'\ncron='@daily'\ncalendar={ file='missing' }\n"
    assert codes_of(f"[jobs.x]\n{job}[jobs.y]\n{job}") == ["E141"]


def test_what_is_no_default_is_given_to_no_job() -> None:
    assert codes_of("[defaults]\ncommand='x'\n[jobs.x]\n") == ["E132", "E130"]


@pytest.mark.parametrize(
    "text",
    [
        "include = ['bad*']",
        "crontabs = ['bad']",
        "[jobs.x]\ncommand='x'\ncron='@daily'\ncalendar={ file='bad' }",
    ],
)
def test_what_to_do_about_a_file_is_told_as_the_hint(text: str) -> None:
    (problem,) = problems_of(text, {"/etc/j/bad": None})
    assert problem.message.endswith("cannot be used: /etc/j/bad is writable by others.")
    assert problem.suggestion == "Fix: chmod o-w /etc/j/bad"


# --- the rest of the file ---


@pytest.mark.parametrize("defaults", ["5", "'pool'", "[]", "2026-01-01"])
def test_defaults_that_are_no_table_do_not_hide_the_rest(defaults: str) -> None:
    text = f"crontabs=['c']\ndefaults={defaults}\n[jobs.x]\nevery='0s'\npool='p'"
    codes = codes_of(text, {"/etc/j/c": "0 1 * * * x"})
    assert sorted(codes) == ["E102", "E103", "E121", "E130"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("version = 2", "E160"),
        ("version = true", "E160"),
        ("version = 1.0", "E160"),
        ("[[jobs]]\ncommand = 'x'", "E102"),
        ("verson = 1", "E101"),
        ("jobs = 1", "E102"),
        ("jobs.x = 1", "E102"),
        ("defaults = 1", "E102"),
        ("settings = 1", "E102"),
        ("[settings]\nstate = 'x'", "E101"),
        ("[settings]\nstore = 'a'\nstore_file = 'b'", "E131"),
        ("[settings]\nstore = 'mysql://u:hush@x/y'", "E113"),
        ("[settings]\nstore = 'POSTGRESQL://u@x/y'", "E113"),
        ("[settings]\nclaims = 'Redis://x'", "E113"),
        ("[settings]\nheartbeat_file = 'a'\nheartbeat_env = 'b'", "E131"),
        ("[settings.retention]\nruns = 0", "E103"),
        ("[settings.retention]\nage = 'x'", "E105"),
        ("[pools]\ndb = 0", "E103"),
        ("[pools]\ndb = 'x'", "E102"),
        ("[pools]\n'a b' = 1", "E113"),
        ("[notify.x]", "E130"),
        ("[notify.x]\nurl = 'a'\nwebhook = 'https://b'", "E130"),
        ("[notify.x]\nwebhook = 'ftp://b'", "E113"),
        ("[notify.x]\ncommand = []", "E116"),
        ("[notify.x]\ncommand = ['x']\nsecret = 'b'", "E133"),
        ("[notify.x]\ncommand = ['x']\nsmtp = 'b'", "E133"),
        ("[notify.x]\nmail = 'a@b'\nsmtp_password = 'b'", "E133"),
        ("[notify.x]\nmail = 'a@b'\nsmtp = 'b:99999'", "E113"),
        ("[notify.x]\nmail = 'a@b'\nsmtp = 'smtp://b'", "E113"),
        ("[notify.x]\nmail = ['a@b', 'c']", "E113"),
        ("[notify.x]\nmail='a@b'\nsmtp_user='u'\nsmtp_password='a'\nsmtp_password_env='B'", "E131"),
        ("[notify.x]\nurl = 'a'\ntitle = '$jbo'", "E119"),
        ("[notify.x]\nurl = 'a'\nbody = '100 $'", "E119"),
        ("[settings]\nallow_private_urls = ['ten']", "E113"),
        ("[notify.x]\nurl = 'a'\nurl_env = 'B'", "E131"),
        ("[notify.x]\nurl = 'a'\non = ['x']", "E104"),
        ("[serve]\nport = 70000", "E103"),
        ("[serve]\nhost = ''", "E113"),
        ("[serve]\nbase_path = 'jobs'", "E113"),
        ("[serve]\nbase_path = '/jobs/'", "E113"),
        ("[serve]\nbase_path = '//evil.example'", "E113"),
        ("[serve]\nbase_path = '/a/../b'", "E113"),
        ("[serve]\nbase_path = '/a\"b'", "E113"),
        ("[serve]\nallowed_hosts = ['https://a.example']", "E113"),
        ("[serve]\nallowed_hosts = ['a.example:80']", "E113"),
        ("[serve]\nallowed_hosts = ['*']", "E113"),
        ("[serve]\ntrusted_proxies = ['proxy']", "E113"),
        ("[serve]\ntls_cert = 'a.pem'", "E133"),
        ("[serve]\ntls_key = 'a.pem'", "E133"),
        ("[serve]\nsession = '0s'", "E103"),
        ("[serve]\nuser_header = 'X-User'", "E133"),
        ("[serve]\ntrusted_proxies = ['::1']\nuser_header = 'Cookie'", "E113"),
        ("[serve]\ntrusted_proxies = ['::1']\nuser_header = 'X User'", "E113"),
        ("[metrics]\nlabels = { 'a-b' = 'x' }", "E113"),
        ("[metrics]\nlabels = { name = 'x' }", "E113"),
        ("[metrics]\nlabels = { __a = 'x' }", "E113"),
        ("[metrics]\ntextfile = 'jobrunner.txt'", "E113"),
    ],
)
def test_other_tables_are_checked_too(text: str, code: str) -> None:
    assert codes_of(text) == [code]


@pytest.mark.parametrize("path", ["", "/jobs", "/ops/jobs.v2", "/~ann/jobs_1"])
def test_the_page_may_be_served_under_a_path(path: str) -> None:
    assert config_of(f"[serve]\nbase_path = '{path}'").serve.base_path == path


def test_two_forms_of_a_jobs_ping_are_told() -> None:
    assert codes_of("[jobs.x]\ncommand='x'\nping='https://a'\nping_env='B'") == ["E131"]


def test_paths_of_logs_and_figures_are_those_beside_the_file() -> None:
    config = config_of("[settings]\nlog_dir = 'logs'\n[metrics]\ntextfile = 'a.prom'")
    assert (config.settings.log_dir, config.metrics.textfile) == ("/etc/j/logs", "/etc/j/a.prom")
    assert config_of("").settings.log_dir == ""


def test_a_reference_is_kept_and_not_read() -> None:
    settings = config_of("[settings]\nstore_file = 'secrets/url'\nheartbeat_env = 'HB'").settings
    assert (settings.store_file, settings.heartbeat_env) == ("/etc/j/secrets/url", "HB")


# --- many hosts ---


@pytest.mark.parametrize(
    "text",
    [
        "[settings]\nstore = 'redis://x'",
        "[settings]\nstore = 'postgres+psycopg://u@x/y'",
        "[settings]\nstore = 'sqlite:ledger.db'",
        "[settings]\nstore = 'sqlite:///'",
        "[settings]\nclaims = 'postgresql://u@x/y'",
        "[settings]\nclaims = '10.0.0.5:6379'",
    ],
)
def test_an_address_of_another_kind_is_refused_with_what_there_is(text: str) -> None:
    (problem,) = problems_of(text)
    assert problem.code == "E113"
    assert "redis" in problem.suggestion.lower() or "postgresql://" in problem.suggestion


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ("store = 'postgresql://u@x/y'\nclaims = 'redis://x'", "E131", "claims"),
        ("claims_file = 'b'\nclaims_env = 'A'", "E131", "claims_env"),
        ("claims_unreachable = 'run'", "E133", "claims_unreachable"),
        ("claims = 'redis://x'\nclaims_unreachable = 'stop'", "E104", "claims_unreachable"),
        ("labels = ['a b']", "E113", "labels"),
    ],
)
def test_keys_of_sharing_that_do_not_go_together_are_refused(
    text: str, code: str, key: str
) -> None:
    (problem,) = problems_of(f"[settings]\n{text}")
    assert (problem.code, key in problem.source) == (code, True)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("/var/x.db", "/var/x.db"),
        ("db/x.db", "/etc/j/db/x.db"),
        ("postgresql://u:p@x/y", "postgresql://u:p@x/y"),
    ],
)
def test_a_ledger_is_a_file_seen_from_its_folder_or_a_database(given: str, kept: str) -> None:
    assert config_of(f"[settings]\nstore = '{given}'").settings.store == kept


def test_claims_may_wait_in_a_file_or_a_variable() -> None:
    given = "[settings]\nclaims_file = 'redis'\nclaims_unreachable = 'run'"
    assert config_of(given).settings.claims_file == "/etc/j/redis"
    assert config_of("[settings]\nclaims_env = 'REDIS'").settings.claims_unreachable == "skip"


def test_how_hosts_watch_each_other_has_defaults_that_are_safe() -> None:
    assert lease.unsafe(config_of("").cluster) == ""
    cluster = config_of(
        "[cluster]\nlease = '15s'\ntick = '1s'\nbeat = '1s'\ntimeout = '1s'"
    ).cluster
    assert (cluster.lease, cluster.beat) == (timedelta(seconds=15), timedelta(seconds=1))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("lease = '150s'", 2),
        ("beat = '10s'\ntick = '75s'", 3),
        ("lease = '180s'\nbeat = '40s'", 2),
        ("timeout = '40s'", 2),
    ],
)
def test_a_lease_that_two_hosts_could_have_at_once_is_refused(text: str, line: int) -> None:
    (problem,) = problems_of(f"[cluster]\n{text}")
    assert (problem.code, problem.line) == ("E170", line)
    assert "twice `tick`" in problem.message


@pytest.mark.parametrize("key", ["tick", "beat", "timeout"])
def test_nobody_looks_without_a_rest(key: str) -> None:
    (problem,) = problems_of(f"[cluster]\n{key} = '10ms'")
    assert (problem.code, problem.line) == ("E103", 2)


def test_the_lease_stands_in_the_main_file() -> None:
    files = {"/etc/j/a.toml": "[cluster]\nlease = '5m'"}
    (problem,) = problems_of("include = ['a.toml']", files)
    assert problem.code == "E142"


def test_the_full_example_is_the_whole_format_and_none_of_it_waits() -> None:
    text = (ROOT / "tests/config/full.toml").read_text()
    assert len(parse(text, MAIN).jobs) == 5


# --- examples, and what parsing leaves alone ---


class RealFiles:
    """The files of the examples."""

    def read(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def matches(self, pattern: str) -> list[str]:
        return sorted(glob.glob(pattern))  # noqa: PTH207 - the pattern is absolute


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.toml")), ids=lambda p: p.name)
def test_every_example_can_be_used_today(path: Path) -> None:
    config = parse(path.read_bytes(), str(path), RealFiles())
    declared = tomllib.loads(path.read_text()).get("jobs", {})
    assert config.jobs
    assert set(declared) <= set(config.jobs)


@pytest.mark.parametrize("text", ["", "x x", "[jobs.x]"])
def test_the_collector_is_as_it_was(text: str) -> None:
    assert gc.isenabled()
    with suppress(ConfigError):
        parse(text, MAIN)
    assert gc.isenabled()


def test_parsing_does_not_depend_on_the_hash_seed() -> None:
    text = "aa=1\nbb=2\n[jobs.x]\ncommand='x'\nnotify=['a']\nping='b'\nhosts=['c']\nmax_instances=3"
    code = (
        "from jobrunner.config import parse\n"
        f"try: parse({text!r}, 'x')\n"
        "except Exception as error: print(error)"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
