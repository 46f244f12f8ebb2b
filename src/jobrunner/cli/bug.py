"""What is kept of a bug: a report in a file, for whoever mends it."""

import sys
import traceback
from tempfile import NamedTemporaryFile

from jobrunner import __version__


def report() -> str:
    """Write what is being handled to a new file, or here where none can be made; tell where."""
    try:
        return f"in {_kept()}"
    except OSError:
        traceback.print_exc()
        return "above"


def _kept() -> str:
    with NamedTemporaryFile("w", prefix="jobrunner-", suffix=".trace", delete=False) as file:
        file.write(f"jobrunner {__version__}, Python {sys.version}\n{sys.argv}\n\n")
        traceback.print_exc(file=file)
    return file.name
