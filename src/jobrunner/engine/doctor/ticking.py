"""What ticks, whether it does, and whether what it starts survives it."""

from collections.abc import Iterator
from datetime import timedelta

from jobrunner.config.spelling import shown
from jobrunner.engine.agenda import has_own_schedule
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.engine.report.health import DEAD
from jobrunner.engine.ticker import Host, Ticker, installing, unit_of
from jobrunner.engine.ticks import last_tick
from jobrunner.formats.unit import SUPERVISOR
from jobrunner.model.job import Job
from jobrunner.words import listed, numbered, short

DAY = timedelta(days=1)
LONG = timedelta(minutes=3)
CRONS = frozenset({"cron", "crond", "fcron", "bcron-sched", "busybox"})
RUNNING = "/run/systemd/system"  # made by systemd, as sd_booted(3) says
LINGER = "/var/lib/systemd/linger"
# How systemd ends what a service leaves behind: with these, jobs go on.
SPARING = frozenset({"process", "none"})
# What a tick's unit must not say, and what it would do to jobs.
HARMFUL = {
    "RuntimeDirectory": "its folder is removed at the end of each tick",
    "NoNewPrivileges": "jobs with another user, and sudo in them, fail",
    "PrivateTmp": "jobs have a /tmp that nobody else sees",
    "ProtectHome": "jobs see no home folders",
    "ProtectSystem": "jobs cannot write where they could from a shell",
}
OFF = frozenset({"", "no", "false", "0", "off"})


def look(patient: Patient) -> Iterator[Finding]:
    found = patient.own_tickers
    yield from _count(patient, found)
    for ticker in found:
        yield from _ticker(ticker, patient)
    yield from _ticks(patient, found)


def _count(patient: Patient, found: list[Ticker]) -> Iterator[Finding]:
    if len(found) > 1:
        names = listed(each.told for each in found)
        yield problem(f"{_number(found)} tickers: {names}. Keep one:", found[-1].removal)
    elif found:
        yield ok(f"{found[0].told} ticks for {shown(patient.path)}")
    elif elsewhere := patient.tickers:
        names = listed(f"{each.told} ({each.config or 'no jobs.toml'})" for each in elsewhere)
        yield warning(f"what is installed sees to something else: {shown(names)}")


def _number(found: list[Ticker]) -> str:
    return "two" if len(found) == 2 else str(len(found))  # noqa: PLR2004 - a pair


def _ticker(ticker: Ticker, patient: Patient) -> Iterator[Finding]:
    if ticker.trouble:
        kind = problem if ticker.kind == "cron" else warning
        what, _, fix = ticker.trouble.partition(": ")
        yield kind(f"{ticker.told}: {what}", fix)
    if patient.has_state and ticker.user not in {patient.owner_name, "root"}:
        message = f"{ticker.told} ticks as {ticker.user}, who may not start what supervises"
        yield problem(f"{message} {patient.state.folder}", f"let {patient.owner_name} tick")
    if ticker.kind == "cron":
        yield from _cron(patient.host)
    elif not patient.host.has(RUNNING):
        yield problem(f"{ticker.told} is there, and systemd does not run this host", "use cron")
    elif ticker.unit is not None:
        yield from _unit(ticker)
        yield from _supervising(ticker, patient.host)
        yield from _lingering(ticker, patient.host)


def _cron(host: Host) -> Iterator[Finding]:
    running = {(host.text(f"/proc/{pid}/comm") or "").strip() for pid in host.names("/proc")}
    if not CRONS & running:
        yield problem("no cron runs on this host: crontabs are only read by one", "start cron")


def _unit(ticker: Ticker) -> Iterator[Finding]:
    assert ticker.unit is not None
    service = ticker.name.removesuffix(".timer").removesuffix(".service") + ".service"
    scope = "--user " if ticker.is_user else ""
    mode = ticker.unit.value("Service", "KillMode", "control-group")
    if mode in SPARING:
        yield ok(f"KillMode={mode} is set")
    else:
        ends = "ends" if ticker.kind == "timer" else "is restarted"
        yield problem(
            f"{service} has KillMode={mode}: systemd kills the jobs when it {ends}",
            f"systemctl {scope}edit {service}, and there: [Service] KillMode=process",
        )
    for key, effect in HARMFUL.items():
        value = ticker.unit.value("Service", key)
        if value.lower() not in OFF:
            yield warning(f"{service} has {key}={value}: {effect}", f"take {key} out")


def _supervising(ticker: Ticker, host: Host) -> Iterator[Finding]:
    """The unit that the tick has the supervisor started as, if it names one."""
    assert ticker.unit is not None
    if not ticker.unit.environment().get(SUPERVISOR):
        return
    name = f"{ticker.name.removesuffix('.timer')}-supervisor.service"
    scope = "--user " if ticker.is_user else ""
    unit = unit_of(host, name, is_user=ticker.is_user)
    if unit is None:
        yield warning(
            f"{name} is not there: the supervisor is started within the tick, without cgroups",
            "jobrunner uninstall systemd, and install it again",
        )
        return
    if unit.value("Service", "KillMode", "control-group") not in SPARING:
        yield problem(
            f"{name} has no KillMode=process: systemd kills the jobs when it stops",
            f"systemctl {scope}edit {name}, and there: [Service] KillMode=process",
        )
    if unit.value("Service", "Delegate").lower() in OFF:
        yield warning(
            f"{name} has no Delegate=yes: jobs get no cgroups of their own",
            f"systemctl {scope}edit {name}, and there: [Service] Delegate=yes",
        )


def _lingering(ticker: Ticker, host: Host) -> Iterator[Finding]:
    """A user's own manager ends with his last session, unless he lingers."""
    if ticker.is_user and ticker.user not in host.names(LINGER):
        message = f"{ticker.told} stops when {ticker.user} logs out"
        yield warning(message, f"sudo loginctl enable-linger {ticker.user}")


def _ticks(patient: Patient, found: list[Ticker]) -> Iterator[Finding]:
    """Whether the ledger has heard of any lately."""
    needed = patient.config is None or any(_is_scheduled(job) for job in patient.jobs)
    if patient.store is None:
        if not found and needed:
            yield _nothing_ticks(patient)
        return
    last, pauses = last_tick(patient.store, patient.now, DAY)
    gaps = [gap for gap in pauses if gap.until - gap.since > LONG]
    if last is None or patient.now - last > DEAD:
        age = patient.now - last if last else None
        yield from _silence(patient, found, age, needed=needed)
        return
    since = short(max(timedelta(), patient.now - last))
    if gaps:
        lost = short(sum((gap.until - gap.since for gap in gaps), timedelta()))
        yield warning(f"last tick {since} ago; {numbered(len(gaps), 'gap')} in 24h, {lost} in all")
    else:
        yield ok(f"last tick {since} ago, no gap in 24h")
    if not found:
        yield warning("ticks come, but nothing that is installed for this file is to be seen here")


def _silence(
    patient: Patient, found: list[Ticker], age: timedelta | None, *, needed: bool
) -> Iterator[Finding]:
    if found:
        when = f"the last tick came {short(age)} ago" if age else "no tick has come yet"
        yield problem(f"{when}, though {found[0].told} is there", _where_to_look(found[0]))
    elif needed:
        yield _nothing_ticks(patient)
    elif patient.jobs:
        yield ok("nothing ticks, and no job waits for it: all run by hand")


def _nothing_ticks(patient: Patient) -> Finding:
    advice = installing(patient.path, patient.look.asker.uid)
    return problem("nothing ticks: no job runs by itself", advice)


def _where_to_look(ticker: Ticker) -> str:
    if ticker.kind == "cron":
        return "systemctl status cron, and its mail to the user"
    scope = "--user " if ticker.is_user else ""
    return f"systemctl {scope}status {ticker.name}"


def _is_scheduled(job: Job) -> bool:
    return job.enabled and has_own_schedule(job)
