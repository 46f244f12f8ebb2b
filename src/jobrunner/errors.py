"""What jobrunner can explain: one base, one kind for each thing a caller treats differently."""


class JobrunnerError(Exception):
    """Something jobrunner can explain in a sentence; anything else that is raised is a bug."""

    is_report = False  # whether its text is a report of many lines, not a sentence


class UnusableError(JobrunnerError):
    """The configuration cannot be used."""


class ForbiddenError(JobrunnerError):
    """A file's owner or mode, or the user's rights, stand in the way."""


class UnknownError(JobrunnerError):
    """No such job, run or channel."""


class BusyError(JobrunnerError):
    """Somebody else is at it, or it is in the wrong state."""


class StoreError(JobrunnerError):
    """The ledger cannot be read or written."""


class StoreBusyError(StoreError):
    """The ledger cannot be had just now: locked, or its disk is full.  Later it may be."""


class StoreRivalError(StoreBusyError):
    """Two changed the same things and waited for one another; of this one nothing was kept."""


class StoreAwayError(StoreBusyError):
    """The server of the ledger cannot be reached.

    `is_silent` tells whether it may well answer others: it did not say that it is down.
    """

    def __init__(self, message: str, *, is_silent: bool = False) -> None:
        super().__init__(message)
        self.is_silent = is_silent


class StoreDamagedError(StoreError):
    """The ledger is corrupt, gone or another one.  An alarm: nothing may start over by itself."""


class StoreForbiddenError(StoreError):
    """The ledger may not be read or written by this user, or not where it lies."""


class StoreSchemaError(StoreError):
    """The ledger is not there yet, or made by another version of jobrunner."""


class StoreAbsentError(StoreSchemaError):
    """The ledger is not there yet: nothing is lost, and it may be made."""
