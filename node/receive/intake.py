"""One batch from messages to a committed transaction. No network: the loop brings and takes.

Order of things (docs/data-flow.md): open (steps 1-10) → bind (11) → replica (12) → judge
(13-15) → cells → one transaction. What the transaction needs besides (acknowledge, ask,
fetch, receipts) is handed back and done after it: after a crash at any point the messages come
again and lead to the same state.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, TypeVar

from federation.chain import Head
from federation.errors import MaillageError
from federation.ids import parse_subject
from federation.judge import Candidate, Publication, Verified, judge
from federation.limits import HELD_MAX_BYTES, HELD_MAX_MESSAGES
from federation.manifest import Manifest
from federation.message import MANIFEST_HEADER
from federation.model import Position, instant_us
from federation.places import covered
from federation.reasons import Verdict
from federation.replica import (
    SPEAKER_STEP,
    Ask,
    Charge,
    Drop,
    Fetch,
    HeldRef,
    Hold,
    Instruction,
    Judge,
    Receipt,
    Refuse,
    Release,
    Replica,
    fail,
)
from federation.strict import sha256_hex
from federation.verify import Arrival, Failed, Finding, Opened, bind_content, open_all
from node.knowledge import Knowledge
from node.receive.contents import Contents
from node.receive.ended import Late, changes_of, late
from node.receive.figures import CellChanges, register_changes, series_changes, span_of
from node.receive.pause import uncollected
from node.routes import sharing_of
from node.steps import step
from node.store.rows import (
    EvidenceRow,
    HeadRow,
    HeldLimits,
    HeldMessage,
    PublicationRow,
    ReceiptMark,
    RefusalRow,
    Write,
)
from node.store.store import Store

THREADS: Final = 2
"""Signature checks release the interpreter lock; a third thread gains nothing on two cores."""

CHUNKS: Final = 64
T = TypeVar("T")
_LIMITS: Final = HeldLimits(messages=HELD_MAX_MESSAGES, size_bytes=HELD_MAX_BYTES)


@dataclass(slots=True)
class Taken:
    """What a batch led to, for the shell to carry on with.

    Attributes:
        verdicts: How many of each verdict.
        reasons: How many of each reason code.
        accepted: Verified publications, in order.
        asks: Gaps to be asked for.
        fetches: Documents to be fetched.
        at_once: Owners whose receipt goes out now.
        turned_away: Messages that could not be held; they are not acknowledged.
    """

    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    accepted: list[Publication] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    fetches: list[Fetch] = field(default_factory=list)
    at_once: set[str] = field(default_factory=set)
    turned_away: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch whose steps 1 to 10 were done ahead.

    Attributes:
        arrivals: As they came.
        version: Of the knowledge under which they were opened.
        opened: One per arrival.
    """

    arrivals: tuple[Arrival, ...]
    version: int
    opened: tuple[Opened | Failed, ...]


@dataclass(slots=True)
class _Batch:
    """What gathers while a batch is worked through."""

    now_us: int
    taken: Taken = field(default_factory=Taken)
    hold: dict[str, HeldMessage] = field(default_factory=dict)
    release: dict[int, None] = field(default_factory=dict)
    evidence: list[EvidenceRow] = field(default_factory=list)
    refusals: list[RefusalRow] = field(default_factory=list)
    rows: list[PublicationRow] = field(default_factory=list)
    marks: dict[str, bool] = field(default_factory=dict)
    voids: dict[str, None] = field(default_factory=dict)
    erasures: list[str] = field(default_factory=list)
    lost: defaultdict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    contents: list[bytes] = field(default_factory=list)
    datasets: dict[str, tuple[str, str]] = field(default_factory=dict)
    shared: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    late: list[Late] = field(default_factory=list)


class Intake:
    """Verifies, stores and adds up. One thread at a time calls it."""

    def __init__(self, store: Store, knowledge: Knowledge, receivers: Sequence[str]) -> None:
        """Start from what the store has.

        Args:
            store: Of this node.
            knowledge: What is trusted here.
            receivers: Participants of this node that sign receipts.
        """
        self._store: Final = store
        self._knowledge: Final = knowledge
        self._receivers: Final = tuple(receivers)
        self._contents: Final = Contents(store, knowledge.schema)
        self._threads: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="verify")
        self._parts: defaultdict[str, dict[int, Opened]] = defaultdict(dict)
        self._part_ids: defaultdict[str, list[str]] = defaultdict(list)
        self._load()

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    def _load(self) -> None:
        self._ends: dict[str, int | None] = {}
        heads: dict[str, Head] = {}
        for row in self._store.publications.heads():
            heads[row.dataset] = Head(
                row.epoch, row.sequence, row.digest, row.accepted, row.refused
            )
            self._ends[row.dataset] = row.period_end
        self._ids: dict[str, int] = {}
        # decided on in this batch, not stored yet
        self._deciding: dict[tuple[str, str], Head] = {}
        held = [HeldRef(str(one.id), one.waiting_for) for one in self._store.held.entries()]
        self.replica = Replica(heads, held, self._history)
        self._parts.clear()
        self._part_ids.clear()

    def _history(self, dataset: str, digest: str) -> Position | None:
        deciding = self._deciding.get((dataset, digest))
        if deciding is not None:
            return Position(epoch=deciding.epoch, sequence=deciding.sequence, digest=digest)
        found = self._store.publications.position(dataset, digest)
        return None if found is None else Position(epoch=found[0], sequence=found[1], digest=digest)

    # -- entry points --------------------------------------------------------------------------

    def prepare(self, arrivals: Sequence[Arrival]) -> "Prepared":
        """Open a batch ahead (steps 1 to 10): needs no state, so it runs beside `take`."""
        version = self._knowledge.version
        with uncollected():
            return Prepared(tuple(arrivals), version, tuple(self._open(arrivals)))

    def take(self, arrivals: "Sequence[Arrival] | Prepared", now_us: int) -> Taken:
        """Work through a batch and commit it.

        Args:
            arrivals: In the order of the stream; or the same, opened ahead.
            now_us: Microseconds since 1970.

        Raises:
            StoreError: Nothing was stored; take the same batch again.
        """
        batch = _Batch(now_us)
        if not isinstance(arrivals, Prepared):
            arrivals = self.prepare(arrivals)
        elif arrivals.version != self._knowledge.version:
            arrivals = self.prepare(arrivals.arrivals)  # what was unknown then may be known now
        try:
            with uncollected():
                queue = self._round(arrivals.opened, batch)
                while queue:
                    queue = self._round(self._open(queue), batch)
                self._commit(batch)
        except BaseException:
            self._load()  # heads have moved in memory only
            raise
        return batch.taken

    def learned(self, names: Sequence[str], now_us: int) -> Taken:
        """Documents became known: what waited for them is taken in."""
        batch = _Batch(now_us)
        try:
            self._end(late(self._store, self._knowledge, names), batch)
            queue = self._released(
                [one for name in names for one in self.replica.learned(name)], batch
            )
            while queue:
                queue = self._round(self._open(queue), batch)
            self._commit(batch)
        except BaseException:
            self._load()
            raise
        return batch.taken

    def _end(self, gone: Sequence[Late], batch: _Batch) -> None:
        """Take what was issued after its charter's end out of force, and tell its owner."""
        batch.late = list(gone)
        for one in gone:
            row = one.row
            head = self.replica.heads[row.dataset]
            self.replica.heads[row.dataset] = head.taken_back()
            batch.voids[row.digest] = None
            if row.content_digest is not None:
                batch.erasures.append(row.content_digest)
            batch.refusals.append(one.refusal(batch.now_us))
            batch.datasets[row.dataset] = row.schema_digest, row.origin
            batch.marks[row.owner] = True
            batch.taken.at_once.add(row.owner)
            batch.shared[row.owner].add(sharing_of(row).charter or "")

    def retry_held(self, now_us: int) -> Taken:
        """At start: everything held goes through again, parts and all, and ends are looked at."""
        names = [*self.replica.waiting(), *self._knowledge.charters_with_ends()]
        return self.learned(names, now_us)

    # -- a round -------------------------------------------------------------------------------

    def _map(self, function: Callable[[T], bool], items: Sequence[T]) -> list[bool]:
        if len(items) < CHUNKS:
            return [function(item) for item in items]
        size = -(-len(items) // (THREADS * 4))
        chunks = [items[at : at + size] for at in range(0, len(items), size)]
        return [
            one
            for part in self._threads.map(lambda chunk: [function(item) for item in chunk], chunks)
            for one in part
        ]

    def _open(self, arrivals: Sequence[Arrival]) -> list[Opened | Failed]:
        return open_all(
            arrivals, self._knowledge, mapper=lambda check, items: self._map(check, list(items))
        )

    def _round(self, results: Sequence[Opened | Failed], batch: _Batch) -> list[Arrival]:
        """Place and judge; returns what was released and goes round again."""
        todo: list[tuple[Judge, bytes | None]] = []
        instructions: list[Instruction] = []
        for result in results:
            if isinstance(result, Failed):
                instructions += self.replica.failed(result)
                continue
            whole = self._whole(result, batch)
            if isinstance(whole, Failed):
                instructions += self.replica.failed(whole)
                continue
            if whole is None:
                continue
            opened, blob = whole
            for one in self.replica.opened(opened):
                if isinstance(one, Judge):
                    self._deciding[opened.manifest.dataset, opened.digest] = one.next.head
                    todo.append((one, blob))
                else:
                    instructions.append(one)
        # held before what they wait for is settled: else nothing would release them
        again = self._released(instructions, batch)
        return again + self._released(self._judge(todo, batch), batch)

    def _whole(self, opened: Opened, batch: _Batch) -> tuple[Opened, bytes | None] | Failed | None:
        """Step 11: the whole content, a fault, or None while parts are missing."""
        finding = bind_content(opened, opened.arrival.body)
        if finding is not None:
            return fail(opened, finding)
        if opened.part[1] == 1:
            return opened, opened.arrival.body if opened.manifest.content is not None else None
        head = self.replica.heads.get(opened.manifest.dataset)
        if head is not None and head.order >= opened.manifest.order:
            return opened, None  # decided on before; the chain says how
        parts = self._parts[opened.digest]
        parts[opened.part[0]] = opened
        if len(parts) < opened.part[1]:
            held = self._hold(
                fail(opened, Finding("part-missing", f"{len(parts)} of {opened.part[1]}")),
                f"parts:{opened.digest}",
                batch,
            )
            if held is not None:
                self._part_ids[opened.digest].append(held)
            return None
        del self._parts[opened.digest]
        for ref in self._part_ids.pop(opened.digest, []):
            self._let_go(ref, batch)
        return opened, b"".join(parts[number].arrival.body for number in sorted(parts))

    def _judge(
        self, todo: Sequence[tuple[Judge, bytes | None]], batch: _Batch
    ) -> list[Instruction]:
        candidates = [Candidate(one.opened, blob) for one, blob in todo]
        judgements = judge(candidates, self._knowledge, self._contents.table)
        instructions: list[Instruction] = []
        for (judged, blob), judgement in zip(todo, judgements, strict=True):
            if isinstance(judgement, Verified):
                self._accept(judged, judgement, blob, batch)
                instructions += self.replica.settled(judged, None)
            else:
                instructions += self.replica.settled(judged, judgement)
        return instructions

    def _accept(
        self, judged: Judge, verified: Verified[Publication], blob: bytes | None, batch: _Batch
    ) -> None:
        publication = verified.value
        manifest = publication.manifest
        batch.taken.accepted.append(publication)
        _note_shared(manifest, batch)
        batch.taken.verdicts[Verdict.ACCEPTED] += 1
        batch.datasets[manifest.dataset] = (publication.schema.digest, manifest.origin)
        if blob is not None:
            batch.contents.append(blob)
        span = span_of(manifest, publication.schema, publication.frame)
        batch.rows.append(_row(judged.opened, "accepted", batch.now_us, span=span))
        if judged.next.voids_after is not None:
            self._void(
                manifest.dataset, judged.next.voids_after, manifest.epoch, batch, erase=False
            )
        if manifest.mode == "withdraw" and publication.frame is None:
            self._void(
                manifest.dataset,
                (0, 0),
                manifest.epoch + 1,
                batch,
                erase=True,
                until=manifest.order,
            )

    def _void(
        self,
        dataset: str,
        after: tuple[int, int],
        before_epoch: int,
        batch: _Batch,
        *,
        erase: bool,
        until: tuple[int, int] | None = None,
    ) -> None:
        """Publications that no longer stand: in older epochs, or before a withdrawal."""
        # contents of those void already are erased too
        stored = [
            row
            for row in self._store.publications.of(dataset, everything=erase)
            if row.verdict == "accepted"
        ]
        for row in [*stored, *(row for row in batch.rows if row.dataset == dataset)]:
            beyond = row.order > after and row.epoch < before_epoch
            if not beyond or (until is not None and row.order >= until):
                continue
            batch.voids[row.digest] = None
            if row.period_start is not None and row.period_end is not None and not erase:
                batch.lost[dataset].append((row.period_start, row.period_end))
            if erase and row.content_digest is not None:
                batch.erasures.append(row.content_digest)

    # -- carrying out instructions -------------------------------------------------------------

    def _released(  # noqa: C901 - one case an instruction
        self, instructions: Sequence[Instruction], batch: _Batch
    ) -> list[Arrival]:
        again: list[Arrival] = []
        for one in instructions:
            match one:
                case Hold(failed, waiting_for):
                    ref = self._hold(failed, waiting_for, batch)
                    if ref is not None:
                        self.replica.held(ref, waiting_for)
                case Refuse(failed, counted):
                    self._refuse(failed, counted, batch)
                case Charge(failed):
                    self._count(failed.finding, batch)
                    batch.evidence.append(_evidence(failed, batch.now_us))
                case Drop(failed):
                    self._count(failed.finding, batch)
                case Ask():
                    batch.taken.asks.append(one)
                case Fetch():
                    batch.taken.fetches.append(one)
                case Receipt(owner, at_once):
                    batch.marks[owner] = batch.marks.get(owner, False) or at_once
                    if at_once:
                        batch.taken.at_once.add(owner)
                case Release(refs):
                    again += [one for ref in refs for one in self._arrivals(ref, batch)]
                case Judge():
                    raise AssertionError("judged in its round")
        return again

    def _number(self, ref: str) -> int | None:
        """The store's number of something held, whose ref is a digest until it is stored."""
        return int(ref) if len(ref) < len(sha256_hex(b"")) else self._ids.get(ref)

    def _arrivals(self, ref: str, batch: _Batch) -> list[Arrival]:
        """The held message as it came, or nothing if it was turned away."""
        number = self._number(ref)
        found = (
            [batch.hold[ref]]
            if ref in batch.hold
            else self._store.held.messages([number] if number else [])
        )
        self._let_go(ref, batch)
        self._ids.update({held.digest: held.id for held in found if held.id})
        return [Arrival(held.subject, held.headers, held.body) for held in found]

    def _let_go(self, ref: str, batch: _Batch) -> None:
        batch.hold.pop(ref, None)
        number = self._number(ref)  # held anew in this batch, it may be stored already
        if number is not None:
            self._ids.pop(ref, None)
            batch.release[number] = None

    def _hold(self, failed: Failed, waiting_for: str, batch: _Batch) -> str | None:
        self._count(failed.finding, batch)
        arrival = failed.arrival
        if arrival.subject is None:
            return None
        held = HeldMessage.of(
            carrier=parse_subject(arrival.subject).carrier,
            subject=arrival.subject,
            headers=dict(arrival.headers),
            body=arrival.body,
            reason=failed.finding.code,
            waiting_for=waiting_for,
            received_at=batch.now_us,
        )
        known = self._ids.get(held.digest)
        if known is not None:
            batch.release.pop(known, None)
        batch.hold[held.digest] = held
        return held.digest

    def _count(self, finding: Finding, batch: _Batch) -> None:
        batch.taken.verdicts[finding.verdict] += 1
        batch.taken.reasons[finding.code] += 1

    def _refuse(self, failed: Failed, counted: bool, batch: _Batch) -> None:  # noqa: FBT001 - as the instruction has it
        self._count(failed.finding, batch)
        batch.evidence.append(_evidence(failed, batch.now_us))
        manifest, digest = failed.manifest, failed.digest
        if manifest is None or digest is None or failed.finding.step <= SPEAKER_STEP:
            return
        _note_shared(manifest, batch)
        batch.refusals.append(
            RefusalRow(
                digest=digest,
                owner=manifest.owner,
                dataset=manifest.dataset,
                epoch=manifest.epoch,
                sequence=manifest.sequence,
                reason=failed.finding.code,
                detail=failed.finding.detail,
                refused_at=batch.now_us,
            )
        )
        if counted:
            batch.rows.append(_row(failed, "refused", batch.now_us, finding=failed.finding))
            batch.datasets.setdefault(
                manifest.dataset, (manifest.schema_ref.digest, manifest.origin)
            )

    # -- one transaction -----------------------------------------------------------------------

    def _commit(self, batch: _Batch) -> None:
        changes = self._cells(batch)
        write = Write(
            day=dt.datetime.fromtimestamp(batch.now_us / 1e6, tz=dt.UTC).date(),
            contents=tuple(batch.contents),
            publications=tuple(batch.rows),
            heads=tuple(self._heads(batch)),
            voids=tuple(batch.voids),
            erasures=tuple(batch.erasures),
            cells_removed=tuple(changes.removed),
            cells=changes.replaced,
            cells_merged=tuple(changes.merged),
            hold=tuple(batch.hold.values()),
            hold_limits=_LIMITS,
            release=tuple(batch.release),
            evidence=tuple(batch.evidence),
            receipt_marks=tuple(self._marks(batch)),
            refusals=tuple(batch.refusals),
        )
        step("receive.before-commit")
        committed = self._store.commit(write)
        self._deciding.clear()
        if batch.release:  # the database may give their numbers again
            self._ids = {one: at for one, at in self._ids.items() if at not in batch.release}
        step("receive.committed")
        batch.taken.turned_away = len(committed.turned_away)
        for held, number in zip(batch.hold, committed.held, strict=True):
            if number is not None:
                self._ids[held] = number

    def _cells(self, batch: _Batch) -> CellChanges:
        changes = CellChanges()
        series: list[Publication] = []
        voids = frozenset(batch.voids)
        for publication in batch.taken.accepted:
            if publication.digest in voids:
                continue
            if publication.schema.kind == "register":
                register_changes(publication, changes)
            else:
                series.append(publication)
        series_changes(
            series,
            self._ends,
            batch.lost,
            lambda dataset, start, end: self._contents.overlapping(
                dataset, start, end, without=voids
            ),
            changes,
        )
        changes_of(batch.late, self._knowledge, self._contents, changes)
        return changes

    def _heads(self, batch: _Batch) -> list[HeadRow]:
        for row in batch.rows:
            if row.verdict == "accepted" and row.period_end is not None:
                self._ends[row.dataset] = max(self._ends.get(row.dataset) or 0, row.period_end)
        rows = []
        for dataset, (schema_digest, origin) in batch.datasets.items():
            head = self.replica.heads[dataset]
            rows.append(
                HeadRow(
                    dataset,
                    head.epoch,
                    head.sequence,
                    head.digest,
                    schema_digest,
                    origin,
                    head.accepted,
                    head.refused,
                    self._ends.get(dataset),
                    batch.now_us,
                )
            )
        return rows

    def _marks(self, batch: _Batch) -> list[ReceiptMark]:
        return [
            ReceiptMark(receiver=receiver, owner=owner, urgent=urgent)
            for owner, urgent in batch.marks.items()
            for receiver in self._receivers
            if in_scope(receiver, owner) or self._shares(receiver, owner, batch.shared[owner])
        ]

    def _shares(self, receiver: str, owner: str, charters: set[str]) -> bool:
        """Whether a receiver answers for an owner as a member of the charter it shares under."""
        known = self._knowledge.charters
        found = (known[digest] for digest in charters if digest in known)
        return receiver != owner and any(receiver in one.members for one in found)


def _note_shared(manifest: Manifest, batch: _Batch) -> None:
    if manifest.sharing.charter is not None:
        batch.shared[manifest.owner].add(manifest.sharing.charter)


def in_scope(receiver: str, owner: str) -> bool:
    """Whether a receiver answers for an owner: their territories meet, and they are two bodies."""
    if receiver == owner:
        return False
    try:
        return not covered(receiver).isdisjoint(covered(owner))
    except (MaillageError, LookupError):
        return False


def _row(
    source: Opened | Failed,
    verdict: str,
    now_us: int,
    *,
    span: tuple[int, int] | None = None,
    finding: Finding | None = None,
) -> PublicationRow:
    manifest, jws, digest = source.manifest, source.jws, source.digest
    assert manifest is not None
    assert jws is not None
    assert digest is not None
    content = manifest.content
    accepted = verdict == "accepted"
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
        period_start=span[0] if span else None,
        period_end=span[1] if span else None,
        rows=manifest.rows,
        issued=instant_us(manifest.issued),
        sharing=manifest.sharing.level,
        origin=manifest.origin,
        verdict="accepted" if accepted else "refused",
        reason=finding.code if finding else None,
        detail=finding.detail if finding else None,
        jws=jws.text,
        content_digest=content.digest if content is not None and accepted else None,
        plain_size=content.plain_size if content is not None else 0,
        received_at=now_us,
    )


def _evidence(failed: Failed, now_us: int) -> EvidenceRow:
    arrival = failed.arrival
    text = arrival.headers.get(MANIFEST_HEADER, "")
    try:
        carrier = parse_subject(arrival.subject).carrier if arrival.subject else ""
    except MaillageError:
        carrier = ""
    raw = text.encode("utf-8", "surrogateescape")[: 64 * 1024]
    return EvidenceRow(
        digest=failed.digest or sha256_hex(raw),
        carrier=carrier,
        verdict=failed.finding.verdict.value,
        reason=failed.finding.code,
        detail=failed.finding.detail[:500],
        jws=raw,
        recorded_at=now_us,
    )
