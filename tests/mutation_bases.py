"""What mutants are made of: publications that are accepted, and how bytes go wrong."""

import struct
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any, Final

from federation.chain import Head
from federation.message import MANIFEST_HEADER
from federation.verify import Arrival
from tests.cases.good import (
    change,
    changed_types,
    composition,
    first_counts,
    first_projects,
    first_types,
    types_change,
)
from tests.cases.kit import plain, subject_of, table_of
from tests.pipeline import State
from tests.world import (
    Made,
    all_types,
    counts,
    counts_draft,
    made,
    projects,
    schema,
    types_draft,
)


@dataclass(frozen=True)
class Base:
    """A publication that is accepted, to begin with.

    Attributes:
        one: Signed form and content.
        state: What its receiver decided before; None: nothing.
        plain: Content decompressed.
        rows: Content decoded.
    """

    one: Made
    state: State | None = None
    plain: bytes = b""
    rows: Any = None


@dataclass(frozen=True)
class Mutant:
    """A message to verify, and what its receiver decided before."""

    arrival: Arrival
    state: State | None = field(default=None)


def _base(one: Made, state: State | None = None) -> Base:
    if one.blob is None:
        return Base(one, state)
    return Base(one, state, plain(one), table_of(one))


def _after(one: Made, table: Any = None) -> State:
    at = one.position()
    return State(Head(at.epoch, at.sequence, at.digest), (at,), table)


@cache
def bases() -> tuple[Base, ...]:
    """One of each kind; the cheap ones more often."""
    start, register = first_counts(), first_projects()
    key = schema("comptage-mobilites").primary_key
    keys = made(counts_draft(counts().select(key), mode="withdraw"), start.position())
    idle = Made(
        {
            **{name: start.payload[name] for name in ("publisher", "dataset", "schema", "epoch")},
            "sequence": 2,
            "previous": start.digest(),
            "mode": "unchanged",
            "rows": 0,
            **{name: start.payload[name] for name in ("issued", "sharing", "origin", "licence")},
        },
        None,
        start.by,
    )
    small = made(counts_draft(counts(hours=2)))
    delta = types_draft(types_change(), mode="delta", result=changed_types())
    return (
        *(_base(small),) * 6,
        *(_base(start),) * 4,
        *(_base(register),) * 2,
        _base(keys, _after(start)),
        _base(idle, _after(start)),
        _base(composition()),
        _base(change(), _after(register, projects())),
        *(_base(first_types()),) * 2,
        _base(made(delta, first_types().position()), _after(first_types(), all_types())),
    )


def with_content(rng: Random) -> Base:
    """A base that has a content."""
    while True:
        base = rng.choice(bases())
        if base.one.blob is not None:
            return base


def sent(base: Base, one: Made, jws: str | None = None, **more: Any) -> Mutant:
    """As its publisher sends it; under its base's subject if it has none of its own any more."""
    headers = {MANIFEST_HEADER: jws or one.jws(), **more.pop("headers", {})}
    subject = more.pop("subject", subject_of(base.one))
    body = more.pop("body", one.blob or b"")
    return Mutant(Arrival(subject, headers, body), base.state)


# --- bytes and texts -----------------------------------------------------------------------------


def mangle(rng: Random, data: bytes, *, most: int = 4) -> bytes:
    """Bytes with bits flipped, numbers overwritten, pieces cut, copied or moved."""
    found = bytearray(data)
    for _ in range(rng.randint(1, most)):
        if not found:
            return bytes(rng.randbytes(rng.randint(0, 64)))
        at = rng.randrange(len(found))
        kind = rng.randrange(7)
        if kind <= 1:
            found[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            found[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif kind == 3:
            number = struct.pack("<q", rng.choice(NUMBERS))[: rng.choice((2, 4, 8))]
            at -= at % len(number)
            found[at : at + len(number)] = number
        elif kind == 4:
            del found[at : at + rng.choice((1, 4, 8, 64, len(found)))]
        elif kind == 5:
            piece = found[at : at + rng.choice((1, 8, 64))]
            to = rng.randrange(len(found))
            found[to:to] = piece
        else:
            to = rng.randrange(len(found))
            length = rng.choice((4, 8, 16, 64))
            found[to : to + length] = found[at : at + length]
    return bytes(found)


NUMBERS: Final = (
    -1,
    0,
    1,
    2,
    7,
    8,
    255,
    2**15,
    2**31 - 1,
    2**31,
    -(2**31),
    2**40,
    2**62,
    2**63 - 1,
)
TEXTS: Final = (
    "",
    "x",
    "x" * 400,
    "\0",
    "\n",
    "é" * 40,
    "\U0001f6b2",
    "\ud800",
    "fr-com-12011",
    "fr-com-12266",
    "fr-epci-999999999",
    "fr-com-12011/comptage-mobilites.velo",
    "0" * 64,
    "ab" * 32,
    "2026-03-19T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "append",
    "snapshot",
    "delta",
    "withdraw",
    "unchanged",
    "open",
    "partners",
    "aggregate-only",
    "federation",
    "cells-1",
)
VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    1,
    2,
    -1,
    2**53 - 1,
    2**53,
    2**70,
    1.5,
    [],
    {},
    [[]],
    [None],
)
