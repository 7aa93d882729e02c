"""The own side: hosted participants, drafts, signing, and the outbox of each hub."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from node.store import publications
from node.store.bulk import Bulk, new_insert
from node.store.contents import Contents
from node.store.database import Database
from node.store.errors import MovedError, StoreError, UnknownRowError
from node.store.mapping import Mapped, clean
from node.store.rows import (
    DraftRow,
    HeadRow,
    NewDraft,
    OutboxRow,
    ParticipantRow,
    PublicationRow,
)
from node.store.segments import digest_of
from node.store.tables import DRAFT, HUB_POSITION, OUTBOX, OWN_HEAD, PARTICIPANT
from node.store.watch import Watch

DRAFTS: Final = Mapped(DraftRow, DRAFT)
OUTBOXES: Final = Mapped(OutboxRow, OUTBOX)
_PARTICIPANTS: Final = Mapped(ParticipantRow, PARTICIPANT)
_O = OUTBOX.c

_HOST = Bulk(PARTICIPANT, lambda new: new.on_conflict_do_nothing(index_elements=["id"]))
_QUEUE = Bulk(
    OUTBOX,
    lambda new: new.on_conflict_do_update(
        index_elements=["hub", "publication"],
        set_={"state": new.excluded.state, "stream_sequence": new.excluded.stream_sequence},
    ),
    [c.name for c in OUTBOX.columns if c.name != "id"],
)


Also = Callable[[Connection], None]
"""What another part of the store writes in a transaction of this one."""


class Own:
    """What participants of this node publish."""

    def __init__(self, database: Database, contents: Contents, watch: Watch) -> None:
        self._database = database
        self._contents = contents
        self._watch = watch

    def add_participant(self, participant: ParticipantRow) -> bool:
        """Host a participant; answers False if it is hosted already (and left as it is)."""
        row = (participant.id, clean(participant.name), participant.created_at)
        with self._database.write() as connection:
            return _HOST.run(connection, [row]) == 1

    def participants(self) -> list[ParticipantRow]:
        """The participants hosted here, in order of their ids."""
        query = select(*PARTICIPANT.columns).order_by(PARTICIPANT.c.id)
        with self._database.read() as connection:
            return _PARTICIPANTS.rows(connection.execute(query))

    def add_draft(
        self,
        draft: NewDraft,
        content: bytes | None,
        *,
        day: date,
        once: bool = False,
        also: Also | None = None,
    ) -> tuple[DraftRow, bool]:
        """Store a draft with its content, in one transaction, fsynced.

        Args:
            draft: What is to be published.
            content: As it will be sent; None where the mode has none.
            day: Names the segment file.
            once: If the dataset has had a draft with the very same content, answer that one and
                store nothing.
            also: What else is written in the same transaction, if the draft is new.

        Returns:
            The draft, and whether it is new.

        Raises:
            StoreError: The participant isn't hosted here.
            OSError: The segment file can't be written.
        """
        digest = None if content is None else digest_of(content)
        with self._database.write() as connection:
            if once and digest is not None:
                query = select(*DRAFT.columns).where(
                    DRAFT.c.dataset == draft.dataset, DRAFT.c.content_digest == digest
                )
                found = connection.execute(query.order_by(DRAFT.c.id)).first()
                if found is not None:
                    return DRAFTS.row(found), False
            appended = None
            try:
                if content is not None:
                    appended = self._contents.put(connection, day, [content])
                stored = self._insert_draft(connection, draft, digest)
                if also is not None:
                    also(connection)
            except BaseException as error:
                self._contents.undo(appended, error)
                raise
            return stored, True

    def next_drafts(self, participant: str, limit: int = 1_000) -> list[DraftRow]:
        """A participant's drafts that wait for their signature, the oldest first."""
        query = (
            select(*DRAFT.columns)
            .where(DRAFT.c.participant == participant, DRAFT.c.state == "ready")
            .order_by(DRAFT.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return DRAFTS.rows(connection.execute(query))

    def sign_draft(
        self, draft_id: int, publication: PublicationRow, hubs: Sequence[str], head: HeadRow
    ) -> bool:
        """Turn a draft into a signed publication, its outbox rows and its head, all or nothing.

        Args:
            draft_id: Of a draft.
            publication: Stored as an own one with verdict `signed`.
            hubs: To which it is to go.
            head: The dataset's own head after it.

        Returns:
            True; or False if the draft is signed already: nothing is changed then.

        Raises:
            UnknownRowError: There is no such draft.
            MovedError: `publication.previous` isn't the dataset's own head.
        """
        with self._database.write() as connection:
            found = connection.execute(select(*DRAFT.columns).where(DRAFT.c.id == draft_id)).first()
            if found is None:
                raise UnknownRowError(f"There is no draft {draft_id}", code="draft-unknown")
            draft = DRAFTS.row(found)
            if draft.state != "ready":
                return False
            _check_head(connection, publication)
            publications.put(connection, [replace(publication, own=True, verdict="signed")])
            publications.PUT_OWN_HEADS.run(connection, [head])
            _queue(connection, draft.participant, hubs, [publication.digest])
            connection.execute(
                update(DRAFT)
                .values(state="signed", publication=publication.digest)
                .where(DRAFT.c.id == draft_id)
            )
        self._watch.tell()
        return True

    def claims_of(self, publication: str) -> str | None:
        """The claims of the draft that a publication was made from; None without one."""
        query = select(DRAFT.c.claims).where(DRAFT.c.publication == publication)
        with self._database.read() as connection:
            claims: str | None = connection.scalar(query.limit(1))
        return claims

    def adopt_head(self, head: HeadRow) -> None:
        """Set a dataset's own head to what a hub or a receiver holds, after a restore."""
        with self._database.write() as connection:
            publications.PUT_OWN_HEADS.run(connection, [head])

    def queue(self, hub: str, participant: str, digests: Sequence[str]) -> None:
        """Let publications go to a hub (again): a new hub, or one that lost its disk."""
        with self._database.write() as connection:
            _queue(connection, participant, [hub], digests)

    def outbox_waiting(self, hub: str, participant: str, limit: int = 1_000) -> list[OutboxRow]:
        """What waits for a hub, of one participant, in the order in which it was signed."""
        query = (
            select(*OUTBOX.columns)
            .where(_O.hub == hub, _O.participant == participant, _O.state == "waiting")
            .order_by(_O.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return OUTBOXES.rows(connection.execute(query))

    def participants_waiting(self, hub: str) -> list[str]:
        """The participants of whom anything waits for a hub."""
        query = (
            select(_O.participant)
            .where(_O.hub == hub, _O.state == "waiting")
            .distinct()
            .order_by(_O.participant)
        )
        with self._database.read() as connection:
            return [row[0] for row in connection.execute(query)]

    def mark_sent(self, ids: Sequence[int], stream_sequence: int) -> None:
        """The hub has stored these; `stream_sequence` is the last that it gave to them.

        It becomes the position known for the participant's prefix.

        Raises:
            StoreError: They aren't of one hub and one participant.
        """
        if not ids:
            return
        with self._database.write() as connection:
            chosen = _O.id.in_(ids)
            pairs = connection.execute(
                select(_O.hub, _O.participant).where(chosen).distinct()
            ).all()
            if len(pairs) != 1:
                raise StoreError(
                    f"Outbox rows of {len(pairs)} ways were marked together", code="outbox-mixed"
                )
            connection.execute(
                update(OUTBOX)
                .values(state="sent", stream_sequence=stream_sequence, last_error=None)
                .where(chosen)
            )
            _set_position(connection, pairs[0][0], pairs[0][1], stream_sequence)

    def note_attempt(self, ids: Sequence[int], error: str) -> None:
        """Sending these failed: count it, and keep the reason for people."""
        query = update(OUTBOX).where(_O.id.in_(ids))
        with self._database.write() as connection:
            connection.execute(query.values(attempts=_O.attempts + 1, last_error=clean(error)))

    def abandon(self, ids: Sequence[int]) -> None:
        """Give up sending these, and put their drafts back to be signed anew (after a restore).

        The publications become void. One that went, or still goes, to another hub keeps its draft
        and its force.
        """
        with self._database.write() as connection:
            connection.execute(update(OUTBOX).values(state="abandoned").where(_O.id.in_(ids)))
            elsewhere = OUTBOX.alias()
            given_up = connection.execute(
                select(_O.publication)
                .where(_O.id.in_(ids))
                .where(
                    ~select(elsewhere.c.id)
                    .where(
                        elsewhere.c.publication == _O.publication,
                        elsewhere.c.state != "abandoned",
                    )
                    .exists()
                )
            )
            digests = [row[0] for row in given_up]
            publications.void(connection, digests)
            connection.execute(
                update(DRAFT)
                .values(state="ready", publication=None)
                .where(DRAFT.c.publication.in_(digests))
            )

    def rewind(
        self,
        hub: str,
        participant: str,
        stream_sequence: int,
        *,
        through: str | None,
        before: str | None,
    ) -> None:
        """Set a participant's outbox to what a hub holds last.

        What was signed later waits again, so that a hub that lost its disk, or an
        acknowledgement that was lost, leads to the same state.

        Args:
            hub: By name.
            participant: Whose prefix.
            stream_sequence: Of the last message there; 0 for none.
            through: The last publication that the hub holds whole; None for none.
            before: The one that it holds in part: this and what follows waits again.
        """
        mine = (_O.hub == hub, _O.participant == participant, _O.state != "abandoned")
        with self._database.write() as connection:
            mark = through or before
            number = 0
            if mark is not None:
                query = select(_O.id).where(*mine, _O.publication == mark)
                number = connection.scalar(query) or 0
            last = number if through is not None else number - 1
            done = update(OUTBOX).where(*mine, _O.id <= last, _O.state == "waiting")
            connection.execute(
                done.values(state="sent", stream_sequence=stream_sequence, last_error=None)
            )
            again = update(OUTBOX).where(*mine, _O.id > last, _O.state == "sent")
            connection.execute(again.values(state="waiting", stream_sequence=None))
            _set_position(connection, hub, participant, stream_sequence)

    def participants_drafting(self) -> list[str]:
        """The participants of whom any draft waits for its signature."""
        query = select(DRAFT.c.participant).where(DRAFT.c.state == "ready").distinct()
        with self._database.read() as connection:
            return sorted(row[0] for row in connection.execute(query))

    def halt_draft(self, draft_id: int) -> None:
        """A draft that may not be signed any more stays, and isn't looked at again."""
        query = update(DRAFT).values(state="halted")
        with self._database.write() as connection:
            connection.execute(query.where(DRAFT.c.id == draft_id, DRAFT.c.state == "ready"))

    def drafts_halted(self, limit: int = 1_000) -> list[DraftRow]:
        """Drafts that may not be signed any more, the oldest first."""
        query = select(*DRAFT.columns).where(DRAFT.c.state == "halted")
        with self._database.read() as connection:
            return DRAFTS.rows(connection.execute(query.order_by(DRAFT.c.id).limit(limit)))

    def has_ready_draft(self, dataset: str) -> bool:
        """Whether a draft of the dataset waits for its signature."""
        query = (
            select(DRAFT.c.id).where(DRAFT.c.dataset == dataset, DRAFT.c.state == "ready").limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def hub_position(self, hub: str, participant: str) -> int:
        """The last sequence of the hub's stream known for a participant's prefix; 0 for none."""
        query = select(HUB_POSITION.c.stream_sequence).where(
            HUB_POSITION.c.hub == hub, HUB_POSITION.c.participant == participant
        )
        with self._database.read() as connection:
            return connection.scalar(query) or 0

    def set_hub_position(self, hub: str, participant: str, stream_sequence: int) -> None:
        """Set it to what the hub says, lower ones too (a hub that lost its disk)."""
        with self._database.write() as connection:
            _set_position(connection, hub, participant, stream_sequence)

    @staticmethod
    def _insert_draft(connection: Connection, draft: NewDraft, digest: str | None) -> DraftRow:
        values: dict[str, Any] = {
            name: getattr(draft, name) for name in NewDraft.__dataclass_fields__
        }
        values |= {"content_digest": digest, "state": "ready", "publication": None}
        values["source"] = clean(draft.source)
        found = connection.execute(insert(DRAFT).values(values).returning(*DRAFT.columns)).one()
        return DRAFTS.row(found)


def _check_head(connection: Connection, publication: PublicationRow) -> None:
    head = publications.head_of(connection, OWN_HEAD, publication.dataset)
    known = None if head is None else head.digest
    if known != publication.previous:
        raise MovedError(
            f"The head of {publication.dataset} is {known}, not {publication.previous}",
            code="head-moved",
            remedy="Read the head again and sign anew.",
        )


def _queue(
    connection: Connection, participant: str, hubs: Sequence[str], digests: Sequence[str]
) -> None:
    _QUEUE.run(
        connection,
        [
            (hub, participant, digest, "waiting", None, 0, None)
            for hub in hubs
            for digest in digests
        ],
    )


def _set_position(connection: Connection, hub: str, participant: str, stream_sequence: int) -> None:
    query = new_insert(connection, HUB_POSITION).values((hub, participant, stream_sequence))
    connection.execute(
        query.on_conflict_do_update(
            index_elements=["hub", "participant"], set_={"stream_sequence": stream_sequence}
        )
    )


def outbox_of(connection: Connection, digest: str) -> list[OutboxRow]:
    """On which way to which hub a publication is."""
    query = select(*OUTBOX.columns).where(_O.publication == digest).order_by(_O.id)
    return OUTBOXES.rows(connection.execute(query))


def draft_of(connection: Connection, digest: str) -> DraftRow | None:
    """What a publication was made from."""
    found = connection.execute(select(*DRAFT.columns).where(DRAFT.c.publication == digest)).first()
    return None if found is None else DRAFTS.row(found)
