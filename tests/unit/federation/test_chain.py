"""Where a publication stands in its dataset's chain (step 12)."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.chain import Elsewhere, Head, Next, place
from federation.manifest import Manifest
from federation.model import Position
from tests.cases.good import first_counts

DATASET = "fr-com-12011/comptage-mobilites"


def digest(name: str) -> str:
    """A digest that reads like what it stands for."""
    return name.encode().hex().ljust(64, "0")


def manifest(epoch: int, sequence: int, previous: str | None, **more: Any) -> Manifest:
    members = {**first_counts().payload, "epoch": epoch, "sequence": sequence, **more}
    if previous is not None:
        members["previous"] = digest(previous)
    return Manifest.of(members)


def abandons(epoch: int, sequence: int) -> dict[str, Any]:
    return {"epoch": epoch, "sequence": sequence, "digest": digest("given-up")}


@dataclass(frozen=True)
class Decided:
    """A receiver that decided on the publications named, the last of which is its head."""

    names: tuple[tuple[int, int, str], ...]

    @property
    def head(self) -> Head | None:
        if not self.names:
            return None
        epoch, sequence, name = self.names[-1]
        return Head(epoch, sequence, digest(name), accepted=len(self.names))

    def history(self, dataset: str, wanted: str) -> Position | None:
        assert dataset == DATASET
        for epoch, sequence, name in self.names:
            if digest(name) == wanted:
                return Position(epoch=epoch, sequence=sequence, digest=wanted)
        return None


NOTHING = Decided(())
THREE = Decided(((1, 1, "a"), (1, 2, "b"), (1, 3, "c")))
RESTORED = Decided(((1, 1, "a"), (1, 2, "b"), (2, 1, "x"), (2, 2, "y")))


@pytest.mark.parametrize(
    ("receiver", "found", "name", "expected"),
    [
        (NOTHING, manifest(1, 1, None), "a", Next(Head(1, 1, digest("a")))),
        (NOTHING, manifest(1, 2, "a"), "b", Elsewhere("predecessor-missing")),
        (
            NOTHING,
            manifest(2, 1, "a", abandons=abandons(1, 1)),
            "x",
            Elsewhere("predecessor-missing"),
        ),
        (THREE, manifest(1, 4, "c"), "d", Next(Head(1, 4, digest("d"), accepted=3))),
        (THREE, manifest(1, 4, "b"), "d", Elsewhere("chain-broken")),
        (THREE, manifest(1, 5, "d"), "e", Elsewhere("predecessor-missing")),
        (THREE, manifest(1, 3, "b"), "c", Elsewhere("replayed")),
        (THREE, manifest(1, 1, None), "a", Elsewhere("replayed")),
        (THREE, manifest(1, 3, "b"), "c2", Elsewhere("fork")),
        (THREE, manifest(1, 1, None), "a2", Elsewhere("fork")),
        (
            THREE,
            manifest(2, 1, "c", abandons=abandons(1, 3)),
            "x",
            Next(Head(2, 1, digest("x"), accepted=3), voids_after=(1, 3)),
        ),
        (
            THREE,
            manifest(2, 1, "a", abandons=abandons(1, 3)),
            "x",
            Next(Head(2, 1, digest("x"), accepted=3), voids_after=(1, 1)),
        ),
        (
            THREE,
            manifest(2, 1, "unheard", abandons=abandons(1, 9)),
            "x",
            Elsewhere("predecessor-missing"),
        ),
        (
            THREE,
            manifest(3, 1, "c", abandons=abandons(2, 1)),
            "x",
            Elsewhere("predecessor-missing"),
        ),
        (THREE, manifest(2, 2, "x"), "y", Elsewhere("predecessor-missing")),
        (RESTORED, manifest(1, 3, "b"), "c", Elsewhere("epoch-abandoned")),
        (RESTORED, manifest(1, 9, "z"), "z2", Elsewhere("epoch-abandoned")),
        (RESTORED, manifest(1, 2, "a"), "b", Elsewhere("replayed")),
        (RESTORED, manifest(2, 1, "a", abandons=abandons(1, 2)), "x2", Elsewhere("fork")),
        (
            RESTORED,
            manifest(3, 1, "a", abandons=abandons(2, 2)),
            "p",
            Next(Head(3, 1, digest("p"), accepted=4), voids_after=(1, 1)),
        ),
    ],
)
def test_place(receiver: Decided, found: Manifest, name: str, expected: Next | Elsewhere) -> None:
    assert place(receiver.head, found, digest(name), receiver.history) == expected


def test_the_straight_way_asks_nothing_of_the_store() -> None:
    def unasked(_dataset: str, _digest: str) -> Position | None:
        raise AssertionError("asked")

    assert isinstance(place(THREE.head, manifest(1, 4, "c"), digest("d"), unasked), Next)


def test_counting() -> None:
    head = Head(1, 1, digest("a"))
    assert head.counted(accepted=True) == Head(1, 1, digest("a"), accepted=1)
    assert head.counted(accepted=False) == Head(1, 1, digest("a"), refused=1)


@given(st.lists(st.integers(1, 8), max_size=40))
def test_any_order_of_arrival_decides_a_prefix_once(arrivals: list[int]) -> None:
    """However often and in whatever order publications come: each counts once, in order."""
    decided: list[tuple[int, int, str]] = []
    for sequence in arrivals:
        receiver = Decided(tuple(decided))
        previous = None if sequence == 1 else f"p{sequence - 1}"
        one = manifest(1, sequence, previous)
        found = place(receiver.head, one, digest(f"p{sequence}"), receiver.history)
        if isinstance(found, Next):
            decided.append((1, sequence, f"p{sequence}"))
        else:
            behind = sequence <= len(decided)
            assert found.code == ("replayed" if behind else "predecessor-missing")
    assert [sequence for _, sequence, _ in decided] == list(range(1, len(decided) + 1))
