"""A receiver under attack: an `Intake` over a real store, and the messages that carriers send it.

Nothing is mocked: real keys (known ones, `tests.world`), real signatures, a real store on disk.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from federation.author import draft_bare, messages
from federation.ids import fwd_subject
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest, Mode, Sharing
from federation.message import MANIFEST_HEADER
from federation.model import Position
from federation.verify import Arrival
from node.knowledge import Knowledge
from node.receive.batch import Taken
from node.receive.intake import Intake
from node.receive.writing import LIMITS
from node.store.rows import HeldLimits
from node.store.store import Store
from tests.world import (
    ARVIEU,
    COUNTS,
    DAY,
    EPCI,
    LUZY,
    NOW_US,
    Made,
    counts,
    counts_draft,
    documents,
    made,
    schema,
)

MEASURE: Final = "comptage-mobilites.count"
LUZY_COUNTS: Final = f"{LUZY}/comptage-mobilites"
SCHEMA: Final = schema("comptage-mobilites")

Figures = dict[tuple[str, int], tuple[int, int]]
"""(dataset, start of the hour in epoch seconds) to (number of values, their sum)."""


def identity(participant: str) -> bytes:
    """The first identity document of a participant of the tests' world."""
    return documents()[f"identity-{participant}-1.json"]


def knowing(*participants: str, hosted: Sequence[str] = (EPCI,)) -> Knowledge:
    """What a receiver knows that trusts these participants."""
    knowledge = Knowledge(hosted)
    for one in participants:
        knowledge.learn_identity(identity(one), pin=True)
    return knowledge


class Receiver:
    """A receiver on disk, to be attacked and restarted.

    Attributes:
        folder: Of its store.
        knowledge: What it trusts.
        store: Open.
        intake: Over the store.
    """

    def __init__(
        self, folder: Path, knowledge: Knowledge | None = None, *, limits: HeldLimits = LIMITS
    ) -> None:
        """Open it; it trusts Arvieu, Luzy and the EPCI unless told otherwise."""
        self.limits = limits
        self.folder = folder
        self.knowledge = knowing(ARVIEU, LUZY, EPCI) if knowledge is None else knowledge
        self.store = Store.open(folder)
        self.intake = Intake(self.store, self.knowledge, [EPCI], limits=self.limits)

    def restart(self) -> Taken:
        """Close everything, open it again, and try again what is held, as a node does."""
        self.close()
        self.store = Store.open(self.folder)
        self.intake = Intake(self.store, self.knowledge, [EPCI], limits=self.limits)
        return self.intake.retry_held(NOW_US)

    def close(self) -> None:
        """Release threads and files."""
        self.intake.close()
        self.store.close()

    def take(self, *publications: Made | Arrival) -> Taken:
        """One batch."""
        arrivals: list[Arrival] = []
        for one in publications:
            arrivals += [one] if isinstance(one, Arrival) else sent(one)
        return self.intake.take(arrivals, NOW_US)

    def learn(self, names: Sequence[str]) -> Taken:
        """Documents became known."""
        return self.intake.learned(names, NOW_US)

    def figures(self, measure: str = MEASURE) -> Figures:
        """All cells of a measure."""
        window = SCHEMA.base_window
        assert window is not None
        found = self.store.cells.where(measure, window, start=-(2**40), end=2**40)
        return {(key.dataset, key.start): (cell.count, cell.total) for key, cell in found}

    def register_figures(self, measure: str) -> dict[str, tuple[int, int]]:
        """Cells of a register's measure by dataset."""
        found = self.store.cells.where(measure, "none")
        return {key.dataset: (cell.count, cell.total) for key, cell in found}

    def heads(self) -> dict[str, tuple[int, int, str, int, int]]:
        """By dataset: epoch, sequence, digest, accepted, refused."""
        rows = self.store.publications.heads()
        return {
            row.dataset: (row.epoch, row.sequence, row.digest, row.accepted, row.refused)
            for row in rows
        }

    def counted(self, dataset: str = COUNTS) -> tuple[int, int] | None:
        """Accepted and refused of a dataset."""
        head = self.store.publications.head(dataset)
        return None if head is None else (head.accepted, head.refused)

    def held(self) -> int:
        """Messages held."""
        return len(self.store.held.entries())

    def state(self) -> dict[str, Any]:
        """All that must be equal between two receivers that were sent the same."""
        return {"heads": self.heads(), "figures": self.figures(), "held": self.held()}


def truth(*published: tuple[str, pl.DataFrame]) -> Figures:
    """Figures computed from the rows the plain way: later rows replace earlier ones."""
    rows: dict[tuple[str, str, dt.datetime], Any] = {}
    for dataset, frame in published:
        for row in frame.iter_rows(named=True):
            rows[dataset, row["channel_id"], row["start_datetime"]] = row["count"]
    found: Figures = {}
    scale = SCHEMA.measures[0].scale
    for (dataset, _, start), value in rows.items():
        if value is None:
            continue
        hour = int(start.timestamp()) // 3600 * 3600
        number, total = found.get((dataset, hour), (0, 0))
        found[dataset, hour] = number + 1, total + int(value.scaleb(scale))
    return found


def sent(one: Made, *, subject: str | None = None, jws: str | None = None) -> list[Arrival]:
    """The messages of a publication as the owner's node sends them."""
    text = one.jws() if jws is None else jws
    manifest = Manifest.read(parse_compact(one.jws(), TYP).payload)
    found = messages(manifest, one.digest(), text, one.blob, subject=subject)
    return [Arrival(message.subject, message.headers, message.body) for message in found]


def with_body(arrival: Arrival, body: bytes) -> Arrival:
    """Another body under the same signature."""
    return replace(arrival, body=body)


def with_headers(arrival: Arrival, changed: Mapping[str, str]) -> Arrival:
    """Other headers."""
    return replace(arrival, headers={**arrival.headers, **changed})


def forwarded(arrival: Arrival, carrier: str, owner: str) -> Arrival:
    """Passed on by a carrier."""
    return replace(arrival, subject=fwd_subject(carrier, owner))


def altered_signature(arrival: Arrival) -> Arrival:
    """One bit of the signature is another."""
    head, _, signature = arrival.headers[MANIFEST_HEADER].rpartition(".")
    swapped = ("B" if signature[4] != "B" else "C") + signature[5:]
    return with_headers(arrival, {MANIFEST_HEADER: f"{head}.{signature[:4]}{swapped}"})


def day(number: int, *, hours: int = 24, add: int = 0, channels: int = 1) -> pl.DataFrame:
    """Hourly rows of a day of the tests' world; `add` makes other values of the same keys."""
    frame = counts(hours, start=DAY + dt.timedelta(days=number), channels=channels)
    return frame.with_columns((pl.col("count") + add).cast(frame.schema["count"]))


def chain(
    frames: Iterable[pl.DataFrame], *, dataset: str = COUNTS, head: Position | None = None
) -> list[Made]:
    """Appends, each behind the one before."""
    found: list[Made] = []
    for frame in frames:
        one = made(counts_draft(frame, dataset=dataset), head)
        head = one.position()
        found.append(one)
    return found


def bare(
    mode: Mode, head: Position, *, dataset: str = COUNTS, abandons: Position | None = None
) -> Made:
    """A publication without rows."""
    known = schema(dataset.split("/")[1])
    draft = draft_bare(
        known,
        dataset,
        mode,
        sharing=Sharing(level=known.sharing_default),
        origin="own",
        licence=known.licence,
    )
    return made(draft, head, abandons=abandons)


def keys_of(frame: pl.DataFrame, known: Any = SCHEMA) -> pl.DataFrame:
    """The rows' primary keys, for withdrawing them."""
    return frame.select(known.key_arrow_schema().names)
