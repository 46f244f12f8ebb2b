"""Spans go to a collector as OpenTelemetry's variables say."""

import logging
import sys

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from jobrunner import notify
from jobrunner.notify.message import NotifyError
from jobrunner.notify.span import Span
from jobrunner.notify.trace import can_export, export
from tests.notify.collector import about, collecting
from tests.notify.receiver import closed_port, silent

TRACE, PARENT, CHILD = 7 << 100, 5, 6
SOURCE = {"service.version": "1.2", "host.name": "web-1"}


def make_span(**changes):
    span = {
        "name": "backup",
        "trace_id": TRACE,
        "span_id": PARENT,
        "start": 1_000,
        "end": 3_000,
        "attributes": {"jobrunner.job": "backup", "jobrunner.run_id": 7},
    }
    return Span(**(span | changes))


@pytest.fixture
def told(monkeypatch):
    """Send spans to a collector with these variables, as far as it can be sent."""

    def tell(address, *spans, **variables):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        export(spans or [make_span()], SOURCE)

    return tell


def test_a_span_has_the_identifiers_times_and_attributes_that_it_was_given(told):
    with collecting() as collector:
        told(collector.base)
    (span,) = collector.spans()
    assert collector.receiver.paths == ["/v1/traces"]
    assert (span.trace_id, span.span_id) == (TRACE.to_bytes(16), PARENT.to_bytes(8))
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (1_000, 3_000)
    assert about(span) == {"job": "backup", "run_id": 7}


def test_what_is_within_a_span_is_its_child(told):
    child = make_span(name="attempt", span_id=CHILD)
    with collecting() as collector:
        told(collector.base, make_span(children=(child,)))
    spans = collector.until(1)
    assert spans["attempt"].parent_span_id == spans["backup"].span_id
    assert spans["attempt"].trace_id == spans["backup"].trace_id
    assert not spans["backup"].parent_span_id


@pytest.mark.parametrize(
    ("failure", "code"), [("", Status.STATUS_CODE_UNSET), ("exit 3", Status.STATUS_CODE_ERROR)]
)
def test_what_failed_says_so_and_why(told, failure, code):
    with collecting() as collector:
        told(collector.base, make_span(failure=failure))
    (span,) = collector.spans()
    assert (span.status.code, span.status.message) == (code, failure)


def test_a_span_names_those_of_other_traces_that_it_comes_from(told):
    with collecting() as collector:
        told(collector.base, make_span(links=((9, 8),)))
    (link,) = collector.spans()[0].links
    assert (link.trace_id, link.span_id) == ((9).to_bytes(16), (8).to_bytes(8))


def test_whose_spans_they_are_is_told_as_far_as_no_variable_says_it(told):
    with collecting() as collector:
        told(collector.base)
        told(collector.base, OTEL_SERVICE_NAME="cron", OTEL_RESOURCE_ATTRIBUTES="host.name=db1,a=b")
    ours, theirs = collector.resources()
    assert (ours["service.name"], ours["host.name"]) == ("jobrunner", "web-1")
    assert (theirs["service.name"], theirs["host.name"], theirs["a"]) == ("cron", "db1", "b")
    assert ours["service.version"] == theirs["service.version"] == "1.2"


def test_headers_and_compression_are_as_the_variables_say(told):
    with collecting() as collector:
        told(
            collector.base,
            OTEL_EXPORTER_OTLP_HEADERS="x-key=hush",
            OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
        )
    headers = {name.lower(): value for name, value in collector.receiver.got[0][0].items()}
    assert (headers["x-key"], headers["content-encoding"]) == ("hush", "gzip")
    assert [span.name for span in collector.spans()] == ["backup"]


def test_what_a_sampler_leaves_out_is_not_sent(told):
    with collecting() as collector:
        told(collector.base, OTEL_TRACES_SAMPLER="always_off")
    assert collector.receiver.got == []


@pytest.mark.parametrize(("status", "is_for_good"), [(302, False), (400, True), (503, False)])
def test_who_refuses_is_told_without_what_may_be_secret_in_the_address(told, status, is_for_good):
    with collecting(status) as collector, pytest.raises(NotifyError) as refused:
        told(f"{collector.base}/hush", OTEL_EXPORTER_OTLP_TIMEOUT="0.1")
    assert collector.receiver.paths == ["/hush/v1/traces"]
    assert f"answered {status}" in str(refused.value)
    assert refused.value.permanent == is_for_good
    assert "hush" not in str(refused.value)


def test_who_is_not_there_is_told(told):
    port = closed_port()
    with pytest.raises(NotifyError) as refused:
        told(f"http://127.0.0.1:{port}/hush", OTEL_EXPORTER_OTLP_TIMEOUT="0.1")
    assert str(refused.value) == f"127.0.0.1:{port}: Connection refused"


def test_who_says_nothing_is_not_waited_for_longer_than_the_variables_say(told):
    with silent() as port, pytest.raises(NotifyError, match="no answer in time"):
        told(f"http://127.0.0.1:{port}", OTEL_EXPORTER_OTLP_TIMEOUT="0.1")


def test_a_variable_that_cannot_be_used_is_told(told, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NotifyError, match="/none"):
        told("https://127.0.0.1:1", OTEL_EXPORTER_OTLP_CERTIFICATE="/none")


def test_what_the_exporter_says_goes_nowhere_else(told, caplog):
    with caplog.at_level(logging.WARNING), collecting(400) as collector, pytest.raises(NotifyError):
        told(collector.base)
    assert not caplog.records


def test_without_the_extra_it_is_said_how_to_have_it(monkeypatch):
    monkeypatch.delattr(notify, "otlp", raising=False)
    monkeypatch.setitem(sys.modules, "jobrunner.notify.otlp", None)
    with pytest.raises(NotifyError, match=r"pip install 'jobrunner\[otel\]'"):
        export([make_span()], SOURCE)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    assert not can_export()
