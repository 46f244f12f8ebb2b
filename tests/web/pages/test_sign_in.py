"""Who signs in gets a session that no script and no other site can use; who may not, gets none."""

import pytest

from jobrunner.engine.access.first import FirstLink
from tests.build import NOON, FakeClock
from tests.web.house import House

PAGE = {"Accept": "text/html"}
OURS = {"Sec-Fetch-Site": "same-origin"} | PAGE


def sign_in(client, secret, **more):
    return client.post("/sign-in", data={"token": secret} | more, headers=OURS)


def deeds(house):
    with house.scene() as scene:
        return [(deed.action, deed.who, deed.outcome) for deed in scene.store.deeds(limit=9)]


def test_a_token_is_exchanged_for_a_session(house):
    client = house.client()
    answer = sign_in(client, house.secrets["viewer"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/api/v1/status").status_code == 200
    assert ("session.begin", "viewer", "done") in deeds(house)


def test_no_script_and_no_other_site_gets_the_cookie(house):
    cookie = sign_in(house.client(), house.secrets["viewer"]).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert house.secrets["viewer"] not in cookie


def test_over_tls_the_cookie_is_bound_to_this_host(house):
    client = house.client()
    client.base_url = "https://localhost:8787"
    cookie = sign_in(client, house.secrets["viewer"]).headers["set-cookie"]
    assert cookie.startswith("__Host-jobrunner-")
    assert "Secure" in cookie
    assert "Path=/;" in cookie


@pytest.mark.parametrize("secret", ["", "jr_x", "\N{SNOWMAN}", "<script>"])
def test_another_token_is_refused_and_noted(house, secret):
    answer = sign_in(house.client(), secret)
    assert answer.status_code == 401
    assert "unknown, expired or revoked" in answer.text
    assert deeds(house)[0] == ("session.begin", "unknown", "refused")


def test_who_guesses_has_to_wait(house):
    client = house.client()
    answers = [sign_in(client, "jr_wrong").status_code for _ in range(11)]
    assert answers[-1] == 429
    assert sign_in(client, house.secrets["admin"]).status_code == 429


def test_who_was_on_the_way_to_a_page_gets_there(house):
    client = house.client()
    sent = client.get("/jobs/hello?at=02:30", headers=PAGE).headers["location"]
    assert sent == "/sign-in?next=%2Fjobs%2Fhello%3Fat%3D02%3A30"
    assert 'value="/jobs/hello?at=02:30"' in client.get(sent).text
    answer = sign_in(client, house.secrets["viewer"], next="/jobs/hello?at=02:30")
    assert answer.headers["location"] == "/jobs/hello?at=02:30"


ELSEWHERE = (
    *("//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"),
    *("/a\r\nB: c", "", "\N{SNOWMAN}", "/ /evil.example", "/\t/evil.example"),
)


@pytest.mark.parametrize("path", ELSEWHERE)
def test_nobody_is_sent_to_another_site(house, path):
    answer = sign_in(house.client(), house.secrets["viewer"], next=path)
    assert answer.headers["location"] == "/"


def test_the_page_offers_the_door_that_the_visitor_has(tmp_path):
    text = '[serve]\nanonymous = "viewer"\n'
    open_house = House(tmp_path, text)
    assert 'href="/sign-in"' in open_house.client().get("/", headers=PAGE).text
    assert "/sign-out" not in open_house.client("viewer").get("/", headers=PAGE).text
    client = open_house.client()
    sign_in(client, open_house.secrets["viewer"])
    assert 'formaction="/sign-out"' in client.get("/", headers=PAGE).text


def test_signing_out_ends_the_session(house):
    client = house.client()
    sign_in(client, house.secrets["viewer"])
    kept = dict(client.cookies)
    assert client.post("/sign-out", headers=OURS).headers["location"] == "/sign-in"
    client.cookies.update(kept)
    assert client.get("/api/v1/status").status_code == 401
    assert deeds(house)[0] == ("session.end", "viewer", "done")


def test_a_page_of_another_site_signs_nobody_in_or_out(house):
    client = house.client()
    other = {"Sec-Fetch-Site": "cross-site"} | PAGE
    form = {"token": house.secrets["admin"]}
    assert client.post("/sign-in", data=form, headers=other).status_code == 403
    assert client.post("/sign-out", headers=other).status_code == 403


@pytest.fixture
def inn(tmp_path):
    """A house whose server has shown a link."""
    made = House(tmp_path, clock=FakeClock())
    made.site.link = FirstLink(NOON)
    return made


def test_a_link_signs_in_once(inn):
    path = f"/sign-in?code={inn.site.link.code}"
    client = inn.client()
    assert client.get(path, headers=PAGE).headers["location"] == "/"
    assert client.get("/api/v1/status").status_code == 200
    again = inn.client().get(path, headers=PAGE)
    assert again.status_code == 401
    assert inn.site.link.code not in again.text


def test_a_link_that_another_page_points_to_asks_first(inn):
    client = inn.client()
    code = inn.site.link.code
    asked = client.get(f"/sign-in?code={code}", headers={"Sec-Fetch-Site": "cross-site"})
    assert asked.status_code == 200
    assert "set-cookie" not in asked.headers
    assert client.post("/sign-in", data={"code": code}, headers=OURS).status_code == 303


def test_no_page_that_follows_is_told_of_the_code(inn):
    code = inn.site.link.code
    for headers in ({"Sec-Fetch-Site": "cross-site"}, PAGE):
        answer = inn.client().get(f"/sign-in?code={code}", headers=headers)
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("code", ["x", "\N{SNOWMAN}", "a" * 5000])
def test_a_wrong_code_signs_nobody_in(inn, code):
    answer = inn.client().get("/sign-in", params={"code": code}, headers=PAGE)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
