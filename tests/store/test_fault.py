"""What a server that lets nobody in is told as."""

import psycopg
import pytest

from jobrunner.errors import StoreAwayError, StoreForbiddenError
from jobrunner.store.postgres.fault import refusal

TO = 'connection failed: connection to server at "10.0.0.7", port 5432 failed: '


def refused(words):
    return refusal(psycopg.OperationalError(TO + words), "postgresql://db.lan/jobs")


def test_a_password_that_is_missing_is_asked_for():
    error = refused("fe_sendauth: no password supplied")
    assert isinstance(error, StoreForbiddenError)
    assert "the server asks for a password, and there is none" in str(error)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('FATAL:  password authentication failed for user "jobs"', StoreForbiddenError),
        ("Connection refused", StoreAwayError),
    ],
)
def test_a_reason_is_told_once(words, kind):
    error = refused(words)
    assert isinstance(error, kind)
    assert str(error).count("failed: ") == 1
    assert words in str(error)
