"""The dashboard and the alert rules, as Grafana and a real Prometheus take them."""

import json
import re
import socket
import subprocess
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Semaphore, Thread
from urllib.request import urlopen

import pytest
import yaml

from jobrunner.clock import SystemClock
from jobrunner.engine.report.metrics import OF_HOSTS, TEXT_TYPE, Watch, see_metrics, text
from jobrunner.formats import alertrules, grafana, prometheus
from jobrunner.formats.prometheus import Family, Sample
from jobrunner.model.run import State
from jobrunner.model.settings import Config
from jobrunner.store import migrate_store, open_store
from tests.build import NOON, make_job
from tests.engine.report.ledger import HOUR, ran, seen

CLOCK = SystemClock()
PATIENCE = 60.0  # seconds; only what is broken takes as long
NAME = re.compile(r"jobrunner_[a-z_]+")
PANELS = json.loads(grafana.dashboard())["panels"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
ALERTS = yaml.safe_load(alertrules.rules())["groups"][0]["rules"]
WRONG = {
    "jobrunner_last_tick_timestamp_seconds": 1200.0,
    "jobrunner_consecutive_failures": 3.0,
    "jobrunner_paused": 0.0,
    "jobrunner_next_run_timestamp_seconds": 1200.0,
    "jobrunner_running": 0.0,
    "jobrunner_config_valid": 0.0,
    "jobrunner_host_up": 0.0,
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The names of all series that a ledger with a past makes, and of those of many hosts."""
    path = tmp_path_factory.mktemp("ledger") / "db" / "ledger.db"
    migrate_store(path)
    store, job = open_store(path), make_job(cron=("0 * * * *",))
    seen(store, job)
    store.note_tick("h", NOON, HOUR)
    ran(store, job.name, State.SUCCESS, result='{"metrics":{"rows":1}}')
    watch, config = Watch(host="h", look_seconds=0.1), Config(origin="", jobs={job.name: job})
    told = text(see_metrics(store, config, watch, NOON), config)
    store.close()
    names = {line.partition("{")[0].partition(" ")[0] for line in told.splitlines()}
    return names | {name for name, _, _ in OF_HOSTS}


@pytest.mark.parametrize("query", [*QUERIES, *(rule["expr"] for rule in ALERTS)])
def test_every_figure_that_is_asked_for_is_exported(exported, query):
    assert {*NAME.findall(query)} <= exported


def test_promtool_takes_the_rules_and_every_query_of_the_dashboard(program, tmp_path):
    queries = [re.sub(r"\$__rate_interval", "5m", query) for query in QUERIES]
    records = [{"record": f"q{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "a.yml").write_text(alertrules.rules())
    groups = {"groups": [{"name": "dashboard", "rules": records}]}
    (tmp_path / "b.yml").write_text(yaml.safe_dump(groups))
    promtool = program("promtool", "prometheus")
    done = subprocess.run(
        [promtool, "check", "rules", tmp_path / "a.yml", tmp_path / "b.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"SUCCESS: (\d+)", done.stdout) == [f"{len(ALERTS)}", f"{len(queries)}"]


def test_panels_lie_side_by_side_and_none_on_another():
    fields = [
        (x, y)
        for place in (panel["gridPos"] for panel in PANELS)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len({*fields}) == len(fields)
    assert max(x for x, _ in fields) == 23


def test_a_dashboard_has_what_grafana_needs_to_import_and_provision_it():
    whole = json.loads(grafana.dashboard())
    assert (whole["uid"], whole["schemaVersion"]) == ("jobrunner", 39)
    variables = [each["name"] for each in whole["templating"]["list"]]
    assert variables == ["DS_PROMETHEUS", "instance", "name"]
    sources = [panel["datasource"]["uid"] for panel in PANELS]
    assert {*sources} == {"${DS_PROMETHEUS}"}
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def figures(ages):
    """All that is wrong at once; what is a time lies so many seconds back."""
    now = CLOCK.now().timestamp()
    for name, value in ages.items():
        at = now - value if name.endswith("_timestamp_seconds") else value
        yield Family(name, "gauge", "It.", [Sample(at, {"name": "backup"})])


@contextmanager
def served(make):
    """The address of a server whose every answer is made anew."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = make().encode()
            self.send_response(200)
            self.send_header("Content-Type", TEXT_TYPE)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def running(program, folder, target):
    """The address of a Prometheus that scrapes this target and has our rules."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    (folder / "rules.yml").write_text(alertrules.rules())
    scrape = {"job_name": "x", "static_configs": [{"targets": [target]}]}
    often = {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"}
    config = {"global": often, "rule_files": ["rules.yml"], "scrape_configs": [scrape]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    options = {
        "config.file": folder / "prometheus.yml",
        "storage.tsdb.path": folder / "data",
        "web.listen-address": address,
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([program, *arguments], stdout=log, stderr=log)
    try:
        yield f"http://{address}", server
    finally:
        server.terminate()
        server.wait()


def firing(address):
    """The alerts that fire, by name, with what they say."""
    try:
        with urlopen(f"{address}/api/v1/alerts") as answer:
            alerts = json.load(answer)["data"]["alerts"]
    except OSError:  # it is not up yet
        return {}
    return {each["labels"]["alertname"]: each["annotations"]["summary"] for each in alerts}


def test_a_real_prometheus_alerts_of_what_is_wrong(program, tmp_path):
    expected = {rule["alert"] for rule in ALERTS} - {"JobrunnerSlotsMissed"}
    server = program("prometheus", "prometheus")
    scraped = Semaphore(0)

    def scrape():
        scraped.release()
        return prometheus.text(figures(WRONG), {})

    with (
        served(scrape) as target,
        running(server, tmp_path, target) as (address, process),
    ):
        deadline = CLOCK.elapsed() + PATIENCE
        while not expected <= (found := firing(address)).keys():
            assert CLOCK.elapsed() < deadline, (tmp_path / "log").read_text()
            assert process.poll() is None, (tmp_path / "log").read_text()
            scraped.acquire(timeout=1)  # each scrape may bring it
    assert found["JobrunnerJobFailing"] == "backup failed 3 times in a row"
    assert "nobody has looked at the clock for 20m" in found["JobrunnerTickMissing"]
