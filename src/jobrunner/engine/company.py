"""Who else sees to the same ledger: nobody, where it is one host's."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Protocol

from jobrunner.engine.crew import Ended
from jobrunner.engine.stopping import NEVER
from jobrunner.policy.place import Busy
from jobrunner.policy.waiting import Waiting


class Company(Protocol):
    """The other hosts of a ledger, as a supervisor has to do with them."""

    @property
    def is_shared(self) -> bool:
        """Whether there may be others."""

    @property
    def rests(self) -> bool:
        """Whether this host is to take nothing new."""

    @property
    def is_replaced(self) -> bool:
        """Whether another supervisor has taken our place: this one is to end."""

    @property
    def is_behind(self) -> bool:
        """Whether the others have not been given yet all that has ended here."""

    def join(self) -> None:
        """Say for the first time that we live."""

    def note_tick(self, now: datetime) -> None:
        """A tick has rung."""

    def note(self, ends: Sequence[Ended]) -> None:
        """These attempts have ended, and are recorded."""

    def fds(self) -> Iterable[int]:
        """What becomes readable when something is queued or asked for."""

    def next_at(self) -> float:
        """When there is something to do without any event, on the clock of durations."""

    def keep_in_touch(self) -> None:
        """Say that we live, and see who does not; before anything else of a turn."""

    def heed_others(self) -> None:
        """See whether all go by the same configuration, as far as is known by now."""

    def is_rung(self) -> bool:
        """Whether somebody may have asked for something since this was asked."""

    def take(self) -> None:
        """Take what this host is to run next into the lobby."""

    def go_on(self) -> None:
        """Do a little of what is done for others to see; last of a turn."""

    def has_duty(self, name: str) -> bool:
        """Whether this host is the one that does this for all."""

    def turnstile(self, waiting: Iterable[Waiting]) -> AbstractContextManager[list[Busy]]:
        """Let nobody else begin what is in the way of these; who already goes on elsewhere."""

    def stop(self, run: int, by: str) -> None:
        """Have a run stopped that goes on elsewhere."""

    @property
    def stopping(self) -> Collection[int]:
        """The runs elsewhere that were asked to stop."""

    def leave(self) -> None:
        """Say that this supervisor ends."""


class Alone:
    """Nobody else."""

    is_shared = False
    rests = False
    is_replaced = False
    is_behind = False
    stopping: Collection[int] = ()

    def join(self) -> None:
        pass

    def note_tick(self, now: datetime) -> None:
        pass

    def note(self, ends: Sequence[Ended]) -> None:
        pass

    def fds(self) -> Iterable[int]:
        return ()

    def next_at(self) -> float:
        return NEVER

    def keep_in_touch(self) -> None:
        pass

    def heed_others(self) -> None:
        pass

    def is_rung(self) -> bool:
        return False

    def take(self) -> None:
        pass

    def go_on(self) -> None:
        pass

    def has_duty(self, name: str) -> bool:  # noqa: ARG002 - whatever it is
        return True

    @contextmanager
    def turnstile(self, waiting: Iterable[Waiting]) -> Iterator[list[Busy]]:  # noqa: ARG002
        yield []

    def stop(self, run: int, by: str) -> None:
        pass

    def leave(self) -> None:
        pass
