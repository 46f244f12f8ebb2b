"""Where the page listens, and what is refused before anything listens there."""

import subprocess
from contextlib import closing

import pytest

from jobrunner.engine.serving.door import Door, door_of, encryption
from jobrunner.errors import BusyError, ForbiddenError, JobrunnerError, UnusableError
from jobrunner.model.settings import Serve

LOCAL = ["127.0.0.1", "::1", "localhost", "127.1.2.3"]


def certified(program, folder):
    """A certificate of its own, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    words += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    openssl = program("openssl", "openssl")
    subprocess.run([openssl, *words, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return str(cert), str(key)


@pytest.mark.parametrize("host", LOCAL)
def test_the_loopback_is_open_without_a_word(host):
    with closing(Door(host=host, port=0).open()) as listener:
        assert listener.getsockname()[1]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_the_network_is_refused_without_tls(host):
    with pytest.raises(JobrunnerError) as refused:
        Door(host=host, port=0).open()
    assert str(refused.value).startswith(
        f"refusing to listen on {host} without TLS: tokens would travel in clear text."
    )


def test_the_network_is_open_to_who_says_so():
    with closing(Door(host="0.0.0.0", port=0, is_insecure=True).open()) as listener:
        assert listener.getsockname()[0] == "0.0.0.0"


def test_the_network_is_open_with_a_certificate(program, tmp_path):
    cert, key = certified(program, tmp_path)
    with closing(Door(host="0.0.0.0", port=0, tls_cert=cert, tls_key=key).open()):
        pass


@pytest.mark.parametrize("content", [None, "not a key"])
def test_a_certificate_that_cannot_be_used_is_told_with_its_name(program, tmp_path, content):
    cert, _ = certified(program, tmp_path)
    key = tmp_path / "other.pem"
    if content:
        key.write_text(content)
    with pytest.raises(UnusableError, match=r"other\.pem"):
        encryption(cert, str(key))


def test_a_port_that_is_in_use_is_told_with_another_one():
    with closing(Door(host="127.0.0.1", port=0).open()) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(BusyError, match=f"port {port} of 127.0.0.1 is in use"):
            Door(host="127.0.0.1", port=port).open()


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "\udcff", "a" * 300])
def test_an_address_that_is_not_of_this_host_is_refused(host):
    with pytest.raises(UnusableError, match="is not an address of this host"):
        Door(host=host, port=0, is_insecure=True).open()


def test_a_port_that_is_roots_is_told_as_such():
    refused = Door(host="127.0.0.1", port=80)._refusal(PermissionError(13, "Permission denied"))
    assert isinstance(refused, ForbiddenError)
    assert "ports below 1024 are root's" in str(refused)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("ops.example.com", "http://ops.example.com:80"),
    ],
)
def test_its_origin_is_one_that_a_browser_here_can_open(host, origin):
    assert Door(host=host, port=0).origin(80) == origin


def test_the_command_line_wins_over_the_file():
    serve = Serve(host="10.0.0.1", port=1, tls_cert="/a", tls_key="/b")
    found = door_of(serve, host=None, port=2, tls_cert="/c", tls_key="/d")
    assert found == Door(host="10.0.0.1", port=2, tls_cert="/c", tls_key="/d")
