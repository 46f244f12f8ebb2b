"""A collector of traces: a web server that speaks OTLP, and what it was told."""

import gzip
from contextlib import contextmanager

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.notify.receiver import receiving


class Collector:
    """What a receiver got, read as OTLP."""

    def __init__(self, receiver):
        self.receiver = receiver
        self.base = receiver.url.removesuffix("/hook")

    def until(self, count):
        """The spans of its first requests, by name, as soon as there are so many requests."""
        self.receiver.until(count)
        return {span.name: span for span in self.spans()}

    def requests(self):
        return [_decoded(*each) for each in self.receiver.got]

    def resources(self):
        """The attributes of whoever told."""
        return [_values(each.resource) for told in self.requests() for each in told.resource_spans]

    def spans(self):
        scopes = [
            scope
            for told in self.requests()
            for each in told.resource_spans
            for scope in each.scope_spans
        ]
        return [span for scope in scopes for span in scope.spans]


@contextmanager
def collecting(*answers):
    with receiving(*(answers or (200,))) as receiver:
        yield Collector(receiver)


def about(span):
    """The attributes of a span, without what they all begin with."""
    return {name.removeprefix("jobrunner."): value for name, value in _values(span).items()}


def _values(told):
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value")) for each in told.attributes
    }


def _decoded(headers, body):
    told = {name.lower(): value for name, value in headers.items()}
    assert told["content-type"] == "application/x-protobuf"
    is_packed = told.get("content-encoding") == "gzip"
    return ExportTraceServiceRequest.FromString(gzip.decompress(body) if is_packed else body)
