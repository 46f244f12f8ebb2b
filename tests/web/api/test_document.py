"""The document of the API: valid, complete, reviewed; and the pages that are made of it."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from jobrunner.web.problem import KINDS
from jobrunner.web.remedy import REMEDIES

DOCUMENT = Path(__file__).with_name("openapi.json")
METHODS = ("get", "post", "put", "patch", "delete")
BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def document(viewer):
    return viewer.get("/api/openapi.json").json()


@pytest.fixture(scope="module")
def operations(document):
    return [
        (f"{method.upper()} {path}", one)
        for path, each in document["paths"].items()
        for method, one in each.items()
    ]


def test_the_document_is_valid(document):
    validate(document)


def test_the_document_is_what_was_reviewed(document, kept):
    kept(DOCUMENT, json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def test_every_operation_has_a_name_that_can_be_read(operations):
    names = [one["operationId"] for _, one in operations]
    assert len({*names}) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name)] == []


def test_every_operation_and_every_parameter_says_what_it_is(operations):
    for name, one in operations:
        assert one["summary"], name
        assert one["tags"], name
        assert one["x-role"] in {"anybody", "viewer", "operator", "admin"}, name
        for each in one.get("parameters", ()):
            assert each.get("description"), f"{name} {each['name']}"


def test_every_tag_is_described(document, operations):
    described = {tag["name"] for tag in document["tags"]}
    assert {tag for _, one in operations for tag in one["tags"]} <= described


def test_every_example_is_a_value_that_its_schema_allows(document, operations):
    for name, one in operations:
        for holder in (one.get("requestBody", {}), *one["responses"].values()):
            for content in holder.get("content", {}).values():
                if "example" in content and content.get("schema"):
                    schema = content["schema"] | {"components": document["components"]}
                    errors = [*Draft202012Validator(schema).iter_errors(content["example"])]
                    assert errors == [], f"{name}: {errors[0].message}"


def test_every_value_has_an_example(operations):
    without = [
        name
        for name, one in operations
        for content in [one["responses"].get("200", {}).get("content", {}).get("application/json")]
        if content and content.get("schema") and "example" not in content
    ]
    assert without == []


def test_no_schema_is_a_bare_no_which_generators_of_clients_do_not_take(document):
    assert '"items": false' not in json.dumps(document)
    pair = document["components"]["schemas"]["Written"]["properties"]["pieces"]["items"]
    assert (pair["minItems"], pair["maxItems"]) == (2, 2)


def test_whoever_needs_a_token_is_told_how_that_is_refused(operations):
    for name, one in operations:
        if one["x-role"] != "anybody":
            told = {one["responses"][code]["$ref"] for code in ("401", "403", "422", "429")}
            assert told == {"#/components/responses/Problem"}, name


def test_what_a_path_takes_is_told_to_who_tries_something_else(viewer):
    for method, path, allowed in (
        ("DELETE", "/api/v1/status", "GET, HEAD"),
        ("OPTIONS", "/api/v1/jobs/backup/pause", "DELETE, PUT"),
        ("POST", "/healthz", "GET, HEAD"),
    ):
        answer = viewer.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
        assert answer.headers["content-type"] == "application/problem+json"


def test_head_is_answered_as_get_without_a_body(past, document):
    client = past.client("admin")
    filled = {"{name}": "backup", "{run}": "1"}
    for path, each in document["paths"].items():
        if "get" not in each:
            continue
        for name, value in filled.items():
            path = path.replace(name, value)  # noqa: PLW2901
        answer = client.head(re.sub(r"{[^}]*}", "1", path))
        assert answer.status_code != 405, path
        assert answer.content == b"", path


def test_every_problem_is_explained_where_its_type_leads(past):
    assert {*REMEDIES} == {*KINDS}
    told = past.client().get("/api/v1/status").json()
    path, _, anchor = told["type"].partition("#")
    page = past.client().get(path).text
    assert f'id="{anchor}"' in page
    assert page.count('<section class="panel box" id=') == len(KINDS)


def test_the_page_of_the_api_shows_every_operation_with_a_line_to_try(viewer, operations):
    page = viewer.get("/docs", headers=BROWSER).text
    for _, one in operations:
        assert f'id="{one["operationId"]}"' in page
    assert page.count("<pre") >= len(operations)
    assert "curl" in page
    assert "http://localhost:8787/api/v1/jobs/backup/why" in page


def test_the_document_takes_a_token(past):
    assert past.client().get("/api/openapi.json").status_code == 401
