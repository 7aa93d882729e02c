"""No personal value leaves a node: marked values of every schema, looked for in all that is made.

Each schema's full example row is published with a mark in every personal column, as CSV and as
JSON. Since most schemas have few such columns or none, it is done again with a copy of the schema
in which every column is personal that may be. Then whatever was stored, signed, sent or exported is
searched, contents decompressed. The last test does it with a real hub and a second node.
"""

import asyncio
import contextlib
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import zstandard
from twin_world import ARVIEU, NAME, counted, twins, until

from federation.author import draft_rows, messages
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest, Sharing
from node import exporting
from node.clock import now_us
from node.keeping import kept_here
from node.keys import KeyStore
from node.node import Node
from node.publishing import Publisher
from node.signing import Signing
from schemas.catalogue import bundled
from schemas.document import Document
from schemas.model import Schema, parse_schema
from schemas.reading import parse_mapping, read

NAMES = bundled().names()
MARK = "canari7f3a"
OPEN = Sharing(level="open")


def latest(name: str) -> Schema:
    found = bundled().latest(name)
    assert found is not None
    return found


def used(document: Document) -> set[str | None]:
    """Columns that a schema needs to be published."""
    block = document.maillage
    found = {*document.key, block.time, block.time_end, block.place, *block.measures}
    for one in block.measures.values():
        found |= {one.weight, one.numerator, one.denominator}
    if block.secrecy is not None:
        found |= {block.secrecy.field, block.secrecy.count}
    return found


def all_personal(schema: Schema) -> Schema:
    """The schema with every column personal that may be, and one more, since some have none."""
    document = json.loads(schema.document)
    needed = used(schema.parsed)
    document["maillage"]["personal"] = [
        field.name for field in schema.fields if field.name not in needed
    ]
    document["fields"].append({"name": "contact_marque", "type": "string", "example": "x"})
    document["maillage"]["personal"].append("contact_marque")
    document["version"] = "99.0.0"
    return parse_schema(json.dumps(document, ensure_ascii=False).encode())


def marked(schema: Schema, number: int = 0) -> dict[str, str]:
    """The example row with a mark in each personal column, whatever its type."""
    row = {field.name: str(field.example) for field in schema.fields}
    for name in schema.personal:
        row[name] = f"{MARK}-{name}-{number}@example.org"
    return row


def files(schema: Schema, **values: str) -> dict[str, bytes]:
    """A CSV and a JSON file of the marked row, some values changed."""
    row = marked(schema) | values
    text = io.StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow(row)
    typed = {
        field.name: row[field.name]
        if field.name in schema.personal | set(values)
        else field.example
        for field in schema.fields
    }
    found = {f"{schema.name}.csv": text.getvalue().encode()}
    # what JSON has a type of its own for is written so; the rest as text
    plain = {name: one if isinstance(one, int | float) else str(one) for name, one in typed.items()}
    found[f"{schema.name}.json"] = json.dumps([plain], ensure_ascii=False).encode()
    return found


def spots(data: bytes) -> bool:
    """Whether a mark is in bytes, as they stand or in any zstd frame that they begin with."""
    found = [data]
    if data[:4] == b"\x28\xb5\x2f\xfd":
        found.append(zstandard.ZstdDecompressor().decompressobj().decompress(data))
    return any(MARK.encode(form) in one for one in found for form in ("utf-8", "utf-16-le"))


def spotted(folder: Path) -> list[str]:
    """Files below a folder in which a mark is, each frame of theirs decompressed."""
    found = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        data = path.read_bytes()
        frames = data.split(b"\x28\xb5\x2f\xfd")[1:]
        whole = [b"\x28\xb5\x2f\xfd" + one for one in frames]
        if spots(data) or any(_opened(one) for one in whole):
            found.append(str(path))
    return found


def _opened(frame: bytes) -> bool:
    with contextlib.suppress(zstandard.ZstdError):
        return spots(frame)
    return False  # four bytes that only look like the beginning of a frame


def test_a_mark_would_be_found(tmp_path: Path) -> None:
    """The search itself can fail."""
    squeezed = zstandard.ZstdCompressor().compress(b"x" * 100 + f"{MARK}-nom".encode())
    (tmp_path / "segment").write_bytes(b"before" + squeezed + squeezed)
    assert spotted(tmp_path) == [str(tmp_path / "segment")]
    (tmp_path / "segment").write_bytes(b"nothing \x28\xb5\x2f\xfd of it")
    assert spotted(tmp_path) == []


# -- every schema, one node --------------------------------------------------------------------


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("personal") / "data"
    Node.init(folder, [ARVIEU], now_us=now_us())
    with contextlib.closing(Node.open(folder)) as found:
        yield found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("copy", [latest, lambda name: all_personal(latest(name))])
def test_what_is_personal_is_nowhere(node: Node, name: str, copy: object) -> None:
    assert callable(copy)
    schema: Schema = copy(name)
    if schema.version == "99.0.0":
        node.knowledge.learn_schema(schema.document)
    for filename, data in files(schema).items():
        assert not schema.personal or MARK.encode() in data
        reading = read(data, filename=filename, schema=schema)
        assert reading.report.valid, reading.report.text("en")
        assert reading.rows is not None
        assert not schema.personal & set(reading.rows.columns)
        assert MARK not in json.dumps(reading.report.to_json("fr"))
        if name == "synthese":
            continue  # made by a node, never from a file
        dataset = f"{ARVIEU}/{name}.{filename.rpartition('.')[2]}{schema.version.partition('.')[0]}"
        if kept_here(schema, reading.rows, "open") is not None:
            continue  # about too few: nothing of it leaves at all (test_keeping)
        as_csv = filename.endswith(".csv")
        if as_csv is (schema.version == "99.0.0"):
            continue  # each form once: rows are the same, whatever they came from
        made = node.publisher.draft(schema, dataset, reading.rows, sharing=OPEN)
        assert made.blob is not None
        assert not spots(made.blob)
        node.publisher.store_draft(made, source=filename, now_us=now_us())
        went_out(node, dataset)


def test_it_is_in_no_file_of_the_node_that_published_it_all(node: Node) -> None:
    """Database, logs and contents, after the tests above."""
    assert spotted(node.data_dir) == []


def went_out(node: Node, dataset: str) -> None:
    """Sign, and look at what goes to hubs and into exports."""
    signing = Signing(node.store, KeyStore(node.data_dir), node.knowledge.schema, ["hub"])
    assert signing.sign_ready(ARVIEU) == 1
    head = node.store.publications.own_head(dataset)
    assert head is not None
    row = node.store.publications.get([head.digest])[head.digest]
    assert row.content_digest is not None
    manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
    blob = node.store.contents.get(row.content_digest)
    for message in messages(manifest, row.digest, row.jws, blob):
        assert not spots(message.body)
        assert MARK not in json.dumps([message.subject, dict(message.headers), str(manifest)])
    for form in ("csv", "json", "parquet"):
        assert not spots(exporting.export(node.store, node.knowledge, dataset, form))


def other_forms(schema: Schema) -> dict[str, bytes]:
    """The marked row as people may have it: workbook, lines of JSON, GeoJSON, labels for names."""
    row = marked(schema)
    typed = {
        field.name: row[field.name]
        if field.name in schema.personal or not isinstance(field.example, int | float)
        else field.example
        for field in schema.fields
    }
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(list(row))
    book.active.append(list(row.values()))
    sheet = io.BytesIO()
    book.save(sheet)
    feature = {"type": "Feature", "geometry": None, "properties": typed}
    collection = {"type": "FeatureCollection", "features": [feature]}
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(name.upper().replace("_", " ") for name in row)
    writer.writerow(row.values())
    return {
        "a.xlsx": sheet.getvalue(),
        "a.jsonl": json.dumps(typed, ensure_ascii=False).encode() + b"\n",
        "a.geojson": json.dumps(collection, ensure_ascii=False).encode(),
        "a.csv": text.getvalue().encode("cp1252", "replace"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_form_of_file_brings_it_in(name: str) -> None:
    schema = all_personal(latest(name))
    taken = 0
    for filename, data in other_forms(schema).items():
        reading = read(data, filename=filename, schema=schema)
        assert MARK not in json.dumps(reading.report.to_json("fr"))
        assert MARK not in "".join(note.text("fr") for note in reading.guessed)
        if reading.rows is None:
            continue  # a form that this schema's row doesn't have, such as a column with a comma
        taken += 1
        assert not schema.personal & set(reading.rows.columns)
        draft = draft_rows(
            schema,
            f"{ARVIEU}/{schema.name}",
            reading.rows,
            salt=bytes(16),
            mode="append" if schema.kind == "series" else "snapshot",
            sharing=OPEN,
        )
        assert draft.blob is not None
        assert not spots(draft.blob)
    assert taken >= 3, "most forms are read"


def test_a_mapping_to_a_personal_column_drops_it_as_well() -> None:
    schema = latest("projets")
    row = marked(schema)
    row["Mail du contact"] = row.pop("porteurReferentEmail")
    text = io.StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow(row)
    document = {
        "version": 1,
        "schema": "projets",
        "columns": {"Mail du contact": "porteurReferentEmail"},
    }
    mapping = parse_mapping(json.dumps(document).encode(), schema)
    reading = read(text.getvalue().encode(), filename="p.csv", schema=schema, mapping=mapping)
    assert reading.report.valid, reading.report.text("en")
    assert reading.rows is not None
    assert not schema.personal & set(reading.rows.columns)
    assert MARK not in str(reading.rows.rows())


def test_a_change_of_what_is_personal_alone_changes_nothing(node: Node) -> None:
    """Not even that it was changed is seen: the register is `unchanged`; and a delta has none."""
    schema = latest("projets")
    dataset = f"{ARVIEU}/projets.changes"
    rows = [marked(schema) | {"id": f"6f9619ff-8b86-4d11-b42d-{at:012d}"} for at in range(4)]
    modes = []
    for change in ({}, {"porteurReferentEmail": f"{MARK}-other@example.org"}, {"nom": "Autre"}):
        rows[0] |= change
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        published = node.publisher.publish_file(
            text.getvalue().encode(),
            filename="projets.csv",
            schema_name="projets",
            participant=ARVIEU,
            slug="changes",
            sharing="open",
            now_us=now_us(),
        )
        modes.append(published.mode)
        Signing(node.store, KeyStore(node.data_dir), node.knowledge.schema, []).sign_ready(ARVIEU)
    assert modes == ["snapshot", "unchanged", "delta"]
    head = node.store.publications.own_head(dataset)
    assert head is not None
    assert head.sequence == 3
    assert spotted(node.data_dir) == []


def test_a_file_that_is_refused_leaves_nothing_either(node: Node) -> None:
    schema = latest("projets")
    row = marked(schema) | {"id": "no uuid"}
    text = io.StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow(row)
    publisher: Publisher = node.publisher
    published = publisher.publish_file(
        text.getvalue().encode(),
        filename="projets.csv",
        schema_name="projets",
        participant=ARVIEU,
        sharing="open",
        now_us=now_us(),
    )
    assert not published.report.valid
    assert MARK not in published.report.text("fr")
    assert spotted(node.data_dir) == []


# -- a real hub --------------------------------------------------------------------------------


async def test_what_is_personal_reaches_neither_hub_nor_receiver(tmp_path: Path) -> None:
    schema = latest("mediation-numerique")
    data = files(schema, code_insee="12011")[f"{schema.name}.csv"]
    dataset = f"{ARVIEU}/{schema.name}"
    async with twins(tmp_path) as world, world.running("arvieu", "twin") as (town, twin):
        published = await asyncio.to_thread(
            town.publish,
            data,
            filename="lieux.csv",
            schema=schema.name,
            participant=ARVIEU,
            charter=NAME,
            now_us=now_us(),
        )
        assert published.report.valid, published.report.text("en")
        await until(lambda: counted(twin, dataset) == (1, 0))
        await until(lambda: bool(town.store.receipts.received(ARVIEU)))
    assert MARK.encode() in data
    assert spotted(tmp_path) == []
