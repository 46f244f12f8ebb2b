"""`jobrunner validate` as its reader meets it."""

import io
import json
import os

import pytest

BAD = """
[jobs.backup]
cron = "0 25 * * *"
comand = "pg_dump app"
"""

TOLD = """\
error[E110]: hour 25 is not in 0-23
 --> {path}:3:11
  |
3 | cron = "0 25 * * *"
  |           ^^ minute 0, hour 25; fields: minute hour day month weekday

error[E101]: unknown key "comand" in [jobs.backup]
 --> {path}:4:1
  |
4 | comand = "pg_dump app"
  | ^^^^^^ did you mean "command"?

2 errors in {path} (checked 1 job). Explain one: jobrunner help E110
"""


@pytest.mark.parametrize("command", [["validate"], ["set", "hello.nice", "1"], ["tick"]])
def test_a_path_that_is_no_text_is_refused_before_any_job_is_lost_by_it(call, tmp_path, command):
    odd = tmp_path / os.fsdecode(b"a\xff")
    odd.mkdir()
    (tmp_path / "jobs.toml").rename(odd / "jobs.toml")
    code, _, complaint = call("-c", str(odd / "jobs.toml"), *command)
    assert code != 0
    assert "a\\udcff/jobs.toml' is not UTF-8, and the ledger keeps it with every job." in complaint


def test_a_good_file_is_told_with_its_jobs(call, tmp_path):
    assert call("validate") == (0, f"✓ {tmp_path}/jobs.toml: 3 jobs, valid.\n", "")


CRONTAB = "MAILTO=ops@example.com\n0 5 * * * backup\n"
NOTE = "crontab:1: MAILTO=ops@example.com: sends no mail here; a channel in `notify` does"


@pytest.fixture
def wide(tmp_path):
    """A jobs.toml that names two files, one of which deserves a note."""
    (tmp_path / "wide.toml").write_text('include = ["more.toml"]\ncrontabs = ["crontab"]\n')
    (tmp_path / "more.toml").write_text('[jobs.more]\ncommand = "true"\n')
    (tmp_path / "crontab").write_text(CRONTAB)
    return tmp_path


def test_the_files_that_are_named_and_the_notes_are_counted(call, wide):
    told = f"✓ {wide}/wide.toml and 2 included files: 2 jobs, valid. 1 note (show with -v)\n"
    assert call("validate", "wide.toml") == (0, told, "")


def test_asked_for_more_it_shows_notes_and_files(call, wide):
    _, out, _ = call("validate", "wide.toml", "-v")
    first, *rest = out.splitlines()
    assert first.endswith("2 jobs, valid. 1 note")
    assert rest == [f"! {wide}/{NOTE}", f"  read {wide}/more.toml", f"  read {wide}/crontab"]


def test_where_no_job_could_be_looked_at_none_is_counted(call, tmp_path):
    (tmp_path / "bad.toml").write_text("a = ")
    _, out, _ = call("validate", "bad.toml")
    assert f"\n1 error in {tmp_path}/bad.toml. Explain one: jobrunner help E100\n" in out


def test_every_problem_is_told_with_its_place(call, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(BAD)
    assert call("validate", "bad.toml") == (1, TOLD.format(path=path), "")


def test_problems_as_json_have_their_places(call, tmp_path):
    (tmp_path / "bad.toml").write_text(BAD)
    code, out, _ = call("validate", "bad.toml", "--format", "json")
    places = [(row["code"], row["line"], row["column"]) for row in json.loads(out)]
    assert (code, places) == (1, [("E110", 3, 11), ("E101", 4, 1)])
    assert call("validate", "bad.toml", "--json")[:2] == (1, out)


def test_problems_are_annotations_where_asked_for(call, tmp_path):
    (tmp_path / "bad.toml").write_text(BAD)
    _, out, _ = call("validate", "bad.toml", "--format", "github")
    assert f"::error file={tmp_path}/bad.toml,line=4,col=1,title=E101::unknown key" in out


def test_an_annotation_is_one_command_whatever_the_file_is_called(call, tmp_path):
    (tmp_path / "a,b:c%\n::warning::.toml").write_text("a = ")
    _, out, _ = call("validate", "a,b:c%\n::warning::.toml", "--format", "github")
    assert out.count("\n") == 1
    assert "/a%2Cb%3Ac%25%0A%3A%3Awarning%3A%3A.toml,line=1," in out


def test_standard_input_can_be_checked(call, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    code, out, _ = call("validate", "-")
    assert (code, out.count(" --> <stdin>:")) == (1, 2)


def test_problems_are_red_if_colour_is_wanted(call, tmp_path):
    (tmp_path / "bad.toml").write_text(BAD)
    _, out, _ = call("--color", "always", "validate", "bad.toml")
    assert out.startswith("\x1b[31m\x1b[1merror[E110]")
    assert "\x1b" not in call("validate", "bad.toml", "--color", "never", FORCE_COLOR="1")[1]


def test_a_file_that_is_not_there_is_told_with_how_to_make_it(call, tmp_path):
    code, _, complaint = call("validate", "none.toml")
    assert code == 3
    assert complaint.splitlines() == [
        f"Error: {tmp_path}/none.toml cannot be read: No such file or directory.",
        f"       Create it: jobrunner init --path {tmp_path}/none.toml",
    ]
