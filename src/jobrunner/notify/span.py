"""What is told of a run to who collects traces."""

from collections.abc import Mapping

from msgspec import Struct


class Span(Struct, frozen=True, kw_only=True):
    """One stretch of time, and those within it; instants are nanoseconds since 1970.

    `failure` says what went wrong, '' that nothing did.  `links` are spans of other traces, each
    with its trace.
    """

    name: str
    trace_id: int
    span_id: int
    start: int
    end: int
    attributes: Mapping[str, str | int | float]
    failure: str = ""
    links: tuple[tuple[int, int], ...] = ()
    children: tuple["Span", ...] = ()
