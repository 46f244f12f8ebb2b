"""Where requests come from, behind proxies that are trusted and others."""

import pytest
from starlette.requests import Request

from jobrunner.web.address import UNKNOWN, address_of, is_among, is_secure

TRUSTED = ("10.0.0.0/8", "::1")


def request(peer, **headers):
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "client": (peer, 1), "headers": named, "scheme": "http", "path": "/"}
    return Request(scope | {"server": ("a", 80), "query_string": b""})


@pytest.mark.parametrize(
    ("peer", "hops", "address"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "forged, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "<script>", UNKNOWN),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxys(peer, hops, address):
    headers = {"x_forwarded_for": hops} if hops else {}
    assert address_of(request(peer, **headers), TRUSTED) == address


@pytest.mark.parametrize(("peer", "is_believed"), [("10.0.0.1", True), ("192.0.2.1", False)])
def test_only_a_trusted_proxy_vouches_for_tls(peer, is_believed):
    assert is_secure(request(peer, x_forwarded_proto="https"), TRUSTED) is is_believed


def test_what_is_no_address_is_nowhere_among():
    assert not is_among("unknown", ("0.0.0.0/0",))
