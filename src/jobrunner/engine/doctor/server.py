"""The database of a ledger that many hosts share: what answers, and whether it keeps its word."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address

from jobrunner.config.spelling import shown
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.patient import Patient, told
from jobrunner.engine.report.inherited import of_ticker
from jobrunner.engine.report.words import readable
from jobrunner.errors import (
    StoreAbsentError,
    StoreAwayError,
    StoreError,
    StoreForbiddenError,
    StoreSchemaError,
)
from jobrunner.store.postgres.served import FORGETFUL, Served

FULL = 0.8  # of the connections
LONG = timedelta(hours=1)


def look(patient: Patient) -> Iterator[Finding]:
    """Everything about it, and whether what ticks here knows where it is."""
    found = patient.served
    if isinstance(found, StoreError):
        yield _unusable(found)
    else:
        yield ok(_about(found))
        for said in found.problems[:3]:
            yield problem(f"the ledger is damaged: {shown(said)}", "restore a copy of the database")
        yield from _safety(found)
        yield from _load(found)
    yield from _variable(patient)


def _about(found: Served) -> str:
    ahead = found.skew / timedelta(milliseconds=1)
    way = "ahead of" if ahead > 0 else "behind"
    trip = found.trip / timedelta(milliseconds=1)
    return (
        f"{shown(found.name)}: ledger {readable(found.bytes)}, PostgreSQL {found.server},"
        f" Procrastinate {found.procrastinate}, answers in {trip:.1f} ms;"
        f" this host's clock is {abs(ahead):.0f} ms {way} its clock"
    )


def _unusable(error: StoreError) -> Finding:
    message, fix = told(error)
    message = shown(message)
    match error:
        case StoreAbsentError():
            return warning(f"{message}; the first tick, or the first run, does so")
        case StoreSchemaError() if "older" in message:
            return warning(f"{message}; a supervisor does so when it starts", fix)
        case StoreAwayError():
            return problem(message, fix or "is the server up, and does a firewall let us through?")
        case StoreForbiddenError():
            return problem(message, fix or "its rights: The database in docs/cluster.md")
    return problem(message, fix)


def _safety(found: Served) -> Iterator[Finding]:
    """Whether what it has acknowledged is still there after a crash, and was seen by nobody."""
    if not found.survives_crash:
        yield problem(
            "fsync or full_page_writes is off: a crash of the server's host may lose the ledger",
            "ALTER SYSTEM SET fsync = on; ALTER SYSTEM SET full_page_writes = on; reload",
        )
    if found.synchronous in FORGETFUL:
        yield problem(
            f"synchronous_commit = {found.synchronous} in the URL: a crash may give a slot twice",
            "take it out of the URL; without it jobrunner has it on",
        )
    if not found.is_encrypted and not _is_near(found.address):
        yield warning(
            f"what goes to {found.address} can be read on the way",
            "sslmode=verify-full in the URL",
        )


def _is_near(address: str) -> bool:
    return not address or ip_address(address).is_loopback


def _load(found: Served) -> Iterator[Finding]:
    taken = f"{found.connections:,} of {found.most:,} connections are taken, {found.ours:,} by us"
    if found.connections > FULL * found.most:
        yield warning(taken, "a larger max_connections, or fewer who hold them")
    if found.longest > LONG:
        yield warning(
            f"a transaction is open for {found.longest}: what was removed meanwhile takes room",
            "SELECT pid, usename, query FROM pg_stat_activity ORDER BY xact_start LIMIT 3",
        )
    if not found.has_autovacuum:
        yield problem(
            "autovacuum is off: the queue becomes slower and slower",
            "ALTER SYSTEM SET autovacuum = on; reload",
        )


def _variable(patient: Patient) -> Iterator[Finding]:
    """What ticks starts the supervisor, with the variables that it has itself."""
    name = patient.config.settings.store_env if patient.config else ""
    for ticker in patient.own_tickers if name else ():
        if name not in of_ticker(ticker, patient.host):
            yield problem(
                f"{ticker.told} does not set {name} (store_env): the next supervisor finds no"
                " ledger",
                "store_file in its place; or, for systemd, EnvironmentFile= in its units",
            )
