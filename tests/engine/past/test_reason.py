"""Why a job did or did not start, from the ledger, the ticks and jobs.toml."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from jobrunner.engine.past.evidence import gather
from jobrunner.engine.past.reason import explain
from jobrunner.engine.past.when import span
from jobrunner.errors import UnknownError
from jobrunner.jobfile.disk import Disk
from jobrunner.model.decision import Look, Omit, Start
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.schedule.identity import fingerprint
from jobrunner.store.value import Launch
from tests.build import NOON
from tests.store.life import HOUR, MINUTE, ended, ending, queue, running

DAY = timedelta(days=1)
SLOT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)  # 02:30 in Berlin
SEEN = SLOT - 9 * DAY
LATE = '4h late or more; grace is 15 minutes, catch_up = "skip"'


def why(here, job="backup", at=None, now=NOON):
    declared = here.config.jobs.get(job)
    zone = declared.timezone.info if declared else UTC
    asked = span(at, zone, now) if at else None
    files = Disk(os.geteuid())
    return explain(gather(here, job, asked, zone=zone, now=now, files=files))


def looked(here, job="backup", since=SEEN, until=None, decisions=()):
    """A tick that looked at the job, after one that saw it first."""
    common = {"job": job, "next_at": None, "schedule": fingerprint(here.config.jobs[job])}
    until = until or NOON
    first = Look(since=None, until=since, **common)
    here.store.claim([first], owner="me", host="web-1", now=since)
    look = Look(since=since, until=until, decisions=decisions, **common)
    return here.store.claim([look], owner="me", host="web-1", now=until)


def omit(state, reason, first=SLOT, last=None, count=1):
    return Omit(state=state, first=first, last=last or first, count=count, reason=reason)


def texts(found):
    return [fact.text for fact in found.facts]


def test_a_run_is_told_with_what_led_to_it_and_how_it_ended(here):
    (run,) = looked(here, until=SLOT + MINUTE / 60, decisions=[Start(SLOT)])
    here.store.start([Launch(run=run.id)], owner="me", host="web-1", now=SLOT + MINUTE)
    end = ending(run, State.FAILED, SLOT + HOUR, exit_code=1, reason="exit 1", duration=HOUR)
    here.store.finish([end], owner="me")
    found = why(here)
    assert found.summary == (
        "backup ran for the latest slot, Fri 2026-11-20 02:30 CET: #1 failed, exit 1, 1h 00m."
    )
    assert texts(found) == [
        "tick ran (slot 02:30, 1.0s after it)",
        "started on web-1",
        "failed, exit 1, 1h 00m",
    ]
    assert (found.verdict, found.run) == ("failed", 1)


def test_a_skip_is_told_with_the_line_that_made_it_so_and_a_way_out(here):
    looked(here, decisions=[omit(State.SKIPPED, 'lock "db" held by report #7')])
    found = why(here)
    assert found.summary == "backup did not start at the latest slot, Fri 2026-11-20 02:30 CET."
    assert texts(found)[-1] == 'skipped: lock "db" held by report #7'
    assert found.facts[-1].source == 'jobs.toml:8  lock = "db"'
    assert found.advice == ('To wait for the lock instead of skipping: overlap = "queue"',)
    assert f"{found.next_at:%a %H:%M}" == "Sat 02:30"
    assert found.next_by == "cron 30 2 * * *"


@pytest.mark.parametrize(
    ("job", "reason", "source"),
    [
        (
            "backup",
            'still running since 13:52 (#7); overlap = "skip"',
            'overlap = "skip" (default)',
        ),
        ("report", "another run (#7) waits already", 'jobs.toml:16  overlap = "queue"'),
        ("report", "superseded by x", 'jobs.toml:2  catch_up = "latest" ([defaults])'),
        ("backup", "waited 5 minutes for a place (queue_timeout)", "queue_timeout (default)"),
        ("backup", "paused by ann: moving", ""),
    ],
)
def test_the_key_behind_a_reason_is_found_where_it_is_set(here, job, reason, source):
    slot = SLOT if job == "backup" else NOON
    looked(here, job, decisions=[omit(State.SKIPPED, reason, slot)])
    assert why(here, job).facts[-1].source == source


def test_a_missed_slot_is_told_with_the_time_without_ticks(here):
    here.store.note_tick("web-1", SLOT - 19 * MINUTE, MINUTE)
    here.store.note_tick("web-1", SLOT + 4 * HOUR, MINUTE)
    looked(here, until=SLOT + 4 * HOUR, decisions=[omit(State.MISSED, LATE)])
    found = why(here, at="2026-11-20 02:30")
    assert found.summary == (
        "backup was missed at Fri 2026-11-20 02:30 CET: no tick ran from 02:11 to 06:30."
    )
    assert found.advice[0] == (
        'jobs.toml:10  catch_up = "skip", so nothing ran later.'
        ' catch_up = "latest" would have run it at 06:30.'
    )


def test_a_slot_that_was_missed_though_ticks_ran_has_the_stored_reason(here):
    here.store.note_tick("web-1", SLOT - MINUTE, MINUTE)
    here.store.note_tick("web-1", SLOT, HOUR)
    looked(here, decisions=[omit(State.MISSED, LATE)])
    assert why(here).summary.endswith(f"CET: {LATE}.")


def test_a_slot_within_a_stretch_is_covered_by_its_row(here):
    stretch = omit(State.MISSED, LATE, SLOT - 3 * DAY, SLOT - DAY, 3)
    looked(here, decisions=[stretch])
    found = why(here, at="2026-11-18")
    assert found.summary == f"backup was missed at Wed 2026-11-18 02:30 CET: {LATE}."
    assert why(here, at="2026-11-20").verdict == "forgotten"


def test_a_run_that_goes_on_or_waits_says_so(here):
    (run,) = looked(here, until=SLOT + MINUTE, decisions=[Start(SLOT)])
    found = why(here)
    assert (found.verdict, found.advice) == ("queued", ("To give it up: jobrunner stop 1",))
    assert found.summary.endswith("(#1) and waits for the next tick to start it.")
    here.store.start([Launch(run=run.id)], owner="me", host="web-1", now=NOON)
    assert why(here).summary == "backup runs for the latest slot, Fri 2026-11-20 02:30 CET: #1."


def test_a_run_between_two_attempts_says_when_the_next_one_comes(here):
    (run,) = looked(here, until=SLOT + MINUTE, decisions=[Start(SLOT)])
    here.store.start([Launch(run=run.id)], owner="me", host="web-1", now=SLOT)
    here.store.finish([ending(run, State.FAILED, retry_at=NOON + HOUR)], owner="me")
    assert why(here).summary.endswith(
        "attempt 1 did not succeed; it waits for its next attempt: Fri 2026-11-20 14:00 CET."
    )


def test_a_run_by_hand_that_waits_is_told_beside_the_latest_slot(here):
    asked_for = queue(here.store)
    told = (
        f"#{asked_for.id}, by hand, is queued and waits for the next tick to start it."
        f" To give it up: jobrunner stop {asked_for.id}"
    )
    assert told in why(here).advice
    looked(here, decisions=[omit(State.SKIPPED, 'lock "db" held by report #7')])
    found = why(here)
    assert (found.verdict, found.advice[0]) == ("skipped", told)
    assert told not in why(here, at="02:30").advice
    here.store.start([Launch(run=asked_for.id)], owner="me", host="web-1", now=NOON)
    assert told not in why(here).advice


def test_a_run_by_hand_is_found_by_its_time(here):
    ended(here.store, State.SUCCESS)
    found = why(here, at="13:00")
    assert found.summary == "backup ran by hand at Fri 2026-11-20 13:00 CET: #1 success, 1m 00s."


@pytest.mark.parametrize(
    ("at", "verdict", "told"),
    [
        ("2026-12-01", "future", "backup is due at Tue 2026-12-01 02:30 CET, in 10d 13h."),
        (
            "2026-11-19 14:00",
            "not_a_slot",
            "The nearest: Thu 2026-11-19 02:30 CET and Fri 2026-11-20 02:30 CET.",
        ),
        ("2026-11-01", "not_seen", "a tick first saw it at Wed 2026-11-11 02:30 CET. Adding a"),
        ("2026-11-20", "forgotten", "Nothing is recorded of backup at Fri 2026-11-20 02:30 CET"),
    ],
)
def test_without_a_row_the_schedule_and_the_marks_tell(here, at, verdict, told):
    looked(here)
    found = why(here, at=at)
    assert found.verdict == verdict
    assert told in found.summary


def test_what_is_older_than_the_history_is_said_to_be(here):
    looked(here, since=NOON - 200 * DAY)
    assert "history is kept for 90 days" in why(here, at="2026-06-01").summary


def test_a_job_that_no_tick_has_seen_says_so(here):
    found = why(here)
    assert (found.verdict, found.summary[:28]) == ("not_seen", "No tick has seen backup yet;")
    assert "jobrunner tick" in found.advice[0]


def test_a_changed_schedule_counts_from_the_tick_that_sees_it(here, scene_of):
    first = Look(job="backup", since=None, until=SEEN, next_at=None, schedule="another")
    here.store.claim([first], owner="me", host="", now=SEEN)
    assert "was changed, and no tick has seen the change" in why(here).summary


def test_a_slot_that_just_came_due_is_left_to_the_next_tick(here):
    here.store.note_tick("web-1", SLOT - MINUTE / 2, MINUTE)
    looked(here, until=SLOT - MINUTE / 2)
    found = why(here, now=SLOT + MINUTE / 2)
    assert found.summary == (
        "backup is due since Fri 2026-11-20 02:30 CET (30s ago): the next tick sees to it."
    )


def test_a_slot_that_nobody_looks_at_is_told_with_the_last_tick(here):
    here.store.note_tick("web-1", SLOT - MINUTE, MINUTE)
    looked(here, until=SLOT - MINUTE)
    assert why(here).summary.endswith("CET, but no tick ran since 02:29.")


def test_a_pause_is_told_with_who_and_how_to_end_it(here):
    looked(here, until=SLOT - MINUTE)
    pause = Pause(by="ann", reason="moving", since=SLOT - HOUR, until=NOON + DAY)
    here.store.pause("*", pause)
    assert why(here).verdict == "paused"
    looked(here, since=SLOT - MINUTE, decisions=[omit(State.SKIPPED, "paused by ann: moving")])
    (advice,) = why(here).advice
    assert advice.startswith("Paused until Sat 2026-11-21 13:00 CET (ann: moving). To let it go on")


@pytest.mark.parametrize(
    ("keys", "verdict", "told"),
    [
        ('cron = "0 * * * *"\nenabled = false', "disabled", "jobs.toml:4  enabled = false"),
        ("", "by_hand", "x has no schedule: it is run by hand only."),
        ('cron = "@reboot"', "waits", "x starts at the first tick after the next boot."),
        ('every = "1h"\nevery_from = "end"', "not_seen", "No tick has seen x yet"),
        ('after = ["y"]', "waits", "x starts when y succeeded, and has not."),
        ('cron = "0 * * * *"\nstart = 2027-01-01', "not_begun", "its first slot is Fri 2027-01-01"),
        ('cron = "0 * * * *"\nend = 2026-11-01', "not_seen", "No tick has seen x yet"),
        ("at = 2027-01-01T00:00:00", "not_begun", "x has had no slot yet; its first one is Fri"),
    ],
)
def test_a_job_without_slots_says_why(scene_of, keys, verdict, told):
    text = f'[jobs.x]\ncommand = "x"\n{keys}\ntimezone = "UTC"\n[jobs.y]\ncommand = "y"\n'
    found = why(scene_of(text), "x")
    assert (found.verdict, told in found.summary) == (verdict, True), found.summary


def test_after_its_last_date_a_job_has_ended(scene_of):
    here = scene_of('[jobs.x]\ncommand = "x"\ncron = "0 * * * *"\nend = 2026-11-01\n')
    assert why(here, "x", at="2026-11-05 10:00").summary.startswith("x had ended by Thu 2026-11-05")


def test_a_job_that_is_removed_is_told_by_its_history(here):
    run = running(here.store, "old")
    here.store.finish([ending(run, State.SUCCESS)], owner="me")
    assert why(here, "old").summary.startswith("old ran by hand at Fri 2026-11-20 12:00 UTC")
    assert why(here, "old", at="2026-11-01").verdict == "removed"


def test_a_job_that_nobody_knows_is_unknown(here):
    queue(here.store, "backup")
    with pytest.raises(UnknownError, match='Did you mean "report"'):
        why(here, "repotr")


EVERYWHERE = """\
[settings]
host = "web-2"
[jobs.x]
command = "x"
cron = "30 2 * * *"
timezone = "UTC"
on = "every"
"""


def at_place(here, place, state, slot):
    """The slot of a host, and how it ended there."""
    common = {"job": "x", "place": place, "next_at": None}
    common["schedule"] = fingerprint(here.config.jobs["x"])
    here.store.claim([Look(since=None, until=SEEN, **common)], owner="me", host=place, now=SEEN)
    look = Look(since=SEEN, until=slot, decisions=(Start(slot),), **common)
    (run,) = here.store.claim([look], owner="me", host=place, now=slot)
    here.store.start([Launch(run=run.id)], owner="me", host=place, now=slot)
    here.store.finish([ending(run, state, slot + MINUTE, duration=MINUTE)], owner="me")
    return run


def test_the_slot_of_this_host_is_told_with_those_of_the_others(scene_of):
    here, slot = scene_of(EVERYWHERE), SLOT + HOUR
    states = {"web-2": State.SUCCESS, "db-1": State.FAILED, "web-1": State.SUCCESS}
    numbers = {place: at_place(here, place, state, slot).id for place, state in states.items()}
    found = why(here, "x")
    assert found.run == numbers["web-2"]
    assert found.verdict == "success"
    assert [text for text in texts(found) if text.startswith("on ")] == [
        f"on db-1: failed (#{numbers['db-1']})",
        f"on web-1: success (#{numbers['web-1']})",
    ]


def test_a_host_that_has_none_of_its_own_is_told_of_one_that_has(scene_of):
    here = scene_of(EVERYWHERE.replace("web-2", "db-7"))
    run = at_place(here, "db-1", State.SUCCESS, SLOT + HOUR)
    found = why(here, "x", at="2026-11-20 02:30")
    assert (found.run, found.summary.startswith("x ran for Fri 2026-11-20 02:30 UTC")) == (
        run.id,
        True,
    )


@pytest.mark.parametrize(
    ("keys", "reason", "source"),
    [
        ("hosts = ['web-*']", "placed on web-*; this host is db-1", 'hosts = "web-*"'),
        (
            "labels = ['gpu']",
            "placed on any host with gpu; this host is db-1, without gpu",
            'labels = "gpu"',
        ),
    ],
)
def test_a_job_of_other_hosts_is_told_with_its_key(scene_of, keys, reason, source):
    here = scene_of(f"[jobs.backup]\ncommand = 'x'\ncron = '30 1 * * *'\ntimezone='UTC'\n{keys}")
    looked(here, until=SLOT + MINUTE, decisions=[omit(State.SKIPPED, reason)])
    found = why(here)
    assert found.verdict == "skipped"
    assert (found.facts[-1].text, found.facts[-1].source) == (
        f"skipped: {reason}",
        f"jobs.toml:5  {source}",
    )
    assert "jobrunner run backup" in found.advice[0]
