"""`jobrunner config` as its user meets it."""

import json
import tomllib

import pytest

from tests.cli.past import ledger


@pytest.fixture
def edited(call, tmp_path):
    """A job was changed and another one removed."""
    with ledger():
        pass
    before = (tmp_path / "jobs.toml").read_text()
    call("set", "hello.timeout", "5s")
    call("rm", "by-hand", "--yes")
    return before


def test_the_path_alone_goes_to_a_pipe_and_its_reason_to_a_person(call, tmp_path):
    assert call("config", "path") == (0, f"{tmp_path}/jobs.toml\n", "")
    said = call("config", "path", FORCE_TTY="1")[1]
    assert f"{tmp_path}/jobs.toml   the command line says so\n" in said
    assert f"{tmp_path}/.jobrunner   its state: beside" in said


def test_each_edit_is_a_version_with_what_it_changed(call, edited):
    code, said, _ = call("config", "history", "--json", "--fields", "version,by,changed")
    rows = json.loads(said)
    assert code == 0
    assert [(row["version"], row["changed"]) for row in rows] == [
        (3, ["jobs.by-hand"]),
        (2, ["jobs.hello"]),
        (1, []),
    ]
    assert rows[0]["by"]
    assert not rows[2]["by"]


def test_the_table_says_how_to_go_back(call, edited):
    said = call("config", "history", FORCE_TTY="1")[1]
    assert "2        " in said
    assert "jobrunner config restore N" in said


def test_a_version_is_compared_with_the_file_of_now(call, edited):
    said = call("config", "history", "1")[1]
    assert '+timeout = "5s"' in said
    assert "-[jobs.by-hand]" in said
    assert call("config", "history", "3")[1] == "It is what the file says now.\n"


def test_a_restored_file_is_byte_for_byte_what_it_was(call, edited, tmp_path):
    code, said, _ = call("config", "restore", "1")
    assert (code, (tmp_path / "jobs.toml").read_text()) == (0, edited)
    assert "undo: jobrunner -c jobs.toml config restore 3" in said
    call("config", "restore", "3")
    assert "by-hand" not in (tmp_path / "jobs.toml").read_text()


def test_a_dry_run_restores_nothing(call, edited, tmp_path):
    before = (tmp_path / "jobs.toml").read_text()
    said = call("config", "restore", "1", "--dry-run")[1]
    assert said.startswith("1 job changed, 1 added")
    assert (tmp_path / "jobs.toml").read_text() == before


def test_a_version_that_has_become_wrong_is_refused(call, edited, tmp_path):
    main, more = tmp_path / "jobs.toml", tmp_path / "more.toml"
    more.write_text('[jobs.first]\ncommand = "true"\n')
    main.write_text('include = ["more.toml"]\n' + main.read_text())
    call("set", "hello.after", '["first"]')
    call("set", "--unset", "hello.after")
    more.write_text("")
    before = main.read_text()
    version = json.loads(call("config", "history", "--json")[1])[1]["version"]
    code, _, said = call("config", "restore", f"{version}")
    assert (code, main.read_text()) == (3, before)
    assert "Nothing was changed" in said


def test_a_version_that_is_not_kept_is_no_version(call, edited):
    code, _, said = call("config", "restore", "99")
    assert code == 5
    assert "jobrunner config history" in said


def test_secrets_are_starred_out_of_a_comparison(call, edited, tmp_path):
    text = (tmp_path / "jobs.toml").read_text()
    (tmp_path / "jobs.toml").write_text(f'{text}\n[jobs.hello.env]\nAPI_TOKEN = "hunter22"\n')
    assert "hunter22" not in call("config", "history", "1")[1]


def test_a_dump_is_a_jobs_toml_with_everything_worked_in(call, tmp_path):
    (tmp_path / "jobs.toml").write_text(
        '[defaults]\ntimeout = "1h"\nenv = { A = "1" }\n'
        '[jobs.a]\ncommand = "true"\nenv = { PASSWORD = "hunter22" }\n'
    )
    code, said, _ = call("config", "dump")
    job = tomllib.loads(said)["jobs"]["a"]
    assert (code, job["timeout"], job["env"]) == (0, "1h", {"A": "1", "PASSWORD": "***"})
    assert json.loads(call("config", "dump", "a", "--json")[1])["jobs"]["a"] == job


def test_a_dump_of_an_unknown_job_says_which_was_meant(call):
    code, _, said = call("config", "dump", "helo")
    assert code == 5
    assert 'Did you mean "hello"?' in said


def test_a_dump_can_be_read_again(call, tmp_path):
    (tmp_path / "again.toml").write_text(call("config", "dump")[1])
    assert call("-c", "again.toml", "validate")[0] == 0


def test_a_change_of_many_jobs_is_cut_where_the_terminal_is_too_narrow(call, edited, tmp_path):
    names = [f"a-job-with-a-long-name-{number}" for number in range(9)]
    more = "".join(f'[jobs.{name}]\ncommand = "true"\n' for name in names)
    file = tmp_path / "jobs.toml"
    file.write_text(file.read_text() + more)
    call("set", "hello.cron", "6 * * * *")
    code, said, _ = call("config", "history", FORCE_TTY="1", COLUMNS="80")
    assert code == 0
    assert max(map(len, said.splitlines())) == 80
