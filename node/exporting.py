"""Exports: a dataset's rows for analysts, or its publications as a `.mlg` bundle."""

import io
import json
from collections.abc import Collection, Sequence
from typing import Final, Literal

import polars as pl

from federation.bundle import Bundle, write
from federation.errors import StateError, UnknownError
from federation.ids import parse_dataset
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest
from federation.places import place_of
from federation.replay import replay, together
from federation.tabular import defused, with_places
from node.knowledge import Knowledge
from node.receive.contents import Contents
from node.rowforms import features, frame_of, joined, points_of
from node.store.rows import PublicationRow
from node.store.store import Store
from schemas.model import Schema
from schemas.progress import Progress, silent
from schemas.territory import centre

ExportForm = Literal["csv", "json", "geojson", "parquet", "bundle"]

REPORT_ROWS: Final = 10_000
"""After so many rows of JSON it is said how far it is: some tenths of a second."""


def rows_of(
    store: Store, knowledge: Knowledge, dataset: str, progress: Progress = silent
) -> tuple[Schema, pl.DataFrame]:
    """All rows of a dataset as they stand, sorted by key.

    Returns:
        Their schema, the newest version where there are several; and the rows.

    Raises:
        UnknownError: `dataset`: nothing of it is held here.
        StateError: `schema-versions`: its rows have no common form.
    """
    head = store.publications.head(dataset) or store.publications.own_head(dataset)
    schema = knowledge.schema(head.schema_digest) if head else None
    if head is None or schema is None:
        raise UnknownError(
            f"nothing of {dataset} is held here",
            code="dataset",
            remedy="maillage status lists what is",
        )
    contents = Contents(store, knowledge.schema, progress)
    if schema.kind == "register":
        table = contents.register(dataset)
        if table is None or table.schema is None:
            return schema, pl.DataFrame(schema=schema.polars_schema())
        return table.schema, table.frame
    tables = replay(contents.series(dataset))
    if not tables:
        return schema, pl.DataFrame(schema=schema.polars_schema())
    return together(dataset, tables)


def export(
    store: Store,
    knowledge: Knowledge,
    dataset: str,
    form: ExportForm,
    progress: Progress = silent,
) -> bytes:
    """A dataset in a form.

    Args:
        store: Holds it.
        knowledge: Schemas, identities and charters.
        dataset: Its id.
        form: Of the file.
        progress: Told of the steps `publications` and `write`.

    Returns:
        The file's bytes.

    Raises:
        UnknownError: `dataset`.
        StateError: `no-place`: nothing says where its rows are, so there is no GeoJSON.
    """
    if form == "bundle":
        return bundle_of(store, knowledge, dataset, progress=progress)
    schema, frame = rows_of(store, knowledge, dataset, progress)
    progress("write", 0, frame.height)
    if form == "geojson":
        return _geojson(dataset, schema, frame)
    buffer = io.BytesIO()
    if form == "parquet":
        frame.write_parquet(buffer)
    elif form == "csv":
        defused(frame).write_csv(buffer, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    else:
        for number, row in enumerate(frame.iter_rows(named=True)):
            if number % REPORT_ROWS == 0:
                progress("write", number, frame.height)
            buffer.write(json.dumps(row, ensure_ascii=False, default=_text).encode() + b"\n")
    return buffer.getvalue()


def _geojson(dataset: str, schema: Schema, frame: pl.DataFrame) -> bytes:
    owner = parse_dataset(dataset).owner
    points = points_of(schema, place_of(owner))
    if points is None:
        raise StateError(
            f"rows of {dataset} have no place",
            code="no-place",
            remedy="take another format: csv, json or parquet",
        )
    facts = {"dataset": dataset, "schema": f"{schema.name} {schema.version}"}
    rows = features(with_places(schema, owner, frame), schema, points, centre)
    return b"".join(joined(frame_of("geojson", facts, points), [rows]))


def _text(value: object) -> str:
    moment = getattr(value, "isoformat", None)
    return str(value) if moment is None else str(moment()).replace("+00:00", "Z")


def bundle_of(
    store: Store,
    knowledge: Knowledge,
    dataset: str,
    *,
    digest: str | None = None,
    progress: Progress = silent,
) -> bytes:
    """All publications of a dataset, or one, with all that is needed to verify them offline.

    Raises:
        UnknownError: `dataset`.
    """
    rows = [
        row
        for row in store.publications.of(dataset, everything=True)
        if row.verdict != "refused" and not row.void
    ]
    if digest is not None:
        rows = [row for row in rows if row.digest == digest]
    if not rows:
        raise UnknownError(
            f"nothing of {dataset} is held here",
            code="dataset",
            remedy="maillage status lists what is",
        )
    return bundle_rows(store, knowledge, rows, progress=progress)


def bundle_rows(
    store: Store,
    knowledge: Knowledge,
    rows: Sequence[PublicationRow],
    *,
    progress: Progress = silent,
    bare: Collection[str] = (),
) -> bytes:
    """Publications as a bundle, with all that is needed to verify them offline.

    Args:
        store: Has their contents.
        knowledge: Has schemas, identities and charters.
        rows: In the order in which they are to be taken.
        progress: Told how far it is.
        bare: Digests of those that go without their content: the chain needs them, nobody else.

    Raises:
        ErasedContentError: The content of one is withdrawn and erased.
        LimitError: `bundle-size`, `bundle-count`.
    """
    contents: dict[str, bytes] = {}
    schemas: dict[str, bytes] = {}
    charters: dict[str, bytes] = {}
    names = {row.publisher for row in rows}
    for number, row in enumerate(rows):
        progress("write", number, len(rows))
        manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
        schema = knowledge.schema(row.schema_digest)
        if schema is not None:
            schemas[schema.digest] = schema.document
        carries = manifest.content is not None and row.digest not in bare
        if manifest.content is not None and carries and row.content_digest is not None:
            contents[manifest.content.digest] = store.contents.get(row.content_digest)
        charter = knowledge.charters.get(manifest.sharing.charter or "")
        if charter is not None:
            charters[charter.digest] = charter.document
            names |= set(charter.members)  # each signed it
    known = [knowledge.identity_of(name) for name in sorted(names)]
    identities = {one.digest: one.document for one in known if one is not None}
    return write(
        Bundle(
            publications=tuple(row.jws for row in rows),
            contents=contents,
            schemas=schemas,
            identities=identities,
            charters=charters,
        )
    )
