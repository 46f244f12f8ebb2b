"""Runs are told to who collects traces, once they are over."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from jobrunner.engine.alert.tracer import DELAYS, again_at, tracing
from jobrunner.engine.ground import Ground
from jobrunner.kinds.trace import span_id, trace_id, traceparent
from jobrunner.kinds.uuid import run_uuid
from jobrunner.model.letter import TRACES
from jobrunner.model.run import State
from tests.build import NOON
from tests.engine.theatre import CLOCK, Theatre
from tests.notify.collector import about, collecting
from tests.notify.receiver import closed_port

ADDRESS = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("environ", "is_on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        (ADDRESS, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({**ADDRESS, "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({**ADDRESS, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({**ADDRESS, "OTEL_TRACES_EXPORTER": "console, otlp"}, True),
        ({**ADDRESS, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True),
    ],
)
def test_the_variables_of_opentelemetry_say_whether_it_is_done(environ, is_on):
    found = tracing(environ)
    assert (found.is_on, found.complaint) == (is_on, "")


@pytest.mark.parametrize(("told", "seconds"), [("250", 0.25), ("", 5), ("-1", 5), ("9" * 20, 5)])
def test_runs_that_end_soon_after_each_other_are_told_together(told, seconds):
    found = tracing({**ADDRESS, "OTEL_BSP_SCHEDULE_DELAY": told})
    assert found.delay == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "grpc is asked for, and only http/protobuf is"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "db1:4318", "the collector's address has no http://"),
    ],
)
def test_what_cannot_be_done_is_told(name, value, complaint):
    found = tracing({**ADDRESS, name: value})
    assert not found.is_on
    assert found.complaint.startswith(f"no traces: {complaint}")


def test_what_is_not_taken_is_given_up_within_a_quarter_of_an_hour():
    at, times = NOON, 0
    while (again := again_at(times + 1, at)) is not None:
        at, times = again, times + 1
    assert (times, at - NOON) == (3, timedelta(minutes=10, seconds=30))


@pytest.fixture
def theatre(tmp_path, monkeypatch):
    """A supervisor with a collector, which is there until the test is over."""
    theatre = Theatre(tmp_path)
    theatre.collect = lambda address: monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "0")
    yield theatre
    theatre.close()


def uuid_of(theatre, run):
    ground = Ground(state=theatre.state, host="", clock=CLOCK, inherited={}, soft_files=0)
    return run_uuid(run.created_at, ground.name, run.id)


def test_a_run_is_a_span_and_its_attempts_are_within(theatre):
    theatre.write(
        "[jobs.load]\ncommand = 'echo $TRACEPARENT; exit $((4 - $JOBRUNNER_ATTEMPT))'\n"
        "success_codes = [2]\nretry = { attempts = 1, delay = '10ms' }\n"
    )
    with collecting() as collector:
        theatre.collect(collector.base)
        theatre.start()
        run = theatre.play("load")
        collector.receiver.until(1)
    spans = {span.span_id: span for span in collector.spans()}
    uuid = uuid_of(theatre, run)
    whole, first, second = (spans[span_id(uuid, n).to_bytes(8)] for n in (0, 1, 2))
    assert {span.trace_id for span in spans.values()} == {trace_id(uuid).to_bytes(16)}
    assert first.parent_span_id == second.parent_span_id == whole.span_id
    assert (len(spans), whole.name, first.name) == (3, "load", "load attempt")
    assert theatre.output(run).strip() == traceparent(uuid, 2)
    told = about(whole)
    assert (told["job"], told["run_id"], told["trigger"]) == ("load", run.id, "manual")
    assert (told["state"], told["exit_code"], told["attempts"]) == ("success", 2, 2)
    assert (about(first)["state"], about(first)["exit_code"]) == ("failed", 3)
    assert first.status.message == "exit 3"
    assert not whole.status.message
    assert whole.start_time_unix_nano <= first.start_time_unix_nano
    assert second.end_time_unix_nano <= whole.end_time_unix_nano


def test_a_run_of_a_chain_names_the_one_that_it_follows(theatre):
    theatre.write("[jobs.load]\ncommand = 'true'\n[jobs.mail]\ncommand = 'true'\nafter = ['load']")
    with collecting() as collector:
        theatre.collect(collector.base)
        theatre.start()
        load, (mail,) = theatre.play("load"), theatre.runs("mail")
        theatre.until(lambda: {"load", "mail"} <= {span.name for span in collector.spans()})
    (link,) = collector.until(1)["mail"].links
    uuid = uuid_of(theatre, load)
    assert mail.follows == load.id
    assert (link.trace_id, link.span_id) == (trace_id(uuid).to_bytes(16), span_id(uuid).to_bytes(8))


def test_what_was_told_is_not_kept(theatre):
    theatre.write("[jobs.load]\ncommand = 'true'\n")
    with collecting() as collector:
        theatre.collect(collector.base)
        theatre.start()
        theatre.play("load")
        collector.receiver.until(1)
        theatre.until(lambda: theatre.store.channel_figures() == {})


@pytest.mark.parametrize("answer", [401, 503, None])
def test_what_is_not_taken_waits_and_no_job_does(theatre, answer, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    theatre.write("[jobs.load]\ncommand = 'true'\n")
    with collecting(answer) as collector:
        theatre.collect(collector.base)
        theatre.start()
        assert theatre.play("load").state is State.SUCCESS
        theatre.until(lambda: "traces: not taken, tried again at" in theatre.told())
        assert theatre.play("load").state is State.SUCCESS
        waiting = theatre.store.channel_figures()[TRACES]
    assert (waiting.waiting, waiting.tries, waiting.failed) == (2, 1, 0)
    theatre.until(lambda: theatre.store.wake_at() > CLOCK.now() + timedelta(seconds=9))


def test_what_will_never_be_taken_is_given_up_alone(theatre):
    theatre.write("[jobs.load]\ncommand = 'true'\n")
    with collecting(400, 200) as collector:
        theatre.collect(collector.base)
        theatre.start()
        theatre.play("load")
        theatre.until(lambda: "traces: not taken, given up: 127.0.0.1:" in theatre.told())
        later = theatre.play("load")
        collector.receiver.until(2)
        theatre.until(lambda: theatre.store.channel_figures() == {})
    assert about(collector.spans()[-1])["run_id"] == later.id


def test_who_is_away_for_long_gets_nothing_of_that_time(theatre, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    theatre.write("[jobs.load]\ncommand = 'true'\n")
    theatre.collect(f"http://127.0.0.1:{closed_port()}")
    theatre.start()
    theatre.play("load")
    theatre.until(lambda: "traces: not taken, tried again" in theatre.told())
    for _ in DELAYS:  # which are over
        theatre.store.undelivered(TRACES, 1, "", now=CLOCK.now(), again_at=CLOCK.now())
    theatre.until(lambda: theatre.store.channel_figures() == {})
    assert "traces: not taken, given up" in theatre.told()


def test_a_sender_that_is_killed_loses_nothing(theatre, tmp_path):
    theatre.write("[jobs.load]\ncommand = 'true'\n")

    def die():
        senders = [*children_of(theatre.supervisors[-1].pid)]
        for pid in senders:
            os.kill(pid, signal.SIGKILL)

    with collecting(die, 200) as collector:
        theatre.collect(collector.base)
        theatre.start()
        theatre.play("load")
        theatre.until(lambda: theatre.store.channel_figures()[TRACES].tries == 1)
    assert "what sends its messages ended (signal 9)" in theatre.told()
    assert theatre.store.channel_figures()[TRACES].waiting == 1


def children_of(pid):
    return map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def test_who_collects_no_more_finds_nothing_kept(theatre, monkeypatch):
    theatre.write("[jobs.load]\ncommand = 'true'\n")
    theatre.collect(f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    theatre.start()
    theatre.play("load")
    theatre.until(lambda: "traces: not taken" in theatre.told())
    theatre.kill()
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
    theatre.store.hold(TRACES, CLOCK.now())
    theatre.start()
    theatre.until(lambda: theatre.store.channel_figures() == {})


def test_without_an_address_nothing_is_written(theatre, monkeypatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    theatre.write("[jobs.load]\ncommand = 'true'\n")
    theatre.start()
    theatre.play("load")
    assert theatre.store.channel_figures() == {}


def test_that_it_cannot_be_done_is_told_once(theatre, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    theatre.collect("http://127.0.0.1:4317")
    theatre.write("[jobs.load]\ncommand = 'true'\n")
    theatre.start()
    theatre.play("load")
    assert theatre.told().count("grpc is asked for") == 1


def test_a_job_does_not_get_the_keys_of_the_collector(theatre, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hush")
    theatre.write("[jobs.load]\ncommand = 'env'\n")
    with collecting() as collector:
        theatre.collect(collector.base)
        theatre.start()
        told = theatre.output(theatre.play("load"))
        collector.receiver.until(1)
    assert "OTEL_" not in told
