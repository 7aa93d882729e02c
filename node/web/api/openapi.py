"""The description of the API for programs: OpenAPI 3.1, made from the table that routes it."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from node.web.api.endpoint import Answer, Endpoint, Nothing
from node.web.api.models import ProblemEntry
from node.web.errors import CONTENT_TYPE
from node.web.requests import conditional

VERSION: Final = "1"
_REF: Final = "#/components/schemas/{model}"

TAGS: Final = {
    "Datasets": "What is held here, and its rows",
    "Publications": "Signed steps of datasets, as received",
    "Figures": "Figures of territories, with their coverage",
    "Schemas": "Forms and meanings of data",
    "Documents": "Identities and sharing agreements, as signed",
    "Publishing": "Taking in files",
    "Node": "The node itself",
}

_EVERYWHERE: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_URI_TOO_LONG)


def describe(endpoints: Iterable[Endpoint[Any]]) -> dict[str, Any]:
    """The OpenAPI document of endpoints."""
    listed = list(endpoints)
    models: set[type[BaseModel]] = {
        answer.model for one in listed for answer in one.answers if answer.model is not None
    }
    ordered: list[type[BaseModel]] = [*sorted(models, key=_name), ProblemEntry]
    _, found = models_json_schema(
        [(model, "serialization") for model in ordered],
        ref_template=_REF,
    )
    paths: dict[str, dict[str, Any]] = {}
    for one in listed:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Maillage",
            "version": VERSION,
            "summary": "Datasets, figures and signed publications of a node",
            "description": "Data of the sharing level `open` are for everybody; the rest needs a "
            "bearer token. Errors have one form (RFC 9457).",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": told} for name, told in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": found["$defs"],
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The data directory's `token`, or one of `maillage token add`.",
                }
            },
        },
    }


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _operation(one: Endpoint[Any]) -> dict[str, Any]:
    # without a token: only what is public; with one, more
    free: list[dict[str, list[str]]] = [{}] if one.scope is None else []
    told: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "parameters": list(_parameters(one)),
        "responses": _responses(one),
        "security": [*free, {"token": []}],
    }
    scope = f"Needs the scope `{one.scope.value}`." if one.scope is not None else ""
    described = " ".join(text for text in (one.description, scope) if text)
    if described:
        told["description"] = described
    if one.body:
        told["requestBody"] = {
            "required": True,
            "content": {
                media: {"schema": _body_schema(media, example), "example": example}
                for media, example in one.body.items()
            },
        }
    return told


def _body_schema(media: str, example: Any) -> dict[str, Any]:
    if isinstance(example, dict):
        return {"type": "object"}
    if media == "application/json":
        return {"type": "array", "items": {"type": "object"}}
    return {"type": "string"}


def _parameters(one: Endpoint[Any]) -> Iterable[dict[str, Any]]:
    described = one.asked.model_json_schema(by_alias=True)
    needed = described.get("required", [])
    for name, schema in described.get("properties", {}).items():
        in_path = "{" + name + "}" in one.path
        schema = _plain(schema)  # noqa: PLW2901 - the same, in fewer words
        told = {
            "name": name,
            "in": "path" if in_path else "query",
            "required": in_path or name in needed,
            "schema": schema,
        }
        if "description" in schema:
            told["description"] = schema.pop("description")
        yield told


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter's schema: it is there or not, and never null."""
    kept = {key: value for key, value in schema.items() if key != "title"}
    options = [one for one in kept.pop("anyOf", []) if one != {"type": "null"}]
    for option in options:
        kept = {**option, **kept}
    if kept.get("default", "") is None:
        del kept["default"]
    return kept


def _responses(one: Endpoint[Any]) -> dict[str, Any]:
    good: dict[str, Any] = {
        "description": "As asked",
        "content": {answer.media: _content(answer) for answer in one.answers},
    }
    if one.headers:
        good["headers"] = {
            name: {"description": told, "schema": {"type": "string"}}
            for name, told in one.headers.items()
        }
    found = {str(one.status.value): good}
    if one.method == "GET":
        found["304"] = {"description": "Not changed since the `ETag` in `If-None-Match`"}
    problems = {*_EVERYWHERE, *one.problems, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    for status in sorted(problems | {HTTPStatus.SERVICE_UNAVAILABLE}):
        found[str(status.value)] = {
            "description": status.phrase,
            "content": {
                CONTENT_TYPE: {
                    "schema": {"$ref": _REF.format(model=ProblemEntry.__name__)},
                    "example": example_of(ProblemEntry)
                    | {"title": status.phrase, "status": status.value},
                }
            },
        }
    return found


def _content(answer: Answer) -> dict[str, Any]:
    if answer.model is None:
        return {"schema": dict(answer.schema or {}), "example": answer.example}
    return {
        "schema": {"$ref": _REF.format(model=answer.model.__name__)},
        "example": answer.example or example_of(answer.model),
    }


def example_of(model: type[BaseModel]) -> dict[str, Any]:
    """An example of a model, made of its fields' examples."""
    described = model.model_json_schema(mode="serialization", ref_template="{model}")
    found: dict[str, Any] = _example(described, described.get("$defs", {}))
    return found


def _example(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return _example(known[schema["$ref"]], known)
    if "properties" in schema:
        return {name: _example(each, known) for name, each in schema["properties"].items()}
    if "items" in schema:
        return [_example(schema["items"], known)]
    options = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return _example(options[0], known) if options else None


def endpoint(endpoints: Iterable[Endpoint[Any]]) -> Endpoint[Nothing]:
    """The endpoint that describes these, and itself."""
    listed = list(endpoints)
    body: list[bytes] = []

    async def handler(request: web.Request, _asked: Nothing) -> web.StreamResponse:
        return conditional(request, body[0], "application/json")

    own = Endpoint(
        path="/openapi.json",
        name="getDescription",
        tag="Node",
        summary="This description",
        handler=handler,
        asked=Nothing,
        answers=(
            Answer("application/json", schema={"type": "object"}, example={"openapi": "3.1.1"}),
        ),
        scope=None,
    )
    body.append(json.dumps(describe([*listed, own]), ensure_ascii=False).encode())
    return own
