"""What people are told of where a ledger is."""

import pytest

from jobrunner.store.telling import told


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/var/lib/ledger.db", "/var/lib/ledger.db"),
        ("sqlite:///var/lib/ledger.db", "sqlite:///var/lib/ledger.db"),
        ("postgresql://db/jobs", "postgresql://db/jobs"),
        ("postgresql://ann:hunter2@db:5432/jobs", "postgresql://ann@db:5432/jobs"),
        ("postgresql://ann:a@b@[::1]:5432/jobs", "postgresql://ann@[::1]:5432/jobs"),
        ("postgresql://ann:hunter2@one,two:1/jobs", "postgresql://ann@one,two:1/jobs"),
        (
            "postgresql:///jobs?host=/run/pg&password=hunter2&sslmode=require",
            "postgresql:///jobs?host=/run/pg",
        ),
    ],
)
def test_a_place_is_told_without_its_password(location, shown):
    assert told(location) == shown


@pytest.mark.parametrize(
    "location",
    [
        "postgresql://ann:hun/ter2@db/jobs",
        "postgresql://ann:12?ter2@db/jobs",
        "postgresql://ann:12#ter2@db/jobs",
        "postgresql://ann:hunter2",
        "postgresql://[hunter2/jobs",
        "postgresql://db/jobs?hunter2",
        "postgresql://db/jobs#hunter2",
    ],
)
def test_of_what_is_no_plain_url_nothing_is_told(location):
    assert told(location) == "postgresql://***"


def test_of_the_url_of_something_else_only_the_kind_is_told():
    assert told("redis://:hunter2@db/0") == "redis://***"
