"""examples/cluster: three hosts that share a ledger, as far as that can be tried here."""

import re
from pathlib import Path

import pytest
import yaml

from jobrunner import config
from jobrunner.cli.main import run
from jobrunner.engine.accord import fingerprint
from jobrunner.jobfile.disk import Disk
from jobrunner.policy.placement import fits
from tests.build import FakeClock
from tests.cli.pages import root
from tests.cli.test_commands import parse, typed

FOLDER = Path(__file__).parents[1] / "examples/cluster"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
HOSTS = [name for name in COMPOSE if name != "postgres"]
FILES = ("jobs.toml", "db-1.toml")


class Anybodys(Disk):
    """The files of the example, whoever has checked them out."""

    def read(self, path):
        return Path(path).read_bytes()


def loaded(name):
    path = FOLDER / name
    return config.parse(path.read_text(), str(path), Anybodys(0))


def mounted(host):
    """The file of the example that a host has as its jobs.toml."""
    places = (volume.split(":")[:2] for volume in COMPOSE[host]["volumes"])
    (file,) = [source for source, place in places if place == "/etc/jobrunner/jobs.toml"]
    return Path(file).name


def test_hosts_differ_in_what_is_their_own_alone():
    files = [loaded(name) for name in FILES]
    assert files[0].jobs
    assert len({fingerprint(each) for each in files}) == 1
    assert len({each.settings.labels for each in files}) == 2


def test_every_job_has_a_host_that_may_run_it():
    labels = {host: loaded(mounted(host)).settings.labels for host in HOSTS}
    for job in loaded("jobs.toml").jobs.values():
        assert any(fits(job, host, labels[host]) for host in HOSTS), job.name


@pytest.mark.parametrize("host", HOSTS)
def test_each_container_is_a_host_with_the_files_it_needs(host):
    service = COMPOSE[host]
    assert service["hostname"] == host
    parse(root(), [*service["command"]])
    mounts = [volume.split(":")[0] for volume in service["volumes"] if volume.startswith("./")]
    assert all((FOLDER / mount).exists() for mount in mounts)
    assert "./shared.toml" in mounts
    variable = loaded(mounted(host)).settings.store_env
    assert service["environment"][variable].startswith("postgresql://jobrunner:")
    assert (FOLDER / service["build"]["context"] / service["build"]["dockerfile"]).exists()


def test_the_image_can_have_what_the_hosts_need():
    image = (FOLDER.parent / "container/Containerfile").read_text()
    assert "ARG EXTRAS=" in image
    assert COMPOSE["web-1"]["build"]["args"]["EXTRAS"].split(",") == ["cluster", "web", "notify"]


def test_what_the_readme_says_to_type_can_be_typed():
    calls = typed((FOLDER / "README.md").read_text())
    assert len(calls) > 4
    for call in calls:
        parse(root(), call)


def test_what_the_readme_names_is_there():
    text = (FOLDER / "README.md").read_text()
    names = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    assert {*names} == {path.name for path in FOLDER.iterdir()} - {"README.md"}


def test_a_host_of_it_makes_the_ledger_and_is_listed(postgres_url, tmp_path, monkeypatch, capsys):
    for name in ("jobs.toml", "shared.toml"):
        (tmp_path / name).write_text((FOLDER / name).read_text())
    monkeypatch.setenv("JOBRUNNER_STORE", postgres_url)
    for words in (["db", "migrate"], ["list", "--fields", "name"], ["hosts"]):
        assert run(["-c", str(tmp_path / "jobs.toml"), *words], clock=FakeClock()) == 0
    assert "rotate\n" in capsys.readouterr().out
