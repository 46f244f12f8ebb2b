"""Figures as Prometheus reads them: in its own text format, and in OpenMetrics."""

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Literal

from msgspec import Struct

TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TOTAL = "_total"
EXACT = 2**53  # up to there a float holds every whole number


class Sample(Struct, frozen=True):
    """One value, with the labels that tell it from the others of its family."""

    value: float
    labels: Mapping[str, str] = {}
    suffix: str = ""


class Family(Struct, frozen=True):
    """Samples of one kind; the name of a counter ends in `_total`."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    purpose: str
    samples: Iterable[Sample]


def text(families: Iterable[Family], labels: Mapping[str, str]) -> str:
    """What node_exporter reads from a file, and Prometheus from a server; `labels` are in each."""
    return "".join(chain.from_iterable(_family(each, each.name, labels) for each in families))


def openmetrics(families: Iterable[Family], labels: Mapping[str, str]) -> str:
    """The same in OpenMetrics, where a counter's family has the shorter name."""
    parts = (_family(each, each.name.removesuffix(TOTAL), labels) for each in families)
    return "".join(chain(chain.from_iterable(parts), ["# EOF\n"]))


def histogram(took: Mapping[int, int], total: float, labels: Mapping[str, str]) -> Iterator[Sample]:
    """The samples of one: `took` counts each class by its bound; the last class has none."""
    count = 0
    *bounds, last = sorted(took)
    for bound in bounds:
        count += took[bound]
        yield Sample(count, {**labels, "le": f"{bound:.1f}"}, "_bucket")
    count += took[last]
    yield Sample(count, {**labels, "le": "+Inf"}, "_bucket")
    yield Sample(total, labels, "_sum")
    yield Sample(count, labels, "_count")


def _family(family: Family, title: str, labels: Mapping[str, str]) -> Iterator[str]:
    """Its lines; a family without a sample has none."""
    lines = [_line(family.name, sample, labels) for sample in family.samples]
    if lines:
        yield f"# HELP {title} {_escaped(family.purpose)}\n# TYPE {title} {family.kind}\n"
        yield from lines


def _line(name: str, sample: Sample, labels: Mapping[str, str]) -> str:
    pairs = _pairs(*{**sample.labels, **labels}.items())
    return f"{name}{sample.suffix}{pairs} {_number(sample.value)}\n"


@lru_cache(maxsize=50_000)
def _pairs(*labels: tuple[str, str]) -> str:
    """Labels as they stand on a line: the same from one answer to the next."""
    pairs = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels)
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    """As both formats have it in labels; what is told of a family holds no quotes."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == int(value) and abs(value) < EXACT:
        return str(int(value))
    return repr(float(value))
