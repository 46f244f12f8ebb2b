"""Who asks: the name that the ledger keeps beside a run, a pause or a stop."""

from jobrunner.jobfile.place import Asker
from jobrunner.jobfile.trust import user_name

LONGEST = 64


def who(asker: Asker) -> str:
    """The login name; behind sudo, which tells root alone truly, that of whoever typed it."""
    behind = asker.environ.get("SUDO_USER", "") if asker.uid == 0 else ""
    return behind[:LONGEST] if behind.isprintable() and behind else user_name(asker.uid)
