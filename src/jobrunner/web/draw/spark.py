"""A line of figures over time, small enough to stand in a row."""

from collections.abc import Sequence

from markupsafe import Markup

from jobrunner.web.draw.svg import element, picture, short

WIDTH = 120
HEIGHT = 24
EDGE = 2  # so that the line is not cut


def sparkline(values: Sequence[float], title: str, *, width: int = WIDTH) -> Markup:
    """The values from left to right, from the least to the most of them."""
    line = "L".join(f"{short(x)} {short(y)}" for x, y in _points(values, width))
    inside = [element("path", d=f"M{line}")] if line else []
    if len(values) > 1:
        ground = f"L{width} {HEIGHT}L0 {HEIGHT}z"
        inside.insert(0, element("path", kind="area", d=f"M{line}{ground}"))
    view = f"0 0 {width} {HEIGHT}"
    return picture(title, *inside, kind="drawn spark", view=view, width=width, height=HEIGHT)


def _points(values: Sequence[float], width: int) -> list[tuple[float, float]]:
    if len(values) == 1:
        values = [values[0], values[0]]
    least, most = min(values, default=0), max(values, default=0)
    span = (most - least) or 1
    step = width / max(1, len(values) - 1)
    room = HEIGHT - 2 * EDGE
    return [
        (place * step, HEIGHT - EDGE - (value - least) / span * room)
        for place, value in enumerate(values)
    ]
