"""Checkpoints: a valid start of a chain."""

import json
from typing import Any

import pytest
from actors import ARVIEU, COUNTS, ISSUED, LUZY, PROJECTS, digest, keys, signer

from federation.chain import Elsewhere, Head, Next, place
from federation.checkpoint import (
    CONTENTS_MAX,
    VOIDS_MAX,
    Checkpoint,
    KnownCheckpoint,
    issue_checkpoint,
    read_checkpoint,
    start_from,
)
from federation.errors import MalformedError, StateError, TrustError, UnknownError
from federation.jose import sign_compact
from federation.limits import DOCUMENT_MAX_BYTES
from federation.manifest import Manifest
from federation.model import Position

KEYS = keys(arvieu=ARVIEU, luzy=LUZY)
PERIOD = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-02T00:00:00Z"}


def live(epoch: int, sequence: int, **changed: Any) -> dict[str, Any]:
    found = {
        "epoch": epoch,
        "sequence": sequence,
        "digest": digest(f"{epoch}/{sequence}"),
        "content": digest(f"content {epoch}/{sequence}"),
        "period": PERIOD,
    } | changed
    return {name: one for name, one in found.items() if one is not ...}


def position(epoch: int, sequence: int, name: str = "") -> dict[str, Any]:
    return {
        "epoch": epoch,
        "sequence": sequence,
        "digest": digest(name or f"{epoch}/{sequence}"),
    }


def payload(**changed: Any) -> dict[str, Any]:
    """Epoch 1 is good up to 4; of epoch 2 up to 6, and the head is there."""
    found = {
        "dataset": COUNTS,
        "publisher": ARVIEU,
        "head": position(2, 6),
        "contents": [live(1, 2), live(1, 4), live(2, 1), live(2, 5)],
        "voids": [{"epoch": 1, "after": 4}],
        "issued": ISSUED,
    } | changed
    return {name: one for name, one in found.items() if one is not ...}


REGISTER = payload(
    dataset=PROJECTS,
    contents=[live(2, 5, period=...), live(2, 6, period=...)],
    result=digest("table"),
)


def signed(name: str = "arvieu", **changed: Any) -> str:
    raw = json.dumps(payload(**changed)).encode()
    return sign_compact(signer(name), "maillage-checkpoint+jws", raw)


def known(**changed: Any) -> KnownCheckpoint:
    return read_checkpoint(signed(**changed), KEYS)


@pytest.mark.parametrize(
    "members",
    [
        payload(),
        REGISTER,
        payload(contents=[]),
        payload(head=position(1, 1), contents=[live(1, 1)], voids=...),
        payload(head=position(1, 9), contents=[live(1, 1)], voids=[]),
        payload(voids=[{"epoch": 1, "after": 0}], contents=[live(2, 6)]),
    ],
)
def test_issued_and_read(members: dict[str, Any]) -> None:
    checkpoint = Checkpoint.of(members)
    assert json.loads(checkpoint.write()) == members
    text = issue_checkpoint(signer("arvieu"), checkpoint)
    found = read_checkpoint(text, KEYS)
    assert (found.checkpoint, found.text, found.kid) == (
        checkpoint,
        text,
        signer("arvieu").public.kid,
    )


def test_what_it_decides() -> None:
    found = known()
    assert found.history[digest("1/4")].order == (1, 4)
    assert found.history[digest("2/6")] == found.checkpoint.head
    assert len(found.history) == 5
    assert found.settles((1, 9))
    assert found.settles((2, 6))
    assert not found.settles((2, 7))
    assert not found.settles((3, 1))
    assert not found.voids((1, 4))
    assert found.voids((1, 5))
    assert not found.voids((2, 6))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"voids": []}, "voids: one per epoch"),
        ({"voids": [{"epoch": 2, "after": 4}]}, "voids: one per epoch"),
        ({"voids": [{"epoch": 1, "after": 4}] * 2}, "voids: one per epoch"),
        ({"head": position(2**53 - 1, 1)}, "voids: one per epoch"),
        ({"voids": [{"epoch": n, "after": 0} for n in range(VOIDS_MAX + 1)]}, "voids"),
        ({"voids": [{"epoch": 1, "after": -1}]}, "after"),
        ({"contents": [live(1, 4), live(1, 2)]}, "contents: in order"),
        ({"contents": [live(1, 4), live(1, 4)]}, "contents: in order"),
        ({"contents": [live(1, 2), live(1, 3, digest=digest("1/2"))]}, "each publication once"),
        ({"contents": [live(1, 5)]}, "is void, or lies beyond"),
        ({"contents": [live(2, 7)]}, "is void, or lies beyond"),
        ({"contents": [live(3, 1)]}, "is void, or lies beyond"),
        ({"contents": [live(2, 6, digest=digest("other"))]}, "another publication than the head"),
        ({"contents": [live(1, n + 1) for n in range(CONTENTS_MAX + 1)]}, "contents"),
        ({"result": digest("table")}, "those have no periods"),
        ({"result": digest("table"), "contents": []}, "at least one content"),
        ({"contents": [live(1, 2, period=PERIOD | {"end": PERIOD["start"]})]}, "after start"),
        ({"dataset": ARVIEU}, "dataset"),
        ({"extra": 1}, "extra"),
    ],
)
def test_payloads_that_say_nonsense(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(MalformedError, match=words) as caught:
        known(**changed)
    assert caught.value.code == "document"


def test_only_the_owner_s_word_starts_a_chain() -> None:
    for text, code in [
        (signed("luzy"), "publisher-mismatch"),
        (signed("luzy", publisher=LUZY), "publisher-not-owner"),
        (signed()[:-86] + "A" * 86, "signature"),
    ]:
        with pytest.raises(TrustError) as caught:
            read_checkpoint(text, KEYS)
        assert caught.value.code == code
    with pytest.raises(UnknownError):
        read_checkpoint(signed("stranger"), KEYS)


AT_HEAD = Head(2, 6, digest("2/6"), 9, 1)


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (None, Head(2, 6, digest("2/6"))),
        (Head(1, 2, digest("1/2"), 2), Head(2, 6, digest("2/6"), 2)),
        (Head(1, 3, digest("pruned"), 2, 1), Head(2, 6, digest("2/6"), 2, 1)),
        (Head(1, 8, digest("void"), 8), Head(2, 6, digest("2/6"), 8)),
        (AT_HEAD, AT_HEAD),
        (Head(2, 7, digest("2/7"), 10), Head(2, 7, digest("2/7"), 10)),
        (Head(3, 1, digest("3/1"), 10), Head(3, 1, digest("3/1"), 10)),
    ],
)
def test_where_a_receiver_goes_on(held: Head | None, wanted: Head) -> None:
    assert start_from(known(), held) == wanted


@pytest.mark.parametrize("order", [(1, 4), (2, 5), (2, 6)])
def test_another_publication_in_the_same_place_is_a_fork(order: tuple[int, int]) -> None:
    with pytest.raises(StateError) as caught:
        start_from(known(), Head(*order, digest("other"), 4))
    assert caught.value.code == "fork"


def publication(epoch: int, sequence: int, previous: str, **changed: Any) -> Manifest:
    found = {
        "publisher": ARVIEU,
        "dataset": COUNTS,
        "schema": {"name": "comptage-mobilites", "version": "1.0.0", "digest": digest("schema")},
        "epoch": epoch,
        "sequence": sequence,
        "previous": previous,
        "mode": "unchanged",
        "rows": 0,
        "issued": ISSUED,
        "sharing": {"level": "open"},
        "origin": "own",
        "licence": "etalab-2.0",
    }
    return Manifest.of(found | changed)


def test_the_chain_goes_on_from_it() -> None:
    start = known()
    head = start_from(start)

    def history(_dataset: str, name: str) -> Position | None:
        return start.history.get(name)

    follows = publication(2, 7, digest("2/6"))
    assert place(head, follows, digest("2/7"), history) == Next(Head(2, 7, digest("2/7")))
    stray = publication(2, 7, digest("other"))
    assert place(head, stray, digest("2/7"), history) == Elsewhere("chain-broken")
    assert place(head, publication(2, 9, digest("2/8")), digest("2/9"), history) == Elsewhere(
        "predecessor-missing"
    )
    # a restore whose last known head is one that the checkpoint names
    again = publication(3, 1, digest("2/5"), abandons=position(2, 8))
    found = place(head, again, digest("3/1"), history)
    assert isinstance(found, Next)
    assert found.voids_after == (2, 5)
    # a live one that comes again was decided on
    assert place(head, publication(1, 4, digest("1/3")), digest("1/4"), history) == Elsewhere(
        "replayed"
    )


def test_as_many_contents_as_are_allowed_fit_into_one_document() -> None:
    contents = [live(1, 10**12 + n) for n in range(CONTENTS_MAX)]
    voids = [{"epoch": n + 1, "after": 10**15 if n == 0 else 0} for n in range(VOIDS_MAX)]
    full = Checkpoint.of(payload(contents=contents, voids=voids, head=position(VOIDS_MAX + 1, 1)))
    assert len(issue_checkpoint(signer("arvieu"), full)) <= DOCUMENT_MAX_BYTES
