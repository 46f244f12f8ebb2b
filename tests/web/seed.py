"""A host with a dozen jobs and weeks behind it, good and bad, seen at noon UTC on 2026-11-20."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from jobrunner.engine.definition import define
from jobrunner.model.decision import Look
from jobrunner.model.pause import Pause
from jobrunner.model.result import Result, to_text
from jobrunner.model.run import State
from jobrunner.schedule.compose import compose
from jobrunner.schedule.identity import fingerprint
from jobrunner.store.figure import WEEK, step_of
from jobrunner.store.row import DAY as DAY_LENGTH
from jobrunner.store.row import micros
from jobrunner.store.value import Launch
from tests.build import NOON
from tests.engine.report.ledger import DAY, HOUR, MINUTE, ended, queued, seen

SECOND = timedelta(seconds=1)
HOSTILE = "<script>alert(1)</script>"
LONG_NAME = "warehouse.nightly-load.customer-dimension.full-refresh.eu-central-1"[:64]
JOBS = f"""\
[settings]
host = "web-1"

[defaults]
timezone = "Europe/Berlin"

[notify.ops]
webhook = "https://ops.example.com/hook"

[jobs.backup]
description = "Nightly database dump"
docs = "https://wiki.example.com/backup"
tags = ["db", "nightly"]
cron = "30 2 * * *"
command = "set -eu\\npg_dump app | zstd > /backup/app.zst\\nrclone copy /backup/app.zst s3:backups/"
timeout = "2h"
retries = 3
lock = "db"
notify = ["ops"]
env = {{ PGHOST = "db1", PGPASSWORD = "hunter2" }}

[jobs.invoice-sync]
description = "Fetches invoices"
tags = ["billing"]
cron = "*/5 * * * *"
command = "sync-invoices"
slow_after = "2m"

[jobs.report-daily]
cron = "0 7 * * 1-5"
timezone = "America/New_York"
command = "report --day {{slot:%Y-%m-%d}}"
tags = ["finance", "reports"]

[jobs.certbot]
cron = "17 4 * * sun"
command = ["certbot", "renew", "--quiet"]
tags = ["tls"]

[jobs.cleanup-tmp]
cron = "15 * * * *"
command = ["find", "/tmp", "-mtime", "+7", "-delete"]

[jobs."{LONG_NAME}"]
description = "Lädt Kundendaten, 每晚, mit {HOSTILE}"
tags = ["etl", "nightly"]
cron = "0 1 * * *"
command = "load --all"
timeout = "1h"

[jobs.old-import]
cron = "0 3 1 * *"
command = "import"
tags = ["legacy"]

[jobs.reindex]
description = "Builds the search index anew"
command = "reindex --index \\"$INDEX\\""
[jobs.reindex.params.INDEX]
default = "orders"
choices = ["orders", "customers", "products"]
help = "Which index."
[jobs.reindex.params.SINCE]
pattern = "[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}"
default = "2026-01-01"
help = "From which day on."

[jobs.publish]
after = ["report-daily"]
command = "publish"

[jobs.health-ping]
every = "10m"
tags = ["probe"]
http = {{ url = "https://example.com/health" }}

[jobs.sleepy]
enabled = false
cron = "0 0 * * *"
command = "true"

[jobs.fresh]
cron = "0 18 * * *"
command = "true"
"""
WROTE = (
    "\x1b[1mdumping app\x1b[0m\n"
    "  \x1b[32m✓\x1b[0m roles and settings\n"
    f"  tables: 214, of them {HOSTILE}\n"
    "\x1b[33mwarning:\x1b[0m table \x1b[36mevents\x1b[0m is 48 GiB, this takes a while\n"
    'pg_dump: error: \x1b[31mconnection to server at "db1" (10.0.0.5), port 5432 failed:'
    " Connection refused\x1b[0m\n"
)
ROW = """
INSERT INTO runs (
    job, scheduled_for, trigger, state, reason, host, created_at, attempts, started_at, finished_at,
    exit_code, duration, cpu, max_rss, message, result, output, output_size
) VALUES (
    :job, :slot, :trigger, :state, :reason, 'web-1', :at, :attempts, :at, :end,
    :code, :took, :cpu, :rss, :message, :result, :output, :size
)
"""
TRY = """
INSERT INTO attempts (
    run, number, state, reason, host, owner, started_at, finished_at, exit_code, duration, cpu,
    max_rss, message, result, output, output_size
) VALUES (
    :run, :number, :state, :reason, 'web-1', 'x', :at, :end, :code, :took, :cpu,
    :rss, :message, :result, :output, :size
)
"""
NOT_RUN = """
INSERT INTO runs (
    job, scheduled_for, slots_until, slots, trigger, state, reason, created_at, finished_at
) VALUES (:job, :slot, :until, :slots, 'schedule', :state, :reason, :at, :at)
"""
FAILING = "INSERT INTO jobs (name, failures, failing_since) VALUES (?, ?, ?)"
# What each job mostly takes, in seconds.
USUAL = {
    "backup": 660,
    "invoice-sync": 38,
    "report-daily": 124,
    "certbot": 9,
    "cleanup-tmp": 0.7,
    LONG_NAME: 1860,
    "old-import": 300,
    "health-ping": 0.2,
}


def seed(house, days=30):
    """Give a house whose file is JOBS a past of so many days, and something that goes on."""
    with house.scene() as scene:
        store, jobs = scene.store, scene.config.jobs
        for job in jobs.values():
            if job.name != "fresh":
                _seen(store, job, NOON - days * DAY)
        with closing(sqlite3.connect(scene.state.ledger)) as database:
            past = _Past(database, scene.state)
            for name in USUAL:
                past.of(jobs[name], NOON - days * DAY)
            past.close()
        _bad(scene)
        _live(scene)
        until = datetime(2026, 12, 1, tzinfo=ZoneInfo("Europe/Berlin"))
        pause = Pause(by="deploy", since=NOON - HOUR, until=until, reason=f"db1 {HOSTILE}")
        store.pause("old-import", pause)
        store.note_tick("web-1", NOON - 31 * SECOND, 2 * MINUTE)
        store.checkpoint()


def _seen(store, job, since):
    """Looks at a job as ticks take them, up to a moment ago."""
    seen(store, job, since)
    until = NOON - 31 * SECOND
    following = compose(job, since).next_after(until) if job.enabled else None
    look = Look(
        job=job.name, since=since, until=until, next_at=following, schedule=fingerprint(job)
    )
    store.claim([look], owner="me", host="web-1", now=until)


class _Past:
    """Runs for each slot, most of them good; every job's own, and the same each time."""

    def __init__(self, database, state):
        self._database, self._state = database, state
        self._days, self._durations = {}, {}

    def of(self, job, since):
        chance = Random(job.name)
        bad = {"backup": 3, LONG_NAME: 2}.get(job.name, 0)
        slots = list(compose(job, since).between(since, NOON - MINUTE))
        for number, slot in enumerate(slots):
            left = len(slots) - number
            if job.name == "cleanup-tmp" and 60 < left <= 64:
                continue
            is_bad = left < bad or chance.random() < 0.02
            state = (
                State.SUCCESS
                if not is_bad
                else State.TIMEOUT
                if job.timeout and job.name != "backup"
                else State.FAILED
            )
            if left == 1 and bad:
                continue  # written with all its attempts
            took = USUAL[job.name] * (0.75 + chance.random() / 2 + number / len(slots) / 4)
            self._run(job, slot, state, 3600 if state is State.TIMEOUT else took)
        if job.name == "cleanup-tmp":
            first, *_, last = slots[-64:-60]
            self._not_run(job, first, last, 4)

        if bad:
            failing = (job.name, bad - 1, micros(slots[1 - bad]))
            self._database.execute(FAILING, failing)

    def _run(self, job, slot, state, seconds):
        took = round(seconds * 1_000_000)
        at = micros(slot + 0.4 * SECOND)
        metrics = {"rows": round(seconds * 31), "bytes": seconds * 1e6}
        is_good = state is State.SUCCESS
        result = Result(message=f"{round(seconds * 31):,} rows", metrics=metrics)
        row = {
            "job": job.name,
            "slot": micros(slot),
            "trigger": "schedule",
            "state": state,
            "reason": "" if is_good else "timeout after 1h" if state == "timeout" else "exit 1",
            "at": at,
            "end": at + took,
            "attempts": 1,
            "code": 0 if is_good else 1 if state is State.FAILED else None,
            "took": took,
            "cpu": took // 3,
            "rss": 40_000_000 + took % 9_000_000,
            "message": result.message if is_good else "",
            "result": to_text(result) if is_good else "",
            "output": "gone",
            "size": 512,
        }
        number = self._database.execute(ROW, row).lastrowid
        self._database.execute(TRY, row | {"run": number, "number": 1})
        self._count(job.name, state, at + took, took)

    def _not_run(self, job, first, last, slots):
        row = {
            "job": job.name,
            "slot": micros(first),
            "until": micros(last),
            "slots": slots,
            "state": "missed",
            "reason": "no tick ran",
            "at": micros(last + HOUR),
        }
        self._database.execute(NOT_RUN, row)
        self._count(job.name, State.MISSED, row["at"], 0, slots)

    def _count(self, job, state, at, took, slots=1):
        key = at // DAY_LENGTH, job, str(state)
        number, total, longest = self._days.get(key, (0, 0, 0))
        self._days[key] = number + slots, total + took, max(longest, took)
        if state is State.SUCCESS:
            step = at // WEEK, job, step_of(took)
            self._durations[step] = self._durations.get(step, 0) + 1

    def close(self):
        days = ((*key, *figures, 0) for key, figures in self._days.items())
        self._database.executemany("INSERT INTO days VALUES (?, ?, ?, ?, ?, ?, ?)", days)
        steps = ((*key, count) for key, count in self._durations.items())
        self._database.executemany("INSERT INTO durations VALUES (?, ?, ?, ?)", steps)
        self._database.commit()


def write(state, run, number, content):
    """The output of an attempt; its name."""
    name = state.output(run, number)
    path = Path(state.output_path(name))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return name


def _begin(scene, run, at, content):
    name = write(scene.state, run.id, run.attempts + 1, content)
    version = define(scene.config.jobs[run.job])
    scene.store.remember({version.fingerprint: version.text}, at)
    launch = Launch(run=run.id, output=name, definition=version.fingerprint)
    return scene.store.start([launch], owner="me", host="web-1", now=at)[0]


def _bad(scene):
    """A backup that failed three times over, after two more nights; a load that took too long."""
    store, state = scene.store, scene.state
    at = NOON - 10 * HOUR - 30 * MINUTE
    run = queued(store, "backup", at)
    for number, took in ((1, 11 * MINUTE), (2, 4 * MINUTE), (3, 27 * MINUTE + 10 * SECOND)):
        run = _begin(scene, run, at, WROTE.encode())
        output = state.output(run.id, run.attempts)
        size = len(WROTE.encode())
        told = {"exit_code": 1, "reason": "exit 1", "output": output, "output_size": size}
        told |= {"cpu": took / 4, "max_rss": 88_000_000}
        again = None if number == 3 else at + took + MINUTE
        ended(store, run, State.FAILED, at + took, took=took, retry_at=again, **told)
        at += took + MINUTE
    late = NOON - 12 * HOUR
    run = _begin(scene, queued(store, LONG_NAME, late), late, b"loading\n" * 2000)
    told = {"reason": "timeout after 1h", "output": state.output(run.id, 1), "output_size": 16000}
    ended(store, run, State.TIMEOUT, late + HOUR, took=HOUR, **told)
    early = NOON - 2 * HOUR
    run = _begin(scene, queued(store, "reindex", early), early, b"\xff\x07\n")
    told = {
        "exit_code": 137,
        "reason": f"exit 137: SIGKILL or exit 137 {HOSTILE}",
        "error": HOSTILE,
    }
    told |= {"message": HOSTILE, "output": state.output(run.id, 1), "output_size": 3}
    told |= {
        "result": msgspec.json.encode({"message": HOSTILE, "data": {HOSTILE: HOSTILE}}).decode()
    }
    ended(store, run, State.FAILED, NOON - HOUR, took=HOUR, **told)


def _live(scene):
    """One run that goes on, one that waits for its next attempt, one for its turn."""
    store, state = scene.store, scene.state
    at = NOON - 72 * SECOND
    _begin(scene, queued(store, "invoice-sync", at), at, b"fetching 2026-11-20 ...\n" * 12)
    before = NOON - 5 * MINUTE
    run = _begin(scene, queued(store, "certbot", before), before, b"busy\n")
    told = {"exit_code": 75, "reason": "exit 75", "output": state.output(run.id, 1)}
    retry_at = NOON + 4 * MINUTE
    ended(store, run, State.FAILED, NOON - 4 * MINUTE, retry_at=retry_at, **told)
    queued(store, "publish", NOON - 20 * SECOND)
