"""The API's table: each endpoint is declared once.

What is declared parses requests (`parse`), routes them (`add`) and describes itself
(`node.web.api.openapi`), so that none of the three can say another thing than the others.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, Final, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from node.web.access import Scope, needs
from node.web.errors import Problem

QUERY_MAX_CHARS: Final = 4_096
"""A query string; a list of parameters of the longest has 2,000."""

VALUE_MAX_CHARS: Final = 200
"""One parameter: longer than any dataset id or position."""

_SHOWN: Final = 60


class Asked(BaseModel):
    """Path and query parameters: known names, each once, bounded. A subclass an endpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=False)


class Nothing(Asked):
    """No parameters."""


A = TypeVar("A", bound=Asked)


def _digits(value: object) -> object:
    """Numbers are ASCII digits: `1_000`, ` 7` and `٣` are none."""
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError("digits only")
    return value


Digits = BeforeValidator(_digits)
Text = Annotated[str, Field(min_length=1, max_length=VALUE_MAX_CHARS)]
ParticipantText = Annotated[
    str,
    Field(
        min_length=2,
        max_length=80,
        pattern=r"^[a-z0-9-]+$",
        description="Participant id.",
        examples=["fr-com-12011"],
    ),
]
NameText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=130,
        pattern=r"^[a-z0-9.-]+$",
        description="`<schema>`, or `<schema>.<slug>`.",
        examples=["comptage-mobilites"],
    ),
]
DatasetText = Annotated[
    str,
    Field(
        min_length=3,
        max_length=VALUE_MAX_CHARS,
        pattern=r"^[a-z0-9-]+/[a-z0-9.-]+$",
        description="Dataset id.",
        examples=["fr-com-12011/comptage-mobilites"],
    ),
]
DigestText = Annotated[
    str,
    Field(
        min_length=64,
        max_length=64,
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 in lower-case hex digits.",
        examples=["0f" * 32],
    ),
]
SchemaText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        pattern=r"^[a-z][a-z0-9-]*$",
        description="Name of a schema.",
        examples=["comptage-mobilites"],
    ),
]
TerritoryText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=80,
        description="A territory: a commune, EPCI, département, région, a municipality abroad, "
        "or `fr`.",
        examples=["fr-epci-241200765"],
    ),
]
PositionText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=80,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="A place in the order of reception, as an answer gave it; `0` is the "
        "beginning. Opaque: only this node reads it.",
        examples=["0"],
    ),
]


@dataclass(frozen=True, slots=True)
class Answer:
    """One form of a good answer.

    Attributes:
        media: Media type.
        model: What JSON holds; None for other forms.
        schema: JSON Schema, where there is no model.
        example: Of the body; made of the model's examples unless said.
    """

    media: str
    model: type[BaseModel] | None = None
    schema: Mapping[str, Any] | None = None
    example: Any = None


Handler = Callable[[web.Request, A], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Endpoint(Generic[A]):
    """One method of one path.

    Attributes:
        path: With `{…}` for path parameters, which `asked` has, too.
        name: Unique; OpenAPI's `operationId`.
        tag: Group in the description.
        summary: One line.
        handler: Answers.
        asked: Parameters.
        answers: Good answers, the usual one first.
        scope: Who may ask; None for everybody.
        method: `GET`, `POST` or `PUT`.
        status: Of the good answers.
        description: More than a line.
        problems: Statuses of further problems, beside those that every endpoint has.
        body: Media types taken in, with an example each.
        headers: Headers of good answers, and what they say.
    """

    path: str
    name: str
    tag: str
    summary: str
    handler: Handler[A]
    asked: type[A]
    answers: tuple[Answer, ...]
    scope: Scope | None
    method: str = "GET"
    status: HTTPStatus = HTTPStatus.OK
    description: str = ""
    problems: tuple[HTTPStatus, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def parse(request: web.Request, asked: type[A]) -> A:
    """Read a request's path and query parameters. An empty parameter is as none.

    Raises:
        Problem: `query-size`, `parameter`: unknown, repeated, missing, or none of its kind.
    """
    if len(request.rel_url.raw_query_string) > QUERY_MAX_CHARS:
        raise Problem(
            HTTPStatus.REQUEST_URI_TOO_LONG,
            "query-size",
            f"the query has more than {QUERY_MAX_CHARS} characters",
            remedy="ask for less at once",
        )
    pairs = list(request.query.items())
    names = [name for name, _ in pairs]
    known = [one.alias or name for name, one in asked.model_fields.items()]
    free = [name for name in known if name not in request.match_info]
    wrong = sorted({name for name in names if name not in free or names.count(name) > 1})
    if wrong:
        raise _parameter(f"unknown or repeated: {_told(wrong)}", free)
    given = {**request.match_info, **{name: value for name, value in pairs if value}}
    try:
        return asked.model_validate(given)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults[:5])
        raise _parameter(told, free) from None


def _told(names: Iterable[str]) -> str:
    return ", ".join(
        "".join(c if c.isprintable() else "?" for c in name[:_SHOWN]) for name in names
    )[: 4 * _SHOWN]


def _parameter(detail: str, known: Iterable[str]) -> Problem:
    return Problem(
        HTTPStatus.BAD_REQUEST,
        "parameter",
        detail,
        remedy=f"parameters are: {', '.join(known) or 'none'}; /openapi.json says what each may be",
    )


def add(app: web.Application, endpoints: Iterable[Endpoint[Any]]) -> None:
    """Add endpoints; `HEAD` with each `GET`, and `OPTIONS` with each path."""
    resources: dict[str, tuple[web.Resource, set[str]]] = {}
    for one in endpoints:
        if one.path not in resources:
            resources[one.path] = app.router.add_resource(one.path), set()
        resource, methods = resources[one.path]
        handler = needs(one.scope)(_handler(one))
        for method in (one.method, *(("HEAD",) if one.method == "GET" else ())):
            resource.add_route(method, handler)
            methods.add(method)
    for resource, methods in resources.values():
        resource.add_route("OPTIONS", needs(None)(_options(methods)))


def _handler(endpoint: Endpoint[A]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await endpoint.handler(request, parse(request, endpoint.asked))

    return handler


def _options(methods: Iterable[str]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    allow = ", ".join(sorted({*methods, "OPTIONS"}))

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=HTTPStatus.NO_CONTENT, headers={"Allow": allow})

    return handler
