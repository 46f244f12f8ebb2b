"""Jobs from forms: the edit that they ask for, and what is wrong with it at which field."""

import pytest

from jobrunner.engine.draft.emend import FieldError
from jobrunner.engine.draft.proposal import Proposal, by_field, usual
from jobrunner.engine.draft.site import survey
from jobrunner.engine.draft.trial import rewrite
from jobrunner.errors import JobrunnerError
from tests.build import NOON
from tests.engine.draft.desk import make_asker

TEXT = """\
# ours
include = ["more.toml"]

[jobs.backup]   # nightly
cron = "30 2 * * *"  # half past two
command = "dump"
umask = "027"
"""
MORE = '[jobs.other]\ncommand = "true"\n'
NEW = {"kind": "command", "command": "true", "when": "daily", "daily": "09:30", "enabled": "yes"}


@pytest.fixture
def propose(tmp_path):
    file = tmp_path / "jobs.toml"
    file.write_text(TEXT)
    (tmp_path / "more.toml").write_text(MORE)

    def propose(name, *, is_new=False, **fields):
        site = survey(str(file), make_asker(tmp_path))
        named = {key.replace("__", "."): text for key, text in fields.items()}
        return Proposal(site, name, named, NOON, is_new=is_new)

    return propose


def faults(proposal):
    with pytest.raises((FieldError, JobrunnerError)) as refused:
        proposal.preview()
    return by_field(proposal.faults(refused.value))


def test_an_edit_keeps_comments_and_keys_that_no_field_is_about(propose):
    proposal = propose("backup", when="cron", cron="0 3 * * *", enabled="yes")
    rewrite(proposal.trial, proposal.change, proposal.object)
    new = TEXT.replace('"30 2 * * *"', '"0 3 * * *"')
    assert proposal.preview().old == new


def test_a_job_of_an_included_file_is_edited_there(propose):
    draft = propose("other", command="false", enabled="yes").preview()
    assert (draft.old, draft.new) == (MORE, MORE.replace("true", "false"))


def test_a_new_job_goes_to_the_end_of_the_main_file(propose):
    draft = propose("fresh", is_new=True, **NEW).preview()
    assert draft.new == TEXT + '\n[jobs.fresh]\ncron = "30 9 * * *"\ncommand = "true"\n'


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"cron": "61 * * * *"}, "cron", "minute"),
        ({"timeout": "soon"}, "timeout", "duration"),
        ({"retries": "two"}, "retries", "two"),
        ({"retries": "1", "retry__delay": "x"}, "retry.delay", "duration"),
        ({"notify": "these", "notify.ops": "yes"}, "notify", "ops"),
        ({"timezone": "Europe/Berln"}, "timezone", "Europe/Berlin"),
        ({"start": "soon"}, "start", "2026-12-01"),
        ({"overlap": "maybe"}, "overlap", "skip"),
        ({"kind": "http", "http__url": "ftp://x"}, "http.url", "http"),
        ({"command": ""}, "", "command"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(propose, fields, field, words):
    found = faults(propose("backup", **({"enabled": "yes", "when": "cron"} | fields)))
    assert [*found] == [field]
    assert words in found[field]


def test_a_new_job_needs_a_name_that_is_free_and_a_time_that_is_ahead(propose):
    assert [*faults(propose("", is_new=True, **NEW))] == ["name"]
    assert [*faults(propose("other", is_new=True, **NEW))] == ["name"]
    past = NEW | {"when": "at", "at": "2020-01-01 09:00"}
    assert "all its times are past" in faults(propose("late", is_new=True, **past))[""]


def test_what_is_wrong_in_another_file_is_told_without_a_field(propose, tmp_path):
    proposal = propose("backup", enabled="yes")
    (tmp_path / "more.toml").write_text("[jobs.other]\ncommnd = 1\n")
    assert "E101, line 2" in faults(proposal)[""]


def test_what_holds_where_nothing_is_said_is_that_of_the_file(propose, tmp_path):
    (tmp_path / "more.toml").write_text(f'[defaults]\ntimeout = "3h"\n{MORE}')
    proposal = propose("other")
    held = [usual(proposal.site, file) for file in (proposal.site.main, proposal.trial.file)]
    assert [job.timeout and job.timeout.total_seconds() for job in held] == [None, 10800]
    (tmp_path / "more.toml").write_text("= broken")
    assert usual(proposal.site, proposal.trial.file) is None
