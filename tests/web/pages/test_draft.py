"""Jobs added, edited, removed and switched by forms, in real files."""

import pytest

from jobrunner.model.access import Role
from jobrunner.web.site import Site
from tests.web.house import House
from tests.web.pages.sight import FORM, text_of, told_after, words_of

JOBS = """\
# Ask ann before you change this.
[serve]
allow_edit = true

[notify.ops]
webhook = "https://hooks.example/sesame"

[jobs.hello]   # says hello
cron = "*/15 * * * *"  # four times an hour
command = "echo hello"
umask = "027"

[jobs.after]
after = ["hello"]
command = "true"
"""
NEW = {
    "name": "backup",
    "kind": "command",
    "command": "pg_dump app\r\ndone",
    "when": "daily",
    "daily": "02:30",
    "enabled": "yes",
    "timeout": "2h",
}
HELLO = {"kind": "command", "command": "echo hello", "when": "cron", "enabled": "yes"}


@pytest.fixture
def study(tmp_path):
    return House(tmp_path, JOBS)


def seen(house, path="/jobs/hello/edit"):
    """What a form was made of."""
    text = house.client("admin").get(path, headers=FORM).text
    return text.partition('name="seen" value="')[2].partition('"')[0].replace("&#34;", '"')


def post(house, path, fields, role="admin", **more):
    return house.client(role, **more).post(path, data=fields, headers=FORM)


def deeds(house):
    with house.scene() as scene:
        return scene.store.deeds(limit=9)


def test_a_new_job_is_shown_before_it_is_written(study):
    answer = post(study, "/config/add", NEW | {"do": "preview"})
    told = words_of(answer.text)
    for words in ("At 02:30", "[jobs.backup]", 'cron = "30 2 * * *"', 'timeout = "2h"', "Save"):
        assert words in told.replace("&#34;", '"'), words
    assert study.file.read_text() == JOBS
    assert deeds(study) == []


def test_a_new_job_is_written_to_the_end_and_told(study):
    client = study.client("admin")
    answer = client.post("/config/add", data=NEW | {"do": "save"}, headers=FORM)
    assert answer.headers["location"] == "/jobs/backup"
    assert "Saved. 1 job added: backup added" in told_after(client, answer)
    text = study.file.read_text()
    assert text.startswith(JOBS)
    assert 'command = """\npg_dump app\ndone"""' in text
    assert [(one.who, one.action, one.subject) for one in deeds(study)] == [
        ("admin", "job.create", "backup")
    ]


def test_an_edit_changes_its_key_alone_and_the_audit_has_the_lines(study):
    wanted = HELLO | {"cron": "0 * * * *", "seen": seen(study), "do": "save"}
    answer = post(study, "/jobs/hello/edit", wanted)
    assert answer.headers["location"] == "/jobs/hello"
    assert study.file.read_text() == JOBS.replace('"*/15 * * * *"', '"0 * * * *"')
    (deed,) = deeds(study)
    assert (deed.action, deed.subject) == ("job.write", "hello")
    assert '+cron = "0 * * * *"  # four times an hour' in deed.detail
    assert "sesame" not in deed.detail


def test_secrets_of_a_job_are_starred_out_in_the_audit(study):
    fields = {"kind": "http", "http.url": "https://a.example/sesame", "when": "hand"}
    post(study, "/jobs/hello/edit", fields | {"enabled": "yes", "seen": seen(study), "do": "save"})
    assert "https://a.example/sesame" in study.file.read_text()
    assert ("sesame" in deeds(study)[0].detail, "url = ***" in deeds(study)[0].detail) == (
        False,
        True,
    )


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_written(study):
    wanted = HELLO | {"cron": "61 * * * *", "timeout": "soon", "do": "save", "seen": seen(study)}
    answer = post(study, "/jobs/hello/edit", wanted)
    assert answer.status_code == 422
    for field in ("cron", "timeout"):
        assert f'id="{field}-error"' in answer.text
    assert "61 * * * *" in answer.text  # what was typed is there still
    assert study.file.read_text() == JOBS
    assert [(one.action, one.outcome) for one in deeds(study)] == [("job.write", "refused")]


def test_a_job_that_was_changed_meanwhile_is_not_overwritten_and_both_are_shown(study):
    before = seen(study)
    changed = JOBS.replace("echo hello", "echo theirs")
    study.file.write_text(changed)
    wanted = HELLO | {"command": "echo mine", "cron": "*/15 * * * *", "seen": before, "do": "save"}
    answer = post(study, "/jobs/hello/edit", wanted)
    told = words_of(answer.text)
    assert answer.status_code == 412
    assert "Somebody changed this job meanwhile" in told
    assert ("echo theirs" in told, "echo mine" in told) == (True, True)
    assert study.file.read_text() == changed
    again = post(study, "/jobs/hello/edit", wanted | {"seen": seen(study)})
    assert (again.status_code, "echo mine" in study.file.read_text()) == (303, True)


def test_another_part_of_the_file_may_change_meanwhile(study):
    before = seen(study)
    study.file.write_text(JOBS.replace("# Ask ann", "# Ask bob"))
    wanted = HELLO | {"cron": "5 * * * *", "seen": before, "do": "save"}
    assert post(study, "/jobs/hello/edit", wanted).status_code == 303
    assert "# Ask bob" in study.file.read_text()


@pytest.mark.parametrize("name", ["", "hello", "a b/..", "x" * 300, "<script>alert(1)</script>"])
def test_a_name_that_cannot_be_is_told(study, name):
    answer = post(study, "/config/add", NEW | {"name": name, "do": "save"})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert study.file.read_text() == JOBS


def test_a_job_that_is_called_as_a_form_has_its_page(study):
    post(study, "/config/add", NEW | {"name": "add", "do": "save"})
    assert "Edit add" in text_of(study.client("admin"), "/jobs/add/edit")
    assert text_of(study.client("admin"), "/jobs/add")


def test_the_form_is_made_of_what_the_file_says(study):
    text = text_of(study.client("admin"), "/jobs/hello/edit")
    assert "\n*/15 * * * *</textarea>" in text
    assert 'value="command" checked' in text
    assert "Not on this form: umask" in words_of(text)


def test_a_job_is_removed_after_a_question_with_its_comments(study):
    study.file.write_text(JOBS.partition("[jobs.after]")[0])
    asked = text_of(study.client("admin"), "/jobs/hello/remove")
    assert "-[jobs.hello] # says hello" in words_of(asked)
    old = seen(study, "/jobs/hello/remove")
    answer = post(study, "/jobs/hello/remove", {"seen": old})
    assert answer.headers["location"] == "/"
    assert ("hello" in study.file.read_text(), "# Ask ann" in study.file.read_text()) == (
        False,
        True,
    )
    assert (deeds(study)[0].action, deeds(study)[0].outcome) == ("job.remove", "done")


def test_a_job_that_others_wait_for_is_not_removed(study):
    assert "after starts after hello" in words_of(
        text_of(study.client("admin"), "/jobs/hello/remove")
    )
    post(study, "/jobs/hello/remove", {"seen": "*"})
    assert study.file.read_text() == JOBS


def test_a_removal_of_what_was_changed_meanwhile_is_asked_again(study):
    old = seen(study, "/jobs/after/remove")
    study.file.write_text(JOBS.replace('"true"', '"false"'))
    client = study.client("admin")
    answer = client.post("/jobs/after/remove", data={"seen": old}, headers=FORM)
    assert "The file was changed meanwhile" in told_after(client, answer)
    assert "[jobs.after]" in study.file.read_text()


def test_a_job_is_switched_off_and_on_in_the_file(study):
    client = study.client("admin")
    answer = client.post("/jobs/hello/disable", headers=FORM)
    assert "hello enabled - -&gt; false" in told_after(client, answer)
    assert "enabled = false" in study.file.read_text()
    client.post("/jobs/hello/enable", headers=FORM)
    assert "enabled = true" in study.file.read_text()
    assert [one.action for one in deeds(study)] == ["job.write", "job.write"]


PATHS = ("/config/add", "/jobs/hello/edit", "/jobs/hello/remove")
POSTS = (*PATHS, "/jobs/hello/enable", "/jobs/hello/disable")


def assert_shut(house, **who):
    client = house.client(**who)
    assert {client.get(path, headers=FORM).status_code for path in PATHS} == {403}
    fields = NEW | {"seen": "*", "do": "save"}
    answers = [client.post(path, data=fields, headers=FORM) for path in POSTS]
    assert {answer.status_code for answer in answers} == {403}


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_admins_write_jobs(study, role):
    assert_shut(study, role=role)
    assert study.file.read_text() == JOBS


def test_nobody_writes_jobs_unless_the_file_says_so(tmp_path):
    house = House(tmp_path, JOBS.replace("allow_edit = true", "allow_edit = false"))
    assert_shut(house, role="admin")


def test_nobody_writes_jobs_of_another_users_supervisor(study, monkeypatch):
    monkeypatch.setattr(Site, "is_owners", False)
    assert_shut(study, role="admin")


def test_a_token_for_some_jobs_writes_none(study):
    secret = study.token("some", Role.ADMIN, jobs=("hel*",))
    assert_shut(study, secret=secret)
    assert study.file.read_text() == JOBS
