"""The services of the tests answer, are apart from one another, and are missed aloud."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

ROOT = Path(__file__).parents[1]


def query(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        while cursor.nextset():
            pass
        return cursor.fetchone()[0]


def test_postgres_answers(postgres_url):
    assert query(postgres_url, "SELECT 1") == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_database_of_its_own(postgres_url, turn):
    assert query(postgres_url, "CREATE TABLE t (); SELECT count(*) FROM t") == 0


def test_a_database_is_dropped_although_somebody_is_still_in_it(servers, services):
    with servers.fresh_database(services.postgres()) as url:
        connection = psycopg.connect(url)
        assert connection.execute("SELECT 1").fetchone() == (1,)
    connection.close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_a_postgres_comes_from_the_package_when_none_runs(servers, tmp_path):
    environ = {"JOBRUNNER_TEST_HIDE": "postgres-running"}
    with servers.Services(tmp_path, environ) as own:
        server = own.postgres()
        assert own.postgres() == server
        with servers.fresh_database(server) as url:
            assert query(url, "SELECT 1") == 1
    assert not list(tmp_path.glob("*.url"))


@pytest.mark.parametrize("turn", [1, 2])
def test_redis_answers_from_an_empty_database(redis_url, turn):
    with redis.Redis.from_url(redis_url) as client:
        assert client.set("key", "value", nx=True)
        assert client.get("key") == b"value"


def test_a_redis_database_with_keys_in_it_is_not_touched(redis_url, servers):
    server, number = redis_url.rsplit("/", 1)
    with redis.Redis.from_url(redis_url) as client:
        client.set("key", "somebody's")
        with pytest.raises((pytest.skip.Exception, pytest.fail.Exception), match="holds 1 keys"):
            servers.redis_database(server, f"gw{int(number) - 1}").__enter__()
        assert client.get("key") == b"somebody's"


def test_chromium_shows_a_page(chromium, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<p id=answer></p><script>answer.textContent = 6 * 7</script>")
    options = "--headless --no-sandbox --disable-gpu --disable-background-networking --dump-dom"
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [chromium, *options.split(), profile, page.as_uri()], capture_output=True, check=True
    )
    assert b'<p id="answer">42</p>' in done.stdout


def run_without_services(tmp_path, **environ):
    planted = tmp_path / "test_planted.py"
    planted.write_text("def test_planted(postgres_url, redis_url): pass")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n0",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.conftest",
    ]
    return subprocess.run(
        [*command, "-c", ROOT / "pyproject.toml", planted],
        cwd=ROOT,
        env=os.environ | {"JOBRUNNER_TEST_HIDE": "postgres,redis", "CI": ""} | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_service_that_is_missing_is_told_at_the_end_of_the_run(tmp_path):
    done = run_without_services(tmp_path)
    assert done.returncode == 0
    assert "NOT TESTED: postgres because JOBRUNNER_TEST_HIDE names it; to test it:" in done.stdout


def test_a_service_that_is_missing_fails_in_ci(tmp_path):
    done = run_without_services(tmp_path, CI="true")
    assert done.returncode == 1
    assert "NOT TESTED: postgres" in done.stdout
