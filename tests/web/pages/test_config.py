"""jobs.toml as a page: read, checked, edited, and brought back."""

import pytest

from jobrunner.engine.draft.check import Checked
from jobrunner.model.access import Role
from jobrunner.web import drafting
from jobrunner.web.site import Site
from tests.web.house import House
from tests.web.pages.sight import FORM, text_of, told_after, words_of

JOBS = """\
include = ["more/*.toml"]
[serve]
allow_edit = true

[notify.ops]
webhook = "https://hooks.example/sesame"

[jobs.hello]   # says hello
cron = "*/15 * * * *"
command = "echo hello"
"""
MORE = '[jobs.other]\ncommand = "true"\n'
CHANGED = JOBS.replace("echo hello", "echo changed")


@pytest.fixture
def library(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more/a.toml").write_text(MORE)
    return House(tmp_path, JOBS)


def seen(house, path="/config/edit"):
    text = house.client("admin").get(path, headers=FORM).text
    return text.partition('name="seen" value="')[2].partition('"')[0].replace("&#34;", '"')


def post(house, text, do="save", file="", **fields):
    data = {"file": file, "text": text.replace("\n", "\r\n"), "do": do}
    data["seen"] = fields.pop("seen", None) or seen(house, f"/config/edit?file={file}")
    client = fields.pop("client", None) or house.client("admin")
    return client.post("/config/edit", data=data | fields, headers=FORM)


def deeds(house):
    with house.scene() as scene:
        return scene.store.deeds(limit=9)


def test_the_text_is_shown_line_by_line(library):
    text = text_of(library.client("admin"), "/config")
    assert 'id="line-8">[jobs.hello]   # says hello\n' in text
    assert "Free of errors: 2 jobs." in words_of(text)
    assert "sesame" in text


def test_who_may_not_edit_sees_no_secrets_and_why(tmp_path):
    house = House(tmp_path, JOBS.replace("allow_edit = true", ""))
    text = text_of(house.client("admin"), "/config")
    assert ("sesame" in text, "allow_edit = true" in text) == (False, True)
    assert "/config/edit" not in text


def test_what_is_wrong_is_told_with_its_line_and_marked_there(library):
    library.file.write_text(JOBS.replace("*/15", "61"))
    text = text_of(library.client("admin"), "/config")
    assert "1 error: what was good before goes on" in words_of(text)
    assert 'href="/config?file=jobs.toml#line-9"' in text
    assert '<span class="row is-bad" id="line-9">' in text


def test_each_file_that_declares_jobs_is_shown_and_no_other(library):
    client = library.client("admin")
    assert 'command = "true"' in text_of(client, "/config?file=more/a.toml").replace("&#34;", '"')
    for path in ("../jobs.toml", "/etc/passwd", "more/../more/a.toml", "nothing"):
        text_of(client, f"/config?file={path}", status=404)
        text_of(client, f"/config/edit?file={path}", status=404)


def test_a_text_is_saved_as_it_is_and_what_it_means_is_told(library):
    client = library.client("admin")
    answer = post(library, CHANGED, client=client)
    assert "Saved. 1 job changed: hello command echo hello -&gt; echo changed" in told_after(
        client, answer
    )
    assert library.file.read_text() == CHANGED
    (deed,) = deeds(library)
    assert (deed.who, deed.action, deed.subject) == ("admin", "config.write", str(library.file))
    assert '+command = "echo changed"' in deed.detail


def test_line_ends_of_a_file_are_kept(library):
    library.file.write_bytes(JOBS.replace("\n", "\r\n").encode())
    post(library, CHANGED)
    assert library.file.read_bytes() == CHANGED.replace("\n", "\r\n").encode()


def test_an_included_file_is_saved_on_its_own(library, tmp_path):
    assert post(library, MORE.replace("true", "false"), file="more/a.toml").status_code == 303
    assert (tmp_path / "more/a.toml").read_text() == MORE.replace("true", "false")
    assert library.file.read_text() == JOBS


def test_a_check_tells_what_differs_and_writes_nothing(library):
    told = words_of(post(library, CHANGED, do="check").text)
    assert "Free of errors" in told
    assert '+command = "echo changed"' in told.replace("&#34;", '"')
    assert (library.file.read_text(), deeds(library)) == (JOBS, [])
    assert "Nothing differs" in words_of(post(library, JOBS, do="save").text)


def test_a_text_with_errors_is_not_saved_and_stays_in_the_editor(library):
    wrong = JOBS.replace("*/15", "61").replace("command", "commnd")
    answer = post(library, wrong)
    told = words_of(answer.text)
    assert (answer.status_code, library.file.read_text()) == (422, JOBS)
    assert "2 errors, so that it is not saved" in told
    assert "line 9, column 9" in told
    assert "commnd" in told
    assert [(one.action, one.outcome) for one in deeds(library)] == [("config.write", "refused")]


@pytest.mark.parametrize("do", ["check", "save"])
def test_a_text_that_takes_for_ever_to_judge_is_not_saved(library, monkeypatch, do):
    late = Checked(is_late=True)
    monkeypatch.setattr(drafting, "check_apart", lambda *_: late)
    answer = post(library, CHANGED, do=do)
    assert (answer.status_code, library.file.read_text()) == (422, JOBS)
    assert "It takes too long to judge" in words_of(answer.text)


def test_a_file_that_was_changed_meanwhile_is_left_and_both_are_shown(library):
    before = seen(library)
    theirs = JOBS.replace("echo hello", "echo theirs")
    library.file.write_text(theirs)
    answer = post(library, CHANGED, seen=before)
    told = words_of(answer.text)
    assert (answer.status_code, library.file.read_text()) == (412, theirs)
    assert "Somebody changed the file meanwhile" in told
    assert ("-command = &#34;echo theirs" in told, "echo changed" in told) == (True, True)
    assert post(library, CHANGED).status_code == 303


def test_versions_are_listed_compared_and_restored(library):
    post(library, CHANGED)
    client = library.client("admin")
    listed = words_of(text_of(client, "/config/versions"))
    assert "jobs.hello" in listed
    told = words_of(text_of(client, "/config/versions/1"))
    assert "From version 1 to now" in told
    assert "Restore version 1" in told
    form = {"seen": seen(library, "/config/versions/1")}
    answer = client.post("/config/versions/1/restore", data=form, headers=FORM)
    assert "Saved. 1 job changed" in told_after(client, answer)
    assert library.file.read_text() == JOBS
    assert deeds(library)[0].detail.startswith("version 1\n")


def test_two_versions_are_compared(library):
    post(library, CHANGED)
    post(library, CHANGED.replace("changed", "again"))
    told = words_of(text_of(library.client("admin"), "/config/versions/1?to=2"))
    assert "From version 1 to version 2" in told
    assert "echo changed" in told
    for path in ("/config/versions/99", "/config/versions/1?to=x", "/config/versions/1?to=99"):
        text_of(library.client("admin"), path, status=404)


def test_a_version_is_not_restored_over_what_nobody_saw(library):
    post(library, CHANGED)
    form = {"seen": seen(library, "/config/versions/1")}
    library.file.write_text(JOBS.replace("echo hello", "echo theirs"))
    client = library.client("admin")
    answer = client.post("/config/versions/1/restore", data=form, headers=FORM)
    assert "The file was changed meanwhile" in told_after(client, answer)
    assert "echo theirs" in library.file.read_text()


def test_a_version_that_has_errors_now_is_not_restored(library, tmp_path):
    post(library, CHANGED)
    (tmp_path / "more/a.toml").write_text('[jobs.hello]\ncommand = "true"\n')
    library.file.write_text(JOBS.partition("[jobs.hello]")[0])
    client = library.client("admin")
    told = words_of(text_of(client, "/config/versions/1"))
    assert "It cannot be used any more" in told
    form = {"seen": seen(library, "/config/versions/1")}
    client.post("/config/versions/1/restore", data={"seen": "*"} | form, headers=FORM)
    assert "[jobs.hello]" not in library.file.read_text()


PATHS = ("/config", "/config/versions", "/config/versions/1")


def statuses(client, library):
    """What is answered to reading, and to writing."""
    form = {"text": CHANGED, "do": "save", "seen": "*"}
    read = {client.get(path, headers=FORM).status_code for path in PATHS}
    written = {
        client.post(path, data=form, headers=FORM).status_code
        for path in ("/config/edit", "/config/versions/1/restore")
    }
    return read, written


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_admins_read_and_write_it(library, role):
    assert statuses(library.client(role), library) == ({403}, {403})


def test_a_token_for_some_jobs_reads_and_writes_nothing_of_it(library):
    secret = library.token("some", Role.ADMIN, jobs=("hello",))
    assert statuses(library.client(secret=secret), library) == ({403}, {403})


def test_as_another_user_than_the_supervisor_it_is_read_alone(library, monkeypatch):
    post(library, JOBS.replace("echo hello", "echo first"))
    monkeypatch.setattr(Site, "is_owners", False)
    assert statuses(library.client("admin"), library) == ({200}, {403})
    assert "sesame" not in text_of(library.client("admin"), "/config")
