"""What an operator's buttons ask for: a run, its end, the same once more, past slots."""

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.engine.actions import ask, backfill, halt
from jobrunner.engine.order import RunOrder
from jobrunner.engine.past.when import Span, span
from jobrunner.engine.report.request import Asked
from jobrunner.errors import UnusableError
from jobrunner.model.job import Job
from jobrunner.store.value import Overlap
from jobrunner.web.asking import asked, rung
from jobrunner.web.call import Call, Operator
from jobrunner.web.deed import deed
from jobrunner.web.pages.form import Fields, attempt, follow
from jobrunner.web.pages.frame import show
from jobrunner.web.subject import JobName, RunNumber, run_of
from jobrunner.words import numbered

router = APIRouter(include_in_schema=False)

PARAM = "param."  # before the names of parameters among the fields
OVERLAPS: Mapping[str, Overlap] = {each: each for each in ("skip", "queue", "allow", "replace")}
ASLEEP = "at the next tick, within a minute"
FEW = 100  # slots that are told one by one


@router.post("/jobs/{name}/run")
def run(call: Operator, name: JobName, fields: Fields) -> Response:
    """Run a job now, with what the form says of its parameters."""
    path = job_path(call.require(name))
    given = {key.removeprefix(PARAM): text for key, text in fields.items() if key.startswith(PARAM)}
    order = RunOrder(params=given, overlap=OVERLAPS.get(fields.get("overlap", ""), ""))

    def change() -> Response:
        with deed(call, "job.run", name) as note:
            number = ask.run(call.scene, name, order, by=call.visitor.name, now=call.now)
            note.detail = f"request {number}" + (f", {', '.join(given)}" if given else "")
        return _told(call, fields, asked(call, number), path)

    return attempt(call, fields, path, change)


@router.post("/runs/{number}/retry")
def retry(call: Operator, number: RunNumber, fields: Fields) -> Response:
    """Run the same once more: its slot, its parameters."""
    found = run_of(call, number)

    def change() -> Response:
        with deed(call, "run.retry", f"{found.job} #{found.id}"):
            request = ask.retry(call.scene, found, by=call.visitor.name, now=call.now)
        return _told(call, fields, asked(call, request), run_path(found.id))

    return attempt(call, fields, run_path(found.id), change)


@router.post("/runs/{number}/stop")
def stop(call: Operator, number: RunNumber, fields: Fields) -> Response:
    """Stop a run with all that it started; with `force` it gets no time to end by itself."""
    found, is_forced = run_of(call, number), "force" in fields

    def change() -> Response:
        with deed(call, "run.stop", f"{found.job} #{found.id}") as note:
            request = halt.ask_one(
                call.scene, found, by=call.visitor.name, now=call.now, force=is_forced
            )
            note.detail = "by force" if is_forced else ""
        answer = asked(call, request) if request is not None else None
        if answer and answer.state == "refused":
            raise UnusableError(f"{found.job} #{found.id} is not stopped: {answer.answer}")
        when = f" {ASLEEP}" if answer and answer.state == "waiting" else ""
        said = f"{found.job} #{found.id} is asked to end{when}."
        return follow(call, fields, run_path(found.id), said)

    return attempt(call, fields, run_path(found.id), change)


@router.get("/jobs/{name}/backfill")
def rehearse(call: Operator, name: JobName, since: str = "", until: str = "") -> Response:
    """Show the past slots that a backfill would run, and ask whether to."""
    job = ask.known(call.scene, call.require(name))
    plan, problem = None, ""
    try:
        plan = _plan(call, job, since, until)
    except UnusableError as error:
        problem = str(error)
    return show(
        call,
        "backfill.html",
        title=f"Backfill {name}",
        nav="overview",
        refresh=False,
        zone=job.timezone,
        job=job,
        plan=plan,
        problem=problem,
        since=since,
        until=until,
        few=FEW,
    )


@router.post("/jobs/{name}/backfill")
def fill(call: Operator, name: JobName, fields: Fields) -> Response:
    """Run a job for each of its past slots that no run has succeeded for."""
    job = ask.known(call.scene, call.require(name))
    first, last = fields.get("since", ""), fields.get("until", "")

    def change() -> Response:
        with deed(call, "job.backfill", name) as note:
            plan = _plan(call, job, first, last)
            made = backfill.entrust(
                call.scene, plan, parallel=1, by=call.visitor.name, now=call.now
            )
            note.detail = f"{numbered(len(made), 'slot')} from {first} to {last or 'now'}"
        is_awake = rung(call.scene.state)
        when = "one after the other" + ("" if is_awake else f", from {ASLEEP[3:]} on")
        said = f"{name} runs for {numbered(len(made), 'past slot')}, {when}."
        return follow(call, fields, job_path(name), said)

    return attempt(call, fields, job_path(name), change)


def job_path(name: str) -> str:
    return f"/jobs/{quote(name, safe='')}"


def run_path(number: int) -> str:
    return f"/runs/{number}"


def _told(call: Call, fields: Mapping[str, str], answer: Asked, path: str) -> Response:
    """What became of a request for a run: it began, it is to begin, it may not."""
    if answer.state == "refused":
        raise UnusableError(f"{answer.job} is not started: {answer.answer}")
    if answer.run is None:
        return follow(call, fields, path, f"{answer.job} starts {ASLEEP}.")
    said = f"{answer.job} #{answer.run} is on its way."
    return follow(call, fields, run_path(answer.run), said)


def _plan(call: Call, job: Job, first: str, last: str) -> backfill.Plan:
    """The slots in a time as it is typed, in the job's zone; UnusableError if it is none."""
    if not first:
        raise UnusableError("From when on? Say a date, as 2026-11-01.")
    since, until = (_span(text, job, call) for text in (first, last or "0s"))
    if until.last < since.first:
        raise UnusableError(f"{last or 'now'} is before {first}.")
    return backfill.plan(call.scene, job.name, since.first, until.last, call.now)


def _span(text: str, job: Job, call: Call) -> Span:
    try:
        return span(text, job.timezone.info, call.now)
    except ValueError as error:
        raise UnusableError(str(error)) from error
