"""Compositions: figures of closed windows as rows to be signed, and their recomputation.

A row is one cell, with the publication up to which its dataset was counted. What binds them:

- **inputs**: the Merkle root of RFC 6962 over the distinct inputs, ascending by dataset (UTF-8
  bytes), epoch, sequence and digest; a leaf is the text `<dataset> <epoch> <sequence> <digest>`;
- **figures**: the digest of the canonical table (`schemas.canonical`) of the figure columns only,
  so that it is the same however the inputs were cut.

A composition built on another holds only the rows changed since; root and digest are always those
of the whole table.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

import polars as pl

from federation import merkle
from federation.cells import Cell, CellKey, merge_cells, roll_up
from federation.composition_claim import (
    METHOD,
    CompositionClaim,
    CoverageClaim,
    InputsClaim,
    LocalDays,
    WindowKind,
)
from federation.errors import MalformedError, StateError
from federation.figures import decimal_text, steps_of
from federation.windows import FINENESS, closed, label, timezones_version, window_of
from schemas.canonical import table_digest
from schemas.catalogue import bundled
from schemas.model import DELETED, Schema
from schemas.territory import timezone_of as timezone_of_commune

SCHEMA: Final = "synthese"
VERSION: Final = "1.0.0"
"""Name and version of the schema of compositions made by the method `cells-1`."""

KEY: Final = ("measure", "dataset", "place", "window", "window_start")
FIGURES: Final = ("count", "total", "squares", "minimum", "maximum")
INPUT: Final = ("input_epoch", "input_sequence", "input_digest")
_FIGURE_COLUMNS: Final = frozenset((*KEY, *FIGURES))


class Input(NamedTuple):
    """The publication up to which a dataset was counted.

    Attributes:
        dataset: Id.
        epoch: Of the publication.
        sequence: Of the publication.
        digest: Of its manifest; the chain binds all before it.
    """

    dataset: str
    epoch: int
    sequence: int
    digest: str


def row_schema() -> Schema:
    """Return the schema of the rows."""
    found = bundled().get(SCHEMA, VERSION)
    assert found is not None, "the schema of compositions comes with the program"
    return found


def closed_windows(
    cells: Mapping[CellKey, Cell],
    now: int,
    *,
    timezone_of: Callable[[str], str] = timezone_of_commune,
) -> dict[CellKey, Cell]:
    """Keep the cells that a composition may hold: of windows that end with a day that is over.

    Args:
        cells: Of any windows. Hours stay only if their whole local day is over. Registers have no
            window, and stay.
        now: Seconds since 1970 UTC.
        timezone_of: IANA zone of a place.
    """
    over: dict[tuple[WindowKind, int, str], bool] = {}
    kept: dict[CellKey, Cell] = {}
    for key, cell in cells.items():
        if key.window == "none":
            kept[key] = cell
            continue
        tz = timezone_of(key.place)
        known = over.get((key.window, key.start, tz))
        if known is None:
            if key.window == "hour":
                known = closed("day", window_of(key.start, "day", tz), tz, now)
            else:
                known = closed(key.window, key.start, tz, now)
            over[key.window, key.start, tz] = known
        if known:
            kept[key] = cell
    return kept


def by_day(
    cells: Mapping[CellKey, Cell], *, timezone_of: Callable[[str], str] = timezone_of_commune
) -> dict[str, dict[CellKey, Cell]]:
    """Roll series up to days, and bring together what has the same date in its own place.

    Args:
        cells: Of hours and days; registers' have no day, and are left out.
        timezone_of: IANA zone of a place.

    Returns:
        By label (`2026-11-22`), ascending. A day's cells begin at different instants where their
        places lie in different zones.
    """
    days: dict[str, dict[CellKey, Cell]] = {}
    for key, cell in roll_up(cells, "day", timezone_of=timezone_of).items():
        if key.window == "day":
            day = label("day", key.start, timezone_of(key.place))
            days.setdefault(day, {})[key] = cell
    return dict(sorted(days.items()))


def build(cells: Mapping[CellKey, Cell], inputs: Mapping[str, Input]) -> pl.DataFrame:
    """Return the rows of a composition.

    Args:
        cells: Of closed windows.
        inputs: By dataset id: the publication up to which it is counted.

    Returns:
        The columns of the schema `synthese`, ascending by key.

    Raises:
        DoubleCountError: Two cells differ in their vintage only.
        StateError: `composition-input`: no input is known for a dataset.
    """
    names = (*KEY, *FIGURES, *INPUT)
    columns: dict[str, list[object]] = {name: [] for name in names}
    for key, cell in merge_cells((cells.items(),)).items():
        source = inputs.get(key.dataset)
        if source is None:
            raise StateError(
                f"{key.dataset}: not known up to which publication it was counted",
                code="composition-input",
                remedy="take cells and inputs from the same state of the store",
            )
        row = (
            key.measure,
            key.dataset,
            key.place,
            key.window,
            key.start,
            *_texts(cell),
            *source[1:],
        )
        for name, value in zip(names, row, strict=True):
            columns[name].append(value)
    starts = pl.Series(columns.pop("window_start"), dtype=pl.Int64)
    types = dict(row_schema().polars_schema())
    moments = pl.Series("window_start", starts * 1_000_000).cast(types["window_start"])
    frame = pl.DataFrame({**columns, "window_start": moments}, schema_overrides=types)
    return frame.select(*types).sort(KEY)


def cells_from(frame: pl.DataFrame, vintage: int) -> dict[CellKey, Cell]:
    """Return the cells that the rows of a composition say.

    Args:
        frame: The columns of the schema `synthese`.
        vintage: That of the composition's claim.

    Raises:
        DoubleCountError: A row is there twice.
        ExactnessError: A figure passes 128 bits.
        MalformedError: `cell-impossible` or `figure-form`: no values have these figures, or they
            are not written as they must be.
    """
    starts = frame["window_start"].dt.epoch("us") // 1_000_000
    rows = frame.with_columns(window_start=starts).select(*KEY, *FIGURES).iter_rows()
    read = (
        (CellKey(dataset, measure, place, _kind(window), start, vintage), _cell(*figures))
        for measure, dataset, place, window, start, *figures in rows
    )
    return merge_cells((read,))


def inputs_of(frame: pl.DataFrame) -> tuple[Input, ...]:
    """Return the distinct inputs of some rows, ascending."""
    rows = frame.select("dataset", *INPUT).unique().iter_rows()
    return tuple(sorted(Input(*row) for row in rows))


def inputs_root(inputs: Collection[Input]) -> str:
    """Return the Merkle root of inputs: of the distinct ones, ascending.

    Returns:
        64 hex digits. For no inputs the root of the empty tree, SHA-256 of nothing.
    """
    ordered = sorted(set(inputs))
    return merkle.root(" ".join(str(part) for part in item).encode() for item in ordered)


def figures_digest(frame: pl.DataFrame) -> str:
    """Return the digest of the figures: of the canonical table without the input columns."""
    fields = tuple(field for field in row_schema().wire_fields if field.name in _FIGURE_COLUMNS)
    return table_digest(frame.select(field.name for field in fields), KEY)


def claim_of(
    frame: pl.DataFrame,
    *,
    territory: str,
    vintage: int,
    window: WindowKind,
    days: LocalDays | None,
    coverage: CoverageClaim,
    charter: str | None = None,
    base: str | None = None,
) -> CompositionClaim:
    """Return what a composition says of itself.

    Args:
        frame: The whole table, also where the content holds changed rows only.
        territory: Id.
        vintage: Year of the territory data.
        window: Kind to which series are rolled up.
        days: Local days covered; None for window `none`.
        coverage: How complete it is.
        charter: Digest of the charter, if any.
        base: Digest of the composition that it builds on, if any.
    """
    inputs = inputs_of(frame)
    measures = tuple(sorted(frame["measure"].unique()))
    return CompositionClaim(
        territory=territory,
        vintage=vintage,
        measures=measures or None,
        window=window,
        days=days,
        method=METHOD,
        timezones=timezones_version(),
        charter=charter,
        inputs=InputsClaim(root=inputs_root(inputs), count=len(inputs)),
        figures=figures_digest(frame),
        base=base,
        coverage=coverage,
    )


def misfits(claim: CompositionClaim, frame: pl.DataFrame) -> tuple[str, ...]:
    """Return in which points a claim doesn't fit the whole table of rows; empty if it does.

    Returns:
        Of `inputs`, `figures`, `measures` and `window`.
    """
    inputs = inputs_of(frame)
    kinds = set(frame["window"].unique()) - {"none"}
    measures = set(frame["measure"].unique())
    fits = {
        "inputs": claim.inputs == InputsClaim(root=inputs_root(inputs), count=len(inputs)),
        "figures": claim.figures == figures_digest(frame),
        "measures": claim.measures is None or measures <= set(claim.measures),
        "window": kinds <= {claim.window},
    }
    return tuple(point for point, holds in fits.items() if not holds)


def changed_rows(
    base: pl.DataFrame, new: pl.DataFrame, void: Collection[Input] = ()
) -> pl.DataFrame:
    """Return what to publish so that the figures of `base` become those of `new`.

    A row whose figures are unchanged keeps the input that it had, however far its dataset has come
    since; so a day's composition holds that day and what was corrected.

    Args:
        base: The table before.
        new: The table to reach.
        void: Inputs that no longer hold (revoked, given up): their rows are taken from `new`.

    Returns:
        Rows new or changed, and those that are no more, with the column `_deleted` and nothing but
        the key; ascending by key.
    """
    old = base.with_columns(pl.Series("_void", _among(base, void), dtype=pl.Boolean))
    kept = old.filter(~pl.col("_void")).select(*KEY, *FIGURES)
    changed = new.join(kept, on=[*KEY, *FIGURES], how="anti", nulls_equal=True)
    gone = base.join(new, on=list(KEY), how="anti").with_columns(
        pl.lit(None).cast(base.schema[name]).alias(name) for name in (*FIGURES, *INPUT)
    )
    return pl.concat(
        [
            changed.with_columns(pl.lit(value=False).alias(DELETED)),
            gone.select(changed.columns).with_columns(pl.lit(value=True).alias(DELETED)),
        ]
    ).sort(KEY)


def apply_changes(base: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Return the whole table after changes: that of which claim and result are made."""
    kept = base.join(changes, on=list(KEY), how="anti")
    added = changes.filter(~pl.col(DELETED)).drop(DELETED)
    return pl.concat([kept, added.select(kept.columns)]).sort(KEY)


def _texts(cell: Cell) -> tuple[object, ...]:
    """Return a cell's figures as a row has them."""
    if cell.minimum is None or cell.maximum is None:
        return cell.count, None, None, None, None
    return (
        cell.count,
        decimal_text(cell.total, cell.scale),
        decimal_text(cell.squares, 2 * cell.scale),
        decimal_text(cell.minimum, cell.scale),
        decimal_text(cell.maximum, cell.scale),
    )


def _cell(count: int, *figures: str | None) -> Cell:
    """Read a row's figures: total, squares, minimum and maximum."""
    total, squares, minimum, maximum = figures
    if count < 1:
        raise _misformed(f"a count of {count}: what is absent has no row")
    if total is None or squares is None or minimum is None or maximum is None:
        if any(figure is not None for figure in figures):
            raise _misformed("some figures are there and some are not")
        return Cell(count, 0, 0, None, None, 0)
    (steps, scale), (low, low_scale), (high, high_scale) = map(steps_of, (total, minimum, maximum))
    area, area_scale = steps_of(squares)
    if not low_scale == high_scale == scale or area_scale != 2 * scale:
        raise _misformed(f"{total}, {squares}, {minimum}, {maximum}: of unlike scales")
    return Cell(count, steps, area, low, high, scale).checked()


def _kind(text: str) -> WindowKind:
    for kind in FINENESS:
        if kind == text:
            return kind
    raise _misformed(f"{text[:80]!r} is no kind of window")


def _misformed(why: str) -> MalformedError:
    return MalformedError(
        f"a row of a composition: {why}",
        code="figure-form",
        remedy="ask its author to compose it again",
    )


def _among(frame: pl.DataFrame, inputs: Collection[Input]) -> list[bool]:
    held = frozenset(inputs)
    if not held:
        return [False] * len(frame)
    return [row in held for row in frame.select("dataset", *INPUT).iter_rows()]
