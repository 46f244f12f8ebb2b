"""Where a run and its attempts stand in a trace: derived from the run's UUID, never drawn.

So whoever tells of a run comes to the same identifiers, whenever that is, and as often as it is.
"""

from uuid import UUID

from jobrunner.digest import sha256

RUN = 0  # the span of the run itself stands where an attempt before the first would


def trace_id(uuid: str) -> int:
    """The trace of a run: its UUID, whose lower bits are as good as random."""
    return UUID(uuid).int


def span_id(uuid: str, attempt: int = RUN) -> int:
    """The span of an attempt of a run, or of the run; never 0, which would mean none."""
    return int.from_bytes(sha256(f"{uuid}\0{attempt}".encode()).digest()[:8]) or 1


def traceparent(uuid: str, attempt: int) -> str:
    """What the job is told, as in the W3C's Trace Context.

    It is always told to be sampled: whether anybody collects is for the job's own exporter to know,
    and most leave out what is said not to be.
    """
    return f"00-{trace_id(uuid):032x}-{span_id(uuid, attempt):016x}-01"
