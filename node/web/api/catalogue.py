"""What there is: datasets, schemas, measures, territories."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field

from node.datasets import Dataset, dataset, datasets
from node.grounds import ground_of
from node.web.api.endpoint import (
    Answer,
    Asked,
    Digits,
    Endpoint,
    NameText,
    Nothing,
    ParticipantText,
    SchemaText,
    TerritoryText,
)
from node.web.api.models import (
    DatasetDetail,
    DatasetList,
    MeasureEntry,
    MeasureList,
    SchemaEntry,
    SchemaList,
    TerritoryEntry,
    TerritoryList,
)
from node.web.api.shown import dataset_detail, dataset_entry, guard, inside
from node.web.bodies import schemas_json
from node.web.errors import Problem
from node.web.keys import NODE
from node.web.requests import conditional
from schemas.model import Schema
from schemas.territory import VINTAGE, search

LIST_MAX: Final = 10_000
"""Datasets of one answer: some 5 MB, two seconds."""

TERRITORIES_MAX: Final = 50


class DatasetsAsked(Asked):
    """Which datasets."""

    territory: TerritoryText | None = None
    schema_name: Annotated[SchemaText | None, Field(alias="schema")] = None
    after: Annotated[
        str | None,
        Field(max_length=200, description="Only those behind this id: `next` of an answer."),
    ] = None
    limit: Annotated[int, Field(ge=1, le=LIST_MAX, description="So many at most."), Digits] = (
        LIST_MAX
    )


class DatasetAsked(Asked):
    """Which dataset."""

    participant: ParticipantText
    name: NameText


class SchemaAsked(Asked):
    """Which schema."""

    name: SchemaText
    version: Annotated[
        str, Field(pattern=r"^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}$", examples=["1.0.0"])
    ]


class TerritoriesAsked(Asked):
    """What is sought."""

    q: Annotated[
        str,
        Field(
            min_length=1,
            max_length=80,
            description="Part of a name; or a code, SIREN or id.",
            examples=["arvieu"],
        ),
    ]
    limit: Annotated[
        int, Field(ge=1, le=TERRITORIES_MAX, description="So many at most."), Digits
    ] = 10


async def _datasets(request: web.Request, asked: DatasetsAsked) -> web.StreamResponse:
    node = request.app[NODE]

    def find() -> list[Dataset]:
        ground = None if asked.territory is None else ground_of(asked.territory, node.knowledge)
        return datasets(
            node.store,
            node.knowledge,
            ground=ground,
            schema=asked.schema_name,
            after=asked.after or "",
            limit=asked.limit + 1,
        )

    found = await asyncio.to_thread(find)
    more = len(found) > asked.limit
    found = found[: asked.limit]
    may = inside(request)
    answer = DatasetList(
        datasets=tuple(
            dataset_entry(one, whole=may or one.open)
            for one in found
            if may or one.sharing != "partners"  # with whom somebody shares is told to nobody
        ),
        next=found[-1].id if more else None,
    )
    links = {}
    if more:
        following = request.rel_url.update_query(after=found[-1].id)
        links = {"Link": f'<{following.raw_path_qs}>; rel="next"'}
    return conditional(request, answer.write(), "application/json", headers=links)


async def _dataset(request: web.Request, asked: DatasetAsked) -> web.StreamResponse:
    node = request.app[NODE]
    name = f"{asked.participant}/{asked.name}"
    found = await asyncio.to_thread(dataset, node.store, node.knowledge, name)
    guard(request, found.sharing)
    return conditional(request, dataset_detail(found).write(), "application/json")


async def _schemas(request: web.Request, _asked: Nothing) -> web.StreamResponse:
    catalogue = request.app[NODE].knowledge.catalogue
    listed = tuple(map(SchemaEntry.model_validate, schemas_json(catalogue)))
    return conditional(request, SchemaList(schemas=listed).write(), "application/json")


def schema_asked(request: web.Request, asked: SchemaAsked) -> Schema:
    """The schema that is asked for.

    Raises:
        Problem: `schema`: it isn't known here.
    """
    found = request.app[NODE].knowledge.catalogue.get(asked.name, asked.version)
    if found is None:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            "schema",
            f"no schema {asked.name} {asked.version} is known here",
            remedy="/api/v1/schemas lists those known",
        )
    return found


async def _schema(request: web.Request, asked: SchemaAsked) -> web.StreamResponse:
    found = schema_asked(request, asked)
    return conditional(
        request, found.document, "application/json", headers={"Maillage-Digest": found.digest}
    )


async def _measures(request: web.Request, _asked: Nothing) -> web.StreamResponse:
    catalogue = request.app[NODE].knowledge.catalogue
    newest = [one for one in map(catalogue.latest, catalogue.names()) if one is not None]
    answer = MeasureList(
        measures=tuple(
            MeasureEntry(
                name=measure.name,
                schema_name=schema.name,
                kind=schema.kind,
                labels=dict(measure.labels),
                unit=measure.unit,
                aggregates=measure.aggregates,
                windows=schema.windows,
            )
            for schema in newest
            for measure in schema.measures
        )
    )
    return conditional(request, answer.write(), "application/json")


async def _territories(request: web.Request, asked: TerritoriesAsked) -> web.StreamResponse:
    found = await asyncio.to_thread(search, asked.q, limit=asked.limit)
    answer = TerritoryList(
        vintage=VINTAGE,
        territories=tuple(
            TerritoryEntry(id=one.id, code=one.code, level=one.level, name=one.name)
            for one in found
        ),
    )
    return conditional(request, answer.write(), "application/json")


ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = (
    Endpoint(
        path="/api/v1/datasets",
        name="listDatasets",
        tag="Datasets",
        summary="Datasets held here",
        description="Of one that isn't `open` its id, schema and sharing only, unless the token "
        "allows `read`. A territory's are those of the bodies that lie wholly in it.",
        handler=_datasets,
        asked=DatasetsAsked,
        answers=(Answer("application/json", DatasetList),),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND,),
        headers={"Link": "`rel=next`, where there are more"},
    ),
    Endpoint(
        path="/api/v1/datasets/{participant}/{name}",
        name="getDataset",
        tag="Datasets",
        summary="A dataset and its columns",
        handler=_dataset,
        asked=DatasetAsked,
        answers=(Answer("application/json", DatasetDetail),),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND,),
    ),
    Endpoint(
        path="/api/v1/schemas",
        name="listSchemas",
        tag="Schemas",
        summary="Schemas known here",
        handler=_schemas,
        asked=Nothing,
        answers=(Answer("application/json", SchemaList),),
        scope=None,
    ),
    Endpoint(
        path="/api/v1/schemas/{name}/{version}",
        name="getSchema",
        tag="Schemas",
        summary="A schema document, its exact bytes",
        description="A Frictionless Table Schema with a `maillage` object. Its digest is the "
        "SHA-256 of these bytes.",
        handler=_schema,
        asked=SchemaAsked,
        answers=(
            Answer(
                "application/json",
                schema={"type": "object"},
                example={"name": "comptage-mobilites", "version": "1.0.0", "fields": []},
            ),
        ),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND,),
        headers={"Maillage-Digest": "SHA-256 of the document"},
    ),
    Endpoint(
        path="/api/v1/measures",
        name="listMeasures",
        tag="Figures",
        summary="Measures of the newest schemas",
        handler=_measures,
        asked=Nothing,
        answers=(Answer("application/json", MeasureList),),
        scope=None,
    ),
    Endpoint(
        path="/api/v1/territories",
        name="findTerritories",
        tag="Figures",
        summary="Find a territory by name, code or id",
        handler=_territories,
        asked=TerritoriesAsked,
        answers=(Answer("application/json", TerritoryList),),
        scope=None,
    ),
)
