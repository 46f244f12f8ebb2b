"""Slots that hosts share over `claims`, each with a ledger of its own.

A slot is asked for before the ledger takes it.  Whose it is names the host's ledger, which writes
each slot once: so a host that is killed between the two gets its own slot again, and no other one.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from jobrunner.engine.diary import Diary
from jobrunner.engine.lessor import Lessor
from jobrunner.engine.record import About
from jobrunner.lease.base import Claim, LeaseError, Slot
from jobrunner.model.decision import Decision, Look, Omit, Start
from jobrunner.model.run import Run, State
from jobrunner.model.settings import Config
from jobrunner.policy.claim import FORGOTTEN, UNREACHABLE, kept, taken

AGAIN = timedelta(seconds=1)  # until it is looked again at what could not be asked for
REMEMBERED = timedelta(days=7)  # that a slot is without a claim, for its retries

Key = tuple[str, datetime]  # a slot


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
        2. If nobody can be asked, looks with slots are put off for a while,
        3. and then the slots are left out; with `claims_unreachable` = "run" they run at once.
        """
        self._is_behind = False
        slots = [*_slots(looks, config)] if self._lessor.is_named else []
        if not slots:
            return looks
        try:
            claims = self._lessor.ask(lambda lease: lease.claim(slots))
        except LeaseError:
            return self._unsettled(looks, slots, config)
        found = {_key(slot): claim for slot, claim in zip(slots, claims, strict=True)}
        return [_settled(look, found) for look in looks]

    def next_look(self, planned: datetime | None, now: datetime) -> datetime | None:
        """When to look next: soon, if some looks were put off."""
        return now + AGAIN if self._is_behind else planned

    def is_lacking(self, run: Run) -> bool:
        """Whether the slot of a run was taken without a claim."""
        return run.scheduled_for is not None and (run.job, run.scheduled_for) in self._unclaimed

    def _unsettled(self, looks: list[Look], slots: list[Slot], config: Config) -> list[Look]:
        if config.settings.claims_unreachable == "run":
            oldest = min(slot.at for slot in slots) - REMEMBERED
            self._unclaimed = {*map(_key, slots), *(k for k in self._unclaimed if k[1] > oldest)}
            names = ", ".join(sorted({slot.job for slot in slots}))
            self._diary.warning(f"without a claim: {names}", About(event="claims"))
            return looks
        jobs = {slot.job for slot in slots}
        if not self._lessor.is_given_up:
            self._is_behind = True
            return [look for look in looks if look.job not in jobs]
        return [_left_out(look, UNREACHABLE) if look.job in jobs else look for look in looks]


def _slots(looks: Iterable[Look], config: Config) -> Iterator[Slot]:
    """The slots that one host of all is to have."""
    for look in looks:
        job = config.jobs.get(look.job)
        if job is None or job.on == "every" or look.place:
            continue
        for decision in look.decisions:
            if isinstance(decision, Start):
                yield Slot(look.job, decision.scheduled_for, kept(job))


def _settled(look: Look, claims: Mapping[Key, Claim | None]) -> Look:
    def settled(decision: Decision) -> Decision:
        key = (look.job, decision.scheduled_for) if isinstance(decision, Start) else None
        if key is None or key not in claims:
            return decision
        claim = claims[key]
        if claim is not None and claim.is_ours:
            return decision
        return _omitted(key[1], taken(claim.host) if claim else FORGOTTEN)

    return replace(look, decisions=tuple(map(settled, look.decisions)))


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
