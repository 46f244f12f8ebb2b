"""Jobs as a crontab: its own parser and cron's read it, and it is due when the jobs are."""

import os
import shlex
import shutil
import subprocess
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jobrunner.config import edit, parse
from jobrunner.config.crontab import Entry, lines
from jobrunner.config.quantity import duration
from jobrunner.config.zone import zone
from jobrunner.formats.crontab import read
from jobrunner.formats.crontab.write import write
from jobrunner.model.job import Timing
from jobrunner.model.value import Moment, Words
from jobrunner.schedule.compose import compose
from tests.build import NOON, make_job

BERLIN = zone("Europe/Berlin")


def text_of(*jobs):
    return write(jobs, "/x/jobs.toml", BERLIN, NOON).text


def entries(*jobs):
    style = "system" if any(job.user for job in jobs) else "user"
    return [line for line in lines(text_of(*jobs), style) if isinstance(line, Entry)]


def remarks(*jobs):
    return [remark.sentence for remark in write(jobs, "x", BERLIN, NOON).remarks]


def at_home(**changes):
    return make_job(**({"timezone": BERLIN, "cwd": "~", "cron": Words(("0 3 * * *",))} | changes))


def run(line):
    """What cron would start for this line, started."""
    done = subprocess.run(
        ["/bin/sh", "-c", line.command],
        input=line.stdin.encode(),
        capture_output=True,
        check=True,
        env={"PATH": os.environ["PATH"], "HOME": "/"},
    )
    return done.stdout.decode()


@pytest.mark.parametrize(
    "command",
    [
        "printf '%s' 'a b'",
        ("printf", "%s|", "a'b", 'c"d', "$HOME", "\\", "100%"),
        "printf 'a\\\\n%%b\\n'",
        "printf a\nprintf b\n",
        "echo '\\%' \\\\% %",
        "cat <<'E'\na%b\\n'x'\nE\n",
        "echo a\\",
    ],
)
def test_a_command_does_what_it_did(command):
    words = ["/bin/sh", "-c", command] if isinstance(command, str) else command
    before = subprocess.run(
        words, capture_output=True, text=True, check=True, cwd="/", env={"HOME": "/"}
    )
    (line,) = entries(at_home(command=command))
    assert run(line) == before.stdout


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=40))
def test_any_command_is_read_back(command):
    (line,) = entries(at_home(command=("echo", command)))
    assert "\n" not in line.command
    if "\n" not in command:
        assert line.command == shlex.join(["echo", command])


@pytest.mark.parametrize("stdin", ["a\n", "a\n\nb\n", "100%\n", "\\%\n", "\n", "\\n\n"])
def test_what_a_job_reads_is_read_back(stdin):
    (line,) = entries(at_home(stdin=stdin))
    assert line.stdin == stdin


def test_a_folder_a_variable_and_another_shell_go_into_the_command(tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    job = at_home(
        cwd=str(folder),
        env={"A": "it's"},
        shell=Words(("/bin/sh", "-eu")),
        command='echo "$PWD $A"',
    )
    other = at_home(name="other", env={"A": "b"})
    assert run(entries(job, other)[0]) == f"{folder} it's\n"


def test_what_all_jobs_set_stands_at_the_top():
    first, second = (at_home(name=name, env={"A": "b c", "PATH": "/bin"}) for name in "ab")
    text = text_of(first, second)
    assert '\nPATH="/bin"\nA="b c"\n' in text
    assert "export A" not in text


def test_zones_and_shells_hold_until_the_next():
    tokyo = at_home(name="t", timezone=zone("Asia/Tokyo"), shell=Words(("/bin/bash",)))
    text = text_of(tokyo, at_home(name="b"))
    assert text.index("CRON_TZ=Asia/Tokyo\nSHELL=/bin/bash\n0 3") < text.index(
        "CRON_TZ=Europe/Berlin\nSHELL=/bin/sh\n0 3"
    )
    assert "Debian's cron does not read it" in remarks(tokyo)[0]


def test_utc_has_one_name():
    text = write([at_home(timezone=zone("UTC"))], "x", zone("Etc/UTC"), NOON).text
    assert "CRON_TZ" not in text


def test_an_offset_keeps_its_sign():
    assert "CRON_TZ=Etc/GMT-7\n" in text_of(at_home(timezone=zone("UTC+7")))


def test_with_a_user_each_line_has_one():
    first, second = entries(at_home(user="deploy"), at_home(name="b"))
    assert (first.user, second.user) == ("deploy", "root")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cron": Words(("0 3 L * *",))}, "left out: 0 3 L * * cannot be said here"),
        ({"cron": Words(("*/5 * * * * *",))}, "left out: */5 * * * * * cannot be said here"),
        ({"cron": Words(("0 0 1 1 * 2030",))}, None),
        ({"end": Moment(date(2026, 12, 1))}, "left out: end cannot be said here"),
        ({"start": Moment(date(2027, 1, 1))}, "left out: start cannot be said here"),
        ({"after": ("a",)}, "left out: after cannot be said here"),
        ({"every": duration("90s"), "cron": Words()}, "left out: every 1m30s cannot be said here"),
        ({"dst": "both"}, 'left out: dst = "both" cannot be said here'),
        (
            {"timezone": zone("UTC+05:30")},
            "left out: the zone UTC+05:30 has no name that is known elsewhere",
        ),
        (
            {"stdin": "a\\\n"},
            "left out: a line that it reads ends in a backslash, which cron takes away",
        ),
        ({"command": None}, "left out: it has no command"),
    ],
)
def test_what_it_cannot_say_is_left_out_with_the_reason(changes, sentence):
    if sentence is None:
        changes = {"cron": Words(("0 0 0 1 1 * 2030",))}
        sentence = "left out: 0 0 0 1 1 * 2030 cannot be said here"
    job = at_home(**changes)
    assert entries(job) == []
    assert remarks(job) == [sentence]
    assert f"# ! {sentence}\n" in text_of(job)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"timeout": duration("1h"), "lock": "db"}, "not carried over: timeout and lock"),
        ({"stdin": "a"}, "what it reads gets a line end"),
        ({"overlap": "queue"}, 'overlap = "queue" cannot be said here'),
        ({"enabled": False}, "a comment, because the job is disabled"),
    ],
)
def test_what_is_not_as_it_was_is_said(changes, sentence):
    assert remarks(at_home(**changes)) == [sentence]


def test_a_start_that_is_past_needs_no_word():
    assert remarks(at_home(start=Moment(date(2020, 1, 1)))) == []


@pytest.mark.parametrize(
    ("every", "fields"),
    [
        ("1m", "* * * * *"),
        ("15m", "*/15 * * * *"),
        ("1h", "0 * * * *"),
        ("6h", "0 */6 * * *"),
        ("1d", "0 0 * * *"),
    ],
)
def test_an_interval_that_divides_a_day_is_fields(every, fields):
    job = at_home(cron=Words(), every=duration(every))
    assert [line.cron for line in entries(job)] == [fields]


def test_hours_of_real_time_are_told_apart_from_those_of_the_clock():
    job = at_home(cron=Words(), every=duration("6h"))
    assert remarks(job) == [
        "counts hours of real time; cron goes by the clock on the days when that changes"
    ]
    assert remarks(at_home(cron=Words(), every=duration("6h"), timezone=zone("UTC")))[:-1] == []


def test_each_of_several_schedules_is_a_line():
    job = at_home(schedules=(Timing(cron=Words(("0 9 * * 1-5", "0 10 * * 6")), env={"A": "b"}),))
    assert [line.cron for line in entries(job)] == ["0 3 * * *", "0 9 * * 1-5", "0 10 * * 6"]


FIELD = {
    "minute": st.sampled_from(["*", "0", "30", "*/7", "5/20", "H", "H/15", "1,2,3,50"]),
    "hour": st.sampled_from(["*", "0", "2", "*/6", "H(1-5)", "22-23"]),
    "day": st.sampled_from(["*", "1", "*/9", "31", "1-7", "?"]),
    "month": st.sampled_from(["*", "feb,dec", "1-6"]),
    "weekday": st.sampled_from(["*", "0", "7", "mon-fri", "*/2", "?"]),
}
EXPRESSIONS = st.builds(" ".join, st.tuples(*FIELD.values()))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])


@given(EXPRESSIONS, ZONES)
def test_a_job_that_goes_out_and_comes_back_is_due_at_the_same_moments(expression, name):
    job = at_home(cron=Words((expression,)), timezone=zone(name), command="x")
    (back,) = read.read("t", "", text_of(job), style="user", user="", taken=()).jobs
    again = parse(edit.add("", "backup", back.table), "/x", local=BERLIN).jobs["backup"]
    year = (NOON, NOON + timedelta(days=366))
    before, after = compose(job, NOON), compose(again, NOON)
    assert before.count(*year) == after.count(*year)
    spring = NOON.replace(month=3, year=2027, day=10)
    for start in (NOON, spring, spring + timedelta(days=15)):
        stretch = (start, start + timedelta(days=8))
        assert [*before.between(*stretch)] == [*after.between(*stretch)]


@pytest.mark.skipif(not shutil.which("crontab"), reason="NOT TESTED: crontab -n (no cron here)")
def test_cron_s_own_program_takes_it(tmp_path):
    path = tmp_path / "tab"
    path.write_text(text_of(at_home(stdin="a%\n"), at_home(name="b", timezone=zone("Asia/Tokyo"))))
    codes = [
        subprocess.run(["crontab", dry, path], capture_output=True, check=False).returncode
        for dry in ("-n", "-T")  # Debian's, and cronie's
    ]
    assert 0 in codes


LINES = st.lists(
    st.tuples(
        EXPRESSIONS.filter(lambda text: not {"?", "H"} & {*text}),
        st.sampled_from(["x", "y -a", "z 100\\%"]),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40)
@given(LINES, st.sampled_from(["", "CRON_TZ=America/New_York\n", "A=b c\nSHELL=/bin/bash\n"]))
def test_a_crontab_that_comes_in_and_goes_out_is_the_same_crontab(pairs, head):
    text = head + "".join(f"{fields} {command}\n" for fields, command in pairs)
    tables = {job.name: job.table for job in reader(text).jobs}
    assume(tables)
    jobs = parse(edit.add_all("", tables), "/x", local=BERLIN).jobs.values()
    again = text_of(*jobs)
    before, after = ([*lines(one, "user")] for one in (text, again))
    assert [one.command for one in before if isinstance(one, Entry) and _is_due(one)] == [
        one.command for one in after if isinstance(one, Entry)
    ]
    back = parse(
        edit.add_all("", {job.name: job.table for job in reader(again).jobs}), "/x", local=BERLIN
    ).jobs.values()
    year = (NOON, NOON + timedelta(days=366))
    assert [compose(job, NOON).count(*year) for job in jobs] == [
        compose(job, NOON).count(*year) for job in back
    ]


def reader(text):
    return read.read("t", "", text, style="user", user="", taken=())


def _is_due(entry):
    return bool(reader(f"{entry.cron} {entry.command}").jobs)
