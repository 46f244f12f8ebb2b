"""An attempt as a real supervisor makes it: who it is, what it is given, how its end is told."""

import json
import os
import pwd
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from jobrunner.engine.wake import poke
from jobrunner.model.run import State, Trigger
from jobrunner.store.value import Request
from tests.engine.theatre import CLOCK, Theatre

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: a change of user, without root")
OURS = {"LANG": "C.UTF-8", "LC_TIME": "C", "SAUCE": "soy"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SHORT = 200
LONG = "x" * 200_000
SLOT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
DATES = ["echo", "{slot-1d:%Y-%m-%d %H:%M:%S}", "{slot:%Y-%m-%d %H:%M:%S}"]


@pytest.fixture(scope="module")
def theatre():
    # Not below pytest's folder, which only its owner may enter: some jobs are somebody else's.
    with TemporaryDirectory(prefix="jobrunner-") as name, pytest.MonkeyPatch.context() as patch:
        for variable, value in OURS.items():
            patch.setenv(variable, value)
        folder = Path(name)
        folder.chmod(0o755)
        theatre = Theatre(folder)
        theatre.write(job("true"))
        theatre.start()
        yield theatre
        theatre.close()


def job(command, *lines, name="it"):
    """One table of jobs.toml; a string is a shell's line."""
    return "\n".join([f"[jobs.{name}]", f"command = {json.dumps(command)}", *lines, ""])


def play(theatre, command, *lines, **order):
    theatre.write(job(command, *lines))
    return theatre.play("it", **order)


def due(theatre):
    """The first run of a slot, when it is over."""

    def found():
        return [run for run in theatre.runs("it") if run.trigger is Trigger.SCHEDULE]

    theatre.until(found)
    return found()[0]


def tell(theatre, command, *lines, **order):
    """What a command writes that succeeds."""
    run = play(theatre, command, *lines, **order)
    assert run.state is State.SUCCESS, run
    return theatre.output(run)


# -- who it is


@as_root
def test_a_user_has_its_own_groups_and_no_others(theatre):
    nobody = pwd.getpwnam("nobody")
    told = tell(theatre, "id -u; id -g; id -G", 'user = "nobody"')
    assert told == f"{nobody.pw_uid}\n{nobody.pw_gid}\n{nobody.pw_gid}\n"


@as_root
def test_a_group_takes_the_place_of_the_users_first_one(theatre):
    told = tell(theatre, "id -u; id -g; id -G", 'user = "nobody"', 'group = "daemon"')
    assert told == f"{pwd.getpwnam('nobody').pw_uid}\n1\n1\n"


@as_root
def test_a_group_can_be_had_without_a_user(theatre):
    assert tell(theatre, "id -u; id -g", 'group = "daemon"') == "0\n1\n"


@as_root
def test_a_user_has_the_variables_of_its_account(theatre):
    nobody = pwd.getpwnam("nobody")
    told = tell(theatre, 'echo "$HOME $USER $LOGNAME $SHELL"', 'user = "nobody"')
    assert told == f"{nobody.pw_dir} nobody nobody {nobody.pw_shell}\n"


@as_root
def test_a_user_can_leave_a_result_and_look_at_nobody_elses(theatre):
    line = 'echo \'{"message": "mine"}\' >$JOBRUNNER_RESULT; ls ${JOBRUNNER_RESULT%/*} && exit 3'
    run = play(theatre, f"{line}; true", 'user = "nobody"')
    assert (run.state, run.message) == (State.SUCCESS, "mine")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('user = "none-such"', "this host has no user 'none-such'"),
        ('group = "none-such"', "this host has no group 'none-such'"),
    ],
)
def test_an_account_that_is_not_there_is_told(theatre, line, reason):
    run = play(theatre, "true", line)
    assert (run.state, run.reason) == (State.FAILED, reason)


# -- what it is given


def test_the_environment_is_clean(theatre):
    told = tell(theatre, ["env"])
    names = {line.partition("=")[0] for line in told.splitlines()}
    mine = {f"JOBRUNNER_{name}" for name in ("JOB", "RUN_ID", "RUN_UUID", "ATTEMPT", "HOST")}
    mine |= {f"JOBRUNNER_{name}" for name in ("MAX_ATTEMPTS", "SCHEDULED_FOR", "TRIGGER")}
    mine |= {f"JOBRUNNER_{name}" for name in ("PREVIOUS_SUCCESS", "RESULT", "MARK")}
    mine |= {"TRACEPARENT"}
    shells = {"PWD", "_", "SHLVL"}
    inherited = {name for name in os.environ if name in {"LANG", "TZ"} or name.startswith("LC_")}
    personal = {"PATH", "HOME", "USER", "LOGNAME", "SHELL"}
    assert names - shells == mine | inherited | personal
    assert f"PATH={PATH}\n" in told


@pytest.mark.parametrize(
    ("inherits", "told"),
    [("true", "C.UTF-8 C "), ("false", "  "), ('["SAUCE"]', "C.UTF-8 C soy")],
)
def test_what_the_supervisor_has_is_inherited_by_name(theatre, inherits, told):
    line = 'echo "$LANG $LC_TIME $SAUCE"'
    assert tell(theatre, line, f"inherit_env = {inherits}") == f"{told}\n"


def test_later_sources_of_variables_win(theatre):
    (theatre.folder / "first.env").write_text("A=1\nB=1\nC=1\n")
    (theatre.folder / "second.env").write_text("export B='2'\nC=2\n")
    files = 'env_file = ["first.env", "second.env", "?none.env"]'
    assert tell(theatre, "echo $A $B $C", files, 'env = { C = "3" }') == "1 2 3\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "env_file {folder}/it.env cannot be read: No such file or directory"),
        ("A=1\nB = 2\n", "line 2: it is not NAME=VALUE"),
        ("A=1\0\n", "line 1: it holds a NUL character"),
    ],
)
def test_a_file_of_variables_that_cannot_be_used_is_told(theatre, content, reason):
    (theatre.folder / "it.env").unlink(missing_ok=True)
    if content is not None:
        (theatre.folder / "it.env").write_text(content)
    run = play(theatre, "true", 'env_file = "it.env"')
    assert run.state is State.FAILED
    assert reason.format(folder=theatre.folder) in run.reason


@pytest.mark.parametrize(
    ("command", "line", "told"),
    [
        ("umask", "", "0022\n"),
        ("umask", 'umask = "077"', "0077\n"),
        ("cat", "", ""),
        ("cat", 'stdin = "Grüße\\n"', "Grüße\n"),
        ("ls /proc/self/fd", "", "0\n1\n2\n3\n"),
        ("echo $0", 'shell = ["/bin/sh", "-u"]', "/bin/sh\n"),
        (["echo", "$HOME;", "*"], "", "$HOME; *\n"),
        ("pwd", 'cwd = "/usr"', "/usr\n"),
        ("nice", "", "0\n"),
        ("nice", "limits = { nice = 7 }", "7\n"),
        ("ulimit -v", 'limits = { memory = "512MiB" }', "524288\n"),
        ("ulimit -t", 'limits = { cpu_time = "90s" }', "90\n"),
        ("ulimit -n", "limits = { open_files = 33 }", "33\n"),
        ("ulimit -p 2>/dev/null || ulimit -u", "limits = { processes = 99 }", "99\n"),
    ],
)
def test_a_setting_is_in_force_when_the_command_begins(theatre, command, line, told):
    assert tell(theatre, command, line) == told


def test_a_command_begins_in_the_folder_of_its_file(theatre):
    assert tell(theatre, "pwd") == f"{theatre.folder}\n"


def test_a_folder_that_is_missing_is_told(theatre):
    run = play(theatre, "true", 'cwd = "none/such"')
    assert run.state is State.FAILED
    assert run.reason == f"the folder {theatre.folder}/none/such is not there (cwd)"


@as_root
def test_a_folder_that_its_user_may_not_enter_is_told(theatre):
    (theatre.folder / "closed").mkdir(mode=0o700, exist_ok=True)
    run = play(theatre, "true", 'cwd = "closed"', 'user = "nobody"')
    assert run.reason == f"the folder {theatre.folder}/closed cannot be entered"


@pytest.mark.parametrize("more", [(), pytest.param(('user = "nobody"',), marks=as_root)])
@pytest.mark.parametrize("command", [["echo", LONG], f": {LONG}", ["true", *["x" * 90_000] * 25]])
def test_what_is_too_long_for_the_kernel_fails(theatre, command, more):
    run = play(theatre, command, *more)
    assert run.state is State.FAILED
    assert "Argument list too long" in run.reason or run.exit_code == 126
    assert tell(theatre, "echo on") == "on\n"


# -- parameters and dates


def test_a_parameter_reaches_the_command(theatre):
    params = 'params = { name = { pattern = "\\\\S+" }, two = { default = "b" } }'
    line = ["sh", "-c", 'echo "$0 $JOBRUNNER_PARAM_NAME"', "{param.two}"]
    assert tell(theatre, line, params, params={"name": "$(id)"}) == "b $(id)\n"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"name": "c"}, 'parameter name cannot be "c": give "a" or "b"'),
        ({"name": "a\0"}, "parameter name holds a NUL character, which nothing can be passed"),
        ({"nmae": "a"}, 'job it has no parameter "nmae": did you mean "name"?'),
    ],
)
def test_a_parameter_that_cannot_be_given_fails_the_run(theatre, given, reason):
    run = play(theatre, "true", 'params = { name = { choices = ["a", "b"] } }', params=given)
    assert (run.state, run.reason) == (State.FAILED, reason)


def test_a_request_that_cannot_be_read_ends_no_supervisor(theatre):
    theatre.write(job("echo on"))
    number = theatre.store.ask(make_request("{"))
    assert theatre.play("it").state is State.SUCCESS
    assert theatre.answer(number).done is False


def test_a_slot_and_its_retry_have_the_slots_own_dates(theatre):
    theatre.write(job(DATES, 'cron = "* * * * * *"', 'timezone = "Asia/Tokyo"'))
    poke(theatre.state)
    run = due(theatre)
    theatre.write(job(DATES, 'timezone = "Asia/Tokyo"'))
    wall = run.scheduled_for + timedelta(hours=9)
    told = f"{wall - timedelta(days=1):%F %T} {wall:%F %T}\n"
    again = theatre.answer(theatre.ask("retry", run=run.id))
    assert theatre.output(run) == told
    assert theatre.output(theatre.end_of(int(again.answer))) == told


def test_a_backfilled_slot_has_its_own_dates(theatre):
    order = {"trigger": Trigger.BACKFILL, "slot_of": SLOT}
    told = tell(theatre, DATES, 'timezone = "Asia/Tokyo"', **order)
    assert told == "2026-02-28 11:30:00 2026-03-01 11:30:00\n"


@pytest.mark.parametrize("line", ["", 'initial_delay = "1h"'])
@pytest.mark.parametrize(("second", "which"), [(0, "first"), (21, "second"), (1, "none")])
def test_a_slot_has_the_variables_of_its_own_schedule(theatre, line, second, which):
    schedules = """schedules = [
        { cron = "0 0 * * *", timezone = "Asia/Tokyo", env = { WHICH = "first" } },
        { every = "7s", env = { WHICH = "second" } },
    ]"""
    theatre.write(job("true", line, schedules, 'env = { WHICH = "none" }'))
    poke(theatre.state)
    seen = theatre.store.marks()["it", ""].first_seen_at
    slot = seen + timedelta(seconds=second) if second else datetime(2026, 3, 1, 15, tzinfo=UTC)
    theatre.write(job("echo $WHICH", line, schedules, 'env = { WHICH = "none" }'))
    run = theatre.play("it", trigger=Trigger.BACKFILL, slot_of=slot)
    assert theatre.output(run) == f"{which}\n"


# -- how its end is told


@pytest.mark.parametrize(
    ("command", "line", "reason"),
    [
        ("exit 3", "", "exit 3"),
        ("exit 3", "success_codes = [0, 3]", ""),
        ("exit 0", "success_codes = [3]", "exit 0"),
        ("none-such", "", "exit 127: command not found"),
        ("/etc/passwd", "", "exit 126: not executable"),
        (["/etc/passwd"], "", "/etc/passwd: Permission denied"),
        (["none-such"], "", "none-such: No such file or directory"),
        ("kill -9 $$", "", "exit 137: SIGKILL or exit 137, often out of memory"),
        ("kill -SEGV $$", "", "exit 139: SIGSEGV or exit 139, often a bug of the program"),
        ("kill -HUP $$", "", "exit 129: SIGHUP or exit 129"),
        ("kill -TERM 0", "", "exit 143: SIGTERM or exit 143"),
        ("while :; do :; done", 'limits = { cpu_time = "1s" }', "exit 152: SIGXCPU or exit 152"),
        ("echo 5 tables", "expect = { output = '\\d+ tables' }", ""),
        ("echo", "expect = { output = 'x' }", 'expect.output: "x" is not in the output'),
        ("echo x", "expect = { not_output = 'x' }", 'expect.not_output: "x" is in the output'),
        ("echo x >new", "expect = { file = 'new', newer = true, min_size = 2 }", ""),
        ("rm -f no", "expect = { file = 'no' }", "expect.file: {folder}/no: No such file"),
        ("echo >s", "expect = { file = 's', min_size = 9 }", "s has 1 byte, fewer than"),
        ("touch -d 2020-01-01 o", "expect = { file = 'o', newer = true }", "was last changed at"),
        ("true", "expect = { min_duration = '5s' }", "expect.min_duration: it ended after 0."),
        ("exit 3", "expect = { output = 'x' }", "exit 3"),
        (
            """echo '{"success": false, "message": "5 rows lack"}' >$JOBRUNNER_RESULT""",
            "",
            "5 rows lack",
        ),
        ("""echo '{"success": true}' >$JOBRUNNER_RESULT; exit 1""", "", "exit 1"),
    ],
)
def test_an_end_is_judged_and_told_in_words(theatre, command, line, reason):
    run = play(theatre, command, line)
    assert run.state is (State.FAILED if reason else State.SUCCESS)
    assert reason.format(folder=theatre.folder) in run.reason
    assert bool(run.reason) is bool(reason)


def test_a_pattern_that_takes_for_ever_is_given_up(theatre):
    run = play(theatre, f"echo {'a' * 5000}", "expect = { output = '(a+)+$(?<=b)' }")
    assert run.state is State.FAILED
    assert "it takes too long to tell" in run.reason


def test_a_result_is_kept(theatre):
    left = {"message": " done ", "data": {"rows": [1, None]}, "metrics": {"rows": 5, "ok": 0.5}}
    line = ["sh", "-c", f"echo '{json.dumps(left)}' >$JOBRUNNER_RESULT"]
    run = play(theatre, line)
    assert (run.state, run.message, run.error) == (State.SUCCESS, "done", "")
    kept = json.loads(run.result)
    assert kept["data"] == {"rows": [1, None]}
    assert kept["metrics"] == {"rows": 5, "ok": 0.5}


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("echo '[1]' >$JOBRUNNER_RESULT", "$JOBRUNNER_RESULT holds"),
        ("echo '{' >$JOBRUNNER_RESULT", "$JOBRUNNER_RESULT is not JSON"),
        ("printf '\\377' >$JOBRUNNER_RESULT", "$JOBRUNNER_RESULT is not JSON"),
        ("yes '[' | head -c 200000 >$JOBRUNNER_RESULT", "$JOBRUNNER_RESULT is not JSON"),
        ("yes | head -c 2000000 >$JOBRUNNER_RESULT", "$JOBRUNNER_RESULT is over 256 KiB"),
        ("truncate -s 1T $JOBRUNNER_RESULT", "$JOBRUNNER_RESULT is over 256 KiB"),
        ("ln -sf /etc/passwd $JOBRUNNER_RESULT", "$JOBRUNNER_RESULT cannot be read"),
        ("ln -f /etc/passwd $JOBRUNNER_RESULT", "is not the file that was made for it"),
        ("rm $JOBRUNNER_RESULT; mkfifo $JOBRUNNER_RESULT", "is not the file that was made"),
        ("rm $JOBRUNNER_RESULT; mkdir $JOBRUNNER_RESULT", "is not the file that was made"),
        ("rm $JOBRUNNER_RESULT", ""),
        ("""echo '{"metrics": {"a b": 1}}' >$JOBRUNNER_RESULT""", "is not the name of a metric"),
        ("""echo '{"next_in": -1e400}' >$JOBRUNNER_RESULT""", "$JOBRUNNER_RESULT"),
        ("""echo '{"next_in": "999999999d"}' >$JOBRUNNER_RESULT""", "$JOBRUNNER_RESULT"),
        ("""echo '{"next_in": 1e300}' >$JOBRUNNER_RESULT""", "$JOBRUNNER_RESULT"),
        ("""echo '{"message": "\\u0000\\ud800"}' >$JOBRUNNER_RESULT""", "$JOBRUNNER_RESULT"),
    ],
)
def test_a_hostile_result_is_told_and_changes_nothing(theatre, command, told):
    run = play(theatre, command)
    assert run.state is State.SUCCESS
    assert told in run.error
    assert bool(run.error) is bool(told)
    assert tell(theatre, "echo on") == "on\n"


def test_what_it_used_is_recorded(theatre):
    line = "import time; b = b'x' * (60 << 20); t = time.process_time\nwhile t() < 0.3: pass"
    run = play(theatre, [sys.executable, "-S", "-c", line])
    assert 0.3 <= run.cpu.total_seconds() < 3
    assert run.max_rss > 60 << 20
    assert run.duration.total_seconds() >= 0.3


def test_many_short_jobs_leave_nothing_behind(theatre):
    theatre.write(job("true", 'overlap = "allow"'))
    supervisor = theatre.supervisors[-1].pid
    before = held(supervisor)
    kept = {*left(theatre, "run/spool"), *left(theatre, "result")}
    numbers = [theatre.store.ask(make_request()) for _ in range(SHORT)]
    poke(theatre.state)
    runs = [theatre.end_of(int(theatre.answer(number).answer)) for number in numbers]
    assert {run.state for run in runs} == {State.SUCCESS}
    assert children(supervisor) == []
    assert held(supervisor) <= before + 2
    theatre.until(lambda: {*left(theatre, "run/spool"), *left(theatre, "result")} <= kept)


def left(theatre, folder):
    return [*Path(theatre.state.folder, folder).iterdir()]


def make_request(arguments=""):
    return Request(kind="run", job="it", arguments=arguments, asked_by="ann", asked_at=CLOCK.now())


def children(pid):
    """The processes that somebody has not waited for yet."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def held(pid):
    """How many descriptors a process has."""
    return len([*Path(f"/proc/{pid}/fd").iterdir()])
