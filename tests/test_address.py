"""Who can write a URL reaches nothing that only this host can."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.address import UnreachableError, is_allowed, reachable

INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:a00:1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:1:2:3:4:80ff:fffe",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_not_reached_in_any_form(address):
    assert not is_allowed(address, ())


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_reached(address):
    assert is_allowed(address, ())


@pytest.mark.parametrize(
    ("address", "networks", "expected"),
    [
        ("10.1.2.3", ("10.0.0.0/8",), True),
        ("10.1.2.3", ("192.168.0.0/16",), False),
        ("::ffff:10.1.2.3", ("10.0.0.0/8",), True),
        ("fd00::1", ("10.0.0.0/8", "fd00::/8"), True),
        ("10.1.2.3", ("10.9.9.9/8",), True),
    ],
)
def test_networks_that_are_allowed_are_reached(address, networks, expected):
    assert is_allowed(address, networks) == expected


@given(st.ip_addresses(network="10.0.0.0/8"))
def test_no_address_of_a_private_network_is_reached(address):
    assert not is_allowed(str(address), ())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "::1"])
def test_names_and_odd_spellings_of_this_host_are_refused_and_told_how_to_allow(host):
    with pytest.raises(UnreachableError, match=r"inside a private network.*allow_private_urls"):
        reachable(host, 80, ())


def test_what_was_looked_at_is_what_is_connected_to(monkeypatch):
    answers = iter([["10.0.0.1"], ["93.184.216.34"]])

    def resolve(_host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in next(answers)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(UnreachableError):
        reachable("rebound.example.com", 80, ())
    assert reachable("rebound.example.com", 80, ()) == ("93.184.216.34", 80)


def test_a_name_that_means_nothing_is_told():
    with pytest.raises(UnreachableError, match=r"nothing\.invalid is not found"):
        reachable("nothing.invalid", 80, ())
