"""What can be wrong with this host, its files and its jobs; in full for an admin alone."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.engine.doctor.finding import Finding
from jobrunner.model.access import Role
from jobrunner.web.call import Viewer
from jobrunner.web.checkup import checkup_of
from jobrunner.web.pages.frame import show

router = APIRouter(include_in_schema=False)
SIGNS = {"ok": "success", "warning": "missed", "problem": "failed"}


@router.get("/doctor")
def read(call: Viewer) -> Response:
    """Show what is found, and to an admin what it says and how it is put right."""
    last = checkup_of(call.request).found(call.now)
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


def _sorted(found: Sequence[Finding]) -> Sequence[Finding]:
    """What is wrong first."""
    return sorted(found, key=lambda each: [*SIGNS].index(each.severity), reverse=True)
