"""All runs, and the slots that did not run, newest first: those that the address asks for."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from jobrunner.engine.fleet import shared
from jobrunner.engine.past.rows import Wanted, runs
from jobrunner.engine.past.tell import WORDS
from jobrunner.model.run import FAILURES, OMITTED, State, Trigger
from jobrunner.schedule.wall import TICK
from jobrunner.web.call import Call, Viewer
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.row import rows_of
from jobrunner.web.pages.typed import Before, Typed, Word, proposed, tags_of
from jobrunner.web.problem import RefusedError

router = APIRouter(include_in_schema=False)
PAGE = 50
LIVE = (State.QUEUED, State.RUNNING, State.RETRYING)
TRIGGERS = [("", "anything"), *((each.value, WORDS.get(each, each.value)) for each in Trigger)]


@router.get("/runs")
def read(
    call: Viewer,
    *,
    job: Word = "",
    state: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006 - it is copied
    trigger: Word = "",
    host: Word = "",
    since: Word = "",
    until: Word = "",
    tag: Word = "",
    before: Before = None,
) -> Response:
    """Show a page of runs."""
    typed = Typed(call, "job", "tag", "since", "until")
    end = typed.span("until", until)
    wanted = Wanted(
        jobs=_names(call, typed, job, tag),
        states=_states(state),
        trigger=_trigger(trigger),
        host=host.strip() or None,
        since=typed.since(since),
        until=end.last + TICK if end else None,
        before=before,
    )
    words = {"job": job, "trigger": trigger, "since": since, "until": until, "tag": tag}
    words |= {"host": host} if host or shared(call.scene.store) else {}
    asked = {name: text.strip() for name, text in words.items()}
    return _page(call, typed, wanted, asked | {"state": ",".join(wanted.states)})


def _page(call: Call, typed: Typed, wanted: Wanted, asked: Mapping[str, str]) -> Response:
    found = () if typed.is_wrong else islice(runs(call.scene.store, wanted, PAGE + 1), PAGE + 1)
    rows = rows_of(call, found)
    return show(
        call,
        "runs.html",
        title="Runs",
        nav="runs",
        asked=asked,
        is_asked=any(asked.values()),
        wrong=typed.wrong,
        is_wrong=typed.is_wrong,
        rows=rows[:PAGE],
        before=wanted.before,
        last=rows[PAGE - 1].run.id if len(rows) > PAGE else None,
        jobs=proposed(call),
        tags=[("", "any"), *((each, each) for each in tags_of(call))],
        states=_choices(wanted.states),
        triggers=TRIGGERS,
    )


def _names(call: Call, typed: Typed, job: str, tag: str) -> tuple[str, ...] | None:
    """The jobs to tell of; None for every one."""
    name, tagged = typed.job(job), typed.tag(tag)
    if not tag.strip():
        return (name,) if name else call.names()
    return tuple(each for each in tagged if name in {None, each})


def _states(asked: Sequence[str]) -> tuple[State, ...]:
    """Those that are named, in the order in which they are always told."""
    words = {word for text in asked for word in text.split(",") if word}
    if strange := words - set(State):
        raise RefusedError("invalid", f"There is no state {min(strange)}: {' '.join(State)}")
    return tuple(each for each in State if each in words)


def _trigger(asked: str) -> Trigger | None:
    if asked and asked not in set(Trigger):
        raise RefusedError("invalid", f"Nothing asks for runs like that: {' '.join(Trigger)}")
    return Trigger(asked) if asked else None


def _choices(asked: Sequence[State]) -> Sequence[tuple[str, str]]:
    """What the field offers: some states together, each alone, and those that are asked for."""
    several = {each: ", ".join(each) for each in (FAILURES, OMITTED, LIVE)}
    alone = {(each,): each.value for each in State}
    own = {tuple(asked): ", ".join(asked)} if asked else {}
    offered = own | several | alone
    return [("", "any"), *((",".join(states), text) for states, text in offered.items())]
