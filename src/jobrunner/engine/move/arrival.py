"""What moves in, read."""

from collections.abc import Sequence

from jobrunner.engine.move.tab import Tab
from jobrunner.formats.crontab import read
from jobrunner.formats.found import Reading


def crontabs(tabs: Sequence[Tab], taken: frozenset[str]) -> Sequence[Reading]:
    """The jobs of several crontabs, whose names are all different."""
    readings: list[Reading] = []
    for tab in tabs:
        names = taken.union(job.name for reading in readings for job in reading.jobs)
        text = tab.text.replace("\r\n", "\n")
        readings.append(
            read.read(tab.title, tab.path, text, style=tab.style, user=tab.user, taken=names)
        )
    return readings
