"""`jobrunner serve` before it serves: what it refuses; see tests/web/test_service.py."""

import os
import sys

import pytest

from jobrunner.cli import serve
from tests.web.service import PROGRAM


@pytest.fixture
def become(monkeypatch):
    """What it would go on as."""
    found = []

    def execv(path, words):
        found.append(words)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execv", execv)
    return found


def become_of(call, become, *words):
    with pytest.raises(SystemExit):
        call(*words)
    return become[0]


@pytest.mark.parametrize("name", serve.EXTRA)
def test_without_the_extra_it_says_what_to_install(call, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    code, said, complaint = call("serve", "--port", "0")
    assert (code, said) == (1, "")
    assert complaint == (
        'Error: the page needs packages that are not installed: pip install "jobrunner[web]"\n'
    )


@pytest.mark.parametrize("words", [("serve",), ("serve", "--with-loop"), ("loop", "--serve")])
def test_the_network_takes_tls_or_a_clear_word(call, words):
    code, said, complaint = call(*words, "--host", "0.0.0.0", "--port", "0")
    assert (code, said) == (1, "")
    assert complaint.startswith("Error: refusing to listen on 0.0.0.0 without TLS: tokens would")


def test_trusted_proxies_are_no_tls(call, tmp_path):
    text = "[serve]\nhost = '0.0.0.0'\nport = 0\ntrusted_proxies = ['10.0.0.0/8']\n"
    (tmp_path / "jobs.toml").write_text(text)
    assert call("serve")[0] == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("serve", "--tls-cert", "a"), 2),
        (("serve", "--tls-cert", "a", "--tls-key", "b"), 3),
        (("serve", "--port", "70000"), 2),
        (("serve", "--host", ""), 3),
        (("serve", "--host", "192.0.2.1", "--insecure"), 3),
        (("loop", "--port", "1"), 2),
        (("loop", "--insecure"), 2),
    ],
)
def test_what_cannot_be_listened_at_is_refused(call, words, code):
    assert call(*words)[0] == code


def test_jobs_that_come_from_a_pipe_are_refused(call):
    assert call("-c", "-", "serve")[0] == 3


def test_it_listens_where_the_file_says_and_tells_the_page_so(call, become, tmp_path):
    (tmp_path / "jobs.toml").write_text("[serve]\nhost = '127.0.0.2'\nport = 0\n")
    words = become_of(call, become, "serve")
    assert words[:4] == [*PROGRAM[:3], "jobrunner.web"]
    assert words[words.index("--host") + 1] == "127.0.0.2"
    assert words[words.index("--origin") + 1].startswith("http://127.0.0.2:")


def test_with_the_loop_it_goes_on_as_two(call, become):
    words = become_of(call, become, "serve", "--with-loop", "--port", "0")
    assert words[:5] == [*PROGRAM, "pair"]
    page = words[words.index("--") + 1 :]
    assert page[:4] == [*PROGRAM[:3], "jobrunner.web"]
    assert page[page.index("--socket") + 1] == words[words.index("--socket") + 1]


def test_a_file_that_was_never_good_is_refused(call, tmp_path):
    (tmp_path / "jobs.toml").write_text("[jobs")
    assert call("serve", "--port", "0")[0] == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: a page of root's; be root")
@pytest.mark.parametrize(
    ("owner", "better"),
    [
        (65534, "sudo -u nobody jobrunner serve"),
        (0, "sudo jobrunner install systemd --serve"),
    ],
)
def test_root_is_told_that_it_need_not_be(call, become, capsys, owner, better):
    call("list")
    os.chown(".jobrunner", owner, owner)
    become_of(call, become, "serve", "--port", "0")
    told = f"Note: the page runs as root, and need not. Better: {better}\n"
    assert capsys.readouterr().err == told
