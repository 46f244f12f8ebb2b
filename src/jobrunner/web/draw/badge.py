"""A badge for pages elsewhere: a picture of its own, so that it brings its colours along."""

from markupsafe import Markup

from jobrunner.config.spelling import shown
from jobrunner.web.draw.svg import element, picture

HEIGHT = 20
EDGE = 6
NARROW = frozenset("ijlt.,:;|!'()[]fI1 -")
WIDE = frozenset("mwMW@%")
COLOURS = {
    "success": "#1a7f3c",
    "failed": "#b6211a",
    "timeout": "#7433cf",
    "lost": "#a3186f",
    "running": "#0a56c2",
    "retrying": "#815400",
    "missed": "#815400",
    "paused": "#815400",
}
GREY = "#586270"
LONGEST = 60


def badge(label: str, state: str) -> Markup:
    """What is told of, and how it is: "backup | success"."""
    name = shown(label if len(label) <= LONGEST else f"{label[: LONGEST - 3]}...")
    left, right = _width(name) + 2 * EDGE, _width(state) + 2 * EDGE
    boxes = [
        element("rect", width=left + right, height=HEIGHT, rx=3, fill="#343b45"),
        element("path", d=_right(left, right), fill=COLOURS.get(state, GREY)),
    ]
    texts = [
        element("text", text, x=x, y=14, textLength=width, lengthAdjust="spacingAndGlyphs")
        for text, x, width in (
            (name, EDGE, left - 2 * EDGE),
            (state, left + EDGE, right - 2 * EDGE),
        )
    ]
    font = {"font_family": "Verdana,DejaVu Sans,sans-serif", "font_size": 11, "fill": "#fff"}
    return picture(
        f"{name}: {state}",
        *boxes,
        element("g", *texts, **font),
        xmlns="http://www.w3.org/2000/svg",
        width=left + right,
        height=HEIGHT,
    )


def _right(left: int, right: int) -> str:
    """The coloured half, round at its right end."""
    return f"M{left} 0h{right - 3}a3 3 0 0 1 3 3v{HEIGHT - 6}a3 3 0 0 1-3 3H{left}z"


def _width(text: str) -> int:
    """About how wide a text is; the viewer fits the letters into it."""
    return sum(4 if sign in NARROW else 10 if sign in WIDE else 7 for sign in text) or 1
