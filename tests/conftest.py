"""What every test may ask for: the services of tests/services.py, and a loud word without them."""

import importlib
import signal
from collections import Counter

import pytest
from hypothesis import settings

# Busy machines make slow examples; what has to be fast is measured in benchmarks/.
settings.register_profile("jobrunner", deadline=None, print_blob=True)
settings.load_profile("jobrunner")


def pytest_configure(config):
    """What is ignored around the tests, as by nohup, is not in the programs that they start."""
    # A handler stays with us: an exec sets it back to the default.
    handlers = {signal.SIGHUP: lambda *_: None, signal.SIGINT: signal.default_int_handler}
    for number, handler in handlers.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_addoption(parser):
    parser.addoption(
        "--renew", action="store_true", help="Write the files anew that answers are compared with."
    )


@pytest.fixture
def kept(request):
    """Compare a text with what a file holds; with --renew the file is written."""

    def kept(path, text):
        is_old = not path.exists() or path.read_text(encoding="utf-8") != text
        if is_old and request.config.getoption("renew"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8") if path.exists() else f"{path} is missing"

    return kept


@pytest.fixture(scope="session")
def servers():
    """Imported by the first test that asks: the drivers cost a quarter of a second."""
    return importlib.import_module("tests.services")


@pytest.fixture(scope="session")
def services(servers, tmp_path_factory, worker_id):
    folder = tmp_path_factory.getbasetemp()
    with servers.Services(folder if worker_id == "master" else folder.parent) as services:
        yield services


@pytest.fixture(scope="module")
def ledger(servers, services):
    """The URL of a ledger that many hosts share, for the tests of a module one after the other."""
    with importlib.import_module("tests.store.server").ledger_on(
        servers, services.postgres()
    ) as url:
        yield url


@pytest.fixture
def postgres_url(servers, services):
    """A new database, dropped after the test."""
    with servers.fresh_database(services.postgres()) as url:
        yield url


@pytest.fixture
def mariadb_url(servers, services):
    """A database of its own for the test."""
    with servers.fresh_schema(services.mariadb()) as url:
        yield url


@pytest.fixture
def redis_url(servers, services, worker_id):
    """A database number that is empty before the test and after it."""
    with servers.redis_database(services.redis(), worker_id) as url:
        yield url


@pytest.fixture(scope="session")
def chromium(services):
    """The path of the program."""
    return services.chromium()


@pytest.fixture(scope="session")
def program(services):
    """The path of a program, installed by root from Debian's package if it is not there."""
    return services.program


def pytest_terminal_summary(terminalreporter):
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in sorted(reasons.items()):
        if reason.startswith("NOT TESTED: "):
            terminalreporter.write_line(f"{reason} ({count} skipped)", red=True, bold=True)
