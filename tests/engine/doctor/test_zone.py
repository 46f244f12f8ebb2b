"""Zone and clock."""

from datetime import timedelta

import pytest

from jobrunner.engine.doctor.kernel import Synchrony, synchrony

SUMMER = """\
[defaults]
timezone = "Europe/Berlin"
timeout = "1h"
[jobs.backup]
cron = "30 2 * * *"
command = "true"
[jobs.report]
cron = "30 2 * * *"
command = "true"
[jobs.noon]
cron = "0 12 * * *"
command = "true"
"""


def test_zone_and_clock_are_told(clinic):
    assert clinic.found("zone") == [
        ("ok", "Europe/Berlin, tzdata 2026c"),
        ("ok", "clock synchronised, offset 3 ms"),
    ]


def test_old_rules_are_told(clinic):
    clinic.plant("/usr/share/zoneinfo/tzdata.zi", "# version 2024a\n")
    assert clinic.worst("zone").fix == "update tzdata"


@pytest.mark.parametrize(
    ("found", "severity", "told"),
    [
        (Synchrony(False, timedelta()), "warning", "the clock is not synchronised"),
        (Synchrony(True, timedelta(seconds=9)), "warning", "the clock is 9.0s off"),
        (None, "ok", "whether the clock is synchronised cannot be told"),
    ],
)
def test_a_clock_that_is_not_held_to_true_time_is_told(clinic, found, severity, told):
    clinic.synchrony = found
    (last,) = clinic.found("zone")[1:]
    assert (last[0], last[1].startswith(told)) == (severity, True)


def test_where_the_kernel_says_nothing_the_hosts_own_word_counts(clinic):
    clinic.synchrony = None
    clinic.plant("/run/systemd/timesync/synchronized")
    assert clinic.found("zone")[1] == ("ok", "clock synchronised, as the host says")


def test_this_kernel_answers_or_refuses():
    found = synchrony()
    assert found is None or found.offset >= timedelta()


def test_what_the_next_change_of_clocks_does_is_told_once_for_all(clinic):
    clinic.write(SUMMER)
    what = "02:30 does not exist that day, runs at 03:00 CEST"
    told = f"next change Sun 2027-03-28: backup, report: {what}"
    assert clinic.found("clock_change") == [("warning", told)]


def test_a_change_that_moves_nothing_is_well(clinic):
    clinic.write(SUMMER)
    assert clinic.found("clock_change", job="noon") == [
        ("ok", "the next change of clocks moves no slot")
    ]
