"""Units of jobs: systemd takes them, and the job that comes back from them is the same."""

import shutil
import subprocess
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jobrunner.config import edit, parse
from jobrunner.config.quantity import duration
from jobrunner.config.zone import zone
from jobrunner.cron import CronError
from jobrunner.formats import unitfile
from jobrunner.formats.systemd.read import Pair, read
from jobrunner.formats.systemd.write import write
from jobrunner.model.job import Limits, Retry, Timing
from jobrunner.model.value import Moment, Moments, Signal, Size, Words
from jobrunner.schedule.compose import compose
from tests.build import NOON, make_job


def nightly(**changes):
    given = {
        "cron": Words(("0 3 * * *",)),
        "timezone": zone("Europe/Berlin"),
        "command": ("/bin/true",),
    }
    return make_job(**(given | {"cwd": "/"} | changes))


def pair_of(job):
    (pair,) = write([job], "/x/jobs.toml", NOON)
    return pair


def lines(kind, **changes):
    return pair_of(nightly(**changes)).units[f"job-backup.{kind}"].splitlines()


def remarks(**changes):
    return [remark.sentence for remark in pair_of(nightly(**changes)).remarks]


def back(job):
    """The job that is read from the units of a job."""
    units = pair_of(job).units
    timer, service = (unitfile.read([units[f"job-backup.{kind}"]]) for kind in ("timer", "service"))
    names = ("job-backup.timer", "job-backup.service")
    (found,) = read(Pair(names[0], timer, names[1], service, is_user=False), "", 1, ()).jobs
    return parse(edit.add("", found.name, found.table), "/x/jobs.toml").jobs[found.name]


FULL = {
    "description": "100% of it",
    "docs": "https://example.com/a",
    "command": ("/bin/echo", "a b", "$HOME", "100%", 'q"', "\\", "\n", "\x07", "'"),
    "env": {"A": "b c", "D": '"x"\\ %n\n'},
    "env_file": Words(("?/etc/x.env",)),
    "user": "root",
    "group": "root",
    "umask": "077",
    "timeout": duration("1h30m"),
    "kill_after": duration("5s"),
    "stop_signal": Signal("INT"),
    "limits": Limits(nice=5, open_files=100, processes=50, cpu_time=duration("1m")),
    "success_codes": (0, 3),
    "capture": "none",
    "catch_up": "latest",
    "jitter": duration("5m"),
}


@pytest.mark.parametrize("key", [*FULL, "cron", "timezone", "cwd"])
def test_a_job_that_goes_out_and_comes_back_has_the_same(key):
    job = nightly(**FULL)
    assert getattr(back(job), key) == getattr(job, key)


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12), max_size=4
    )
)
def test_any_words_come_back(words):
    job = nightly(command=("/bin/echo", *words))
    assert back(job).command == job.command or any("{" in word for word in words)


FIELDS = st.tuples(
    st.sampled_from(["0", "*/15", "H", "5,10", "10-50/20"]),
    st.sampled_from(["*", "2", "8-17", "*/6"]),
    st.sampled_from(["*", "1", "L", "1-7", "31"]),
    st.sampled_from(["*", "2", "jan-jun", "*/3"]),
    st.sampled_from(["*", "0", "7", "1-5", "5L", "MON#2"]),
)


@given(FIELDS)
def test_a_schedule_that_comes_back_is_due_at_the_same_moments(fields):
    job = nightly(cron=Words((" ".join(fields),)), timezone=zone("UTC"))
    with suppress(CronError):
        compose(job, NOON)
        assume("job-backup.timer" in pair_of(job).units)
        _same_year(job)


def _same_year(job):
    year = (NOON, NOON.replace(year=2027))
    assert compose(back(job), NOON).count(*year) == compose(job, NOON).count(*year)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="NOT TESTED: units (no systemd)")
def test_systemd_takes_the_units(tmp_path):
    jobs = [
        nightly(**FULL),
        nightly(
            name="b",
            cron=Words(("@reboot", "H H L * *")),
            stdin="a\nb",
            schedules=(Timing(cron=Words(("*/20 * * * * *",))),),
        ),
        nightly(name="c", cron=Words(), every=duration("15m"), limits=Limits(memory=Size(2**30))),
        nightly(
            name="d",
            cron=Words(),
            every=duration("90s"),
            every_from="end",
            command="echo $HOME | cat",
        ),
        nightly(name="e", cron=Words(), at=Moments((Moment(datetime(2030, 1, 2, 3, tzinfo=UTC)),))),
    ]
    for pair in write(jobs, "/x/jobs.toml", NOON):
        for name, text in pair.units.items():
            (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.glob("*.timer")))],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )
    ours = [line for line in done.stderr.splitlines() if "job-" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "OnCalendar=*-*-* 03:00:00 Europe/Berlin"),
        ({"cron": Words(("@reboot",))}, "OnBootSec=1s"),
        ({"cron": Words(), "every": duration("1d")}, "OnCalendar=*-*-* 00:00:00 Europe/Berlin"),
        ({"cron": Words(), "every": duration("20s")}, "OnCalendar=*-*-* *:*:00/20 Europe/Berlin"),
        ({"cron": Words(), "every": duration("1h"), "every_from": "end"}, "OnUnitInactiveSec=1h"),
        ({"dst": "utc"}, "OnCalendar=*-*-* 03:00:00 UTC"),
        ({"catch_up": "all"}, "Persistent=true"),
        ({"jitter": duration("5m")}, "FixedRandomDelay=true"),
        ({"cron": Words(("0 3 1 * 1",))}, "OnCalendar=Mon *-*-* 03:00:00 Europe/Berlin"),
    ],
)
def test_when_the_timer_elapses(changes, line):
    assert line in lines("timer", **changes)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"command": "a $B"}, 'ExecStart=/bin/sh -c "a $$B"'),
        ({"command": ("-x", "y")}, 'ExecStart=/bin/sh -c "exec \\"$$0\\" \\"$$@\\"" -x y'),
        ({"stdin": "a\n"}, "StandardInputData=YQo="),
        ({"cwd": "~"}, "WorkingDirectory=~"),
        ({"capture": "stderr"}, "StandardOutput=null"),
    ],
)
def test_what_the_service_executes(changes, line):
    assert line in lines("service", **changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"retry": Retry(attempts=2), "lock": "db"}, "not carried over: retry and lock"),
        (
            {"cron": Words(("0 3 15W * *",))},
            "no timer: 0 3 15W * * cannot be said here: weekdays nearest to a day",
        ),
        ({"cron": Words(), "every": duration("7m")}, "no timer: every 7m cannot be said here"),
        ({"end": Moment(date(2027, 1, 1))}, "no timer: end cannot be said here"),
        ({"enabled": False}, "disabled: do not enable its timer"),
        ({"command": None}, "left out: it has no command"),
        ({"env": {"API_TOKEN": "hush"}}, "not carried over: env.API_TOKEN (a secret)"),
    ],
)
def test_what_it_cannot_say_is_said(changes, sentence):
    assert sentence in remarks(**changes)


def test_a_job_by_hand_has_no_timer():
    assert [*pair_of(nightly(cron=Words())).units] == ["job-backup.service"]
