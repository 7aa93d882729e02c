"""Contents that are not what the wire has, though rightly signed (step 13)."""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from tests.cases.good import first_counts, first_projects, long_counts
from tests.cases.kit import (
    Case,
    carrying,
    message,
    messages,
    plain,
    raw_frame,
    rle_frame,
    squeeze,
    stream,
    table_of,
)
from tests.world import SALT, Made


def content_cases() -> Iterator[Case]:
    """All of them."""
    yield from _frames()
    yield from _parts()
    yield from _streams()
    yield from _columns()


def _frames() -> Iterator[Case]:
    one = first_counts()
    data, blob = plain(one), one.blob or b""
    size = len(data)

    def case(
        name: str,
        description: str,
        content: bytes,
        reason: str = "content-frame",
        plain_size: int = size,
    ) -> Case:
        return Case(
            f"frame-{name}", description, (message(carrying(one, content, plain_size)),), reason
        )

    yield case("none", "No zstd frame: the rows as they are.", data)
    yield case("gzip", "Another compression's magic number.", b"\x1f\x8b" + blob[2:])
    yield case(
        "skippable",
        "A skippable frame before the content.",
        b"\x50\x2a\x4d\x18\x04\0\0\0xxxx" + blob,
    )
    yield case("header-cut", "Nothing but the magic number.", blob[:4])
    yield case("truncated", "The frame is cut off.", blob[:-1])
    yield case("two", "Two frames.", blob + squeeze(b"x" * 40))
    yield case("trailing", "A byte follows the frame.", blob + b"\0")
    yield case(
        "broken-block",
        "A block of the reserved type.",
        raw_frame(data)[:13] + bytes([0b111]) + raw_frame(data)[14:],
    )
    yield case("window", "The frame wants a window of 512 MiB.", raw_frame(data, window_log=29))
    yield case(
        "dictionary", "The frame wants a dictionary.", blob[:4] + bytes([blob[4] | 1, 7]) + blob[5:]
    )
    yield case(
        "bomb-hidden",
        "The frame declares the size that the manifest states, and holds 1 GiB.",
        rle_frame(8_192, declared=size),
    )
    yield case(
        "bomb-window",
        "Likewise, in blocks within a window.",
        rle_frame(8_192, declared=size, window_log=20),
    )
    yield case(
        "shorter",
        "The frame holds less than it declares.",
        raw_frame(data, declared=size + 1),
        plain_size=size + 1,
    )
    yield case(
        "bomb-frame",
        "The frame declares 1 TiB, the manifest a small size: nothing is decompressed.",
        rle_frame(16, declared=2**40),
        "content-size",
    )
    yield case(
        "other-size", "Frame and manifest state different sizes.", blob, "content-size", size - 1
    )
    yield case(
        "no-size", "The frame doesn't declare its size.", _without_size(data), "content-size"
    )


def _without_size(data: bytes) -> bytes:
    # a window descriptor and no size: header byte 0
    return b"\x28\xb5\x2f\xfd\x00\x50" + raw_frame(data)[13:]


def _parts() -> Iterator[Case]:
    one = long_counts()
    content = one.payload["content"]
    swapped = replace(one.changed(content={**content, "digest": "0f" * 32}), blob=one.blob)
    yield Case(
        "parts-of-another-content",
        "Each part is the one signed, but together they are not the content named.",
        messages(swapped),
        "content-size",
    )


def _streams() -> Iterator[Case]:
    one = first_counts()
    data, rows = plain(one), table_of(one)

    def case(name: str, description: str, inside: bytes) -> Case:
        return Case(
            f"arrow-{name}",
            description,
            (message(carrying(one, squeeze(inside))),),
            "content-arrow",
        )

    yield case(
        "salt-missing",
        "No salt: the stream begins at once, so its first 16 bytes are lost.",
        data[len(SALT) :],
    )
    yield case("nothing", "Bytes that are no Arrow stream.", SALT + b"\xff" * 200)
    yield case("short", "One byte after the salt.", SALT + b"\x00")
    yield case("truncated", "The stream is cut off within a batch.", data[:-200])
    yield case("no-end-mark", "The stream lacks its end mark.", data[:-8])
    yield case("two-batches", "Two record batches.", _in_two(rows))
    legacy = pa.ipc.IpcWriteOptions(use_legacy_format=True)
    yield case("framing", "The framing of Arrow before 0.15.", stream(rows, options=legacy))
    yield case("trailing", "Bytes follow the end of the stream.", data + b"more")
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    yield case(
        "compressed",
        "Buffers compressed within the stream: nobody bounded what they hold.",
        stream(rows, options=options),
    )
    yield case(
        "compressed-lz4",
        "Likewise with LZ4.",
        stream(rows, options=pa.ipc.IpcWriteOptions(compression="lz4")),
    )
    yield case(
        "batch-metadata",
        "A batch carries metadata of its own.",
        stream(rows, batch_metadata={"note": "hidden"}),
    )
    digits = stream(_too_many_digits(rows))
    yield case("decimal-digits", "A decimal of 19 digits in a column of 18.", digits)
    yield case("file", "The file format instead of the stream.", SALT + _file(rows))
    offsets = rows.column("channel_id").chunk(0).buffers()[1].to_pybytes()
    at = data.rindex(offsets)
    broken = bytearray(data)
    broken[at + 4 : at + 8] = b"\xff\xff\xff\x7f"
    yield case("offsets", "An offset of a text points outside its values.", bytes(broken))
    text = bytearray(data)
    text[data.rindex(b"C01-Pont")] = 0xFF
    yield case("not-utf8", "A text that is not UTF-8.", bytes(text))


def _in_two(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    sink.write(SALT)
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=12)
    return bytes(sink.getvalue())


def _too_many_digits(rows: pa.Table) -> pa.Table:
    values = pa.py_buffer((10**18).to_bytes(16, "little") * rows.num_rows)
    column = pa.Array.from_buffers(pa.decimal128(18, 0), rows.num_rows, [None, values])
    return rows.set_column(4, rows.schema.field(4), column)


def _file(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


def _columns() -> Iterator[Case]:
    one = first_counts()
    rows = table_of(one)
    kind = rows.schema

    def case(name: str, description: str, table: pa.Table, base: Made = one) -> Case:
        content = squeeze(stream(table))
        return Case(
            f"columns-{name}", description, (message(carrying(base, content)),), "content-columns"
        )

    yield case("missing", "A column less.", rows.drop_columns(["counter_id"]))
    yield case("more", "A column more.", rows.append_column("note", pa.nulls(24, pa.string())))
    yield case(
        "order", "The columns in another order.", rows.select([*kind.names[1:], kind.names[0]])
    )
    yield case(
        "renamed", "A column of another name.", rows.rename_columns([*kind.names[:-1], "Count"])
    )
    yield case("integer", "A decimal column of whole numbers.", _cast(rows, "count", pa.int64()))
    yield case("scale", "A decimal of another scale.", _cast(rows, "count", pa.decimal128(18, 2)))
    yield case(
        "zone", "A datetime without a zone.", _cast(rows, "start_datetime", pa.timestamp("us"))
    )
    yield case(
        "unit",
        "A datetime in milliseconds.",
        _cast(rows, "start_datetime", pa.timestamp("ms", "UTC")),
    )
    yield case(
        "large-text", "A text of the large type.", _cast(rows, "channel_id", pa.large_string())
    )
    yield case(
        "dictionary",
        "A column with a dictionary.",
        _cast(rows, "channel_id", pa.dictionary(pa.int32(), pa.string())),
    )
    strict = kind.set(4, kind.field("count").with_nullable(nullable=False))
    yield case("not-nullable", "A column that says it has no nulls.", rows.cast(strict))
    yield case(
        "metadata", "The schema carries metadata.", rows.replace_schema_metadata({"author": "x"})
    )
    marked = kind.set(4, kind.field("count").with_metadata({"unit": "vehicles"}))
    yield case("field-metadata", "A column carries metadata.", rows.cast(marked))
    register = first_projects()
    yield case(
        "personal",
        "A column that must never leave the node.",
        table_of(register).append_column("porteurReferentEmail", pa.nulls(4, pa.string())),
        register,
    )
    keys = one.changed(mode="withdraw", period=None)
    yield case("withdraw", "More than the keys in a withdrawal of rows.", rows, keys)


def _cast(rows: pa.Table, name: str, kind: pa.DataType) -> pa.Table:
    at = rows.schema.get_field_index(name)
    return rows.set_column(at, name, rows.column(name).cast(kind))
