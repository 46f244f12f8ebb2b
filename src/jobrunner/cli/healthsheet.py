"""Whether all is well, on a terminal: what is not, the ticks, the ledger, what goes on."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from jobrunner.cli import output, table, timezone
from jobrunner.cli.moment import age, ago, coming, dated, near
from jobrunner.config.spelling import shown
from jobrunner.engine.report.health import (
    DEAD,
    LATE,
    Failing,
    OpenBreaker,
    Overall,
    Peer,
    is_silent,
    silent_of,
)
from jobrunner.engine.report.words import readable
from jobrunner.words import listed, numbered, short

SHOWN = 20
AWAKE = {
    "awake": "supervisor awake",
    "asleep": "supervisor asleep",
    "silent": "the supervisor does not answer",
    "unknown": "whether the supervisor is awake only its own user can see",
}

Line = tuple[str, str, str]


def show(found: Overall, now: datetime) -> None:
    """A verdict, then a line for each thing that it comes from."""
    zone = timezone.here().info
    lines = list(_lines(found, now, zone))
    margin = max(len(name) for _, name, _ in lines) + 2
    verdict = output.sign("ok" if found.healthy else "bad")
    table.beside(f"{verdict} ", f"{shown(found.host)}: {_verdict(found, now)}")
    signs = max(table.seen_width(output.sign(state)) for state, _, _ in lines)
    for state, name, text in lines:
        start = table.padded(output.sign(state), signs)
        table.beside(f"  {start} {name:<{margin}}", text)
    table.beside(f"  {table.padded(output.sign('running'), signs)} ", _now(found, now, zone))
    if found.failing:
        name = found.failing[0].name
        table.remark(f"Next: jobrunner why {name}, jobrunner logs {name}", indent="")


def _verdict(found: Overall, now: datetime) -> str:
    told = []
    if found.failing:
        told.append(f"{len(found.failing)} of {numbered(found.jobs, 'job')} failing")
    if found.config_problem:
        told.append("jobs.toml cannot be used, what it said before goes on")
    if found.next_job and is_silent(found.last_tick_at, now):
        told.append("no tick comes")
    if found.supervisor == "silent":
        told.append("the supervisor does not answer")
    if silent := silent_of(found.hosts):
        told.append(f"{shown(listed(silent))} {'is' if len(silent) == 1 else 'are'} silent")
    return ", ".join(told) or f"{numbered(found.jobs, 'job')}, none failing"


def _lines(found: Overall, now: datetime, zone: tzinfo) -> Iterator[Line]:
    for job in found.failing[:SHOWN]:
        yield "bad", job.name, _failing(job, now, zone)
    if len(found.failing) > SHOWN:
        yield "bad", "...", f"{len(found.failing) - SHOWN} more: jobrunner list --status failing"
    for breaker in found.breakers:
        yield "note", breaker.name, _breaker(breaker, now)
    if found.config_problem:
        told = _first_line(found.config_problem).rstrip(".")
        yield "bad", "jobs.toml", f"{told}. See: jobrunner validate"
    yield _ticker(found, now, zone)
    if found.hosts:
        yield _hosts(found.hosts)
    if found.paused:
        names = [*found.paused[:SHOWN], *(["..."] if len(found.paused) > SHOWN else [])]
        yield "paused", "paused", ", ".join(names)
    yield "ok", "database", f"{readable(found.database_bytes)}, {shown(found.database)}"


def _failing(job: Failing, now: datetime, zone: tzinfo) -> str:
    """Of a first failure how it ended; of several how many, since when, and the last success."""
    if job.consecutive_failures > 1:
        since = f" since {near(job.failing_since, now, zone)}" if job.failing_since else ""
        last = job.last_success_at
        success = f"last success {dated(last, now, zone)}" if last else "no success is known"
        return f"{job.consecutive_failures} failures in a row{since}; {success}"
    last_run, at = job.last_run, job.failing_since
    if last_run is None or last_run.state.is_live:
        return f"failed at {near(at, now, zone)}, {last_run.state}" if at and last_run else "failed"
    at = last_run.scheduled_for or last_run.started_at or at
    when = f" at {near(at, now, zone)}" if at else ""
    return f"{last_run.state}{when}{_took(last_run.duration_seconds, job.usual_seconds)}"


def _took(seconds: float | None, usual: float | None) -> str:
    if seconds is None:
        return ""
    often = f" (usual {short(timedelta(seconds=usual))})" if usual is not None else ""
    return f", took {short(timedelta(seconds=seconds))}{often}"


def _breaker(breaker: OpenBreaker, now: datetime) -> str:
    jobs = f"holds {listed(breaker.jobs)}" if len(breaker.jobs) > 1 else "held"
    if breaker.state == "half_open":
        return f"breaker half open: one run tries whether all is well again; {jobs}"
    until = breaker.until
    wait = f" for {age(until - now)}" if until and until > now else ""
    return f"breaker open{wait} after {numbered(breaker.failures, 'failure')} in a row; {jobs}"


def _ticker(found: Overall, now: datetime, zone: tzinfo) -> Line:
    last = found.last_tick_at
    awake = AWAKE[found.supervisor]
    if last is None:
        hint = "to have cron look every minute what is due: jobrunner install cron"
        return "bad" if found.next_job else "note", "ticker", f"no tick yet; {awake}; {hint}"
    silence = now - last
    state = "bad" if silence > DEAD or found.supervisor == "silent" else "ok"
    if state == "ok" and (silence > LATE or found.gaps):
        state = "note"
    return state, "ticker", f"last tick {ago(last, now)}, {_gaps(found, now, zone)}; {awake}"


def _hosts(hosts: Sequence[Peer]) -> Line:
    """How many there are, and who does not take part."""
    there = [host for host in hosts if host.state != "left"]
    silent = silent_of(there)
    drained = [host.name for host in there if host.state == "drained"]
    told = [numbered(len(there), "host")]
    told += [f"silent: {listed(silent)}"] if silent else []
    told += [f"drained: {listed(drained)}"] if drained else []
    state = "bad" if silent else "paused" if drained else "ok"
    return state, "hosts", shown("; ".join(told)) + (". See: jobrunner hosts" if silent else "")


def _gaps(found: Overall, now: datetime, zone: tzinfo) -> str:
    if not found.gaps:
        return "no gap in 24h"
    shown_gaps = [f"{near(g.since, now, zone)}-{near(g.until, now, zone)}" for g in found.gaps[:3]]
    more = ", ..." if len(found.gaps) > len(shown_gaps) else ""
    return f"{numbered(len(found.gaps), 'gap')} in 24h: {', '.join(shown_gaps)}{more}"


def _now(found: Overall, now: datetime, zone: tzinfo) -> str:
    waiting = f", {found.retrying} waiting for a retry" if found.retrying else ""
    told = f"{found.running} running, {found.queued} queued{waiting}"
    if found.next_job is None or found.next_run_at is None:
        return f"{told}; nothing is planned"
    return f"{told}; next: {found.next_job} {coming(found.next_run_at, now, zone)}"


def _first_line(text: str) -> str:
    return shown(text.partition("\n")[0])
