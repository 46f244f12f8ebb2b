"""A real supervisor: what is due runs once, ends are recorded, and nothing outlives a stop."""

import os
import re
import signal
import subprocess
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State as Folder
from jobrunner.engine.wake import poke
from jobrunner.errors import StoreSchemaError
from jobrunner.model.pause import Pause
from jobrunner.model.run import State, Trigger
from jobrunner.store.sqlite.migration import migrate
from tests.engine.theatre import CLOCK, PATIENCE, PROGRAM, Theatre


@pytest.fixture
def theatre(tmp_path):
    theatre = Theatre(tmp_path)
    yield theatre
    theatre.close()


def job(name, command, *lines):
    """One table of jobs.toml; the command is a shell's line."""
    return "\n".join([f"[jobs.{name}]", f"command = '''{command}'''", *lines, ""])


def alive(marker):
    """The processes with this among their arguments."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if marker.encode() in arguments:
            found.append(int(folder.name))
    return found


def test_each_slot_runs_once_at_its_time(theatre):
    theatre.write(job("beat", "echo $JOBRUNNER_SCHEDULED_FOR", 'cron = "* * * * * *"'))
    theatre.start()
    runs = theatre.runs("beat", 3)[:3]
    assert {run.state for run in runs} == {State.SUCCESS}
    gaps = [(b.scheduled_for - a.scheduled_for).total_seconds() for a, b in pairwise(runs)]
    assert gaps == [1, 1]
    assert all((run.started_at - run.scheduled_for).total_seconds() < 1 for run in runs)


def test_code_output_and_what_it_used_are_recorded(theatre):
    theatre.write(job("talk", "echo out; echo err >&2; exit 3"))
    theatre.start()
    run = theatre.play("talk")
    assert (run.state, run.exit_code, run.trigger) == (State.FAILED, 3, Trigger.MANUAL)
    assert theatre.output(run) == "out\nerr\n"
    assert run.output_size == 8
    assert run.cpu.total_seconds() > 0
    assert run.max_rss > 0


def test_a_run_that_takes_long_says_so(theatre):
    theatre.write(job("slow", "sleep 0.2", 'slow_after = "100ms"'))
    theatre.start()
    run = theatre.play("slow")
    assert run.state is State.SUCCESS
    assert run.error == "slow: it took longer than 0.1 seconds (slow_after)"


def test_what_cannot_be_started_fails_with_a_reason(theatre):
    theatre.write('[jobs.gone]\ncommand = ["/none/such"]\n')
    theatre.start()
    run = theatre.play("gone")
    assert (run.state, run.reason) == (State.FAILED, "/none/such: No such file or directory")


def test_a_failed_attempt_is_tried_again_in_the_same_run(theatre):
    retry = 'retry = { attempts = 2, delay = "100ms", backoff = "constant" }'
    theatre.write(job("flaky", "test $JOBRUNNER_ATTEMPT = 2", retry))
    theatre.start()
    run = theatre.play("flaky")
    assert (run.state, run.attempts) == (State.SUCCESS, 2)
    assert [each.state for each in theatre.store.attempts(run.id)] == [State.FAILED, State.SUCCESS]


def test_a_timeout_ends_all_that_was_started(theatre):
    line = "(trap '' TERM; exec sleep 271828.1) & exec sleep 271828.1"
    theatre.write(job("slow", line, 'timeout = "300ms"', 'kill_after = "300ms"'))
    theatre.start()
    run = theatre.play("slow")
    assert (run.state, run.exit_code) == (State.TIMEOUT, 143)
    assert alive("271828.1") == []


def test_children_of_a_shell_that_ends_at_once_have_their_grace(theatre, tmp_path):
    child = f"trap 'echo clean >{tmp_path}/left; exit' TERM; echo >{tmp_path}/fifo"
    line = f'sh -c "{child}; while :; do sleep 0.05; done" & trap "exit 1" TERM; wait'
    os.mkfifo(tmp_path / "fifo")
    theatre.write(job("family", line))
    theatre.start()
    run = theatre.run("family")
    (tmp_path / "fifo").read_text()
    theatre.ask("stop", run=run)
    assert theatre.end_of(run).reason == "stopped by ann"
    assert (tmp_path / "left").read_text() == "clean\n"


def test_a_run_that_waits_can_be_stopped_too(theatre):
    retry = 'retry = { attempts = 1, delay = "1h" }'
    theatre.write(job("flaky", "exit 1", retry))
    theatre.start()
    run = theatre.run("flaky")
    theatre.until(lambda: theatre.store.run(run).state is State.RETRYING)
    assert theatre.answer(theatre.ask("stop", run=run)).done
    assert theatre.end_of(run).state is State.STOPPED


def test_a_second_run_by_hand_is_refused_while_one_goes_on(theatre):
    theatre.write(job("long", "exec sleep 60"))
    theatre.start()
    run = theatre.run("long")
    answer = theatre.answer(theatre.ask(job="long"))
    assert not answer.done
    assert re.fullmatch(rf"long is already \w+: #{run}", answer.answer)


def test_an_overlap_that_is_asked_for_outranks_the_jobs_own(theatre, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    theatre.write(job("long", f"cat {tmp_path}/fifo"))
    theatre.start()
    first, second = theatre.run("long"), theatre.run("long", overlap="allow")
    theatre.until(lambda: len(theatre.store.live()) == 2)
    assert {run.id for run in theatre.store.live()} == {first, second}


def test_replacing_stops_the_run_before_and_then_starts(theatre):
    theatre.write(job("long", "exec sleep 60", 'overlap = "replace"'))
    theatre.start()
    first = theatre.run("long")
    theatre.until(lambda: theatre.store.run(first).state is State.RUNNING)
    second = theatre.run("long")
    assert theatre.end_of(first).state is State.STOPPED
    theatre.until(lambda: theatre.store.run(second).state is State.RUNNING)


def test_jobs_with_one_lock_never_run_together(theatre, tmp_path):
    line = f"mkdir {tmp_path}/held && sleep 0.05 && rmdir {tmp_path}/held"
    tables = [job(f"j{n}", line, 'lock = "db"', 'overlap = "queue"') for n in range(4)]
    theatre.write("\n".join(tables))
    theatre.start()
    runs = [theatre.run(f"j{n}") for n in range(4)]
    assert {theatre.end_of(run).state for run in runs} == {State.SUCCESS}


def test_a_chain_carries_its_slot_and_stops_at_a_failure(theatre):
    theatre.write(
        job("first", "true", "at = 2100-01-01T00:00:00Z")
        + job("second", "exit 1", 'after = ["first"]')
        + job("third", "true", 'after = ["second"]')
    )
    theatre.start()
    theatre.play("first")
    second, third = theatre.runs("second")[0], theatre.runs("third")[0]
    assert (second.state, second.trigger) == (State.FAILED, Trigger.AFTER)
    assert (third.state, third.reason) == (State.SKIPPED, f"after second: #{second.id} failed")


def test_who_follows_is_told_which_run_it_follows(theatre):
    theatre.write(
        job("first", "true") + job("second", "echo $JOBRUNNER_AFTER_RUN_ID", 'after = ["first"]')
    )
    theatre.start()
    first = theatre.play("first")
    assert theatre.output(theatre.runs("second")[0]) == f"{first.id}\n"


def test_a_breaker_keeps_slots_out_once_enough_have_failed(theatre):
    theatre.write(
        job("down", "exit 1", 'cron = "* * * * * *"', 'breaker = { after = 2, cooldown = "1h" }')
    )
    theatre.start()
    runs = theatre.runs("down", 3)
    assert [run.state for run in runs[:3]] == [State.FAILED, State.FAILED, State.SKIPPED]
    assert runs[2].reason == "breaker open after 2 failures in a row"


def test_slots_of_a_paused_job_are_skipped_with_who_and_why(theatre):
    theatre.write(job("beat", "true", 'cron = "* * * * * *"'))
    theatre.store.pause("beat", Pause(by="ann", reason="db1", since=CLOCK.now()))
    theatre.start()
    run = theatre.runs("beat")[0]
    assert (run.state, run.reason) == (State.SKIPPED, "paused by ann: db1")


def test_a_job_asks_for_its_next_slot(theatre):
    line = """echo '{"next_in": 1, "message": "done"}' >$JOBRUNNER_RESULT"""
    theatre.write(job("work", line))
    theatre.start()
    assert theatre.play("work").message == "done"
    assert theatre.runs("work", 2)[1].trigger is Trigger.SCHEDULE


def test_an_interval_from_the_end_counts_from_there(theatre):
    theatre.write(job("poll", "sleep 0.3", 'every = "1s"', 'every_from = "end"'))
    theatre.start()
    first, second = theatre.runs("poll", 2)[:2]
    assert (second.scheduled_for - first.finished_at).total_seconds() == pytest.approx(1, abs=0.01)


def test_a_file_that_changed_counts_at_the_next_ring(theatre):
    theatre.write(job("old", "true"))
    theatre.start()
    theatre.write(job("new", "true"))
    assert theatre.play("new").state is State.SUCCESS


def test_a_broken_file_keeps_the_last_good_plan_and_is_told_once(theatre):
    theatre.write(job("good", "true"))
    theatre.start()
    theatre.write("[jobs.good")
    told = [poke(theatre.state), poke(theatre.state)]
    assert "error[E100]" in told[0]
    assert told[1] == "awake"
    assert theatre.play("good").state is State.SUCCESS


def test_the_last_good_plan_outlives_its_supervisor(theatre):
    theatre.write(job("good", "true"))
    theatre.start()
    theatre.kill()
    theatre.write("[jobs.good")
    theatre.start()
    assert theatre.play("good").state is State.SUCCESS


def test_a_plan_that_others_could_have_written_is_not_believed(theatre):
    theatre.write(job("good", "true"))
    theatre.start()
    theatre.kill()
    Path(theatre.state.plan).chmod(0o666)
    theatre.write("[jobs.good")
    with pytest.raises(AssertionError, match=r"error\[E100\]"):
        theatre.start()


def test_a_second_supervisor_finds_the_door_locked(theatre):
    theatre.write(job("good", "true"))
    first = theatre.start()
    assert theatre.start().wait(PATIENCE) == 0
    assert first.poll() is None


def test_without_work_it_leaves(theatre):
    theatre.write(job("good", "true"))
    supervisor = theatre.start(linger=0.2)
    assert supervisor.wait(PATIENCE) == 0
    assert poke(theatre.state) is None


def test_it_leaves_in_spite_of_a_near_slot_where_no_ticks_come(theatre):
    theatre.write(job("beat", "true", 'cron = "* * * * * *"'))
    assert theatre.start(linger=0.2).wait(PATIENCE) == 0


def test_it_stays_for_a_slot_that_is_near(theatre):
    theatre.write(job("beat", "true", 'cron = "* * * * * *"'))
    theatre.store.note_tick("web-1", CLOCK.now(), timedelta(minutes=1))
    supervisor = theatre.start(linger=0)
    theatre.runs("beat", 2)
    assert supervisor.poll() is None


def test_newer_code_takes_over_in_the_same_process(theatre, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    theatre.write(job("long", f"cat {tmp_path}/fifo; exit 7"))
    supervisor = theatre.start()
    run = theatre.run("long")
    theatre.until(lambda: theatre.store.run(run).state is State.RUNNING)
    owner = theatre.store.run(run).owner
    assert poke(theatre.state, "wake other-code") is not None
    theatre.until(lambda: theatre.told().count(f"long #{run} goes on") == 1)
    (tmp_path / "fifo").write_text("")
    ended = theatre.end_of(run)
    assert (ended.exit_code, ended.owner, supervisor.poll()) == (7, owner, None)
    assert ended.cpu is not None


def test_one_that_is_sent_away_by_newer_code_leaves(theatre):
    theatre.write(job("good", "true"))
    supervisor = theatre.start()
    assert poke(theatre.state, "leave other-code") is not None
    assert supervisor.wait(PATIENCE) == 0
    assert poke(theatre.state) is None


def test_sigterm_ends_it_and_jobs_go_on(theatre, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    theatre.write(job("long", f"cat {tmp_path}/fifo; exit 7"))
    theatre.start()
    run = theatre.run("long")
    theatre.until(lambda: theatre.store.run(run).state is State.RUNNING)
    theatre.kill(signal.SIGTERM)
    theatre.start()
    (tmp_path / "fifo").write_text("")
    assert theatre.end_of(run).exit_code == 7


def test_a_loop_takes_over_and_drains_when_it_is_asked_to_end(theatre, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    theatre.write(job("long", f"cat {tmp_path}/fifo; exit 7"))
    theatre.start()
    run = theatre.run("long")
    theatre.until(lambda: theatre.store.run(run).state is State.RUNNING)
    loop = theatre.loop()
    assert theatre.supervisors[0].wait(PATIENCE) == 0
    loop.send_signal(signal.SIGTERM)
    (tmp_path / "fifo").write_text("")
    assert loop.wait(PATIENCE) == 0
    assert theatre.store.run(run).exit_code == 7


def test_a_loop_stays_without_work_and_notes_its_ticks(theatre):
    theatre.write(job("good", "true"))
    loop = theatre.loop()
    day = timedelta(days=1)
    theatre.until(lambda: theatre.store.gaps(CLOCK.now() - day, CLOCK.now(), day) == [])
    assert poke(theatre.state) == "awake"
    assert loop.poll() is None


def test_a_loop_reads_the_file_again_when_it_is_told_to(theatre):
    theatre.write(job("old", "true"))
    loop = theatre.loop()
    theatre.write(job("beat", "true", 'cron = "* * * * * *"'))
    loop.send_signal(signal.SIGHUP)
    assert theatre.runs("beat")[0].state is State.SUCCESS


def test_who_is_in_a_hurry_leaves_the_grace_out(theatre, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    line = f"trap '' TERM; echo >{tmp_path}/fifo; while :; do sleep 0.1; done"
    theatre.write(job("deaf", line, 'kill_after = "1h"'))
    theatre.start()
    run = theatre.run("deaf")
    (tmp_path / "fifo").read_text()
    theatre.ask("stop", run=run, force=True)
    assert theatre.end_of(run).exit_code == 137


def test_a_job_for_the_boot_runs_once_after_each_start_of_the_host(theatre):
    (theatre.folder / ".jobrunner/run/boot").write_text("another boot")
    theatre.write(job("warm", "true", 'cron = "@reboot"'))
    theatre.start()
    (run,) = theatre.runs("warm")
    assert run.trigger is Trigger.SCHEDULE
    theatre.kill()
    theatre.start()
    theatre.play("warm")
    assert [each.trigger for each in theatre.runs("warm")] == [Trigger.SCHEDULE, Trigger.MANUAL]


def test_a_job_for_the_boot_that_is_added_later_waits_for_the_next(theatre):
    theatre.write(job("good", "true"))
    theatre.start()
    theatre.write(job("warm", "true", 'cron = "@reboot"'))
    assert theatre.play("warm").trigger is Trigger.MANUAL
    assert len(theatre.runs("warm")) == 1


def test_a_ledger_of_an_older_version_is_brought_up_to_date(tmp_path):
    migrate(Path(f"{tmp_path}/.jobrunner/db/ledger.db"), up_to=1)
    with pytest.raises(StoreSchemaError):
        ledger(Folder(f"{tmp_path}/.jobrunner"))
    (tmp_path / "jobs.toml").write_text(job("good", "true"))
    program = (*PROGRAM, "--config", tmp_path / "jobs.toml", "--linger", "0.1")
    done = subprocess.run((*program, "--state", f"{tmp_path}/.jobrunner"), check=False)
    assert done.returncode == 0
    ledger(Folder(f"{tmp_path}/.jobrunner")).close()


def test_newer_code_gives_jobs_the_limit_that_they_had(theatre):
    theatre.write(job("files", "ulimit -Sn"))
    theatre.start()
    before = theatre.output(theatre.play("files"))
    poke(theatre.state, "wake other-code")
    assert theatre.output(theatre.play("files")) == before


def test_it_leaves_when_its_state_folder_is_gone(theatre, tmp_path):
    theatre.write(job("good", "true"))
    supervisor = theatre.start()
    folder = Path(theatre.state.folder)
    # At once: what is written there meanwhile cannot be in the way.
    folder.rename(tmp_path / "gone")
    assert supervisor.wait(PATIENCE) == 0
    assert not folder.exists()
