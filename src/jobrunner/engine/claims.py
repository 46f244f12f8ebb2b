"""Slots that hosts share over `claims`, each with a ledger of its own.

A slot is asked for before the ledger takes it.  Whose it is names the host's ledger, which writes
each slot once: so a host that is killed between the two gets its own slot again, and no other one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.engine.diary import Diary
from jobrunner.engine.lessor import Lessor
from jobrunner.engine.record import About
from jobrunner.lease.base import Claim, Latest, LeaseError, Slot
from jobrunner.model.decision import Decision, Look, Omit, Start
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State
from jobrunner.model.settings import Config
from jobrunner.policy.claim import FORGOTTEN, UNREACHABLE, kept, passed, taken

AGAIN = timedelta(seconds=1)  # until it is looked again at what could not be asked for
REMEMBERED = timedelta(days=7)  # that a slot is without a claim, for its retries

Key = tuple[str, datetime]  # a slot


class Answers(Struct, frozen=True):
    """Who has which slot, and the latest slots that anybody had of jobs."""

    claims: Mapping[Key, Claim | None]
    latest: Mapping[str, Latest]


class Claims:
    """Which slots are this host's; without `claims` all of them are."""

    def __init__(self, lessor: Lessor, diary: Diary) -> None:
        self._lessor = lessor
        self._diary = diary
        self._is_behind = False
        self._unclaimed: set[Key] = set()

    def settle(self, looks: list[Look], config: Config) -> list[Look]:
        """What the looks decide, now that it is known which slots are this host's.

        1. A slot that another host has is left out, and so is one of which that is not known.
           What was missed here says so if another host has had later slots of the job.
        2. If nobody can be asked, looks with slots are put off for a while,
        3. and then the slots are left out; with `claims_unreachable` = "run" they run at once.
        """
        self._is_behind = False
        if not self._lessor.is_named:
            return looks
        slots, missed = [*_slots(looks, config)], [*_missed(looks, config)]
        if not slots and not missed:
            return looks
        try:
            # In this order: what we claim now was had by nobody before.
            latest, claims = self._lessor.ask(
                lambda lease: (lease.latest(missed), lease.claim(slots))
            )
        except LeaseError:
            return self._unsettled(looks, slots, {*missed}, config)
        answers = Answers(
            {_key(slot): claim for slot, claim in zip(slots, claims, strict=True)},
            {job: each for job, each in zip(missed, latest, strict=True) if each},
        )
        return [_settled(look, answers) for look in looks]

    def next_look(self, planned: datetime | None, now: datetime) -> datetime | None:
        """When to look next: soon, if some looks were put off."""
        return now + AGAIN if self._is_behind else planned

    def is_lacking(self, run: Run) -> bool:
        """Whether the slot of a run was taken without a claim."""
        return run.scheduled_for is not None and (run.job, run.scheduled_for) in self._unclaimed

    def _unsettled(
        self, looks: list[Look], slots: list[Slot], missed: set[str], config: Config
    ) -> list[Look]:
        if config.settings.claims_unreachable == "run":
            self._go_without(slots)
            return looks
        jobs = missed | {slot.job for slot in slots}
        if not self._lessor.is_given_up:
            self._is_behind = True
            return [look for look in looks if look.job not in jobs]
        return [_left_out(look, UNREACHABLE) if look.job in jobs else look for look in looks]

    def _go_without(self, slots: Sequence[Slot]) -> None:
        """Remember that these are taken without a claim, for as long as they may be retried."""
        if slots:
            oldest = min(slot.at for slot in slots) - REMEMBERED
            self._unclaimed = {*map(_key, slots), *(k for k in self._unclaimed if k[1] > oldest)}
            names = ", ".join(sorted({slot.job for slot in slots}))
            self._diary.warning(f"without a claim: {names}", About(event="claims"))


def _common(looks: Iterable[Look], config: Config) -> Iterator[tuple[Look, Job]]:
    """The looks at jobs that one host of all is to run."""
    for look in looks:
        job = config.jobs.get(look.job)
        if job is not None and job.on == "one" and not look.place:
            yield look, job


def _slots(looks: Iterable[Look], config: Config) -> Iterator[Slot]:
    """The slots that one host of all is to have."""
    for look, job in _common(looks, config):
        for decision in look.decisions:
            if isinstance(decision, Start):
                yield Slot(look.job, decision.scheduled_for, kept(job))


def _missed(looks: Iterable[Look], config: Config) -> Iterator[str]:
    """The jobs of which this host has missed slots."""
    for look, _ in _common(looks, config):
        if any(_is_missed(decision) for decision in look.decisions):
            yield look.job


def _is_missed(decision: Decision) -> bool:
    return isinstance(decision, Omit) and decision.state is State.MISSED


def _settled(look: Look, answers: Answers) -> Look:
    decisions = (_decision(look, decision, answers) for decision in look.decisions)
    return replace(look, decisions=tuple(decisions))


def _decision(look: Look, decision: Decision, answers: Answers) -> Decision:
    match decision:
        case Start(scheduled_for=slot) if (look.job, slot) in answers.claims:
            claim = answers.claims[look.job, slot]
            if claim is not None and claim.is_ours:
                return decision
            return _omitted(slot, taken(claim.host) if claim else FORGOTTEN)
        case Omit(state=State.MISSED) if latest := answers.latest.get(look.job):
            if latest.at >= decision.last and not latest.is_ours:
                return replace(decision, reason=passed(decision.reason, latest.host))
    return decision


def _left_out(look: Look, reason: str) -> Look:
    decisions = (
        _omitted(each.scheduled_for, reason) if isinstance(each, Start) else each
        for each in look.decisions
    )
    return replace(look, decisions=tuple(decisions))


def _omitted(slot: datetime, reason: str) -> Omit:
    return Omit(state=State.SKIPPED, first=slot, last=slot, count=1, reason=reason)


def _key(slot: Slot) -> Key:
    return slot.job, slot.at
