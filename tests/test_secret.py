"""Which names hold secrets, and what is shown of their values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.model.secret import is_secret, masked


@pytest.mark.parametrize(
    "name",
    [
        *("API_KEY", "KEY", "aws_secret_access_key", "PGPASSWORD", "SMTP_PASS", "GITHUB_TOKEN"),
        *("X-Api-Key", "Authorization", "SESSION_COOKIE", "SENTRY_DSN", "db_passwd", "dbPassword"),
    ],
)
def test_a_telling_name_holds_a_secret(name):
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("MONKEY", "KEYBOARD", "AUTHOR", "COMPASS", "PWD", "OLDPWD", "SSH_AUTH_SOCK", "PATH"),
        *("PGPASSFILE", "DB_PASSWORD_FILE", "SECRETS_DIR", "AWS_ACCESS_KEY_ID"),
        *("TOKENIZERS_PARALLELISM", ""),
    ],
)
def test_a_name_that_only_sounds_like_one_does_not(name):
    assert not is_secret(name)


@given(st.text(min_size=4))
def test_nothing_of_a_secret_value_is_shown(value):
    assert masked("API_TOKEN", value) == "***"


def test_that_there_is_no_value_is_no_secret():
    assert masked("API_TOKEN", "") == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgres://app:hunter2@db/app", "postgres://app:***@db/app"),
        ("redis://:hunter2@cache", "redis://:***@cache"),
        ("https://example.com:8443/a?b=c@d", "https://example.com:8443/a?b=c@d"),
        ("plain", "plain"),
    ],
)
def test_of_an_address_only_the_password_is_hidden(value, shown):
    assert masked("ADDRESS", value) == shown
