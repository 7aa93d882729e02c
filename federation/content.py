"""Content: salted Arrow rows in one zstd frame, cut into parts (docs/wire.md, section 5).

`zstd( 16 random bytes ‖ Arrow IPC stream )`. The frame declares its size, so that memory is
bounded before anything is decompressed. Inside the stream: one schema, one record batch without
compression or dictionaries (none when there are no rows), rows sorted by key. Contents from
others are decoded by pyarrow and validated fully; polars sees them only afterwards (its own
reader ends the process on mutated streams).

pyarrow would take more than the wire has: compressed buffers (which decompress to sizes that
nobody bounded), big-endian values, metadata beside a batch, bytes after the end. Each would be a
second form of the same rows, so each message is looked at before it is decoded.
"""

import struct
import threading
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa
import zstandard

from federation.errors import LimitError, MalformedError
from federation.limits import (
    CONTENT_MAX_BYTES,
    PART_MAX_BYTES,
    PLAIN_MAX_BYTES,
    SALT_BYTES,
    ZSTD_WINDOW_MAX_BYTES,
)
from federation.manifest import Content, Part
from federation.strict import sha256_hex

ZSTD_LEVEL: Final = 3
_IPC_OPTIONS: Final = pa.ipc.IpcWriteOptions(
    compression=None, emit_dictionary_deltas=False, unify_dictionaries=False
)
_FRAME_MAGIC: Final = b"\x28\xb5\x2f\xfd"


def encode(table: Any, salt: bytes) -> tuple[bytes, int]:
    """Encode rows.

    Args:
        table: `pyarrow.Table`, rows sorted by key, columns as the schema has them.
        salt: 16 random bytes.

    Returns:
        The content as sent, and its plain size in bytes.

    Raises:
        LimitError: `content-size`: too large for one publication.
    """
    sink = pa.BufferOutputStream()
    sink.write(salt)
    with pa.ipc.new_stream(sink, table.schema, options=_IPC_OPTIONS) as writer:
        writer.write_table(table.combine_chunks())
    plain = sink.getvalue()
    blob = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_content_size=True).compress(plain)
    if plain.size > PLAIN_MAX_BYTES or len(blob) > CONTENT_MAX_BYTES:
        raise LimitError(
            f"{plain.size} bytes of rows are too many for one publication",
            code="content-size",
            remedy="publish them in several steps, for example month by month",
        )
    return blob, plain.size


def split(blob: bytes) -> list[bytes]:
    """Cut a content into parts of at most 512 KiB."""
    return [blob[at : at + PART_MAX_BYTES] for at in range(0, len(blob), PART_MAX_BYTES)]


def describe(blob: bytes, plain_size: int) -> Content:
    """The manifest's `content` for a content."""
    parts = tuple(Part(digest=sha256_hex(part), size=len(part)) for part in split(blob))
    return Content(digest=sha256_hex(blob), size=len(blob), plain_size=plain_size, parts=parts)


def _check_frame(blob: bytes, plain_size: int) -> None:
    """Bound what decompression may take, from the frame header alone (RFC 8878, 3.1.1.1)."""
    if blob[:4] != _FRAME_MAGIC:
        raise MalformedError("not a zstd frame", code="content-frame")
    try:
        frame = zstandard.get_frame_parameters(blob)
    except zstandard.ZstdError as error:
        raise MalformedError("not a zstd frame", code="content-frame") from error
    if frame.content_size != plain_size:
        raise MalformedError(
            "the frame declares another size than the manifest", code="content-size"
        )
    # a single-segment frame's window is its content: then the declared size is the bound
    if frame.dict_id or frame.window_size > max(ZSTD_WINDOW_MAX_BYTES, plain_size):
        raise MalformedError(
            "the frame wants a dictionary or too large a window", code="content-frame"
        )


class _Own(threading.local):
    """What may not be shared between threads."""

    def __init__(self) -> None:
        self.decompressor: Final = zstandard.ZstdDecompressor()


_own: Final = _Own()


def _decompress(blob: bytes, plain_size: int) -> bytes:
    _check_frame(blob, plain_size)
    try:
        # in one pass into a buffer of the size declared: a frame that holds more is broken
        return _own.decompressor.decompress(blob, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise MalformedError(f"not one whole zstd frame: {error}", code="content-frame") from error


def decode(blob: bytes, schema: Any, plain_size: int) -> Any:
    """Decode a content that somebody else made.

    Args:
        blob: The content as sent; its digest has been compared already.
        schema: The `pyarrow.Schema` that it must have, exactly.
        plain_size: As the manifest says, at most `PLAIN_MAX_BYTES`.

    Returns:
        A `pyarrow.Table`, fully validated.

    Raises:
        MalformedError: `content-frame`, `content-size`, `content-arrow`, `content-columns`.
    """
    plain = _decompress(blob, plain_size)
    try:
        table = _read_stream(pa.py_buffer(plain).slice(SALT_BYTES), schema)
        table.validate(full=True)
    except _ARROW_ERRORS as error:
        raise MalformedError(f"not an Arrow stream: {error}"[:300], code="content-arrow") from error
    return table


_ARROW_ERRORS: Final = (
    pa.ArrowException,
    struct.error,
    ValueError,
    TypeError,
    OSError,
    MemoryError,
    OverflowError,
)
"""What pyarrow is documented to raise on a broken stream, and what broken offsets raise here."""


def _read_stream(stream: Any, schema: Any) -> Any:
    """One schema, at most one record batch, the end mark and nothing more.

    Of batches there is one because each costs a receiver kilobytes: a message of 27 KB can hold
    700,000 without a row, which took 2 GB.
    """
    source = pa.BufferReader(stream)
    found = _read_head(source, stream)
    if not found.equals(schema, check_metadata=True):
        raise MalformedError(_columns(found, schema), code="content-columns")
    batches = []
    message = _next_message(source)
    if message is not None:
        if message.type != "record batch":
            raise _not_plain(f"a message of type {message.type}")
        _check_message(message, _COMPRESSION)
        batches.append(pa.ipc.read_record_batch(message, found))
        if _next_message(source) is not None:
            raise _not_plain("more than one batch")
    mark = stream.slice(stream.size - len(_END)).to_pybytes() if stream.size >= len(_END) else b""
    if source.tell() != stream.size or mark != _END:
        raise _not_plain("it doesn't end with its end mark")
    return pa.Table.from_batches(batches, found)


_END: Final = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""Arrow's end mark: a message without metadata."""


_HEAD_MAX_BYTES: Final = 4096
_HEADS_MAX: Final = 256
_heads: Final[dict[bytes, Any]] = {}
"""Schema messages that were taken before, by their bytes: all contents of a schema begin alike."""


def _read_head(source: Any, stream: Any) -> Any:
    """The schema with which the stream begins; `source` stands behind it afterwards."""
    start = stream.slice(0, _PREFIX.size).to_pybytes()
    size = _PREFIX.size + (_PREFIX.unpack(start)[1] if len(start) == _PREFIX.size else 0)
    whole = stream.slice(0, size).to_pybytes() if 0 < size <= _HEAD_MAX_BYTES else b""
    known = _heads.get(whole)
    if known is not None:
        source.seek(size)
        return known
    head = _next_message(source)
    if head is None or head.type != "schema":
        raise _not_plain("it doesn't begin with a schema")
    _check_message(head, _ENDIANNESS)
    found = pa.ipc.read_schema(head)
    if source.tell() == len(whole):  # nothing of the message lies beyond these bytes
        if len(_heads) >= _HEADS_MAX:
            _heads.clear()
        _heads[whole] = found
    return found


_PREFIX: Final = struct.Struct("<Ii")
"""Before each message: a mark, and how long its metadata are (Arrow's encapsulated message)."""


def _next_message(source: Any) -> Any:
    """The next message, None at the end of the stream."""
    try:
        return pa.ipc.read_message(source)
    except EOFError:
        return None


# Places of members in the tables of Arrow's Message.fbs and Schema.fbs (format 1.5).
_HEADER: Final = 2
_CUSTOM_METADATA: Final = 4
_ENDIANNESS: Final = 0
_COMPRESSION: Final = 3


def _check_message(message: Any, unwanted: int) -> None:
    """Refuse a message with metadata of its own, or whose header has a member that it must not.

    pyarrow has checked the flatbuffer's form, but tells neither of these.
    """
    flat = message.metadata.to_pybytes()
    # publications of one size differ in their values only: mostly these very bytes were seen before
    (_seen if len(flat) <= _SEEN_MAX_BYTES else _check_metadata)(flat, unwanted)


def _check_metadata(flat: bytes, unwanted: int) -> None:
    root = struct.unpack_from("<I", flat)[0]
    at = _member(flat, root, _HEADER)
    if at is None:
        raise _not_plain("a message without a header")
    header = at + struct.unpack_from("<I", flat, at)[0]
    if _member(flat, root, _CUSTOM_METADATA) is not None:
        raise _not_plain("a message carries metadata")
    found = _member(flat, header, unwanted)
    if found is None:
        return
    if unwanted == _COMPRESSION:
        raise _not_plain("the values are compressed")
    if struct.unpack_from("<h", flat, found)[0] != 0:
        raise _not_plain("the values are big-endian")


_SEEN_MAX_BYTES: Final = 4096
_seen: Final = lru_cache(maxsize=1024)(_check_metadata)


def _member(flat: bytes, table: int, index: int) -> int | None:
    """Where a member of a flatbuffer table lies; None when it is absent or has its default."""
    vtable = table - struct.unpack_from("<i", flat, table)[0]
    entry = 4 + 2 * index
    if entry + 2 > struct.unpack_from("<H", flat, vtable)[0]:
        return None
    offset = int(struct.unpack_from("<H", flat, vtable + entry)[0])
    return table + offset if offset else None


def _not_plain(why: str) -> MalformedError:
    return MalformedError(f"not a plain Arrow stream: {why}", code="content-arrow")


def _columns(found: Any, wanted: Any) -> str:
    """What is wrong with the columns, for people."""
    have, want = list(found.names)[:50], list(wanted.names)
    if have != want:
        return f"the columns are {', '.join(map(repr, have))[:200]}, not {', '.join(want)[:200]}"
    for field in wanted:
        other = found.field(field.name)
        if not other.equals(field, check_metadata=True):
            return f"column {field.name} is {other.type!s:.60}, not {field.type}"
    return "the stream carries metadata that the schema does not"
