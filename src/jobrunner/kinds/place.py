"""Paths of a job that begin with "~": the home of the user that it runs as."""

from jobrunner.errors import UnusableError
from jobrunner.kinds.task import Setting


def at_home(path: str, setting: Setting) -> str:
    """The path with "~" written out."""
    if not path.startswith("~"):
        return path
    if path != "~" and not path.startswith("~/"):
        raise UnusableError(f"{path} is seen from the home of somebody else: write the folder out.")
    account = setting.account
    home = account.home if account else setting.inherited.get("HOME", "")
    if not home:
        raise UnusableError(f"{path} cannot be found: the job's user has no home.")
    return home.rstrip("/") + path[1:] or "/"
