"""The supervisor: one a state folder, awake while there is something to see to.

It waits for events - a keeper ended, somebody rang, a time has come - and does at each turn all
that is due, in the same order: what ended, what is asked for, what came due, what may begin.
"""

import os
import select
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from jobrunner.engine.aftermath import Aftermath
from jobrunner.engine.agenda import Ends
from jobrunner.engine.alert.outbox import Outbox
from jobrunner.engine.boot import see_to_boot
from jobrunner.engine.company import Alone, Company
from jobrunner.engine.crew import Crew, Ended
from jobrunner.engine.desk import Desk
from jobrunner.engine.doorbell import Doorbell
from jobrunner.engine.housekeeping import Housekeeping
from jobrunner.engine.joblog import JobLog
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.plan import get_ready
from jobrunner.engine.post import Post
from jobrunner.engine.reader import Reader, is_look
from jobrunner.engine.record import About
from jobrunner.engine.recover import recover
from jobrunner.engine.signals import Signals
from jobrunner.engine.stopping import NEVER
from jobrunner.engine.textfile import Textfile
from jobrunner.engine.ticks import last_tick
from jobrunner.engine.wake import TICK
from jobrunner.errors import StoreDamagedError, StoreError
from jobrunner.model.decision import Look
from jobrunner.model.run import State
from jobrunner.policy.due import SMALL_STEP
from jobrunner.process import cgroup
from jobrunner.words import numbered

LONGEST = 5.0  # seconds; a step of the clock is noticed after so long at the latest
LINGER = 10.0  # seconds to stay after the last work
# A slot so near is waited for: that is cheaper than a start, and sooner than cron's next tick.
NEAR = timedelta(seconds=75)
TICKED = timedelta(seconds=90)  # since the last tick, before its ticker is thought to be gone
WHOLE = 300.0  # seconds after which jobs are looked at that do not seem to be due
AFTER_TROUBLE = 1.0  # seconds until the ledger is tried again
Join = Callable[[Post, Crew, Lobby], Company]


def alone(_post: Post, _crew: Crew, _lobby: Lobby) -> Company:
    """Nobody else sees to the ledger."""
    return Alone()


class Supervisor:
    """Sees to one ledger's runs until there is nothing to see to."""

    def __init__(
        self,
        post: Post,
        reader: Reader,
        doorbell: Doorbell,
        signals: Signals,
        housekeeping: Housekeeping,
        *,
        linger: float,
        join: Join = alone,
    ) -> None:
        """Without work it leaves after `linger` seconds; `join` finds who else sees to the ledger.

        One that never would drains when it is asked to end: nobody else would see to its runs.
        """
        self._post = post
        self._reader = reader
        self._doorbell = doorbell
        self._signals = signals
        self._housekeeping = housekeeping
        self._linger = linger
        self._crew = Crew(post)
        self._lobby = Lobby(post, self._crew)
        self._company = self._lobby.company = join(post, self._crew, self._lobby)
        self._desk = Desk(post, reader, self._crew, self._lobby)
        self._aftermath = Aftermath(post, self._lobby)
        self._outbox = Outbox(post, self._is_ticked, lambda: self._company.has_duty("letters"))
        self._job_log = JobLog(post)
        self._textfile = Textfile(post)
        self._is_rung = True  # and a gap between ticks may be over
        self._next_look: datetime | None = post.now()
        self._whole_at = -NEVER
        self._busy_at = self._rung_at = self._elapsed()
        self._clock_was = self._clock_at(post.now())
        self._ready_for: object = None  # a configuration
        self._knows_boot = False
        self._has_said = False
        self._is_renewed = False
        self._is_dismissed = False

    def run(self) -> bool:
        """Work until nothing is left; True if newer code is to take over from here."""
        self._company.join()
        recover(self._post, self._crew, self._lobby, self._aftermath)
        self._try(self._see_to_boot)
        self._try(self._desk.see_to)
        self._try(self._look)  # before anybody is answered: no job is left without a mark
        while not self._is_over():
            works = self._try(self._see_to_boot) & self._try(self._turn)
            self._get_ready()  # only now: what is due begins first
            self._is_renewed |= (not works or self._is_behind()) and self._has_new_ledger()
            if works:
                self._wait(AFTER_TROUBLE if self._is_behind() else LONGEST)
            else:
                self._rest()
        self._doorbell.close()
        self._reader.leave_note()
        self._outbox.hand_on()
        self._job_log.finish()
        self._textfile.write(self._reader.problem)
        self._try(self._housekeeping.on_leaving)
        self._try(self._company.leave)
        return self._is_renewed and not self._is_dismissed

    def _get_ready(self) -> None:
        """Have at hand what these jobs will need."""
        if self._ready_for is not self._post.config:
            self._ready_for = self._post.config
            get_ready(self._post.jobs.values())
            self._textfile.get_ready()

    def _turn(self) -> None:
        """All that is due now; what needs no ledger comes first."""
        self._crew.tend()
        self._keep_in_touch()
        self._lobby.keep_places()
        self._heed_clock()
        self._aftermath.go_on()
        ends = self._crew.record()
        sets_slots = self._aftermath.of(ends)
        self._note(ends)
        if not (self._aftermath.is_behind or self._company.is_behind):
            self._crew.tidy()
        if sets_slots:
            self._next_look = self._post.now()
        if self._signals.wants_reading():
            self._reader.read()
        self._answer()
        if self._company.is_rung():
            self._desk.see_to()
        self._housekeeping.note_tick()
        if self._reader.takes_effect():
            self._company.heed_others()
            self._next_look, self._whole_at = self._post.now(), -NEVER
            self._lobby.reseat()
        if not self._is_ending():
            self._look()
            if self._company.is_shared and self._is_looked_at(self._post.now()):
                self._company.take()
            self._admit()
        self._try(self._send)
        self._company.go_on()
        self._job_log.see_to()
        self._textfile.see_to(self._going_on(), self._reader.problem, self._next_look)
        self._housekeeping.see_to(
            is_idle=self._crew.is_empty, has_duty=partial(self._company.has_duty, "pruning")
        )

    def _keep_in_touch(self) -> None:
        """See to the other hosts; once all go by the same jobs.toml, what was left is looked at."""
        was_disputed = self._post.agenda.is_disputed
        self._company.keep_in_touch()
        if was_disputed and not self._post.agenda.is_disputed:
            self._next_look, self._whole_at = self._post.now(), -NEVER

    def _admit(self) -> None:
        """Let begin what may."""
        before = self._crew.begun
        self._lobby.admit()
        if self._crew.begun != before:
            self._housekeeping.note_starts()
        self._aftermath.left_out(self._lobby.take_left())

    def _note(self, ends: Sequence[Ended]) -> None:
        """Have it seen elsewhere that attempts ended."""
        if ends:
            self._company.note(ends)
            self._job_log.note(ends)
            self._textfile.touch()

    def _going_on(self) -> object:
        """Is another when something else runs, or jobs.toml has changed."""
        config = self._post.config
        if not config.metrics.textfile:  # nobody wants to know
            return None
        return id(config), [(each.run.id, each.run.attempts) for each in self._crew.running]

    def _send(self) -> None:
        """Have told what there is to tell; what cannot be had now is told later."""
        self._outbox.heed_config(self._reader.problem)
        if self._is_rung:
            self._outbox.look_again()
            self._outbox.heed_ticks()
            self._is_rung = False
        self._outbox.see_to()

    def _heed_clock(self) -> None:
        """Look at once if the clock was set by much: what was planned by it may be nonsense.

        That is noted as a tick, so that who comes later knows where the clock was.
        """
        clock = self._clock_at(self._post.now())
        if abs(clock - self._clock_was) > SMALL_STEP:
            host, now = self._post.ground.host, self._post.now()
            self._post.store.note_tick(host, now, timedelta())
            set_by = clock - self._clock_was
            self._post.diary.warning(f"the clock was set by {set_by}", About(event="clock"))
            self._lobby.reseat()
            self._next_look, self._whole_at = now, -NEVER
        self._clock_was = clock

    def _clock_at(self, now: datetime) -> datetime:
        """What time it was, by a clock that shows this now, when durations began."""
        return now - timedelta(seconds=self._elapsed())

    def _see_to_boot(self) -> None:
        if not self._knows_boot:
            see_to_boot(self._post, self._lobby)
            self._knows_boot = True

    def _is_behind(self) -> bool:
        """Whether the ledger has not taken yet what it is to know."""
        return self._crew.is_behind or self._desk.is_behind or self._aftermath.is_behind

    def _has_new_ledger(self) -> bool:
        """Whether ours is of no use any more, and a sound one lies in its place."""
        try:
            self._post.store.wake_at()
        except StoreDamagedError:
            return self._reader.finds_sound_ledger()
        except StoreError:
            return self._company.is_shared and self._reader.finds_sound_ledger()
        return False

    def _answer(self) -> None:
        """Hear who rings; what changed on disk is read before they are told how things are."""
        if not self._doorbell.is_rung():
            if self._desk.is_behind:
                self._desk.see_to()
            return
        self._reader.read()
        rings = self._doorbell.answer(self._reader.told())
        self._reader.note_told(rings)
        if all(map(is_look, rings)):
            return
        self._busy_at = self._rung_at = self._elapsed()
        self._is_rung = True
        if any(ring.startswith(f"{TICK} ") for ring in rings):
            self._company.note_tick(self._post.now())
        self._textfile.touch()
        self._is_renewed = any(not self._reader.is_of_this_code(ring) for ring in rings)
        self._is_dismissed |= self._linger < NEVER and any(
            ring.startswith("leave ") for ring in rings
        )
        self._next_look = self._post.now()
        self._desk.see_to()

    def _look(self) -> None:
        """Decide what came due since the last look."""
        post, now = self._post, self._post.now()
        if self._next_look is None or now < self._next_look or self._company.rests:
            return
        if abs(self._clock_at(now) - self._clock_was) > SMALL_STEP:
            return  # it was set since this turn began: the next one heeds that first
        if not self._is_looked_at(now):
            self._next_look = None  # until somebody rings
            return
        cgroup.get_ready()  # while it is decided what starts
        began = self._elapsed()
        looks, is_whole = self._looks(now)
        looks = post.claims.settle(looks, post.config)
        runs = post.store.claim(
            looks,
            owner=post.owner,
            host=post.ground.host,
            now=now,
            report=partial(post.herald.of_look, now=now),
        )
        self._textfile.note_look(self._elapsed() - began, has_found=bool(runs))
        for run in runs:
            if run.state is State.QUEUED and run.owner:
                self._lobby.put(run)
        left = [run for run in runs if not run.state.is_live]
        for run in left:
            post.say_left(run)
        self._aftermath.left_out(left)
        if is_whole and not post.agenda.has_ends:
            self._whole_at = self._elapsed() + WHOLE
        is_behind = not is_whole and self._elapsed() >= self._whole_at
        planned = now if is_behind else self._next_slot(now)
        self._next_look = post.claims.next_look(planned, now)

    def _looks(self, now: datetime) -> tuple[list[Look], bool]:
        """What is to be decided; whether of all jobs: what is due does not wait for the others."""
        post = self._post
        health = post.store.health()
        due = post.agenda.due_looks(post.store.marks(due=now), health, now)
        if due or self._elapsed() < self._whole_at:
            return due, False
        ends = Ends(self._live(), self._aftermath.ended)
        return post.agenda.looks(post.store.marks(), health, now, ends), True

    def _live(self) -> set[tuple[str, str]]:
        """Which jobs go on, by place: on this host, or where a next slot follows, on any."""
        agenda = self._post.agenda
        if agenda.is_shared and agenda.has_ends:
            runs = self._post.store.live()
        else:
            runs = [*self._lobby.waiting, *(attempt.run for attempt in self._crew.running)]
        return {(run.job, run.place) for run in runs}

    def _next_slot(self, now: datetime) -> datetime | None:
        """When to look again; what is due already may be for other hosts to see to."""
        agenda, store = self._post.agenda, self._post.store
        if not agenda.is_shared:
            return store.next_slot()
        found = store.next_slot(self._post.ground.host)
        return agenda.next_slot(store.marks(), now) if found and found <= now else found

    # -- waiting and leaving

    def _wait(self, longest: float) -> None:
        poll = select.poll()
        for fd in (
            self._doorbell.fileno(),
            self._signals.fileno(),
            *self._crew.fds(),
            *self._outbox.fds(),
            *self._company.fds(),
        ):
            poll.register(fd, select.POLLIN)
        poll.poll(max(0.0, min(longest, self._time_left())) * 1000)

    def _rest(self) -> None:
        """Leave the ledger alone for a while, whatever would be to do."""
        poll = select.poll()
        poll.register(self._signals.fileno(), select.POLLIN)
        poll.poll(AFTER_TROUBLE * 1000)

    def _time_left(self) -> float:
        """Seconds until there is something to do without any event."""
        if self._housekeeping.is_busy:
            return 0.0
        now = self._post.now()
        times = [self._outbox.next_at()]
        if not self._is_ending():
            times += [self._next_look, self._lobby.next_at(now)]
        left = min(((at - now).total_seconds() for at in times if at is not None), default=NEVER)
        clocked = (self._crew, self._job_log, self._textfile, self._company)
        soonest = min(each.next_at() for each in clocked)
        return min(left, soonest - self._elapsed(), self._lingers_for())

    def _lingers_for(self) -> float:
        return NEVER if self._is_needed() else self._busy_at + self._linger - self._elapsed()

    def _is_ending(self) -> bool:
        """Whether nothing is to begin here any more; what runs comes to its end."""
        return self._signals.is_ending() or self._reader.has_other_ledger

    def _is_over(self) -> bool:
        is_renewed = self._is_renewed and not self._crew.is_stopping
        if is_renewed or self._is_dismissed or self._reader.has_moved():
            return True
        if self._is_abandoned() or self._company.is_replaced:
            return not [*self._crew.running]
        if self._reader.has_other_ledger and self._crew.is_empty:
            self._is_renewed = True
            return True
        if self._signals.is_ending():
            self._say_what_it_waits_for()
            return self._crew.is_empty or self._linger < NEVER or self._signals.is_urgent()
        if self._is_needed():
            self._busy_at = self._elapsed()
            return False
        return self._lingers_for() <= 0 and self._has_left()

    def _say_what_it_waits_for(self) -> None:
        """Once, to whoever asked it to end and does not see it end."""
        running = len([*self._crew.running])
        if self._linger == NEVER and running and not self._has_said:
            self._has_said = True
            runs = numbered(running, "run")
            said = f"waits for {runs}; asked again, it leaves them to go on"
            self._post.diary.info(said, About(event="leave"))

    def _is_abandoned(self) -> bool:
        """Whether the state folder is gone, so that nobody can ring and nothing be recorded.

        What runs is looked after to its end: nobody else can find it any more.
        """
        return not os.path.lexists(self._post.ground.state.lock) and not [*self._crew.running]

    def _is_needed(self) -> bool:
        """Whether there is something to see to, or will be very soon."""
        if self._linger == NEVER or self._company.is_shared:
            return True
        if not self._crew.is_empty or self._outbox.is_busy:
            return True
        if self._housekeeping.is_busy:
            return True
        now = self._post.now()
        times = (self._next_look, self._lobby.next_at(now), self._outbox.next_at())
        soon = [at for at in times if at is not None]
        return self._lobby.has_ready(now) or (
            any(at - now <= NEAR for at in soon) and self._is_ticked(now)
        )

    def _is_looked_at(self, now: datetime) -> bool:
        """Whether somebody wants the clock looked at: who stops the ticks wants no slot to run."""
        return self._elapsed() - self._rung_at <= TICKED.total_seconds() or self._is_ticked(now)

    def _is_ticked(self, now: datetime) -> bool:
        """Whether ticks still come."""
        try:
            last, _ = last_tick(self._post.store, now, TICKED)
        except StoreError:
            return False
        return last is not None and now - last <= TICKED

    def _has_left(self) -> bool:
        """Stop hearing, and look once more for what was asked meanwhile; False if there was any."""
        self._doorbell.close()
        self._try(self._desk.see_to)
        if not self._lobby.has_ready(self._post.now()):
            return True
        self._doorbell = Doorbell(self._post.ground.state)
        return False

    def _try(self, work: Callable[[], None]) -> bool:
        """Whether it could be done; what the ledger or the disk cannot do now is done later."""
        try:
            work()
        except (StoreError, OSError) as error:
            self._post.diary.error(str(error), About(event="trouble"))
            return False
        return True

    def _elapsed(self) -> float:
        return self._post.ground.clock.elapsed()
