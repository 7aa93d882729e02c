"""Verification: fifteen numbered steps from bytes to `Verified[Publication]` (docs/wire.md, 6).

 1  sizes                                  `open_all`
 2  JWS form                                  "
 3  wire version                              "
 4  known key                                 "      (nothing is parsed, fetched or written
 5  signature                                 "       before 5 holds; 5 runs in threads)
 6  manifest                                  "
 7  key good for this head                    "
 8  publisher may speak for owner             "
 9  dataset agrees                            "
10  schema and charter known by digest        "
11  content digest                         `bind_content`
12  chain position                         `federation.chain.place`
13  decode                                 `federation.judge`
14  validate                                  "
15  sharing allowed here                      "

Whatever happens, the answer is one of the four verdicts with a reason of `federation.reasons`.
Only `federation.judge` makes a `Verified`, and the store takes nothing else.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from federation.errors import MaillageError
from federation.ids import DatasetId, parse_subject
from federation.jose import Jws, PublicKey, parse_compact
from federation.limits import JWS_MAX_BYTES, PART_MAX_BYTES
from federation.manifest import TYP, Manifest
from federation.message import MANIFEST_HEADER, parse_part
from federation.model import Position
from federation.reasons import REASONS, Verdict
from federation.strict import sha256_hex
from schemas.model import Schema


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a publication was not accepted.

    Attributes:
        code: Of `federation.reasons.REASONS`.
        detail: What exactly, for people; from hostile input, so shown as text only.
        missing: What a held one waits for: a key thumbprint, a digest, a dataset.
    """

    code: str
    detail: str = ""
    missing: str = ""

    @property
    def verdict(self) -> Verdict:
        """What the reason leads to."""
        return REASONS[self.code].verdict

    @property
    def step(self) -> int:
        """Number of the step that found it."""
        return REASONS[self.code].step


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key, whose it is, and how far it is good.

    Attributes:
        participant: Owner of the key.
        key: To verify with.
        custodian: Name of who operates it.
        good_until: None for a key in force; else the last good head per dataset.
    """

    participant: str
    key: PublicKey
    custodian: str
    good_until: Mapping[str, Position] | None = None


class Trust(Protocol):
    """What a receiver knows; the only thing that verification asks of its surroundings."""

    def key(self, kid: str) -> KeyRecord | None:
        """The key with this thumbprint, if a known identity has it."""

    def schema(self, digest: str) -> Schema | None:
        """The schema whose bytes have this digest."""

    def knows_charter(self, digest: str) -> bool:
        """Whether this charter is known here."""

    def may_receive(self, charter: str, publisher: str) -> bool:
        """Whether this receiver and the publisher are both members of the charter."""

    def charter_ended(self, charter: str, publisher: str, issued_us: int) -> str:
        """Why what the publisher issued then isn't shared under the charter any more; else ""."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came.

    Attributes:
        subject: NATS subject; None from a bundle, where there is no carrier.
        headers: As received.
        body: As received.
        ref: The caller's own mark, returned untouched.
    """

    subject: str | None
    headers: Mapping[str, str]
    body: bytes
    ref: Any = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A publication whose steps 1 to 10 hold. Its content hasn't been looked at.

    Attributes:
        arrival: What came.
        jws: The signed form.
        digest: The manifest's digest.
        manifest: Parsed from the bytes that were signed.
        key: Who signed.
        schema: Of the rows.
        part: Which part of the content the body is, of how many.
    """

    arrival: Arrival
    jws: Jws
    digest: str
    manifest: Manifest
    key: KeyRecord
    schema: Schema
    part: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Failed:
    """A message that did not get through the steps.

    Attributes:
        arrival: What came.
        finding: Where it ended and why.
        digest: The manifest's, when the signature held.
        manifest: When it could be read and the signature held.
        jws: When the form held.
    """

    arrival: Arrival
    finding: Finding
    digest: str | None = None
    manifest: Manifest | None = None
    jws: Jws | None = None


Mapper = Callable[
    [Callable[[tuple[Jws, KeyRecord]], bool], Iterable[tuple[Jws, KeyRecord]]], Iterable[bool]
]
"""`map`, or one that works in threads. Order is kept."""


def _form(arrival: Arrival, trust: Trust) -> tuple[Jws, KeyRecord, tuple[int, int]] | Failed:
    """Steps 1 to 4."""
    text = arrival.headers.get(MANIFEST_HEADER)
    try:
        # 1. sizes
        if text is None:
            return Failed(arrival, Finding("manifest-missing"))
        if len(arrival.body) > PART_MAX_BYTES and arrival.subject is not None:
            return Failed(arrival, Finding("size", f"a body of {len(arrival.body)} bytes"))
        if arrival.subject is not None:
            parse_subject(arrival.subject)
        part = parse_part(arrival.headers)
        # 2. JWS form, 3. wire version
        jws = parse_compact(text, TYP, max_bytes=JWS_MAX_BYTES)
    except MaillageError as error:
        code = "subject" if error.code == "participant-id" else error.code
        return Failed(arrival, Finding(code, str(error)))
    # 4. known key
    key = trust.key(jws.kid)
    if key is None:
        return Failed(arrival, Finding("key-unknown", f"key {jws.kid}", missing=jws.kid), jws=jws)
    return jws, key, part


def _signed(pair: tuple[Jws, KeyRecord]) -> bool:
    """Step 5."""
    jws, key = pair
    return key.key.verifies(jws.signature, jws.signing_input)


def _entitled(manifest: Manifest, digest: str, key: KeyRecord) -> Finding | None:
    """Steps 7, 8 and the signed half of 9."""
    # 7. key good for this head
    if key.good_until is not None:
        last = key.good_until.get(manifest.dataset)
        if (
            last is None
            or manifest.order > last.order
            or (manifest.order == last.order and digest != last.digest)
        ):
            return Finding(
                "key-revoked", f"key of {key.participant} revoked before {manifest.order}"
            )
    # 8. publisher may speak for owner
    if manifest.publisher != key.participant:
        return Finding(
            "publisher-mismatch", f"the key is {key.participant}'s, not {manifest.publisher}'s"
        )
    if manifest.owner != manifest.publisher:
        if manifest.mandate is None:
            return Finding("publisher-not-owner", f"{manifest.publisher} for {manifest.owner}")
        return Finding("mandate-unknown", missing=manifest.mandate)
    # 9. dataset agrees
    named = manifest.schema_ref
    if manifest.dataset_id.schema != named.name:
        return Finding("dataset-schema", f"{manifest.dataset} with schema {named.name}")
    return None


def _known(manifest: Manifest, trust: Trust) -> Schema | Finding:
    """Step 10."""
    named = manifest.schema_ref
    schema = trust.schema(named.digest)
    if schema is None:
        return Finding("schema-unknown", f"{named.name} {named.version}", missing=named.digest)
    if (schema.name, schema.version) != (named.name, named.version):
        return Finding(
            "schema-mismatch", f"{schema.name} {schema.version}, not {named.name} {named.version}"
        )
    if not _fits(manifest, schema):
        return Finding("mode-kind", f"{manifest.mode} for a {schema.kind}")
    if manifest.encryption is not None:
        return Finding("encryption-unsupported", missing=manifest.encryption.scheme)
    charter = manifest.sharing.charter
    if charter is not None and not trust.knows_charter(charter):
        return Finding("charter-unknown", missing=charter)
    return schema


def _fits(manifest: Manifest, schema: Schema) -> bool:
    if schema.kind == "series":
        return manifest.mode not in ("snapshot", "delta")
    return manifest.mode != "append" and manifest.period is None


def _carried(subject: str | None, manifest: Manifest) -> bool:
    """The carrier's half of step 9: whether this may travel under the subject."""
    if subject is None:
        return True
    parsed = parse_subject(subject)
    dataset: DatasetId = manifest.dataset_id
    if parsed.kind == "pub":
        return parsed.carrier == manifest.owner and ".".join(parsed.rest) == dataset.tail
    if parsed.kind == "for":
        return parsed.carrier == manifest.owner and ".".join(parsed.rest[1:]) == dataset.tail
    return parsed.kind == "fwd" and parsed.rest == (manifest.owner,)


def open_all(
    arrivals: Sequence[Arrival], trust: Trust, *, mapper: Mapper = map
) -> list[Opened | Failed]:
    """Steps 1 to 10 for a batch.

    Args:
        arrivals: In the order of the stream.
        trust: What this receiver knows.
        mapper: Runs the signature checks; in threads where that helps.

    Returns:
        One per arrival, in order.
    """
    forms = [_form(arrival, trust) for arrival in arrivals]
    signed = iter(
        mapper(_signed, [(form[0], form[1]) for form in forms if isinstance(form, tuple)])
    )
    return [
        form
        if isinstance(form, Failed)
        else _open(arrival, *form, trust, signature_holds=next(signed))
        for arrival, form in zip(arrivals, forms, strict=True)
    ]


def _open(
    arrival: Arrival,
    jws: Jws,
    key: KeyRecord,
    part: tuple[int, int],
    trust: Trust,
    *,
    signature_holds: bool,
) -> Opened | Failed:
    # 5. signature
    if not signature_holds:
        return Failed(arrival, Finding("signature", f"under the key of {key.participant}"), jws=jws)
    digest = jws.digest
    # 6. manifest
    try:
        manifest = Manifest.read(jws.payload)
    except MaillageError as error:
        return Failed(arrival, Finding("manifest", str(error)), digest, jws=jws)
    # 7. key good for this head, 8. publisher may speak for owner, 9. dataset agrees
    finding = _entitled(manifest, digest, key)
    if finding is None and not _carried(arrival.subject, manifest):
        finding = Finding("subject-mismatch", f"{manifest.dataset} under {arrival.subject}")
    if finding is not None:
        return Failed(arrival, finding, digest, manifest, jws)
    # 10. schema and charter known by digest
    schema = _known(manifest, trust)
    if isinstance(schema, Finding):
        return Failed(arrival, schema, digest, manifest, jws)
    return Opened(arrival, jws, digest, manifest, key, schema, part)


def bind_content(opened: Opened, blob: bytes) -> Finding | None:
    """Step 11: whether a body is the content, or the part of it, that was signed.

    That the parts together are the content is for step 13: where they are not, the publisher
    signed a contradiction, and no carrier can help it.

    Args:
        opened: Steps 1 to 10 hold.
        blob: The body of a message, or the whole content from a bundle (then the part is 1/1).
    """
    content = opened.manifest.content
    number, total = opened.part
    if content is None:
        return Finding("content-unexpected", f"{len(blob)} bytes") if blob or total != 1 else None
    if opened.arrival.subject is None and total == 1:
        good = len(blob) == content.size and sha256_hex(blob) == content.digest
    elif total != len(content.parts):
        return Finding(
            "content-digest", f"part {number}/{total} of a content of {len(content.parts)}"
        )
    else:
        part = content.parts[number - 1]
        good = len(blob) == part.size and sha256_hex(blob) == part.digest
    return None if good else Finding("content-digest", f"{len(blob)} bytes, part {number}/{total}")
