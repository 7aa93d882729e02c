"""Rows for the store's tests."""

import hashlib
from datetime import date
from typing import Any

from federation.cell import Cell, CellKey
from node.store.rows import (
    EvidenceRow,
    HeadRow,
    HeldLimits,
    HeldMessage,
    NewDraft,
    ParticipantRow,
    PublicationRow,
    RefusalRow,
)

DAY = date(2026, 3, 2)
NOW = 1_772_000_000_000_000
HOUR = 3_600_000_000
OWNER = "fr-com-12011"
DATASET = f"{OWNER}/comptage-mobilites"
HUB = "nats://hub"
LIMITS = HeldLimits(messages=3, size_bytes=10_000)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def publication(sequence: int = 1, dataset: str = DATASET, **changed: Any) -> PublicationRow:
    values: dict[str, Any] = {
        "digest": digest(f"{dataset} {sequence}"),
        "owner": dataset.partition("/")[0],
        "publisher": dataset.partition("/")[0],
        "dataset": dataset,
        "schema_name": "comptage-mobilites",
        "schema_digest": digest("schema"),
        "epoch": 1,
        "sequence": sequence,
        "previous": digest(f"{dataset} {sequence - 1}") if sequence > 1 else None,
        "mode": "append",
        "period_start": NOW + sequence * HOUR,
        "period_end": NOW + (sequence + 1) * HOUR,
        "rows": 4,
        "issued": NOW,
        "sharing": "open",
        "origin": "own",
        "verdict": "accepted",
        "jws": f"head.{sequence}.signature",
        "content_digest": None,
        "plain_size": 100,
        "received_at": NOW + sequence,
    }
    return PublicationRow(**values | changed)


def head(sequence: int = 1, dataset: str = DATASET, **changed: Any) -> HeadRow:
    row = HeadRow(
        dataset=dataset,
        epoch=1,
        sequence=sequence,
        digest=digest(f"{dataset} {sequence}"),
        schema_digest=digest("schema"),
        origin="own",
        accepted=sequence,
        refused=0,
        period_end=NOW + (sequence + 1) * HOUR,
        updated_at=NOW + sequence,
    )
    return row._replace(**changed)


def message(body: bytes = b"body", carrier: str = OWNER, **changed: Any) -> HeldMessage:
    values: dict[str, Any] = {
        "carrier": carrier,
        "subject": f"mlg.1.z.fr-12.{carrier}.pub.comptage-mobilites._",
        "headers": {"Maillage-Manifest": "a.b.c"},
        "body": body,
        "reason": "predecessor-missing",
        "waiting_for": DATASET,
        "received_at": NOW,
    }
    return HeldMessage.of(**values | changed)


def evidence(text: str = "one", **changed: Any) -> EvidenceRow:
    values: dict[str, Any] = {
        "digest": digest(text),
        "carrier": OWNER,
        "verdict": "refused",
        "reason": "fork",
        "detail": "two at one place",
        "jws": b"\x00\xff" + text.encode(),
        "recorded_at": NOW,
    }
    return EvidenceRow(**values | changed)


def refusal(sequence: int = 1, **changed: Any) -> RefusalRow:
    values: dict[str, Any] = {
        "digest": digest(f"{DATASET} {sequence}"),
        "owner": OWNER,
        "dataset": DATASET,
        "epoch": 1,
        "sequence": sequence,
        "reason": "invalid",
        "detail": "row 3, column count: -1 is below 0",
        "refused_at": NOW + sequence,
    }
    return RefusalRow(**values | changed)


def participant(name: str = OWNER) -> ParticipantRow:
    return ParticipantRow(id=name, name="Arvieu", created_at=NOW)


def draft(**changed: Any) -> NewDraft:
    values: dict[str, Any] = {
        "participant": OWNER,
        "dataset": DATASET,
        "schema_digest": digest("schema"),
        "mode": "append",
        "plain_size": 100,
        "rows": 4,
        "period_start": NOW,
        "period_end": NOW + HOUR,
        "result": None,
        "sharing": "open",
        "origin": "own",
        "issued_at": NOW,
        "source": "comptage.csv",
        "claims": '{"licence": "etalab-2.0"}',
    }
    return NewDraft(**values | changed)


def key(start: int = 0, place: str = "12011", **changed: Any) -> CellKey:
    row = CellKey(DATASET, "comptage-mobilites.count", place, "day", start, 2026)
    return row._replace(**changed)


def cell(*values: int) -> Cell:
    return Cell(len(values), sum(values), sum(v * v for v in values), min(values), max(values), 0)
