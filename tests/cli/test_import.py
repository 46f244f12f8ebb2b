"""`jobrunner import crontab` as its reader meets it, with a stand-in for cron's own program."""

import io
import json
import os
import tomllib
from pathlib import Path

import pytest

from jobrunner.cli.main import run
from jobrunner.engine.ticker import Host, installing
from tests.build import FakeClock

TAB = """\
PATH=/usr/bin:/bin
SHELL=/bin/bash
30 2 * * *   /home/deploy/bin/backup.sh
@reboot      /home/deploy/bin/warm
0 9 * * 1    mail -s hi me%Hello
MAILTO=ops@example.com
* * * * *    flock -n /tmp/l php artisan schedule:run
*/10 * * * * curl -s https://x/cron > /dev/null 2>&1
0 5 * *
"""
DRY = """\
From your crontab, 9 lines:
  line 3  30 2 * * *   /home/deploy/bin/backup.sh               -> [jobs.backup]
  line 4  @reboot      /home/deploy/bin/warm                    -> [jobs.warm]                   \
cron = "@reboot"
  line 5  0 9 * * 1    mail -s hi me%Hello                      -> [jobs.mail]                   \
% became stdin
  line 7  * * * * *    flock -n /tmp/l php artisan schedule:run -> [jobs.artisan-schedule-run]
            ! flock can go: overlap = "skip" is the default
  line 8  */10 * * * * curl -s https://x/cron > /dev/null 2>&1  -> [jobs.curl-x-cron]
            ! output was thrown away; jobrunner keeps it (capture = "none" for the old way)
  PATH=/usr/bin:/bin, SHELL=/bin/bash  -> [defaults]
  MAILTO=ops@example.com  -> [notify.mail], notify_on = \
["failure", "timeout", "lost", "missed", "output"]
            ! sent by SMTP to localhost:25, not through sendmail; smtp = ... names another host
  line 9  "0 5 * *"   ! left out: four fields, cron itself ignores it too
  ! cron starts a job again while it still runs; jobrunner skips that slot and says so \
(overlap = "allow" for the old way)

5 jobs, 1 line left out. Nothing written (--dry-run). To write and take over:
  jobrunner -c jobs.toml import crontab --disable-old
  --disable-old comments out the 5 lines and keeps a copy in {folder}/.jobrunner/import/
"""
# Like crontab(1) of Debian, which lists a carriage return as \r: -l, -e, -u, and - for a new one;
# what it keeps lies beside it.
PROGRAM = """\
#!/bin/sh
user=own
[ "$1" = -u ] && { user=$2; shift 2; }
case $1 in
-l) [ -e "$0.$user" ] || { echo "no crontab for $user" >&2; exit 1; }
    sed 's/\\r/\\\\r/g' "$0.$user" ;;
-e) $VISUAL "$0.$user" ;;
*) [ -e "$0.deny" ] && { echo "you may not" >&2; exit 1; }; cat "$1" > "$0.$user" ;;
esac
"""


@pytest.fixture
def jobs(call, tmp_path):
    path = tmp_path / "jobs.toml"
    path.write_text("# mine\n")
    return path


@pytest.fixture
def cron(tmp_path, monkeypatch, jobs):
    """The file in which the stand-in keeps the crontab of whoever calls it."""
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    kept = program.with_name("crontab.own")
    kept.write_text(TAB)
    return kept


def test_a_dry_run_tells_each_line_and_writes_nothing(call, cron, jobs, tmp_path):
    expected = DRY.format(folder=tmp_path)
    assert call("import", "crontab", "--dry-run") == (0, expected, "")
    assert (cron.read_text(), jobs.read_text()) == (TAB, "# mine\n")


def test_the_jobs_are_in_jobs_toml_and_cron_still_runs_the_lines(call, cron, jobs):
    code, out, _ = call("import", "crontab")
    assert (code, cron.read_text()) == (0, TAB)
    assert out.endswith(
        f"5 jobs, 1 line left out. Added to {jobs}, line 11 and below.\n"
        "  see them: jobrunner -c jobs.toml list    try one: jobrunner -c jobs.toml run backup\n"
        "! Nothing ticks for them yet, so that none comes due. To install:\n"
        f"  {installing(str(jobs), os.getuid(), 'jobrunner -c jobs.toml')}\n"
        "! cron still runs the 5 lines, beside the jobs. Take over:\n"
        "  jobrunner -c jobs.toml import crontab --disable-old\n"
    )


def test_where_something_ticks_nobody_is_told_to_install_it(call, cron, jobs, monkeypatch):
    line = f"* * * * * /opt/bin/jobrunner tick -c {jobs}"
    host = Host(root="/nowhere", user="ann", home="/home/ann", crontab=lambda: line)
    monkeypatch.setattr("jobrunner.engine.move.take.this_host", lambda: host)
    _, out, _ = call("import", "crontab")
    assert "Nothing ticks" not in out


def test_the_style_is_in_the_command_to_type(call, cron, tmp_path):
    (tmp_path / "tab").write_text("* * * * * root x\n")
    _, out, _ = call("import", "crontab", "tab", "--style", "system", "--dry-run")
    assert "import crontab tab --style system --disable-old\n" in out


def test_a_file_that_names_users_is_told_to_be_the_system_s(call, cron, tmp_path):
    (tmp_path / "tab").write_text("* * * * * root x\n@daily daemon y\n")
    _, out, _ = call("import", "crontab", "tab", "--dry-run")
    assert "! each command begins with a user of this host; if that is who runs it: --style" in out


def test_a_file_whose_commands_are_programs_is_a_user_s(call, cron, tmp_path):
    (tmp_path / "tab").write_text("* * * * * root x\n@daily /bin/y\n")
    _, out, _ = call("import", "crontab", "tab", "--dry-run")
    assert "--style" not in out


def test_what_the_lines_share_is_said_once(call, cron, jobs):
    call("import", "crontab")
    found = tomllib.loads(jobs.read_text())
    env = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/bash"}
    assert found["defaults"] == {"shell": "/bin/bash", "cwd": "~", "env": env}
    assert found["jobs"]["backup"] == {
        "cron": "30 2 * * *",
        "command": "/home/deploy/bin/backup.sh",
    }


def test_mail_goes_on_to_be_sent(call, cron, jobs):
    call("import", "crontab")
    found = tomllib.loads(jobs.read_text())
    assert found["notify"] == {"mail": {"mail": "ops@example.com"}}
    assert found["jobs"]["curl-x-cron"]["notify"] == ["mail"]


@pytest.mark.parametrize(("address", "name"), [("ops@example.com", "mail"), ("x@y", "mail-2")])
def test_a_channel_with_that_address_is_used(call, cron, jobs, address, name):
    jobs.write_text(f'[notify.mail]\nmail = "{address}"\n')
    _, out, _ = call("import", "crontab")
    found = tomllib.loads(jobs.read_text())
    assert found["jobs"]["curl-x-cron"]["notify"] == [name]
    assert found["notify"][name]["mail"] == "ops@example.com"
    assert f"-> [notify.{name}], notify_on" in out


def test_jobs_that_are_there_keep_their_defaults(call, cron, jobs):
    jobs.write_text("[jobs.a]\ncommand = 'a'\n")
    call("import", "crontab")
    found = tomllib.loads(jobs.read_text())
    assert "defaults" not in found
    assert found["jobs"]["backup"]["shell"] == "/bin/bash"


def test_old_lines_become_comments_and_can_be_put_back(call, cron, tmp_path):
    _, out, _ = call("import", "crontab", "--disable-old")
    assert cron.read_text().count("\n#jobrunner# ") == 5
    (copy,) = (tmp_path / ".jobrunner/import").iterdir()
    assert f"  undo: crontab {copy}\n" in out
    assert (copy.read_text(), copy.stat().st_mode & 0o777) == (TAB, 0o600)


def test_lines_that_are_jobs_already_can_still_be_disabled(call, cron, jobs):
    call("import", "crontab")
    before = jobs.read_text()
    code, out, _ = call("import", "crontab", "--disable-old")
    assert (code, jobs.read_text()) == (0, before)
    assert "left out: is here already: [jobs.backup]" in out
    assert cron.read_text().count("\n#jobrunner# ") == 5


def test_a_file_is_disabled_to_the_byte_and_keeps_its_mode(call, jobs, tmp_path):
    tab = tmp_path / "tab"
    tab.write_bytes(b"# caf\xe9\r\n* * * * * x\n* * * * * y")
    tab.chmod(0o640)
    call("import", "crontab", "tab", "--disable-old")
    assert tab.read_bytes() == b"# caf\xe9\r\n#jobrunner# * * * * * x\n#jobrunner# * * * * * y"
    assert tab.stat().st_mode & 0o777 == 0o640
    (copy,) = (tmp_path / ".jobrunner/import").iterdir()
    assert copy.read_bytes() == b"# caf\xe9\r\n* * * * * x\n* * * * * y"


def test_the_tick_s_own_line_stays(call, jobs, tmp_path):
    tab = tmp_path / "tab"
    tab.write_text("* * * * * jobrunner tick\n* * * * * x\n")
    call("import", "crontab", "tab", "--disable-old")
    assert tab.read_text() == "* * * * * jobrunner tick\n#jobrunner# * * * * * x\n"


def test_a_carriage_return_stays_in_the_crontab(call, cron, jobs):
    cron.write_bytes(b"# mine\r\n0 1 * * * true\r\n")
    assert call("import", "crontab", "--disable-old")[0] == 0
    assert cron.read_bytes() == b"# mine\r\n#jobrunner# 0 1 * * * true\r\n"


def test_where_cron_takes_no_new_crontab_both_are_said_to_run(call, cron, jobs):
    cron.with_name("crontab.deny").touch()
    code, _, complaint = call("import", "crontab", "--disable-old")
    assert code == 4
    assert "your crontab still has its lines, and" in complaint
    assert "you may not" in complaint
    assert cron.read_text() == TAB


def test_a_crontab_that_jobs_toml_reads_is_not_taken_twice(call, jobs, tmp_path):
    (tmp_path / "tab").write_text("* * * * * x\n")
    jobs.write_text("crontabs = ['tab']\n")
    code, _, complaint = call("import", "crontab", "tab")
    assert code == 1
    assert complaint.startswith(f"Error: the lines of {tmp_path}/tab are jobs already: `crontabs`")


def test_a_crontab_with_an_error_left_in_it_changes_nothing(call, jobs, tmp_path):
    (tmp_path / "tab").write_text("CRON_TZ=Nowhere/Land\n* * * * * x\n")
    code, _, complaint = call("import", "crontab", "tab", "--disable-old")
    assert (code, jobs.read_text()) == (3, "# mine\n")
    assert "E109" in complaint
    assert (tmp_path / "tab").read_text() == "CRON_TZ=Nowhere/Land\n* * * * * x\n"


def test_json_has_an_object_a_line_and_its_talk_elsewhere(call, cron):
    _, out, talk = call("import", "crontab", "--dry-run", "--json")
    rows = json.loads(out)
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert rows[6]["job"] == "artisan-schedule-run"
    assert rows[8] == {
        "source": "your crontab",
        "line": 9,
        "what": "0 5 * *",
        "job": None,
        "left_out": "four fields, cron itself ignores it too",
        "notes": [],
    }
    assert talk.startswith("5 jobs, 1 line left out.")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--user", "nobody-at-all"], 5, 'user "nobody-at-all" has no crontab.'),
        (["nowhere"], 3, "nowhere"),
        (["tab", "--system"], 2, "three places: give one"),
    ],
)
def test_what_cannot_be_read_is_said(call, cron, arguments, code, words):
    found, out, complaint = call("import", "crontab", *arguments)
    assert (found, out) == (code, "")
    assert words in complaint


def test_without_cron_s_program_a_file_is_asked_for(call, jobs, tmp_path):
    code, _, complaint = call("import", "crontab", PATH=str(tmp_path))
    assert code == 3
    assert complaint.endswith("Name a file instead: jobrunner import crontab FILE\n")


def test_on_a_terminal_no_line_is_wider_than_it(call, cron):
    _, out, _ = call("import", "crontab", "--dry-run", FORCE_TTY="1", JOBRUNNER_COLUMNS="100")
    assert max(map(len, out.split("\n\n")[0].splitlines())) <= 100


def test_where_there_is_no_jobs_toml_the_user_s_is_made(tmp_path, monkeypatch, call):
    (tmp_path / "tab").write_text("* * * * * x\n")
    (tmp_path / "jobs.toml").unlink()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = Path(tmp_path / "config/jobrunner/jobs.toml")
    assert main_without_config("import", "crontab", "tab") == 0
    assert tomllib.loads(made.read_text())["jobs"]["x"]["command"] == "x"


def main_without_config(*arguments):

    return run(arguments, clock=FakeClock())


UNITS = {
    "backup.timer": "[Timer]\nOnCalendar=02:30\n",
    "backup.timer.d/10-late.conf": "[Timer]\nOnCalendar=\nOnCalendar=04:00\n",
    "backup.service": "[Service]\nExecStart=/bin/true\n",
}


def test_a_timer_comes_with_its_service_and_its_drop_ins(call, jobs, tmp_path):
    for name, text in UNITS.items():
        (tmp_path / "units" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "units" / name).write_text(text)
    code, out, _ = call("import", "systemd", "units/backup.timer")
    assert code == 0
    assert "! Until it is stopped, both run the jobs: systemctl disable --now backup.timer" in out
    found = tomllib.loads(jobs.read_text())["jobs"]["backup"]
    assert found == {"cron": "0 4 * * *", "command": ["/bin/true"], "cwd": "/"}


def test_of_a_user_s_units_home_is_looked_through(call, jobs, tmp_path):
    folder = tmp_path / "systemd/user"
    folder.mkdir(parents=True)
    (folder / "my.timer").write_text(UNITS["backup.timer"])
    (folder / "my.service").write_text(UNITS["backup.service"])
    code, _, _ = call("import", "systemd", "my", "--user", XDG_CONFIG_HOME=str(tmp_path))
    assert code == 0
    assert tomllib.loads(jobs.read_text())["jobs"]["my"]["cwd"] == "~"


def test_a_timer_that_there_is_not_is_said(call, jobs):
    code, _, complaint = call("import", "systemd", "nowhere")
    assert code == 5
    assert complaint.startswith('Error: no timer named "nowhere.timer".')


def test_a_report_of_yacron_s_goes_on_by_mail(call, jobs, tmp_path):
    report = "report: {mail: {to: ops@x, smtpHost: mail.x}}"
    job = f"{{name: a, command: x, schedule: '@daily', onSuccess: {{{report}}}}}"
    (tmp_path / "y.yaml").write_text(f"jobs: [{job}]\n")
    assert call("import", "yacron", "y.yaml")[0] == 0
    found = tomllib.loads(jobs.read_text())
    assert found["notify"] == {"mail": {"mail": "ops@x", "smtp": "mail.x"}}
    assert found["jobs"]["a"]["notify_on"] == ["success"]


def test_a_folder_of_yacron_s_files_is_read(call, jobs, tmp_path):
    (tmp_path / "y").mkdir()
    job = "jobs:\n  - {name: %s, command: x, schedule: '@daily'}\n"
    (tmp_path / "y/b.yaml").write_text(f"include: [_inc.yaml]\n{job % 'a b'}")
    (tmp_path / "y/a.yaml").write_text(job % "a-b")
    (tmp_path / "y/_inc.yaml").write_text("defaults: {user: www}\n")
    code, out, _ = call("import", "yacron", "y")
    assert (code, "2 jobs. Added" in out) == (0, True)
    assert tomllib.loads(jobs.read_text())["jobs"]["a-b-2"]["user"] == "www"


def test_a_crontab_can_be_piped_in(call, jobs, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"* * * * * deploy x\n")))
    code, out, _ = call("import", "crontab", "-", "--style", "system")
    assert (code, out.startswith("From standard input, 1 line:\n")) == (0, True)
    assert "--disable-old" not in out
    assert tomllib.loads(jobs.read_text())["jobs"]["x"]["user"] == "deploy"


def test_a_pipe_cannot_be_disabled(call, jobs):
    code, _, complaint = call("import", "crontab", "-", "--disable-old")
    assert (code, "needs a crontab of cron's or a file" in complaint) == (2, True)


def test_where_no_copy_can_be_kept_nothing_is_changed(call, cron, jobs, tmp_path):
    (tmp_path / ".jobrunner").mkdir()
    (tmp_path / ".jobrunner/import").symlink_to(tmp_path)
    code, _, complaint = call("import", "crontab", "--disable-old")
    assert (code, "Nothing was changed." in complaint) == (3, True)
    assert (cron.read_text(), jobs.read_text()) == (TAB, "# mine\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: copies beside others' state (not root)")
def test_a_folder_of_somebody_else_is_no_place_for_copies(call, cron, jobs, tmp_path):
    (tmp_path / ".jobrunner/import").mkdir(parents=True)
    os.chown(tmp_path / ".jobrunner/import", 65534, 65534)
    code, _, complaint = call("import", "crontab", "--disable-old")
    assert (code, "who could take copies away" in complaint) == (4, True)
    assert (cron.read_text(), jobs.read_text()) == (TAB, "# mine\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: copies beside others' state (not root)")
def test_root_keeps_copies_in_the_state_of_the_service_s_user(call, cron, jobs, tmp_path):
    (tmp_path / ".jobrunner").mkdir()
    os.chown(tmp_path / ".jobrunner", 65534, 65534)
    assert call("import", "crontab", "--disable-old")[0] == 0
    assert (tmp_path / ".jobrunner/import").stat().st_mode & 0o777 == 0o700


def test_an_instance_comes_from_its_template(call, jobs, tmp_path):
    (tmp_path / "dump@.timer").write_text(UNITS["backup.timer"])
    (tmp_path / "dump@.service").write_text("[Service]\nExecStart=/bin/dump %i %n\n")
    assert call("import", "systemd", "./dump@main.timer")[0] == 0
    found = tomllib.loads(jobs.read_text())["jobs"]["dump-main"]
    assert found["command"] == ["/bin/dump", "main", "dump@main.service"]


def test_a_template_alone_is_no_timer(call, jobs):
    code, _, complaint = call("import", "systemd", "dump@.timer")
    assert (code, "Name an instance of it, as dump@NAME.timer" in complaint) == (5, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: jobs that only root can run (not root)")
def test_lines_that_nobody_could_run_are_left_to_cron(call, jobs, tmp_path):
    (tmp_path / ".jobrunner").mkdir(exist_ok=True)
    os.chown(tmp_path / ".jobrunner", 65534, 65534)
    (tmp_path / "tab").write_text("* * * * * root x\n@daily daemon y\n")
    words = ("import", "crontab", "tab", "--style", "system")
    code, _, complaint = call(*words, "--disable-old")
    assert (code, jobs.read_text()) == (4, "# mine\n")
    assert "Error: x and y would not run: " in complaint
    assert f"sudo chown -R root: {tmp_path}/.jobrunner && sudo jobrunner install" in complaint
    _, told, _ = call(*words, "--dry-run")
    assert "! x and y would not run: " in told


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: jobs that only root can run (not root)")
def test_lines_of_whoever_supervises_are_taken_over(call, jobs, tmp_path):
    (tmp_path / ".jobrunner").mkdir(exist_ok=True)
    os.chown(tmp_path / ".jobrunner", 65534, 65534)
    (tmp_path / "tab").write_text("* * * * * nobody x\n")
    _, told, _ = call("import", "crontab", "tab", "--style", "system", "--dry-run")
    assert "would not run" not in told
