"""What is done with OpenTelemetry's SDK: it makes its spans of ours, and sends them.

It is an extra: this module is imported by whoever has something to send.
"""

import logging
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import (
    Link,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from jobrunner.notify.door import NEVER, OK, REDIRECTS
from jobrunner.notify.message import NotifyError
from jobrunner.notify.span import Span

NAME = "jobrunner"
NOTHING = logging.CRITICAL + 1


class _Known(IdGenerator):
    """Gives each span the identifiers that it has already."""

    span: Span

    def generate_trace_id(self) -> int:
        return self.span.trace_id

    def generate_span_id(self) -> int:
        return self.span.span_id


class _Kept(SpanProcessor):
    """Keeps the spans that a sampler does not leave out."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is not None and context.trace_flags.sampled:
            self.spans.append(span)


class _Session(requests.Session):
    """Remembers what was wrong with the last request, in fewer words than the exporter has."""

    trouble = ""
    is_for_good = False

    def send(self, request: Any, **options: Any) -> Any:
        self.trouble, self.is_for_good = "", False
        host = urlsplit(request.url).netloc.rpartition("@")[2]
        try:
            answer = super().send(request, **{**options, "allow_redirects": False})
        except OSError as error:
            self.trouble = f"{host}: {_told(error)}"
            raise
        if not OK <= answer.status_code < REDIRECTS:
            self.trouble = f"{host} answered {answer.status_code} {answer.reason}".rstrip()
            self.is_for_good = answer.status_code in NEVER
        return answer


def export(spans: Sequence[Span], source: Mapping[str, str]) -> None:
    """Send them in one request; NotifyError if it is not taken."""
    made = _made(spans, source)
    if not made:
        return
    with _Session() as session, _hushed():
        try:
            result = OTLPSpanExporter(session=session).export(made)
        except (OSError, ValueError, RuntimeError) as error:  # or a variable that cannot be used
            raise NotifyError(session.trouble or _told(error)) from None
    # To the exporter a redirection is a success; nobody has them then.
    if session.trouble or result is not SpanExportResult.SUCCESS:
        said = session.trouble or "the exporter could not send them"
        raise NotifyError(said, permanent=session.is_for_good)


def _made(spans: Sequence[Span], source: Mapping[str, str]) -> list[ReadableSpan]:
    known, kept = _Known(), _Kept()
    resource = Resource.create({}).merge(Resource({"service.name": NAME, **source}))
    provider = TracerProvider(
        resource=resource.merge(OTELResourceDetector().detect()),
        id_generator=known,
        shutdown_on_exit=False,
    )
    provider.add_span_processor(kept)
    tracer = provider.get_tracer(NAME)
    for span in spans:
        _make(span, tracer, known, Context())
    return kept.spans


def _make(span: Span, tracer: Tracer, known: _Known, within: Context) -> None:
    known.span = span
    made = tracer.start_span(
        span.name,
        within,
        attributes=span.attributes,
        links=[Link(_context(trace, number)) for trace, number in span.links],
        start_time=span.start,
    )
    for child in span.children:
        _make(child, tracer, known, set_span_in_context(made, within))
    if span.failure:
        made.set_status(Status(StatusCode.ERROR, span.failure))
    made.end(span.end)


def _context(trace: int, span: int) -> SpanContext:
    return SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep to ourselves what the exporter says meanwhile: it is told in a sentence afterwards."""
    logger = logging.getLogger("opentelemetry")
    before = logger.level
    logger.setLevel(NOTHING)
    try:
        yield
    finally:
        logger.setLevel(before)


def _told(error: BaseException) -> str:
    """What is behind an error: the first thing in it that says so."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    behind: BaseException | None = error
    while behind is not None:
        if isinstance(behind, ssl.SSLCertVerificationError):
            return f"its certificate is not to be trusted: {behind.verify_message}"
        if isinstance(behind, OSError) and behind.strerror:
            return behind.strerror
        behind = behind.__cause__ or behind.__context__
    is_plain = not isinstance(error, requests.RequestException)
    return str(error) if is_plain else f"no answer that can be understood ({type(error).__name__})"
