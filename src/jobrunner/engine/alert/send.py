"""`jobrunner send`: carries the parcels of one channel out, and notes what became of each.

A supervisor starts it, and nobody types it.  It is a process of its own: what hangs on the other
side, or in a listener, holds up nobody else.
"""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from types import FrameType

from msgspec import structs

from jobrunner.clock import Clock, SystemClock
from jobrunner.digest import blake2b
from jobrunner.engine.alert import tracer
from jobrunner.engine.alert.compose import message
from jobrunner.engine.alert.watcher import Rounds, beat, call_all
from jobrunner.engine.alert.way import veiled, way_of
from jobrunner.engine.diary import Diary
from jobrunner.engine.journal import journal_of
from jobrunner.engine.location import location
from jobrunner.engine.plan import read
from jobrunner.engine.record import About
from jobrunner.engine.state import State
from jobrunner.errors import JobrunnerError, StoreError
from jobrunner.jobfile.place import Asker
from jobrunner.model.letter import HEARTBEAT, PINGS, TRACES
from jobrunner.model.settings import Channel
from jobrunner.notify.deliver import Way, deliver
from jobrunner.notify.message import Message, NotifyError
from jobrunner.policy.parcel import again_at
from jobrunner.process.flock import opened, taken
from jobrunner.store import open_store
from jobrunner.store.base import Store
from jobrunner.store.value import Parcel

LOGGER = "jobrunner.send"
NOTIFY = About(event="notify")
DEADLINE = 60  # seconds for one message, whatever way it goes
LAST_WORD = 5  # more, before a listener that will not be interrupted is killed
TRIES = 20  # to note what became of a parcel, half a second apart
PAUSE = 0.5


class Round(Rounds, frozen=True, kw_only=True):
    """One channel, and what is needed to send to it."""

    channel: Channel
    clock: Clock
    host: str


def main(argv: Sequence[str]) -> int:
    """Send what is due to one channel; EX_TEMPFAIL if somebody does already."""
    options = dict(zip(argv[::2], argv[1::2], strict=True))
    state, clock = State(options["--state"]), SystemClock()
    os.chdir("/")
    os.umask(0o077)
    diary = Diary(clock, logger=LOGGER, journal=journal_of(os.environ))
    try:
        asker = Asker(environ=dict(os.environ), cwd="/", uid=os.geteuid())
        config = read(options["--config"], state, asker).config
        diary.heed(config.settings.log_level, config.settings.log_format)
        name = options["--channel"]
        if name == HEARTBEAT:
            beat(config, asker.environ, diary)
            return 0
        with _alone(state, name) as is_alone:
            if not is_alone:
                return os.EX_TEMPFAIL
            where, timeout = location(config.settings, state, asker.environ), config.cluster.timeout
            with closing(open_store(where, timeout=timeout.total_seconds())) as store:
                rounds = Rounds(
                    config=config,
                    state=state,
                    store=store,
                    ledger=options["--ledger"],
                    environ=asker.environ,
                )
                _carry(rounds, name, options["--host"], clock, diary)
    except JobrunnerError as error:
        diary.error(f"channel {options['--channel']}: {error}", NOTIFY)
        return 1
    return 0


def _carry(rounds: Rounds, name: str, host: str, clock: Clock, diary: Diary) -> None:
    if name == PINGS:
        _call_watchers(rounds, clock, diary)
    elif name == TRACES:
        _tell_collector(rounds, host, clock, diary)
    elif name in rounds.config.channels:
        channel, known = rounds.config.channels[name], structs.asdict(rounds)
        carry(Round(channel=channel, clock=clock, host=host, **known), diary)


def _call_watchers(work: Rounds, clock: Clock, diary: Diary) -> None:
    """Call until nobody is to be called; nothing of it is kept."""
    while done := call_all(work, diary):
        for parcel in done:
            work.store.delivered(PINGS, parcel, clock.now())
        work.store.forget(PINGS)


def _tell_collector(work: Rounds, host: str, clock: Clock, diary: Diary) -> None:
    """Tell of runs that are over; what is taken is not kept, and what is not, not for long."""
    store = work.store
    for parcel in store.parcels(TRACES):
        now = clock.now()
        if (parcel.letters[-1].send_at or now) > now:
            return
        try:
            with _deadline():
                tracer.tell(parcel.letters, store, ledger=work.ledger, host=host)
        except NotifyError as error:
            _not_taken(store, parcel, error, clock.now(), diary)
            if not error.permanent:
                return
        else:
            store.delivered(TRACES, parcel.number, clock.now())
        store.forget(TRACES)


def _not_taken(
    store: Store, parcel: Parcel, error: NotifyError, now: datetime, diary: Diary
) -> None:
    """Leave it for later; or give it up, and what waits behind it too where nobody is there."""
    again = None if error.permanent else tracer.again_at(parcel.tries + 1, now)
    store.undelivered(TRACES, parcel.number, str(error), now=now, again_at=again)
    if again is None and not error.permanent:
        store.abandon(TRACES, str(error), now)
        store.forget(TRACES)
    when = f"tried again at {again:%H:%M:%S} UTC" if again else "given up"
    diary.warning(f"traces: not taken, {when}: {error}", About(event="trace"))


def carry(work: Round, diary: Diary) -> None:
    """Send every parcel that is due, in order; one that is not taken holds up the rest."""
    name = work.channel.name
    for parcel in work.store.parcels(name):
        now = work.clock.now()
        due = parcel.letters[-1].send_at
        if due is not None and due > now:
            return
        error = _sent(work, parcel, diary)
        now = work.clock.now()
        if error is None:
            _arrived(work, parcel.number, now)
            continue
        again = None if error.permanent else again_at(parcel.tries + 1, now)
        work.store.undelivered(name, parcel.number, str(error), now=now, again_at=again)
        when = f"tried again at {again:%H:%M:%S} UTC" if again else "given up"
        diary.warning(f"channel {name}: not sent, {when}: {error}", NOTIFY)
        if again is not None:
            return


def _sent(work: Round, parcel: Parcel, diary: Diary) -> NotifyError | None:
    """Send it; what went wrong, without anything that is secret."""
    way: Way | None = None
    try:
        way = way_of(work.channel, work.config, work.environ, work.host)
        told = message(
            parcel.letters,
            work.channel,
            work.transcripts,
            host=work.host,
            ledger=work.ledger,
            now=work.clock.now(),
        )
        said = veiled(sent(way, told), way)
    except NotifyError as error:
        return NotifyError(veiled(str(error), way), permanent=error.permanent)
    except JobrunnerError as error:
        return NotifyError(veiled(str(error).partition("\n")[0], way))
    diary.info(f"channel {work.channel.name}: sent {told.event} ({told.id}): {said}", NOTIFY)
    return None


def sent(way: Way, told: Message) -> str:
    """Send a message before its deadline, and tell what the other side said."""
    with _deadline():
        return deliver(way, told)


def _arrived(work: Round, parcel: int, now: datetime) -> None:
    """Note it, though the ledger may be busy: what is not noted is sent again."""
    for _ in range(TRIES):
        with suppress(StoreError):
            work.store.delivered(work.channel.name, parcel, now)
            return
        work.clock.sleep(PAUSE)
    work.store.delivered(work.channel.name, parcel, now)


@contextmanager
def _deadline() -> Iterator[None]:
    def late(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LAST_WORD)
        raise NotifyError(f"it was not taken within {DEADLINE} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(DEADLINE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def lock_of(state: State, channel: str) -> str:
    """The file that whoever sends to a channel holds."""
    name = blake2b(channel.encode(), digest_size=8).hexdigest()
    return f"{state.folder}/run/send-{name}.lock"


@contextmanager
def _alone(state: State, channel: str) -> Iterator[bool]:
    """Whether nobody else sends to this channel; as long as this lasts, nobody does."""
    file = opened(lock_of(state, channel))
    try:
        yield taken(file)
    finally:
        os.close(file)
