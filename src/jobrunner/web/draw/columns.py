"""Figures side by side as columns: the minutes of an hour, the hours of a day."""

from collections.abc import Sequence

from markupsafe import Markup

from jobrunner.web.draw.svg import element, picture

HEIGHT = 60
STEP = 10
GAP = 2


def columns(values: Sequence[int], title: str, names: Sequence[str]) -> Markup:
    """A column for each value, told with its name where the pointer is; the highest fills it."""
    most = max(values, default=0) or 1
    bars = [
        _column(value, place, most, name)
        for place, (value, name) in enumerate(zip(values, names, strict=True))
    ]
    return picture(
        title,
        *bars,
        kind="drawn bars-of",
        view=f"0 0 {max(1, len(values)) * STEP} {HEIGHT}",
        preserveAspectRatio="none",
        width="100%",
        height=HEIGHT,
    )


def _column(value: int, place: int, most: int, name: str) -> Markup:
    height = max(1.0 if value else 0.0, HEIGHT * value / most)
    title = element("title", f"{name}: {value:,}")
    box = {"x": place * STEP, "width": STEP - GAP}
    return element(
        "g",
        title,
        element("rect", kind="hit", y=0, height=HEIGHT, **box),
        element("rect", kind="bar-of", y=HEIGHT - height, height=height, **box),
    )
