"""The contract of a store: what the ledger promises, whatever database keeps it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from jobrunner.clock import Clock
from jobrunner.model.access import Deed, Repeat, Role, Session, Token
from jobrunner.model.breaker import Breaker
from jobrunner.model.decision import Look
from jobrunner.model.letter import Heed, Letter
from jobrunner.model.pause import Pause
from jobrunner.model.run import Attempt, Run, State
from jobrunner.store.value import (
    Brief,
    ChannelFigures,
    DayTally,
    EndedAt,
    Ending,
    Gap,
    Gist,
    GivenUp,
    Health,
    Launch,
    LetterFilter,
    Mark,
    Missed,
    NewRun,
    Parcel,
    Posted,
    Pruned,
    Report,
    Request,
    Retention,
    RunFilter,
    Statistics,
    Streak,
    Stretch,
    Subjects,
    Took,
    Totals,
    Usual,
)


class Claims(Protocol):
    """Who may run what."""

    def marks(self, due: datetime | None = None) -> dict[tuple[str, str], Mark]:
        """How far each job has been looked at, by job and place.

        With `due` only those with a slot up to then, and those that were looked at later.
        """

    def next_slot(self, place: str | None = None) -> datetime | None:
        """The earliest slot that any job's mark waits for; with a place, none of other places."""

    def wake_at(self) -> datetime | None:
        """When there is something to do next: a slot, a run or letter that waits.

        An open request: at once.
        """

    def claim(
        self,
        looks: Iterable[Look],
        *,
        owner: str,
        host: str,
        now: datetime,
        report: Report | None = None,
    ) -> list[Run]:
        """Write down what the looks decided, and take the slots that are to run.

        Of any number of callers exactly one writes each slot; each gets the rows it wrote.  A look
        counts only if the job's mark still stands where the look began.  The first look at a job,
        and the first at a changed schedule, set the mark and decide nothing.  What `report` says of
        a look that counted is written with it.
        """

    def add(self, run: NewRun, *, owner: str, host: str, now: datetime) -> Run | None:
        """Queue a run that no look asked for; None if it names a slot that is taken.

        One that answers a request is queued together with the answer, its number, or not at all.
        """

    def remember(self, definitions: Mapping[str, str], now: datetime) -> None:
        """Keep the text of each version of a job by its fingerprint; the first one stays."""


class Lives(Protocol):
    """What becomes of a run; every change says what it expects to find."""

    def start(
        self, launches: Sequence[Launch], *, owner: str, host: str, now: datetime
    ) -> list[Run]:
        """Begin an attempt of each waiting run that is this owner's or nobody's.

        Only those runs are returned, with the new attempt counted.
        """

    def finish(self, endings: Sequence[Ending], *, owner: str) -> dict[int, Streak]:
        """Record how attempts ended, and with a final one the run and the job's streak.

        A run is missing from the answer when that attempt is no longer this owner's to end.  What
        is told of an end is decided and written with it.
        """

    def withdraw(
        self,
        run: int,
        state: State,
        reason: str,
        *,
        owner: str,
        now: datetime,
        heed: Heed | None = None,
    ) -> Streak | None:
        """End a run that waits, of this owner or of nobody, without another attempt.

        None if it does not wait, or is somebody else's.
        """

    def adopt(self, old: str, new: str) -> list[Run]:
        """Take over every live run of an owner that is gone: of many, one does.

        The requests that it took and did not answer are open again.
        """

    def owners(self) -> set[str]:
        """Whoever has a live run, or a request that is not answered."""

    def live(self, owner: str | None = None) -> list[Run]:
        """Every run that is not over, oldest first; of one owner, or of all."""


class Orders(Protocol):
    """What operators ask for."""

    def ask(self, request: Request) -> int:
        """Keep a request until it is answered; returns its number."""

    def ask_all(self, requests: Sequence[Request]) -> list[int]:
        """Keep all of these, in their order, or none; their numbers."""

    def take(self, *, owner: str, host: str, now: datetime) -> list[Request]:
        """Take the open requests for this host or any: each goes to one owner."""

    def answer(self, request: int, *, owner: str, done: bool, answer: str, now: datetime) -> bool:
        """Say what became of a request; False when it is not this owner's to answer."""

    def request(self, request: int) -> Request | None:
        """A request as it stands."""

    def asked(self, job: str) -> list[Request]:
        """What is asked of a job and not answered yet, oldest first."""

    def pause(self, job: str, pause: Pause | None) -> None:
        """Hold a job still, or every job, or let it go on; the last word counts."""

    def health(self) -> dict[str, Health]:
        """Failures in a row and pauses of the jobs that have any."""

    def breakers(self) -> dict[str, Breaker]:
        """Every breaker that was ever moved."""

    def move_breaker(self, before: Breaker, after: Breaker, letters: Iterable[Letter] = ()) -> bool:
        """Move a breaker, and tell of it; False when it no longer stands at `before`."""


class Letters(Protocol):
    """What channels are told."""

    def tell(self, subject: str, heed: Heed) -> None:
        """Decide what is told of something, from what each channel knows of it, and write it."""

    def next_letters(self) -> dict[str, datetime]:
        """When each channel that has waiting letters is to be seen to."""

    def unsorted(self, channel: str, count: int) -> list[Letter]:
        """The oldest letters of a channel that are in no parcel yet."""

    def sent(self, channel: str, since: datetime) -> dict[tuple[str, str], datetime]:
        """When a channel last got each event of each job, if that was since then."""

    def pack(self, parcels: Sequence[Sequence[int]], now: datetime) -> None:
        """Make parcels of letters, once and for all, to be sent now, or after those before them."""

    def hold(self, channel: str, until: datetime) -> None:
        """Leave a channel's letters that are in no parcel alone until then."""

    def parcels(self, channel: str) -> list[Parcel]:
        """A channel's parcels that are not delivered, in the order in which they are sent."""

    def delivered(self, channel: str, parcel: int, now: datetime) -> None:
        """Note that a parcel has arrived."""

    def undelivered(
        self, channel: str, parcel: int, error: str, *, now: datetime, again_at: datetime | None
    ) -> None:
        """Note that a parcel has not arrived; without another try it is given up.

        What the channel is to be sent after it waits for it.
        """

    def abandon(self, channel: str, error: str, now: datetime) -> None:
        """Give up every letter of a channel."""

    def forget(self, channel: str) -> None:
        """Remove every letter of a channel that does not wait."""

    def channel_figures(self) -> dict[str, ChannelFigures]:
        """How it stands with every channel that ever had a letter, of those that are kept."""

    def letters(self, wanted: LetterFilter) -> list[Posted]:
        """Letters, newest first, one page."""

    def given_up(self, channels: Iterable[str], since: datetime) -> dict[str, GivenUp]:
        """What was given up since then of the channels that have such letters."""


class History(Protocol):
    """What was."""

    def run(self, run: int) -> Run | None:
        """A run by its number."""

    def attempts(self, run: int) -> list[Attempt]:
        """The attempts of a run, first to last."""

    def runs(self, wanted: RunFilter) -> list[Run]:
        """Runs, newest first, one page."""

    def last_successes(self, jobs: Iterable[str]) -> dict[str, datetime]:
        """When the last run of each job ended that succeeded, of those that have one."""

    def latest(self, jobs: Iterable[str], count: int = 1) -> dict[str, list[Run]]:
        """The newest runs of each job that has any."""

    def executions(self, job: str, *, skip: int, limit: int) -> tuple[int, list[Run]]:
        """How many runs of a job are no slots left out, and some of those, newest first."""

    def statistics(
        self, since: datetime, job: Subjects = None, *, usual: bool = True
    ) -> list[Statistics]:
        """Figures of each job, or of some, from the UTC day of `since` on, of pruned runs too.

        Without `usual` there are no percentiles, and the answer comes sooner.
        """

    def totals(self) -> dict[str, Totals]:
        """What every job's slots and attempts add up to since ever: none of it grows less."""

    def days(self, since: datetime, job: Subjects = None) -> dict[str, list[Took]]:
        """What a success of each job took on each UTC day from that of `since` on: the mean.

        The days are in order; pruned runs count too.
        """

    def successes(self, since: datetime, job: Subjects = None) -> dict[str, list[Took]]:
        """What each success took that ended on the day of `since` or later and is still kept."""

    def successful(self, since: datetime) -> dict[str, int]:
        """How many successes each job has that has any figures from the UTC day of `since` on."""

    def definition(self, fingerprint: str) -> str | None:
        """The text of a version of a job."""


class Outline(Protocol):
    """The past in outline: what is drawn of many runs at once."""

    def briefs(self, jobs: Iterable[str], count: int) -> dict[str, list[Brief]]:
        """The newest runs of each job that has any, newest first."""

    def gists(self, jobs: Iterable[str], count: int) -> dict[str, list[Gist]]:
        """What the newest runs of each job took and told, newest first."""

    def stretches(
        self, jobs: Iterable[str], since: datetime, until: datetime, step: timedelta
    ) -> dict[str, list[Stretch]]:
        """What the runs of each job took up of that time, in order.

        Those that were written within the same step and ended alike are told as one, so that a job
        has at most a few for each step.
        """

    def usual(self, jobs: Iterable[str], since: datetime, until: datetime) -> dict[str, Usual]:
        """What a success of each job takes, over the seven-day stretches that touch that time."""

    def tally(self, since: datetime, jobs: Collection[str] | None = None) -> dict[State, int]:
        """How slots ended from the UTC day of `since` on: of all jobs, or of some together."""

    def tally_by_day(self, first: date, last: date, jobs: Iterable[str]) -> list[DayTally]:
        """How the slots of some jobs ended on each of these UTC days."""

    def troubles_by_day(self, first: date, last: date) -> list[DayTally]:
        """Which slots of any job did not end well on each of these UTC days, or did not run."""

    def sums_by_day(
        self, first: date, last: date, jobs: Iterable[str] | None = None
    ) -> dict[date, dict[State, int]]:
        """How slots ended on each of these UTC days: of all jobs, or of some together."""

    def tally_of_job(self, job: str, first: date, last: date) -> list[DayTally]:
        """How the slots of one job ended on each of these UTC days, in order."""

    def ended(
        self, since: datetime, until: datetime, most: int, job: str | None = None
    ) -> list[EndedAt]:
        """When what was written in that time ended, in no order: at most so many rows."""

    def lately(self, since: datetime, jobs: Collection[str] | None = None) -> dict[State, int]:
        """How many rows were written since then, by state; all that is not rare is success."""

    def missed(self, since: datetime) -> dict[str, Missed]:
        """Which slots of each job were found to be missed since then."""

    def pulse(self) -> str:
        """Another one when anything has changed that is shown of the ledger."""


class Access(Protocol):
    """Who may look in, and what they did.  What is secret is known here by its hash alone."""

    def add_token(
        self,
        name: str,
        *,
        hash: str,  # noqa: A002 - the column's name
        prefix: str,
        role: Role,
        jobs: tuple[str, ...],
        by: str,
        now: datetime,
        expires_at: datetime | None,
    ) -> Token | None:
        """Keep a new token; None if one that is not revoked has its name."""

    def token(self, hash: str) -> Token | None:  # noqa: A002
        """A token by the hash of its secret, be it good or not."""

    def token_named(self, name: str) -> Token | None:
        """The token of that name that is not revoked."""

    def tokens(self) -> list[Token]:
        """Every token, oldest first; the revoked ones, too."""

    def revoke(self, name: str, now: datetime) -> bool:
        """Revoke a token and end its sessions; False if none of that name is left to revoke."""

    def used(self, token: int, now: datetime, address: str) -> None:
        """Note, to the minute, when a token was used and from where.

        If others are writing it may go without: who looks in does not wait for it.
        """

    def begin_session(
        self,
        hash: str,  # noqa: A002
        token: int,
        *,
        now: datetime,
        expires_at: datetime,
        address: str,
    ) -> bool:
        """Keep a new session; False if its token is not good any more."""

    def session(self, hash: str, now: datetime) -> Session | None:  # noqa: A002
        """A session that is not over and whose token is good, by the hash of its secret."""

    def sessions(self) -> list[Session]:
        """Every session that was not ended, oldest first."""

    def session_used(self, hash: str, now: datetime, address: str) -> None:  # noqa: A002
        """Note a use of a session and of its token, as `used` does."""

    def end_session(self, hash: str) -> bool:  # noqa: A002
        """End a session; False if there was none."""

    def end_old_sessions(self, now: datetime) -> int:
        """Remove the sessions that are over by themselves; how many they were."""

    def take_key(self, key: str, request: str, *, since: datetime, now: datetime) -> Repeat | None:
        """Take a key for a change; what is known of it if it was taken already, after `since`.

        Of any number of callers one gets None.
        """

    def answer_key(self, key: str, answer: str) -> None:
        """Keep what was answered to the change that took a key."""

    def free_key(self, key: str) -> None:
        """Let go of a key whose change was not made."""

    def badge_secret(self) -> str:
        """What the keys of badges are made with; empty if there is to be none."""

    def keep_badge_secret(self, secret: str) -> None:
        """Make the keys of badges with another secret, or with "" none any more."""

    def note(self, deed: Deed) -> None:
        """Keep what somebody did, under a number of its own."""

    def deeds(self, *, before: int | None = None, limit: int) -> list[Deed]:
        """What was done, newest first, one page: of smaller numbers than `before`."""


class Upkeep(Protocol):
    """What keeps the ledger well."""

    def note_tick(self, host: str, now: datetime, longest: timedelta) -> None:
        """Record a tick; after a pause of more than `longest` it begins a new stretch."""

    def gaps(self, since: datetime, until: datetime, longest: timedelta) -> list[Gap]:
        """Pauses of more than `longest` in which no host ticked, oldest first.

        The time before the very first tick is none.
        """

    def prune(self, keep: Retention, now: datetime, clock: Clock) -> Iterator[Pruned]:
        """Remove what is older or more than is to be kept, step by step.

        Live runs, and each job's latest run and latest success, stay.  No step holds up a writer.
        """

    def prunable(self, keep: Retention, now: datetime) -> int:
        """How many runs pruning would remove now."""

    def size(self) -> int:
        """How many bytes it takes where it is kept, as far as that can be told."""

    def checkpoint(self) -> bool:
        """Bring what was committed to its lasting place.

        Of any number of callers one does, and the others are told False.
        """

    def close(self) -> None:
        """Let go of the database."""


class Store(Claims, Lives, Orders, Letters, History, Outline, Access, Upkeep, Protocol):
    """The ledger."""
