"""The description of the API: valid OpenAPI 3.1, complete, and true of what is answered."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from api_world import ARVIEU, SEGUR, hours, town_of
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel
from schemathesis import openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from node.web.api import ENDPOINTS
from node.web.api.openapi import describe, example_of

DESCRIBED = json.loads(json.dumps(describe(ENDPOINTS)))
OPERATIONS = [
    (path, method, told)
    for path, methods in DESCRIBED["paths"].items()
    for method, told in methods.items()
]


def test_it_is_valid():
    assert list(OpenAPIV31SpecValidator(DESCRIBED).iter_errors()) == []


@pytest.mark.parametrize(
    ("path", "method", "told"), OPERATIONS, ids=[f"{one[1]} {one[0]}" for one in OPERATIONS]
)
def test_every_operation_says_all_of_itself(path: str, method: str, told: dict[str, Any]):
    assert told["summary"]
    named = {one["name"] for one in told["parameters"] if one["in"] == "path"}
    assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}
    for parameter in told["parameters"]:
        schema = parameter["schema"]
        assert "title" not in schema
        assert schema.get("type") in ("string", "integer")
        limited = {"maxLength", "maximum", "enum", "pattern"} & set(schema)
        assert limited, parameter
    problems = [status for status in told["responses"] if status[0] in "45"]
    assert {"400", "401", "403"} <= set(problems)
    for status in problems:
        assert list(told["responses"][status]["content"]) == ["application/problem+json"]
    good = next(one for status, one in told["responses"].items() if status[0] == "2")
    for content in good["content"].values():
        assert content["schema"]
        assert content["example"] is not None


def test_operations_have_names_of_their_own():
    names = [told["operationId"] for _, _, told in OPERATIONS]
    assert len(set(names)) == len(names)


MODELS = sorted(
    {answer.model for one in ENDPOINTS for answer in one.answers if answer.model is not None},
    key=lambda model: model.__name__,
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_examples_are_what_they_are_examples_of(model: type[BaseModel]):
    example = example_of(model)
    assert model.model_validate(example).model_dump(by_alias=True, mode="json") == example


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    allow_header_conformance,
    unsupported_method,
]
"""What is well-formed and means nothing here is rightly refused, so that isn't checked."""

BOUNDED = settings(
    max_examples=4,  # of each operation: each question takes a while
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False], ids=["administrator", "nobody"])
async def test_answers_to_made_up_questions_are_as_described(tmp_path: Path, *, known: bool):
    async with town_of(tmp_path / "node") as town:
        town.publish(ARVIEU, hours(3))
        town.publish(SEGUR, hours(3), sharing=town.federation())
        described = (await town.get("/openapi.json", token=None)).json
        del described["paths"]["/api/v1/events"]  # a stream doesn't end
        schema = openapi.from_dict(described)
        headers = {"Authorization": f"Bearer {town.token}"} if known else {}

        def ask() -> None:
            for found in schema.get_all_operations():

                def check(case: Any) -> None:
                    case.call_and_validate(base_url=town.url, headers=headers, checks=CHECKS)

                BOUNDED(given(case=found.ok().as_strategy())(check))()

        await asyncio.to_thread(ask)
