"""A timer and its service as a job to be: every setting goes somewhere, or is told."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.config import edit, parse
from jobrunner.formats import unitfile
from jobrunner.formats.leaving import CannotSayError
from jobrunner.formats.systemd.read import UNDERSTOOD, Pair, read
from jobrunner.formats.systemd.span import seconds_of
from jobrunner.formats.systemd.words import line_of, split


def reading(timer, service="ExecStart=/bin/true", *, is_user=False):
    pair = Pair(
        "backup.timer",
        unitfile.read([f"[Timer]\n{timer}"]),
        "backup.service",
        unitfile.read([f"[Service]\n{service}"]),
        is_user,
    )
    return read(pair, "/x/backup.timer", 3, ())


def job(timer="OnCalendar=daily", service="ExecStart=/bin/true", **more):
    (found,) = reading(timer, service, **more).jobs
    return found


def table(*arguments, **more):
    return job(*arguments, **more).table


@pytest.mark.parametrize(
    ("timer", "keys"),
    [
        ("OnCalendar=daily", {"cron": "0 0 * * *"}),
        ("OnCalendar=daily\nOnCalendar=12:00", {"cron": ["0 0 * * *", "0 12 * * *"]}),
        ("OnCalendar=daily\nOnCalendar=\nOnCalendar=12:00", {"cron": "0 12 * * *"}),
        ("OnCalendar=daily UTC", {"cron": "0 0 * * *", "timezone": "UTC"}),
        (
            "OnCalendar=daily UTC\nOnCalendar=12:00 Asia/Tokyo",
            {
                "schedules": [
                    {"cron": "0 0 * * *", "timezone": "UTC"},
                    {"cron": "0 12 * * *", "timezone": "Asia/Tokyo"},
                ]
            },
        ),
        ("OnBootSec=5min", {"cron": "@reboot"}),
        ("OnBootSec=5min\nOnUnitActiveSec=1h", {"every": "1h"}),
        ("OnUnitInactiveSec=90", {"every": "1m30s", "every_from": "end"}),
        ("OnCalendar=daily\nPersistent=true", {"catch_up": "latest"}),
        ("OnCalendar=daily\nRandomizedDelaySec=1h 30min", {"jitter": "1h30m"}),
    ],
)
def test_when_it_is_due(timer, keys):
    found = table(timer)
    assert {key: found.get(key) for key in keys} == keys


@pytest.mark.parametrize(
    ("service", "keys"),
    [
        (
            'ExecStart=/bin/echo \'a b\' c\\x20d "e\\"f"',
            {"command": ["/bin/echo", "a b", "c d", 'e"f']},
        ),
        ("ExecStart=/bin/echo $$HOME 100%%", {"command": ["/bin/echo", "$HOME", "100%"]}),
        ("ExecStart=/bin/echo ${A}x $B 'c d'", {"command": "/bin/echo \"${A}\"x $B 'c d'"}),
        ("ExecStart=:/bin/echo ${A}", {"command": ["/bin/echo", "${A}"]}),
        ("ExecStart=-/bin/false", {"command": "{ /bin/false || :; }"}),
        ("ExecStart=/bin/a\nExecStart=/bin/b", {"command": "/bin/a && /bin/b"}),
        ("ExecStart=/bin/echo {slot}", {"command": "/bin/echo '{slot}'"}),
        ("ExecStart=/bin/echo %n %p", {"command": ["/bin/echo", "backup.service", "backup"]}),
        ("ExecStart=/bin/a\nUser=deploy\nGroup=www", {"user": "deploy", "group": "www"}),
        (
            'ExecStart=/bin/a\nEnvironment=A=b "C=d e"\nEnvironment=A=x',
            {"env": {"A": "x", "C": "d e"}},
        ),
        ("ExecStart=/bin/a\nEnvironmentFile=-/etc/x", {"env_file": ["?/etc/x"]}),
        ("ExecStart=/bin/a\nWorkingDirectory=-/srv", {"cwd": "/srv"}),
        ("ExecStart=/bin/a", {"cwd": "/"}),
        ("ExecStart=/bin/a\nType=oneshot\nTimeoutStartSec=2h", {"timeout": "2h"}),
        ("ExecStart=/bin/a\nTimeoutStartSec=2h", {"timeout": None}),
        ("ExecStart=/bin/a\nRuntimeMaxSec=60", {"timeout": "1m"}),
        (
            "ExecStart=/bin/a\nTimeoutStopSec=5\nKillSignal=SIGINT",
            {"kill_after": "5s", "stop_signal": "INT"},
        ),
        (
            "ExecStart=/bin/a\nNice=5\nLimitNOFILE=100:200\nMemoryMax=1G",
            {"limits": {"nice": 5, "open_files": 100, "memory": "1GiB"}},
        ),
        (
            "ExecStart=/bin/a\nUMask=0077\nSuccessExitStatus=3 SIGTERM",
            {"umask": "077", "success_codes": [0, 3]},
        ),
        ("ExecStart=/bin/a\nStandardOutput=null\nStandardError=null", {"capture": "none"}),
    ],
)
def test_what_it_executes_and_how(service, keys):
    found = table("OnCalendar=daily", service)
    assert {key: found.get(key) for key in keys} == keys
    parse(edit.add("", "backup", found), "/x/jobs.toml")


@pytest.mark.parametrize(
    ("timer", "service", "note"),
    [
        (
            "",
            "ProtectHome=yes\nNoNewPrivileges=yes",
            "not carried over, what kept the process apart: ProtectHome, NoNewPrivileges",
        ),
        ("WakeSystem=true", "OnFailure=x.service", "not carried over: WakeSystem, OnFailure"),
        ("", "Type=forking", "Type=forking: a job is over when its first process is"),
        ("", "StandardOutput=append:/x", "StandardOutput: output is kept by jobrunner instead"),
        ("", "Environment=A={slot}", "A holds a placeholder, which jobrunner fills in"),
        ("", "User=%u", "%u stays as it is: nobody fills it in"),
        (
            "",
            "Restart=on-failure",
            "Restart becomes three more attempts; systemd has no such bound",
        ),
    ],
)
def test_what_is_not_as_it_was_is_said(timer, service, note):
    assert note in job(f"OnCalendar=daily\n{timer}", f"ExecStart=/bin/true\n{service}").notes


def test_a_start_after_boot_beside_an_interval_is_told():
    note = "OnBootSec=5min is left out: the interval has slots of its own"
    assert note in job("OnBootSec=5min\nOnUnitActiveSec=1h").notes


def test_a_privileged_prefix_is_told():
    assert "+ before /bin/a is left out" in job("OnCalendar=daily", "ExecStart=+/bin/a").notes


@pytest.mark.parametrize(
    ("timer", "service"),
    [
        ("OnCalendar=*-*~05", "ExecStart=/bin/a"),
        ("", "ExecStart=/bin/a"),
        ("OnCalendar=daily", "User=x"),
    ],
)
def test_what_cannot_be_said_is_left_out_with_the_reason(timer, service):
    found = reading(timer, service)
    assert (len(found.jobs), len(found.left_out)) == (0, 1)
    assert found.left_out[0].reason


def test_a_user_s_unit_starts_at_home():
    assert table(is_user=True)["cwd"] == "~"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5),
        ("1h 30min", 5400),
        ("2d", 172800),
        ("1.5s", 1.5),
        ("100ms", 0.1),
        ("1M", 2629800),
        ("1week3s", 604803),
    ],
)
def test_lengths_are_systemd_s(text, seconds):
    assert seconds_of(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "x", "5 foo", "1h x", "infinity"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(CannotSayError):
        seconds_of(text)


@given(st.text(max_size=60))
def test_any_line_is_split(text):
    assert all(isinstance(word, str) for word in split(text))


@given(
    st.lists(
        st.text(st.characters(codec="ascii", exclude_characters="\0\n\r"), min_size=1, max_size=8),
        min_size=1,
        max_size=4,
    )
)
def test_words_for_a_shell_are_the_same_words(words):
    text = " ".join(
        '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$") + '"'
        for word in words
    )
    line = line_of(f"/bin/x {text}")
    assert line.plain()[1:] == words
    told = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\n' {line.for_shell().partition(' ')[2]}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split("\n")[:-1] == words


VALUES = st.text(
    st.characters(codec="utf-8", exclude_characters="\n"), max_size=12
) | st.sampled_from(
    [
        "daily",
        "1h",
        "%i",
        "99999999999999999999",
        "-5",
        "~",
        "*-*-* 1:2:3 Foo/Bar",
        '"',
        "\\",
        "${A",
    ]
)
SETTINGS = st.lists(st.tuples(st.sampled_from(sorted(UNDERSTOOD)), VALUES), max_size=6)


@given(SETTINGS, SETTINGS)
def test_whatever_units_hold_is_read_or_left_out(timer, service):
    one, other = ("\n".join(f"{k}={v}" for k, v in some) for some in (timer, service))
    found = reading(f"OnCalendar=daily\n{one}", f"ExecStart=/bin/true\n{other}")
    assert len(found.jobs) + len(found.left_out) == 1
    for left in found.left_out:
        assert left.reason
