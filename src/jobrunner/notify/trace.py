"""Spans out to a collector, over OTLP/HTTP; OpenTelemetry's own variables say where and how."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from jobrunner.notify.message import NotifyError
from jobrunner.notify.span import Span

NEEDED = "traces need OpenTelemetry's exporter: pip install 'jobrunner[otel]'"


def can_export() -> bool:
    """Whether what is needed for it is installed."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ImportError:
        return False


def export(spans: Sequence[Span], source: Mapping[str, str]) -> None:
    """Send them; NotifyError if the collector does not take them.

    `source` is what is said of whose they are, as far as no variable says it.
    """
    try:
        from jobrunner.notify import otlp  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise NotifyError(NEEDED, permanent=True) from None
    otlp.export(spans, source)
