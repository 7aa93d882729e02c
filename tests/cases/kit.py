"""What the cases are made with: messages, contents, and contents gone wrong."""

import base64
import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl
import pyarrow as pa
import zstandard

from federation.content import ZSTD_LEVEL, describe, encode, split
from federation.ids import parse_dataset, pub_subject
from federation.jose import ALG, WIRE_VERSION, b64url, sign_compact, un_b64url
from federation.manifest import TYP
from federation.message import MANIFEST_HEADER, PART_HEADER
from federation.model import Position
from federation.reasons import REASONS
from federation.strict import dump
from tests.world import ARVIEU, EPCI, LUZY, SALT, Made, signer

KNOWN: Final = (
    "charter-levezou-1.json",
    f"identity-{ARVIEU}-1.json",
    f"identity-{EPCI}-1.json",
    f"identity-{LUZY}-1.json",
    f"identity-{LUZY}-2.json",
    "schema-comptage-mobilites-1.0.0.json",
    "schema-projets-1.0.0.json",
    "schema-synthese-1.0.0.json",
)
"""Documents that the receiver knows unless a case says otherwise."""


@dataclass(frozen=True)
class Case:
    """One vector.

    Attributes:
        name: File name without its ending.
        description: What it is about, for whoever writes another verifier.
        messages: As they came.
        reason: Code expected; None: accepted.
        trust: Names of the documents known.
        head: Of the dataset at the receiver.
        decided: Earlier positions at the receiver.
        table: The register's present table as a content.
        receiver: Who verifies.
    """

    name: str
    description: str
    messages: tuple[dict[str, Any], ...]
    reason: str | None = None
    trust: tuple[str, ...] = KNOWN
    head: Position | None = None
    decided: tuple[Position, ...] = ()
    table: bytes | None = None
    receiver: str = EPCI

    def write(self) -> bytes:
        """The vector's file."""
        found = None if self.reason is None else REASONS[self.reason]
        document = {
            "name": self.name,
            "description": self.description,
            "trust": {"receiver": self.receiver, "documents": list(self.trust)},
            "head": None if self.head is None else _position(self.head),
            "decided": [_position(one) for one in self.decided],
            "tableBase64": None if self.table is None else base64.b64encode(self.table).decode(),
            "messages": list(self.messages),
            "expect": {
                "verdict": "accepted" if found is None else found.verdict.value,
                "step": None if found is None else found.step,
                "reason": self.reason,
            },
        }
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _position(position: Position) -> dict[str, Any]:
    return {"epoch": position.epoch, "sequence": position.sequence, "digest": position.digest}


def subject_of(one: Made) -> str:
    """The dataset's own subject."""
    return pub_subject(parse_dataset(one.payload["dataset"]))


def message(
    one: Made | None,
    *,
    subject: str | None = "",
    body: bytes | None = None,
    jws: str | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """One message; by default the whole publication under its own subject."""
    if subject == "":
        assert one is not None
        subject = subject_of(one)
    if body is None:
        body = (one.blob if one is not None else None) or b""
    text = jws if jws is not None else one.jws() if one is not None else None
    found = {} if text is None else {MANIFEST_HEADER: text}
    encoded = base64.b64encode(body).decode()
    squeezed = base64.b64encode(zstandard.ZstdCompressor(level=19).compress(body)).decode()
    where = ("bodyZstdBase64", squeezed) if len(body) > 65_536 else ("bodyBase64", encoded)
    return {"subject": subject, "headers": {**found, **(headers or {})}, where[0]: where[1]}


def messages(one: Made) -> tuple[dict[str, Any], ...]:
    """A publication in its parts."""
    parts = split(one.blob or b"")
    return tuple(
        message(one, body=part, headers={PART_HEADER: f"{number}/{len(parts)}"})
        for number, part in enumerate(parts, 1)
    )


# --- spelling ------------------------------------------------------------------------------------


def headed(one: Made, header: bytes) -> str:
    """A JWS with another protected header, signed all the same."""
    return sealed(one, b64url(header), b64url(dump(one.payload)))


def sealed(one: Made, protected: str, payload: str) -> str:
    """A JWS over two segments as they stand."""
    signing_input = f"{protected}.{payload}"
    return f"{signing_input}.{b64url(signer(one.by).sign(signing_input.encode()))}"


def header_of(one: Made, **changes: Any) -> bytes:
    """The protected header with members changed."""
    members = {"alg": ALG, "kid": signer(one.by).public.kid, "typ": TYP, "ver": WIRE_VERSION}
    return dump(members | changes)


def payload_signed(one: Made, payload: bytes) -> str:
    """A JWS over any payload."""
    return sign_compact(signer(one.by), TYP, payload)


def other_spelling(segment: str) -> str:
    """The same bytes in base64url whose unused last bits are not zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    unused = len(segment) % 4
    assert unused in (2, 3), "this segment has no other spelling"
    last = alphabet.index(segment[-1])
    return segment[:-1] + alphabet[last ^ 1]


def with_signature(jws: str, signature: bytes) -> str:
    """With another signature."""
    return f"{jws.rpartition('.')[0]}.{b64url(signature)}"


def signature_of(jws: str) -> bytes:
    """The bytes of the signature."""
    return un_b64url(jws.rpartition(".")[2])


# --- contents ------------------------------------------------------------------------------------


def carrying(one: Made, blob: bytes, plain_size: int | None = None, **changes: Any) -> Made:
    """With another content, its digests right."""
    size = zstandard.get_frame_parameters(blob).content_size if plain_size is None else plain_size
    content = describe(blob, size).model_dump(mode="json", by_alias=True)
    return replace(one.changed(content=content, **changes), blob=blob)


def plain(one: Made) -> bytes:
    """A content decompressed: salt and Arrow stream."""
    assert one.blob is not None
    return zstandard.decompress(one.blob)


def squeeze(data: bytes) -> bytes:
    """One zstd frame."""
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_content_size=True).compress(data)


def table_of(one: Made) -> Any:
    """The rows of a content as a `pyarrow.Table`."""
    with pa.ipc.open_stream(plain(one)[len(SALT) :]) as reader:
        return reader.read_all()


def stream(table: Any, *, options: Any = None, batch_metadata: Any = None) -> bytes:
    """An Arrow stream behind a salt."""
    sink = pa.BufferOutputStream()
    sink.write(SALT)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        for batch in table.combine_chunks().to_batches():
            writer.write_batch(batch, custom_metadata=batch_metadata)
    return bytes(sink.getvalue())


def with_table(one: Made, table: Any, **changes: Any) -> Made:
    """With other rows, in a right content."""
    blob, size = encode(table, SALT)
    return carrying(one, blob, size, rows=table.num_rows, **changes)


def with_frame(one: Made, frame: pl.DataFrame, **changes: Any) -> Made:
    """With other rows of the right columns."""
    schema = table_of(one).schema
    return with_table(one, frame.to_arrow().cast(schema), **changes)


def raw_frame(data: bytes, *, declared: int | None = None, window_log: int | None = None) -> bytes:
    """A zstd frame of raw blocks, written by hand (RFC 8878, section 3.1.1)."""
    step = 128 * 1024
    cuts = [data[at : at + step] for at in range(0, len(data), step)]
    return _frame(
        [(len(cut) << 3).to_bytes(3, "little") + cut for cut in cuts],
        len(data) if declared is None else declared,
        window_log,
    )


def rle_frame(count: int, *, declared: int, window_log: int | None = None) -> bytes:
    """A zstd frame of blocks of 128 KiB of zeros: four bytes each."""
    block = ((128 * 1024) << 3 | 0b010).to_bytes(3, "little") + b"\0"
    return _frame([block] * count, declared, window_log)


def _frame(blocks: Sequence[bytes], declared: int, window_log: int | None) -> bytes:
    # the flag 0b11...... says that 8 bytes of content size follow
    head = b"\xe0" if window_log is None else bytes([0xC0, (window_log - 10) << 3])
    last = bytes([blocks[-1][0] | 1]) + blocks[-1][1:]
    body = b"".join([*blocks[:-1], last])
    return b"\x28\xb5\x2f\xfd" + head + struct.pack("<Q", declared) + body


def checked(cases: Iterable[Case]) -> list[Case]:
    """Cases sorted by name, each name once."""
    found = sorted(cases, key=lambda case: case.name)
    names = [case.name for case in found]
    assert len(set(names)) == len(names), "two cases have one name"
    return found
