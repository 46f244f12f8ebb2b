"""Badges: how a job is, or all are, for pages elsewhere; for who has the key, and no more."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query, Request
from msgspec import Struct
from starlette.responses import Response

from jobrunner.engine.access import badge
from jobrunner.engine.access.badge import EVERYTHING, Subject
from jobrunner.engine.report.sign import Sign, sign_of, sign_of_all
from jobrunner.web.answer import JSON, fresh
from jobrunner.web.call import Admin, Call, Operator
from jobrunner.web.deed import deed
from jobrunner.web.draw.badge import badge as drawn
from jobrunner.web.pages.form import Fields, follow
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.order import job_path
from jobrunner.web.pages.typed import Typed, proposed
from jobrunner.web.problem import RefusedError
from jobrunner.web.site import site_of

router = APIRouter(include_in_schema=False)
BADGES = "/badges"
LONGEST = 200
SHOWN = 12  # each is a picture
SVG = "image/svg+xml"
# A page elsewhere shows it, and is not to show an old one.
PUBLIC = {
    "Cache-Control": "no-cache, max-age=0",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
}

Key = Annotated[str, Path(max_length=LONGEST)]


class Offer(Struct, frozen=True, kw_only=True):
    """A badge that is offered: of what, where it is, what is copied, where it is told as JSON."""

    name: str
    path: str
    markdown: str
    status: str


@router.get("/badge/{key}.svg")
def picture(request: Request, key: Key) -> Response:
    """Draw how the job is that the key is to, or how all are."""
    site = site_of(request)
    sign = _opened(request, key)
    label = sign.name or site.serve.title or "jobs"
    return fresh(request, drawn(label, sign.status).encode(), SVG, headers=PUBLIC)


@router.get("/status.json")
def status(request: Request, key: Annotated[str, Query(max_length=LONGEST)] = "") -> Response:
    """Tell the same, with the last success and the next slot."""
    body = msgspec.json.encode(_opened(request, key))
    return fresh(request, body, JSON, headers=PUBLIC)


@router.get(BADGES)
def every(call: Operator, job: Annotated[str, Query(max_length=LONGEST)] = "") -> Response:
    """Show the badges that there are, as pages elsewhere take them."""
    typed, secret = Typed(call, "job"), call.scene.store.badge_secret()
    name = typed.job(job)
    subjects = [Subject(name)] if name else _subjects(call)
    return show(
        call,
        "badges.html",
        title="Badges",
        refresh=False,
        is_open=bool(secret),
        offers=[_offer(call, secret, each) for each in subjects[:SHOWN]] if secret else [],
        more=len(subjects[SHOWN:]),
        job=job.strip(),
        wrong=typed.wrong,
        jobs=proposed(call),
        every_job=not call.visitor.jobs,
    )


@router.post(BADGES + "/renew")
def renew(call: Admin, fields: Fields) -> Response:
    """Have badges under new keys; the old ones show nothing any more."""
    call.require_every_job()
    with deed(call, "badge.renew"):
        badge.renew(call.scene.store)
    return follow(call, fields, BADGES, "Badges have new keys; those given before are void.")


@router.post(BADGES + "/close")
def close(call: Admin, fields: Fields) -> Response:
    """Have no badges any more."""
    call.require_every_job()
    with deed(call, "badge.close"):
        badge.close(call.scene.store)
    return follow(call, fields, BADGES, "There are no badges any more.")


def _opened(request: Request, key: str) -> Sign:
    """What the key opens; of what it does not open not even is told whether it is there."""
    site = site_of(request)
    with site.open() as (scene, _):
        found = badge.subject_of(scene.store.badge_secret(), key)
        jobs, now = scene.config.jobs, site.clock.now()
        if found == EVERYTHING:
            return sign_of_all(scene.store, jobs, now)
        job = jobs.get(found.job) if found and found.job else None
        if job:
            return sign_of(scene.store, job, now)
    raise RefusedError("not-found", "There is no such badge.")


def _subjects(call: Call) -> Sequence[Subject]:
    """What this visitor may have badges of: all jobs together, if he sees all, and each of his."""
    names = [*call.scene.config.jobs]
    return [EVERYTHING] * (not call.visitor.jobs) + [Subject(name) for name in names]


def _offer(call: Call, secret: str, subject: Subject) -> Offer:
    key = badge.key(secret, subject)
    path = f"{call.base}/badge/{key}.svg"
    here, name = call.origin, subject.job or "jobs"
    page = f"{call.base}{job_path(subject.job) if subject.job else '/'}"
    return Offer(
        name=subject.job or "",
        path=path,
        markdown=f"[![{name}]({here}{path})]({here}{page})",
        status=f"{here}{call.base}/status.json?key={key}",
    )
