"""A crontab as jobs to be: what each line becomes, and all that is said of it."""

import tomllib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.config import edit, parse
from jobrunner.formats.crontab import read
from jobrunner.formats.crontab.title import title_of
from jobrunner.formats.found import Mailbox
from jobrunner.schedule.compose import compose

MESSY = Path(__file__).parents[2] / "examples" / "messy.crontab"


def reading(text, *, style="user", user="", taken=()):
    return read.read("tab", "", text, style=style, user=user, taken=taken)


def only(line):
    (job,) = reading(line).jobs
    return job


def notes(line):
    return only(f"* * * * * {line}").notes


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("/home/deploy/bin/backup.sh", "backup"),
        ("php artisan schedule:run", "artisan-schedule-run"),
        ("curl -s https://x/cron > /dev/null", "curl-x-cron"),
        ("wget -qO- https://www.example.com/a/cron.php?k=1", "wget-example-com-cron"),
        ("cd / && run-parts --report /etc/cron.hourly", "run-parts-cron-hourly"),
        ("python3 /srv/manage.py clearsessions", "manage-clearsessions"),
        ("FOO=1 nice -n 5 /opt/x.pl -v", "x"),
        ("mail -s hi me", "mail"),
        ('"$HOME/bin/x"', "x"),
        ("$(x)", "x"),
        ("öö", "job"),
    ],
)
def test_a_name_is_what_a_person_would_call_it(command, name):
    assert title_of(command, ()) == name


def test_names_that_are_taken_get_a_number():
    jobs = reading("* * * * * a\n* * * * * a -b\n", taken={"a"}).jobs
    assert [job.name for job in jobs] == ["a-2", "a-3"]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("x > /dev/null 2>&1", "x"),
        ("x >/dev/null", "x"),
        ("x 2>&1 >> /dev/null", "x"),
        ("x &> /dev/null", "x"),
        ("x >/dev/null 2>/dev/null", "x"),
        ("a | x 1>/dev/null", "a | x"),
    ],
)
def test_output_that_was_thrown_away_is_kept(line, command):
    job = only(f"* * * * * {line}")
    assert job.table["command"] == command
    assert job.notes == (
        'output was thrown away; jobrunner keeps it (capture = "none" for the old way)',
    )


@pytest.mark.parametrize(
    "line",
    [
        "x >> /var/log/x 2>&1",
        "x 2>&1",
        "x > /tmp/a > /dev/null",
        'sh -c "x > /dev/null"',
        "> /dev/null",
        "x > /dev/null2",
        "x </dev/null",
    ],
)
def test_other_redirections_stay(line):
    job = only(f"* * * * * {line}")
    assert (job.table["command"], job.notes) == (line, ())


@pytest.mark.parametrize(
    ("command", "note"),
    [
        ("flock -n /tmp/l x", 'flock can go: overlap = "skip" is the default'),
        ("timeout 90 x", 'timeout can go: timeout = "90s" stops all that the job left, too'),
        ("timeout -k 5 1h x", 'timeout can go: timeout = "1h" stops all that the job left, too'),
        ("sleep $((RANDOM % 60)); x", 'the random sleep can go: jitter = "1m" spreads'),
        ("x &", "the & at its end can go: with it the job ends before its work"),
        ("jobrunner exec --name x -- y", "exec can go: the job has a history of its own now"),
    ],
)
def test_what_a_job_need_not_do_itself_is_said(command, note):
    assert notes(command) == (note,)


@pytest.mark.parametrize("command", ["x && y", "xflock a b", "a b", "x --timeout 5 y"])
def test_nothing_is_said_of_an_ordinary_command(command):
    assert notes(command) == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 5 * *", "four fields, cron itself ignores it too"),
        ("0 5", "two fields, cron itself ignores it too"),
        ("0 25 * * * x", "hour 25 is not in 0-23; cron itself ignores it too"),
        ("@every 5m x", None),
        ("0 0 31 2 * x", None),
        ("0 5 * * *", None),
        ("hello", None),
        ("* * * * * jobrunner tick", None),
        ("* * * * * cd /x; /opt/bin/jobrunner -c a.toml --quiet tick -v", None),
        ("* * * * * caf\udce9", "it is not UTF-8, as jobs.toml must be"),
    ],
)
def test_a_line_that_becomes_no_job_has_its_reason(line, reason):
    (left,) = reading(f"\n{line}\n").left_out
    assert left.line == 2
    assert left.reason == (reason or left.reason)
    assert reading(line).jobs == ()


def test_what_cron_would_not_have_run_is_said():
    assert only("0 5 L * * x").notes == (
        'cron ignores this line, because of "L"; jobrunner runs it',
    )


def test_a_form_that_crons_read_differently_is_said():
    assert only("5/15 * * * * x").notes == (
        "5/15 is read as Debian's cron does; other crons differ",
    )


def test_settings_hold_for_the_lines_below_them():
    first, second = reading("A=1\n* * * * * x\nA=2\nSHELL=/bin/bash\n* * * * * y").jobs
    assert (first.table["env"], second.table["env"]["A"]) == ({"A": "1"}, "2")
    assert ("shell" in first.table, second.table["shell"]) == (False, "/bin/bash")


def test_cron_s_own_variables_are_keys():
    job = reading("CRON_TZ=Asia/Tokyo\nHOME=/srv\nRANDOM_DELAY=90\n* * * * * x").jobs[0]
    found = {key: job.table.get(key) for key in ("timezone", "cwd", "jitter", "env")}
    assert found == {
        "timezone": "Asia/Tokyo",
        "cwd": "/srv",
        "jitter": "1h30m",
        "env": {"HOME": "/srv"},
    }


@pytest.mark.parametrize("value", ["soon", "-5", "9" * 20, "\u0665"])
def test_a_delay_that_is_no_number_of_minutes_is_left_out(value):
    found = reading(f"RANDOM_DELAY={value}\n* * * * * x")
    assert "jitter" not in found.jobs[0].table
    assert found.settings[0].notes == ("left out: not a number of minutes",)


def test_a_job_starts_at_home_as_under_cron():
    assert only("* * * * * x").table["cwd"] == "~"


def test_a_line_of_the_system_s_names_its_user():
    (job,) = reading("*\t* * * *\tdeploy\tx y", style="system").jobs
    assert (job.table["user"], job.table["command"], job.what) == ("deploy", "x y", "deploy\tx y")


def test_mail_goes_to_a_channel_until_none_is_wanted():
    every = "* * * * *"
    found = reading(
        f"{every} a\nMAILTO=me@x,you@x\n{every} b\nMAILTO=\n{every} c\nMAILTO=me@x\n{every} d"
    )
    assert [job.table.get("notify") for job in found.jobs] == [None, ["mail"], None, ["mail-2"]]
    assert found.channels == {"mail": Mailbox(("me@x", "you@x")), "mail-2": Mailbox(("me@x",))}
    assert found.jobs[1].table["notify_on"] == ["failure", "timeout", "lost", "missed", "output"]


def test_output_that_was_thrown_away_is_not_mailed():
    (job,) = reading("MAILTO=me@x\n* * * * * x > /dev/null").jobs
    assert job.table["notify_on"] == ["failure", "timeout", "lost", "missed"]


def test_mail_to_a_user_goes_to_this_host():
    found = reading("MAILTO=root\n* * * * * x")
    assert found.channels == {"mail": Mailbox(("root@localhost",))}
    assert found.settings[0].notes[0] == "root becomes root@localhost"


def test_what_is_no_address_is_left_out():
    (told,) = reading("MAILTO=a b").settings
    assert (told.becomes, told.notes) == ("", ('left out: "a b" cannot be sent mail to',))


def test_a_secret_is_not_shown():
    (told,) = reading("API_TOKEN=hush").settings
    assert told.what == "API_TOKEN=***"


def test_a_variable_that_would_be_filled_is_said():
    (job,) = reading("A={slot}\n* * * * * x").jobs
    assert job.notes == ("A holds a placeholder, which jobrunner fills in",)


def test_of_a_messy_crontab_every_line_is_told():
    text = MESSY.read_text()
    found = reading(text)
    told = {one.line for one in (*found.jobs, *found.left_out, *found.settings)}
    said = {n for n, line in enumerate(text.split("\n"), 1) if line and not line.startswith("#")}
    assert told == said


def test_the_jobs_of_a_messy_crontab_are_jobs():
    jobs = reading(MESSY.read_text()).jobs
    channel = "[notify.mail]\nmail = 'ops@example.com'\n"
    config = parse(edit.add_all(channel, {job.name: job.table for job in jobs}), "/x/jobs.toml")
    assert [*config.jobs] == [
        *("backup", "curl-example-com-cron", "artisan-schedule-run", "mail", "warm"),
        *("console-app-purge", "first-sunday", "bell", "month-end"),
    ]


FIELDS = st.tuples(
    st.sampled_from(["*", "0", "*/7", "3-50/5", "1,59", "59"]),
    st.sampled_from(["*", "0", "2", "*/6", "8-17", "23"]),
    st.sampled_from(["*", "1", "*/9", "31", "1-7"]),
    st.sampled_from(["*", "feb", "1-6", "12"]),
    st.sampled_from(["*", "0", "7", "mon-fri", "*/2"]),
)
COMMANDS = st.text(st.characters(codec="utf-8", exclude_characters="\n\0"), min_size=1, max_size=30)
SPACES = st.sampled_from([" ", "\t", "  ", " \t "])


@given(FIELDS, SPACES, COMMANDS)
def test_a_line_is_due_when_cron_would_run_it(fields, space, command):
    with suppress(ValueError):
        (job,) = reading(space.join([*fields, command])).jobs
        found = parse(edit.add("", job.name, job.table), "/x/jobs.toml").jobs[job.name]
        assert found.cron == (" ".join(fields),)


@given(st.text(st.characters(exclude_characters="\0"), max_size=120))
def test_whatever_a_crontab_holds_is_read_and_can_be_written_down(text):
    jobs = reading(text, taken={"x"}).jobs
    written = edit.add_all("a = 1\n", {"x": {}} | {job.name: job.table for job in jobs})
    assert tomllib.loads(written)["jobs"].keys() == {"x", *(job.name for job in jobs)}


def test_a_year_of_slots_is_that_of_the_line():
    (job,) = reading("15 3 1-7 * */7 x").jobs
    found = parse(edit.add("", job.name, job.table), "/x/jobs.toml").jobs[job.name]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    slots = compose(found, start).between(start, start + timedelta(days=365))
    assert all(slot.astimezone(found.timezone.info).weekday() == 6 for slot in slots)


def test_a_zone_of_cronies_is_told_where_it_went_and_what_debian_made_of_it():
    (told,) = reading("CRON_TZ=Asia/Tokyo\n* * * * * x").settings
    assert told.becomes == "timezone of the jobs below it"
    assert "Debian's cron does not read it" in told.notes[0]


def test_a_line_of_the_system_s_without_its_command_says_what_is_there():
    (left,) = reading("@daily root\n", style="system").left_out
    assert left.reason.startswith('of user and command only "root" is there')


@pytest.mark.parametrize("piece", ["z", "a/", " ", " 2>&1", "sleep ", "jobrunner -", "https://a"])
def test_a_line_of_any_length_is_read_in_no_time(piece):
    (job,) = reading(f"* * * * * x{piece * 40_000}y").jobs
    assert job.table["command"].endswith("y")
