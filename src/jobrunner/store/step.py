"""The steps by which every ledger is made: numbered files of statements."""

from importlib.resources import files


def steps(folder: str = "migrations") -> list[tuple[str, str]]:
    """The name and the text of every migration in a folder of this package, in order."""
    found = sorted(
        (each for each in (files("jobrunner.store") / folder).iterdir() if _is_step(each.name)),
        key=lambda each: each.name,
    )
    return [(each.name.removesuffix(".sql"), each.read_text("utf-8")) for each in found]


def _is_step(name: str) -> bool:
    return name.endswith(".sql")
