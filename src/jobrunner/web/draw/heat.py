"""Figures by hour and weekday as a table that can be read, and seen at a glance."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from jobrunner.web.draw.svg import element

GRADES = 4
MINOR = 3  # on a phone only every so many hours have room for their names


def heat(rows: Iterable[tuple[str, Sequence[int | None]]], caption: str) -> Markup:
    """A row for each weekday; None is an hour that nobody looked at."""
    lines = list(rows)
    known = [value for _, hours in lines for value in hours if value is not None]
    most = max(known, default=0)
    hours = range(max((len(hours) for _, hours in lines), default=0))
    head = element("tr", element("td"), *(_hour(hour) for hour in hours))
    body = [
        element("tr", element("th", name, scope="row"), *(_cell(value, most) for value in values))
        for name, values in lines
    ]
    return element(
        "table",
        element("caption", caption, kind="unseen"),
        element("thead", head),
        element("tbody", *body),
        kind="heat",
    )


def _hour(hour: int) -> Markup:
    return element("th", f"{hour:02}", scope="col", kind="minor" if hour % MINOR else None)


def _cell(value: int | None, most: int) -> Markup:
    if value is None:
        return element("td")
    return element("td", f"{value:,}", kind=f"h{_grade(value, most)}")


def _grade(value: int, most: int) -> int:
    return -(-GRADES * value // most) if most else 0
