"""Who gives claims: whether it answers, and still knows after a crash what it gave."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from jobrunner.config.spelling import shown
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.patient import Patient
from jobrunner.engine.lessor import Lessor
from jobrunner.lease.base import Condition, LeaseError
from jobrunner.model.job import Job
from jobrunner.model.settings import Settings
from jobrunner.words import listed

SKEW = timedelta(seconds=1)
MEANWHILE = {"skip": "slots are skipped meanwhile", "run": "every host runs every slot meanwhile"}


def look(patient: Patient) -> Iterator[Finding]:
    if patient.config is None:
        return
    settings = patient.config.settings
    lessor = Lessor(patient.ground)
    lessor.heed(settings, is_shared=False)
    if not lessor.is_named:
        return
    try:
        found = lessor.ask(lambda lease: lease.condition(patient.look.clock.now()))
    except LeaseError as error:
        yield _silent(error, settings)
        return
    finally:
        lessor.close()
    wrong = [*_forgetful(found), *_skewed(found)]
    yield from wrong
    if not wrong:
        yield ok(f"Redis {shown(found.version)} gives claims, and keeps a log of them")
    yield from _chained(patient.config.jobs.values())


def _silent(error: LeaseError, settings: Settings) -> Finding:
    message = f"nobody gives claims: {shown(str(error))}; {MEANWHILE[settings.claims_unreachable]}"
    return problem(message, "have Redis run, or see to settings.claims")


def _forgetful(found: Condition) -> Iterator[Finding]:
    if not found.is_logged:
        yield warning(
            "Redis keeps claims in memory alone (appendonly no): after a crash nobody knows who had"
            " a slot, and what is not known is skipped",
            "redis-cli config set appendonly yes, and the same in redis.conf",
        )
    elif found.syncs == "no":
        yield warning(
            "Redis leaves it to the kernel when its log is written (appendfsync no): a power cut"
            " may cost the claims of half a minute, and run their slots twice",
            "redis-cli config set appendfsync everysec, and the same in redis.conf",
        )
    if found.evicts not in {"", "noeviction"}:
        yield warning(
            f"Redis throws claims away when it is full (maxmemory-policy {shown(found.evicts)})",
            "redis-cli config set maxmemory-policy noeviction, and the same in redis.conf",
        )


def _skewed(found: Condition) -> Iterator[Finding]:
    if abs(found.skew) > SKEW:
        way = "ahead of" if found.skew > timedelta() else "behind"
        off = abs(found.skew).total_seconds()
        yield warning(
            f"this host's clock is {off:.1f}s {way} that of Redis: each host's slots go by its own",
            "chronyc makestep",
        )


def _chained(jobs: Iterable[Job]) -> Iterator[Finding]:
    """Jobs that follow others, whose runs may be in another host's ledger."""
    names = [job.name for job in jobs if job.after and not _is_pinned(job)]
    if names:
        yield warning(
            f"each host knows its own runs alone: {listed(names)} may wait for one of another's",
            'hosts = ["NAME"] for all jobs of the chain, or `store` on a PostgreSQL',
        )


def _is_pinned(job: Job) -> bool:
    return job.on == "every" or (len(job.hosts) == 1 and not set(job.hosts[0]) & set("*?["))
