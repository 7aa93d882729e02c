"""A bundle looked at step by step, for people and for archives: what holds, what doesn't, and why.

This is the numbered verification (`federation.verify`, `federation.chain`, `federation.judge`)
told in full instead of ended at the first fault. It keeps one rule of its own: **a bundle
doesn't vouch for itself**. Keys of identities that only the bundle brings are used to show the
later steps, but as long as nobody pinned such an identity step 4 is held, `key-unknown`, and so is
the publication. The same goes for a file that begins in the middle of a chain (step 12).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from federation.bundle import Bundle
from federation.chain import Elsewhere, Head, Next, place
from federation.charter import read_charter
from federation.charter_end import Ending
from federation.errors import MaillageError
from federation.identity import Identity, KnownIdentity, read_identity
from federation.inspection import Inspected, Inspection, Seen, State, Step
from federation.jose import parse_general
from federation.judge import Candidate, Verified, judge
from federation.limits import DOCUMENT_MAX_BYTES
from federation.manifest import Manifest
from federation.message import MANIFEST_HEADER
from federation.model import Position
from federation.reasons import STEPS, Verdict
from federation.standing import Order, Standing
from federation.verify import (
    Arrival,
    Failed,
    Finding,
    KeyRecord,
    Opened,
    Trust,
    bind_content,
    open_all,
)
from schemas.catalogue import Catalogue
from schemas.model import Schema, SchemaFault, parse_schema

KEY_STEP: Final = 4
"""Known key."""

NOTHING: Final = "∅"
"""Found: no content, as it was signed."""

_IDENTITY_TYP: Final = "maillage-identity+jws"


@dataclass(slots=True)
class _Witness:
    """A `Trust` made of what a receiver knows and, marked as such, of what the bundle says."""

    known: Trust | None
    catalogue: Catalogue
    keys: dict[str, KeyRecord] = field(default_factory=dict)
    firsts: dict[str, str] = field(default_factory=dict)
    pinned: set[str] = field(default_factory=set)
    charters: dict[str, frozenset[str]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)

    def key(self, kid: str) -> KeyRecord | None:
        found = self.known.key(kid) if self.known is not None else None
        return found or self.keys.get(kid)

    def schema(self, digest: str) -> Schema | None:
        found = self.known.schema(digest) if self.known is not None else None
        return found or self.catalogue.by_digest(digest)

    def knows_charter(self, digest: str) -> bool:
        return digest in self.charters or (
            self.known is not None and self.known.knows_charter(digest)
        )

    def may_receive(self, charter: str, publisher: str) -> bool:
        if self.known is not None and self.known.knows_charter(charter):
            return self.known.may_receive(charter, publisher)
        return publisher in self.charters.get(charter, ())

    def charter_ended(self, charter: str, publisher: str, issued_us: int) -> str:
        """By what the receiver knows; a bundle alone tells the date of its charters only."""
        if self.known is not None and self.known.knows_charter(charter):
            return self.known.charter_ended(charter, publisher, issued_us)
        ends = self.ends.get(charter)
        return Ending(ends).text() if ends is not None and issued_us >= ends else ""

    def vouched(self, kid: str) -> bool:
        """Whether the key is trusted for another reason than that the bundle says so."""
        by_receiver = self.known is not None and self.known.key(kid) is not None
        return by_receiver or self.firsts.get(kid) in self.pinned


def inspect(
    bundle: Bundle,
    catalogue: Catalogue,
    *,
    pins: Collection[str] = (),
    known: Trust | None = None,
) -> Inspection:
    """Look at every publication of a bundle, every step.

    Args:
        bundle: As read; nothing of it is believed.
        catalogue: Schemas at hand; the bundle's own are added.
        pins: Digests of first identity documents that the reader compared by another way.
        known: What a receiver knows, if the bundle is looked at with a node's eyes.
    """
    witness = _Witness(known, catalogue, pinned=set(pins))
    unreadable = _learn_schemas(witness, bundle.schemas)
    chains, faults = _identities(bundle.identities)
    unreadable += faults
    seen = tuple(_meet(witness, chain) for chain in chains)
    unreadable += _learn_charters(witness, bundle.charters, chains)
    walk = _Walk(bundle, witness)
    found = tuple(walk.look(number, text) for number, text in enumerate(bundle.publications, 1))
    return Inspection(found, seen, tuple(unreadable))


def _learn_schemas(witness: _Witness, documents: Mapping[str, bytes]) -> list[str]:
    unreadable = []
    for digest, document in documents.items():
        try:
            witness.catalogue = witness.catalogue.with_schema(parse_schema(document))
        except SchemaFault as error:
            unreadable.append(f"schemas/{digest}: {error}")
    return unreadable


def _identities(documents: Mapping[str, bytes]) -> tuple[list[list[KnownIdentity]], list[str]]:
    """First identities with their successors, each verified against the one before."""
    later: dict[str, list[bytes]] = defaultdict(list)
    chains: list[list[KnownIdentity]] = []
    unreadable = []
    for digest, document in documents.items():
        try:
            payload = parse_general(document, _IDENTITY_TYP, max_bytes=DOCUMENT_MAX_BYTES).payload
            identity = Identity.read(payload)
            if identity.previous is not None:
                later[identity.previous].append(document)
                continue
            chains.append([read_identity(document)])
        except MaillageError as error:
            unreadable.append(f"identities/{digest}: {error}")
    for chain in chains:
        while chain[-1].digest in later:
            waiting = later.pop(chain[-1].digest)
            for document in waiting:
                try:
                    following = read_identity(document, predecessor=chain[-1])
                except MaillageError as error:
                    unreadable.append(f"identities: {error}")
                else:
                    chain.append(following)
                    break
            else:
                break
    unreadable += [f"identities: the predecessor {digest} is missing" for digest in later]
    return chains, unreadable


def _meet(witness: _Witness, chain: list[KnownIdentity]) -> Seen:
    """Take the keys of an identity, in force or revoked, marked as the bundle's word."""
    first, last = chain[0], chain[-1]
    identity = last.identity
    if any(one.digest in witness.pinned for one in chain):
        witness.pinned.add(first.digest)
    for version in chain:
        for kid, key in version.public_keys.items():
            until: Mapping[str, Position] | None = None
            if kid not in last.public_keys:
                until = last.revoked.get(kid, {})
            witness.keys.setdefault(
                kid, KeyRecord(identity.participant, key, identity.custodian.name)
            )
            witness.keys[kid] = replace(witness.keys[kid], good_until=until)
            witness.firsts.setdefault(kid, first.digest)
    vouched = all(witness.vouched(kid) for kid in last.public_keys)
    return Seen(identity.participant, identity.name, identity.custodian.name, first.digest, vouched)


def _learn_charters(
    witness: _Witness, documents: Mapping[str, bytes], chains: list[list[KnownIdentity]]
) -> list[str]:
    firsts = {chain[0].digest: chain[0] for chain in chains}
    unreadable = []
    for digest, document in documents.items():
        try:
            charter = read_charter(document, firsts)
        except MaillageError as error:
            unreadable.append(f"charters/{digest}: {error}")
        else:
            witness.charters[digest] = frozenset(charter.members)
            if charter.ends_us is not None:
                witness.ends[digest] = charter.ends_us
    return unreadable


class _Walk:
    """The publications one after the other: heads, history and tables as a receiver keeps them."""

    def __init__(self, bundle: Bundle, witness: _Witness) -> None:
        self._bundle: Final = bundle
        self._witness: Final = witness
        self._heads: Final[dict[str, Head]] = {}
        self._history: Final[dict[tuple[str, str], Position]] = {}
        self._standing: Final = Standing(lambda _dataset, _at: None)
        self._known: Final[set[str]] = set()

    def look(self, number: int, text: str) -> Inspected:
        arrival = Arrival(None, {MANIFEST_HEADER: text}, b"")
        opened = open_all([arrival], self._witness)[0]
        if isinstance(opened, Failed):
            steps = _until(opened.finding, _facts(opened, text))
            return self._told(number, opened, self._marked(opened, steps))
        steps = [Step(at, "holds", found) for at, found in _facts(opened, text).items()]
        steps = self._marked(opened, steps)
        blob = self._content(opened, steps)
        voids_after = self._chain(opened, steps)
        self._judge(Candidate(opened, blob, voids_after), steps)
        return self._told(number, opened, steps)

    def _told(self, number: int, opened: Opened | Failed, steps: list[Step]) -> Inspected:
        reached = {step.number for step in steps}
        steps += [Step(at, "open") for at in STEPS if at not in reached]
        kid = opened.jws.kid if opened.jws is not None else ""
        return Inspected(
            number,
            opened.digest or (opened.jws.digest if opened.jws is not None else None),
            opened.manifest,
            tuple(sorted(steps, key=lambda step: step.number)),
            self._witness.firsts.get(kid),
            self._witness.vouched(kid) if kid else False,
        )

    def _marked(self, opened: Opened | Failed, steps: list[Step]) -> list[Step]:
        """The steps, with step 4 held where only the bundle vouches for the key."""
        if opened.jws is None or self._witness.vouched(opened.jws.kid):
            return steps
        return [
            Step(4, "held", step.found, "key-unknown") if step.number == KEY_STEP else step
            for step in steps
        ]

    def _content(self, opened: Opened, steps: list[Step]) -> bytes | None:
        """Step 11."""
        content = opened.manifest.content
        if content is None:
            steps.append(Step(11, "holds", NOTHING))
            return None
        blob = self._bundle.contents.get(content.digest)
        if blob is None:
            steps.append(Step(11, "held", content.digest, "part-missing"))
            return None
        finding = bind_content(opened, blob)
        if finding is not None:
            steps.append(_step(finding))
            return None
        steps.append(Step(11, "holds", f"{content.digest}, {content.size} B"))
        return blob

    def _chain(self, opened: Opened, steps: list[Step]) -> Order | None:
        """Step 12. What follows is looked at from here on, wherever the file begins."""
        manifest = opened.manifest
        head = self._heads.get(manifest.dataset)
        found = f"{manifest.epoch}/{manifest.sequence}"
        stands = place(head, manifest, opened.digest, lambda *at: self._history.get(at))
        if isinstance(stands, Next):
            steps.append(Step(12, "holds", found))
        else:
            steps.append(_step(_where(stands, manifest), found))
        if isinstance(stands, Next) or stands.code == "predecessor-missing":
            self._heads[manifest.dataset] = Head(*manifest.order, opened.digest)
            position = Position(
                epoch=manifest.epoch, sequence=manifest.sequence, digest=opened.digest
            )
            self._history[manifest.dataset, opened.digest] = position
        if isinstance(stands, Next):
            return stands.voids_after
        self._forget(manifest.dataset)  # a change can't be applied across a gap
        return None

    def _forget(self, dataset: str) -> None:
        self._known.discard(dataset)
        self._standing.emptied(dataset)

    def _judge(self, candidate: Candidate, steps: list[Step]) -> None:
        """Steps 13 to 15."""
        opened = candidate.opened
        manifest = opened.manifest
        if manifest.content is not None and candidate.blob is None:
            return  # nothing to decode; step 11 says why
        missing = manifest.dataset not in self._known and opened.schema.kind == "register"
        if missing and manifest.mode == "delta":
            return  # the table that it changes isn't in the file; step 12 says so
        answer = judge([candidate], self._witness, self._standing)[0]
        if isinstance(answer, Finding):
            steps += [Step(at, "holds") for at in range(13, answer.step)]
            steps.append(_step(answer))
            if opened.schema.kind == "register":
                self._forget(manifest.dataset)
            return
        steps += _judged(answer)
        if not (missing and manifest.mode != "snapshot"):
            self._known.add(manifest.dataset)


def _where(stands: Elsewhere, manifest: Manifest) -> Finding:
    return Finding(stands.code, missing=manifest.previous or "")


def _judged(answer: Verified[Any]) -> list[Step]:
    publication = answer.value
    frame = publication.frame
    rows = NOTHING if frame is None else f"{frame.height} × {frame.width}"
    return [
        Step(13, "holds", rows),
        Step(14, "holds", f"{publication.schema.name} {publication.schema.version}"),
        Step(15, "holds", str(publication.manifest.sharing.level)),
    ]


def _step(finding: Finding, found: str = "") -> Step:
    state: State = "held" if finding.verdict is Verdict.HELD else "fails"
    told = ", ".join(part for part in (found, finding.detail, finding.missing) if part)
    return Step(finding.step, state, told, finding.code)


def _until(finding: Finding, facts: Mapping[int, str]) -> list[Step]:
    """The steps before a finding, and the one that it belongs to."""
    before = [Step(at, "holds", facts.get(at, "")) for at in range(1, finding.step)]
    return [*before, _step(finding)]


def _facts(opened: Opened | Failed, text: str) -> dict[int, str]:
    """What steps 1 to 10 found, as far as they got."""
    facts = {1: f"{len(text)} B"}
    if opened.jws is not None:
        facts |= {2: "compact, Ed25519", 3: "1", 4: opened.jws.kid, 5: opened.jws.digest}
    if isinstance(opened, Opened):
        facts[4] = f"{opened.key.participant}, {opened.key.custodian}, {opened.jws.kid}"
    manifest = opened.manifest
    if manifest is not None:
        named = manifest.schema_ref
        facts |= {
            6: f"{manifest.mode}, {manifest.rows}, {manifest.issued}, {manifest.origin}",
            7: f"{manifest.epoch}/{manifest.sequence}",
            8: f"{manifest.publisher} → {manifest.owner}",
            9: manifest.dataset,
            10: f"{named.name} {named.version}, {named.digest}",
        }
    return facts
