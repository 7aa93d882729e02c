"""A small, fixed federation for vectors, fuzzing and tests: the same bytes on every run.

Keys come from fixed seeds, salts and instants are fixed. Nothing here is secret, and nothing
signed with these keys means anything outside the tests.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final

import polars as pl

from federation.author import Draft, draft_rows, sign_draft
from federation.charter import Charter, KnownCharter, Member, issue_charter, read_charter
from federation.errors import MaillageError
from federation.identity import TYP as IDENTITY_TYP
from federation.identity import (
    Custodian,
    DatasetHead,
    Identity,
    KnownIdentity,
    Revoked,
    SigningKey,
    issue_identity,
    read_identity,
)
from federation.jose import (
    Signer,
    b64url,
    protected,
    sign_compact,
    sign_general,
    thumbprint,
    un_b64url,
)
from federation.manifest import TYP, Mode
from federation.model import Position, instant_text
from federation.strict import dump, parse_object
from federation.verify import KeyRecord
from schemas.catalogue import bundled
from schemas.model import Schema, parse_schema

ARVIEU: Final = "fr-com-12011"
SEGUR: Final = "fr-com-12266"
LUZY: Final = "fr-com-58149"
AYEN: Final = "fr-com-19015"
EPCI: Final = "fr-epci-241200765"
NOWHERE: Final = "fr-epci-999999999"
"""Well written, and in no vintage."""
COUNTS: Final = f"{ARVIEU}/comptage-mobilites"
PROJECTS: Final = f"{ARVIEU}/projets"
TYPES_DOCUMENT: Final = "schema-tous-les-types-0.1.0.json"
TYPES: Final = f"{EPCI}/tous-les-types"
SALT: Final = bytes(range(16))
NOW_US: Final = 1_774_000_000_000_000
"""2026-03-20T09:46:40Z."""
DAY: Final = dt.datetime(2026, 3, 19, tzinfo=dt.UTC)
SMALL_ORDER_KEY: Final = bytes([1]) + bytes(31)
"""The neutral element: under it the signature (R = neutral, S = 0) fits every text."""


def signer(name: str) -> Signer:
    """A key that everybody knows."""
    return Signer.from_seed(hashlib.sha256(f"maillage test key: {name}".encode()).digest())


def schema(name: str) -> Schema:
    """A bundled schema."""
    found = bundled().get(name, "1.0.0")
    assert found is not None
    return found


def _identity(participant: str, name: str, **changes: Any) -> Identity:
    members: dict[str, Any] = {
        "participant": participant,
        "name": name,
        "version": 1,
        "custodian": Custodian(participant=EPCI, name="CC Lévézou-Pareloup"),
        "keys": (SigningKey(x=signer(participant).public.x),),
        "recovery": SigningKey(x=signer(f"{participant} recovery").public.x),
        "valid_from": "2020-01-01T00:00:00Z",
        "issued": "2026-01-05T08:00:00Z",
    }
    return Identity(**(members | changes))


def _first(participant: str, name: str) -> bytes:
    signers = (signer(participant), signer(f"{participant} recovery"))
    return issue_identity(_identity(participant, name), signers)


def luzy_head() -> Position:
    """The last good head of Luzy's first key: its second publication."""
    return chain_of(LUZY, 2)[-1][1]


def _luzy_second() -> bytes:
    first = read_identity(_first(LUZY, "Luzy"))
    dataset = f"{LUZY}/comptage-mobilites"
    gone = Revoked(
        kid=signer(LUZY).public.kid, heads=(DatasetHead(dataset=dataset, head=luzy_head()),)
    )
    new = _identity(
        LUZY,
        "Luzy",
        version=2,
        previous=first.digest,
        keys=(SigningKey(x=signer(f"{LUZY} 2").public.x),),
        revoked=(gone,),
        issued="2026-02-05T08:00:00Z",
    )
    return issue_identity(new, (signer(f"{LUZY} 2"), signer(f"{LUZY} recovery")))


def _charter(identities: Mapping[str, KnownIdentity]) -> bytes:
    members = tuple(
        Member(
            participant=one.identity.participant,
            identity=one.digest,
            custodian=one.identity.custodian.key,
            roles=("publisher", "composer") if one.identity.participant == EPCI else ("publisher",),
        )
        for one in sorted(identities.values(), key=lambda one: one.identity.participant)
    )
    charter = Charter(
        charter="levezou",
        title="Convention de partage du Lévézou",
        version=1,
        decision="Délibération 2026-01",
        members=members,
        threshold=1,
        durable_receivers=(EPCI,),
        issued="2026-01-06T08:00:00Z",
    )
    return issue_charter(charter, tuple(signer(one.participant) for one in members))


def _other_synthese() -> bytes:
    """A schema that has the name of compositions and other columns."""
    found = schema("comptage-mobilites").document
    renamed = found.replace(b'"comptage-mobilites"', b'"synthese"', 1)
    return renamed.replace(b'"1.0.0"', b'"9.9.9"', 1)


@cache
def types_schema() -> Schema:
    """A register with a column of every type, and a place."""
    kinds: dict[str, dict[str, Any]] = {
        "nom": {"type": "string", "constraints": {"required": True}},
        "jour": {"type": "date", "constraints": {"required": True}},
        "commune": {"type": "string", "constraints": {"required": True}},
        "instant": {"type": "datetime"},
        "annee": {"type": "year", "constraints": {"minimum": 1800}},
        "ouvert": {"type": "boolean"},
        "mesure": {"type": "number", "constraints": {"minimum": "-99.5"}},
        "autre": {"type": "number"},
        "rang": {"type": "integer", "constraints": {"enum": [-1, 0, 7]}},
        "liste": {"type": "array"},
        "objet": {"type": "object"},
        "point": {"type": "geopoint"},
    }
    document = {
        "name": "tous-les-types",
        "version": "0.1.0",
        "fields": [{"name": name, **kind} for name, kind in kinds.items()],
        "primaryKey": ["nom", "jour"],
        "maillage": {
            "kind": "register",
            "place": "commune",
            "measures": {"mesure": {"unit": "m", "resolution": "0.01", "aggregates": ["sum"]}},
            "competence": ["epci"],
            "origin": "own",
            "sharing": {"default": "open"},
            "licence": "etalab-2.0",
            "labels": {"fr": "Tous les types", "en": "All types"},
        },
    }
    return parse_schema(json.dumps(document, ensure_ascii=False, indent=1).encode())


def _small_order() -> bytes:
    """An identity that lists the neutral element as its key; its "signature" fits any text."""
    right = _identity(AYEN, "Ayen").write()
    payload = right.replace(signer(AYEN).public.x.encode(), b64url(SMALL_ORDER_KEY).encode())
    document = sign_general((signer(f"{AYEN} recovery"),), IDENTITY_TYP, payload)
    members = parse_object(document)
    forged = {
        "protected": protected(IDENTITY_TYP, thumbprint(SMALL_ORDER_KEY)),
        "signature": b64url(SMALL_ORDER_KEY + bytes(32)),
    }
    members["signatures"].append(forged)
    return dump(members)


@cache
def documents() -> dict[str, bytes]:
    """Every document that vectors name, by file name."""
    found = {
        f"identity-{ARVIEU}-1.json": _first(ARVIEU, "Arvieu"),
        f"identity-{EPCI}-1.json": _first(EPCI, "CC Lévézou-Pareloup"),
        f"identity-{LUZY}-1.json": _first(LUZY, "Luzy"),
        f"identity-{LUZY}-2.json": _luzy_second(),
    }
    pinned = [
        read_identity(found[f"identity-{name}-1.json"], predecessor=None) for name in (ARVIEU, EPCI)
    ]
    found["charter-levezou-1.json"] = _charter({one.digest: one for one in pinned})
    found[f"identity-{AYEN}-1-small-order.json"] = _small_order()
    found[f"identity-{SEGUR}-1-unsigned.json"] = issue_identity(
        _identity(SEGUR, "Ségur"), (signer(SEGUR),)
    )
    found[f"identity-{NOWHERE}-1.json"] = _first(NOWHERE, "CC de nulle part")
    found[TYPES_DOCUMENT] = types_schema().document
    found["schema-synthese-9.9.9.json"] = _other_synthese()
    for name in ("comptage-mobilites", "projets", "synthese"):
        found[f"schema-{name}-1.0.0.json"] = schema(name).document
    return found


class World:
    """What a receiver of the vectors knows; the `Trust` of verification."""

    def __init__(
        self, found: Mapping[str, bytes], receiver: str = EPCI, *, without: tuple[str, ...] = ()
    ) -> None:
        """Read documents by file name; those that don't hold are as if they weren't there."""
        self.keys: dict[str, KeyRecord] = {}
        self.schemas: dict[str, Schema] = {}
        self.charters: dict[str, KnownCharter] = {}
        self.receiver = receiver
        known: dict[str, KnownIdentity] = {}
        firsts: dict[str, KnownIdentity] = {}
        names = [name for name in sorted(found) if name not in without]
        for name in [name for name in names if name.startswith("identity-")]:
            with suppress(MaillageError):
                self._identity(found[name], known, firsts)
        for name in [name for name in names if name.startswith("charter-")]:
            with suppress(MaillageError):
                charter = read_charter(found[name], firsts)
                self.charters[charter.digest] = charter
        for name in [name for name in names if name.startswith("schema-")]:
            one = parse_schema(found[name])
            self.schemas[one.digest] = one

    def _identity(
        self, document: bytes, known: dict[str, KnownIdentity], firsts: dict[str, KnownIdentity]
    ) -> None:
        participant = parse_identity(document).participant
        before = known.get(participant)
        one = read_identity(document, predecessor=before)
        known[participant] = one
        firsts.setdefault(one.digest, one)
        name = one.identity.custodian.name
        if before is not None:
            for kid, heads in one.revoked.items():
                key = before.public_keys[kid]
                self.keys[kid] = KeyRecord(participant, key, name, heads)
        for kid, key in one.public_keys.items():
            self.keys[kid] = KeyRecord(participant, key, name)

    def key(self, kid: str) -> KeyRecord | None:
        return self.keys.get(kid)

    def schema(self, digest: str) -> Schema | None:
        return self.schemas.get(digest)

    def knows_charter(self, digest: str) -> bool:
        return digest in self.charters

    def may_receive(self, charter: str, publisher: str) -> bool:
        found = self.charters.get(charter)
        return found is not None and {publisher, self.receiver} <= set(found.members)


def parse_identity(document: bytes) -> Identity:
    """The payload of an identity document, unverified."""
    payload = parse_object(document)["payload"]
    return Identity.read(un_b64url(payload))


# --- rows ----------------------------------------------------------------------------------------


def counts(hours: int = 24, *, start: dt.datetime = DAY, channels: int = 1) -> pl.DataFrame:
    """Hourly counts, sorted by key."""
    starts = [start + dt.timedelta(hours=hour) for hour in range(hours)]
    names = [f"C{number:02d}-Pont" for number in range(1, channels + 1)]
    kind = schema("comptage-mobilites").polars_schema()
    return pl.DataFrame(
        {
            "channel_id": [name for name in names for _ in starts],
            "counter_id": [f"{name}-1" for name in names for _ in starts],
            "start_datetime": starts * channels,
            "end_datetime": [one + dt.timedelta(hours=1) for one in starts] * channels,
            "count": [Decimal((7 * at) % 40) for at in range(hours * channels)],
        },
        schema=kind,
    )


def projects(numbers: range = range(1, 5), *, phase: str = "Opération") -> pl.DataFrame:
    """Rows of the register of projects, sorted by key."""
    kind = schema("projets").polars_schema()
    rows = [
        {
            "id": f"6f9619ff-8b86-4d11-b42d-{number:012d}",
            "createdAt": "2025-11-03T08:00:00Z",
            "updatedAt": "2026-02-10T08:00:00Z",
            "nom": f"Rénovation de l'école n° {number}",
            "description": None if number % 2 else "Isolation, chaufferie bois",
            "budgetPrevisionnel": 120_000 + number,
            "phase": phase,
            "competences": '["10.10"]',
            "theme_manifeste": 1 + number % 10,
        }
        for number in numbers
    ]
    whole = pl.DataFrame(rows, schema_overrides=kind)
    missing = [pl.lit(None, kind[name]).alias(name) for name in kind if name not in whole.columns]
    return whole.with_columns(missing).select(kind.names()).cast(kind)


def all_types() -> pl.DataFrame:
    """Values at the edges of every type, sorted by key: texts by their bytes, not as UTF-16."""
    kind = types_schema().polars_schema()
    early, late = (one.replace(tzinfo=dt.UTC) for one in (dt.datetime.min, dt.datetime.max))  # noqa: DTZ901 - it has one here
    old = dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, dt.UTC)
    rows: list[tuple[Any, ...]] = [
        ("", dt.date.min, "12011", early, 1800, True, "-99.50", "0.001", -1, "[]", "{}", "0,0"),
        (
            "a",
            dt.date(1969, 12, 31),
            "12266",
            old,
            1969,
            False,
            "-0.05",
            "-1.000",
            0,
            None,
            None,
            None,
        ),
        (
            "a",
            dt.date(1970, 1, 1),
            "12266",
            late,
            2026,
            None,
            "0.00",
            "0.000",
            7,
            '["é"]',
            None,
            "-1.5, 44.2",
        ),
        ("é", dt.date(2026, 3, 19), "12011", None, None, None, None, None, None, None, None, None),
        ("\uff5e", dt.date.max, "12011", None, None, True, "12.34", None, None, None, None, None),
        (
            "\U0001f6b2",
            dt.date.max,
            "12011",
            None,
            None,
            True,
            "1.00",
            None,
            None,
            None,
            '{"a":1}',
            None,
        ),
    ]
    columns = dict(zip(kind.names(), zip(*rows, strict=True), strict=True))
    decimals = {
        name: [None if one is None else Decimal(one) for one in columns[name]]
        for name in ("mesure", "autre")
    }
    return pl.DataFrame({**columns, **decimals}, schema=kind)


# --- signing -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """A publication before it is signed: its manifest as JSON, and its content.

    Attributes:
        payload: Manifest.
        blob: Content as sent, or None.
        by: Whose key signs.
    """

    payload: dict[str, Any]
    blob: bytes | None
    by: str

    def jws(self) -> str:
        """Signed."""
        return sign_compact(signer(self.by), TYP, dump(self.payload))

    def digest(self) -> str:
        """Of the manifest."""
        return hashlib.sha256(self.jws().rpartition(".")[0].encode()).hexdigest()

    def position(self) -> Position:
        """In its chain."""
        payload = self.payload
        return Position(epoch=payload["epoch"], sequence=payload["sequence"], digest=self.digest())

    def changed(self, **members: Any) -> "Made":
        """With members of the manifest changed; None removes one."""
        payload = {**self.payload, **members}
        kept = {name: value for name, value in payload.items() if value is not None}
        return Made(kept, self.blob, self.by)


def made(
    draft: Draft,
    head: Position | None = None,
    *,
    by: str | None = None,
    abandons: Position | None = None,
) -> Made:
    """Give a draft its place in the chain."""
    name = by or draft.publisher
    signed = sign_draft(draft, head, signer(name), issued_us=NOW_US, abandons=abandons)
    return Made(parse_object(signed.manifest.write()), draft.blob, name)


def counts_draft(
    frame: pl.DataFrame | None = None, *, dataset: str = COUNTS, mode: Mode = "append", **more: Any
) -> Draft:
    """A draft of counts."""
    rows = counts() if frame is None else frame
    return draft_rows(schema("comptage-mobilites"), dataset, rows, salt=SALT, mode=mode, **more)


def projects_draft(
    frame: pl.DataFrame | None = None,
    *,
    mode: Mode = "snapshot",
    dataset: str = PROJECTS,
    **more: Any,
) -> Draft:
    """A draft of projects."""
    rows = projects() if frame is None else frame
    return draft_rows(schema("projets"), dataset, rows, salt=SALT, mode=mode, **more)


def types_draft(
    frame: pl.DataFrame | None = None, *, mode: Mode = "snapshot", **more: Any
) -> Draft:
    """A draft of the register with all types."""
    rows = all_types() if frame is None else frame
    return draft_rows(types_schema(), TYPES, rows, salt=SALT, mode=mode, **more)


@cache
def chain_of(owner: str, length: int) -> list[tuple[Made, Position]]:
    """The first publications of an owner's counts: a day each."""
    found: list[tuple[Made, Position]] = []
    for day in range(length):
        frame = counts(start=DAY - dt.timedelta(days=length - day))
        draft = counts_draft(frame, dataset=f"{owner}/comptage-mobilites")
        one = made(draft, found[-1][1] if found else None)
        found.append((one, one.position()))
    return found


def later(hours: int) -> str:
    """An instant of the wire after the day of the rows began."""
    return instant_text(int((DAY + dt.timedelta(hours=hours)).timestamp()) * 1_000_000)
