"""Leases from Redis: a key for each slot, set once; for each place who has it until when."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as BrokenError
from redis.exceptions import RedisError
from redis.retry import Retry

from jobrunner.errors import UnusableError
from jobrunner.lease.base import (
    Claim,
    Condition,
    Full,
    Granted,
    Latest,
    LeaseError,
    Slot,
    Taker,
    Who,
)
from jobrunner.lease.script import CLAIM, TAKE

# Whoever waits for it has jobs to see to.
TIMEOUT = 1.0  # seconds
# In braces, so that a cluster of Redis keeps all of them together.
PREFIX = "{jobrunner}"
FENCE = f"{PREFIX}:fence"
LATEST = f"{PREFIX}:latest"
AT_ONCE = 500  # in one step, during which Redis does nothing else
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Answer = TypeVar("Answer")


class RedisLease:
    """A Lease.  A connection that broke is made anew, once; who does not answer in time is gone."""

    def __init__(self, url: str, who: Who) -> None:
        self._who = who
        try:
            self._redis = Redis.from_url(
                url,
                socket_connect_timeout=TIMEOUT,
                socket_timeout=TIMEOUT,
                retry=Retry(NoBackoff(), 1, supported_errors=(BrokenError,)),
                decode_responses=True,
                client_name="jobrunner",
            )
        except ValueError as error:  # its text may hold the password
            raise UnusableError("`claims` is not the URL of a Redis") from error
        self._claim = self._redis.register_script(CLAIM)
        self._take = self._redis.register_script(TAKE)

    def claim(self, slots: Sequence[Slot]) -> list[Claim | None]:
        found: list[Claim | None] = []
        for some in _portions(slots):
            keys = [FENCE, LATEST, *map(_slot_key, some)]
            words = [word for slot in some for word in (slot.job, _micros(slot.at), _kept(slot))]
            arguments = [f"{self._who.ledger} {self._who.host}", *words]
            found += map(self._read, self._ask(partial(self._claim, keys, arguments)))
        return found

    def latest(self, jobs: Sequence[str]) -> list[Latest | None]:
        told = self._ask(partial(self._redis.hmget, LATEST, [*jobs])) if jobs else []
        return [self._read_latest(each) if each else None for each in told]

    def take(self, takers: Sequence[Taker], lease: timedelta) -> list[Granted | Full]:
        return [
            full or Granted(fence) for full, fence in self._answers(takers, lease, is_numbered=True)
        ]

    def renew(self, takers: Sequence[Taker], lease: timedelta) -> list[Full | None]:
        return [full for full, _ in self._answers(takers, lease, is_numbered=False)]

    def leave(self, takers: Sequence[Taker]) -> None:
        left = [(_place_key(p.name), self._name(each)) for each in takers for p in each.places]
        self._pipe("zrem", left)

    def sweep(self, places: Sequence[str], runs: Collection[int]) -> None:
        ours = f"{self._who.ledger} {self._who.host} "
        for some in _portions([*map(_place_key, places)]):
            for key, names in zip(
                some, self._pipe("zrange", [(key, 0, -1) for key in some]), strict=True
            ):
                gone = [name for name in names if name.startswith(ours) and _run(name) not in runs]
                if gone:
                    self._ask(partial(self._redis.zrem, key, *gone))

    def condition(self, now: datetime) -> Condition:
        told: dict[str, Any] = self._ask(self._redis.info)
        second, micros = self._ask(self._redis.time)
        there = EPOCH + timedelta(seconds=second, microseconds=micros)
        return Condition(
            version=str(told.get("redis_version", "")),
            is_logged=bool(told.get("aof_enabled")),
            syncs=self._setting("appendfsync"),
            evicts=str(told.get("maxmemory_policy", "")) if told.get("maxmemory") else "",
            skew=now - there,
        )

    def close(self) -> None:
        self._redis.close()

    def _setting(self, name: str) -> str:
        """A setting of Redis; '' where nobody may ask for it."""
        try:
            return str(self._redis.config_get(name).get(name, ""))
        except RedisError:
            return ""

    def _pipe(self, command: str, every: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The answers to one command about many things, sent at once."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for words in every:
                getattr(pipeline, command)(*words)
            answers: list[Any] = self._ask(pipeline.execute)
        return answers

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except RedisError as error:
            raise LeaseError(f"Redis does not answer as it should: {error}") from error

    def _read(self, answer: str) -> Claim | None:
        if not answer:
            return None
        fence, ledger, host = answer.split(" ")
        return Claim(host, int(fence), is_ours=Who(host, ledger) == self._who)

    def _read_latest(self, told: str) -> Latest:
        micros, ledger, host = told.split(" ")
        return Latest(EPOCH + int(micros) * MICROSECOND, host, Who(host, ledger) == self._who)

    def _answers(
        self, takers: Sequence[Taker], lease: timedelta, *, is_numbered: bool
    ) -> Iterator[tuple[Full | None, int]]:
        for some in _portions(takers):
            names = dict.fromkeys(place.name for each in some for place in each.places)
            number = {name: number for number, name in enumerate(names, 1)}
            keys = [FENCE, *map(_place_key, names)]
            words: list[str | int] = [int(is_numbered), int(lease / timedelta(milliseconds=1))]
            for each in some:
                words += [self._name(each), len(each.places)]
                words += [w for p in each.places for w in (number[p.name], p.most)]
            answers = self._ask(partial(self._take, keys, words))
            yield from map(_verdict, some, answers)

    def _name(self, taker: Taker) -> str:
        return f"{self._who.ledger} {self._who.host} {taker.job} {taker.run}"


def _verdict(taker: Taker, answer: Sequence[str]) -> tuple[Full | None, int]:
    fence, *rest = answer
    if not rest:
        return None, int(fence or 0)
    _, host, job, _ = rest[1].split(" ")
    return Full(taker.places[int(rest[0]) - 1], host, job, _run(rest[1])), 0


def _run(name: str) -> int:
    return int(name.rpartition(" ")[2])


def _slot_key(slot: Slot) -> str:
    return f"{PREFIX}:slot:{slot.job}:{_micros(slot.at)}"


def _place_key(name: str) -> str:
    return f"{PREFIX}:place:{name}"


def _micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def _kept(slot: Slot) -> int:
    return slot.kept // MICROSECOND


def _portions(every: Sequence[Answer]) -> Iterable[Sequence[Answer]]:
    return (every[first : first + AT_ONCE] for first in range(0, len(every), AT_ONCE))
