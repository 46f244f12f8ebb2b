"""What other schedulers let their users set: the interval, and the retries of every job."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from msgspec import Struct
from starlette.responses import Response

from jobrunner.config.quantity import duration
from jobrunner.engine.draft.assign import value_at
from jobrunner.engine.draft.default import HOLDER, RETRY, retry_of, with_retry
from jobrunner.engine.draft.site import text_of
from jobrunner.web.answer import done, reply
from jobrunner.web.call import Admin, Call, Viewer
from jobrunner.web.compat.editing import change, told, write
from jobrunner.web.compat.meant import Named, meant
from jobrunner.web.compat.shape import RetryAnswer, RetryConfig, Said
from jobrunner.web.compat.wanted import Length, Seconds, Times, constant, interval, timed, wrong
from jobrunner.web.contract import answers, body_of, takes

router = APIRouter(prefix="/api/compat", tags=["compat"])

SHORTEST = timedelta(minutes=30)


class IntervalWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An interval, in one of these."""

    interval_hours: Length | None = None
    hours: Length | None = None
    minutes: Length | None = None


class RetryWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a failed attempt is tried again, and after how many seconds, always the same."""

    max_retries: Times = 3
    retry_delay: Seconds = 300


@router.post(
    "/set-interval",
    responses=answers(Said, "It is written", problems=(409, 413, 415)),
    openapi_extra=takes(IntervalWanted, {"interval_hours": 3}),
)
def set_interval(
    call: Admin,
    wanted: Annotated[IntervalWanted, Depends(body_of(IntervalWanted))],
    named: Named = "",
) -> Response:
    """Have a job run at another interval, of half an hour at least, whatever it ran at before."""
    if wanted.hours is not None and wanted.interval_hours is not None:
        raise wrong("hours", "`hours` and `interval_hours` are two ways to say one thing.")
    hours = wanted.hours if wanted.interval_hours is None else wanted.interval_hours
    table = interval(hours, wanted.minutes)
    if duration(table["every"]) < SHORTEST:
        raise wrong("", "The interval is half an hour at least; shorter ones: PUT /jobs/NAME.")
    draft = change(call, meant(call, named).name, "job.write", lambda old: timed(old, table))
    return done(Said(message=told(call, draft)))


@router.get("/retry-config", responses=answers(RetryAnswer, "When a failed attempt is tried again"))
def read_retry_config(call: Viewer) -> Response:
    """Read the retries of jobs that say nothing of them themselves."""
    found = _config(text_of(call.site.path, call.site.asker.uid))
    return reply(call.request, RetryAnswer(message="The retries of [defaults]", data=found))


SET = answers(RetryAnswer, "It is written", problems=(409, 413, 415))
TAKES = takes(RetryWanted, {"max_retries": 3, "retry_delay": 300}, required=False)
USUAL = RetryWanted()
Wanted = Annotated[RetryWanted, Depends(body_of(RetryWanted, default=USUAL))]


@router.put("/retry-config", responses=SET, openapi_extra=TAKES)
def write_retry_config(call: Admin, wanted: Wanted) -> Response:
    """Write the retries of jobs that say nothing of them themselves."""
    return _written(call, wanted)


@router.post("/retry-config", responses=SET, openapi_extra=TAKES)
def set_retry_config(call: Admin, wanted: Wanted) -> Response:
    """Write the same, for whom that is a POST."""
    return _written(call, wanted)


def _written(call: Call, wanted: RetryWanted) -> Response:
    rule = constant(wanted.max_retries, wanted.retry_delay)

    def changed(text: str) -> str:
        before = value_at(text, (*HOLDER, RETRY))
        return with_retry(text, {**(before if isinstance(before, dict) else {}), **rule})

    draft = write(call, "", "config.write", changed)
    return done(RetryAnswer(message=told(call, draft), data=_config(draft.new)))


def _config(text: str) -> RetryConfig:
    found = retry_of(text)
    delay = duration(found.delay).total_seconds()
    return RetryConfig(max_retries=found.attempts, retry_delay=delay, backoff=found.backoff)
