"""A dataset's chain: heads, and where a publication stands in it (step 12).

Order is (epoch, sequence). `previous` names the digest before; two signing inputs at one
place are a fork. A restored owner starts epoch n+1 at sequence 1 with `previous` = the last
head that it knows and `abandons` = the head given up: rows up to `previous` stay, what came
after it in the old epoch is void, nothing more is taken there (design, section 6).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from federation.manifest import Manifest
from federation.model import Position


@dataclass(frozen=True, slots=True)
class Head:
    """How far a receiver has decided on a dataset.

    Attributes:
        epoch: Of the last publication decided on.
        sequence: Likewise.
        digest: Likewise.
        accepted: How many were accepted so far.
        refused: How many were refused so far.
    """

    epoch: int
    sequence: int
    digest: str
    accepted: int = 0
    refused: int = 0

    @property
    def order(self) -> tuple[int, int]:
        """What heads are compared by."""
        return self.epoch, self.sequence

    def counted(self, *, accepted: bool) -> "Head":
        """The head with one more decision counted."""
        if accepted:
            return replace(self, accepted=self.accepted + 1)
        return replace(self, refused=self.refused + 1)

    def taken_back(self) -> "Head":
        """The head with an acceptance turned into a refusal, when its charter's end came late."""
        return replace(self, accepted=self.accepted - 1, refused=self.refused + 1)


@dataclass(frozen=True, slots=True)
class Next:
    """It is the next one.

    Attributes:
        head: The head after it, not yet counted.
        voids_after: For a new epoch: what came after this position in the old one is void.
    """

    head: Head
    voids_after: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """It isn't the next one.

    Attributes:
        code: `replayed`, `predecessor-missing`, `fork`, `chain-broken` or `epoch-abandoned`.
    """

    code: str


History = Callable[[str, str], Position | None]
"""(dataset, digest) to the position at which that publication was decided on, or None."""


def place(head: Head | None, manifest: Manifest, digest: str, history: History) -> Next | Elsewhere:
    """Where a publication stands.

    Args:
        head: The dataset's head here; None when nothing of it was decided on.
        manifest: Signed.
        digest: The manifest's.
        history: What was decided on before the head; asked only off the straight way.
    """
    order = manifest.order
    after = Head(*order, digest, head.accepted if head else 0, head.refused if head else 0)
    if head is None:
        return Next(after) if order == (1, 1) else Elsewhere("predecessor-missing")
    if manifest.epoch == head.epoch and manifest.sequence == head.sequence + 1:
        return Next(after) if manifest.previous == head.digest else Elsewhere("chain-broken")
    if order <= head.order:
        if digest == head.digest or history(manifest.dataset, digest) is not None:
            return Elsewhere("replayed")
        return Elsewhere("fork" if manifest.epoch == head.epoch else "epoch-abandoned")
    if manifest.epoch == head.epoch + 1 and manifest.sequence == 1:
        return _new_epoch(head, manifest, after, history)
    return Elsewhere("predecessor-missing")


def _new_epoch(head: Head, manifest: Manifest, after: Head, history: History) -> Next | Elsewhere:
    previous = manifest.previous
    assert previous is not None
    if previous == head.digest:
        return Next(after, voids_after=head.order)
    known = history(manifest.dataset, previous)
    if known is None:
        return Elsewhere("predecessor-missing")
    return Next(after, voids_after=known.order)
