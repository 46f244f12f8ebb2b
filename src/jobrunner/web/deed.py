"""A change and its row in the audit: what was done, and what an allowed visitor was refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from jobrunner.errors import JobrunnerError, StoreError
from jobrunner.web.call import Call
from jobrunner.web.problem import RefusedError


class Note:
    """What the audit tells of a change, beside what was changed: nothing, if nobody says more."""

    detail = ""


@contextmanager
def refusals(call: Call, action: str, subject: str = "") -> Iterator[None]:
    """Write down that what is asked for in the block was refused; what is done is not noted."""
    try:
        yield
    except StoreError:
        raise  # neither done, nor can anything be written
    except (RefusedError, JobrunnerError) as error:
        call.note(action, subject, str(error).partition("\n")[0], "refused")
        raise


@contextmanager
def deed(call: Call, action: str, subject: str = "") -> Iterator[Note]:
    """Write down what is done in the block, once it is done.

    A change that cannot be written down is not undone, and its visitor is told so: he must not
    take it for one to be tried again.
    """
    note = Note()
    with refusals(call, action, subject):
        yield note
    try:
        call.note(action, subject, note.detail)
    except StoreError as error:
        told = f"It is done, but the audit could not be written: {error}"
        raise RefusedError("internal", told) from error
