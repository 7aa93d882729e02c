"""Rows of the store made from what was signed, received or refused; for both sides of a node."""

from typing import Final

from federation.errors import MaillageError
from federation.ids import parse_subject
from federation.manifest import Manifest
from federation.message import MANIFEST_HEADER
from federation.model import instant_us
from federation.strict import sha256_hex
from federation.verify import Failed, Finding
from node.store.rows import EvidenceRow, PublicationRow, RefusalRow, Verdict

EVIDENCE_MAX_BYTES: Final = 64 * 1024
"""Of a manifest that is kept as evidence: twice what the wire allows, so that excess shows."""

EVIDENCE_DETAIL_MAX_CHARS: Final = 500


def publication_row(
    manifest: Manifest,
    digest: str,
    jws: str,
    verdict: Verdict,
    *,
    at_us: int,
    span_us: tuple[int, int] | None = None,
    finding: Finding | None = None,
) -> PublicationRow:
    """A publication as the store keeps it.

    Args:
        manifest: As signed.
        digest: The manifest's.
        jws: Compact form.
        verdict: `signed` for one of this node's own, just signed here.
        at_us: When it was signed or received.
        span_us: The period that its rows change; None where they change none.
        finding: Why it was refused.
    """
    content = manifest.content
    return PublicationRow(
        digest=digest,
        owner=manifest.owner,
        publisher=manifest.publisher,
        dataset=manifest.dataset,
        schema_name=manifest.schema_ref.name,
        schema_digest=manifest.schema_ref.digest,
        epoch=manifest.epoch,
        sequence=manifest.sequence,
        previous=manifest.previous,
        mode=manifest.mode,
        period_start=span_us[0] if span_us else None,
        period_end=span_us[1] if span_us else None,
        rows=manifest.rows,
        issued=instant_us(manifest.issued),
        sharing=manifest.sharing.level,
        origin=manifest.origin,
        verdict=verdict,
        reason=finding.code if finding else None,
        detail=finding.detail if finding else None,
        jws=jws,
        content_digest=content.digest if content is not None and verdict != "refused" else None,
        plain_size=content.plain_size if content is not None else 0,
        received_at=at_us,
        own=verdict == "signed",
    )


def evidence_row(failed: Failed, at_us: int) -> EvidenceRow:
    """What a message proves against its carrier or signer, as it came."""
    arrival = failed.arrival
    text = arrival.headers.get(MANIFEST_HEADER, "")
    try:
        carrier = parse_subject(arrival.subject).carrier if arrival.subject else ""
    except MaillageError:
        carrier = ""
    raw = text.encode("utf-8", "surrogateescape")[:EVIDENCE_MAX_BYTES]
    return EvidenceRow(
        digest=failed.digest or sha256_hex(raw),
        carrier=carrier,
        verdict=failed.finding.verdict.value,
        reason=failed.finding.code,
        detail=failed.finding.detail[:EVIDENCE_DETAIL_MAX_CHARS],
        jws=raw,
        recorded_at=at_us,
    )


def refusal_row(failed: Failed, manifest: Manifest, digest: str, at_us: int) -> RefusalRow:
    """A refusal as receipts list it."""
    return RefusalRow(
        digest=digest,
        owner=manifest.owner,
        dataset=manifest.dataset,
        epoch=manifest.epoch,
        sequence=manifest.sequence,
        reason=failed.finding.code,
        detail=failed.finding.detail,
        refused_at=at_us,
    )
