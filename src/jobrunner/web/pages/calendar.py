"""A month, a week or a day: what became of the slots of each day, and which are to come."""

from datetime import date, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.config.zone import host_zone
from jobrunner.engine.report.calendar import Calendar, see_calendar
from jobrunner.engine.report.chart import DaySum
from jobrunner.web.call import Call, Viewer
from jobrunner.web.draw.month import last_month, next_month, week_of, weeks_of
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.typed import Typed, Word, proposed

router = APIRouter(include_in_schema=False)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
# So many jobs of a day are told in a month, in a week, and alone.
FEW, MANY, DAY_SHOWS = 4, 12, 200
YEARS = range(1970, 2200)


@router.get("/calendar")
def read(
    call: Viewer, *, month: Word = "", week: Word = "", day: Word = "", job: Word = ""
) -> Response:
    """Show the month of today, or the month, the week or the day that is asked for."""
    typed, today = Typed(call, "job", "day"), call.now.astimezone(host_zone().info).date()
    name = typed.job(job) or ""
    on = typed.day(day or week or month, YEARS) or today
    if day and not typed.is_wrong:
        return _day(call, on, today, name)
    return _grid(call, on, today, name, typed, is_week=bool(week))


def _grid(call: Call, on: date, today: date, job: str, typed: Typed, *, is_week: bool) -> Response:
    """Whole weeks: of a month, or one."""
    weeks = [week_of(on)] if is_week else weeks_of(on)
    found = _seen(call, weeks[0][0], weeks[-1][-1], job)
    days = {each.day: each for each in found.days}
    step, before, after = "month", last_month(on), next_month(on)
    if is_week:
        step, before, after = "week", on - WEEK, on + WEEK
    return show(
        call,
        "calendar.html",
        title="Calendar",
        nav="calendar",
        on=on,
        today=today,
        weeks=[[days[each] for each in one] for one in weeks],
        step=step,
        before=before,
        after=after,
        are_local=found.are_local,
        job=job,
        wrong=typed.wrong,
        shown=FEW if step == "month" else MANY,
        sign=sign,
        jobs=proposed(call),
    )


def _day(call: Call, on: date, today: date, job: str) -> Response:
    found = _seen(call, on, on, job, DAY_SHOWS)
    return show(
        call,
        "calendar_day.html",
        title=f"{on:%a} {on.day} {on:%b %Y}",
        nav="calendar",
        on=on,
        today=today,
        day=found.days[0],
        before=on - DAY,
        after=on + DAY,
        are_local=found.are_local,
        job=job,
        sign=sign,
    )


def _seen(call: Call, first: date, last: date, job: str, shown: int = MANY) -> Calendar:
    return see_calendar(
        call.scene,
        call.now,
        first,
        last,
        host_zone().info,
        sees=call.sight,
        only=job or None,
        shown=shown,
    )


def sign(past: DaySum, slots: int) -> str:
    """The state whose sign tells most of what became of a day, or is to come."""
    if past.failed:
        return "failed"
    if past.idle and not past.runs:
        return "missed"
    return "success" if past.runs else "queued" if slots else "never"
