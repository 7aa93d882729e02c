"""Publications as received, one of them in full, and bundles that anybody can verify."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field

from federation.bundle import SUFFIX
from node.datasets import dataset, licence_of
from node.explaining import Told, tell, unknown_publication
from node.exporting import bundle_rows
from node.grounds import ground_of
from node.names import bodies_of
from node.node import Node
from node.store.rows import PublicationRow
from node.web.api.endpoint import (
    Answer,
    Asked,
    DatasetText,
    DigestText,
    Digits,
    Endpoint,
    NameText,
    ParticipantText,
    PositionText,
    SchemaText,
    TerritoryText,
)
from node.web.api.models import (
    PublicationDetail,
    PublicationList,
    ReceiptEntry,
    StepEntry,
)
from node.web.api.shown import (
    guard,
    guard_rows,
    inside,
    instant,
    publication_entry,
    publication_values,
)
from node.web.keys import NODE, POSITIONS
from node.web.positions import BEGINNING
from node.web.requests import conditional

BUNDLE_MEDIA: Final = "application/vnd.maillage.bundle"

PAGE_MAX: Final = 1_000
"""Publications of one answer: some 500 kB."""

BUNDLE_PAGE_PUBLICATIONS: Final = 2_000
BUNDLE_PAGE_BYTES: Final = 64 * 1024 * 1024
"""Of one bundle over HTTP, by the contents unpacked: it is made in memory. More comes in the next
one."""

BUNDLES_AT_ONCE: Final = 2
"""Bundles made together; others wait for their turn."""


class PublicationsAsked(Asked):
    """Which publications."""

    dataset: DatasetText | None = None
    territory: TerritoryText | None = None
    schema_name: Annotated[SchemaText | None, Field(alias="schema")] = None
    after: PositionText = BEGINNING
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX, description="So many at most."), Digits] = 100


class PublicationAsked(Asked):
    """Which publication."""

    digest: DigestText


class BundleAsked(Asked):
    """Which publications of a dataset."""

    participant: ParticipantText
    name: NameText
    after: Annotated[
        str,
        Field(
            pattern=r"^[0-9]{1,15}\.[0-9]{1,15}$",
            max_length=31,
            description="Only publications behind this place in the chain, `<epoch>.<sequence>`.",
            examples=["1.7"],
        ),
    ] = "0.0"
    upto: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9]{1,15}\.[0-9]{1,15}$",
            max_length=31,
            description="Only publications up to this place, itself included.",
            examples=["1.9"],
        ),
    ] = None


async def _publications(request: web.Request, asked: PublicationsAsked) -> web.StreamResponse:
    node, positions = request.app[NODE], request.app[POSITIONS]
    may = inside(request)

    def find() -> list[PublicationRow]:
        owners = None
        if asked.territory is not None:
            owners = bodies_of(ground_of(asked.territory, node.knowledge))
        return node.store.publications.received(
            after=positions.read(asked.after),
            limit=asked.limit,
            dataset=asked.dataset,
            schema=asked.schema_name,
            owners=owners,
            guarded=may,
        )

    if asked.dataset is not None:
        found = await asyncio.to_thread(dataset, node.store, node.knowledge, asked.dataset)
        guard(request, found.sharing)
    rows = await asyncio.to_thread(find)
    entries = tuple(publication_entry(row, node.knowledge, positions) for row in rows)
    answer = PublicationList(
        publications=entries, next=entries[-1].position if entries else asked.after
    )
    links = {}
    if len(rows) == asked.limit:
        following = request.rel_url.update_query(after=answer.next)
        links = {"Link": f'<{following.raw_path_qs}>; rel="next"'}
    return conditional(request, answer.write(), "application/json", headers=links)


async def _publication(request: web.Request, asked: PublicationAsked) -> web.StreamResponse:
    node, positions = request.app[NODE], request.app[POSITIONS]
    _guard_row(request, await asyncio.to_thread(_row, node, asked.digest), asked.digest)
    told = await asyncio.to_thread(tell, node.store, node.knowledge, asked.digest)
    values = publication_values(told.row, node.knowledge, positions)
    answer = PublicationDetail.model_validate(values | _detail(told))
    return conditional(request, answer.write(), "application/json")


def _row(node: Node, digest: str) -> PublicationRow:
    found = node.store.publications.get([digest]).get(digest)
    if found is None:
        raise unknown_publication(digest)
    return found


def _guard_row(request: web.Request, row: PublicationRow, digest: str) -> None:
    guard(request, row.sharing)
    if row.verdict == "refused" and not inside(request):
        raise unknown_publication(digest)  # what was refused is for those inside


def _detail(told: Told) -> dict[str, object]:
    row, found = told.row, told.explanation
    return {
        "previous": row.previous,
        "schema_digest": row.schema_digest,
        "licence": licence_of(row),
        "detail": row.detail,
        "content": found.content_state,
        "rivals": tuple(one.digest for one in found.rivals),
        "steps": tuple(
            StepEntry(
                number=step.number,
                name=step.name,
                state=step.state,
                found=step.found,
                code=step.code,
            )
            for step in told.steps
        ),
        "receipts": tuple(
            ReceiptEntry(
                receiver=one.receiver,
                received=instant(one.received_at) or "",
                epoch=None if one.head is None else one.head.epoch,
                sequence=None if one.head is None else one.head.sequence,
                holds=one.holds,
            )
            for one in told.confirmed
        ),
    }


# -- bundles -----------------------------------------------------------------------------------


async def _publication_bundle(request: web.Request, asked: PublicationAsked) -> web.StreamResponse:
    node = request.app[NODE]
    row = await asyncio.to_thread(_row, node, asked.digest)
    _guard_row(request, row, asked.digest)
    guard_rows(request, row.sharing, own=row.owner in node.participants)
    tag = f"{row.digest}-{row.verdict}-{node.knowledge.version}"
    name = f"{row.dataset.replace('/', '_')}-{row.epoch}.{row.sequence}{SUFFIX}"
    data = await asyncio.to_thread(bundle_rows, node.store, node.knowledge, [row])
    return _bundle(request, data, tag, name, {})


async def _bundle_after(request: web.Request, asked: BundleAsked) -> web.StreamResponse:
    node = request.app[NODE]
    name = f"{asked.participant}/{asked.name}"
    found = await asyncio.to_thread(dataset, node.store, node.knowledge, name)
    guard_rows(request, found.sharing, own=found.own)
    after = _place(asked.after)
    upto = None if asked.upto is None else _place(asked.upto)

    def make() -> tuple[bytes, tuple[int, int] | None]:
        rows, following = _page(node, name, after, upto)
        bare = {row.digest for row in rows if row.verdict == "refused" or row.void}
        return bundle_rows(node.store, node.knowledge, rows, bare=bare), following

    data, following = await asyncio.to_thread(make)
    headers = {}
    if following is not None:
        link = request.rel_url.update_query(after=f"{following[0]}.{following[1]}")
        headers["Link"] = f'<{link.raw_path_qs}>; rel="next"'
    tag = f"{found.head.digest}-{asked.after}-{asked.upto}-{node.knowledge.version}"
    shown = f"{name.replace('/', '_')}-after-{asked.after}{SUFFIX}"
    return _bundle(request, data, tag, shown, headers)


def _place(text: str) -> tuple[int, int]:
    epoch, _, sequence = text.partition(".")
    return int(epoch), int(sequence)


def _page(
    node: Node, name: str, after: tuple[int, int], upto: tuple[int, int] | None
) -> tuple[list[PublicationRow], tuple[int, int] | None]:
    """Publications behind a place, and behind which there are more of them.

    Those refused or out of force are among them: whoever follows the chain must see that nothing
    was left out of it.
    """
    found = node.store.publications.of(
        name, after=after, upto=upto, everything=True, limit=BUNDLE_PAGE_PUBLICATIONS + 1
    )
    rows: list[PublicationRow] = []
    size = 0
    for number, row in enumerate(found):
        size += row.plain_size
        if number == BUNDLE_PAGE_PUBLICATIONS or (number and size > BUNDLE_PAGE_BYTES):
            return rows, found[number - 1].order
        rows.append(row)
    return rows, None


def _bundle(
    request: web.Request, data: bytes, tag: str, name: str, headers: Mapping[str, str]
) -> web.StreamResponse:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return conditional(request, data, BUNDLE_MEDIA, tag=tag, headers={**headers, **disposition})


_BUNDLE_ANSWER: Final = Answer(
    BUNDLE_MEDIA, schema={"type": "string", "format": "binary"}, example="a .mlg file"
)

ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = (
    Endpoint(
        path="/api/v1/publications",
        name="listPublications",
        tag="Publications",
        summary="Publications in the order of reception",
        description="Who goes on with `next` misses none. Those of `open` data that weren't "
        "refused; with `read` all.",
        handler=_publications,
        asked=PublicationsAsked,
        answers=(Answer("application/json", PublicationList),),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.GONE),
        headers={"Link": "`rel=next`, where there may be more"},
    ),
    Endpoint(
        path="/api/v1/publications/{digest}",
        name="getPublication",
        tag="Publications",
        summary="A publication, its verification and its receipts",
        handler=_publication,
        asked=PublicationAsked,
        answers=(Answer("application/json", PublicationDetail),),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND,),
    ),
    Endpoint(
        path="/api/v1/publications/{digest}/bundle",
        name="getPublicationBundle",
        tag="Publications",
        summary="A publication with what verifies it",
        description="`maillage verify` reads it. What was withdrawn is erased and isn't given.",
        handler=_publication_bundle,
        asked=PublicationAsked,
        answers=(_BUNDLE_ANSWER,),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.GONE),
        headers={"Content-Disposition": "a file name"},
    ),
    Endpoint(
        path="/api/v1/datasets/{participant}/{name}/bundle",
        name="getDatasetBundle",
        tag="Publications",
        summary="A dataset's publications with what verifies them",
        description="Those behind a place of the chain, at most "
        f"{BUNDLE_PAGE_PUBLICATIONS} at once; `Link` leads to the following ones. A bundle without "
        "publications: there are none behind that place. Those refused, withdrawn or given up are "
        "in it without their contents: the chain needs their manifests.",
        handler=_bundle_after,
        asked=BundleAsked,
        answers=(_BUNDLE_ANSWER,),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.GONE),
        headers={
            "Content-Disposition": "a file name",
            "Link": "`rel=next`, where there are more",
        },
    ),
)
