"""Contents: encoding, cutting, and decoding what others made."""

import struct
from random import Random

import polars as pl
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from federation import content
from federation.content import decode, describe, encode, split
from federation.errors import LimitError, MalformedError
from federation.limits import PART_MAX_BYTES, SALT_BYTES
from federation.strict import sha256_hex
from tests.cases.kit import rle_frame, squeeze
from tests.world import SALT, all_types, types_schema

KIND = pa.schema([pa.field("name", pa.string()), pa.field("number", pa.int64())])
rows = st.lists(
    st.tuples(st.none() | st.text(max_size=5), st.none() | st.integers(-(2**63), 2**63 - 1)),
    max_size=20,
)


def table(found: list[tuple[str | None, int | None]]) -> pa.Table:
    columns = {"name": [one[0] for one in found], "number": [one[1] for one in found]}
    return pa.table(columns, schema=KIND)


def refused(blob: bytes, plain_size: int, kind: pa.Schema = KIND) -> str:
    with pytest.raises(MalformedError) as caught:
        decode(blob, kind, plain_size)
    return caught.value.code


@given(rows, st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES))
def test_what_was_encoded_is_decoded(
    found: list[tuple[str | None, int | None]], salt: bytes
) -> None:
    blob, plain_size = encode(table(found), salt)
    assert decode(blob, KIND, plain_size).equals(table(found))
    assert zstandard.decompress(blob)[:SALT_BYTES] == salt
    assert zstandard.get_frame_parameters(blob).content_size == plain_size


def test_the_salt_hides_what_a_small_content_says() -> None:
    one, other = (encode(table([("a", 1)]), bytes([salt] * SALT_BYTES))[0] for salt in (1, 2))
    assert sha256_hex(one) != sha256_hex(other)


def test_every_type_of_the_wire_goes_through() -> None:
    kind = types_schema().arrow_schema()
    blob, plain_size = encode(all_types().to_arrow().cast(kind), SALT)
    found = pl.from_arrow(decode(blob, kind, plain_size))
    assert isinstance(found, pl.DataFrame)
    assert found.equals(all_types())


def test_chunks_are_one_batch() -> None:
    pieces = pa.concat_tables([table([("a", 1)]), table([("b", 2)])])
    assert encode(pieces, SALT) == encode(pieces.combine_chunks(), SALT)


@given(st.integers(0, 3), st.integers(-1, 1))
def test_parts_are_full_but_for_the_last(whole: int, more: int) -> None:
    blob = bytes(max(1, whole * PART_MAX_BYTES + more))
    parts = split(blob)
    assert b"".join(parts) == blob
    assert all(len(part) == PART_MAX_BYTES for part in parts[:-1])
    found = describe(blob, 100)
    assert [part.size for part in found.parts] == [len(part) for part in parts]
    assert [part.digest for part in found.parts] == [sha256_hex(part) for part in parts]
    assert (found.digest, found.size, found.plain_size) == (sha256_hex(blob), len(blob), 100)


def test_too_much_for_one_publication(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "PLAIN_MAX_BYTES", 100)
    with pytest.raises(LimitError) as caught:
        encode(table([("a", 1)] * 50), SALT)
    assert caught.value.code == "content-size"
    assert "month" in caught.value.remedy


# --- what others may send -----------------------------------------------------------------------


def test_nothing_is_decompressed_beyond_the_size_stated() -> None:
    for window_log in (None, 20):
        blob = rle_frame(500_000, declared=1_000, window_log=window_log)  # 64 GiB of zeros
        assert refused(blob, 1_000) == "content-frame"


def test_a_size_that_both_state_is_bounded_by_the_manifest_alone() -> None:
    blob = rle_frame(8, declared=2**20)
    assert refused(blob, 2**20) == "content-arrow"


@pytest.mark.parametrize("options", [{"compression": "zstd"}, {"compression": "lz4"}])
def test_buffers_are_not_compressed_inside(options: dict[str, str]) -> None:
    data = _stream(table([("a", 1)] * 1_000), pa.ipc.IpcWriteOptions(**options))
    assert refused(squeeze(data), len(data)) == "content-arrow"


def test_one_batch_and_no_more() -> None:
    """Each batch costs a receiver kilobytes, and a sender next to nothing."""
    sink = pa.BufferOutputStream()
    sink.write(SALT)
    with pa.ipc.new_stream(sink, KIND) as writer:
        for _ in range(10_000):
            writer.write_batch(table([("a", 1)]).combine_chunks().to_batches()[0])
    data = bytes(sink.getvalue())
    assert refused(squeeze(data), len(data)) == "content-arrow"


def test_another_end_of_numbers_is_refused() -> None:
    """A schema message whose endianness says big: pyarrow would swap the values in silence."""
    data = bytearray(_stream(table([("a", 1)])))
    start = SALT_BYTES + 8
    flat = memoryview(data)[start:]
    root = struct.unpack_from("<I", flat)[0]
    vtable = root - struct.unpack_from("<i", flat, root)[0]
    header = root + struct.unpack_from("<H", flat, vtable + 8)[0]
    schema = header + struct.unpack_from("<I", flat, header)[0]
    inner = schema - struct.unpack_from("<i", flat, schema)[0]
    # the member is absent: let its entry point at two bytes of the table that are 1
    fields = struct.unpack_from("<H", flat, inner + 6)[0]
    assert struct.unpack_from("<H", flat, inner + 4)[0] == 0
    struct.pack_into("<H", flat, inner + 4, fields)
    assert refused(squeeze(bytes(data)), len(data)) == "content-arrow"


def test_a_second_schema_is_refused() -> None:
    data = _stream(table([("a", 1)]))
    head = data[SALT_BYTES : SALT_BYTES + 8 + struct.unpack_from("<i", data, SALT_BYTES + 4)[0]]
    twice = SALT + head + data[SALT_BYTES:]
    assert refused(squeeze(twice), len(twice)) == "content-arrow"


@pytest.mark.parametrize("cut", [1, 4, 8])
def test_a_stream_without_its_end_mark_is_refused(cut: int) -> None:
    data = _stream(table([("a", 1)]))[:-cut]
    assert refused(squeeze(data), len(data)) == "content-arrow"


def test_the_framing_of_old_is_refused() -> None:
    data = _stream(table([("a", 1)]), pa.ipc.IpcWriteOptions(use_legacy_format=True))
    assert refused(squeeze(data), len(data)) == "content-arrow"


def test_an_empty_stream_is_refused() -> None:
    assert refused(squeeze(SALT + b"\0"), SALT_BYTES + 1) == "content-arrow"
    assert refused(squeeze(SALT + bytes(8)), SALT_BYTES + 8) == "content-arrow"


def test_columns_are_named_for_people() -> None:
    other = pa.schema([pa.field("name", pa.string()), pa.field("number", pa.int32())])
    blob, plain_size = encode(table([("a", 1)]).cast(other), SALT)
    with pytest.raises(MalformedError, match="column number is int32, not int64"):
        decode(blob, KIND, plain_size)
    with pytest.raises(MalformedError, match="the columns are 'name', 'number', not name"):
        decode(blob, pa.schema([pa.field("name", pa.string())]), plain_size)


def test_a_content_decoded_before_teaches_nothing_wrong() -> None:
    """Whatever a decoder remembers of one content, it judges the next by its own bytes."""
    right, plain_size = encode(table([("a", 1)]), SALT)
    wide = pa.schema([*KIND, pa.field("more", pa.bool_())])
    other, other_size = encode(pa.table({"name": ["a"], "number": [1], "more": [True]}, wide), SALT)
    for _ in range(2):
        assert decode(right, KIND, plain_size).num_rows == 1
        assert refused(other, other_size) == "content-columns"
        assert decode(other, wide, other_size).num_rows == 1
        assert refused(right, plain_size, wide) == "content-columns"


def test_random_bytes_are_refused() -> None:
    rng = Random(1)
    for _ in range(200):
        data = SALT + rng.randbytes(rng.randint(1, 300))
        assert refused(squeeze(data), len(data)) == "content-arrow"
        assert refused(data, len(data)) == "content-frame"


def _stream(found: pa.Table, options: pa.ipc.IpcWriteOptions | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    sink.write(SALT)
    with pa.ipc.new_stream(sink, found.schema, options=options) as writer:
        writer.write_table(found)
    return bytes(sink.getvalue())
