"""A receiver as a pure state machine: events in, instructions out.

It holds the heads of all datasets and an index of what is held, and decides what is next,
what waits, what to ask for and whom to tell. It does no I/O and has no clock: the shell
(`node.receiver`) carries out the instructions in one transaction, then acknowledges. After
a failed transaction the shell throws the replica away and makes a new one from the store.

Events: `opened` (steps 1 to 10 hold), `failed`, `bound` (step 11), `settled` (13 to 15), `learned`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from federation.chain import Elsewhere, Head, History, Next, place
from federation.manifest import Manifest
from federation.reasons import REASONS, Verdict
from federation.verify import Failed, Finding, Opened


@dataclass(frozen=True, slots=True)
class HeldRef:
    """Something held in the store.

    Attributes:
        ref: The store's id.
        waiting_for: A key thumbprint, a digest, or a place in a dataset: what `Hold` said.
    """

    ref: str
    waiting_for: str


@dataclass(frozen=True, slots=True)
class Judge:
    """Decode and validate it: it is the next one of its dataset."""

    opened: Opened
    next: Next


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the message until what it waits for is here.

    Attributes:
        failed: What and why.
        waiting_for: A key thumbprint, a digest, or the place in its dataset that it would take:
            `<dataset>#<epoch>.<sequence>`.
    """

    failed: Failed
    waiting_for: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Keep the evidence and list the refusal in the owner's receipt.

    Attributes:
        failed: What and why.
        counted: Whether it took its place in the chain.
    """

    failed: Failed
    counted: bool


@dataclass(frozen=True, slots=True)
class Charge:
    """The carrier's fault: note it against the carrier; nothing is stored of the owner's."""

    failed: Failed


@dataclass(frozen=True, slots=True)
class Drop:
    """Decided on before; acknowledge and forget."""

    failed: Failed


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for a dataset's publications after a position (None: from the start)."""

    dataset: str
    after: Head | None


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch a document.

    Attributes:
        what: `key`, `schema`, `charter` or `mandate`.
        name: Thumbprint or digest.
    """

    what: str
    name: str


@dataclass(frozen=True, slots=True)
class Release:
    """Take these out of what is held and feed them in again."""

    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receipt for an owner has changed; at once for a first acceptance or a refusal."""

    owner: str
    at_once: bool


Instruction = Judge | Hold | Refuse | Charge | Drop | Ask | Fetch | Release | Receipt

RUN_MAX: Final = 500
"""Messages of one dataset released at once: what follows on each other without a gap goes together,
and who signs a long chain behind a wrong link can't have more than this tried again for it."""

Place = tuple[int, int]
"""(epoch, sequence)."""

SPEAKER_STEP: Final = 8
"""Up to this step nobody has shown to speak for the dataset's owner."""

_FETCHED: Final = {
    "key-unknown": "key",
    "schema-unknown": "schema",
    "charter-unknown": "charter",
    "mandate-unknown": "mandate",
}


_BEHIND: Final = re.compile(r"([^#]+)(?:#(?:([0-9]+)\.([0-9]+)|([0-9a-f]{64})))?")
"""What waits for something in its dataset: a place, or a predecessor by digest (openers)."""


def _where(found: re.Match[str]) -> tuple[str, Place, str]:
    """Dataset, place and predecessor; held by an older program without its place: the first."""
    dataset, epoch, sequence, behind = found.groups(default="")
    return dataset, (int(epoch or 0), int(sequence or 0)), behind


class _Queue:
    """What is held of one dataset, by the place that it would take, or by its predecessor."""

    def __init__(self) -> None:
        self._refs: Final[defaultdict[Place, list[str]]] = defaultdict(list)
        self._places: Final[list[Place]] = []
        self._behind: Final[defaultdict[str, list[str]]] = defaultdict(list)

    def add(self, ref: str, place: Place, behind: str) -> None:
        """Hold something for its place; or, where that is given, for its predecessor."""
        if behind:
            self._behind[behind].append(ref)
            return
        if place not in self._refs:
            heappush(self._places, place)
        self._refs[place].append(ref)

    def remove(self, ref: str, place: Place, behind: str) -> None:
        """Hold it no longer; an empty place costs nothing but its number."""
        refs = self._behind.get(behind, []) if behind else self._refs.get(place, [])
        if ref in refs:
            refs.remove(ref)
        if behind and not refs:
            self._behind.pop(behind, None)

    def due(self, head: Head, digest: str) -> list[str]:
        """Take what can be decided on now: next, on the way from there, or never any more.

        Args:
            head: As it is, or will be once all is settled that is being judged.
            digest: What was settled.
        """
        found = self._behind.pop(digest, [])
        epoch, sequence = head.order
        while self._places and len(found) < RUN_MAX:
            at = self._places[0]
            if at == (epoch, sequence + 1):
                sequence += 1
            elif at == (epoch + 1, 1):
                epoch, sequence = at
            elif at > (epoch, sequence):
                break
            found += self._refs.pop(heappop(self._places))
        return found

    def everything(self) -> list[str]:
        """Take all, in order."""
        found = []
        while self._places:
            found += self._refs.pop(heappop(self._places))
        found += [ref for refs in self._behind.values() for ref in refs]
        self._behind.clear()
        return found

    def __len__(self) -> int:
        return sum(map(len, self._refs.values())) + sum(map(len, self._behind.values()))


class Replica:
    """Heads, and what waits for what."""

    def __init__(
        self, heads: Mapping[str, Head], held: Iterable[HeldRef], history: History
    ) -> None:
        """Start from what the store has.

        Args:
            heads: By dataset.
            held: Everything held.
            history: Positions decided on before the heads.
        """
        self.heads: Final[dict[str, Head]] = dict(heads)
        self._waiting: Final[defaultdict[str, dict[str, None]]] = defaultdict(dict)
        self._queues: Final[defaultdict[str, _Queue]] = defaultdict(_Queue)
        self._history: Final = history
        self._asked: Final[dict[str, tuple[int, int]]] = {}
        self._fetching: Final[set[str]] = set()
        for one in held:
            self.held(one.ref, one.waiting_for)

    def opened(self, opened: Opened) -> list[Instruction]:
        """Step 12 for a publication whose steps 1 to 11 hold and whose content is whole."""
        manifest = opened.manifest
        found = place(self.heads.get(manifest.dataset), manifest, opened.digest, self._history)
        if isinstance(found, Next):
            # provisional: `settled` counts it. Accepted or refused, its place is taken either way.
            self.heads[manifest.dataset] = found.head
            return [Judge(opened, found)]
        return self.failed(fail(opened, found))

    def failed(self, failed: Failed) -> list[Instruction]:
        """What follows from a message that didn't get through."""
        finding = failed.finding
        if finding.code == "replayed":
            return [Drop(failed)]
        if finding.verdict is Verdict.HELD:
            return self._hold(failed)
        if finding.verdict is Verdict.TRANSPORT_FAULT:
            # the signed manifest says which publication is wanted: ask for it as it was signed
            manifest = failed.manifest
            again = manifest is not None and finding.code in (
                "content-digest",
                "content-unexpected",
            )
            charge: list[Instruction] = [Charge(failed)]
            return charge + (self._ask(manifest.dataset) if again and manifest is not None else [])
        refused = Refuse(failed, counted=False)
        if failed.manifest is None or finding.step <= SPEAKER_STEP:
            return [
                refused
            ]  # nobody proved to speak for the owner: evidence, but not in its receipt
        return [refused, Receipt(failed.manifest.owner, at_once=True)]

    def settled(self, judged: Judge, finding: Finding | None) -> list[Instruction]:
        """Steps 13 to 15 are done: count it, tell the owner, release what waited for it."""
        opened = judged.opened
        dataset, owner = opened.manifest.dataset, opened.manifest.owner
        before = self.heads[dataset]
        head = before.counted(accepted=finding is None)
        self.heads[dataset] = head
        follow: list[Instruction] = []
        if finding is None:
            follow.append(Receipt(owner, at_once=head.accepted == 1))
        else:
            failed = Failed(opened.arrival, finding, opened.digest, opened.manifest, opened.jws)
            follow += [Refuse(failed, counted=True), Receipt(owner, at_once=True)]
        self._asked.pop(dataset, None)
        queue = self._queues.get(dataset)
        return follow if queue is None else follow + _released(queue.due(head, opened.digest))

    def learned(self, name: str) -> list[Instruction]:
        """A document arrived (its digest or thumbprint); or all of a dataset is tried (its id)."""
        self._fetching.discard(name)
        self._asked.pop(name, None)
        queue = self._queues.pop(name, None)
        return _released(self._waiting.pop(name, {}) if queue is None else queue.everything())

    def held(self, ref: str, waiting_for: str) -> None:
        """The store has given what was held an id."""
        found = _BEHIND.fullmatch(waiting_for) if "/" in waiting_for else None
        if found is None:
            self._waiting[waiting_for][ref] = None
            return
        dataset, place, behind = _where(found)
        self._queues[dataset].add(ref, place, behind)

    def gone(self, ref: str, waiting_for: str) -> None:
        """What `held` told couldn't be held after all."""
        found = _BEHIND.fullmatch(waiting_for) if "/" in waiting_for else None
        if found is not None:
            dataset, place, behind = _where(found)
            self._queues[dataset].remove(ref, place, behind)
        elif waiting_for in self._waiting:
            self._waiting[waiting_for].pop(ref, None)
            if not self._waiting[waiting_for]:
                del self._waiting[waiting_for]

    def forgotten(self) -> list[Instruction]:
        """Now and then: whatever is still missing is asked for again."""
        self._asked.clear()
        self._fetching.clear()
        again: list[Instruction] = []
        for dataset, queue in self._queues.items():
            if len(queue):
                again += self._ask(dataset)
        return again

    def waiting(self) -> Mapping[str, int]:
        """How many messages wait, by what they wait for: a document, or more of a dataset."""
        found = {name: len(refs) for name, refs in self._waiting.items()}
        return found | {name: len(queue) for name, queue in self._queues.items() if len(queue)}

    def _hold(self, failed: Failed) -> list[Instruction]:
        finding, manifest = failed.finding, failed.manifest
        if finding.code == "predecessor-missing":
            assert manifest is not None
            return [Hold(failed, self._place(manifest)), *self._ask(manifest.dataset)]
        follow: list[Instruction] = [Hold(failed, finding.missing or finding.code)]
        what = _FETCHED.get(finding.code)
        if what is not None and finding.missing not in self._fetching:
            self._fetching.add(finding.missing)
            follow.append(Fetch(what, finding.missing))
        return follow

    def _place(self, manifest: Manifest) -> str:
        """What a publication behind a gap waits for."""
        dataset, previous = manifest.dataset, manifest.previous
        opens = manifest.abandons is not None
        if opens and previous is not None and self._history(dataset, previous) is None:
            return f"{dataset}#{previous}"
        return f"{dataset}#{manifest.epoch}.{manifest.sequence}"

    def _ask(self, dataset: str) -> list[Instruction]:
        """Once per gap; `forgotten` clears the memory of it."""
        head = self.heads.get(dataset)
        order = head.order if head else (0, 0)
        if self._asked.get(dataset) == order:
            return []
        self._asked[dataset] = order
        return [Ask(dataset, head)]


def _released(refs: Iterable[str]) -> list[Instruction]:
    found = tuple(refs)
    return [Release(found)] if found else []


def fail(opened: Opened, found: Elsewhere | Finding) -> Failed:
    """An opened publication that ends here."""
    if isinstance(found, Elsewhere):
        at = f"{opened.manifest.dataset} {opened.manifest.epoch}/{opened.manifest.sequence}"
        found = Finding(found.code, at)
    assert found.code in REASONS
    return Failed(opened.arrival, found, opened.digest, opened.manifest, opened.jws)
