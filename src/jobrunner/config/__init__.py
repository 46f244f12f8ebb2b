"""jobs.toml: text in, values out, or every problem at once.

`parse` is the whole of it for other packages; it raises `problem.ConfigError`, and `files.Files` is
what it asks of the disk.  Importing this costs nothing: many commands spell
values as jobs.toml does, and need not read it.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jobrunner.config.assemble import parse

__all__ = ["parse"]


def __getattr__(name: str) -> object:
    """`parse`, with all that it needs, when it is first asked for."""
    if name != "parse":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from jobrunner.config.assemble import parse  # noqa: PLC0415

    globals()[name] = parse
    return parse
