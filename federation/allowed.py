"""Whether a publisher may say these rows here: of whom they are, about how few, for whom (14, 15).

Parts of the steps 14 and 15 that go by the manifest and the rows; `federation.judge` asks them.
"""

import polars as pl

from federation.model import instant_us
from federation.places import covered, place_of
from federation.verify import Finding, Opened, Trust
from schemas.model import DELETED
from schemas.secrecy import below_threshold
from schemas.territory import UnknownTerritoryError


def of_place(opened: Opened, frame: pl.DataFrame) -> Finding | None:
    """14, the place: a publisher speaks for the communes that it covers, and for no other."""
    schema, owner = opened.schema, opened.manifest.owner
    if schema.place is None:
        if place_of(owner) is None and schema.measures:
            return Finding(
                "place",
                f"{owner} is no commune, and {schema.name} doesn't say which one a row is of",
            )
        return None
    if schema.place not in frame.columns:
        return None
    if DELETED in frame.columns:
        frame = frame.filter(~pl.col(DELETED).fill_null(value=False))
    try:
        own = covered(owner)
    except UnknownTerritoryError as error:
        return Finding("place", str(error)[:300])
    strangers = set(frame.get_column(schema.place).unique().to_list()) - own
    if strangers:
        return Finding(
            "place",
            f"{owner} doesn't cover {', '.join(map(str, sorted(strangers, key=str)[:5]))}"[:300],
        )
    return None


def of_secrecy(opened: Opened, frame: pl.DataFrame | None) -> Finding | None:
    """15, what the signed bytes alone prove: rows that may be shown in totals only."""
    manifest = opened.manifest
    if manifest.sharing.level == "aggregate-only":
        if manifest.content is not None and manifest.composition is None:
            return Finding("sharing", "totals only: raw rows never leave the node")
        return None
    if frame is None or manifest.mode == "withdraw":
        return None  # keys of rows to be erased: what could be shown has been
    few = below_threshold(opened.schema, frame)
    if few is None:
        return None
    # which rows is the owner's to know: this goes into receipts
    units = few.unit.replace("_", " ")
    return Finding("secrecy", f"{few.below} of {few.rows} rows: fewer than {few.k} {units}s")


def of_sharing(opened: Opened, trust: Trust) -> Finding | None:
    """15. sharing allowed here."""
    manifest = opened.manifest
    level = manifest.sharing.level
    if level == "partners":
        return Finding("sharing", "for named partners, in clear")
    charter = manifest.sharing.charter
    if charter is not None and not trust.may_receive(charter, manifest.publisher):
        return Finding("sharing", "for members of a charter to which one side doesn't belong")
    if charter is not None and (manifest.mode != "withdraw" or manifest.content is not None):
        # a dataset's withdrawal gives nothing: it is taken whenever it comes
        why = trust.charter_ended(charter, manifest.publisher, instant_us(manifest.issued))
        return Finding("charter-ended", why[:300]) if why else None
    return None
