"""Receipts: a receiver's signed state."""

import json
from typing import Any

import pytest
from actors import ARVIEU, COUNTS, ISSUED, LEVEZOU, LUZY, PROJECTS, digest, keys, signer

from federation.errors import LimitError, MalformedError, TrustError, UnknownError
from federation.jose import sign_compact
from federation.limits import (
    DOCUMENT_MAX_BYTES,
    RECEIPT_DATASETS_MAX,
    RECEIPT_REFUSALS_MAX,
    TEXT_MAX_CHARS,
)
from federation.model import Position
from federation.reasons import REASONS, Verdict
from federation.receipt import ERASED_MAX, Receipt, issue_receipt, read_receipt

KEYS = keys(levezou=LEVEZOU, luzy=LUZY)


def state(dataset: str = COUNTS, sequence: int = 7, **changed: Any) -> dict[str, Any]:
    head = {"epoch": 1, "sequence": sequence, "digest": digest(f"{dataset} {sequence}")}
    return {"dataset": dataset, "head": head, "accepted": sequence, "refused": 0} | changed


def note(sequence: int = 6, **changed: Any) -> dict[str, Any]:
    return {
        "dataset": COUNTS,
        "epoch": 1,
        "sequence": sequence,
        "digest": digest(f"{COUNTS} {sequence}"),
        "step": 14,
        "reason": "invalid",
        "detail": "row 3, count: -1 is below 0",
    } | changed


def payload(**changed: Any) -> dict[str, Any]:
    return {
        "receiver": LEVEZOU,
        "owner": ARVIEU,
        "version": 3,
        "issued": ISSUED,
        "heads": [state(COUNTS), state(PROJECTS)],
    } | changed


def signed(name: str = "levezou", **changed: Any) -> str:
    raw = json.dumps(payload(**changed)).encode()
    return sign_compact(signer(name), "maillage-receipt+jws", raw)


def test_issued_and_read() -> None:
    members = payload(
        refusals=[note(6), note(5)], refusedTotal=2, erased=sorted([digest("a"), digest("b")])
    )
    receipt = Receipt.of(members)
    assert json.loads(receipt.write()) == members
    text = issue_receipt(signer("levezou"), receipt)
    found = read_receipt(text, KEYS)
    assert (found.receipt, found.text, found.kid) == (receipt, text, signer("levezou").public.kid)
    assert found.heads[COUNTS].head.sequence == 7
    # a refusal with nothing to add
    bare = {name: one for name, one in note().items() if name != "detail"}
    assert Receipt.of(payload(refusals=[bare], refusedTotal=1)).refusals[0].detail == ""
    assert Receipt.of(payload(heads=[])).heads == ()


def test_it_covers_what_was_decided_on() -> None:
    found = read_receipt(signed(), KEYS)
    at = {name: digest(f"{COUNTS} {name}") for name in (6, 7, 8)}
    assert found.covers(COUNTS, Position(epoch=1, sequence=6, digest=at[6]))
    assert found.covers(COUNTS, Position(epoch=1, sequence=7, digest=at[7]))
    assert not found.covers(COUNTS, Position(epoch=1, sequence=7, digest=at[8]))
    assert not found.covers(COUNTS, Position(epoch=1, sequence=8, digest=at[8]))
    assert not found.covers(COUNTS, Position(epoch=2, sequence=1, digest=at[8]))
    assert not found.covers(f"{COUNTS}.pont", Position(epoch=1, sequence=6, digest=at[6]))


def test_the_higher_version_replaces() -> None:
    before = Receipt.of(payload(version=3))
    assert read_receipt(signed(version=1), KEYS).replaces(None)
    assert read_receipt(signed(version=4), KEYS).replaces(before)
    assert not read_receipt(signed(version=3), KEYS).replaces(before)
    other = read_receipt(signed("luzy", receiver=LUZY, version=4), KEYS)
    assert not other.replaces(before)


OTHER = f"{LUZY}/projets"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"heads": [state(PROJECTS), state(COUNTS)]}, "sorted"),
        ({"heads": [state(COUNTS), state(COUNTS)]}, "each once"),
        ({"heads": [state(OTHER)]}, "the owner's only"),
        ({"heads": [state(COUNTS, accepted=-1)]}, "accepted"),
        ({"heads": [state(COUNTS, epoch=1)]}, "epoch"),
        ({"heads": [state(f"{COUNTS}.d{n:04}") for n in range(RECEIPT_DATASETS_MAX + 1)]}, "heads"),
        ({"heads": ...}, "heads"),
        ({"refusals": [note(dataset=OTHER)], "refusedTotal": 1}, "the owner's only"),
        ({"refusals": [note(), note()], "refusedTotal": 2}, "each publication once"),
        ({"refusals": [note()]}, "refusedTotal"),
        ({"refusals": [note()], "refusedTotal": 0}, "refusedTotal"),
        (
            {
                "refusals": [note(n + 1) for n in range(RECEIPT_REFUSALS_MAX + 1)],
                "refusedTotal": 200,
            },
            "refusals",
        ),
        ({"refusals": [note(reason="signature", step=5)], "refusedTotal": 1}, "no refusal"),
        (
            {"refusals": [note(reason="predecessor-missing", step=12)], "refusedTotal": 1},
            "no refusal",
        ),
        ({"refusals": [note(step=13)], "refusedTotal": 1}, "found by step 14"),
        ({"refusals": [note(step=16, reason="later")], "refusedTotal": 1}, "step"),
        ({"refusals": [note(detail="x" * (TEXT_MAX_CHARS + 1))], "refusedTotal": 1}, "detail"),
        ({"refusals": [note(reason="<b>")], "refusedTotal": 1}, "reason"),
        ({"erased": sorted([digest("a"), digest("b")], reverse=True)}, "erased: sorted"),
        ({"erased": [digest("a"), digest("a")]}, "each once"),
        ({"erased": sorted(digest(str(n)) for n in range(ERASED_MAX + 1))}, "erased"),
        ({"version": 0}, "version"),
        ({"receiver": "x"}, "receiver"),
        ({"extra": 1}, "extra"),
    ],
)
def test_payloads_that_say_nonsense(changed: dict[str, Any], words: str) -> None:
    members = {name: one for name, one in payload(**changed).items() if one is not ...}
    text = sign_compact(signer("levezou"), "maillage-receipt+jws", json.dumps(members).encode())
    with pytest.raises(MalformedError, match=words) as caught:
        read_receipt(text, KEYS)
    assert caught.value.code == "document"


def test_every_reason_for_a_refusal_can_be_told_and_one_of_a_later_release() -> None:
    for reason in (*REASONS.values(), None):
        if reason is not None and reason.verdict is not Verdict.REFUSED:
            continue
        told = {"reason": reason.code, "step": reason.step} if reason else {"reason": "later"}
        found = read_receipt(signed(refusals=[note(**told)], refusedTotal=1), KEYS)
        assert found.receipt.refusals[0].reason == told["reason"]


def test_only_the_receiver_signs_its_receipt() -> None:
    with pytest.raises(TrustError) as caught:
        read_receipt(signed("luzy"), KEYS)
    assert caught.value.code == "receipt-receiver"
    with pytest.raises(UnknownError) as unknown:
        read_receipt(signed("stranger"), KEYS)
    assert unknown.value.code == "key-unknown"
    with pytest.raises(TrustError) as forged:
        read_receipt(signed()[:-86] + "A" * 86, KEYS)
    assert forged.value.code == "signature"


def test_a_thousand_datasets_and_a_hundred_refusals_fit() -> None:
    heads = [state(f"{COUNTS}.compteur-numero-{n:04}") for n in range(RECEIPT_DATASETS_MAX)]
    refusals = [note(n + 1, detail="x" * TEXT_MAX_CHARS) for n in range(RECEIPT_REFUSALS_MAX)]
    full = Receipt.of(payload(heads=heads, refusals=refusals, refusedTotal=10_000))
    text = issue_receipt(signer("levezou"), full)
    assert len(text) <= DOCUMENT_MAX_BYTES
    assert len(read_receipt(text, KEYS).heads) == RECEIPT_DATASETS_MAX
    long = [state(f"{COUNTS}.{'d' * 58}-{n:04}") for n in range(RECEIPT_DATASETS_MAX)]
    worst = [note(n + 1, detail="🚲" * TEXT_MAX_CHARS) for n in range(RECEIPT_REFUSALS_MAX)]
    erased = sorted(digest(str(n)) for n in range(ERASED_MAX))
    members = payload(heads=long, refusals=worst, refusedTotal=100, erased=erased)
    with pytest.raises(LimitError) as caught:
        issue_receipt(signer("levezou"), Receipt.of(members))
    assert caught.value.code == "document-size"
