"""Messages to committed transactions. No network: the loop brings and takes.

Order of things (docs/data-flow.md): open (steps 1-10) → bind (11) → replica (12) → judge
(13-15) → cells → one transaction. What the transaction needs besides (acknowledge, ask,
fetch, receipts) is handed back and done after it: after a crash at any point the messages come
again and lead to the same state. A batch whose contents are large when decompressed takes several
transactions, one after the other.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from federation.chain import Elsewhere, Head, place
from federation.judge import Candidate, Publication, Verified, judge
from federation.limits import PLAIN_BATCH_MAX_BYTES
from federation.message import TRACE_HEADER
from federation.model import Position
from federation.reasons import Verdict
from federation.replica import (
    SPEAKER_STEP,
    Ask,
    Charge,
    Drop,
    Fetch,
    Hold,
    Instruction,
    Judge,
    Receipt,
    Refuse,
    Release,
    Replica,
    fail,
)
from federation.standing import Standing
from federation.verify import Arrival, Failed, Opened, bind_content, open_all
from node.knowledge import Knowledge
from node.made_rows import evidence_row, publication_row, refusal_row
from node.receive.batch import Batch, Decided, Prepared, Taken
from node.receive.contents import Contents
from node.receive.ended import Late, late
from node.receive.figures import span_of
from node.receive.holding import Holding
from node.receive.pause import uncollected
from node.receive.writing import LIMITS, Heads, write_of
from node.routes import sharing_of
from node.steps import step
from node.store.rows import HeldLimits
from node.store.store import Store

THREADS: Final = 2
"""Signature checks release the interpreter lock; a third thread gains nothing on two cores."""

CHUNKS: Final = 64

T = TypeVar("T")


class Intake:
    """Verifies, stores and adds up. One thread at a time calls it."""

    def __init__(
        self,
        store: Store,
        knowledge: Knowledge,
        receivers: Sequence[str],
        *,
        limits: HeldLimits = LIMITS,
    ) -> None:
        """Start from what the store has.

        Args:
            store: Of this node.
            knowledge: What is trusted here.
            receivers: Participants of this node that sign receipts.
            limits: Of what each carrier may have held.
        """
        self.limits: Final = limits
        self.store: Final = store
        self._knowledge: Final = knowledge
        self._receivers: Final = tuple(receivers)
        self._contents: Final = Contents(store, knowledge.schema)
        self._threads: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="verify")
        self._owed = Taken()
        self._load()

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    def _load(self) -> None:
        rows = self.store.publications.heads()
        self._heads = Heads(rows)
        heads = {
            row.dataset: Head(row.epoch, row.sequence, row.digest, row.accepted, row.refused)
            for row in rows
        }
        # decided on in this transaction, not stored yet
        self._deciding: dict[tuple[str, str], Head] = {}
        self._holding = Holding(self.store)
        self.replica = Replica(heads, self._holding.refs, self._history)

    def _history(self, dataset: str, digest: str) -> Position | None:
        deciding = self._deciding.get((dataset, digest))
        if deciding is not None:
            return Position(epoch=deciding.epoch, sequence=deciding.sequence, digest=digest)
        found = self.store.publications.position(dataset, digest)
        return None if found is None else Position(epoch=found[0], sequence=found[1], digest=digest)

    # -- entry points --------------------------------------------------------------------------

    def prepare(self, arrivals: Sequence[Arrival]) -> Prepared:
        """Open a batch ahead (steps 1 to 10): needs no state, so it runs beside `take`."""
        version = self._knowledge.version
        with uncollected():
            return Prepared(tuple(arrivals), version, tuple(self._open(arrivals)))

    def take(self, arrivals: Sequence[Arrival] | Prepared, now_us: int) -> Taken:
        """Work through a batch and commit it.

        Args:
            arrivals: In the order of the stream; or the same, opened ahead.
            now_us: Microseconds since 1970.

        Raises:
            StoreError: Not all of it was stored; take the same batch again.
        """
        if not isinstance(arrivals, Prepared):
            arrivals = self.prepare(arrivals)
        elif arrivals.version != self._knowledge.version:
            arrivals = self.prepare(arrivals.arrivals)  # what was unknown then may be known now
        return self._work(arrivals.opened, (), now_us)

    def learned(self, names: Sequence[str], now_us: int) -> Taken:
        """Documents became known: what waited for them is taken in.

        Raises:
            StoreError: Not all of it was stored; call again with the same names.
        """
        refs: list[str] = []
        for name in names:
            for one in self.replica.learned(name):
                assert isinstance(one, Release)
                refs += one.refs
        gone = late(self.store, self._knowledge, names)
        return self._work((), refs, now_us, gone)

    def retry_held(self, now_us: int) -> Taken:
        """At start: everything held goes through again, parts and all, and ends are looked at."""
        names = [*self.replica.waiting(), *self._knowledge.charters_with_ends()]
        return self.learned(names, now_us)

    def forgotten(self) -> list[Ask]:
        """Now and then: gaps, and publications with parts missing, are asked for again."""
        asks = {one.dataset: one for one in self.replica.forgotten() if isinstance(one, Ask)}
        for dataset in sorted(self._holding.incomplete()):
            asks.setdefault(dataset, Ask(dataset, self.replica.heads.get(dataset)))
        return list(asks.values())

    # -- transactions --------------------------------------------------------------------------

    def _work(
        self,
        opened: Sequence[Opened | Failed],
        refs: Sequence[str],
        now_us: int,
        gone: Sequence[Late] = (),
    ) -> Taken:
        """Take in messages, and what is released by them, in as many transactions as they need."""
        results, waiting = deque(opened), deque(refs)
        try:
            with uncollected():
                if gone:
                    self._commit(self._ended(gone, now_us))
                while results or waiting:
                    batch = self._batch(now_us)
                    self._fill(batch, results, waiting)
                    self._commit(batch)
        except BaseException:
            self._load()  # heads have moved in memory only
            raise
        taken, self._owed = self._owed, Taken()  # with that of a call that failed half-way
        return taken

    def _ended(self, gone: Sequence[Late], now_us: int) -> Batch:
        """Take what was issued after its charter's end out of force, and tell its owner."""
        batch = self._batch(now_us)
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
        return batch

    def _batch(self, now_us: int) -> Batch:
        standing = Standing(
            self._contents.register,
            self._contents.schema_of_series,
            likely=lambda dataset: self._knowledge.schema(self._heads.schemas.get(dataset, "")),
        )
        return Batch(now_us, standing)

    def _fill(self, batch: Batch, results: deque[Opened | Failed], waiting: deque[str]) -> None:
        """Rounds, until nothing is left or the transaction is full."""
        while results or waiting:
            if not results:
                results.extend(self._open(self._holding.read(waiting, batch)))
            run: list[Opened | Failed] = []
            while results and (not batch.plain_bytes or _fits(results[0], batch)):
                batch.plain_bytes += _plain_bytes(results[0])
                run.append(results.popleft())
            if results and not run:
                return
            waiting.extend(self._round(run, batch))

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

    def _round(self, results: Sequence[Opened | Failed], batch: Batch) -> list[str]:
        """Place and judge; returns what was released and goes round again."""
        todo: list[tuple[Judge, bytes | None]] = []
        instructions: list[Instruction] = []
        for result in results:
            self._holding.taken_up(result.arrival, batch)
            if isinstance(result, Failed) and self._for_others(result):
                batch.taken.passed_over += 1
                continue
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
        again = self._carry_out(instructions, batch)
        return again + self._carry_out(self._judge(todo, batch), batch)

    def _for_others(self, failed: Failed) -> bool:
        """Whether it is shared under a charter that names nobody of this node: no verdict."""
        finding = failed.finding
        return finding.code == "charter-unknown" and self._knowledge.excludes(finding.missing)

    def _whole(self, opened: Opened, batch: Batch) -> tuple[Opened, bytes | None] | Failed | None:
        """Step 11: the whole content, a fault, or None while parts are missing."""
        finding = bind_content(opened, opened.arrival.body)
        if finding is not None:
            return fail(opened, finding)
        if opened.part[1] == 1:
            return opened, opened.arrival.body if opened.manifest.content is not None else None
        manifest, digest = opened.manifest, opened.digest
        found = place(self.replica.heads.get(manifest.dataset), manifest, digest, self._history)
        if isinstance(found, Elsewhere):
            # behind a gap each part waits for the place; decided on before, none is needed
            self._holding.give_up(digest, batch)
            return fail(opened, found)
        body = self._holding.joined(opened, batch)
        return None if body is None else (opened, body)

    def _judge(self, todo: Sequence[tuple[Judge, bytes | None]], batch: Batch) -> list[Instruction]:
        candidates = [Candidate(one.opened, blob, one.next.voids_after) for one, blob in todo]
        judgements = judge(candidates, self._knowledge, batch.standing)
        instructions: list[Instruction] = []
        for (judged, blob), judgement in zip(todo, judgements, strict=True):
            self._give_up(judged, batch)
            if isinstance(judgement, Verified):
                self._accept(judged, judgement, blob, batch)
                instructions += self.replica.settled(judged, None)
            else:
                instructions += self.replica.settled(judged, judgement)
        return instructions

    def _give_up(self, judged: Judge, batch: Batch) -> None:
        """The opener of an epoch, refused or not: what came behind its predecessor is void."""
        after, manifest = judged.next.voids_after, judged.opened.manifest
        if after is not None:
            batch.given_up[manifest.dataset] = judged.opened.schema
            self._void(manifest.dataset, after, manifest.epoch, batch, erase=False)

    def _accept(
        self, judged: Judge, verified: Verified[Publication], blob: bytes | None, batch: Batch
    ) -> None:
        publication = verified.value
        manifest = publication.manifest
        batch.accepted.append(publication)
        trace = judged.opened.arrival.headers.get(TRACE_HEADER)
        batch.taken.accepted.append(Decided(publication.digest, manifest, trace))
        batch.note_shared(manifest)
        batch.taken.verdicts[Verdict.ACCEPTED] += 1
        batch.datasets[manifest.dataset] = (publication.schema.digest, manifest.origin)
        if blob is not None:
            batch.contents.append(blob)
        batch.rows.append(
            publication_row(
                manifest,
                publication.digest,
                publication.jws,
                "accepted",
                at_us=batch.now_us,
                span_us=span_of(manifest, publication.schema, publication.frame),
            )
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
        batch: Batch,
        *,
        erase: bool,
        until: tuple[int, int] | None = None,
    ) -> None:
        """Publications that no longer stand: in older epochs, or before a withdrawal."""
        # contents of those void already are erased too
        stored = [
            row
            for row in self.store.publications.of(dataset, everything=erase)
            if row.verdict == "accepted"
        ]
        for row in [*stored, *(row for row in batch.rows if row.dataset == dataset)]:
            beyond = row.order > after and row.epoch < before_epoch
            if not beyond or (until is not None and row.order >= until):
                continue
            batch.voids[row.digest] = None
            if row.period_start is not None and row.period_end is not None and not erase:
                lost = batch.lost[dataset]
                lost.append((row.schema_digest, row.period_start, row.period_end))
            if erase and row.content_digest is not None:
                batch.erasures.append(row.content_digest)

    # -- carrying out instructions -------------------------------------------------------------

    def _carry_out(  # noqa: C901 - one case an instruction
        self, instructions: Sequence[Instruction], batch: Batch
    ) -> list[str]:
        again: list[str] = []
        for one in instructions:
            match one:
                case Hold(failed, waits):
                    ref = self._holding.hold(failed, waits, batch)
                    if ref is not None:
                        self.replica.held(ref, waits)
                case Refuse(failed, counted):
                    self._refuse(failed, counted, batch)
                case Charge(failed):
                    batch.count(failed.finding)
                    batch.evidence.append(evidence_row(failed, batch.now_us))
                case Drop(failed):
                    batch.count(failed.finding)
                case Ask():
                    batch.taken.asks.append(one)
                case Fetch():
                    batch.taken.fetches.append(one)
                case Receipt(owner, at_once):
                    batch.marks[owner] = batch.marks.get(owner, False) or at_once
                    if at_once:
                        batch.taken.at_once.add(owner)
                case Release(refs):
                    again += refs
                case Judge():
                    raise AssertionError("judged in its round")
        return again

    def _refuse(self, failed: Failed, counted: bool, batch: Batch) -> None:  # noqa: FBT001 - as the instruction has it
        batch.count(failed.finding)
        batch.evidence.append(evidence_row(failed, batch.now_us))
        manifest, digest = failed.manifest, failed.digest
        if manifest is None or digest is None or failed.finding.step <= SPEAKER_STEP:
            return
        batch.note_shared(manifest)
        trace = failed.arrival.headers.get(TRACE_HEADER)
        batch.taken.refused.append(Decided(digest, manifest, trace, failed.finding.code))
        batch.refusals.append(refusal_row(failed, manifest, digest, batch.now_us))
        if counted:
            assert failed.jws is not None
            batch.rows.append(
                publication_row(
                    manifest,
                    digest,
                    failed.jws.text,
                    "refused",
                    at_us=batch.now_us,
                    finding=failed.finding,
                )
            )
            # the schema of a series is that of its rows; a refused one has none
            named = self._heads.schemas.get(manifest.dataset, manifest.schema_ref.digest)
            batch.datasets.setdefault(manifest.dataset, (named, manifest.origin))

    # -- one transaction -----------------------------------------------------------------------

    def _commit(self, batch: Batch) -> None:
        write = write_of(
            batch,
            self._heads,
            self.replica.heads,
            contents=self._contents,
            knowledge=self._knowledge,
            receivers=self._receivers,
            limits=self.limits,
        )
        batch.taken.verified_ns = time.time_ns()
        step("receive.before-commit")
        committed = self.store.commit(write)
        self._deciding.clear()
        step("receive.committed")
        batch.taken.turned_away += self._holding.stored(batch, committed)
        for one in committed.turned_away:
            self.replica.gone(one.digest, one.waiting_for)
        self._owed.add(batch.taken)


def _plain_bytes(result: Opened | Failed) -> int:
    """What its content takes in memory, counted where the last part comes."""
    if isinstance(result, Failed) or result.manifest.content is None:
        return 0
    return result.manifest.content.plain_size if result.part[0] == result.part[1] else 0


def _fits(result: Opened | Failed, batch: Batch) -> bool:
    return batch.plain_bytes + _plain_bytes(result) <= PLAIN_BATCH_MAX_BYTES
