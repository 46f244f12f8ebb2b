"""`jobrunner set` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import shlex

import pytest

from tests.cli.conftest import JOBS

CHANGED = """\
Saved. 1 job changed:
  hello   cron  */15 * * * *  ->  5 * * * *    next Fri 2026-11-20 13:05 CET (was 13:15)
  undo: jobrunner set hello.cron '*/15 * * * *'
"""


@pytest.fixture
def jobs(call, tmp_path):
    return tmp_path / "jobs.toml"


def test_a_key_is_set_and_told_with_what_it_was(call, jobs):
    assert call("set", "hello.cron", "5 * * * *", JOBRUNNER_CONFIG=str(jobs)) == (0, CHANGED, "")
    assert jobs.read_text() == JOBS.replace("*/15 * * * *", "5 * * * *")


@pytest.mark.parametrize(
    "arguments",
    [
        ["hello.cron", "0 3 * * *"],
        ["hello.timeout", "30", "hello.description", "30"],
        ["--unset", "hello.cron"],
        ["by-hand.cron", "@daily", "by-hand.tags", '["a", "b"]', "--unset", "report.timezone"],
        ["report.limits.nice", "-5"],
    ],
)
def test_what_is_told_to_undo_it_brings_the_file_s_meaning_back(call, jobs, arguments):
    before = call("validate")[0], call("next", "--all", "--within", "7d")[1]
    _, out, _ = call("set", *arguments)
    undo = out.rpartition("undo: ")[2]
    assert call(*shlex.split(undo)[1:])[0] == 0
    assert (call("validate")[0], call("next", "--all", "--within", "7d")[1]) == before


def test_several_keys_are_set_together_or_not_at_all(call, jobs):
    code, _, complaint = call("set", "hello.timeout", "1h", "hello.lock", "a b")
    assert code == 3
    assert complaint.startswith("error[")
    assert complaint.endswith(f"\n\nNothing was changed in {jobs}.\n")
    assert jobs.read_text() == JOBS


def test_a_key_of_a_section_needs_no_job(call):
    code, out, _ = call("set", "settings.max_parallel", "5")
    assert (code, "  [settings]   max_parallel  -  ->  5\n" in out) == (0, True)


def test_a_key_that_is_taken_away_is_told(call, jobs):
    _, out, _ = call("set", "--unset", "report.timezone")
    assert "report   timezone  America/New_York  ->  -    next Mon 2026-11-23 07:00 CET" in out
    assert "timezone" not in jobs.read_text()


def test_what_says_so_already_is_left_alone(call, jobs):
    before = jobs.stat().st_ino
    told = "Nothing to change: jobs.hello.command = 'echo hello' already.\n"
    assert call("set", "hello.command", "echo hello") == (0, told, "")
    assert jobs.stat().st_ino == before


def test_a_secret_is_not_shown_and_no_undo_tells_it(call, jobs):
    call("set", "hello.env.TOKEN", "hunter2")
    code, out, _ = call("set", "hello.env.TOKEN", "hunter3")
    assert (code, "TOKEN = 'hunter3'" in jobs.read_text().replace('"', "'")) == (0, True)
    assert "hunter" not in out
    assert "undo" not in out


def test_a_job_of_an_included_file_is_changed_there(call, jobs, tmp_path):
    jobs.write_text('include = ["more.toml"]\n')
    (tmp_path / "more.toml").write_text('[jobs.more]\ncommand = "x"\n')
    assert call("set", "more.timeout", "1h")[0] == 0
    assert jobs.read_text() == 'include = ["more.toml"]\n'
    assert (tmp_path / "more.toml").read_text() == '[jobs.more]\ncommand = "x"\ntimeout = "1h"\n'


def test_keys_of_two_files_are_refused(call, jobs, tmp_path):
    jobs.write_text('include = ["more.toml"]\n' + JOBS)
    (tmp_path / "more.toml").write_text('[jobs.more]\ncommand = "x"\n')
    code, _, complaint = call("set", "more.timeout", "1h", "hello.timeout", "1h")
    assert (code, "Set those of each file by themselves" in complaint) == (1, True)


def test_what_is_wrong_can_be_set_right(call, jobs):
    jobs.write_text(JOBS.replace("*/15 * * * *", "99 * * * *"))
    code, out, _ = call("set", "hello.cron", "9 * * * *")
    assert (code, out.partition(":")[0]) == (0, "Saved. The file is whole again; 1 job touched")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "give a KEY and a VALUE"),
        (["hello.cron"], 2, "give a KEY and a VALUE"),
        (["helo.cron", "@daily"], 5, 'Did you mean "hello"?'),
        (["hello", "x"], 5, "name a key of it, as hello.cron"),
        (["--unset", "hello.timeout"], 5, "There is no jobs.hello.timeout"),
        (["hello.cron", "0 25 * * *"], 3, "hour 25 is not in 0-23"),
        (["hello.crom", "0 2 * * *"], 3, 'did you mean "cron"?'),
        (["hello.retries", "many"], 3, "Nothing was changed"),
        (["hello.timeout", "soon"], 3, "is not a duration"),
    ],
)
def test_a_refusal_leaves_the_file_as_it_is(call, jobs, arguments, code, told):
    found, out, complaint = call("set", *arguments)
    assert (found, out, jobs.read_text()) == (code, "", JOBS)
    assert told in complaint


def test_who_gives_the_job_as_a_word_of_its_own_hears_how_it_is_written(call):
    code, _, complaint = call("set", "hello", "timeout", "5 m")
    assert code == 2
    assert complaint.endswith("Did you mean: jobrunner set hello.timeout '5 m'\n")
