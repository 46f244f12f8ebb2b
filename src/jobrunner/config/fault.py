"""What is wrong with a job whose values are each right, before its place in a file is known."""

from jobrunner.config.finding import Refusal
from jobrunner.config.position import Path

# The path below the job's table, what is wrong, and the string that holds the bad piece.
Fault = tuple[Path, Refusal, str]


def fault(path: Path, code: str, message: str, hint: str = "") -> Fault:
    return path, Refusal(code, message, hint), ""
