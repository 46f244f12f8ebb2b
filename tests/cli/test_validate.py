"""`jobrunner validate` as its reader meets it."""

import io
import json

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

2 errors in {path}. Explain one: jobrunner help E110
"""


def test_a_good_file_is_told_with_its_jobs(call, tmp_path):
    assert call("validate") == (0, f"✓ {tmp_path}/jobs.toml: 3 jobs, valid.\n", "")


def test_every_problem_is_told_with_its_place(call, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text(BAD)
    assert call("validate", "bad.toml") == (1, TOLD.format(path=path), "")


def test_problems_as_json_have_their_places(call, tmp_path):
    (tmp_path / "bad.toml").write_text(BAD)
    code, out, _ = call("validate", "bad.toml", "--format", "json")
    places = [(row["code"], row["line"], row["column"]) for row in json.loads(out)]
    assert (code, places) == (1, [("E110", 3, 11), ("E101", 4, 1)])


def test_problems_are_annotations_where_asked_for(call, tmp_path):
    (tmp_path / "bad.toml").write_text(BAD)
    _, out, _ = call("validate", "bad.toml", "--format", "github")
    assert f"::error file={tmp_path}/bad.toml,line=4,col=1,title=E101::unknown key" in out


def test_standard_input_can_be_checked(call, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    code, out, _ = call("validate", "-")
    assert (code, out.count(" --> <stdin>:")) == (1, 2)


def test_problems_are_red_if_colour_is_wanted(call, tmp_path):
    (tmp_path / "bad.toml").write_text(BAD)
    _, out, _ = call("--color", "always", "validate", "bad.toml")
    assert out.startswith("\x1b[31m\x1b[1merror[E110]")
    assert "\x1b" not in call("validate", "bad.toml", "--color", "never", FORCE_COLOR="1")[1]
