"""What can be wrong with this host, its files and its jobs; in full for an admin alone."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from fastapi import APIRouter
from msgspec import Struct
from starlette.responses import Response

from jobrunner.engine.doctor.examine import examine
from jobrunner.engine.doctor.finding import Finding
from jobrunner.engine.doctor.patient import Look
from jobrunner.engine.ticker import this_host
from jobrunner.model.access import Role
from jobrunner.web.call import Call, Viewer
from jobrunner.web.pages.frame import show

router = APIRouter(include_in_schema=False)
SIGNS = {"ok": "success", "warning": "missed", "problem": "failed"}


class Checkup(Struct, frozen=True):
    """All that was found, and when."""

    at: datetime
    findings: Sequence[Finding]


@router.get("/doctor")
def read(call: Viewer) -> Response:
    """Show what is found, and to an admin what it says and how it is put right."""
    last = _checkup(call)
    found = [each for each in last.findings if each.job is None or call.sees(each.job)]
    is_full = call.visitor.may(Role.ADMIN) and not call.visitor.jobs
    return show(
        call,
        "doctor.html",
        title="Doctor",
        nav="doctor",
        refresh=False,
        groups=[(name, _sorted([*each])) for name, each in groupby(found, lambda one: one.group)],
        looked_at=last.at,
        counts=Counter(each.severity for each in found),
        is_full=is_full,
        signs=SIGNS,
    )


def _checkup(call: Call) -> Checkup:
    """What is wrong, as it was a minute ago at most: for that the whole ledger is read."""
    site, now = call.site, call.now

    def find() -> Checkup:
        look = Look(option=site.path, asker=site.asker, host=this_host(), clock=site.clock, now=now)
        return Checkup(now, examine(look))

    return site.cache.get("doctor", site, now, find)


def _sorted(found: Sequence[Finding]) -> Sequence[Finding]:
    """What is wrong first."""
    return sorted(found, key=lambda each: [*SIGNS].index(each.severity), reverse=True)
