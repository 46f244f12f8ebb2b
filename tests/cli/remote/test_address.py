"""Where another host is, what opens it, and when nothing is sent there at all."""

import subprocess
import sys

import pytest

from jobrunner.cli.remote.address import address_of, token_of
from jobrunner.errors import ForbiddenError, UnusableError


@pytest.mark.parametrize(
    ("url", "host", "port", "base"),
    [
        ("https://jobs.example.com", "jobs.example.com", 443, ""),
        ("https://ops.example.com:8443/jobs/", "ops.example.com", 8443, "/jobs"),
        ("http://127.0.0.1:8787", "127.0.0.1", 8787, ""),
        ("http://[::1]:8787", "::1", 8787, ""),
        ("http://localhost", "localhost", 80, ""),
    ],
)
def test_an_address_is_a_server_and_what_lies_before_its_paths(url, host, port, base):
    found = address_of(url, {})
    assert (found.host, found.port, found.base) == (host, port, base)
    assert found.is_secure == url.startswith("https")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://jobs.example.com", "for all to read"),
        ("http://127.0.0.1.example.com", "for all to read"),
        ("ftp://jobs.example.com", "does not begin with https://"),
        ("jobs.example.com:8787", "does not begin with https://"),
        ("https://", "does not begin with https://"),
        ("https://me:secret@jobs.example.com", "holds a user"),
        ("https://jobs.example.com/?token=x", "goes on behind"),
        ("https://jobs.example.com:99999", "cannot be understood"),
        ("https://jobs.exa\nmple.com", "does not begin with https://"),
    ],
)
def test_what_would_not_be_safe_or_sound_is_refused(pair, url, told):
    code, out, err = pair.far("list", JOBRUNNER_URL=url)
    assert (code, out, told in err) == (2, "", True)
    assert "secret@" not in err


def kept(tmp_path, content="jr_secret\n", mode=0o600):
    file = tmp_path / "token"
    file.write_text(content)
    file.chmod(mode)
    return {"JOBRUNNER_TOKEN_FILE": str(file)}


def test_a_token_is_read_from_its_file(tmp_path):
    assert token_of(kept(tmp_path)) == "jr_secret"


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602])
def test_a_token_that_others_may_read_is_refused_with_the_cure(tmp_path, mode):
    with pytest.raises(ForbiddenError, match=f"its mode is {mode:04o}.\nFix: chmod 600 "):
        token_of(kept(tmp_path, mode=mode))


@pytest.mark.parametrize("content", ["", "\n", "one two", "a\r\nHost: evil", "\xff"])
def test_what_is_no_token_is_not_sent(tmp_path, content):
    with pytest.raises(UnusableError, match="holds no token"):
        token_of(kept(tmp_path, content))


def test_a_file_that_is_none_is_told(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UnusableError, match=r"is no file|cannot be read"):
            token_of({"JOBRUNNER_TOKEN_FILE": str(path)})


def test_a_token_in_a_variable_is_not_read(pair):
    code, _, err = pair.far("list", JOBRUNNER_TOKEN_FILE="", JOBRUNNER_TOKEN="jr_secret")
    assert (code, "JOBRUNNER_TOKEN is not read" in err, "jr_secret" in err) == (2, True, False)
    assert "JOBRUNNER_TOKEN_FILE is not" in pair.far("list", JOBRUNNER_TOKEN_FILE="")[2]


@pytest.mark.parametrize(
    "words",
    ["doctor", "gaps", "edit", "token list", "backfill hello --from 2d", "rm hello", "watch"],
)
def test_what_works_on_the_host_itself_is_not_done_here_instead(pair, words):
    code, out, err = pair.far(*words.split())
    assert (code, out, "this works on the host itself" in err) == (2, "", True)


def test_a_file_that_is_named_is_meant(pair):
    code, _, _ = pair.far("-c", str(pair.house.file), "show", "backup", JOBRUNNER_URL="nonsense")
    assert code == 0


def test_what_would_be_executed_is_shown_on_the_host_alone(pair):
    assert "--dry-run works on the host itself" in pair.far("run", "backup", "--dry-run")[2]


LIST = """
import sys
from jobrunner.cli.main import run
run(["-c", sys.argv[1], "list"])
print([name for name in ("jobrunner.cli.remote", "http.client", "ssl") if name in sys.modules])
"""


def test_who_asks_nobody_else_does_not_pay_for_it(pair):
    told = [sys.executable, "-c", LIST, pair.house.file]
    done = subprocess.run(told, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
