"""`jobrunner add` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import tomllib

import pytest

from jobrunner.cli.main import run
from tests.build import FakeClock

PING = ["ping", "--cron", "*/15 * * * *", "--timeout", "20s", "--", "curl", "-fsS", "https://x/up"]
ADDED = """\
Added [jobs.ping] to {path} line 14: every 15th minute
  next: Fri 2026-11-20 13:15 CET, 13:30, 13:45
  try it now: jobrunner run ping
"""
BLOCK = """
[jobs.ping]
cron = "*/15 * * * *"
command = ["curl", "-fsS", "https://x/up"]
timeout = "20s"
"""


@pytest.fixture
def jobs(call, tmp_path):
    return tmp_path / "jobs.toml"


def job(path, name):
    return tomllib.loads(path.read_text())["jobs"][name]


def test_a_job_is_added_at_the_end_and_told_with_its_slots(call, jobs):
    before = jobs.read_text()
    assert call("add", *PING, JOBRUNNER_CONFIG=str(jobs)) == (0, ADDED.format(path=jobs), "")
    assert jobs.read_text() == before + BLOCK


def test_a_hint_names_the_file_that_was_named(call, jobs):
    assert call("add", *PING)[1].endswith("try it now: jobrunner -c jobs.toml run ping\n")


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        (["--every", "2h"], {"every": "2h"}),
        (["--daily", "9:05", "--from", "2026-12-01"], {"cron": "5 9 * * *"}),
        (["--cron", "@daily", "--cron", "@hourly"], {"cron": ["@daily", "@hourly"]}),
        (["--retries", "3"], {"retries": 3}),
        (["--env", "A=b=c", "--env", "B="], {"env": {"A": "b=c", "B": ""}}),
        (["--tag", "db"], {"tags": ["db"]}),
        (["--disabled"], {"enabled": False}),
        (["--cwd", "~/x"], {"cwd": "~/x"}),
        (["--overlap", "queue", "--lock", "db"], {"overlap": "queue", "lock": "db"}),
        (["--catch-up", "latest"], {"catch_up": "latest"}),
    ],
)
def test_each_option_is_a_key(call, jobs, options, keys):
    assert call("add", "x", *options, "--", "true")[0] == 0
    found = job(jobs, "x")
    assert {name: found[name] for name in keys} == keys


def test_a_folder_is_seen_from_here(call, jobs, tmp_path):
    call("add", "x", "--cwd", "data", "--", "true")
    assert job(jobs, "x")["cwd"] == f"{tmp_path}/data"


def test_in_a_while_is_a_moment_of_this_host(call, jobs):
    _, out, _ = call("add", "x", "--in", "1h", "--", "true")
    assert f"{job(jobs, 'x')['at']}" == "2026-11-20 14:00:00+01:00"
    assert "line 14: once\n  next: Fri 2026-11-20 14:00 CET\n" in out


def test_a_time_alone_is_the_next_one_in_the_job_s_zone(call, jobs):
    _, out, _ = call("add", "x", "--at", "07:30", "--timezone", "America/New_York", "--", "true")
    assert "\n  next: Fri 2026-11-20 13:30 CET = 07:30 EST\n" in out


def test_a_line_for_the_shell_is_a_text(call, jobs):
    call("add", "x", "--shell-command", "dump | gzip > /x.gz")
    assert job(jobs, "x") == {"command": "dump | gzip > /x.gz"}


def test_a_job_that_does_not_say_when_is_by_hand(call):
    _, out, _ = call("add", "x", "--", "true")
    assert "line 14: by hand only\n  try it now:" in out


def test_a_program_may_have_blanks_in_its_name(call, jobs, tmp_path):
    (tmp_path / "my program").touch()
    assert call("add", "x", "--", f"{tmp_path}/my program")[0] == 0
    assert job(jobs, "x")["command"] == [f"{tmp_path}/my program"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "give one command"),
        (["--shell-command", "x", "--", "y"], 2, "give one command"),
        (["--", "echo hello | cat"], 2, "--shell-command"),
        (["--cron", "@daily", "--every", "1h", "--", "x"], 2, "--cron and --every are two ways"),
        (["--to", "2026-12-01", "--", "x"], 2, "--from and --to need one of"),
        (["--daily", "25:00", "--", "x"], 2, 'write "09:05"'),
        (["--in", "soon", "--", "x"], 2, 'write "5m"'),
        (["--env", "A", "--", "x"], 2, "NAME=VALUE"),
        (["--at", "09:00", "--timezone", "Nowhere", "--", "x"], 2, "is not a time zone"),
        (["--at", "2020-01-01 09:00", "--", "x"], 1, "would never run"),
        (["--daily", "9:00", "--to", "2026-11-19", "--", "x"], 1, "would never run"),
        (["--cron", "0 25 * * *", "--", "x"], 3, "hour 25 is not in 0-23"),
        (["--lock", "a b", "--", "x"], 3, "Nothing was changed"),
    ],
)
def test_a_refusal_leaves_the_file_as_it_is(call, jobs, arguments, code, told):
    before = jobs.read_bytes()
    found, out, complaint = call("add", "x", *arguments)
    assert (found, out) == (code, "")
    assert told in complaint
    assert jobs.read_bytes() == before


@pytest.mark.parametrize("name", ["a b", "../x", ""])
def test_what_is_no_name_is_refused(call, jobs, name):
    before = jobs.read_bytes()
    assert call("add", name, "--", "true")[0] == 3
    assert jobs.read_bytes() == before


def test_a_name_that_is_taken_is_told_with_its_line(call):
    code, _, complaint = call("add", "report", "--", "true")
    assert code == 1
    assert "there is a job report already: " in complaint
    assert "jobs.toml line 6. Nothing was added." in complaint


def test_a_dry_run_shows_the_block_and_writes_nothing(call, jobs):
    before = jobs.read_bytes()
    code, out, _ = call("add", "--dry-run", *PING)
    assert (code, jobs.read_bytes()) == (0, before)
    assert out.startswith("Would add [jobs.ping] to ")
    assert f"13:45\n{BLOCK}\nNothing was written: --dry-run.\n" in out


@pytest.fixture
def alone(tmp_path, monkeypatch, capsys):
    """Call a command in a folder without a jobs.toml, with an empty home."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TZ", "Europe/Berlin")
    for variable in ("JOBRUNNER_CONFIG", "XDG_CONFIG_HOME", "FORCE_TTY"):
        monkeypatch.delenv(variable, raising=False)

    def call(*arguments):
        return run(arguments, clock=FakeClock()), *capsys.readouterr()

    return call


def test_where_there_is_no_file_the_user_s_is_made(alone, tmp_path):
    path = tmp_path / "home/.config/jobrunner/jobs.toml"
    code, out, _ = alone("add", "x", "--daily", "9:00", "--", "true")
    assert (code, job(path, "x")["cron"]) == (0, "0 9 * * *")
    assert out.startswith(
        f"Created {path}: no jobs.toml was found\nAdded [jobs.x] to {path} line 4"
    )
    assert out.endswith("  try it now: jobrunner run x\n")


def test_a_dry_run_makes_no_file(alone, tmp_path):
    code, out, _ = alone("add", "x", "--dry-run", "--", "true")
    assert (code, out.startswith("Would create ")) == (0, True)
    assert not (tmp_path / "home").exists()


def test_a_file_that_is_named_has_to_be_there(alone, tmp_path):
    code, _, complaint = alone("-c", "typo.toml", "add", "x", "--", "true")
    assert (code, "jobrunner init --path typo.toml" in complaint) == (3, True)
    assert not (tmp_path / "elsewhere/typo.toml").exists()
