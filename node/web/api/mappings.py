"""The column mapping that a dataset's next file is read with: seen, and set."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from federation.ids import parse_dataset
from node.node import Node
from node.publishing import hosted
from node.web.access import GRANT, Scope, admit_publisher
from node.web.api.endpoint import Answer, Asked, Endpoint, NameText, ParticipantText
from node.web.keys import NODE
from node.web.requests import conditional, read_bounded
from schemas.model import Schema
from schemas.reading import ColumnMapping, parse_mapping
from schemas.reading.mapping import MAPPING_MAX_BYTES

MEDIA: Final = "application/json"


class MappingAsked(Asked):
    """Of which dataset."""

    participant: ParticipantText
    name: NameText


async def _get(request: web.Request, asked: MappingAsked) -> web.StreamResponse:
    node = request.app[NODE]
    dataset, schema = _dataset(request, asked)
    found, _ = await asyncio.to_thread(node.publisher.mappings.get, dataset, schema)
    return conditional(request, (found or ColumnMapping(schema.name)).to_json(), MEDIA)


async def _put(request: web.Request, asked: MappingAsked) -> web.StreamResponse:
    dataset, schema = _dataset(request, asked)
    body = await read_bounded(request, MAPPING_MAX_BYTES)
    kept = await asyncio.to_thread(_keep, request.app[NODE], dataset, schema, body)
    return web.Response(body=kept, content_type=MEDIA)


def _keep(node: Node, dataset: str, schema: Schema, body: bytes) -> bytes:
    mapping = parse_mapping(body, schema)
    node.publisher.mappings.keep(dataset, mapping)
    return mapping.to_json()


def _dataset(request: web.Request, asked: MappingAsked) -> tuple[str, Schema]:
    """The dataset's id and schema, if who asks may publish it.

    Raises:
        Problem: `participant`: the token isn't for this body.
        UnknownError: `participant`, `schema`.
        MalformedError: `name`, `participant-id`.
    """
    node = request.app[NODE]
    found = parse_dataset(f"{asked.participant}/{asked.name}")
    admit_publisher(request[GRANT], asked.participant)
    hosted(asked.participant, node.participants)
    return str(found), node.publisher.schema(found.schema)


_PATH: Final = "/api/v1/datasets/{participant}/{name}/mapping"
_EXAMPLE: Final = {
    "version": 1,
    "schema": "comptage-mobilites",
    "columns": {"Capteur": "channel_id", "Remarque": None},
}
_MAPPING: Final = Answer(
    MEDIA,
    schema={
        "type": "object",
        "required": ["version", "schema", "columns"],
        "properties": {
            "version": {"const": 1},
            "schema": {"type": "string"},
            "columns": {
                "type": "object",
                "additionalProperties": {"type": ["string", "null"]},
            },
            "constants": {"type": "object", "additionalProperties": {"type": "string"}},
            "values": {"type": "object", "additionalProperties": {"type": "object"}},
            "sheet": {"type": "string"},
            "decimal": {"enum": [",", "."]},
        },
    },
    example=_EXAMPLE,
)

ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = (
    Endpoint(
        path=_PATH,
        name="getMapping",
        tag="Publishing",
        summary="Which column of a dataset's files is which of its schema",
        description="One without columns: none is remembered.",
        handler=_get,
        asked=MappingAsked,
        answers=(_MAPPING,),
        scope=Scope.PUBLISH,
        problems=(HTTPStatus.NOT_FOUND,),
    ),
    Endpoint(
        path=_PATH,
        name="putMapping",
        tag="Publishing",
        summary="Say which column of a dataset's files is which of its schema",
        description="Files taken in from then on are read with it, and say so; one that says "
        "nothing but version and schema forgets it. It stays on the node.",
        method="PUT",
        handler=_put,
        asked=MappingAsked,
        answers=(_MAPPING,),
        scope=Scope.PUBLISH,
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        body={MEDIA: _EXAMPLE},
    ),
)
