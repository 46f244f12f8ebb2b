"""What `import` tells: line by line what becomes of it, and what to do next."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from jobrunner.cli import answer, output, table
from jobrunner.config.edit.literal import key
from jobrunner.config.spelling import shown, width
from jobrunner.engine.draft.site import line_of
from jobrunner.engine.move.take import Taken
from jobrunner.formats.found import Found, LeftOut, Reading, Told
from jobrunner.words import numbered

Say = Callable[[str], None]
SHORTEST = 20
NOTES = "            "
BRIEF = 24
ARROW = " -> "
GAP = "   "


class Line(Struct, frozen=True, kw_only=True):
    """One line of the answer in JSON: `job` and `left_out` are None where it is none."""

    source: str
    line: int
    what: str
    job: str | None
    left_out: str | None
    notes: tuple[str, ...]


class Command(Struct, frozen=True):
    """The command that was typed, to be typed again."""

    words: Sequence[str]
    environ: Mapping[str, str]

    def again(self, program: str, *more: str) -> str:
        sudo = "sudo " if "SUDO_USER" in self.environ else ""
        return f"{sudo}{program} import {shlex.join([*self.words, *more])}"


def show(taken: Taken, *, as_json: bool) -> None:
    """Every line that says something, and what it becomes; what holds for all is said once."""
    if as_json:
        answer.as_json([line for reading in taken.readings for line in _lines(reading)])
        return
    notes = dict.fromkeys(note for reading in taken.readings for note in reading.notes)
    for number, reading in enumerate(taken.readings, start=1):
        output.say(f"From {reading.title}, {numbered(reading.lines, 'line')}:")
        for text in _body(reading, taken):
            output.say(text)
        if number == len(taken.readings):
            for text in (line for note in notes for line in _remark("  ", note)):
                output.say(text)
        output.say()


class Remains(NamedTuple):
    """How many old lines still run, and where a copy of them would be kept."""

    lines: int
    copies: str


def tell_taken(
    taken: Taken, typed: Command, remains: Remains | None, *, is_dry: bool, say: Say
) -> None:
    """What was written, or would be, and what to type next."""
    count = sum(len(reading.jobs) for reading in taken.readings)
    left = sum(len(reading.left_out) for reading in taken.readings)
    lost = f", {numbered(left, 'line')} left out" if left else ""
    counted = f"{numbered(count, 'job')}{lost}."
    if is_dry:
        what = " and take over" if remains else ""
        say(f"{counted} Nothing written (--dry-run). To write{what}:")
        say(f"  {typed.again(taken.program, *(['--disable-old'] if remains else []))}")
    elif taken.draft:
        _tell_written(taken, counted, say)
    else:
        say(f"{counted} Nothing to write.")
    if remains and remains.lines:
        _tell_old(taken, typed, remains, is_dry=is_dry, say=say)
    if taken.hindrance:
        what, do = taken.hindrance.splitlines()
        for text in (*_remark("", what), f"  {do}"):
            say(text)


def _tell_written(taken: Taken, counted: str, say: Say) -> None:
    assert taken.draft is not None
    first = next(job.name for reading in taken.readings for job in reading.jobs)
    line = line_of(taken.draft.new, ("jobs", first))
    verb = "Created" if taken.is_new else "Added to"
    say(f"{counted} {verb} {shown(taken.file)}, line {line} and below.")
    say(f"  see them: {taken.program} list    try one: {taken.program} run {first}")
    if taken.advice:
        say(
            f"{output.sign('note')} Nothing ticks for them yet, so that none comes due. To install:"
        )
        say(f"  {taken.advice}")


def _tell_old(taken: Taken, typed: Command, remains: Remains, *, is_dry: bool, say: Say) -> None:
    lines = numbered(remains.lines, "line")
    if is_dry:
        what = f"comments out the {lines} and keeps a copy in {remains.copies}/"
        for text in _folded("  --disable-old ", what):
            say(text)
        return
    say(f"{output.sign('note')} cron still runs the {lines}, beside the jobs. Take over:")
    say(f"  {typed.again(taken.program, '--disable-old')}")


def _lines(reading: Reading) -> Iterator[Line]:
    source = reading.path or reading.title
    for one in _in_order(reading):
        what = f"{one.when} {one.what}".strip() if isinstance(one, Found) else one.what
        yield Line(
            source=source,
            line=one.line,
            what=what,
            job=one.name if isinstance(one, Found) else None,
            left_out=one.reason if isinstance(one, LeftOut) else None,
            notes=() if isinstance(one, LeftOut) else one.notes,
        )


def _in_order(reading: Reading) -> list[Found | LeftOut | Told]:
    every: list[Found | LeftOut | Told] = [*reading.jobs, *reading.left_out, *reading.settings]
    return sorted(every, key=lambda one: one.line)


def _body(reading: Reading, taken: Taken) -> Iterator[str]:
    layout = _layout(reading.jobs) if reading.jobs else None
    for job in reading.jobs:
        assert layout is not None
        yield from layout.lines(job)
        yield from _remarks(job.notes)
    yield from _settings(reading, taken)
    for left in reading.left_out:
        yield from _folded(f"  line {left.line}  ", _left_words(left))


class _Layout(NamedTuple):
    """How wide the columns are; whether changes of form have room beside them."""

    numbers: int
    whens: int
    names: int
    words: int
    is_wide: bool

    def lines(self, job: Found) -> Iterator[str]:
        """The line of a job, and a change of form beside it, or below it."""
        when = _padded(shown(job.when), self.whens)
        words = _padded(_cut(_words(job), self.words), self.words)
        end = f"{_header(job):<{self.names}}{GAP}{job.becomes if self.is_wide else ''}".rstrip()
        yield f"  line {job.line:<{self.numbers}}  {when} {words}{ARROW}{end}"
        if job.becomes and not self.is_wide:
            yield f"{NOTES}{job.becomes}"


def _layout(jobs: Sequence[Found]) -> _Layout:
    numbers = max(len(str(job.line)) for job in jobs)
    whens = max(width(shown(job.when)) for job in jobs)
    names = max(len(_header(job)) for job in jobs)
    words = max(width(_words(job)) for job in jobs)
    if not output.is_terminal():
        return _Layout(numbers, whens, names, words, is_wide=True)
    beside = max(len(job.becomes) + len(GAP) for job in jobs)
    room = table.columns() - len("  line    ") - numbers - whens - names - len(ARROW)
    is_wide = words + beside <= room
    most = max(room - beside * is_wide, SHORTEST)
    return _Layout(numbers, whens, names, min(words, most), is_wide)


def _left_words(left: LeftOut) -> str:
    what = _cut(" ".join(shown(left.what).split()), 2 * SHORTEST)
    return f'"{what}"   {output.sign("note")} left out: {left.reason}'


def _settings(reading: Reading, taken: Taken) -> Iterator[str]:
    """Settings that went the same way on one line, those with something to tell on their own."""
    plain = [told for told in reading.settings if not told.notes]
    for is_default, where in ((True, "[defaults]"), (False, "the jobs below it")):
        names = [_brief(told.what) for told in plain if _is_default(told, taken) == is_default]
        if names:
            yield f"  {', '.join(names)}  -> {where}"
    for told in reading.settings:
        if told.notes:
            where = told.becomes or ("[defaults]" if _is_default(told, taken) else "")
            yield from _folded(f"  {shown(told.what)}", where and f"  -> {where}")
            yield from _remarks(told.notes)


def _is_default(told: Told, taken: Taken) -> bool:
    return bool(told.keys) and taken.defaults.issuperset(told.keys)


def _brief(what: str) -> str:
    """A setting by its name, with its value if that is short."""
    text = shown(what)
    return text if len(text) <= BRIEF else text.partition("=")[0]


def _remarks(notes: Sequence[str]) -> Iterator[str]:
    for note in notes:
        yield from _remark(NOTES, note)


def _remark(indent: str, note: str) -> list[str]:
    return _folded(f"{indent}{output.sign('note')} ", note)


def _folded(start: str, text: str) -> list[str]:
    """The text to the right of what begins the line, over as many lines as a terminal needs."""
    if not output.is_terminal():
        return [start + text]
    margin = table.seen_width(start)
    first, *others = table.wrapped(text, max(table.columns() - margin, SHORTEST))
    return [start + first, *(" " * margin + line for line in others)]


def _header(job: Found) -> str:
    return f"[{key(('jobs', job.name))}]"


def _words(job: Found) -> str:
    return " ".join(shown(job.what).split())


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def _cut(text: str, columns: int) -> str:
    return text if width(text) <= columns else f"{text[: columns - 3]}..."
