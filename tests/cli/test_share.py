"""`jobrunner config push` and `pull`: a jobs.toml that hosts have in common."""

import json
import os

import pytest

from jobrunner.cli.caller import asker
from jobrunner.engine import plan
from jobrunner.engine.state import State
from tests.cli.fleet import JOBS, STORE, Hosts
from tests.store.server import empty


@pytest.fixture
def hosts(ledger, tmp_path, monkeypatch, capsys):
    """Two hosts with the same jobs.toml."""
    empty(ledger)
    found = Hosts(tmp_path, ledger, monkeypatch, capsys)
    for host in ("web-1", "web-2"):
        found.write(host)
    return found


def change(hosts, host, old='command = "report"', new='command = "report --all"'):
    file = hosts.file(host)
    file.write_text(file.read_text().replace(old, new))


def test_the_first_one_that_is_pushed_is_version_1(hosts):
    code, out, _ = hosts.call("web-1", "config", "push")
    assert (code, out.splitlines()[0]) == (0, "Version 1 is pushed. 2 jobs")
    assert hosts.call("web-1", "config", "push")[1] == "Version 1 says that already.\n"


def test_a_text_that_means_something_else_after_an_upgrade_is_pushed_again(hosts):
    hosts.call("web-1", "config", "push")
    with hosts.store() as store:
        text = store.newest_config().text
        store.push_config(text, "of-an-older-one", by="ann", host="web-1", parent=1)
    hosts.call("web-1", "config", "pull")
    assert hosts.call("web-1", "config", "push")[1].startswith("Version 3 is pushed.")
    assert hosts.call("web-1", "config", "push")[1] == "Version 3 says that already.\n"


def test_another_host_pulls_what_was_pushed_byte_for_byte(hosts):
    change(hosts, "web-1", new='command = "größer" # why')
    hosts.call("web-1", "config", "push")
    hosts.file("web-2").chmod(0o640)
    code, out, _ = hosts.call("web-2", "config", "pull")
    assert code == 0
    assert "Version 1: 1 job changed:\n  report   command  report  ->  größer" in out
    assert hosts.file("web-2").read_bytes() == hosts.file("web-1").read_bytes()
    assert hosts.file("web-2").stat().st_mode & 0o777 == 0o640
    assert "is version 1 already" in hosts.call("web-2", "config", "pull")[1]


def test_nothing_changes_on_a_host_before_it_pulls(hosts):
    before = hosts.file("web-2").read_bytes()
    change(hosts, "web-1")
    hosts.call("web-1", "config", "push")
    out = hosts.call("web-2", "config", "pull", "--dry-run")[1]
    assert out.endswith("Nothing was changed (--dry-run).\n")
    assert hosts.file("web-2").read_bytes() == before


def test_what_is_pulled_can_be_undone(hosts):
    before = hosts.file("web-2").read_bytes()
    change(hosts, "web-1")
    hosts.call("web-1", "config", "push")
    out = hosts.call("web-2", "config", "pull")[1]
    number = out.strip().rpartition(" ")[2]
    assert hosts.call("web-2", "config", "restore", number)[0] == 0
    assert hosts.file("web-2").read_bytes() == before


def test_who_has_not_the_newest_version_pushes_nothing(hosts):
    hosts.call("web-1", "config", "push")
    hosts.call("web-2", "config", "pull")
    change(hosts, "web-2")
    hosts.call("web-2", "config", "push")
    change(hosts, "web-1", 'command = "backup"', 'command = "backup --fast"')
    code, out, err = hosts.call("web-1", "config", "push")
    assert (code, out) == (6, "")
    assert "version 2 was pushed by" in err
    assert "this host had version 1 last" in err
    out = hosts.call("web-1", "config", "push", "--force")[1]
    assert out.startswith("Version 3 is pushed. 2 jobs changed:")


def test_a_file_with_errors_is_not_pushed(hosts):
    change(hosts, "web-1", "30 2 * * *", "30 25 * * *")
    code, _, err = hosts.call("web-1", "config", "push")
    assert (code, "hour 25 is not in 0-23" in err) == (3, True)
    with hosts.store() as store:
        assert store.newest_config() is None


def test_what_would_break_a_host_is_not_pulled(hosts):
    """What others have written into the ledger is checked as if somebody had typed it."""
    before = hosts.file("web-2").read_bytes()
    with hosts.store() as store:
        store.push_config("[jobs.x]\ncron = 5\n", "f", by="eve", host="?", parent=None)
    code, _, err = hosts.call("web-2", "config", "pull")
    assert (code, "Nothing was changed in" in err) == (3, True)
    assert hosts.file("web-2").read_bytes() == before


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('store_env = "ELSEWHERE"', "names another ledger"),
        ('store_env = "JOBRUNNER_STORE"\nhost = "web-1"', "calls its host web-1"),
    ],
)
def test_a_version_that_makes_another_host_of_it_is_not_pulled(hosts, settings, told):
    text = f"[settings]\n{settings}\n{JOBS}"
    with hosts.store() as store:
        store.push_config(text, "f", by="eve", host="?", parent=None)
    code, _, err = hosts.call("web-2", "config", "pull")
    assert (code, told in err) == (3, True)


def test_a_name_that_is_one_hosts_alone_is_not_pushed(hosts):
    hosts.write("web-1", STORE + 'host = "web-1"\n' + JOBS)
    code, _, err = hosts.call("web-1", "config", "push")
    assert (code, "settings.host is one host's alone" in err) == (3, True)


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('env = { PGPASSWORD = "hunter2" }', "jobs.report.env.PGPASSWORD"),
        ('[notify.ops]\nurl = "ntfys://tk_hunter2@ntfy.sh/x"', "notify.ops.url"),
    ],
)
def test_secrets_are_pushed_only_if_that_is_wanted(hosts, more, key):
    hosts.write("web-1", f"{STORE}{JOBS}{more}\n")
    code, out, err = hosts.call("web-1", "config", "push")
    assert (code, key in err, "hunter2" in out + err) == (3, True, False)
    code, out, err = hosts.call("web-1", "config", "push", "--with-secrets")
    assert (code, "hunter2" in out + err) == (0, False)


def test_hosts_that_differ_share_a_file_that_theirs_include(hosts):
    for host in ("web-1", "web-2"):
        hosts.write(host, f'include = ["shared.toml"]\n{STORE}host = "{host}"\n')
        hosts.write(host, JOBS, "shared.toml")
    change(hosts, "web-1")  # which is no part of its jobs.toml
    file = hosts.file("web-1", "shared.toml")
    file.write_text(file.read_text().replace("--all", "") + '\n[jobs.new]\ncommand = "new"\n')
    code, out, _ = hosts.call("web-1", "config", "push", str(file))
    assert (code, "config pull /srv/web-1/shared.toml" in out) == (0, True)
    code, _, err = hosts.call("web-2", "config", "pull")
    assert (code, "version 1 names no ledger" in err) == (3, True)
    assert err.endswith("config pull shared.toml\n")
    assert hosts.call("web-2", "config", "pull", "shared.toml")[0] == 0
    assert hosts.file("web-2", "shared.toml").read_text() == file.read_text()
    assert 'host = "web-2"' in hosts.file("web-2").read_text()
    # Which file it is is known from then on.
    assert "shared.toml is version 1 already" in hosts.call("web-2", "config", "pull")[1]


def test_a_file_that_is_none_of_its_own_is_not_pushed(hosts):
    code, _, err = hosts.call("web-1", "config", "push", "/etc/passwd")
    assert (code, "neither jobs.toml nor a file that it includes" in err) == (3, True)


def test_a_file_that_others_may_write_is_not_pulled_into(hosts):
    hosts.call("web-1", "config", "push")
    hosts.file("web-2").chmod(0o666)
    code, _, err = hosts.call("web-2", "config", "pull")
    assert (code, "chmod" in err) == (4, True)


def test_an_earlier_version_can_be_pulled(hosts):
    before = hosts.file("web-1").read_bytes()
    hosts.call("web-1", "config", "push")
    change(hosts, "web-1")
    hosts.call("web-1", "config", "push")
    assert hosts.call("web-2", "config", "pull")[0] == 0
    assert hosts.call("web-2", "config", "pull", "--version", "1")[0] == 0
    assert hosts.file("web-2").read_bytes() == before
    assert hosts.call("web-2", "config", "pull", "--version", "9")[0] == 5


def test_versions_are_listed_with_what_each_changed(hosts):
    hosts.call("web-1", "config", "push")
    change(hosts, "web-1")
    hosts.call("web-1", "config", "push")
    rows = json.loads(hosts.call("web-2", "config", "history", "--pushed", "--json")[1])
    told = [(row["version"], row["changed"], row["is_here"]) for row in rows]
    assert told == [(2, ["jobs.report"], False), (1, [], False)]
    out = hosts.call("web-1", "config", "history", "--pushed", FORCE_TTY="1")[1]
    assert out.splitlines()[1].split()[-2:] == ["yes", "jobs.report"]
    assert '+command = "report"' in hosts.call("web-2", "config", "history", "--pushed", "2")[1]


def test_without_a_shared_ledger_there_is_nobody_to_share_with(hosts):
    hosts.write("web-3", JOBS)
    for words in (("push",), ("pull",), ("history", "--pushed")):
        code, _, err = hosts.call("web-3", "config", *words)
        assert (code, "this ledger is one host's alone" in err) == (3, True)


def test_a_broken_jobs_toml_is_mended_by_a_pull(hosts):
    hosts.call("web-1", "config", "push")
    hosts.call("web-2", "config", "pull")
    plan.read(str(hosts.file("web-2")), State(str(hosts.file("web-2", ".jobrunner"))), asker())
    hosts.file("web-2").write_text("[jobs.x\n")
    code, out, err = hosts.call("web-2", "config", "pull")
    assert (code, "The file is whole again" in out) == (0, True), err


def test_what_was_pulled_is_known_to_its_owner_alone(hosts):
    hosts.call("web-1", "config", "push")
    note = hosts.file("web-1", ".jobrunner/pushed")
    assert (note.stat().st_mode & 0o777, note.stat().st_uid) == (0o600, os.geteuid())
