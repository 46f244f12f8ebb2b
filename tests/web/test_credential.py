"""Who calls is asked of every request, and loopback is no answer."""

import pytest

from jobrunner.engine.access import first
from jobrunner.engine.access.first import FirstLink
from tests.web.house import House

STATUS = "/api/v1/status"
PROXIED = """
[serve]
user_header = "Remote-User"
trusted_proxies = ["10.0.0.0/8"]
[jobs.a]
command = "true"
"""


@pytest.fixture
def proxied(tmp_path):
    """Somebody behind a trusted proxy."""
    client = House(tmp_path, PROXIED).client()
    client._transport.client = ("10.1.2.3", 5)
    return client


def test_without_a_token_nothing_is_told(house):
    answer = house.client().get(STATUS)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", [b"Bearer ", b"Bearer x", "Bearer \u00fc".encode(), b"Bearer " + b"j" * 9000]
)
def test_a_token_that_is_none_is_refused(house, header):
    answer = house.client().get(STATUS, headers={"Authorization": header})
    assert answer.status_code == 401


def test_who_guesses_has_to_wait(house):
    client = house.client(secret="wrong")
    statuses = [client.get(STATUS).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


def test_who_has_to_wait_is_told_how_long(house):
    client = house.client(secret="wrong")
    answer = [client.get(STATUS) for _ in range(11)][-1]
    assert 0 < int(answer.headers["retry-after"]) <= 60


def test_who_has_a_good_token_does_not_wait_for_others_who_guess(house):
    for _ in range(11):
        house.client(secret="wrong").get(STATUS)
    assert house.client("viewer").get(STATUS).status_code == 200


def test_anybody_may_look_where_the_file_says_so(tmp_path):
    house = House(tmp_path, '[serve]\nanonymous = "viewer"\n[jobs.a]\ncommand = "true"\n')
    assert house.client().get(STATUS).status_code == 200


def test_a_name_that_a_trusted_proxy_vouches_for_has_the_role_of_its_token(tmp_path):
    text = '[serve]\nuser_header = "Remote-User"\ntrusted_proxies = ["10.0.0.0/8"]\n'
    house = House(tmp_path, f'{text}[jobs.a]\ncommand = "true"\n')
    named = {"Remote-User": "viewer"}
    proxied = house.client()
    proxied._transport.client = ("10.1.2.3", 5)
    assert proxied.get(STATUS, headers=named).status_code == 200
    assert house.client().get(STATUS, headers=named).status_code == 401


@pytest.mark.parametrize("names", [("viewer", "admin"), ("", "admin"), ("admin", "admin")])
def test_a_proxy_that_adds_its_name_to_that_of_a_visitor_is_not_believed(proxied, names):
    answer = proxied.get(STATUS, headers=[("Remote-User", name) for name in names])
    assert answer.status_code == 403
    assert "replace" in answer.json()["detail"]


def test_a_proxy_cannot_vouch_for_the_token_behind_a_sign_in_link(tmp_path):
    text = '[serve]\nuser_header = "Remote-User"\ntrusted_proxies = ["10.0.0.0/8"]\n'
    house = House(tmp_path, f'{text}[jobs.a]\ncommand = "true"\n')
    now = house.clock.now()
    with house.scene() as scene:
        link = FirstLink(now)
        assert link.redeem(link.code, scene.store, now=now, address="x")
        (made,) = [one for one in scene.store.tokens() if one.created_by == first.BY]
    proxied = house.client()
    proxied._transport.client = ("10.1.2.3", 5)
    assert proxied.get(STATUS, headers={"Remote-User": made.name}).status_code == 403
