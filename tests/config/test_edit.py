"""Edits of jobs.toml: what they write, what they leave alone, what they refuse."""

import re
from datetime import date

import pytest

from jobrunner.config import edit
from jobrunner.config.edit import EditError
from jobrunner.config.edit.proof import is_proved
from jobrunner.errors import UnknownError, UnusableError

SERVER = """\
#:schema ./jobs.schema.json
# jobs.toml for web-1
version = 1

[defaults]   # for all
timeout = "1h"

# --- nightly ---

# dumps the database
[jobs.backup]
cron = "30 2 * * *"     # after the shop closes
tags = [
    "db",  # the big one
    "nightly",
]
command = '''
pg_dump app # not a comment
'''
# retries = 3

[jobs.backup.env]
PGHOST = "db1"

# sees that the dump can be read
[jobs.verify]
after = ["backup"]
command = ["verify", "--latest"]
limits = { nice = 10, memory = "2GiB" }
"""


@pytest.mark.parametrize(
    ("table", "block"),
    [
        ({}, "[jobs.new]\n"),
        ({"user": "ann", "tags": ("a", "b")}, '[jobs.new]\nuser = "ann"\ntags = ["a", "b"]\n'),
        ({"command": "set -eu\necho hi\n"}, '[jobs.new]\ncommand = """\nset -eu\necho hi\n"""\n'),
        ({"command": 'a "b"\nc'}, '[jobs.new]\ncommand = """\na "b"\nc"""\n'),
        ({"command": 'echo "a\\b"'}, "[jobs.new]\ncommand = 'echo \"a\\b\"'\n"),
        ({"command": "a\r\nb\x07"}, '[jobs.new]\ncommand = "a\\r\\nb\\u0007"\n'),
        ({"start": date(2026, 12, 1)}, "[jobs.new]\nstart = 2026-12-01\n"),
        ({"retries": 2, "env": {"A": "1"}}, '[jobs.new]\nretries = 2\n\n[jobs.new.env]\nA = "1"\n'),
        ({"schedules": [{"cron": "@daily"}]}, '[jobs.new]\nschedules = [{ cron = "@daily" }]\n'),
    ],
)  # fmt: skip
def test_a_new_job_is_a_readable_block_at_the_end(table, block):
    assert edit.add("", "new", table) == block
    assert edit.add(SERVER, "new", table) == f"{SERVER}\n{block}"


def test_many_jobs_are_added_at_once_or_none():
    jobs = {f"job{number}": {"cron": "@daily"} for number in range(60)}
    assert edit.add_all(SERVER, jobs).count("@daily") == 60
    assert edit.add_all("jobs = {}", jobs).count("@daily") == 60
    with pytest.raises(EditError, match="already"):
        edit.add_all(SERVER, {"new": {}, "backup": {}})


def test_a_long_list_takes_a_line_for_each_element():
    words = ["a" * 40, "b" * 40, "c" * 40]
    lines = edit.add("", "new", {"tags": words}).splitlines()
    assert lines[1:] == ["tags = [", *(f'    "{word}",' for word in words), "]"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1", "x = 1\n\n[jobs.new]\n"),
        ("x = 1\r\n", "x = 1\r\n\r\n[jobs.new]\r\n"),
        ("\ufeffx = 1\n", "\ufeffx = 1\n\n[jobs.new]\n"),
        ("# only this", "# only this\n\n[jobs.new]\n"),
        ("jobs = {}", "jobs = { new = {} }"),
        ("jobs = { a = { x = '}' } } # c", "jobs = { a = { x = '}' }, new = {} } # c"),
        ("[jobs]\na = { cron = '@daily' }\n", "[jobs]\na = { cron = '@daily' }\n\n[jobs.new]\n"),
        ("jobs.a.cron = '@daily'\n", "jobs.a.cron = '@daily'\n\n[jobs.new]\n"),
    ],
)  # fmt: skip
def test_a_new_job_takes_to_the_manner_of_the_file(before, after):
    assert edit.add(before, "new", {}) == after


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ("jobs.backup.cron", "@daily", '"30 2 * * *"     # after', '"@daily"     # after'),
        ("version", 2, "version = 1", "version = 2"),
        ("strict", True, "version = 1\n", "version = 1\nstrict = true\n"),
        ("defaults.env.TZ", "UTC", '"1h"\n', None),
        ("defaults.retries", 2, '"1h"\n', '"1h"\nretries = 2\n'),
        ("jobs.backup.user", "ann", "a comment\n'''\n", "a comment\n'''\nuser = \"ann\"\n"),
        ("jobs.backup.env.PGPORT", 5432, '"db1"\n', '"db1"\nPGPORT = 5432\n'),
        ("jobs.verify.limits.nice", 5, "nice = 10", "nice = 5"),
        ("jobs.verify.limits.open_files", 9, '"2GiB"', '"2GiB", open_files = 9'),
        ("jobs.verify.after", ["a", "b"], '["backup"]', '["a", "b"]'),
        ("jobs.verify.limits", {"nice": 1}, '{ nice = 10, memory = "2GiB" }', "{ nice = 1 }"),
        ('jobs."a.b".cron', "@daily", None, '\n[jobs."a.b"]\ncron = "@daily"\n'),
    ],
)
def test_a_value_is_set_where_it_belongs(path, value, old, new):
    if new is None:
        old, new = SERVER, SERVER + '\n[defaults.env]\nTZ = "UTC"\n'
    expected = SERVER.replace(old, new) if old else SERVER + new
    assert edit.set_value(SERVER, path, value) == expected


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ("[a]\r\n  b = 1", "a.c", "[a]\r\n  b = 1\r\n  c = 7\r\n"),
        ("a.b = 1\n", "a.c", "a.b = 1\na.c = 7\n"),
        ("a.b.c = 1\n", "a.d", "a.b.c = 1\na.d = 7\n"),
        ("[a]\nb.c = 1\n[x]\n", "a.b.d", "[a]\nb.c = 1\nb.d = 7\n[x]\n"),
        ("[a.b]\nc = 1\n", "a.d", "[a.b]\nc = 1\n\n[a]\nd = 7\n"),
        ("a = {}", "a.b.c", "a = { b.c = 7 }"),
        ("[a]\n\n# c\n[b]\n", "a.c", "[a]\nc = 7\n\n# c\n[b]\n"),
        ("#:schema x\n# c\n[a]\n", "b", "#:schema x\nb = 7\n\n# c\n[a]\n"),
        ("", "b", "b = 7\n"),
        ("'a' . \"b\" = 1 # c", "a.b", "'a' . \"b\" = 7 # c"),
        ("a = [ # x\n 1 ]\n", "b", "a = [ # x\n 1 ]\nb = 7\n"),
    ],
)
def test_a_value_is_set_in_every_way_of_writing_tables(before, path, after):
    assert edit.set_value(before, path, 7) == after


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("jobs.backup", r"# dumps(.|\n)*db1\"\n\n"),
        ("jobs.verify", r"\n# sees(.|\n)*"),
        ("jobs.backup.env", r"\[jobs.backup.env\]\nPGHOST.*\n\n"),
        ("jobs.backup.cron", r"cron = \"30.*\n"),
        ("jobs.backup.tags", r"tags(.|\n)*?\]\n"),
        ("jobs.verify.limits.nice", r"nice = 10, "),
        ("jobs.verify.limits.memory", r", memory = \"2GiB\""),
        ("defaults", r"\[defaults\].*\n.*\n\n"),
        ("version", r"version = 1\n"),
    ],
)
def test_what_is_removed_goes_with_its_own_comments_alone(path, gone):
    expected = re.sub(gone, "", SERVER, count=1)
    assert edit.remove(SERVER, path) == expected != SERVER


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[jobs.a]\n# in a\n\n# alone\n\n# of b\n[jobs.b]\n", "# alone\n\n# of b\n[jobs.b]\n"),
        ("[jobs.a]\n# of b\n[jobs.b]\n", "# of b\n[jobs.b]\n"),
        ("#:schema x\n[jobs.a]\nx = 1\n", "#:schema x\n"),
        ("# c\n\n[jobs.a]\n# last", "# c\n"),
        ("[jobs]\na = {} # c\nb = {}\n", "[jobs]\nb = {}\n"),
        ("jobs = { a = {}, b = {} }", "jobs = { b = {} }"),
        ("jobs = { a.x = 1, a.y = 2 }", "jobs = {}"),
        ("jobs.a.x = 1\njobs.b.x = 2\njobs.a.y = 3\n", "jobs.b.x = 2\n"),
        ("[jobs.a]\n[jobs.b]\n[jobs.a.env]\nx = 1\n", "[jobs.b]\n"),
        ("[jobs.a]\n\n# between\n\n[[jobs.a.schedules]]\n\n[jobs.b]\n", "[jobs.b]\n"),
        ("[jobs.a]\r\nx = 1\r\n\r\n[jobs.b]\r\n", "[jobs.b]\r\n"),
    ],
)
def test_a_job_is_removed_in_every_way_of_writing_it(before, after):
    assert edit.remove(before, "jobs.a") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[jobs.a]\n[jobs.a.env] # a\n", '[jobs."b.c"]\n[jobs."b.c".env] # a\n'),
        ("[ jobs . 'a' ]\n", '[ jobs . "b.c" ]\n'),
        ("[jobs]\na = {}\na2 = {}\n", '[jobs]\n"b.c" = {}\na2 = {}\n'),
        ("jobs = { a = {} }", 'jobs = { "b.c" = {} }'),
        ("jobs.a.env.a = 'a'\n", "jobs.\"b.c\".env.a = 'a'\n"),
        ("[jobs.a]\n[jobs.x]\nafter=['y', 'a']", "[jobs.\"b.c\"]\n[jobs.x]\nafter=['y', \"b.c\"]"),
        ("jobs = { a = {}, x.after = ['a'] }", 'jobs = { "b.c" = {}, x.after = ["b.c"] }'),
    ],
)  # fmt: skip
def test_a_job_is_renamed_wherever_the_file_names_it(before, after):
    assert edit.rename(before, "a", "b.c") == after


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: edit.add(SERVER, "backup", {"cron": "@daily"}), EditError, "already"),
        (lambda: edit.rename(SERVER, "backup", "verify"), EditError, "already"),
        (lambda: edit.rename(SERVER, "none", "x"), UnknownError, "no jobs.none"),
        (lambda: edit.remove(SERVER, "jobs.none"), UnknownError, "no jobs.none"),
        (lambda: edit.remove(SERVER, "jobs.backup.cron.x"), EditError, "not a table"),
        (lambda: edit.set_value(SERVER, "jobs.backup.cron.x", 1), EditError, "not a table"),
        (lambda: edit.set_value(SERVER, "jobs.backup.tags", ["x"]), EditError, 'tags = ["x"]'),
        (lambda: edit.set_value(SERVER, "jobs.backup", 1), EditError, "[jobs]\nbackup = 1"),
        (lambda: edit.set_value(SERVER, "a b", 1), UnknownError, "not a key"),
        (lambda: edit.set_value(SERVER, "a = 1\nb", 1), UnknownError, "not a key"),
        (lambda: edit.set_value(SERVER, "", 1), UnknownError, "not a key"),
        (lambda: edit.set_value("a = [", "a", 1), UnusableError, "not valid TOML"),
        (lambda: edit.set_value("x = " + "[" * 9999, "a", 1), UnusableError, "not valid TOML"),
        (lambda: edit.set_value("", "a", "\ud800"), EditError, "by hand"),
    ],
)
def test_what_cannot_be_done_safely_is_refused_with_the_edit_to_make(call, kind, said):
    with pytest.raises(kind) as caught:
        call()
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("new", "proved"),
    [
        ("# c\na = 1\nb = 3\n", True),
        ("# c\na = 1\nb = 4\n", False),
        ("# c\na = 1\nb = 3.0\n", False),
        ("a = 1\nb = 3\n", False),
        ("# c\n# c\na = 1\nb = 3\n", False),
        ("# c\na = 0x1\nb = 3\n", False),
        ("# c\na = 1\nb = 3\nd = {}\n", False),
        ("# c\na = 1\nb = \n", False),
    ],
)
def test_an_edit_is_proved_by_its_result_alone(new, proved):
    old, wanted = "# c\na = 1\nb = 2\n", {"a": 1, "b": 3}
    assert is_proved(old, new, wanted, (("b",),), ()) is proved


def test_other_jobs_are_not_renamed_in_other_lists():
    text = "[jobs.a]\n[jobs.b]\ntags = ['a']\n[x.y]\nafter = ['a']\n[jobs.c.env]\nafter = 'a'\n"
    assert edit.rename(text, "a", "x") == text.replace("[jobs.a]", "[jobs.x]")
