"""The state folder of the tests' jobs.toml, and its ledger, for tests that need a past."""

from contextlib import contextmanager

from jobrunner.cli.caller import asker
from jobrunner.engine.scene import scene


@contextmanager
def ledger():
    """The ledger that the commands of the test will use; call it in the test's folder."""
    with scene("jobs.toml", asker()) as here:
        yield here.store
