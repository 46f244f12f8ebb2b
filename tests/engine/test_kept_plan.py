import os
import pickle
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from jobrunner import config as reading
from jobrunner.clock import SystemClock
from jobrunner.engine import kept, plan
from jobrunner.engine.plan import current, read
from jobrunner.engine.scene import scene
from jobrunner.engine.state import State, prepare
from jobrunner.engine.watch import same
from jobrunner.errors import JobrunnerError
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import Asker
from jobrunner.model.job import Timing
from jobrunner.model.value import Zone
from tests.build import make_job

JOB = "[jobs.{}]\ncommand = 'true'\ncron = '5 4 * * *'\n"
EVERY_KEY = """
include = ["jobs.d/*.toml"]
[defaults]
timezone = "Asia/Tokyo"
env = { A = "a", TOKEN = "secret" }
[pools]
disk = 2
[settings]
max_parallel = 3
[jobs.much]
command = ["echo", "a"]
every = "90m"
start = 2026-01-01
between = ["08:00-20:00", "22:00-02:00"]
skip_dates = [2026-12-24]
calendar = { country = "DE", region = "BY" }
retry = { attempts = 3, delay = "5s" }
limits = { memory = "1GiB" }
expect = { output = "ok.*" }
success_codes = [0, 3]
inherit_env = false
timeout = "1h"
[jobs.more]
command = "true"
at = [2026-12-01T10:00:00, 2026-12-02T00:00:00Z]
timezone = "UTC+7"
[jobs.follows]
command = "true"
after = ["much"]
"""


@pytest.fixture(autouse=True)
def calls(monkeypatch):
    """How often a file was understood anew."""
    made = []
    parse = reading.parse
    monkeypatch.setattr(
        reading, "parse", lambda *args, **words: made.append(args) or parse(*args, **words)
    )
    return made


@pytest.fixture
def home(tmp_path):
    """A state folder beside a jobs.toml that a supervisor has read."""
    state = State(f"{tmp_path}/.jobrunner")
    prepare(state)
    (tmp_path / "jobs.d").mkdir()
    (tmp_path / "jobs.d/a.toml").write_text(JOB.format("included"))
    jobs = tmp_path / "jobs.toml"
    jobs.write_text('include = ["jobs.d/*.toml"]\n' + JOB.format("old"))
    read(str(jobs), state, who(tmp_path))
    return tmp_path


def who(folder, uid=None, **environ):
    return Asker(environ=environ, cwd=str(folder), uid=os.geteuid() if uid is None else uid)


def names(folder, **words):
    return [*current(str(folder / "jobs.toml"), who(folder, **words)).jobs]


def is_served(folder, calls, **words):
    """Whether a command takes what was kept for what the file says."""
    before = len(calls)
    found = current(str(folder / "jobs.toml"), who(folder, **words))
    assert found == reading.parse((folder / "jobs.toml").read_bytes(), found.origin, Disk(0))
    return len(calls) == before + 1


def plan_file(folder):
    return folder / ".jobrunner/run/plan"


def test_a_command_takes_what_was_kept_as_long_as_the_files_are_the_same(home, calls):
    assert is_served(home, calls)


def test_another_supervisor_takes_what_was_kept(home, calls):
    calls.clear()
    found = read(str(home / "jobs.toml"), State(f"{home}/.jobrunner"), who(home))
    assert [*found.config.jobs] == ["old", "included"]
    assert found.is_current()
    assert not calls


def test_what_was_kept_is_all_that_the_files_say(home, calls):
    (home / "jobs.toml").write_text(EVERY_KEY)
    read(str(home / "jobs.toml"), State(f"{home}/.jobrunner"), who(home))
    assert is_served(home, calls)


def test_a_scene_is_what_was_kept(home, calls):
    calls.clear()
    with scene(str(home / "jobs.toml"), who(home)) as here:
        assert [*here.config.jobs] == ["old", "included"]
    assert not calls


# -- what is new is never passed over


@pytest.mark.parametrize("name", ["jobs.toml", "jobs.d/a.toml"])
def test_a_changed_file_is_read(home, name):
    (home / name).write_text(JOB.format("new"))
    assert "new" in names(home)


@pytest.mark.parametrize("name", ["jobs.toml", "jobs.d/a.toml"])
def test_a_file_of_the_same_size_and_time_is_read_if_it_says_something_else(home, name):
    found = (home / name).stat()
    text = (home / name).read_text()
    (home / name).write_text(text.replace("5 4", "6 4"))
    os.utime(home / name, ns=(found.st_atime_ns, found.st_mtime_ns))
    jobs = current(str(home / "jobs.toml"), who(home)).jobs.values()
    assert ("6 4 * * *",) in {job.cron for job in jobs}


def test_another_included_file_is_read(home):
    (home / "jobs.d/b.toml").write_text(JOB.format("new"))
    assert names(home) == ["old", "included", "new"]


def test_an_included_file_that_is_gone_is_forgotten(home):
    (home / "jobs.d/a.toml").unlink()
    assert names(home) == ["old"]


def test_a_changed_calendar_is_read(home):
    (home / "days").write_text("2026-12-24\n")
    (home / "jobs.toml").write_text(JOB.format("old") + 'calendar = { file = "days" }\n')
    read(str(home / "jobs.toml"), State(f"{home}/.jobrunner"), who(home))
    (home / "days").write_text("2026-12-31\n")
    (job,) = current(str(home / "jobs.toml"), who(home)).jobs.values()
    assert {day.day for day in job.calendar.days.single} == {31}


def test_new_rules_of_time_zones_have_the_files_read(home, calls, monkeypatch):
    zones = home / "tzdata.zi"
    zones.write_text("# version 1\n")
    monkeypatch.setattr("jobrunner.engine.watch.ZONES", (str(zones),))
    (home / "jobs.toml").write_text(JOB.format("old"))
    read(str(home / "jobs.toml"), State(f"{home}/.jobrunner"), who(home))
    assert is_served(home, calls)
    zones.write_text("# version 2\n")
    assert not is_served(home, calls)


def test_a_broken_file_is_told_and_nothing_stands_for_it(home):
    (home / "jobs.toml").write_text("[jobs")
    with pytest.raises(JobrunnerError):
        names(home)


@pytest.mark.parametrize("name", ["TZ", "PYTHONTZPATH"])
def test_another_meaning_of_the_local_zone_has_the_files_read(home, calls, name):
    calls.clear()
    path = str(home / "jobs.toml")
    current(path, Asker(environ={name: "/elsewhere"}, cwd=str(home), uid=os.geteuid()))
    assert calls


def test_other_code_reads_for_itself(home, calls, monkeypatch):
    monkeypatch.setattr(kept, "code_version", lambda: "0.0.1+1.1")
    assert not is_served(home, calls)


def test_another_path_to_the_same_file_is_read_since_its_paths_are_others(home, tmp_path):
    (tmp_path / "link").symlink_to(home)
    found = current(f"{tmp_path}/link/jobs.toml", who(home))
    assert found.jobs["old"].cwd == f"{tmp_path}/link"


def test_a_file_that_changes_while_it_is_read_is_not_taken_for_the_one_that_was_read(
    home, monkeypatch
):
    whole = Disk.read

    def late(disk, path):
        content = whole(disk, path)
        if path.endswith("a.toml"):
            (home / "jobs.d/a.toml").write_text(JOB.format("new"))
        return content

    (home / "jobs.d/a.toml").write_text(JOB.format("included") + "\n")
    monkeypatch.setattr(Disk, "read", late)
    found = read(str(home / "jobs.toml"), State(f"{home}/.jobrunner"), who(home))
    assert not found.is_current()
    assert "new" in names(home)


def test_a_broken_file_that_is_mended_while_it_is_read_is_read_again(home, monkeypatch):
    whole = Disk.read

    def late(disk, path):
        content = whole(disk, path)
        if content == b"[jobs":
            (home / "jobs.toml").write_text(JOB.format("mended"))
        return content

    (home / "jobs.toml").write_text("[jobs")
    monkeypatch.setattr(Disk, "read", late)
    found = read(str(home / "jobs.toml"), State(f"{home}/.jobrunner"), who(home))
    assert found.problem
    assert not found.is_current()


# -- nobody else says what runs


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o640])
def test_a_plan_that_others_may_touch_is_not_taken(home, calls, mode):
    plan_file(home).chmod(mode)
    assert not is_served(home, calls)


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_plan_in_a_folder_that_others_may_touch_is_not_taken(home, calls, mode):
    plan_file(home).parent.chmod(mode)
    assert not is_served(home, calls)


def test_a_plan_of_another_user_is_not_taken(home):
    state = State(f"{home}/.jobrunner")
    assert kept.find(state, os.geteuid())
    assert kept.find(state, os.geteuid() + 1) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", ["run/plan", "run"])
def test_root_takes_no_plan_that_a_user_may_have_written(home, calls, name):
    os.chown(home / ".jobrunner" / name, 1234, 1234)
    assert not is_served(home, calls)


def test_a_plan_with_a_second_name_is_not_taken(home, calls):
    (home / "second").hardlink_to(plan_file(home))
    assert not is_served(home, calls)


def test_a_link_is_not_taken_for_a_plan(home, calls):
    plan_file(home).rename(home / "plan")
    plan_file(home).symlink_to(home / "plan")
    assert not is_served(home, calls)


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.99])
def test_a_plan_that_was_cut_short_is_not_taken(home, calls, part):
    whole = plan_file(home).read_bytes()
    plan_file(home).write_bytes(whole[: int(len(whole) * part)])
    assert not is_served(home, calls)


class Bomb:
    def __reduce__(self):
        return (os.mkdir, ("exploded",))


def test_what_is_no_plan_of_ours_is_not_even_unpacked(home, calls, monkeypatch):
    monkeypatch.chdir(home)
    plan_file(home).write_bytes(pickle.dumps(Bomb()))
    assert not is_served(home, calls)
    assert not (home / "exploded").exists()


def test_the_plan_of_another_file_never_stands_in_for_a_broken_one(home):
    (home / "other.toml").write_text("[jobs")
    with pytest.raises(JobrunnerError):
        read(str(home / "other.toml"), State(f"{home}/.jobrunner"), who(home))


# -- what can be kept


def test_a_zone_that_is_a_file_of_its_own_can_be_kept(home, monkeypatch):
    zone = home / "zone"
    zone.write_bytes(Path("/usr/share/zoneinfo/Europe/Berlin").read_bytes())
    monkeypatch.setattr(kept, "LOCALTIME", str(zone))
    found = current(str(home / "jobs.toml"), who(home))
    with zone.open("rb") as file:
        local = Zone("local", ZoneInfo.from_file(file, key=kept.NAMELESS))
    jobs = {name: replace(job, timezone=local) for name, job in found.jobs.items()}
    state = State(f"{home}/.jobrunner")
    kept.keep(replace(found, jobs=jobs), (), {}, state)
    again = kept.find(state, os.geteuid()).config()
    now = SystemClock().now()
    assert again.jobs["old"].timezone.info.utcoffset(now) == local.info.utcoffset(now)


def test_a_folder_that_takes_nothing_stops_no_reading(home):
    state = State(f"{home}/nowhere")
    assert [*read(str(home / "jobs.toml"), state, who(home)).config.jobs] == ["old", "included"]


def test_prints_of_before_the_reading_are_kept(home):
    found = kept.find(State(f"{home}/.jobrunner"), os.geteuid())
    assert same(found.header.prints)
    assert any(each.endswith("/jobs.d/a.toml") for each in found.header.prints)
    assert any(each.endswith("/jobs.d") for each in found.header.prints)


# -- what is loaded for it


def loaded(code):
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


PARSERS = {"tomllib", "jobrunner.config.assemble"}
STEPPER = "croniter"


def test_a_supervisor_begins_without_what_only_reading_needs():
    assert not loaded("import jobrunner.engine.supervise") & {*PARSERS, STEPPER}


@pytest.mark.parametrize(
    ("crons", "is_wanted"),
    [
        ([], False),
        (["*/5 * * * *", "@daily"], False),
        (["0 3 1 * *"], True),
        (["0 3 * * MON", "0 3 * * MON#2"], True),
    ],
)
def test_a_supervisor_gets_ready_to_read_and_for_the_slots_of_its_jobs(crons, is_wanted):
    ready = "from jobrunner.engine import plan\nfrom tests.build import make_job\n"
    found = loaded(f"{ready}plan.get_ready([make_job(cron={tuple(crons)})])")
    assert found >= PARSERS
    assert (STEPPER in found) == is_wanted


def test_a_schedule_of_several_is_made_ready_for_as_well():
    monthly = make_job(schedules=(Timing(cron=("0 3 1 * *",)),))
    assert plan.get_ready([monthly]) is None
    assert STEPPER in sys.modules
