"""Signing: drafts get their place in the chain, and rows in the outbox of every hub."""

import contextlib
import json
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final, Protocol

from federation.author import Draft, Signed, sign_draft
from federation.charter_end import Ending
from federation.content import describe
from federation.errors import StateError
from federation.jose import Signer
from federation.manifest import Sharing
from federation.message import TRACE_HEADER
from federation.model import Position
from node.clock import now_us
from node.documents import keep
from node.keys import KeyStore
from node.link.errors import LinkError
from node.made_rows import publication_row
from node.publishing import read_claims
from node.routes import Routes
from node.steps import step
from node.store.rows import DraftRow, HeadRow
from node.store.store import Store
from node.telemetry.context import parse
from node.telemetry.setup import Telemetry
from schemas.model import Schema

SchemaOf = Callable[[str], Schema | None]
EndingOf = Callable[[str, str], Ending | None]
"""(charter's digest, publisher) to when it ends for what that one publishes."""

SECOND_US: Final = 1_000_000


class Comparing(Protocol):
    """The way to one hub, as far as signing needs it."""

    @property
    def connected(self) -> bool:
        """Whether the hub can be asked now."""

    async def compare(self, participant: str) -> None:
        """Compare one's outbox with what the hub holds last."""


class Signing:
    """Turns drafts into signed publications with outbox rows for every hub."""

    def __init__(
        self,
        store: Store,
        keys: KeyStore,
        schema_of: SchemaOf,
        hubs: Sequence[str],
        *,
        routes: Routes | None = None,
        ending: EndingOf | None = None,
        clock: Callable[[], int] = now_us,
        telemetry: Telemetry | None = None,
    ) -> None:
        """Sign with a key store for hubs by name.

        Args:
            store: Drafts, publications, outbox.
            keys: Of the participants.
            schema_of: Schemas by digest.
            hubs: All of them.
            routes: Which of them get what; None: each gets everything.
            ending: When a charter ends for a publisher; None where no draft is under one.
            clock: Microseconds since 1970.
            telemetry: Where spans and counts go.
        """
        self.telemetry: Final = telemetry or Telemetry()
        self.routes = routes
        self._ending = ending
        self._clock = clock
        self._schemas: set[str] = set()
        self.on_schema: Callable[[], None] = lambda: None
        self._store = store
        self._keys = keys
        self._schema_of = schema_of
        self._hubs = tuple(hubs)
        self._one = Lock()  # the senders of several hubs sign in threads of their own
        self.hubs: list[Comparing] = []

    async def compare_all(self, participant: str, asking: "Comparing") -> None:
        """Before anything is signed, one's place is compared with every hub that can be reached.

        Args:
            participant: Whose drafts are to be signed.
            asking: The sender that is about to sign and send.

        Raises:
            MaillageError: As `node.send.Sender.compare`; that another hub can't be asked is
                no hindrance.
        """
        for sender in self.hubs:
            if sender is asking:
                await sender.compare(participant)
            elif sender.connected:
                with contextlib.suppress(LinkError):
                    await sender.compare(participant)

    def sign_ready(self, participant: str) -> int:
        """Sign all drafts of a participant that wait.

        Returns:
            How many.

        Raises:
            MaillageError: A key file is missing, or the store can't write.
        """
        with self._one:
            return self._sign_ready(participant)

    def _sign_ready(self, participant: str) -> int:
        rows = self._store.own.next_drafts(participant)
        if not rows:
            return 0
        signer = self._keys.signer(participant)
        count = 0
        for row in rows:
            step("send.before-sign")
            draft = self._draft(row)
            moment = self._clock()
            if rows_at_totals_only(draft) or self._ended(draft, moment):
                self._store.own.halt_draft(row.id)
                continue
            new = self._introduce(draft)
            parent = parse(json.loads(row.claims).get(TRACE_HEADER))
            with self.telemetry.tracing.span(
                "sign", parent=parent, maillage__dataset=row.dataset
            ) as span:
                signed = self._sign(row, draft, signer, moment)
                span.set(maillage__digest=signed.digest)
            if new:
                self.on_schema()  # now, as a hub may get only what belongs to what is sent there
            self.telemetry.metrics.add("maillage.publications.signed")
            step("send.signed")
            count += 1
        return count

    def _sign(self, row: DraftRow, draft: Draft, signer: Signer, moment: int) -> Signed:
        """Give a draft its place, and store it signed with its outbox rows."""
        head = self._store.publications.own_head(row.dataset)
        before = (
            None
            if head is None
            else Position(epoch=head.epoch, sequence=head.sequence, digest=head.digest)
        )
        signed = sign_draft(draft, before, signer, issued_us=moment)
        self._store.own.sign_draft(
            row.id,
            publication_row(
                signed.manifest,
                signed.digest,
                signed.jws,
                "signed",
                at_us=moment,
                span_us=draft.period_us,
            ),
            self._hubs if self.routes is None else self.routes.hubs_of(draft.sharing),
            _own_head(signed, draft, head, moment),
        )
        return signed

    def _ended(self, draft: Draft, moment: int) -> bool:
        """Whether nobody would take it: its charter has ended, and it isn't a withdrawal."""
        charter = draft.sharing.charter
        if charter is None or self._ending is None:
            return False
        if draft.mode == "withdraw" and draft.content is None:
            return False
        ending = self._ending(charter, draft.publisher)
        return ending is not None and moment // SECOND_US * SECOND_US >= ending.at_us

    def _introduce(self, draft: Draft) -> bool:
        """Keep the schema with the publisher's documents: it travels with the data.

        Returns:
            Whether it is the first draft of this schema since the program began.
        """
        schema = draft.schema
        if schema.digest in self._schemas:
            return False
        if self._store.documents.get(schema.digest) is None:
            keep(self._store, "schema", draft.publisher, schema.document, pinned=False)
        self._schemas.add(schema.digest)
        return True

    def _draft(self, row: DraftRow) -> Draft:
        schema = self._schema_of(row.schema_digest)
        if schema is None:
            raise StateError(f"draft {row.id}: its schema is gone", code="draft-schema")
        blob = self._store.contents.get(row.content_digest) if row.content_digest else None
        licence, composition = read_claims(json.loads(row.claims))
        return Draft(
            publisher=row.participant,
            dataset=row.dataset,
            schema=schema,
            mode=row.mode,  # type: ignore[arg-type]  # written from a Mode
            rows=row.rows,
            period_us=None
            if row.period_start is None or row.period_end is None
            else (row.period_start, row.period_end),
            content=None if blob is None else describe(blob, row.plain_size),
            blob=blob,
            result=row.result,
            sharing=Sharing.model_validate(json.loads(row.sharing)),
            origin=row.origin,
            licence=licence,
            composition=composition,
        )


def rows_at_totals_only(draft: Draft) -> bool:
    """Whether raw rows would leave under `aggregate-only`: the last door is shut, too."""
    level = draft.sharing.level
    return level == "aggregate-only" and draft.content is not None and draft.composition is None


def _own_head(signed: Signed, draft: Draft, before: HeadRow | None, moment: int) -> HeadRow:
    manifest = signed.manifest
    ends = [
        end
        for end in (
            before.period_end if before else None,
            draft.period_us[1] if draft.period_us else None,
        )
        if end
    ]
    return HeadRow(
        manifest.dataset,
        manifest.epoch,
        manifest.sequence,
        signed.digest,
        manifest.schema_ref.digest,
        manifest.origin,
        (before.accepted if before else 0) + 1,
        before.refused if before else 0,
        max(ends, default=None),
        moment,
    )
