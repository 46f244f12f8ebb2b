"""Makes one message of the letters of a parcel."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from string import Template
from typing import Any

import msgspec

from jobrunner.engine.alert import phrase
from jobrunner.engine.alert.notice import Notice, decode
from jobrunner.engine.past.log import last_lines
from jobrunner.engine.transcript import Transcripts, reading
from jobrunner.errors import StoreError
from jobrunner.kinds.uuid import run_uuid
from jobrunner.model.letter import Letter
from jobrunner.model.settings import Channel
from jobrunner.notify.message import Message
from jobrunner.words import numbered, some

TAIL = 65_536  # bytes of an output that are looked at
MOST = 50  # events that a digest spells out
HOSTS = 3  # that a title names


class Event(msgspec.Struct, frozen=True):
    """A notice, and how many like it before it are told with it."""

    notice: Notice
    others: int = 0


def message(
    letters: Sequence[Letter],
    channel: Channel,
    transcripts: Transcripts,
    *,
    host: str,
    ledger: str,
    now: datetime,
) -> Message:
    """The message of a parcel; `ledger` tells this one's messages from those of all others.

    `host` is where it is sent from: an event that names no other was there.  Of a digest the
    message's own host is that of the last event.
    """
    lead, events = letters[-1], folded(letters)
    number = run_uuid(lead.created_at, f"{ledger}-letters", lead.id)
    notice = events[-1].notice
    counts = [channel.tail_lines if number < MOST else 0 for number in range(len(events))]
    tails = [tail_of(each.notice, transcripts, n) for each, n in zip(events, counts, strict=True)]
    title, text = _told(events, tails, host)
    is_digest = len(events) > 1
    hosts = [*dict.fromkeys(each.notice.host or host for each in events)]
    words = _words(notice, title, text, some(hosts, HOSTS), tails[-1])
    return Message(
        id=number,
        event="digest" if is_digest else notice.event,
        title=_filled(channel.title, words) or f"[{words['host']}] {title}",
        text=_filled(channel.body, words) or text,
        kind=phrase.kind("digest" if is_digest else notice.event),
        source=f"/hosts/{hosts[-1]}/jobrunner",
        subject="" if is_digest else _subject(notice),
        happened_at=notice.at,
        host=hosts[-1],
        sent_at=int(now.timestamp()),
        data=_digest_of(events, tails, host) if is_digest else _data(events[-1], tails[-1]),
    )


def folded(letters: Sequence[Letter]) -> list[Event]:
    """The latest letter of each event and job, in their order, with the number of those before."""
    last = {(each.event, each.job): each for each in letters}
    counts: dict[tuple[str, str], int] = {}
    for each in letters:
        counts[each.event, each.job] = counts.get((each.event, each.job), 0) + 1
    kept = sorted(last.values(), key=lambda each: each.id)
    return [Event(notice_of(each), counts[each.event, each.job] - 1) for each in kept]


def notice_of(letter: Letter) -> Notice:
    """What a letter tells; one that cannot be read is told as what it is."""
    try:
        return decode(letter.text)
    except msgspec.MsgspecError:
        at = letter.created_at.isoformat(timespec="seconds")
        return Notice(event=letter.event, at=at, job=letter.job, run_id=letter.run)


def _told(events: Sequence[Event], tails: Sequence[str], host: str) -> tuple[str, str]:
    """The title and the text."""
    if len(events) == 1:
        return phrase.title(events[0].notice), "\n".join(_paragraph(events[0], tails[0], host))
    title = f"{numbered(sum(each.others + 1 for each in events), 'event')}"
    text = "\n\n".join(
        "\n".join(_paragraph(each, tail, host))
        for each, tail in zip(events[:MOST], tails[:MOST], strict=True)
    )
    if len(events) > MOST:
        text += f"\n\n... and {len(events) - MOST:,} more"
    return title, text


def _paragraph(event: Event, tail: str, host: str) -> Iterator[str]:
    yield phrase.title(event.notice)
    if event.others:
        yield f"{numbered(event.others, 'message')} like this one before it, not sent one by one"
    yield from map(_printable, phrase.lines(event.notice, event.notice.host or host))
    if tail:
        yield "The end of its output:"
        yield from (f"    {line}" for line in tail.splitlines())


def _printable(line: str) -> str:
    return "".join(each if each.isprintable() or each == "\t" else "\ufffd" for each in line)


def tail_of(notice: Notice, transcripts: Transcripts, count: int, most: int = TAIL) -> str:
    """The last lines of the output, as it is kept now, where there is any; `most` bytes of it."""
    if not (count and notice.run_id and notice.attempt and notice.has_output):
        return ""
    try:
        with reading(transcripts.anywhere(notice.run_id, notice.attempt)) as found:
            _, content = found.end(most)
    except (OSError, StoreError):  # what happened is told without it
        return ""
    lines = last_lines([content], count).decode(errors="replace").splitlines()
    return "\n".join(map(_printable, lines)).strip("\n")


def _subject(notice: Notice) -> str:
    if not notice.job:
        return ""
    run = f"/runs/{notice.run_id}" if notice.run_id else ""
    return f"jobs/{notice.job}{run}"


def _data(event: Event, tail: str) -> dict[str, Any]:
    """What programs are told: the notice without what it does not know."""
    known: dict[str, Any] = msgspec.to_builtins(event.notice)
    for name in ("at", "has_output", "host"):
        known.pop(name, None)
    known["held"] = event.others
    if tail:
        known["output_tail"] = tail
    return known


def _digest_of(events: Sequence[Event], tails: Sequence[str], host: str) -> dict[str, Any]:
    told = [
        {
            **_data(event, tail),
            "title": phrase.title(event.notice),
            "host": event.notice.host or host,
        }
        for event, tail in zip(events, tails, strict=True)
    ]
    return {"events": told}


def _words(notice: Notice, title: str, text: str, host: str, tail: str) -> dict[str, str]:
    """What a template can name."""
    took, broken = notice.duration_seconds, notice.broken_for_seconds
    return {
        "event": notice.event,
        "title": title,
        "text": text,
        "job": notice.job,
        "run": str(notice.run_id or ""),
        "host": host,
        "status": notice.status,
        "reason": notice.reason,
        "message": notice.message,
        "description": notice.description,
        "docs": notice.docs,
        "scheduled_for": notice.scheduled_for,
        "duration": "" if took is None else phrase.length(took),
        "failures": str(notice.consecutive_failures or ""),
        "broken_for": "" if broken is None else phrase.length(broken),
        "output": tail,
    }


def _filled(template: str, words: dict[str, str]) -> str:
    return Template(template).safe_substitute(words)
