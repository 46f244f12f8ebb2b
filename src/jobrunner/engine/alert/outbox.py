"""Sees to it that letters leave: sorts them into parcels, and starts who carries these out.

Nothing here waits for a network: a channel's parcels are carried by a process of its own, which
ends when it has nothing more to do.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from msgspec import Struct, json

from jobrunner.engine.post import Post
from jobrunner.engine.record import About
from jobrunner.model.letter import CONFIG, HEARTBEAT, PINGS, TICKS, TRACES, Letter, Told
from jobrunner.model.run import OMITTED, State
from jobrunner.model.settings import Channel, Config
from jobrunner.policy.parcel import Habit, again_at, sort
from jobrunner.store.value import RunFilter

MOST = 4  # carriers at once
BEAT = timedelta(seconds=50)  # so that every tick finds one due
BREATH = timedelta(seconds=5)  # between two looks for a tick
AT_ONCE = 1000  # letters that are sorted together
LATE = timedelta(minutes=5)  # without a tick
AT_A_TIME = 128  # runs that are told in one request to who collects traces
UNKNOWN = timedelta(hours=1)  # until all hosts have the same jobs.toml
SHY = timedelta(seconds=2)  # before that is tried again which cannot be done just now
ALL_SIGNALS = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
# Tells who carries what, from one version of this process to the next: they are its children.
HANDED_ON = "JOBRUNNER_CARRIERS"
INNER = frozenset({PINGS, TRACES})


class Carrier(Struct, frozen=True):
    """A process that carries a channel's parcels; the descriptor tells its end."""

    pid: int
    pidfd: int


class Outbox:
    """The letters of one ledger, on their way."""

    def __init__(
        self,
        post: Post,
        is_ticked: Callable[[datetime], bool],
        has_duty: Callable[[], bool] = lambda: True,
    ) -> None:
        """`is_ticked` says whether the clock of this host is looked at, for its heartbeat.

        `has_duty` says whether it is this host that sends what all of them have to tell.
        """
        self._has_duty = has_duty
        self._post = post
        self._is_ticked = is_ticked
        self._carriers: dict[str, Carrier] = {}
        self._shy: dict[str, datetime] = {}  # channels that are left alone until then
        self._look_at: datetime | None = post.now()
        self._is_broken: bool | None = None
        self._config = post.config
        handed_on = json.decode(os.environ.pop(HANDED_ON, "{}"), type=dict[str, int])
        for name, pid in handed_on.items():
            self._carriers[name] = Carrier(pid, os.pidfd_open(pid))

    @property
    def is_busy(self) -> bool:
        return bool(self._carriers)

    def fds(self) -> Iterable[int]:
        """What becomes readable when a carrier ends."""
        return [carrier.pidfd for carrier in self._carriers.values()]

    def next_at(self) -> datetime | None:
        """When there is something to do without any event."""
        times = (self._look_at, self._post.lateness.next_at())
        return min((at for at in times if at is not None), default=None)

    def heed_config(self, problem: str) -> None:
        """Tell once that jobs.toml cannot be used, and once that it can again."""
        post = self._post
        if post.config.channels and self._is_broken != bool(problem):
            host = post.ground.host
            # The file of each host that shares a ledger is its own.
            subject = f"{CONFIG}{host}" if post.is_shared else CONFIG
            post.store.tell(subject, post.herald.of_config(problem, post.now(), host))
            self._is_broken = bool(problem)

    def look_again(self) -> None:
        """Look at once: whoever rings may have written a letter himself."""
        self._look_at = self._post.now()

    def heed_ticks(self) -> None:
        """Tell of a time without ticks that is just over, and what became of the slots in it."""
        post, now = self._post, self._post.now()
        if not post.herald.hears_of_ticks():
            return
        for gap in post.store.gaps(now - LATE, now, LATE):
            if gap.until >= now:  # it is not over
                continue
            runs = post.store.runs(RunFilter(since=gap.until, limit=AT_ONCE))
            missed = sum(run.slots for run in runs if run.state is State.MISSED)
            slots = [run for run in runs if run.scheduled_for and run.state not in OMITTED]
            caught_up = [run for run in slots if (run.scheduled_for or now) < gap.until]
            post.store.tell(TICKS, post.herald.of_gap(gap, missed, len(caught_up)))

    def see_to(self) -> None:
        """Sort what is due into parcels, and have it carried."""
        post, now = self._post, self._post.now()
        self._bury()
        self._heed_slow(now)
        if post.herald.has_written() or post.config is not self._config:
            self._look_at, self._config = now, post.config
        if self._look_at is None or now < self._look_at:
            return
        self._look_at = now + SHY  # should the ledger refuse it
        if not self._has_duty():
            return
        waiting = post.store.next_letters()
        self._beat(waiting.pop(HEARTBEAT, None), now)
        for name, due in waiting.items():
            if name == TRACES and not post.tracing.is_on:
                post.store.abandon(name, "nobody collects traces any more", now)
                post.store.forget(name)
            elif name not in INNER and name not in post.config.channels:
                self._see_to_unknown(name, due, now)
            elif max(due, self._shy.get(name, due)) <= now and self._has_room_for(name):
                self._see_to(name, now)
        self._look_at = self._next_look(now)

    def _see_to_unknown(self, channel: str, due: datetime, now: datetime) -> None:
        """Give up what is for a channel that is gone; another host may know one that is new."""
        if self._post.is_shared and due > now - UNKNOWN:
            self._shy[channel] = now + SHY
        else:
            self._post.store.abandon(channel, "there is no such channel any more", now)

    def _heed_slow(self, now: datetime) -> None:
        """Tell of what runs here for longer than it should."""
        for run, limit in self._post.lateness.over(now):
            heed = self._post.herald.of_slow(run, limit, now)
            if heed is not None:
                self._post.store.tell(run.job, heed)

    def _has_room_for(self, channel: str) -> bool:
        return channel not in self._carriers and len(self._carriers) < MOST

    def _next_look(self, now: datetime) -> datetime | None:
        """When the next letter is due; where a carrier has to end before that, its end tells.

        Nobody tells when another host has written one.
        """
        waiting = self._post.store.next_letters()
        if HEARTBEAT in waiting:
            waiting[HEARTBEAT] = max(waiting[HEARTBEAT], now + BREATH)
        times = (
            max(at, self._shy.get(name, at))
            for name, at in waiting.items()
            if self._has_room_for(name)
        )
        return min([*times, *([now + SHY] if self._post.is_shared else [])], default=None)

    def _beat(self, due: datetime | None, now: datetime) -> None:
        """Say once a minute that this host ticks, as long as it does.

        A letter that is never sent wakes a supervisor for it, and for the file of [metrics].
        """
        store, is_wanted = self._post.store, _is_kept_awake(self._post.config)
        if not is_wanted and due is not None:
            store.abandon(HEARTBEAT, "there is no heartbeat any more", now)
            store.forget(HEARTBEAT)
        elif is_wanted and due is None:
            beat = Letter(channel=HEARTBEAT, event="heartbeat", text="{}", created_at=now)
            store.tell(HEARTBEAT, lambda _: Told(letters=(beat,)))
            due = now
        if is_wanted and due is not None and due <= now and self._is_ticked(now):
            store.hold(HEARTBEAT, now + BEAT)
            if HEARTBEAT not in self._carriers and _has_heartbeat(self._post.config):
                self._carriers[HEARTBEAT] = self._start(HEARTBEAT)

    def hand_on(self) -> None:
        """Leave word of the carriers for who is this process next; they go on by themselves."""
        if self._carriers:
            pids = {name: carrier.pid for name, carrier in self._carriers.items()}
            os.environ[HANDED_ON] = json.encode(pids).decode()

    def _see_to(self, name: str, now: datetime) -> None:
        store = self._post.store
        if name == PINGS:  # watchers are called of all at once
            store.pack([[each.id for each in store.unsorted(name, AT_ONCE)]], now)
        elif name == TRACES:
            self._gather(now)
        else:
            self._sort(self._post.config.channels[name], now)
        parcels = store.parcels(name)
        due = parcels[0].letters[-1].send_at if parcels else None
        if due is None:
            return
        if due <= now:
            self._carriers[name] = self._start(name)
        else:  # what is new waits behind what is to be tried again
            store.hold(name, due)
            self._shy[name] = now + SHY  # a parcel may be waiting that is due, and may not pass

    def _gather(self, now: datetime) -> None:
        """Have runs told together that end one after the other, and none before older ones."""
        store, delay = self._post.store, self._post.tracing.delay
        letters = [] if store.parcels(TRACES) else store.unsorted(TRACES, AT_ONCE)
        until = letters[0].created_at + delay if letters else now
        if now < until <= now + delay:
            self._shy[TRACES] = until
            return
        numbers = [each.id for each in letters]
        store.pack([numbers[n : n + AT_A_TIME] for n in range(0, len(numbers), AT_A_TIME)], now)

    def _sort(self, channel: Channel, now: datetime) -> None:
        store = self._post.store
        letters = store.unsorted(channel.name, AT_ONCE)
        sent = store.sent(channel.name, now - channel.min_interval)
        for parcel in store.parcels(channel.name):
            sent |= dict.fromkeys(map(_key, parcel.letters), now)
        if not letters:
            return
        found = sort(letters, sent, self._habit(channel), now)
        if found.parcels:
            store.pack(found.parcels, now)
        # There may be more than were looked at: then the next look is soon.
        if found.until and (len(letters) < AT_ONCE or not found.parcels):
            store.hold(channel.name, found.until)

    def _habit(self, channel: Channel) -> Habit:
        return Habit(
            min_interval=channel.min_interval,
            digest=channel.digest,
            quiet=channel.quiet,
            zone=self._post.zone,
        )

    def _start(self, channel: str) -> Carrier:
        ground = self._post.ground
        options = {
            "--config": self._post.config.origin,
            "--state": ground.state.folder,
            "--channel": channel,
            "--host": ground.host,
            "--ledger": ground.ledger_name,
        }
        words = [word for option in options.items() for word in option]
        arguments = ("-P", "-m", "jobrunner", "send", *words)
        pid = os.posix_spawn(
            sys.executable,
            (sys.executable, *arguments),
            dict(ground.inherited),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=ALL_SIGNALS,
        )
        return Carrier(pid, os.pidfd_open(pid))

    def _bury(self) -> None:
        """Take note of carriers that have ended."""
        for name, carrier in [*self._carriers.items()]:
            pid, status = os.waitpid(carrier.pid, os.WNOHANG)
            if not pid:
                continue
            os.close(carrier.pidfd)
            del self._carriers[name]
            self._look_at = self._post.now()
            code = os.waitstatus_to_exitcode(status)
            if code:
                self._failed(name, code)

    def _failed(self, channel: str, code: int) -> None:
        """Leave a channel alone for a while whose carrier could not do its duty."""
        store, now = self._post.store, self._post.now()
        self._shy[channel] = now + SHY
        parcels = store.parcels(channel)
        if code == os.EX_TEMPFAIL or not parcels:
            return
        first = parcels[0]
        how = f"signal {-code}" if code < 0 else f"exit {code}"
        told = f"channel {channel}: what sends its messages ended ({how})"
        self._post.diary.warning(told, About(event="notify"))
        again = again_at(first.tries + 1, now)
        store.undelivered(
            channel, first.number, f"the sender ended: {how}", now=now, again_at=again
        )


def _is_kept_awake(config: Config) -> bool:
    """Whether somebody reads off what this host tells each minute that it is well."""
    return _has_heartbeat(config) or bool(config.metrics.textfile)


def _has_heartbeat(config: Config) -> bool:
    settings = config.settings
    return bool(settings.heartbeat or settings.heartbeat_file or settings.heartbeat_env)


def _key(letter: Letter) -> tuple[str, str]:
    return letter.event, letter.job
