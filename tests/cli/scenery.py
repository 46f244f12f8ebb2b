"""A host with seven jobs and a month behind it, seen at noon UTC on Friday 2026-11-20."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State as Folder
from jobrunner.model.access import Role
from jobrunner.model.decision import Look, Omit
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.process.sighting import PAIR
from jobrunner.store.value import Launch
from tests.build import NOON
from tests.engine.report.ledger import DAY, HOUR, MINUTE, ended, queued, ran, started

JOBS = """\
[settings]
host = "web-1"

[defaults]
timezone = "Europe/Berlin"

[jobs.backup]
description = "Nightly database dump"
docs = "https://wiki.example.com/backup"
tags = ["db"]
cron = "30 2 * * *"
command = "set -eu; pg_dump app | zstd > /backup/app.zst"
timeout = "2h"
retries = 3
lock = "db"

[jobs.invoice-sync]
cron = "*/5 * * * *"
command = "sync-invoices"

[jobs.report-daily]
cron = "0 7 * * 1-5"
timezone = "America/New_York"
command = "report --day {slot:%Y-%m-%d}"
tags = ["db", "reports"]

[jobs.cleanup-tmp]
cron = "15 * * * *"
command = ["find", "/tmp", "-mtime", "+7", "-delete"]

[jobs.warehouse-load]
description = "Läuft nachts"
cron = "0 1 * * *"
command = "load"
timeout = "1h"

[jobs.old-import]
cron = "0 3 1 * *"
command = "import"

[jobs.reindex]
command = "reindex"
"""
SLOT = NOON - 10 * HOUR - 30 * MINUTE  # 02:30 in Berlin
SECOND = timedelta(seconds=1)
WROTE = b"pg_dump: error: \x1b[31mconnection failed\x1b[0m\nremoving partial file\n\xff\x07 done\n"


def scenery(folder):
    """Write jobs.toml, and a ledger of what its jobs have done."""
    Path(folder, "jobs.toml").write_text(JOBS, encoding="utf-8")
    state = Folder(f"{folder}/.jobrunner")
    store = ledger(state)
    for day in range(9, 1, -1):
        ran(store, "backup", State.SUCCESS, SLOT - day * DAY + 11 * MINUTE, (660 + day) * SECOND)
    _missed(store, SLOT - DAY)
    _failed_with_output(store, state)
    for minutes in (50, 40, 30):
        ran(store, "invoice-sync", State.SUCCESS, NOON - minutes * MINUTE, 38 * SECOND)
    started(store, queued(store, "invoice-sync", NOON - 72 * SECOND), NOON - 72 * SECOND)
    ran(store, "report-daily", State.SUCCESS, NOON - HOUR, 124 * SECOND)
    ran(store, "cleanup-tmp", State.SUCCESS, NOON - 45 * MINUTE, SECOND / 2)
    ran(store, "warehouse-load", State.TIMEOUT, NOON - 11 * HOUR, HOUR)
    ran(store, "old-import", State.SUCCESS, NOON - 19 * DAY, 5 * MINUTE)
    until = datetime(2026, 12, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    pause = Pause(by="deploy", since=NOON - HOUR, until=until, reason="db1 maintenance")
    store.pause("old-import", pause)
    _tokens(store)
    store.note_tick("web-1", NOON - 31 * SECOND, 2 * MINUTE)
    store.checkpoint()
    store.close()


def _missed(store, slot):
    omit = Omit(state=State.MISSED, first=slot, last=slot, count=1, reason="4h late or more")
    for since, until, decisions in (
        (None, slot - MINUTE, ()),
        (slot - MINUTE, slot + 4 * HOUR, (omit,)),
    ):
        look = Look(
            job="backup",
            since=since,
            until=until,
            next_at=None,
            schedule="x",
            decisions=decisions,
        )
        store.claim([look], owner="me", host="web-1", now=until)


def _tokens(store):
    _token(store, "grafana", Role.VIEWER)
    jobs = ("db-*", "report-daily")
    used = _token(store, "ci", Role.OPERATOR, jobs=jobs, expires_at=NOON + 90 * DAY)
    _token(store, "laptop", Role.ADMIN, expires_at=NOON - DAY)
    store.used(used.id, NOON - 3 * HOUR, "203.0.113.7")


def _token(store, name, role, jobs=(), expires_at=None):
    return store.add_token(
        name,
        hash=f"{name:0>64}",
        prefix=f"jr_{name:0<5.5}",
        role=role,
        jobs=jobs,
        by="deploy",
        now=NOON - 9 * DAY,
        expires_at=expires_at,
    )


def _failed_with_output(store, state):
    run = queued(store, "backup", SLOT)
    name = state.output(run.id, 1)
    path = Path(state.output_path(name))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(WROTE)
    pairs = ((SLOT + MINUTE, 40), (SLOT + 11 * MINUTE, len(WROTE)))
    stamped = [(round(at.timestamp() * 1_000_000), size) for at, size in pairs]
    Path(state.sightings(str(path))).write_bytes(b"".join(PAIR.pack(*pair) for pair in stamped))
    (run,) = store.start([Launch(run=run.id, output=name)], owner="me", host="web-1", now=SLOT)
    ended(
        store,
        run,
        State.FAILED,
        SLOT + 11 * MINUTE,
        took=11 * MINUTE,
        exit_code=1,
        reason="exit 1",
        output=name,
        output_size=len(WROTE),
    )
