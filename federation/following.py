"""A dataset followed by a reader: publications in chain order through all fifteen steps.

The reader has no store and gets its publications from somebody who may withhold, mix or repeat
them, but can't sign. `Chain` takes what came, in any number of portions, and says of each
publication how it ended; what it has accepted it can lay out as rows. Pure: no I/O, no clock.

Contents that are missing don't break the chain: the manifest, whose signature holds, takes its
place, and the publication is reported as `part-missing`. A register can't be changed across such a
hole; its changes are `part-missing`, too, until its owner sends it as a whole again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from federation.chain import Head, Next, place
from federation.judge import Candidate, Publication, judge
from federation.manifest import Manifest
from federation.message import MANIFEST_HEADER
from federation.model import Position
from federation.replay import Rows, replay, together
from federation.tables import apply_delta
from federation.verify import Arrival, Failed, Finding, Opened, Trust, bind_content, open_all
from schemas.model import Schema

MISSING: Final = "part-missing"
_REPLAYED: Final = "replayed"

HISTORY_MAX: Final = 10_000
"""Places that a chain remembers where it keeps no rows; a repetition of an older one is a fork to
it."""


@dataclass(frozen=True, slots=True)
class Decided:
    """How a publication ended.

    Attributes:
        digest: Of its manifest, whether the signature holds or not; None where the text is no JWS.
        manifest: Where the signature held and it could be read.
        publication: With its rows and without the content as sent, if it was accepted.
        finding: Why it wasn't; None if it was.
    """

    digest: str | None
    manifest: Manifest | None
    publication: Publication | None
    finding: Finding | None


class Chain:
    """One dataset at one reader.

    Attributes:
        dataset: Its id.
        head: The last publication that took its place; None before the first.
        midway: It begins with the first publication that comes.
        began: What stands before the first publication looked at; None where that is the
            dataset's first.
        holes: What is missing from the rows as they stand: publications whose content isn't here,
            and changes of a register that couldn't be applied for it.
    """

    def __init__(
        self,
        dataset: str,
        trust: Trust,
        *,
        head: Head | None = None,
        midway: bool = False,
        keep: bool = True,
    ) -> None:
        """Start at the beginning, behind a known head, or wherever the first publication stands.

        Args:
            dataset: Its id.
            trust: What the reader knows.
            head: Seen before: only what follows it is taken. A register, whose table isn't here,
                is then followed from where its owner sends it as a whole.
            midway: Without a head, begin with the first publication that comes: its owner's own
                signed word says which one is before it.
            keep: Keep the rows, for `rows` and `accepted`.
        """
        self.dataset: Final = dataset
        self.head = head
        self.began = head
        self.holes: list[Decided] = []
        self._trust: Final = trust
        self.midway = midway and head is None
        self._keep: Final = keep
        self._history: Final[dict[str, Position]] = {}
        self._kept: list[Publication] = []
        self._table: pl.DataFrame | None = None
        self._tableless = head is not None
        if head is not None:
            self._history[head.digest] = _position(head)

    def knows(self, digest: str) -> bool:
        """Whether this publication has taken its place here."""
        return digest in self._history

    def take(self, texts: Sequence[str], contents: Mapping[str, bytes]) -> list[Decided]:
        """Take publications.

        Args:
            texts: Compact JWS, in the order in which they are to be taken.
            contents: By digest, as they came.

        Returns:
            In the order of the texts; those that have taken their place before are left out.

        Raises:
            MemoryError: This machine can't give what a content needs.
        """
        arrivals = [Arrival(None, {MANIFEST_HEADER: text}, b"") for text in texts]
        ended: list[Decided | Candidate] = []
        for opened in open_all(arrivals, self._trust):
            if _turns(opened.manifest, contents):
                self._settle(ended)  # what is given up, or isn't whole, must have been counted
            found = self._placed(opened, contents)
            if found is not None:
                ended.append(found)
            if isinstance(found, Candidate) and self._waits(found.opened):
                self._settle(ended)  # whether the register is whole again decides what follows
        self._settle(ended)
        return [one for one in ended if isinstance(one, Decided)]

    def rows(self) -> tuple[Schema, pl.DataFrame] | None:
        """The rows as they stand, sorted by key; None if nothing was accepted.

        A series is read under the newest version of its schema that has rows.

        Raises:
            StateError: `schema-versions`: rows of several versions have no common form.
        """
        if not self._kept:
            return None
        schema = self._kept[-1].schema
        none = pl.DataFrame(schema=schema.polars_schema())
        if schema.kind == "register":
            return schema, none if self._table is None else self._table
        tables = replay(
            [
                Rows(one.manifest.order, one.manifest.mode, one.frame, one.schema)
                for one in self._kept
                if one.frame is not None
            ]
        )
        return together(self.dataset, tables) if tables else (schema, none)

    def accepted(self) -> list[Publication]:
        """The publications that the rows follow from, in order."""
        return list(self._kept)

    # -- steps 11 and 12 -----------------------------------------------------------------------

    def _placed(
        self, opened: Opened | Failed, contents: Mapping[str, bytes]
    ) -> Decided | Candidate | None:
        """Bind the content and take the place; None for what has its place already."""
        if isinstance(opened, Failed):
            named = opened.jws.digest if opened.jws is not None else None
            return Decided(opened.digest or named, opened.manifest, None, opened.finding)
        manifest = opened.manifest
        if manifest.dataset != self.dataset:
            told = f"{manifest.dataset} in the place of {self.dataset}"
            return _ended(opened, Finding("subject-mismatch", told))
        content = manifest.content
        blob = None if content is None else contents.get(content.digest)
        fault = None
        if content is None or blob is not None:
            fault = bind_content(opened, blob or b"")
        fault = fault or self._next(opened)
        if fault is not None:
            return None if fault.code == _REPLAYED else _ended(opened, fault)
        if content is not None and blob is None:
            self._tableless = True
            return self._hole(opened, Finding(MISSING, missing=content.digest))
        changes = manifest.mode in ("delta", "withdraw") and content is not None
        if changes and self._waits(opened):
            return self._hole(opened, Finding(MISSING, "the register before it isn't whole here"))
        return Candidate(opened, blob)

    def _hole(self, opened: Opened, finding: Finding) -> Decided:
        ended = _ended(opened, finding)
        if self._keep:
            self.holes.append(ended)
        return ended

    def _waits(self, opened: Opened) -> bool:
        """Whether the table that a publication would change isn't here."""
        return self._tableless and opened.schema.kind == "register"

    def _next(self, opened: Opened) -> Finding | None:
        """Step 12; what is next takes its place, whatever the later steps say of it."""
        manifest, digest = opened.manifest, opened.digest
        if self.head is None and self.midway:
            self.head = self.began = _before(manifest)
            self._tableless = self.head is not None
        stands = place(self.head, manifest, digest, lambda _, one: self._history.get(one))
        if not isinstance(stands, Next):
            return Finding(stands.code, missing=manifest.previous or "")
        self.head = stands.head
        self._history[digest] = _position(stands.head)
        if not self._keep and len(self._history) > HISTORY_MAX:
            del self._history[next(iter(self._history))]
        if stands.voids_after is not None:
            self._give_up(stands.voids_after)
        return None

    def _give_up(self, after: tuple[int, int]) -> None:
        """A new epoch: what came after a position of the old one is void."""
        self.holes = [one for one in self.holes if _order(one) <= after]
        left = [one for one in self._kept if one.manifest.order <= after]
        if len(left) == len(self._kept):
            return
        self._kept = left
        self._table = _table_of(left)
        self._tableless = self._table is None

    # -- steps 13 to 15 ------------------------------------------------------------------------

    def _settle(self, ended: list[Decided | Candidate]) -> None:
        """Judge what waits, and put the outcome where the publication stood."""
        waiting = [(at, one) for at, one in enumerate(ended) if isinstance(one, Candidate)]
        judged = judge([one for _, one in waiting], self._trust, lambda _: self._table)
        for (at, candidate), one in zip(waiting, judged, strict=True):
            if isinstance(one, Finding):
                ended[at] = _ended(candidate.opened, one)
            else:
                slim = replace(one.value, blob=None)
                ended[at] = Decided(slim.digest, slim.manifest, slim, None)
                self._accept(slim)

    def _accept(self, publication: Publication) -> None:
        manifest = publication.manifest
        anew = manifest.mode == "snapshot" or (
            manifest.mode == "withdraw" and manifest.content is None
        )
        if anew:  # nothing before it stands
            self.holes.clear()
            self._kept.clear()
            self._tableless = False
        if publication.schema.kind == "register" and not self._tableless:
            self._table = publication.table
        if self._keep:
            self._kept.append(replace(publication, table=None))


def _ended(opened: Opened, finding: Finding) -> Decided:
    return Decided(opened.digest, opened.manifest, None, finding)


def _order(decided: Decided) -> tuple[int, int]:
    assert decided.manifest is not None
    return decided.manifest.order


def _turns(manifest: Manifest | None, contents: Mapping[str, bytes]) -> bool:
    """Whether a publication changes what those before it mean: a new epoch, or a hole."""
    if manifest is None:
        return False
    missing = manifest.content is not None and manifest.content.digest not in contents
    return missing or manifest.abandons is not None


def _position(head: Head) -> Position:
    return Position(epoch=head.epoch, sequence=head.sequence, digest=head.digest)


def _before(manifest: Manifest) -> Head | None:
    """The head before a publication, by its own signed word."""
    if manifest.previous is None:
        return None
    if manifest.sequence > 1:
        return Head(manifest.epoch, manifest.sequence - 1, manifest.previous)
    assert manifest.abandons is not None
    return Head(manifest.epoch - 1, manifest.abandons.sequence, manifest.previous)


def _table_of(publications: Sequence[Publication]) -> pl.DataFrame | None:
    """A register's table after publications that begin where it was sent as a whole."""
    table: pl.DataFrame | None = None
    for one in publications:
        frame, key = one.frame, list(one.schema.primary_key)
        if one.manifest.mode == "snapshot":
            table = frame
        elif frame is not None and table is not None:
            if one.manifest.mode == "withdraw":
                table = table.join(frame, on=key, how="anti", maintain_order="left")
            else:
                table = apply_delta(table, frame, key)
    return table
