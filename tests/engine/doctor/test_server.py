"""The server of a shared ledger: away, empty, forgetful, crowded, or known to nobody who ticks."""

from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from msgspec.structs import replace

from jobrunner.clock import SystemClock
from jobrunner.engine.doctor import server
from jobrunner.engine.state import prepare
from jobrunner.store import inspect_server, migrate_store, open_store
from tests.engine.doctor.clinic import JOBS, Clinic

ADDRESS = "10.1.2.3"


@pytest.fixture
def clinic(tmp_path, postgres_url):
    clinic = Clinic(tmp_path)
    clinic.write(f'[settings]\nstore = "{postgres_url}"\n{JOBS}')
    clinic.url = postgres_url
    return clinic


@pytest.fixture
def made(clinic):
    migrate_store(clinic.url)
    return clinic


@pytest.fixture
def served(made):
    return inspect_server(made.url, SystemClock())


def faults(found):
    return [each.message for each in (*server._safety(found), *server._load(found))]


def unset(clinic):
    """What is said of who ticks without the variable."""
    return [said for _, said in clinic.found("database") if "does not set JOBRUNNER_STORE" in said]


def test_one_that_answers_is_told_with_what_it_holds(made):
    severity, message = made.found("database")[0]
    assert severity == "ok"
    assert "PostgreSQL 1" in message
    assert "Procrastinate 3." in message
    assert "postgresql://" in message


def test_one_without_a_ledger_gets_none_by_that(clinic):
    assert clinic.worst("database").severity == "warning"
    with psycopg.connect(clinic.url) as connection:
        found = connection.execute("SELECT to_regnamespace('jobrunner')").fetchone()
    assert found == (None,)


def test_one_that_is_away_is_a_problem_without_its_password(clinic):
    clinic.write('[settings]\nstore = "postgresql://ann:hunter2@127.0.0.1:1/jobs"\n')
    found = clinic.worst("database")
    assert (found.severity, "127.0.0.1:1" in found.message) == ("problem", True)
    assert "hunter2" not in f"{found.message}{found.fix}"


def test_a_newer_schema_is_a_problem(made):
    with psycopg.connect(made.url, autocommit=True) as connection:
        connection.execute("INSERT INTO jobrunner.steps (name) VALUES ('9999_later')")
    found = made.worst("database")
    assert (found.severity, "made by a newer jobrunner" in found.message) == ("problem", True)


def test_an_index_that_was_not_finished_is_told(made):
    with psycopg.connect(made.url, autocommit=True) as connection:
        connection.execute(
            "UPDATE pg_index SET indisvalid = false"
            " WHERE indexrelid = 'jobrunner.deliveries_by_parcel'::regclass"
        )
    found = made.worst("database", full=True)
    assert "the index deliveries_by_parcel was not finished" in found.message


def test_the_rest_is_looked_at_in_the_ledger_that_is_shared(made):
    with closing(open_store(made.url)) as store:
        store.note_tick("web-1", store.clock(), timedelta(minutes=2))
    assert not any("could not be looked at" in each.message for each in made.look())


def test_a_supervisor_that_should_be_awake_and_is_not_is_told(made):
    prepare(made.state)
    assert made.worst("supervisor").message.startswith("no supervisor is awake, and this host")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"survives_crash": False}, "a crash of the server's host may lose the ledger"),
        ({"synchronous": "off"}, "a crash may give a slot twice"),
        ({"address": ADDRESS, "is_encrypted": False}, f"what goes to {ADDRESS} can be read"),
        ({"connections": 90, "most": 97, "ours": 7}, "90 of 97 connections are taken, 7 by us"),
        ({"longest": timedelta(hours=3)}, "a transaction is open for 3:00:00"),
        ({"has_autovacuum": False}, "autovacuum is off"),
    ],
)
def test_what_would_cost_runs_or_time_is_told(served, changes, told):
    well = {"survives_crash": True, "is_encrypted": True, "has_autovacuum": True}
    quiet = replace(served, connections=1, longest=timedelta(), synchronous="on", **well)
    assert faults(quiet) == []
    (said,) = faults(replace(quiet, **changes))
    assert told in said


def test_a_url_that_asks_for_forgetfulness_is_found_out(made):
    url = f"{made.url}?options=-c%20synchronous_commit%3Doff"
    assert inspect_server(url, SystemClock()).synchronous == "off"


def test_what_ticks_without_the_variable_of_the_ledger_is_a_problem(made):
    made.write(f'[settings]\nstore_env = "JOBRUNNER_STORE"\n{JOBS}')
    made.environ["JOBRUNNER_STORE"] = made.url
    made.timer()
    assert unset(made)


def test_what_ticks_with_it_in_a_file_is_well(made):
    made.write(f'[settings]\nstore_env = "JOBRUNNER_STORE"\n{JOBS}')
    made.environ["JOBRUNNER_STORE"] = made.url
    made.plant("/etc/jobrunner.env", f"JOBRUNNER_STORE={made.url}\n")
    made.timer("EnvironmentFile=/etc/jobrunner.env")
    assert not unset(made)


def test_where_the_place_cannot_be_known_that_is_the_problem(made):
    made.write('[settings]\nstore_env = "NONE"\n')
    found = made.worst("database")
    assert found.message == (
        "where the ledger is cannot be known: the variable NONE is not set (store_env)"
    )
