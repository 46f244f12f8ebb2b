"""Round steps for an axis: of durations in units that people count in."""

from collections.abc import Sequence

STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800)
LONGER = (21600, 43200, 86400, 172800, 432000, 864000)
MOST = 4


def seconds(highest: float) -> Sequence[float]:
    """The lines of an axis from 0 up to the first that nothing lies above, a few of them."""
    step = next((step for step in (*STEPS, *LONGER) if highest <= MOST * step), highest / MOST)
    lines = [0.0]
    while lines[-1] < highest:
        lines.append(lines[-1] + step)
    return lines if len(lines) > 1 else [0.0, float(step)]
