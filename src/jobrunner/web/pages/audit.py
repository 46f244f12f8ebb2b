"""Who changed what, from where, and what came of it."""

from collections.abc import Sequence

from fastapi import APIRouter
from msgspec import Struct
from starlette.responses import Response

from jobrunner.engine.access.audit import Search, search
from jobrunner.model.access import Deed
from jobrunner.web.call import Admin
from jobrunner.web.pages.difference import KINDS, DiffLine
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.typed import Before, Word

router = APIRouter(include_in_schema=False)
PAGE = 50
# What is proposed to search by; others are found, too.
ACTIONS = (
    *("job.run", "job.pause", "job.resume", "job.backfill", "run.stop", "run.retry"),
    *("job.create", "job.write", "job.remove", "config.write", "notify.test"),
    *("token.create", "token.revoke", "session.begin", "session.end"),
    *("badge.renew", "badge.close", "host.drain", "host.undrain"),
)
NAMES = ("--- ", "+++ ")  # lines that name what is compared


class Row(Struct, frozen=True, kw_only=True):
    """A deed; what is told of it in several lines, and the job that it is about, if it is there."""

    deed: Deed
    lines: Sequence[DiffLine]
    job: str


@router.get("/audit")
def read(
    call: Admin,
    *,
    who: Word = "",
    action: Word = "",
    subject: Word = "",
    before: Before = None,
) -> Response:
    """Show a page of the audit, newest first."""
    call.require_every_job()
    wanted = Search(who=who.strip(), action=action.strip(), subject=subject.strip())
    found, rest = search(call.scene.store, wanted, before=before, limit=PAGE)
    jobs = call.scene.config.jobs
    return show(
        call,
        "audit.html",
        title="Audit",
        nav="audit",
        refresh=False,
        rows=[_row(each, each.subject if each.subject in jobs else "") for each in found],
        wanted=wanted,
        is_first=before is None,
        rest=rest,
        actions=ACTIONS,
        names=sorted({each.name for each in call.scene.store.tokens()}),
    )


def _row(deed: Deed, job: str) -> Row:
    lines = deed.detail.split("\n") if "\n" in deed.detail else []
    told = [DiffLine(line, _kind(line)) for line in lines]
    return Row(deed=deed, lines=told, job=job if deed.action.startswith("job.") else "")


def _kind(line: str) -> str:
    return "" if line.startswith(NAMES) else KINDS.get(line[:1], "")
