"""Publishing, the first half: a file becomes checked rows, and these a draft in the store.

A draft has no place in its chain yet; `node.send` gives it one, just before sending.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

import polars as pl

from federation.author import Draft, draft_bare, draft_rows
from federation.charter import KnownCharter
from federation.composition_claim import CompositionClaim
from federation.errors import UnknownError
from federation.ids import DatasetId, parse_dataset, parse_name
from federation.limits import SALT_BYTES
from federation.manifest import Level, Mode, Origin, Sharing
from federation.message import TRACE_HEADER
from federation.strict import dump
from federation.tables import make_delta
from node.keeping import kept_here
from node.receive.contents import Contents
from node.remembered_mappings import RememberedMappings
from node.sharing import default_of
from node.sharing_choice import SharingChoice
from node.steps import step
from node.store.own import Also
from node.store.rows import NewDraft
from node.store.store import Store
from node.telemetry.context import current_text
from node.telemetry.setup import Telemetry
from schemas.catalogue import Catalogue, bundled
from schemas.model import Schema, parse_schema
from schemas.progress import Progress, silent
from schemas.reading import ColumnMapping, read
from schemas.report import Report

DELTA_SHARE: Final = 0.5
"""A register that changed in more than half of its rows is sent as a whole."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a file.

    Attributes:
        report: Of the check; where it isn't valid nothing was stored.
        dataset: Dataset id.
        mode: How it will be published; None when it wasn't taken.
        rows: Rows read.
        draft: The store's number of the draft; None when it wasn't taken.
        notes: What was guessed while reading, for people.
    """

    report: Report
    dataset: str
    mode: str | None
    rows: int
    draft: int | None
    notes: tuple[Any, ...]


def hosted(participant: str, participants: Collection[str]) -> None:
    """Refuse a body that isn't on this node.

    Raises:
        UnknownError: `participant`.
    """
    if participant not in participants:
        raise UnknownError(
            f"{participant} isn't hosted on this node",
            code="participant",
            remedy=f"maillage init --participant {participant}, "
            f"or one of: {', '.join(sorted(participants))[:300]}",
        )


class Publisher:
    """Takes in data for the participants of a node."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue | Callable[[], Catalogue],
        participants: Sequence[str],
        charters: Callable[[], Sequence[KnownCharter]] = tuple,
        choice: SharingChoice | None = None,
        *,
        telemetry: Telemetry | None = None,
    ) -> None:
        """Publish for participants whose keys are on this node.

        Args:
            store: Takes the drafts.
            catalogue: All schemas known; a callable where more become known while the node runs.
            participants: Hosted here.
            charters: Those in force, in the operator's order.
            choice: Chooses with whom a dataset is shared; None for the schemas' defaults.
            telemetry: Where spans and counts go.
        """
        self.telemetry: Final = telemetry or Telemetry()
        self.choice: Final = choice
        self.mappings: Final = RememberedMappings(store)
        self._store = store
        self._catalogue = catalogue
        self._participants = frozenset(participants)
        self._charters = charters
        self._contents = Contents(store, self._by_digest)

    def _by_digest(self, digest: str) -> Schema | None:
        """A schema that rows stored here may have, learned ones too."""
        catalogue = self._catalogue if isinstance(self._catalogue, Catalogue) else self._catalogue()
        return catalogue.by_digest(digest)

    def schemas(self) -> Catalogue:
        """Schemas that may be published by name: the program's, and those the operator pinned.

        A schema that merely arrived from another member is none of them: by its name alone nobody
        would see what its fields mean, or that they changed.
        """
        pinned = (row.body for row in self._store.documents.of("schema") if row.pinned)
        return Catalogue(bundled(), map(parse_schema, pinned))

    def schema(self, name: str) -> Schema:
        """The newest version of a schema of the program's; else of those the operator pinned.

        Raises:
            UnknownError: `schema`.
        """
        catalogue = self.schemas()
        schema = catalogue.latest(name)
        if schema is None:
            raise UnknownError(
                f"no schema is called {name!r}",
                code="schema",
                remedy=f"known are: {', '.join(catalogue.names())}",
            )
        return schema

    def publish_file(
        self,
        data: bytes,
        *,
        filename: str,
        schema_name: str,
        participant: str,
        slug: str | None = None,
        origin: Origin | None = None,
        sharing: Level | None = None,
        charter: str | None = None,
        mapping: ColumnMapping | None = None,
        now_us: int,
        progress: Progress = silent,
    ) -> Published:
        """Read, check and draft a file.

        Args:
            data: The file.
            filename: Its name.
            schema_name: Of which schema its rows are.
            participant: In whose name.
            slug: Tells several datasets of one schema apart.
            origin: The schema's unless said.
            sharing: As before, else the schema's default, unless said.
            charter: Digest or name of the charter whose members may have it.
            mapping: Which label is which column; kept for the dataset once the file is taken.
                None: the one kept, if any.
            now_us: Microseconds since 1970.
            progress: Told how far it is.

        Raises:
            UnknownError: `schema`, `participant`, `origin`, `charter…`.
            MappingFault: The mapping doesn't fit the schema.
            MalformedError: A slug that is none; `sharing`.
            StateError: `sharing-charter`: shared in a federation, and there is none;
                `sharing-change`, `charter-ended`.
            KeptHereError: The rows are valid and may not leave: `totals-only`, `secrecy`.
            LimitError: More rows than one publication carries.
            StoreError: Nothing was stored.
        """
        hosted(participant, self._participants)
        if origin is not None and origin not in get_args(Origin):
            raise UnknownError(f"no origin is called {origin!r}", code="origin")
        schema = self.schema(schema_name)
        dataset = str(DatasetId(participant, schema.name, parse_name(slug) if slug else None))
        shared = self._shared(schema, dataset, sharing, charter, now_us)
        with self.telemetry.tracing.span("ingest", maillage__dataset=dataset):
            return self._take_in(
                data,
                filename,
                schema,
                dataset,
                origin=origin,
                shared=shared,
                mapping=mapping,
                now_us=now_us,
                progress=progress,
            )

    def _take_in(
        self,
        data: bytes,
        filename: str,
        schema: Schema,
        dataset: str,
        *,
        origin: Origin | None,
        shared: Sharing | None,
        mapping: ColumnMapping | None,
        now_us: int,
        progress: Progress,
    ) -> Published:
        used, told = (mapping, ()) if mapping is not None else self.mappings.get(dataset, schema)
        with self.telemetry.tracing.span("validate", maillage__schema=schema.name) as span:
            reading = read(data, filename=filename, schema=schema, mapping=used, progress=progress)
            span.set(maillage__rows=reading.report.rows, maillage__valid=reading.rows is not None)
        notes = (*told, *reading.guessed)
        if reading.rows is None:
            return Published(reading.report, dataset, None, reading.report.rows, None, notes)
        height = reading.rows.height
        progress("content", 0, height)
        draft = self.draft(schema, dataset, reading.rows, origin=origin, sharing=shared)
        if self.choice is not None:
            self.choice.remember(dataset, draft.sharing)
        if mapping is not None:
            self.mappings.keep(dataset, mapping)
        progress("store", 0, height)
        number = self.store_draft(draft, source=filename, now_us=now_us)
        progress("store", height, height)
        return Published(reading.report, dataset, draft.mode, height, number, notes)

    def _shared(
        self,
        schema: Schema,
        dataset: str,
        level: Level | None,
        charter: str | None,
        now_us: int,
    ) -> Sharing | None:
        if self.choice is None:
            return None
        return self.choice.choose(schema, dataset, level=level, charter=charter, now_us=now_us)

    def withdraw(self, dataset: str, *, now_us: int) -> int:
        """Draft the withdrawal of a whole own dataset: receivers erase what they have of it.

        Returns:
            The draft's number in the store.

        Raises:
            UnknownError: `dataset`: nothing of it was published here.
        """
        head = self._store.publications.own_head(dataset)
        schema = None if head is None else self._by_digest(head.schema_digest)
        if head is None or schema is None:
            raise UnknownError(
                f"nothing of {dataset} was published here",
                code="dataset",
                remedy="maillage status lists what was",
            )
        shared = self.choice.remembered(dataset) if self.choice is not None else None
        draft = draft_bare(
            schema,
            dataset,
            "withdraw",
            sharing=shared or default_of(schema, parse_dataset(dataset).owner, self._charters()),
            origin=head.origin,
            licence=schema.licence,
        )
        return self.store_draft(draft, source="withdrawal", now_us=now_us)

    def draft(
        self,
        schema: Schema,
        dataset: str,
        rows: pl.DataFrame,
        *,
        origin: Origin | None = None,
        sharing: Sharing | None = None,
    ) -> Draft:
        """Decide how rows are published: a series appends; a register sends what changed.

        Raises:
            StateError: `sharing-charter`.
            KeptHereError: They may not leave the node: `totals-only`, `secrecy`.
        """
        sharing = sharing or default_of(schema, parse_dataset(dataset).owner, self._charters())
        kept = kept_here(schema, rows, sharing.level)
        if kept is not None:
            raise kept
        salt = secrets.token_bytes(SALT_BYTES)
        if schema.kind == "series":
            return draft_rows(
                schema, dataset, rows, salt=salt, mode="append", sharing=sharing, origin=origin
            )
        before = None if self._store.own.has_ready_draft(dataset) else self._contents.table(dataset)
        mode: Mode = "snapshot"
        frame = rows
        if before is not None and before.schema == rows.schema:
            delta = make_delta(before, rows, schema.primary_key)
            if delta.is_empty():
                return draft_bare(
                    schema,
                    dataset,
                    "unchanged",
                    sharing=sharing,
                    origin=origin or schema.origin,
                    licence=schema.licence,
                )
            if delta.height <= DELTA_SHARE * max(1, rows.height):
                mode, frame = "delta", delta
        return draft_rows(
            schema,
            dataset,
            frame,
            salt=salt,
            mode=mode,
            result=rows,
            sharing=sharing,
            origin=origin,
        )

    def store_draft(
        self, draft: Draft, *, source: str, now_us: int, also: Also | None = None
    ) -> int:
        """Store a draft with its content, and what else is given, in one transaction."""
        with self.telemetry.tracing.span(
            "draft", maillage__dataset=draft.dataset, maillage__mode=draft.mode
        ):
            number = self._store_draft(draft, source, now_us, also)
        self.telemetry.metrics.add("maillage.publications.drafted")
        return number

    def _store_draft(self, draft: Draft, source: str, now_us: int, also: Also | None) -> int:
        step("publish.before-draft")
        row = NewDraft(
            participant=draft.publisher,
            dataset=draft.dataset,
            schema_digest=draft.schema.digest,
            mode=draft.mode,
            plain_size=draft.content.plain_size if draft.content else 0,
            rows=draft.rows,
            period_start=draft.period_us[0] if draft.period_us else None,
            period_end=draft.period_us[1] if draft.period_us else None,
            result=draft.result,
            sharing=dump(draft.sharing.model_dump(by_alias=True, exclude_none=True)).decode(),
            origin=draft.origin,
            issued_at=now_us,
            source=source[:300],
            claims=dump(_claims(draft)).decode(),
        )
        day = dt.datetime.fromtimestamp(now_us / 1e6, tz=dt.UTC).date()
        stored, _new = self._store.own.add_draft(row, draft.blob, day=day, also=also)
        step("publish.drafted")
        return stored.id


def _claims(draft: Draft) -> dict[str, Any]:
    claims: dict[str, Any] = {"licence": draft.licence}
    if draft.composition is not None:
        claims["composition"] = draft.composition.model_dump(mode="json")
    span = current_text()
    if span is not None:
        claims[TRACE_HEADER] = span  # it may be signed and sent by another process, much later
    return claims


def read_claims(claims: dict[str, Any]) -> tuple[str, CompositionClaim | None]:
    """The licence and composition of a stored draft."""
    composition = claims.get("composition")
    return claims["licence"], None if composition is None else CompositionClaim.model_validate(
        composition
    )
