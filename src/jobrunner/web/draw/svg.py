"""Elements of a picture: attributes are escaped, numbers short, and every picture has a title."""

from collections.abc import Iterable

from markupsafe import Markup, escape

NAMES = {"kind": "class", "view": "viewBox"}


def element(tag: str, *inside: str, **attributes: object) -> Markup:
    """One element; what is inside is text unless it is markup, and attributes that are None go."""
    named = "".join(
        f' {NAMES.get(name) or name.replace("_", "-")}="{escape(_value(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    within = "".join(map(escape, inside))
    return Markup(f"<{tag}{named}>{within}</{tag}>")  # noqa: S704 - names are ours, the rest escaped


def join(parts: Iterable[str]) -> Markup:
    return Markup("").join(parts)


def picture(title: str, *inside: str, **attributes: object) -> Markup:
    """An <svg> that says what it shows."""
    return element("svg", element("title", title), *inside, role="img", **attributes)


def short(number: float) -> str:
    """A number with as few characters as a picture needs."""
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def kind_of(state: str) -> str:
    """The class that colours a state; a word that is none of ours colours nothing."""
    return f"s-{state}" if state.isalpha() and state.isascii() else "s-never"


def _value(value: object) -> str:
    return short(value) if isinstance(value, float) else str(value)
