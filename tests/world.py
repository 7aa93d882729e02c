"""A small, fixed federation for vectors, fuzzing and tests: the same bytes on every run.

Keys come from fixed seeds, salts and instants are fixed. Nothing here is secret, and nothing
signed with these keys means anything outside the tests.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import polars as pl

from federation.author import Draft, draft_rows, sign_draft
from federation.charter import TYP as CHARTER_TYP
from federation.charter import Charter, KnownCharter, Member, issue_charter, read_charter
from federation.charter_end import CharterEnd, KnownEnd, ending_of, issue_end, peek, read_end
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
    parse_general,
    protected,
    sign_compact,
    sign_general,
    thumbprint,
    un_b64url,
)
from federation.manifest import TYP, Mode, Sharing
from federation.model import Position
from federation.strict import dump, parse_object
from federation.verify import KeyRecord
from schemas.model import Schema, parse_schema
from tests.sample_rows import (
    DAY,
    all_types,
    counts,
    dwellings,
    dwellings_schema,
    later,
    projects,
    schema,
    types_schema,
)

__all__ = [
    "ARVIEU",
    "AYEN",
    "COUNTS",
    "DAY",
    "DWELLINGS_DOCUMENT",
    "ENDS",
    "EPCI",
    "LUZY",
    "NOWHERE",
    "NOW_US",
    "PROJECTS",
    "SALT",
    "SEGUR",
    "SMALL_ORDER_KEY",
    "TWIN",
    "TYPES",
    "TYPES_DOCUMENT",
    "Made",
    "World",
    "all_types",
    "chain_of",
    "counts",
    "counts_draft",
    "documents",
    "dwellings",
    "dwellings_draft",
    "dwellings_schema",
    "later",
    "luzy_head",
    "made",
    "parse_identity",
    "projects",
    "projects_draft",
    "schema",
    "signer",
    "types_draft",
    "types_schema",
]

ARVIEU: Final = "fr-com-12011"
SEGUR: Final = "fr-com-12266"
LUZY: Final = "fr-com-58149"
AYEN: Final = "fr-com-19015"
EPCI: Final = "fr-epci-241200765"
TWIN: Final = "xx-lau-musterstadt"
"""A fictitious municipality abroad."""
TWIN_NAME: Final = "Musterstadt an der Probe (fiktiv)"
ENDS: Final = "2026-03-20T09:46:41Z"
"""One second after `NOW_US`: when the twinnings of the vectors end."""
NOWHERE: Final = "fr-epci-999999999"
"""Well written, and in no vintage."""
COUNTS: Final = f"{ARVIEU}/comptage-mobilites"
PROJECTS: Final = f"{ARVIEU}/projets"
TYPES_DOCUMENT: Final = "schema-tous-les-types-0.1.0.json"
DWELLINGS_DOCUMENT: Final = "schema-foyers-par-quartier-0.1.0.json"
TYPES: Final = f"{EPCI}/tous-les-types"
SALT: Final = bytes(range(16))
NOW_US: Final = 1_774_000_000_000_000
"""2026-03-20T09:46:40Z."""
SMALL_ORDER_KEY: Final = bytes([1]) + bytes(31)
"""The neutral element: under it the signature (R = neutral, S = 0) fits every text."""


def signer(name: str) -> Signer:
    """A key that everybody knows."""
    return Signer.from_seed(hashlib.sha256(f"maillage test key: {name}".encode()).digest())


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


def _first(participant: str, name: str, **changes: Any) -> bytes:
    signers = (signer(participant), signer(f"{participant} recovery"))
    return issue_identity(_identity(participant, name, **changes), signers)


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


def _members(identities: Iterable[KnownIdentity]) -> tuple[Member, ...]:
    return tuple(
        Member(
            participant=one.identity.participant,
            identity=one.digest,
            custodian=one.identity.custodian.key,
            roles=("publisher",),
        )
        for one in sorted(identities, key=lambda one: one.identity.participant)
    )


def _twinning(name: str, identities: Iterable[KnownIdentity], **changes: Any) -> bytes:
    """A charter of few across a border."""
    members = _members(identities)
    charter = Charter(
        charter=name,
        title="Jumelage (fictif)",
        version=1,
        members=members,
        threshold=1,
        issued="2026-01-06T08:00:00Z",
        **changes,
    )
    return issue_charter(charter, tuple(signer(one.participant) for one in members))


def _end(charter: bytes, member: str, ends: str, *, by: str | None = None) -> bytes:
    """The end of a charter on a member's word, signed by its key unless said."""
    said = CharterEnd(
        charter=parse_general(charter, CHARTER_TYP, max_bytes=len(charter)).digest,
        member=member,
        ends=ends,
        issued="2026-02-01T08:00:00Z",
    )
    return issue_end(said, signer(by or member))


def _twinnings(arvieu: KnownIdentity, epci: KnownIdentity, found: dict[str, bytes]) -> None:
    """Two members with a date, two with the word of one, three of whom one leaves."""
    twin = read_identity(found[f"identity-{TWIN}-1.json"])
    dated = _twinning("jumelage-date", (arvieu, twin), ends=ENDS)
    pair = _twinning("jumelage", (arvieu, twin))
    trio = _twinning("jumelage-a-trois", (arvieu, epci, twin))
    found["charter-jumelage-date-1.json"] = dated
    found["charter-jumelage-1.json"] = pair
    found["charter-jumelage-trois-1.json"] = trio
    found["end-jumelage-twin.json"] = _end(pair, TWIN, ENDS)
    found["end-jumelage-twin-later.json"] = _end(pair, TWIN, "2027-02-01T08:00:00Z")
    found["end-jumelage-forged.json"] = _end(pair, TWIN, "2026-02-02T08:00:00Z", by=ARVIEU)
    found["end-jumelage-stranger.json"] = _end(pair, LUZY, "2026-02-02T08:00:00Z")
    found["end-jumelage-trois-twin.json"] = _end(trio, TWIN, ENDS)


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
    found[f"identity-{TWIN}-1.json"] = _first(
        TWIN, TWIN_NAME, custodian=Custodian(participant=TWIN, name=TWIN_NAME)
    )
    _twinnings(pinned[0], pinned[1], found)
    found[f"identity-{AYEN}-1-small-order.json"] = _small_order()
    found[f"identity-{SEGUR}-1-unsigned.json"] = issue_identity(
        _identity(SEGUR, "Ségur"), (signer(SEGUR),)
    )
    found[f"identity-{NOWHERE}-1.json"] = _first(NOWHERE, "CC de nulle part")
    found[TYPES_DOCUMENT] = types_schema().document
    found[DWELLINGS_DOCUMENT] = dwellings_schema().document
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
        self.ends: list[KnownEnd] = []
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
        for name in [name for name in names if name.startswith("end-")]:
            with suppress(MaillageError):
                self._end(found[name], firsts)
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

    def _end(self, document: bytes, firsts: dict[str, KnownIdentity]) -> None:
        said, _ = peek(document)
        charter = self.charters.get(said.charter)
        if charter is not None:
            member = charter.members.get(said.member)
            identity = firsts.get(member.identity) if member is not None else None
            self.ends.append(read_end(document, charter, identity))

    def key(self, kid: str) -> KeyRecord | None:
        return self.keys.get(kid)

    def schema(self, digest: str) -> Schema | None:
        return self.schemas.get(digest)

    def knows_charter(self, digest: str) -> bool:
        return digest in self.charters

    def may_receive(self, charter: str, publisher: str) -> bool:
        found = self.charters.get(charter)
        return found is not None and {publisher, self.receiver} <= set(found.members)

    def charter_ended(self, charter: str, publisher: str, issued_us: int) -> str:
        found = self.charters[charter]
        ends = [one for one in self.ends if one.end.charter == charter]
        ending = ending_of(found, ends, publisher, [self.receiver])
        return ending.text() if ending is not None and issued_us >= ending.at_us else ""


def parse_identity(document: bytes) -> Identity:
    """The payload of an identity document, unverified."""
    payload = parse_object(document)["payload"]
    return Identity.read(un_b64url(payload))


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


def dwellings_draft(frame: pl.DataFrame, *, mode: Mode = "snapshot", **more: Any) -> Draft:
    """A draft of rows about households, shared with everybody unless said."""
    more.setdefault("sharing", Sharing(level="open"))
    dataset = f"{ARVIEU}/foyers-par-quartier"
    return draft_rows(dwellings_schema(), dataset, frame, salt=SALT, mode=mode, **more)


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
