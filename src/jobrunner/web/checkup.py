"""What the doctor found last: he reads the whole ledger, so that he looks once a minute at most."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock

from msgspec import Struct
from starlette.requests import HTTPConnection

from jobrunner.engine.doctor.examine import examine
from jobrunner.engine.doctor.finding import Finding
from jobrunner.engine.doctor.patient import Look
from jobrunner.engine.ticker import this_host
from jobrunner.web.site import Site

GOOD_FOR = timedelta(minutes=1)


class Found(Struct, frozen=True):
    """All that was found, and when."""

    at: datetime
    findings: Sequence[Finding]


class Checkup:
    """Looks after one site; of several who ask at once one looks, and the others wait for him."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._turn = Lock()
        self._found: Found | None = None

    def found(self, now: datetime) -> Found:
        """What is wrong, as it was a minute ago at most."""
        with self._turn:
            if self._found is None or not self._found.at <= now < self._found.at + GOOD_FOR:
                self._found = Found(now, examine(self._look(now)))
            return self._found

    def _look(self, now: datetime) -> Look:
        site = self._site
        return Look(option=site.path, asker=site.asker, host=this_host(), clock=site.clock, now=now)


def checkup_of(request: HTTPConnection) -> Checkup:
    """The one of the site that a request is made to."""
    checkup: Checkup = request.app.state.checkup
    return checkup
