"""What a client hands out: frames, and where each figure in them comes from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import polars as pl

from federation.chain import Head
from federation.following import Decided
from federation.judge import Publication
from federation.manifest import Manifest
from federation.reasons import REASONS
from federation.tabular import defused
from federation.verify import Finding
from schemas.model import Schema

Sayer = Literal["here", "node"]


@dataclass(frozen=True, slots=True)
class Signed:
    """A publication that was verified here.

    Attributes:
        digest: Of its manifest: what it is called everywhere.
        dataset: Id.
        owner: Whose data it is.
        signer: Whose key signed.
        custodian: Who operates the machine that holds that key.
        epoch: Place in the chain, with `sequence`.
        sequence: See epoch.
        mode: `append`, `snapshot`, `delta`, `unchanged` or `withdraw`.
        rows: Rows that it carries.
        issued: By the signer's clock, RFC 3339.
        period: First and last instant of its rows, the last one not included; None for registers.
        sharing: Sharing level.
        origin: What the signature claims: `own`, `delegated`, `relayed`, `simulated`.
        licence: SPDX id.
        schema: Name and version.
    """

    digest: str
    dataset: str
    owner: str
    signer: str
    custodian: str
    epoch: int
    sequence: int
    mode: str
    rows: int
    issued: str
    period: tuple[str, str] | None
    sharing: str
    origin: str
    licence: str
    schema: str

    @property
    def simulated(self) -> bool:
        """Whether the rows are simulated; wherever they are shown, this is said."""
        return self.origin == "simulated"


@dataclass(frozen=True, slots=True)
class Unverified:
    """A publication that wasn't accepted, and why.

    Attributes:
        digest: Of its manifest; None where it couldn't be read.
        dataset: Id.
        epoch: Place in the chain; None where it couldn't be read.
        sequence: See epoch.
        verdict: `refused`, `held` or `transport-fault`.
        code: Reason code (docs/wire.md, section 6).
        meaning: The code in words.
        detail: What exactly; from others, so show it as text only.
        by: `here`: verified here; `node`: the node says so, and the content isn't at hand.
    """

    digest: str | None
    dataset: str
    epoch: int | None
    sequence: int | None
    verdict: str
    code: str
    meaning: str
    detail: str
    by: Sayer = "here"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a dataset, each from a publication that was verified here.

    Attributes:
        dataset: Id.
        frame: `codgeo` and `libgeo` where a row has a place, then the schema's columns.
        schema: Of the rows.
        publications: What the rows follow from, in order.
        refused: Publications of the owner that don't count, and why.
        missing: What should be there and isn't; empty unless `partial=True` was asked.
        head: The last publication that took its place in the chain.
        notes: What else should be known, as sentences.
    """

    dataset: str
    frame: pl.DataFrame
    schema: Schema
    publications: tuple[Signed, ...]
    refused: tuple[Unverified, ...]
    missing: tuple[Unverified, ...]
    head: Head
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing that the chain names is missing."""
        return not self.missing

    @property
    def simulated(self) -> bool:
        """Whether something in it is simulated."""
        return any(one.simulated for one in self.publications)

    @property
    def licences(self) -> tuple[str, ...]:
        """SPDX ids, each once."""
        return tuple(sorted({one.licence for one in self.publications}))

    @property
    def custodians(self) -> tuple[str, ...]:
        """Who operates the keys that signed."""
        return tuple(sorted({one.custodian for one in self.publications}))

    def write_csv(self, path: str | Path, *, separator: str = ",") -> None:
        """Write the rows as CSV for a spreadsheet.

        UTF-8 with the mark that Excel needs to see the accents; a French Excel wants `;`. Texts
        that it would run as formulas get an apostrophe in front.
        """
        defused(self.frame).write_csv(
            path,
            separator=separator,
            include_bom=True,
            datetime_format="%Y-%m-%dT%H:%M:%SZ",
        )


@dataclass(frozen=True, slots=True)
class Verification:
    """What recomputing a view from verified publications says.

    Attributes:
        answer: `equal`: every figure follows; `differs`: some don't; `partly`: those that could be
            computed here are equal, but not all could.
        differences: `codgeo` (null for the territory), `window`, `figure`, `node`, `here`.
        compared: How many figures were compared.
        contributors: A row for each dataset and each body expected: `participant`, `dataset`,
            `state` (`verified`, `not-recomputable`, `nothing`; `withheld`: not open, and in neither
            figures, as no token was given), `code`, `epoch`, `sequence`, `digest`,
            `publications`, `simulated`.
    """

    answer: Literal["equal", "differs", "partly"]
    differences: pl.DataFrame
    compared: int
    contributors: pl.DataFrame

    @property
    def not_recomputable(self) -> tuple[str, ...]:
        """Datasets that are in the node's figures and couldn't be had whole and verified."""
        return self._of("not-recomputable", "dataset")

    @property
    def missing(self) -> tuple[str, ...]:
        """Bodies from which figures are expected and of which nothing is here."""
        return self._of("nothing", "participant")

    def _of(self, state: str, column: str) -> tuple[str, ...]:
        found = self.contributors.filter(pl.col("state") == state)
        return tuple(found.get_column(column).to_list())


@dataclass(frozen=True, slots=True)
class Figures:
    """What a node says of a measure in a territory, and what was found when it was recomputed.

    Attributes:
        territory: Id.
        name: Of the territory.
        measure: Schema and field.
        window: Kind of window.
        vintage: Year of the territory data.
        totals: A row a window: `window`, `count`, `sum`, `mean`, `min`, `max`, and how many bodies
            are `expected`, `received`, `late`, `refused`, `withheld`, `suppressed`, `awaited`.
        rows: A row a commune and window: `codgeo`, `libgeo`, `window`, the figures.
        coverage: Bodies by state over all windows: names as in `totals`, each a list of ids; and
            `communes`, `communesTotal`.
        simulated: Something in it is simulated.
        verification: With `verify="recompute"`, else None: the figures are the node's word.
    """

    territory: str
    name: str
    measure: str
    window: str
    vintage: int
    totals: pl.DataFrame
    rows: pl.DataFrame
    coverage: dict[str, list[str] | int | None]
    simulated: bool
    verification: Verification | None


@dataclass(frozen=True, slots=True)
class Event:
    """A publication that came, in the order in which the node received it.

    Attributes:
        position: Resume after this one.
        digest: Of the manifest.
        dataset: Id.
        received: When the node received it, by its own clock.
        signed: If it was verified here; else None.
        frame: Its rows, if it carries some and was verified; for `withdraw` keys, for `delta` with
            the column `_deleted`.
        reason: Why it wasn't verified; None if it was.
        labels: Names of the schema by language.
    """

    position: str
    digest: str
    dataset: str
    received: str
    signed: Signed | None
    frame: pl.DataFrame | None
    reason: Unverified | None
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def verified(self) -> bool:
        """Whether all fifteen steps hold, here."""
        return self.signed is not None


def signed_of(publication: Publication) -> Signed:
    """Where rows come from, for people."""
    manifest = publication.manifest
    named, period = manifest.schema_ref, manifest.period
    return Signed(
        digest=publication.digest,
        dataset=manifest.dataset,
        owner=manifest.owner,
        signer=manifest.publisher,
        custodian=publication.key.custodian,
        epoch=manifest.epoch,
        sequence=manifest.sequence,
        mode=manifest.mode,
        rows=manifest.rows,
        issued=manifest.issued,
        period=None if period is None else (period.start, period.end),
        sharing=manifest.sharing.level,
        origin=manifest.origin,
        licence=manifest.licence,
        schema=f"{named.name} {named.version}",
    )


def unverified_of(dataset: str, decided: Decided, *, by: Sayer = "here") -> Unverified:
    """Why a publication wasn't accepted, for people."""
    assert decided.finding is not None
    return unverified(dataset, decided.digest, decided.manifest, decided.finding, by=by)


def unverified(
    dataset: str,
    digest: str | None,
    manifest: Manifest | None,
    finding: Finding,
    *,
    by: Sayer = "here",
) -> Unverified:
    """A finding for people."""
    reason = REASONS[finding.code]
    return Unverified(
        digest=digest,
        dataset=dataset if manifest is None else manifest.dataset,
        epoch=None if manifest is None else manifest.epoch,
        sequence=None if manifest is None else manifest.sequence,
        verdict=reason.verdict.value,
        code=finding.code,
        meaning=reason.meaning,
        detail=(finding.detail or finding.missing)[:300],
        by=by,
    )


_FIGURES: Final = ("sum", "mean", "min", "max")
_DIVIDED: Final = ("ratio", "weighted_mean")
"""Columns of measures that have them only."""
_DECIMAL_MAX_DIGITS: Final = 38


def figure_columns(entries: Sequence[dict[str, object]]) -> list[pl.Series]:
    """`count` as a number, the other figures as exact decimals.

    A figure of more digits than a decimal of polars holds (38) leaves its column as text.
    """
    found = [pl.Series("count", [one.get("count") for one in entries], dtype=pl.Int64)]
    divided = [name for name in _DIVIDED if any(name in one for one in entries)]
    names = (*_FIGURES, *divided)
    return found + [decimals(name, [one.get(name) for one in entries]) for name in names]


def decimals(name: str, values: Iterable[object]) -> pl.Series:
    """A column of decimal texts as decimals of one scale, exactly."""
    texts = [None if one is None else str(one) for one in values]
    scale = max((len(one.partition(".")[2]) for one in texts if one is not None), default=0)
    whole = max(
        (len(one.partition(".")[0].lstrip("-")) for one in texts if one is not None), default=0
    )
    column = pl.Series(name, texts, dtype=pl.String)
    if whole + scale > _DECIMAL_MAX_DIGITS:
        return column
    return column.cast(pl.Decimal(_DECIMAL_MAX_DIGITS, scale))
