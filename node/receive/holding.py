"""What is held while a batch is worked through: in this transaction, or in the store already.

A held message has a ref: the digest of it, or the store's number of what was held before this
program started. Parts of contents are held like everything else, and their bodies read from the
store when the last one is here.
"""

from collections import deque
from typing import Final, NamedTuple

from federation.ids import parse_subject
from federation.replica import HeldRef, fail
from federation.strict import sha256_hex
from federation.verify import Arrival, Failed, Finding, Opened
from node.receive.batch import Batch
from node.receive.parts import Parts, waiting_for
from node.store.rows import Committed, HeldMessage
from node.store.store import Store

READ_MAX: Final = 128
"""Held messages read at once: some 67 MB where each is a part of the largest size."""

_REF_CHARS: Final = len(sha256_hex(b""))


class _Kept(NamedTuple):
    """Marks an arrival that was held: where."""

    ref: str


class Holding:
    """Refs of all that is held, and which parts are here.

    Attributes:
        refs: What the store held at the start.
    """

    def __init__(self, store: Store) -> None:
        """Start from what the store has."""
        self._store: Final = store
        self._ids: dict[str, int] = {}
        self.refs: Final = [HeldRef(str(one.id), one.waiting_for) for one in store.held.entries()]
        self._parts: Final = Parts((one.ref, one.waiting_for) for one in self.refs)

    def incomplete(self) -> set[str]:
        """Datasets of which parts wait for others."""
        return self._parts.incomplete()

    def read(self, waiting: deque[str], batch: Batch) -> list[Arrival]:
        """Some of what was released, as it came; nothing of what was turned away."""
        refs = [waiting.popleft() for _ in range(min(len(waiting), READ_MAX))]
        numbers = {ref: self._number(ref) for ref in refs if ref not in batch.hold}
        wanted = [number for number in numbers.values() if number is not None]
        stored = {one.id: one for one in self._store.held.messages(wanted)}
        found = []
        for ref in refs:
            held = batch.hold.get(ref) or stored.get(numbers.get(ref) or 0)
            if held is None:
                continue
            if held.id:
                self._ids[held.digest] = held.id
            found.append(Arrival(held.subject, held.headers, held.body, _Kept(ref)))
        return found

    def taken_up(self, arrival: Arrival, batch: Batch) -> None:
        """What was held and goes through again is held no longer, unless it must be once more."""
        if isinstance(arrival.ref, _Kept):
            self._let_go(arrival.ref.ref, batch)

    def hold(self, failed: Failed, waits: str, batch: Batch) -> str | None:
        """Hold a message in this transaction.

        Returns:
            Its ref; None for one without a carrier, which is only counted.
        """
        batch.count(failed.finding)
        arrival = failed.arrival
        if arrival.subject is None:
            return None
        held = HeldMessage.of(
            carrier=parse_subject(arrival.subject).carrier,
            subject=arrival.subject,
            headers=dict(arrival.headers),
            body=arrival.body,
            reason=failed.finding.code,
            waiting_for=waits,
            received_at=batch.now_us,
        )
        known = self._ids.get(held.digest)
        if known is not None:
            batch.release.pop(known, None)
        batch.hold[held.digest] = held
        batch.origins.setdefault(held.digest, arrival)
        return held.digest

    def joined(self, opened: Opened, batch: Batch) -> bytes | None:
        """The whole content if this part is the last one missing; else it is held: None."""
        number, total = opened.part
        bodies = self._bodies(opened, batch)
        if len(bodies) == total:
            self.give_up(opened.digest, batch)
            return b"".join(bodies[at] for at in range(1, total + 1))
        missing = fail(opened, Finding("part-missing", f"{len(bodies)} of {total}"))
        ref = self.hold(missing, waiting_for(opened.digest, number), batch)
        if ref is not None:
            self._parts.add(opened.digest, number, ref, opened.manifest.dataset)
        return None

    def give_up(self, digest: str, batch: Batch) -> None:
        """The parts of a publication need be held no longer."""
        for ref in self._parts.pop(digest):
            self._let_go(ref, batch)

    def stored(self, batch: Batch, committed: Committed) -> list[Arrival]:
        """The transaction is done.

        Returns:
            What was turned away, as it came.
        """
        if batch.release:  # the database may give their numbers again
            self._ids = {one: at for one, at in self._ids.items() if at not in batch.release}
        for digest, number in zip(batch.hold, committed.held, strict=True):
            if number is not None:
                self._ids[digest] = number
        gone = [one.digest for one in committed.turned_away]
        self._parts.drop(gone)
        return [batch.origins[digest] for digest in gone]

    def _bodies(self, opened: Opened, batch: Batch) -> dict[int, bytes]:
        """The parts that are here by number; of those held only the numbers until all are."""
        refs = self._parts.of(opened.digest)
        number, total = opened.part
        found = dict.fromkeys(refs, b"") | {number: opened.arrival.body}
        if len(found) < total:
            return found
        for at, some in refs.items():
            if at == number:
                continue
            body = next(filter(None, (self._body(ref, batch) for ref in some)), None)
            if body is None:
                del found[at]
            else:
                found[at] = body
        return found

    def _body(self, ref: str, batch: Batch) -> bytes | None:
        if ref in batch.hold:
            return batch.hold[ref].body
        number = self._number(ref)
        found = [] if number is None else self._store.held.messages([number])
        return found[0].body if found else None

    def _number(self, ref: str) -> int | None:
        """The store's number of something held, whose ref is a digest until it is stored."""
        return int(ref) if len(ref) < _REF_CHARS else self._ids.get(ref)

    def _let_go(self, ref: str, batch: Batch) -> None:
        batch.hold.pop(ref, None)
        number = self._number(ref)  # held anew in this transaction, it may be stored already
        if number is not None:
            batch.release[number] = None
