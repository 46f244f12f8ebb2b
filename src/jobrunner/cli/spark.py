"""Small pictures of figures: bars in a row, as high as they are."""

from collections.abc import Iterable

from jobrunner.cli.output import is_plain

BARS = ("▁▂▃▄▅▆▇█", "_.,-=+*#")


def line(levels: Iterable[int | None]) -> str:
    """A bar for each level from 0 to 7, a space where there is none."""
    bars = BARS[is_plain()]
    return "".join(" " if level is None else bars[level] for level in levels)
