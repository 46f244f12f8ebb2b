"""Writes letters of what happens, for whoever is to hear of it; it never sends any.

What is decided from what a channel knows is decided within the transaction that records the event.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.engine.agenda import has_own_schedule
from jobrunner.engine.alert.lateness import Lateness, Limit
from jobrunner.engine.alert.notice import Notice, encode, of_attempt, of_host, of_run, when
from jobrunner.engine.alert.tracer import letter_of
from jobrunner.model.breaker import Breaker
from jobrunner.model.decision import Look
from jobrunner.model.job import Event, Job
from jobrunner.model.letter import NOTHING_TOLD, PINGS, Alarm, Heed, Letter, Told
from jobrunner.model.run import OMITTED, Outcome, Run, State
from jobrunner.model.settings import Channel, Config
from jobrunner.policy.alert import FAILURES, Raise, Recover, Rule, Verdict, heed
from jobrunner.policy.claim import is_elsewhere
from jobrunner.policy.pace import MOST, is_called
from jobrunner.store.value import Gap

ENOUGH = 20  # successful runs, before it is known what is usual
SLOW = 2  # times the 95th percentile
FAST = 10  # times below the median
NOTABLE = timedelta(seconds=1)  # a median under it says nothing of what is too fast

Rules = tuple[tuple[str, Rule], ...]  # by channel


class Usual(Struct, frozen=True):
    """How long a job usually takes, by its successful runs."""

    runs: int
    p50: timedelta
    p95: timedelta


class Herald:
    """The channels of one configuration, and what each hears."""

    def __init__(
        self,
        config: Config,
        zone: tzinfo,
        lateness: Lateness | None = None,
        *,
        is_traced: bool = False,
    ) -> None:
        """`zone` is the host's, for what is about no job; `is_traced`: traces are collected."""
        self._is_traced = is_traced
        self._lateness = lateness or Lateness()
        self._config = config
        self._zone = zone
        self._rules: dict[str, Rules] = {}
        self._calls: dict[str, deque[datetime]] = {}  # of the watcher of each job
        self._ends: dict[str, str] = {}  # that were told last
        self._has_written = False

    def has_written(self) -> bool:
        """Whether there may be new letters since this was asked."""
        had, self._has_written = self._has_written, False
        return had

    def wants_usual(self, job: Job) -> bool:
        """Whether somebody hears how long it took beside what is usual."""
        return any(rule.hears & {"slow", "too_fast"} for _, rule in self._rules_of(job))

    def hears_of_ticks(self) -> bool:
        return bool(self._listening("tick_late"))

    # -- what is told

    def of_start(self, run: Run, job: Job, now: datetime) -> Letter | None:
        """What an outside watcher hears of an attempt that has begun; retries are one run to it."""
        if not _is_watched(job) or run.attempts > 1:
            return None
        return self._ping(replace(of_run(run, job, now, job.timezone.info), event="start"), now)

    def of_end(self, run: Run, job: Job, outcome: Outcome, usual: Usual | None) -> Heed | None:
        """What an attempt's end means; `run` stands as it will once that is recorded."""
        heed = self._also_traced(self._of_end(run, job, outcome, usual), run, outcome.finished_at)
        if not _is_watched(job):
            return heed
        event = "log" if run.state is State.RETRYING else "end"
        notice = replace(of_attempt(run, job, outcome, job.timezone.info), event=event)
        return _also(heed, self._ping(notice, outcome.finished_at))

    def _of_end(self, run: Run, job: Job, outcome: Outcome, usual: Usual | None) -> Heed | None:
        rules = self._rules_of(job)
        if not rules:
            return None
        is_known_slow = self._lateness.ended(run)
        notice = of_attempt(run, job, outcome, job.timezone.info)
        at = outcome.finished_at
        if run.state is State.RETRYING:
            again = [replace(notice, event="retrying")]
            return lambda _: Told(letters=tuple(self._letters(rules, again, run.id, at)))
        unusual = _unusual(notice, job, outcome, usual)
        more = [
            *_plain(notice, outcome),
            *(each for each in unusual if each.event != "slow" or not is_known_slow),
        ]
        return self._in_a_row(rules, notice, more, outcome.state, at)

    def watch(self, run: Run, job: Job, usual: Usual | None, now: datetime) -> None:
        """Keep an eye on an attempt that begins, if anybody hears that it is slow."""
        limit = _limit(job, usual)
        if limit and any("slow" in rule.hears for _, rule in self._rules_of(job)):
            self._lateness.watch(run, limit, now)

    def of_slow(self, run: Run, limit: Limit, now: datetime) -> Heed | None:
        """What it means that an attempt still runs after so long."""
        job = self._config.jobs.get(run.job)
        rules = self._rules_of(job) if job else ()
        if not rules or job is None:
            return None
        seconds = limit.length.total_seconds()
        known = "usual_seconds" if limit.is_usual else "limit_seconds"
        # Without output: while it is written, nothing in it is hidden yet.
        notice = replace(
            of_run(run, job, now, job.timezone.info),
            event="slow",
            attempt=run.attempts,
            max_attempts=job.retry.attempts + 1,
            **{known: seconds},
        )
        return lambda _: Told(letters=tuple(self._letters(rules, [notice], run.id, now)))

    def of_left(self, run: Run, job: Job | None, now: datetime) -> Heed | None:
        """What it means that a run that waited is over; it stands as it is then."""
        if job is None:
            return self._also_traced(None, run, now)
        heed = self._also_traced(self._of_left(run, job, now), run, now)
        if not run.attempts or not _is_watched(job):
            return heed
        notice = of_run(run, job, now, job.timezone.info)
        return _also(heed, self._ping(replace(notice, event="end"), now))

    def _of_left(self, run: Run, job: Job, now: datetime) -> Heed | None:
        rules = self._rules_of(job)
        if not rules:
            return None
        notice = of_run(run, job, now, job.timezone.info)
        more = [replace(notice, event=str(run.state))] if run.state in OMITTED else []
        return self._in_a_row(rules, notice, more, run.state, now)

    def of_look(self, look: Look, runs: Sequence[Run], now: datetime) -> Sequence[Letter]:
        """What a look that counted means: slots that do not run, the last slot there is."""
        job = self._config.jobs.get(look.job)
        rules = self._rules_of(job) if job else ()
        if not rules or job is None:
            return ()
        letters: list[Letter] = []
        for run in runs:
            if run.state in OMITTED and not is_elsewhere(run):
                notice = of_run(run, job, now, job.timezone.info)
                letters += self._letters(
                    rules, [replace(notice, event=str(run.state))], run.id, now
                )
        if look.next_at is None and look.decisions and job.enabled and has_own_schedule(job):
            ended = Notice(event="ended", at=when(now, job.timezone.info), job=job.name)
            ended = replace(ended, description=job.description, docs=job.docs)
            letters += self._letters(rules, [ended], None, now)
        return letters

    def of_breaker(
        self, job: Job, run: Run, before: Breaker, after: Breaker, now: datetime
    ) -> Sequence[Letter]:
        """What it means that a breaker moves; a probe that fails leaves it as open as it was."""
        if (before.state == "closed") == (after.state == "closed") or after.state == "half_open":
            return ()
        event = "breaker_closed" if after.state == "closed" else "breaker_open"
        notice = of_run(run, job, now, job.timezone.info)
        notice = replace(notice, event=event, breaker=after.name)
        return [*self._letters(self._rules_of(job), [notice], run.id, now)]

    def of_config(self, problem: str, now: datetime, host: str) -> Heed:
        """What it means that jobs.toml can or cannot be used on a host: told once each."""
        notice = of_host("config_invalid", now, self._zone, host)
        notice = replace(notice, status="broken" if problem else "mended", reason=problem)
        raised = Alarm(failures=1, since=now, raised_at=now, told_at=now)

        def decide(alarms: Mapping[str, Alarm]) -> Told:
            known = {name: each for name, each in alarms.items() if each.raised_at}
            news = [
                name
                for name in self._listening("config_invalid")
                if (name in known) != bool(problem)
            ]
            return Told(
                letters=tuple(self._letter(name, notice, None, now) for name in news),
                alarms=dict.fromkeys(news, raised if problem else NOTHING_TOLD),
            )

        return decide

    def of_gap(self, gap: Gap, missed: int, caught_up: int) -> Heed:
        """What it means that no tick came for so long: told once of each such time."""
        notice = replace(
            of_host("tick_late", gap.until, self._zone),
            failing_since=when(gap.since, self._zone),
            broken_for_seconds=(gap.until - gap.since).total_seconds(),
            missed=missed,
            caught_up=caught_up,
        )

        def decide(alarms: Mapping[str, Alarm]) -> Told:
            news = [
                name
                for name in self._listening("tick_late")
                if alarms.get(name, NOTHING_TOLD).since != gap.until
            ]
            return Told(
                letters=tuple(self._letter(name, notice, None, gap.until) for name in news),
                alarms=dict.fromkeys(news, Alarm(since=gap.until)),
            )

        return decide

    def _ping(self, notice: Notice, at: datetime) -> Letter | None:
        """A call of the job's watcher, unless it is called too often."""
        calls = self._calls.setdefault(notice.job, deque(maxlen=MOST))
        is_end = notice.event == "end"
        is_news = is_end and self._ends.get(notice.job) != notice.status
        if not is_called(calls, at, is_end=is_end, is_news=is_news):
            return None
        calls.append(at)
        if is_end:
            self._ends[notice.job] = notice.status
        return self._letter(PINGS, notice, notice.run_id, at)

    def _also_traced(self, heed: Heed | None, run: Run, at: datetime) -> Heed | None:
        """The same, and word to who collects traces, if the run was begun and is over."""
        if not self._is_traced or run.state.is_live or not run.attempts:
            return heed
        self._has_written = True
        return _also(heed, letter_of(run, at))

    # -- who hears

    def _rules_of(self, job: Job) -> Rules:
        if not job.notify:
            return ()
        if job.name not in self._rules:
            channels = [self._config.channels[name] for name in dict.fromkeys(job.notify)]
            self._rules[job.name] = tuple((each.name, _rule(job, each)) for each in channels)
        return self._rules[job.name]

    def _listening(self, event: Event) -> list[str]:
        """The channels that hear of the host: all but those that name other events only."""
        channels = self._config.channels.values()
        return [each.name for each in channels if not each.on or event in each.on]

    # -- writing

    def _in_a_row(
        self, rules: Rules, notice: Notice, more: Sequence[Notice], state: State, at: datetime
    ) -> Heed:
        """Tell what is `more`, and what a final state means in the row that it is of."""

        def decide(alarms: Mapping[str, Alarm]) -> Told:
            letters: list[Letter] = []
            changed = {}
            for channel, rule in rules:
                before = alarms.get(channel, NOTHING_TOLD)
                after, verdict = heed(rule, before, state, at)
                if after != before:
                    changed[channel] = after
                told = _with(verdict, notice, more, after, at)
                letters += self._letters(((channel, rule),), told, notice.run_id, at)
            return Told(letters=tuple(letters), alarms=changed)

        return decide

    def _letters(
        self, rules: Rules, notices: Iterable[Notice], run: int | None, at: datetime
    ) -> Iterator[Letter]:
        for notice in notices:
            for channel, rule in rules:
                if notice.event in rule.hears:
                    yield self._letter(channel, notice, run, at)

    def _letter(self, channel: str, notice: Notice, run: int | None, at: datetime) -> Letter:
        self._has_written = True
        return Letter(
            channel=channel,
            event=notice.event,
            job=notice.job,
            run=run,
            text=encode(notice),
            created_at=at,
        )


def _is_watched(job: Job) -> bool:
    return bool(job.ping or job.ping_file or job.ping_env)


def _also(heed: Heed | None, letter: Letter | None) -> Heed | None:
    """The same, and one letter more."""
    if letter is None:
        return heed
    return lambda alarms: _with_letter(heed(alarms) if heed else Told(), letter)


def _with_letter(told: Told, letter: Letter) -> Told:
    return replace(told, letters=(*told.letters, letter))


def _rule(job: Job, channel: Channel) -> Rule:
    hears = frozenset(job.notify_on)
    return Rule(
        hears=hears & {*channel.on} if channel.on else hears,
        after=job.notify_after,
        every=job.notify_every,
    )


def _with(
    verdict: Verdict, notice: Notice, more: Sequence[Notice], after: Alarm, at: datetime
) -> list[Notice]:
    """What is told beside the verdict: a recovery says all that a success would."""
    match verdict:
        case Raise():
            assert after.since is not None
            told = _in_words(notice, after.failures, after.since, at)
            event = FAILURES[State(notice.status)]
            return [replace(told, event=event, is_reminder=verdict.is_reminder), *more]
        case Recover():
            told = _in_words(notice, verdict.failures, verdict.since, at)
            rest = [each for each in more if each.event != "success"]
            return [replace(told, event="recovered"), *rest]
    return [*more]


def _in_words(notice: Notice, failures: int, since: datetime, at: datetime) -> Notice:
    zone = datetime.fromisoformat(notice.at).tzinfo
    assert zone is not None
    return replace(
        notice,
        consecutive_failures=failures,
        failing_since=when(since, zone),
        broken_for_seconds=max(0.0, (at - since).total_seconds()),
    )


def _plain(notice: Notice, outcome: Outcome) -> Iterator[Notice]:
    if outcome.state is State.SUCCESS:
        yield replace(notice, event="success")
    if outcome.output_size:
        yield replace(notice, event="output")


def _limit(job: Job, usual: Usual | None) -> Limit | None:
    """After how long it is slow: as it says, else as it usually is."""
    if job.slow_after is not None:
        return Limit(job.slow_after)
    if usual and usual.runs >= ENOUGH:
        return Limit(SLOW * usual.p95, is_usual=True)
    return None


def _unusual(notice: Notice, job: Job, outcome: Outcome, usual: Usual | None) -> Iterator[Notice]:
    """That it took longer than it may, or much longer or shorter than it usually does."""
    took = outcome.duration
    if took is None:
        return
    if job.slow_after is not None and took > job.slow_after:
        yield replace(notice, event="slow", limit_seconds=job.slow_after.total_seconds())
    elif usual and usual.runs >= ENOUGH and took > SLOW * usual.p95:
        yield replace(notice, event="slow", usual_seconds=usual.p95.total_seconds())
    if usual is None or usual.runs < ENOUGH or outcome.state is not State.SUCCESS:
        return
    if usual.p50 >= NOTABLE and took < usual.p50 / FAST:
        yield replace(notice, event="too_fast", usual_seconds=usual.p50.total_seconds())
