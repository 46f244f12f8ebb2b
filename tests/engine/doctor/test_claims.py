"""What the doctor says of the Redis that gives claims."""

import pytest

from tests.build import FakeClock
from tests.engine.doctor.clinic import JOBS
from tests.engine.theatre import CLOCK
from tests.lease.server import server

CHAIN = '[jobs.{name}]\nafter = ["backup"]\ncommand = "true"\n{rest}\n'


@pytest.fixture
def redis(program, tmp_path, clinic):
    """Starts a Redis with options, and names it in jobs.toml."""
    program("redis-server", "redis-server")
    running = []

    def redis(*options, jobs="", settings=""):
        running.append(server(tmp_path / "redis", *options))
        found = running[-1].__enter__()
        clinic.write(f'[settings]\nclaims = "{found.url}"\n{settings}\n{JOBS}{jobs}')
        return found

    yield redis
    for each in running:
        each.__exit__(None, None, None)


def found(clinic, now=None):
    return clinic.found("claims", clock=FakeClock(now or CLOCK.now()))


def test_without_claims_there_is_nothing_to_say(clinic):
    assert found(clinic) == []


def test_a_redis_with_a_log_is_well(clinic, redis):
    redis()
    ((severity, message),) = found(clinic)
    assert severity == "ok"
    assert message.endswith("gives claims, and keeps a log of them")


def test_a_redis_that_does_not_answer_is_a_problem_with_what_happens_meanwhile(clinic, redis):
    redis(settings='claims_unreachable = "run"').end()
    ((severity, message),) = found(clinic)
    assert severity == "problem"
    assert "every host runs every slot meanwhile" in message


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--save", ""), "appendonly no"),
        (("--appendonly", "yes", "--appendfsync", "no"), "appendfsync no"),
        (
            ("--appendonly", "yes", "--maxmemory", "64mb", "--maxmemory-policy", "volatile-ttl"),
            "maxmemory-policy volatile-ttl",
        ),
    ],
)
def test_a_redis_that_may_forget_claims_is_warned_of(clinic, redis, options, told):
    redis(*options)
    ((severity, message),) = found(clinic)
    assert severity == "warning"
    assert told in message


def test_a_clock_that_is_off_is_warned_of(clinic, redis):
    redis()
    ((severity, message),) = clinic.found("claims", clock=FakeClock())
    assert severity == "warning"
    assert "that of Redis" in message


def test_jobs_that_follow_others_are_named_unless_one_host_has_them(clinic, redis):
    pinned = CHAIN.format(name="pinned", rest='hosts = ["web-1"]')
    redis(jobs=CHAIN.format(name="report", rest="") + pinned)
    told = [message for severity, message in found(clinic) if severity == "warning"]
    assert told == ["each host knows its own runs alone: report may wait for one of another's"]
