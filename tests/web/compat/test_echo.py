"""What answers what it was sent."""

import pytest

HEADERS = {"X-Api-Key": "sesame", "X-Kind": "invoice", "Cookie": "a=sesame"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_what_is_sent_is_answered_without_what_is_secret(house, method):
    headers = HEADERS | {"Sec-Fetch-Site": "same-origin"}
    client = house.client("viewer")
    url = "/api/compat/echo?kind=a&token=sesame"
    answer = client.request(method, url, headers=headers, content=b'{"b": "\xff"}')
    told = answer.json()
    assert (told["method"], told["query"]) == (method, {"kind": "a", "token": "***"})
    assert (told["headers"]["x-kind"], told["headers"]["x-api-key"]) == ("invoice", "***")
    assert (told["body"], told["body_bytes"]) == ('{"b": "\ufffd"}', 10)
    assert "sesame" not in answer.text
    assert house.secrets["viewer"] not in answer.text


def test_a_long_body_is_cut(house):
    content = b"x" * 100_000
    told = house.client("viewer").post("/api/compat/echo", content=content).json()
    assert (len(told["body"]), told["body_bytes"], told["is_cut"]) == (65536, 100_000, True)


def test_nobody_without_a_token_is_answered(house):
    assert house.client().post("/api/compat/echo").status_code == 401


def test_a_job_can_be_tried_against_it(house):
    answer = house.client("viewer").post("/api/compat/echo", json={"kind": "invoice"})
    assert answer.json()["headers"]["content-type"] == "application/json"
    assert answer.json()["body"].replace(" ", "") == '{"kind":"invoice"}'
