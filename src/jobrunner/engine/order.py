"""What a request for a run says beside the job's name, as the ledger carries it."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, json

from jobrunner.model.run import Trigger
from jobrunner.store.value import Overlap


class RunOrder(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a run that somebody asks for differs from a slot's.

    `overlap` is the job's own where it is empty.  `slot_of` is the slot whose dates the run sees.
    """

    trigger: Trigger = Trigger.MANUAL
    params: Mapping[str, str] = {}
    overlap: Overlap = ""
    slot_of: datetime | None = None


class StopOrder(Struct, frozen=True, omit_defaults=True):
    """How a run that goes on is to be stopped: `force` leaves its grace out."""

    force: bool = False


def encode(order: RunOrder | StopOrder) -> str:
    return json.encode(order).decode()


def decode(text: str) -> RunOrder:
    return json.decode(text or "{}", type=RunOrder)


def decode_stop(text: str) -> StopOrder:
    return json.decode(text or "{}", type=StopOrder)
