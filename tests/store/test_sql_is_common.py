"""The schema and every statement are taken by PostgreSQL too, which finds runs by an index."""

import itertools
import re
from contextlib import closing, contextmanager
from importlib import import_module
from itertools import product

import pytest

from jobrunner.model.run import State
from jobrunner.store.postgres.connection import PARAMETER, PostgresConnection
from jobrunner.store.postgres.target import target_of
from jobrunner.store.sql import history, outbox
from jobrunner.store.value import LetterFilter, RunFilter
from tests.build import NOON
from tests.store.server import ledger_on

MODULES = ("access", "claim", "history", "life", "order", "outbox", "outline", "upkeep")


def statements():
    for name in MODULES:
        module = import_module(f"jobrunner.store.sql.{name}")
        for constant, value in vars(module).items():
            texts = value if isinstance(value, tuple) else (value,)
            if re.match("[A-Z]", constant) and all(isinstance(text, str) for text in texts):
                yield from (pytest.param(text, id=f"{name}-{constant}") for text in texts)


def pages():
    for job, before, state in product((None, "a"), (None, 7), (None, State.FAILED, State.SUCCESS)):
        wanted = RunFilter(job=job, before=before, since=before and NOON)
        yield history.page(wanted, state and state.value)
        yield history.heads(wanted, state and state.value)
    yield outbox.page(LetterFilter(channel="a", state="sent", before=7))


@pytest.fixture(scope="module")
def connection(servers, services):
    with (
        ledger_on(servers, services.postgres()) as url,
        closing(PostgresConnection(target_of(url))) as connection,
    ):
        yield connection


@contextmanager
def prepared(connection, statement):
    """A session in which the server has taken a statement, and what executes it."""
    numbered = itertools.count(1)
    names = {name: f"${next(numbered)}" for name in dict.fromkeys(PARAMETER.findall(statement))}
    text = PARAMETER.sub(lambda found: names[found[1]], statement)
    with connection.writing() as session:
        session.rows(f"PREPARE taken AS {text}")
        nothing = ", ".join(["NULL"] * len(names))
        yield session, f"EXECUTE taken({nothing})" if names else "EXECUTE taken"
        session.rows("DEALLOCATE taken")


@pytest.mark.parametrize("statement", [*statements(), *pages()])
def test_every_statement_is_taken_and_finds_runs_by_an_index(connection, statement):
    with prepared(connection, statement) as (session, execute):
        session.rows("SET LOCAL plan_cache_mode = force_generic_plan")
        plan = [step for (step,) in session.rows(f"EXPLAIN {execute}")]
    if statement != history.RUNS:
        assert not [step for step in plan if re.search(r"Seq Scan on (runs|attempts)\b", step)]
