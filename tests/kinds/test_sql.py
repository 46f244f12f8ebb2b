"""Statements are run by a real process on real PostgreSQL, MariaDB and SQLite."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from jobrunner.errors import UnusableError
from jobrunner.kinds.kind import prepare
from jobrunner.kinds.program.script import statements
from tests.build import make_job
from tests.kinds.stage import make_facts, make_setting, reader

DAYS = {"first": "{slot-1d:%Y-%m-%d}", "last": "{slot:%Y-%m-%d}"}


@pytest.fixture
def postgres(postgres_url):
    return postgres_url.replace("postgresql:", "postgresql+psycopg:")


@pytest.fixture
def sqlite(tmp_path):
    return f"sqlite:///{tmp_path}/data.db"


@pytest.fixture(params=["postgres", "mariadb_url", "sqlite"])
def database(request):
    return request.getfixturevalue(request.param)


@contextmanager
def connected(url):
    with create_engine(url, poolclass=NullPool).connect() as connection:
        yield connection


def asked(url, *texts):
    """Run statements by hand; the rows of the last one."""
    with connected(url) as connection:
        for text in texts:
            result = connection.exec_driver_sql(text)
        rows = [tuple(row) for row in result] if result.returns_rows else []
        connection.commit()
        return rows


@pytest.fixture
def task(tmp_path):
    def task(url, files=None, facts=None, **job):
        (tmp_path / "result.json").write_text("")
        files = {"/url": url.encode(), **(files or {})}
        whole = make_job(command=None, database_file="/url", cwd="/", **job)
        return prepare(
            make_setting(
                whole,
                read=reader(files),
                facts=facts or make_facts(),
                result_path=str(tmp_path / "result.json"),
            )
        )

    return task


@pytest.fixture
def done(task, tmp_path):
    """Run a job for real: its exit code, result and output."""

    def done(url, **job):
        ready = task(url, **job)
        ended = subprocess.run(
            ready.argv, cwd="/", env=ready.env, input=ready.stdin, capture_output=True, check=False
        )
        assert b"Traceback" not in ended.stderr, ended.stderr.decode()
        text = (tmp_path / "result.json").read_text()
        return SimpleNamespace(
            code=ended.returncode, result=json.loads(text), output=ended.stdout.decode()
        )

    return done


def test_rows_are_the_output_and_counted(done, database):
    asked(database, "CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (2), (3)")
    found = done(database, sql="SELECT a, NULL AS b FROM t ORDER BY a", sql_rows=2)
    assert found.output == "a\tb\n1\t\n2\t\n... 1 rows more\n"
    assert (found.code, found.result["message"]) == (0, "3 rows")
    assert found.result["metrics"] == {"rows": 3}


def test_changed_rows_are_counted_and_committed(done, database):
    asked(database, "CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (2)")
    assert done(database, sql="UPDATE t SET a = a + 10").result["message"] == "2 rows"
    assert asked(database, "SELECT sum(a) FROM t") == [(23,)]


def test_what_has_no_rows_tells_none(done, postgres, sqlite):
    for database in (postgres, sqlite):
        assert done(database, sql="CREATE TABLE t (a INT)").result == {"success": True}


def test_what_a_procedure_says_by_the_way_is_output(done, postgres):
    found = done(postgres, sql="DO $$ BEGIN RAISE NOTICE 'half way'; END $$")
    assert (found.output, found.result) == ("NOTICE:  half way\n", {"success": True})


def test_parameters_are_values_with_the_dates_of_the_slot(done, database):
    found = done(database, sql="SELECT :first AS a, :last AS b", sql_params=DAYS)
    assert found.output == "a\tb\n2026-11-19\t2026-11-20\n"


def test_a_parameter_is_never_a_part_of_the_statement(done, database):
    facts = make_facts(params={})
    hostile = "'; DROP TABLE t; --"
    asked(database, "CREATE TABLE t (a INT)")
    found = done(database, sql="SELECT :x AS a", sql_params={"x": hostile}, facts=facts)
    assert found.output == f"a\n{hostile}\n"
    assert asked(database, "SELECT count(*) FROM t") == [(0,)]


def test_what_only_looks_like_a_parameter_is_text(done, database):
    found = done(database, sql="SELECT '12:30 :x' AS a, :y AS b", sql_params={"y": "1"})
    assert found.output == "a\tb\n12:30 :x\t1\n"


def test_a_stored_procedure_of_postgres_is_called_with_dates(done, postgres):
    asked(
        postgres,
        "CREATE TABLE work (first DATE, last DATE)",
        "CREATE PROCEDURE refresh(a DATE, b DATE) LANGUAGE sql"
        " AS $$ INSERT INTO work VALUES (a, b); $$",
    )
    assert done(postgres, sql="CALL refresh(:first, :last)", sql_params=DAYS).code == 0
    assert asked(postgres, "SELECT first::text, last::text FROM work") == [
        ("2026-11-19", "2026-11-20")
    ]


def test_a_stored_procedure_of_mariadb_is_called_with_dates(done, mariadb_url):
    asked(
        mariadb_url,
        "CREATE TABLE work (first DATE, last DATE)",
        "CREATE PROCEDURE refresh(a DATE, b DATE)"
        " BEGIN INSERT INTO work VALUES (a, b); SELECT 1 AS told; END",
    )
    found = done(mariadb_url, sql="CALL refresh(:first, :last)", sql_params=DAYS)
    assert (found.code, found.output) == (0, "told\n1\n")
    assert [tuple(map(str, row)) for row in asked(mariadb_url, "SELECT * FROM work")] == [
        ("2026-11-19", "2026-11-20")
    ]


def test_an_error_of_the_database_is_the_reason_without_the_statement(done, database):
    found = done(database, sql="SELECT * FROM missing WHERE x = :p", sql_params={"p": "hunter22"})
    assert (found.code, found.result["success"]) == (1, False)
    assert "missing" in found.result["message"]
    assert "hunter22" not in json.dumps(found.result)
    assert found.result["error"] in {"UndefinedTable", "ProgrammingError", "OperationalError"}


def test_a_file_counts_as_a_whole_or_not_at_all(done, sqlite):
    asked(sqlite, "CREATE TABLE t (a INT)")
    files = {"/work.sql": b"INSERT INTO t VALUES (1);\n-- a comment; no end\nSELECT broken;\n"}
    assert done(sqlite, sql_file="/work.sql", files=files).code == 1
    assert asked(sqlite, "SELECT count(*) FROM t") == [(0,)]


def test_with_autocommit_each_statement_counts_by_itself(done, postgres):
    asked(postgres, "CREATE TABLE t (a INT)")
    files = {"/work.sql": b"INSERT INTO t VALUES (1); SELECT broken;"}
    assert done(postgres, sql_file="/work.sql", files=files, sql_autocommit=True).code == 1
    assert asked(postgres, "SELECT count(*) FROM t") == [(1,)]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("not an address", "address"),
        ("nothing://x/y", "address"),
        ("oracle+oracledb://x/y", "missing"),
        ("postgresql+psycopg://nobody@127.0.0.1:1/x", "OperationalError"),
    ],
)
def test_a_database_that_cannot_be_had_is_told(done, url, error):
    assert done(url, sql="SELECT 1").result["error"] == error


def test_a_password_of_the_database_stands_nowhere(done, task):
    url = "postgresql+psycopg://ann:hunter22@127.0.0.1:1/x"
    assert "hunter22" not in " ".join(task(url, sql="SELECT 1").argv)
    assert "hunter22" not in json.dumps(done(url, sql="SELECT 1").result)


def test_a_variable_that_is_not_set_is_told():
    job = make_job(command=None, sql="SELECT 1", database_env="DB", cwd="/")
    with pytest.raises(UnusableError, match=r"\$DB is not set for the job"):
        prepare(make_setting(job))


class Running:
    """A job whose statement takes an hour, on a database that can tell when it has begun."""

    def __init__(self, task, sessions):
        self.sessions = sessions
        self.process = subprocess.Popen(
            task.argv, cwd="/", env=task.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        self.process.stdin.write(task.stdin)
        self.process.stdin.close()
        while not sessions():
            assert self.process.poll() is None

    def ends(self, number):
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def long_statement(request, task):
    def begin(kind, url):
        name = f"job{os.getpid()}"
        slow = {"postgres": "pg_sleep(3600)", "mariadb": "sleep(3600)"}[kind]
        found = {
            "postgres": f"SELECT pid FROM pg_stat_activity WHERE query LIKE '%%{name}%%'"
            " AND pid <> pg_backend_pid()",
            "mariadb": f"SELECT id FROM information_schema.processlist WHERE info LIKE '%%{name}%%'"
            " AND id <> connection_id()",
        }[kind]
        ready = task(url, sql=f"SELECT {slow}, '{name}'")
        running = Running(ready, lambda: asked(url, found))
        request.addfinalizer(running.process.kill)
        return running

    return begin


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    ("kind", "fixture"), [("postgres", "postgres"), ("mariadb", "mariadb_url")]
)
def test_a_statement_that_is_stopped_goes_on_nowhere(
    request, long_statement, kind, fixture, number
):
    running = long_statement(kind, request.getfixturevalue(fixture))
    assert running.ends(number) in {1, 128 + number}
    while running.sessions():
        pass


def test_a_statement_whose_process_was_killed_ends_on_postgres_too(long_statement, postgres):
    running = long_statement("postgres", postgres)
    running.ends(signal.SIGKILL)
    while running.sessions():
        pass


def test_a_statement_of_sqlite_is_interrupted(task, sqlite, tmp_path):
    endless = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    )
    ready = task(sqlite, sql=endless)
    with subprocess.Popen(
        ready.argv, cwd="/", env=ready.env, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        process.stdin.write(ready.stdin)
        process.stdin.close()
        while not (tmp_path / "data.db").exists():
            assert process.poll() is None
        process.terminate()
        assert process.wait(60) in {1, 143}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("a; b;\n ;c", ["a", "b", "c"]),
        ("SELECT ';', \";\", `;`; b", ["SELECT ';', \";\", `;`", "b"]),
        ("SELECT 'it''s; fine'; b", ["SELECT 'it''s; fine'", "b"]),
        ("a -- x; y\n; b", ["a -- x; y", "b"]),
        ("/* a; b */ c; -- end", ["/* a; b */ c"]),
        ("DO $$ a; b $$; c", ["DO $$ a; b $$", "c"]),
        ("DO $f$ a; $$ b $f$; c", ["DO $f$ a; $$ b $f$", "c"]),
        ("-- nothing\n;;", []),
    ],
)
def test_a_file_is_cut_at_the_semicolons_that_end_statements(text, found):
    assert [*statements(text)] == found


def test_without_sqlalchemy_the_extra_is_named(task, tmp_path, sqlite):
    ready = task(sqlite, sql="SELECT 1")
    hidden = "import sys; sys.modules['sqlalchemy'] = None; sys.argv = sys.argv[1:]\n"
    code = f"{hidden}import runpy; runpy.run_module(sys.argv[0], run_name='__main__')"
    subprocess.run(
        [sys.executable, "-c", code, ready.argv[-1]],
        env=ready.env,
        input=ready.stdin,
        capture_output=True,
        check=False,
    )
    told = json.loads((tmp_path / "result.json").read_text())
    assert told["message"] == "sql jobs need SQLAlchemy: pip install 'jobrunner[sql]'"


def test_a_procedure_of_sql_server_gets_named_parameters(task, tmp_path):
    """With a stand-in for its driver: it was not tried on a live server."""
    ready = task(
        "mssql+pyodbc://ann:pw@host/db?driver=x",
        sql="EXEC spJamkerja @awal = :first, @akhir = :last",
        sql_params=DAYS,
    )
    driver = {"PYTHONPATH": str(Path(__file__).parent / "driver"), "NOTES": f"{tmp_path}/notes"}
    done = subprocess.run(
        ready.argv, env=ready.env | driver, input=ready.stdin, capture_output=True, check=False
    )
    notes = [json.loads(line) for line in (tmp_path / "notes").read_text().splitlines()]
    assert done.returncode == 0, done.stderr
    assert ["EXEC spJamkerja @awal = ?, @akhir = ?", ["2026-11-19", "2026-11-20"]] in notes
    assert notes[-1][0] == "COMMIT"
