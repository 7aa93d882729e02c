"""Rows of a dataset as CSV, JSON, JSON lines, GeoJSON or Parquet, whole or page by page."""

import asyncio
import base64
import datetime as dt
import hashlib
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from itertools import chain
from typing import Annotated, Any, Final, get_args
from zoneinfo import ZoneInfo

import polars as pl
from aiohttp import web
from pydantic import Field

from federation.places import place_of, zone_of
from federation.tabular import with_places
from node.datasets import Dataset, dataset
from node.names import place_name
from node.node import Node
from node.rowforms import (
    Form,
    csv_rows,
    features,
    frame_of,
    joined,
    json_rows,
    parquet_schema,
    points_of,
)
from node.rows import Place, Wanted, pieces, place_of_last, schema_of
from node.web.api.endpoint import (
    Answer,
    Asked,
    Digits,
    Endpoint,
    NameText,
    ParticipantText,
)
from node.web.api.negotiation import negotiated
from node.web.api.shown import guard_rows
from node.web.errors import Problem
from node.web.keys import NODE
from node.web.requests import CONDITIONAL, unchanged
from node.web.streaming import Streaming
from schemas.model import Schema
from schemas.territory import VINTAGE, centre

PAGE_MAX: Final = 100_000
"""Rows of a page. Without a limit all rows come in one answer."""

MEDIA: Final[dict[Form, str]] = {
    "csv": "text/csv",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
}
_CHARSET: Final = frozenset({"csv"})
_READ_BYTES: Final = 256 * 1024
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT_PATTERN: Final = (
    r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?$"
)

_InstantText = Annotated[str, Field(pattern=_INSTANT_PATTERN, max_length=40)]


class RowsAsked(Asked):
    """Which rows, in which form."""

    participant: ParticipantText
    name: NameText
    form: Annotated[
        Form | None,
        Field(alias="format", description="Goes before `Accept`; CSV if neither says one."),
    ] = None
    since: Annotated[
        _InstantText | None,
        Field(
            alias="from",
            description="Rows of this instant or later: RFC 3339, or a date, which begins at the "
            "owner's midnight. Series only.",
            examples=["2026-11-23"],
        ),
    ] = None
    until: Annotated[
        _InstantText | None,
        Field(
            alias="to",
            description="Rows before this instant. Series only.",
            examples=["2026-11-24T00:00:00Z"],
        ),
    ] = None
    limit: Annotated[
        int | None,
        Field(ge=1, le=PAGE_MAX, description="So many at most; all of them unless said."),
        Digits,
    ] = None
    after: Annotated[
        str | None,
        Field(
            max_length=1_000,
            pattern=r"^[A-Za-z0-9_-]+$",
            description="Rows behind this one, as an answer's `Link` says it. Opaque.",
        ),
    ] = None


STREAMING: Final = web.AppKey("streaming", Streaming)


def prepare(app: web.Application) -> None:
    """Make what the answers share."""
    app[STREAMING] = Streaming()


@dataclass(frozen=True, slots=True)
class _Job:
    """All that the making of an answer needs."""

    node: Node
    found: Dataset
    schema: Schema
    form: Form
    wanted: Wanted

    @property
    def place(self) -> str | None:
        """Where rows belong that don't say it themselves."""
        return place_of(self.found.owner)

    @property
    def facts(self) -> dict[str, Any]:
        """What must be known of rows wherever they go."""
        found, schema = self.found, self.schema
        return {
            "dataset": found.id,
            "owner": found.owner,
            "ownerName": found.owner_name,
            "digest": found.head.digest,
            "schema": f"{schema.name} {schema.version}",
            "schemaDigest": schema.digest,
            "licence": found.licence,
            "origin": found.head.origin,
            "simulated": found.head.origin == "simulated",
            "sharing": found.sharing,
            "vintage": VINTAGE,
        }

    def raw(self) -> Iterator[pl.DataFrame]:
        """Pieces of rows."""
        node = self.node
        return pieces(node.store, node.knowledge, self.found, self.schema, self.wanted)

    def decorated(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows with their places."""
        named = partial(place_name, self.node.knowledge)
        return with_places(self.schema, self.found.owner, frame, name_of=named)

    def encoded(self, frames: Iterator[pl.DataFrame]) -> Iterator[bytes]:
        """The file, piece by piece."""
        empty = self.decorated(pl.DataFrame(schema=self.schema.polars_schema()))
        if self.form == "parquet":
            return self._parquet(empty.columns, frames)
        if self.form == "csv":
            head = csv_rows(empty, header=True)
            rows = (csv_rows(self.decorated(one), header=False) for one in frames)
            return chain([head], rows)
        if self.form == "ndjson":
            return (json_rows(self.decorated(one), between="\n") + b"\n" for one in frames)
        points = points_of(self.schema, self.place)
        if self.form == "geojson" and points is not None:
            parts = (features(self.decorated(one), self.schema, points, centre) for one in frames)
        else:
            parts = (json_rows(self.decorated(one), between=",\n") for one in frames)
        return joined(frame_of(self.form, self.facts, points), parts)

    def _parquet(self, columns: list[str], frames: Iterator[pl.DataFrame]) -> Iterator[bytes]:
        """Written to a file first: its index stands at the end and says where all is."""
        import pyarrow.parquet as pq  # noqa: PLC0415 - costs a tenth of a second, needed seldom

        wanted = parquet_schema(self.schema, columns, self.facts)
        with tempfile.TemporaryFile(dir=self.node.data_dir) as file:
            with pq.ParquetWriter(file, wanted, compression="zstd") as writer:
                for one in frames:
                    writer.write_table(self.decorated(one).to_arrow().cast(wanted))
            file.seek(0)
            while block := file.read(_READ_BYTES):
                yield block


async def _rows(request: web.Request, asked: RowsAsked) -> web.StreamResponse:
    node = request.app[NODE]
    form = asked.form or negotiated(request, MEDIA)
    name = f"{asked.participant}/{asked.name}"
    found = await asyncio.to_thread(dataset, node.store, node.knowledge, name)
    guard_rows(request, found.sharing, own=found.own)
    schema = await asyncio.to_thread(schema_of, node.store, node.knowledge, found)
    wanted = Wanted(
        since_us=_instant(asked.since, found.owner),
        until_us=_instant(asked.until, found.owner),
        after=_place(asked.after),
    )
    job = _Job(node, found, schema, form, wanted)
    if form == "geojson" and points_of(schema, job.place) is None:
        raise Problem(
            HTTPStatus.NOT_ACCEPTABLE,
            "no-place",
            f"rows of {found.id} have no place",
            remedy="ask for another format: csv, json, ndjson or parquet",
        )
    headers = _headers(asked, job)
    if unchanged(request, headers["ETag"]):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Content-Type"] = MEDIA[form] + ("; charset=utf-8" if form in _CHARSET else "")
    if request.method == "HEAD":
        return web.Response(headers=headers)
    frames = job.raw()
    first = await asyncio.to_thread(next, frames, None)  # what is wrong with the question shows now
    frames = iter(()) if first is None else chain([first], frames)
    if asked.limit is not None:
        page, following = await asyncio.to_thread(_page, schema, frames, asked.limit)
        if following is not None:
            link = request.rel_url.update_query(after=_text(following))
            headers["Link"] += f', <{link.raw_path_qs}>; rel="next"'
        frames = iter([page] if page.height else [])
    return await request.app[STREAMING].send(request, headers, job.encoded(frames))


def _page(
    schema: Schema, frames: Iterator[pl.DataFrame], limit: int
) -> tuple[pl.DataFrame, Place | None]:
    """The first rows, and the place of the last where there are more."""
    held: list[pl.DataFrame] = []
    count = 0
    for frame in frames:
        held.append(frame)
        count += frame.height
        if count > limit:
            break
    if not held:
        return pl.DataFrame(schema=schema.polars_schema()), None
    page = pl.concat(held).head(limit)
    return page, place_of_last(schema, page) if count > limit else None


def _headers(asked: RowsAsked, job: _Job) -> dict[str, str]:
    facts = job.facts
    state = [job.found.state, job.form, job.found.sharing, VINTAGE, asked.model_dump_json()]
    tag = hashlib.sha256(json.dumps(state).encode()).hexdigest()[:32]
    stem = re.sub(r"[^a-z0-9.-]", "_", job.found.id)
    schema = f"/api/v1/schemas/{job.schema.name}/{job.schema.version}"
    return CONDITIONAL | {
        "ETag": f'"{tag}"',
        "Content-Disposition": f'attachment; filename="{stem}.{job.form}"',
        "Link": f'<{schema}>; rel="describedby"',
        "Maillage-Dataset": facts["dataset"],
        "Maillage-Digest": facts["digest"],
        "Maillage-Licence": facts["licence"] or "",
        "Maillage-Origin": facts["origin"],
        "Maillage-Sharing": facts["sharing"],
        "Maillage-Vintage": str(facts["vintage"]),
    }


# -- what is asked -----------------------------------------------------------------------------


def _instant(text: str | None, owner: str) -> int | None:
    """Microseconds since 1970 of an instant, or of a date's begin at the owner's place."""
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        if _DATE.fullmatch(text):
            moment = moment.replace(tzinfo=ZoneInfo(zone_of(owner)))
        seconds = moment.astimezone(dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "parameter",
            f"{text} is no instant",
            remedy="write for example 2026-11-23, or 2026-11-23T06:00:00Z",
        ) from None
    return seconds // dt.timedelta(microseconds=1)


def _text(place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).rstrip(b"=").decode()


def _place(text: str | None) -> Place | None:
    """The place in an `after`; whether it fits the dataset is found out there."""
    if text is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(one, (str, int)) for one in found):
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            "position",
            "the place to go on from isn't one of this dataset",
            remedy="follow the answer's Link, or begin again",
        )
    return tuple(found)


_EXAMPLES: Final[dict[Form, Any]] = {
    "csv": "codgeo,libgeo,channel_id,start_datetime,count\r\n"
    "12011,Arvieu,C1,2026-03-01T00:00:00Z,12\r\n",
    "json": [{"codgeo": "12011", "libgeo": "Arvieu", "channel_id": "C1", "count": 12}],
    "ndjson": '{"codgeo":"12011","libgeo":"Arvieu","channel_id":"C1","count":12}\n',
    "geojson": {"type": "FeatureCollection", "features": []},
    "parquet": "a Parquet file",
}
_SCHEMAS: Final[dict[Form, dict[str, Any]]] = {
    "csv": {"type": "string"},
    "json": {"type": "array", "items": {"type": "object"}},
    "ndjson": {"type": "string"},
    "geojson": {
        "type": "object",
        "required": ["type", "features"],
        "properties": {"type": {"const": "FeatureCollection"}, "features": {"type": "array"}},
    },
    "parquet": {"type": "string", "format": "binary"},
}

ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = (
    Endpoint(
        path="/api/v1/datasets/{participant}/{name}/rows",
        name="getRows",
        tag="Datasets",
        summary="Rows as they stand",
        description="Series by time, then key; inventories by key. First `codgeo` and `libgeo`, "
        "where rows have a place. Without `limit` all of them; with it, `Link: rel=next` leads "
        "on. Raw rows of `aggregate-only` data go to the administrator of their own node only.",
        handler=_rows,
        asked=RowsAsked,
        answers=tuple(
            Answer(MEDIA[form], schema=_SCHEMAS[form], example=_EXAMPLES[form])
            for form in get_args(Form)
        ),
        scope=None,
        problems=(
            HTTPStatus.NOT_FOUND,
            HTTPStatus.NOT_ACCEPTABLE,
            HTTPStatus.GONE,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
        headers={
            "Content-Disposition": "a file name",
            "Link": "`rel=describedby`, the schema; `rel=next`, where there are more rows",
            "Maillage-Dataset": "id",
            "Maillage-Digest": "of the last publication",
            "Maillage-Licence": "SPDX id",
            "Maillage-Origin": "`simulated` data are none",
            "Maillage-Sharing": "sharing level",
            "Maillage-Vintage": "year of the territory data",
        },
    ),
)
