"""What cannot be shown is told in a page, without anything of what went wrong inside."""

import pytest

PAGE = {"Accept": "text/html"}


def test_a_page_that_is_not_there_says_so_in_the_visitors_frame(house):
    answer = house.client("viewer").get("/nothing", headers=PAGE)
    assert answer.status_code == 404
    assert "There is nothing of that name" in answer.text
    assert ">viewer</b>" in answer.text


def test_a_stranger_sees_no_name_of_the_host_or_its_jobs(house):
    answer = house.client().get("/nothing", headers=PAGE)
    assert answer.status_code == 404
    assert "Sign out" not in answer.text


def test_a_bad_token_is_answered_with_a_way_in(house):
    answer = house.client(secret="jr_wrong").get("/", headers=PAGE)
    assert answer.status_code == 401
    assert 'href="/sign-in"' in answer.text


@pytest.mark.parametrize("path", ["/<script>alert(1)</script>", "/?<img src=x onerror=alert(1)>=1"])
def test_what_was_asked_for_is_no_markup(house, path):
    text = house.client("viewer").get(path, headers=PAGE).text
    assert "<script>alert" not in text
    assert "<img src=x" not in text


def test_a_program_is_told_the_same_as_a_problem(house):
    answer = house.client("viewer").get("/nothing")
    assert answer.headers["content-type"] == "application/problem+json"
