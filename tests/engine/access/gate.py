"""What looks in at a ledger's door, for tests of who gets in."""

from datetime import timedelta

from jobrunner.engine.access import token
from jobrunner.model.access import Role
from tests.build import NOON

HOUR = timedelta(hours=1)
HERE = "127.0.0.1"


def make(store, name="ci", role=Role.OPERATOR, *, by="deploy", lasts=None, jobs=()):
    return token.create(store, name, role, jobs=jobs, by=by, now=NOON, lasts=lasts)


def written(location):
    """Every byte that the ledger has on the disk."""
    return b"".join(path.read_bytes() for path in location.parent.glob(f"{location.name}*"))
