"""jobs.toml: text in, values out, or every problem at once.

`parse` is the whole of it for other packages; it raises `problem.ConfigError`, and `files.Files` is
what it asks of the disk.
"""

from jobrunner.config.assemble import parse

__all__ = ["parse"]
