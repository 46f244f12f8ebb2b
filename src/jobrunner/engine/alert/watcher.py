"""Calls outside watchers: of a job's runs (`ping`), and of this host (`heartbeat`)."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from msgspec import Struct

from jobrunner.engine.alert.compose import notice_of, tail_of
from jobrunner.engine.alert.notice import Notice
from jobrunner.engine.alert.way import secret
from jobrunner.engine.diary import Diary
from jobrunner.engine.given import Holder
from jobrunner.engine.record import About
from jobrunner.engine.scene import host_of
from jobrunner.engine.state import State
from jobrunner.engine.transcript import Transcripts
from jobrunner.errors import JobrunnerError
from jobrunner.kinds.uuid import run_uuid
from jobrunner.model.letter import PINGS, Letter
from jobrunner.model.settings import Config
from jobrunner.notify.ping import MOST, Watcher, ping
from jobrunner.store.base import Store

AT_ONCE = 8  # jobs


class Call(Struct, frozen=True, kw_only=True):
    """One call: what it is called by in messages, whom, and what is said."""

    name: str
    watcher: Watcher
    kind: str = ""
    rid: str = ""
    body: str = ""


class Rounds(Struct, frozen=True, kw_only=True):
    """What is needed to call the watchers of one ledger's jobs."""

    config: Config
    state: State
    store: Store
    ledger: str
    environ: Mapping[str, str]

    @property
    def transcripts(self) -> Transcripts:
        """What the runs wrote that are told of."""
        return Transcripts(self.state, self.store, host_of(self.config.settings))


def beat(config: Config, environ: Mapping[str, str], diary: Diary) -> None:
    """Say that this host ticks."""
    settings = config.settings
    try:
        url = secret(settings, "heartbeat", environ)
    except JobrunnerError as error:
        said = f"no heartbeat: {str(error).partition(chr(10))[0]}"
        diary.warning(said, About(event="heartbeat"))
        return
    watcher = Watcher(url=url, networks=settings.allow_private_urls)
    _make([Call(name="heartbeat", watcher=watcher)], diary)


def call_all(work: Rounds, diary: Diary) -> list[int]:
    """Call for every letter; the numbers of the parcels that are done with, whoever answered.

    What a watcher did not hear is not told later: by then it is no longer true.
    """
    parcels = work.store.parcels(PINGS)
    letters = sorted((one for each in parcels for one in each.letters), key=lambda one: one.job)
    calls = [
        [*filter(None, (_call(work, letter, diary) for letter in group))]
        for _, group in groupby(letters, key=lambda one: one.job)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda some: _make(some, diary), calls))
    return [parcel.number for parcel in parcels]


def _call(work: Rounds, letter: Letter, diary: Diary) -> Call | None:
    job, run = work.config.jobs.get(letter.job), work.store.run(letter.run or 0)
    if job is None or run is None or not _is_watched(job):
        return None
    try:
        url = secret(job, "ping", work.environ)
    except JobrunnerError as error:
        said = f"{job.name}: no ping: {str(error).partition(chr(10))[0]}"
        diary.warning(said, About(event="ping", job=job.name))
        return None
    notice = notice_of(letter)
    kind = _kind(notice)
    return Call(
        name=f"ping of {job.name} #{run.id}",
        watcher=Watcher(url=url, networks=work.config.settings.allow_private_urls),
        kind=kind,
        rid=run_uuid(run.created_at, work.ledger, run.id),
        body=_body(notice, work.transcripts),
    )


def _is_watched(job: Holder) -> bool:
    return any(getattr(job, f"ping{form}") for form in ("", "_file", "_env"))


def _kind(notice: Notice) -> str:
    if notice.event in {"start", "log"}:
        return notice.event
    if notice.status == "success":
        return ""
    # A code of 0 would mean success, whatever was expected beyond it.
    return str(notice.exit_code) if notice.status == "failed" and notice.exit_code else "fail"


def _body(notice: Notice, transcripts: Transcripts) -> str:
    if notice.event == "start":
        return ""
    tail = tail_of(notice, transcripts, MOST, MOST)
    if notice.event == "log":
        again = f"next at {notice.next_attempt_at}"
        said = [tail, f"attempt {notice.attempt} failed, {notice.reason}; {again}"]
    else:
        said = [tail, notice.message, notice.reason]
    return "\n".join(filter(None, said))


def _make(calls: list[Call], diary: Diary) -> None:
    """Make the calls about one job, in order."""
    for call in calls:
        try:
            ping(call.watcher, call.kind, call.rid, call.body)
        except JobrunnerError as error:
            said = f"{call.name} ({call.kind or 'success'}) was not heard: {error}"
            diary.warning(said, About(event="ping"))
