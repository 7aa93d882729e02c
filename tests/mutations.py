"""Publications gone wrong at random, by layer: carriage, signature, manifest, frame, stream, rows.

What is changed below the signature is signed again with the right key and bound by the right
digests, so that the steps behind are reached. Everything follows from the generator given.
"""

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any, Final

import pyarrow as pa

from federation.content import describe
from federation.jose import b64url, sign_compact
from federation.manifest import TYP
from federation.message import MANIFEST_HEADER, PART_HEADER
from federation.strict import dump
from federation.verify import Arrival
from tests.cases.good import (
    first_counts,
)
from tests.cases.kit import headed, rle_frame, sealed, squeeze, stream, subject_of, table_of
from tests.mutation_bases import TEXTS, VALUES, Base, Mutant, bases, mangle, sent, with_content
from tests.world import (
    SALT,
    signer,
)

# --- layers --------------------------------------------------------------------------------------


def carried(rng: Random) -> Mutant:
    """Carried wrongly: subject, part, body."""
    base = rng.choice(bases())
    subject = subject_of(base.one)
    kind = rng.randrange(3)
    if kind == 0:
        tokens = subject.split(".")
        at = rng.randrange(len(tokens))
        other = ("", "fwd", "for", "fr", "fr-12", "fr-com-12266", "x", "*", ">", "_", tokens[-1])
        tokens[at : at + rng.randint(0, 1)] = [rng.choice(other)] * rng.randint(0, 2)
        return sent(base, base.one, subject=".".join(tokens))
    if kind == 1:
        part = rng.choice(
            ("1/1", "1/2", "2/2", "0/0", "128/128", "129/129", "1/", "/", "²/²", "1 /1")
        )
        return sent(base, base.one, headers={PART_HEADER: part})
    return sent(base, base.one, body=mangle(rng, base.one.blob or b"x"))


def spelt(rng: Random) -> Mutant:
    """A JWS whose text is changed, and not signed again."""
    base = rng.choice(bases())
    text = _right(base)
    if rng.randrange(2):
        letters = list(text)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(letters))
            letters[at] = rng.choice("AZaz09-_.=+/ \n\u00e9")
        return sent(base, base.one, "".join(letters))
    segments = text.split(".")
    rng.shuffle(segments)
    cut = rng.randrange(len(text))
    other = rng.choice(
        (".".join(segments), text[:cut], text + text[cut:], text.replace(".", "", 1))
    )
    return sent(base, base.one, other)


_RIGHT: Final[dict[int, str]] = {}


def _right(base: Base) -> str:
    """The base's JWS, signed once."""
    return _RIGHT.setdefault(id(base.one), base.one.jws())


def headers_signed(rng: Random) -> Mutant:
    """Another protected header, signed."""
    base = rng.choice(bases())
    members: dict[str, Any] = {
        "alg": "Ed25519",
        "kid": signer(base.one.by).public.kid,
        "typ": TYP,
        "ver": 1,
    }
    if rng.randrange(3) == 0:
        header = mangle(rng, dump(members), most=2)
        return sent(base, base.one, headed(base.one, header))
    name = rng.choice(list(members))
    members[name] = rng.choice((*VALUES, *TEXTS[:6], "EdDSA", "none", 2))
    return sent(base, base.one, headed(base.one, _dumped(members)))


def _dumped(document: dict[str, Any]) -> bytes:
    """JSON of anything, half surrogate pairs as escapes."""
    try:
        return dump(document)
    except UnicodeEncodeError:
        return json.dumps(document, separators=(",", ":")).encode()


def manifests(rng: Random) -> Mutant:
    """A manifest changed in its structure, and signed."""
    base = rng.choice(bases())
    payload = copy.deepcopy(base.one.payload)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        _change(rng, payload)
    text = sign_compact(signer(base.one.by), TYP, _dumped(payload))
    return sent(base, base.one, text)


def _somewhere(rng: Random, payload: dict[str, Any]) -> tuple[Any, Any]:
    """An object or array within a JSON object, and a key of it."""
    holder: Any = payload
    while True:
        key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        inner = holder[key]
        if not isinstance(inner, dict | list) or not inner or rng.randrange(3) == 0:
            return holder, key
        holder = inner


def _change(rng: Random, payload: dict[str, Any]) -> None:
    """One change somewhere in a JSON object."""
    if not payload:
        return
    holder, key = _somewhere(rng, payload)
    inner = holder[key]
    kind = rng.randrange(8)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[rng.choice(("x", "mandate", "abandons", "encryption", "result", "previous"))] = inner
    elif kind == 1:
        holder.append(inner)
    elif kind == 2 and isinstance(inner, int):
        holder[key] = inner + rng.choice((-1, 1, 2**31))
    elif kind == 3 and isinstance(inner, str) and inner:
        at = rng.randrange(len(inner))
        holder[key] = (
            inner[:at] + rng.choice(("", "0", "a", "\n", inner[at].upper())) + inner[at + 1 :]
        )
    elif kind == 4:
        other = rng.choice(list(payload))
        holder[key] = copy.deepcopy(payload[other])
    elif kind == 5:
        holder[key] = rng.choice(TEXTS)
    else:
        holder[key] = copy.deepcopy(rng.choice(VALUES))


def manifest_bytes(rng: Random) -> Mutant:
    """The bytes of a manifest mangled, and signed."""
    base = rng.choice(bases())
    payload = mangle(rng, dump(base.one.payload), most=3)
    return sent(base, base.one, sign_compact(signer(base.one.by), TYP, payload))


def payload_segments(rng: Random) -> Mutant:
    """A payload segment in another spelling, and signed."""
    base = rng.choice(bases())
    header, payload, _ = _right(base).split(".")
    other = rng.choice((payload + "=", payload[:-1], payload + "A", payload.replace("A", "+", 1)))
    return sent(base, base.one, sealed(base.one, header, other))


def _bound(base: Base, blob: bytes, plain_size: int, **members: Any) -> Mutant:
    """A content bound by its right digests, and signed."""
    plain_size = min(max(plain_size, len(SALT) + 1), 2**28)
    content = describe(blob or b"\0", plain_size).model_dump(mode="json", by_alias=True)
    one = replace(base.one.changed(content=content, **members), blob=blob or b"\0")
    return sent(base, one)


@cache
def _large() -> tuple[bytes, int]:
    """Half a million rows that are all the same: some kilobytes sent, 25 MB decompressed."""
    rows = table_of(first_counts()).slice(0, 1)
    kind = rows.schema
    columns = [pa.repeat(column[0], 500_000) for column in rows.columns]
    data = stream(pa.Table.from_arrays(columns, schema=kind))
    return squeeze(data), len(data)


def bombs(rng: Random) -> Mutant:
    """Small messages that hold much: zeros up to what both sides state, and far beyond it; rows."""
    kind = rng.randrange(3)
    if kind == 0:
        blob, size = _large()
        return _bound(bases()[0], blob, size, rows=500_000)
    declared = 2**26
    return _bound(
        with_content(rng), rle_frame(512 if kind == 1 else 65_536, declared=declared), declared
    )


def frames(rng: Random) -> Mutant:
    """A zstd frame mangled."""
    if rng.randrange(200) == 0:
        return bombs(rng)
    base = with_content(rng)
    kind = rng.randrange(12)
    size = len(base.plain)
    if kind == 0:
        declared = rng.choice((size, 2**17, 2**20))
        return _bound(base, rle_frame(rng.choice((1, 8, 4096)), declared=declared), declared)
    if kind == 1:
        blob = squeeze(base.plain) + rng.choice((b"\0", squeeze(b"x"), squeeze(base.plain)))
        return _bound(base, blob, size)
    # the frame's header is where the bounds are: change it more often than its share of the bytes
    blob = base.one.blob or b""
    if kind <= 6:
        return _bound(base, mangle(rng, blob[:12], most=2) + blob[12:], size)
    return _bound(base, mangle(rng, blob), size)


def streams(rng: Random) -> Mutant:
    """An Arrow stream mangled, compressed again."""
    base = with_content(rng)
    data = base.plain
    kind = rng.randrange(4)
    if kind == 0:
        # metadata lie in front: flatbuffers are where one bit means most
        front = min(len(data), 900)
        data = mangle(rng, data[:front], most=2) + data[front:]
    elif kind == 1:
        other = with_content(rng).plain
        at, to = rng.randrange(len(data)) & ~7, rng.randrange(len(other)) & ~7
        data = data[:at] + other[to:]
    else:
        data = data[: len(SALT)] + mangle(rng, data[len(SALT) :])
    return _bound(base, squeeze(data), len(data))


_EDGES: Final[dict[str, Sequence[Any]]] = {
    "int64": (None, 0, -1, 1, 11, 2**63 - 1, -(2**63)),
    "decimal128(18, 0)": (None, Decimal(0), Decimal(-1), Decimal(10**18 - 1), Decimal(1 - 10**18)),
    "timestamp[us, tz=UTC]": (
        None,
        0,
        -1,
        2**63 - 1,
        -(2**63),
        253_402_300_800_000_000,
        -62_135_596_800_000_001,
    ),
    "string": (
        None,
        *(text for text in TEXTS if text != "\ud800"),
        "[",
        "[1]",
        "\x07",
        "x" * 20_000,
    ),
    "bool": (None, True, False),
    "date32[day]": (None, 0, -719_163, 2_932_897, 2**31 - 1, -(2**31)),
    "decimal128(18, 2)": (None, Decimal("-99.51"), Decimal("0.00"), Decimal(10**16 - 1)),
    "decimal128(18, 3)": (None, Decimal("-0.001"), Decimal(10**15 - 1)),
}
_WHOLE: Final = {"timestamp[us, tz=UTC]": pa.int64(), "date32[day]": pa.int32()}
"""Types whose edges no value of Python reaches."""


def edges(rng: Random) -> Mutant:
    """Rows with values at the edges, in a stream that is right."""
    base = with_content(rng)
    table = base.rows
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(table.num_columns)
        kind = table.schema.field(at).type
        whole = _WHOLE.get(str(kind))
        column = (table.column(at) if whole is None else table.column(at).cast(whole)).to_pylist()
        if not column:
            break
        value = rng.choice(_EDGES[str(kind)])
        rows = range(len(column)) if rng.randrange(4) == 0 else [rng.randrange(len(column))]
        for row in rows:
            column[row] = value
        array = pa.array(column, kind) if whole is None else pa.array(column, whole).cast(kind)
        table = table.set_column(at, table.schema.field(at), array)
    kind_of = rng.randrange(6)
    if kind_of == 0:
        table = pa.concat_tables([table, table])
    elif kind_of == 1:
        table = table.slice(0, rng.randrange(table.num_rows + 1))
    data = stream(table)
    members: dict[str, Any] = {"rows": table.num_rows} if table.num_rows else {}
    if "period" in base.one.payload and rng.randrange(2):
        members["period"] = {"start": "0001-01-01T00:00:00Z", "end": "9999-12-31T23:59:59Z"}
    return _bound(base, squeeze(data), len(data), **members)


def garbage(rng: Random) -> Mutant:
    """Anything at all."""
    headers = {
        MANIFEST_HEADER: b64url(rng.randbytes(rng.randint(0, 200))) + "." * rng.randint(0, 3)
    }
    return Mutant(Arrival(None, headers, rng.randbytes(rng.randint(0, 100))))


LAYERS: Final[dict[str, tuple[int, Callable[[Random], Mutant]]]] = {
    "carried": (8, carried),
    "spelt": (14, spelt),
    "headers": (6, headers_signed),
    "manifests": (30, manifests),
    "manifest bytes": (6, manifest_bytes),
    "segments": (2, payload_segments),
    "frames": (10, frames),
    "streams": (18, streams),
    "edges": (5, edges),
    "garbage": (1, garbage),
}
"""Weight and maker of each layer."""


def mutants(seed: str, count: int) -> list[tuple[str, Mutant]]:
    """As many mutants as asked, each with the name of its layer."""
    rng = Random(seed)
    weights = [weight for weight, _ in LAYERS.values()]
    names = rng.choices(list(LAYERS), weights, k=count)
    return [(name, LAYERS[name][1](rng)) for name in names]
