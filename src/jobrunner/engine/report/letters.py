"""What channels were told, or are still to be told: letters, newest first."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from itertools import islice
from typing import Literal

from msgspec import MsgspecError, Struct
from msgspec.structs import replace

from jobrunner.engine.alert import phrase
from jobrunner.engine.alert.notice import decode
from jobrunner.engine.report.facts import local
from jobrunner.model.job import Job
from jobrunner.store.base import Store
from jobrunner.store.value import LetterFilter, Posted

Fate = Literal["sent", "held", "waiting", "failed"]
FATES: tuple[Fate, ...] = ("sent", "held", "waiting", "failed")
# So many letters are looked through for one page: who sees few of them goes on with the next.
SEEN = 2000
AT_ONCE = 200


class Told(Struct, frozen=True, kw_only=True):
    """One letter: `held` until it may be sent, or `waiting` for its turn or for another try.

    Letters of the same `parcel` are one message.  `error` is what went wrong last.
    """

    id: int
    channel: str
    event: str
    title: str
    job: str
    run: int | None
    fate: Fate
    tries: int
    error: str
    created_at: datetime
    next_at: datetime | None
    finished_at: datetime | None
    parcel: int | None


class Letters(Struct, frozen=True, kw_only=True):
    """One page; `before` asks for the next one, None if there is none."""

    letters: tuple[Told, ...]
    before: int | None


def see_letters(
    store: Store,
    jobs: Mapping[str, Job],
    now: datetime,
    zone: tzinfo,
    *,
    sees: Callable[[str], bool] | None = None,
    channel: str | None = None,
    fate: Fate | None = None,
    before: int | None = None,
    count: int = 50,
) -> Letters:
    """The letters that are asked for; who sees some jobs alone is told of those only."""
    state = "waiting" if fate == "held" else fate
    wanted = LetterFilter(channel=channel, state=state, before=before, limit=AT_ONCE)
    seen, found = 0, []
    for posted in islice(_all(store, wanted), SEEN):
        seen, before = seen + 1, posted.letter.id
        told = _told(posted, jobs, now, zone)
        if (sees is None or sees(told.job)) and fate in {None, told.fate}:
            found.append(told)
        if len(found) == count:
            break
    is_more = len(found) == count or seen == SEEN
    return Letters(letters=tuple(found), before=before if is_more else None)


def _all(store: Store, wanted: LetterFilter) -> Iterator[Posted]:
    while page := store.letters(wanted):
        yield from page
        wanted = replace(wanted, before=page[-1].letter.id)


def _told(posted: Posted, jobs: Mapping[str, Job], now: datetime, zone: tzinfo) -> Told:
    letter = posted.letter
    there = jobs[letter.job].timezone.info if letter.job in jobs else zone
    return Told(
        id=letter.id,
        channel=letter.channel,
        event=letter.event,
        title=_title(letter.text, letter.job, letter.event),
        job=letter.job,
        run=letter.run,
        fate=_fate(posted, now),
        tries=letter.tries,
        error=posted.error,
        created_at=letter.created_at.astimezone(there),
        next_at=local(letter.send_at, there),
        finished_at=local(posted.finished_at, there),
        parcel=letter.parcel,
    )


def _fate(posted: Posted, now: datetime) -> Fate:
    """What waits without having been tried, for a time that is to come, is held."""
    if posted.state != "waiting":
        return posted.state
    at = posted.letter.send_at
    return "held" if at and at > now and not posted.letter.tries else "waiting"


def _title(text: str, *otherwise: str) -> str:
    try:
        return phrase.title(decode(text))
    except MsgspecError:
        return " ".join(filter(None, otherwise))
