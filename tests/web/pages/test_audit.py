"""The audit on a page: found by who, what and to what, page by page."""

import re
from pathlib import Path

import pytest

import jobrunner
from jobrunner.engine.access import audit
from jobrunner.model.access import Role
from jobrunner.web.pages.audit import ACTIONS
from tests.web.pages.sight import FORM, text_of, words_of
from tests.web.seed import HOSTILE

DIFF = '--- before\n+++ after\n@@ -1 +1 @@\n-command = "a"\n+command = "b"'

DEED = re.compile(r'\b(?:deed|refusals|note)\((?:\s*[\w.]+,)*\s*"([a-z]+\.[a-z]+)"')
GUIDE = Path(__file__).parents[3] / "docs" / "access.md"


def note(house, who, action, *told):
    with house.scene() as scene:
        now = house.clock.now()
        audit.note(scene.store, who, action, *told, address="10.0.0.1", now=now)


@pytest.fixture
def busy(house):
    note(house, "ann", "job.run", "hello")
    note(house, "bob", "job.write", "report", DIFF)
    note(house, "eve", "config.write", "/etc/jobs.toml", HOSTILE, "refused")
    return house


def subjects(house, query=""):
    text = text_of(house.client("admin"), f"/audit{query}").partition("<tbody")[2]
    return [name for name in ("hello", "report", "/etc/jobs.toml") if name in text]


def test_who_did_what_from_where_is_shown_newest_first(busy):
    words = words_of(text_of(busy.client("admin"), "/audit"))
    assert "eve 10.0.0.1 config.write /etc/jobs.toml" in words
    assert words.index("eve") < words.index("bob") < words.index("ann")
    assert "refused" in words


def test_what_was_changed_is_coloured_line_by_line(busy):
    text = text_of(busy.client("admin"), "/audit")
    assert '<span class="removed">-command = &#34;a&#34;' in text
    assert '<span class="added">+command = &#34;b&#34;' in text
    assert '<span class="removed">--- before' not in text


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("?who=BOB", ["report"]),
        ("?action=job.", ["hello", "report"]),
        ("?subject=jobs.toml", ["/etc/jobs.toml"]),
        ("?who=ann&action=config", []),
        ("?who=%3Cscript%3Ealert(1)%3C/script%3E", []),
    ],
)
def test_it_is_searched(busy, query, wanted):
    assert subjects(busy, query) == wanted


def test_every_deed_is_proposed_and_told_in_the_guide():
    source = [*Path(jobrunner.__file__).parent.rglob("*.py")]
    noted = {name for file in source for name in DEED.findall(file.read_text())}
    assert {"job.run", "session.begin", "token.create"} <= noted <= set(ACTIONS)
    assert set(ACTIONS) <= set(re.findall(r"`([a-z]+\.[a-z]+)`", GUIDE.read_text()))


def test_it_is_paged(house):
    for number in range(120):
        note(house, "ann", "job.run", f"number-{number:03}")
    client = house.client("admin")
    first = text_of(client, "/audit?who=ann")
    assert ("number-119" in first, "number-069" in first) == (True, False)
    assert 'href="/audit?who=ann&amp;before=71"' in first
    assert "number-069" in text_of(client, "/audit?who=ann&before=71")
    assert "Older" not in text_of(client, "/audit?who=ann&before=21")


@pytest.mark.parametrize("query", ["?before=x", "?before=0", "?whom=ann"])
def test_what_it_cannot_be_asked_is_refused(house, query):
    text_of(house.client("admin"), f"/audit{query}", status=422 if "before" in query else 400)


def test_only_admins_of_every_job_see_it(house):
    some = house.token("some", Role.ADMIN, jobs=("hello",))
    for client in (house.client("viewer"), house.client("operator"), house.client(secret=some)):
        assert client.get("/audit", headers=FORM).status_code == 403
