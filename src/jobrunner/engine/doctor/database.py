"""The ledger: whether it is there, sound, of this version, and as large as it should be."""

from collections.abc import Iterator

from jobrunner.config.spelling import shown
from jobrunner.engine.doctor import server
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.patient import Patient, told
from jobrunner.engine.report.words import readable
from jobrunner.errors import (
    StoreAbsentError,
    StoreBusyError,
    StoreError,
    StoreForbiddenError,
    StoreSchemaError,
)
from jobrunner.store.sqlite.inspection import Inspected

LOG = 64 << 20
# Fixed in this one: two processes that bring the log to its lasting place at once may spoil it.
WAL_RESET = (3, 51, 3)
OLDEST = (3, 37, 0)
REPAIR = "jobrunner db restore COPY, or: jobrunner db recover"


def look(patient: Patient) -> Iterator[Finding]:
    if patient.where_problem:
        yield problem(*told(patient.where_problem))
    elif patient.is_shared:
        yield from server.look(patient)
    else:
        yield from _of_file(patient)


def _of_file(patient: Patient) -> Iterator[Finding]:
    found = patient.inspected
    if isinstance(found, StoreError):
        yield _absent(found, patient)
        return
    for said in found.problems[:3]:
        yield problem(f"the ledger is damaged: {shown(said)}", REPAIR)
    if not found.problems:
        depth = "full check" if patient.look.full else "quick check"
        yield ok(f"ledger {readable(found.bytes)}, {found.journal.upper()}, integrity ok ({depth})")
        yield from _unopened(patient)
    yield from _log(found)
    yield from _version(found)


def _absent(error: StoreError, patient: Patient) -> Finding:
    message, fix = told(error)
    message = shown(message)
    match error:
        case StoreAbsentError():
            return warning("there is no ledger yet: the first tick, or the first run, makes it")
        case StoreSchemaError() if "older" in message:
            return warning(f"{message}; a supervisor does so when it starts", fix)
        case StoreForbiddenError():
            return problem(message, fix or f"ask as its user: sudo -u {patient.owner_name} ...")
        case StoreBusyError():
            return problem(message, fix or f"who has it: fuser -v {patient.file}")
    return problem(message, fix or REPAIR)


def _unopened(patient: Patient) -> Iterator[Finding]:
    """A sound file that commands would refuse, or complete."""
    if patient.store_problem:
        message, fix = told(patient.store_problem)
        yield problem(shown(message), fix)
    elif patient.store is None:
        message = f"{patient.file}.id is gone, which tells it from other ledgers"
        yield warning(f"{shown(message)}; the next command makes it anew")


def _log(found: Inspected) -> Iterator[Finding]:
    if found.log_bytes > LOG:
        yield warning(
            f"its write-ahead log has {readable(found.log_bytes)}: somebody reads for hours, or"
            " nobody brings it to its lasting place",
            "close programs that have the ledger open; the next supervisor does the rest",
        )


def _version(found: Inspected) -> Iterator[Finding]:
    version = tuple(int(part) for part in found.sqlite.split(".") if part.isdigit())
    if version < OLDEST:
        yield problem(f"SQLite {found.sqlite} is older than 3.37", "a newer Python, or SQLite")
    elif version < WAL_RESET:
        yield ok(
            f"SQLite {found.sqlite}: its log may be spoilt where two processes checkpoint at once"
            " (before 3.51.3); here one does, under a lock"
        )
    else:
        yield ok(f"SQLite {found.sqlite}")
