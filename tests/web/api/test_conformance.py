"""Whatever is sent, the answer is one that the document tells of, and never a failure of ours."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from jobrunner.model.access import Role
from jobrunner.web import api, compat
from jobrunner.web.document import Document
from tests.web.house import House, served
from tests.web.seed import JOBS, seed

# Each operation is asked a few things each time; more by hand, with another number.
EXAMPLES = 8
# No operation tells of a status 500.
CHECKS = [
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
# These go on for ever.
ENDLESS = {"follow_events", "follow_log"}
DOCUMENT = Document((*api.ROUTERS, *compat.ROUTERS)).below("")
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [
    operation
    for operation in (found.ok() for found in SCHEMA.get_all_operations())
    if operation.definition.raw["operationId"] not in ENDLESS
]
AS_IT_COMES = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[*HealthCheck],
)


@pytest.fixture(scope="module")
def open_house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("open"), f"[serve]\nallow_edit = true\n{JOBS}")
    seed(house, days=3)
    with served(house.app) as house.origin:
        yield house


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_every_answer_is_one_that_the_document_tells_of(operation, open_house):
    # A token of its own: among what is asked may be that it be revoked.
    secret = open_house.token(f"for {operation.label}"[:64], Role.ADMIN)
    headers = {"Authorization": f"Bearer {secret}"}

    @given(case=operation.as_strategy())
    @AS_IT_COMES
    def ask(case):
        if any(one.name == "wait" for one in operation.query):
            case.query = {**(case.query or {}), "wait": 0}  # nobody is there to wait for
        case.call_and_validate(
            base_url=open_house.origin, headers=headers, checks=CHECKS, timeout=60
        )

    ask()
