"""How what waits is shared out among hosts: pure arithmetic of room and load."""

from collections.abc import Iterable

from jobrunner.digest import blake2b

STEPS = 4  # of load that count as a difference


def share(count: int, room: int, others: Iterable[int]) -> int:
    """How many of what waits one host takes: as its room is to that of all, rounded up."""
    if room <= 0:
        return 0
    whole = room + sum(max(0, other) for other in others)
    return min(room, -(-count * room // whole))


def turn(mine: tuple[float, str], others: Iterable[tuple[float, str]], lot: bytes) -> int:
    """How many hosts come before one: loads and names, and the lot that decides among equals."""
    own = _place(mine, lot)
    return sum(_place(other, lot) < own for other in others)


def _place(host: tuple[float, str], lot: bytes) -> tuple[int, bytes]:
    load, name = host
    return int(load * STEPS), blake2b(lot + name.encode(), digest_size=8).digest()
