"""Rows that the schema, the place, the table or the sharing don't allow (steps 14 and 15)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl

from federation.author import draft_rows
from federation.manifest import Sharing
from federation.tables import make_delta
from tests.cases.good import (
    change,
    changed_projects,
    changed_types,
    charter_digest,
    composition,
    figures,
    first_counts,
    first_projects,
    first_types,
    types_change,
)
from tests.cases.kit import KNOWN, Case, message, with_frame
from tests.world import (
    DWELLINGS_DOCUMENT,
    EPCI,
    LUZY,
    NOWHERE,
    SALT,
    TYPES_DOCUMENT,
    Made,
    World,
    all_types,
    counts,
    counts_draft,
    documents,
    dwellings,
    dwellings_draft,
    dwellings_schema,
    later,
    made,
    projects,
    projects_draft,
    schema,
    types_draft,
)


def row_cases() -> Iterator[Case]:
    """All of them."""
    yield from _counts()
    yield from _projects()
    yield from _types()
    yield from _tables()
    yield from _places()
    yield from _compositions()
    yield from _sharing()
    yield from _protected()


def _set(frame: pl.DataFrame, at: int, **values: object) -> pl.DataFrame:
    """One row changed."""
    number = pl.int_range(pl.len())
    return frame.with_columns(
        pl.when(number == at)
        .then(pl.lit(value, frame.schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name, value in values.items()
    )


def _counts() -> Iterator[Case]:
    one, rows = first_counts(), counts()

    def case(name: str, description: str, frame: pl.DataFrame, reason: str = "invalid") -> Case:
        return Case(f"row-{name}", description, (message(with_frame(one, frame)),), reason)

    stated = one.changed(rows=23)
    yield Case(
        "rows-fewer", "The content has 24 rows, the manifest states 23.", (message(stated),), "rows"
    )
    yield case("key-null", "A column of the key is null.", _set(rows, 0, channel_id=None))
    yield case("text-empty", "A text shorter than the schema allows.", _set(rows, 0, channel_id=""))
    yield case(
        "text-long", "A text longer than the schema allows.", _set(rows, 23, counter_id="x" * 201)
    )
    yield case("text-control", "A control character in a text.", _set(rows, 3, counter_id="a\x07b"))
    yield case("count-negative", "A count below zero.", _set(rows, 5, count=Decimal(-1)))
    yield case("time-null", "A start that is null.", _set(rows, 5, start_datetime=None))
    yield case(
        "time-null-everywhere",
        "All starts are null.",
        rows.with_columns(start_datetime=pl.lit(None, rows.schema["start_datetime"])),
    )
    yield case(
        "end-before-start",
        "An interval that ends as it begins.",
        rows.with_columns(end_datetime=pl.col("start_datetime")),
    )
    yield case("unsorted", "Rows in descending order.", rows.reverse())
    yield case(
        "unsorted-text",
        "Texts sorted as people do, not by their bytes.",
        rows.with_columns(channel_id=pl.Series(["a"] * 12 + ["B"] * 12)),
    )
    yield case("duplicate", "A key twice.", _set(rows, 1, start_datetime=rows["start_datetime"][0]))
    yield case(
        "time-beyond",
        "A time in the year 31000.",
        rows.with_columns(
            end_datetime=pl.lit(915_000_000_000_000_000).cast(rows.schema["end_datetime"])
        ),
    )
    early = one.changed(period={"start": later(1), "end": later(24)})
    yield Case("period-before", "A row before the period stated.", (message(early),), "period")
    late = one.changed(period={"start": later(0), "end": later(23)})
    yield Case(
        "period-end",
        "A row at the end of the period, which is not part of it.",
        (message(late),),
        "period",
    )


def _projects() -> Iterator[Case]:
    one, rows = first_projects(), projects()

    def case(name: str, description: str, frame: pl.DataFrame) -> Case:
        return Case(f"entity-{name}", description, (message(with_frame(one, frame)),), "invalid")

    yield case("enum", "A phase that there is not.", _set(rows, 2, phase="Rêve"))
    yield case("pattern", "A date in another form.", _set(rows, 2, createdAt="3 novembre 2025"))
    yield case(
        "pattern-newline",
        "A line feed after a date.",
        _set(rows, 2, createdAt="2025-11-03T08:00:00Z\n"),
    )
    yield case("uuid", "An id that is no UUID.", _set(rows, 3, id="projet-4"))
    yield case("required", "A project without a name.", _set(rows, 2, nom=None))
    yield case("minimum", "A commitment below 1.", _set(rows, 0, theme_manifeste=0))
    yield case("maximum", "A commitment above 10.", _set(rows, 0, theme_manifeste=11))
    yield case("array", "An array that is not JSON.", _set(rows, 0, competences="[1,"))
    yield case("array-object", "An object where an array belongs.", _set(rows, 0, competences="{}"))
    yield case("duplicate", "An entity twice.", _set(rows, 1, id=rows["id"][0]))


def _types() -> Iterator[Case]:
    one, rows = first_types(), all_types()
    trust = (*KNOWN, TYPES_DOCUMENT)

    def case(name: str, description: str, reason: str = "invalid", **values: object) -> Case:
        other = with_frame(one, _set(rows, 1, **values))
        return Case(f"types-{name}", description, (message(other),), reason, trust)

    yield case("minimum", "A decimal one step below the least.", mesure=Decimal("-99.51"))
    yield case("year", "A year before the least.", annee=1799)
    yield case("enum", "A whole number that is not in the list.", rang=1)
    yield case("array", "A list of something else than texts.", liste="[1]")
    yield case("object", "A list where an object belongs.", objet="[]")
    yield case("object-twice", "An object with a key twice.", objet='{"a":1,"a":2}')
    yield case("geopoint", "A latitude above 90.", point="0,91")
    yield case("place", "A commune that the EPCI doesn't cover.", "place", commune="58149")
    beyond = rows.tail(1).with_columns(jour=pl.lit(2_932_897, pl.Int32).cast(pl.Date))
    yield Case(
        "types-date-beyond",
        "A date in the year 10000.",
        (message(with_frame(one, pl.concat([rows.head(5), beyond]))),),
        "invalid",
        trust,
    )
    utf16 = pl.concat([rows.head(4), rows.tail(1), rows.slice(4, 1)])
    yield Case(
        "types-order-utf16",
        "Texts in the order of UTF-16, which is not that of their bytes.",
        (message(with_frame(one, utf16)),),
        "invalid",
        trust,
    )
    delta = types_change().with_columns(commune=pl.lit("58149"))
    draft = types_draft(delta, mode="delta", result=changed_types())
    yield Case(
        "types-delta-place",
        "A change that brings a commune that the EPCI doesn't cover.",
        (message(made(draft, one.position())),),
        "place",
        trust,
        one.position(),
        table=one.blob,
    )


def _tables() -> Iterator[Case]:
    first = first_projects()
    yield Case(
        "result-snapshot",
        "The digest of the table is that of another table.",
        (message(first.changed(result="0f" * 32)),),
        "result",
    )
    yield Case(
        "result-delta",
        "The digest of the table after the change is another.",
        (message(change().changed(result="0f" * 32)),),
        "result",
        head=first.position(),
        table=first.blob,
    )
    yield Case(
        "table-missing",
        "A change to a table that isn't there.",
        (message(change()),),
        "table-missing",
        head=first.position(),
    )
    key = schema("projets").primary_key
    delta = make_delta(projects(), changed_projects(), key)
    broken = delta.with_columns(nom=pl.lit(None, pl.String))
    bad = made(projects_draft(broken, mode="delta", result=changed_projects()), first.position())
    yield Case(
        "entity-delta-required",
        "A change that leaves a project without a name.",
        (message(bad),),
        "invalid",
        head=first.position(),
        table=first.blob,
    )
    twice = pl.concat([delta.slice(0, 1), delta.slice(0, 1), delta.slice(1)])
    doubled = made(projects_draft(twice, mode="delta", result=changed_projects()), first.position())
    yield Case(
        "entity-delta-twice",
        "A change that brings one entity twice.",
        (message(doubled),),
        "invalid",
        head=first.position(),
        table=first.blob,
    )


def _places() -> Iterator[Case]:
    whole = made(counts_draft(dataset=f"{EPCI}/comptage-mobilites"))
    yield Case(
        "place-none",
        "An EPCI is no commune, and the schema doesn't say which one a row is of.",
        (message(whole),),
        "place",
    )
    strange = figures().with_columns(place=pl.Series(["12011", "58149"]))
    yield Case(
        "place-strange",
        "A composition of an EPCI with a commune that is not its own.",
        (message(with_frame(composition(), strange)),),
        "place",
    )
    lost = composition().changed(dataset=f"{NOWHERE}/synthese", publisher=NOWHERE)
    yield Case(
        "place-unknown-territory",
        "A composition of an EPCI that the vintage doesn't know: it covers nothing.",
        (message(Made(lost.payload, lost.blob, NOWHERE)),),
        "place",
        trust=(*KNOWN, f"identity-{NOWHERE}-1.json"),
    )


def _compositions() -> Iterator[Case]:
    one = composition()
    claim = one.payload["composition"]

    def case(name: str, description: str, other: Made, reason: str = "composition") -> Case:
        return Case(f"composition-{name}", description, (message(other),), reason)

    yield case(
        "inputs",
        "The Merkle root is that of other inputs.",
        one.changed(composition={**claim, "inputs": {**claim["inputs"], "root": "0f" * 32}}),
    )
    yield case(
        "inputs-count",
        "Another number of inputs.",
        one.changed(composition={**claim, "inputs": {**claim["inputs"], "count": 3}}),
    )
    yield case(
        "figures",
        "The digest is that of other figures.",
        one.changed(composition={**claim, "figures": "0f" * 32}),
    )
    yield case(
        "measures",
        "A measure that the claim doesn't name.",
        one.changed(composition={**claim, "measures": ["projets.id"]}),
    )
    yield case(
        "window",
        "Days, where the claim says months.",
        one.changed(
            composition={
                **claim,
                "window": "month",
                "days": {"start": "2026-03-01", "end": "2026-04-01"},
            }
        ),
    )
    yield case("no-claim", "Rows of a composition without a claim.", one.changed(composition=None))
    yield case(
        "of-counts",
        "A claim about rows that are no composition.",
        first_counts().changed(composition=claim),
    )
    yield case(
        "method",
        "A method that this wire version doesn't know.",
        one.changed(composition={**claim, "method": "cells-2"}),
        "manifest",
    )
    yield case(
        "backwards",
        "Days that end before they begin.",
        one.changed(composition={**claim, "days": {"start": "2026-03-20", "end": "2026-03-19"}}),
        "manifest",
    )
    yield case(
        "no-days",
        "A window of days, and no days.",
        one.changed(composition={**claim, "days": None}),
        "manifest",
    )
    yield case(
        "coverage",
        "More received than expected.",
        one.changed(composition={**claim, "coverage": {**claim["coverage"], "received": 11}}),
        "manifest",
    )
    rows = counts()
    alien = World({"schema-synthese-9.9.9.json": documents()["schema-synthese-9.9.9.json"]})
    (other,) = alien.schemas.values()
    draft = draft_rows(other, f"{EPCI}/synthese", rows, salt=SALT, mode="append")
    foreign = made(draft).changed(composition=claim)
    yield Case(
        "composition-other-schema",
        "A schema of that name with other columns.",
        (message(foreign),),
        "place",
        trust=(*KNOWN, "schema-synthese-9.9.9.json"),
    )
    local = made(
        draft_rows(other, f"{LUZY}/synthese", rows, salt=SALT, mode="append"), by=f"{LUZY} 2"
    ).changed(composition=claim)
    yield Case(
        "composition-other-columns",
        "Likewise of a commune, so that the claim is looked at.",
        (message(local),),
        "composition",
        trust=(*KNOWN, "schema-synthese-9.9.9.json"),
    )


def _sharing() -> Iterator[Case]:
    raw = made(counts_draft(sharing=Sharing(level="aggregate-only")))
    yield Case(
        "sharing-aggregate-only",
        "Raw rows under `aggregate-only`: they never leave the node.",
        (message(raw),),
        "sharing",
    )
    clear = made(counts_draft(sharing=Sharing(level="partners")))
    yield Case(
        "sharing-partners-in-clear", "For named partners, in clear.", (message(clear),), "sharing"
    )
    shared = made(counts_draft(sharing=Sharing(level="federation", charter=charter_digest())))
    yield Case(
        "sharing-receiver-outside",
        "The receiver is no member of the charter.",
        (message(shared),),
        "sharing",
        receiver=LUZY,
    )
    outside = made(
        counts_draft(
            dataset=f"{LUZY}/comptage-mobilites",
            sharing=Sharing(level="federation", charter=charter_digest()),
        ),
        by=f"{LUZY} 2",
    )
    yield Case(
        "sharing-publisher-outside",
        "The publisher is no member of the charter.",
        (message(outside),),
        "sharing",
    )


def _protected() -> Iterator[Case]:
    """Rows about too few households, at another level than totals only."""
    trust = (*KNOWN, DWELLINGS_DOCUMENT)
    before = dwellings(bourg=212, gare=11)

    def case(name: str, description: str, one: Made, **more: Any) -> Case:
        return Case(f"secrecy-{name}", description, (message(one),), "secrecy", trust=trust, **more)

    few = dwellings(bourg=212, gare=10)
    yield case(
        "below", "A row about 10 households, of which 11 are protected.", made(dwellings_draft(few))
    )
    yield case(
        "unknown",
        "A row that doesn't say about how many households it is.",
        made(dwellings_draft(dwellings(bourg=212, gare=None))),
    )
    first = made(dwellings_draft(before))
    delta = make_delta(before, few, dwellings_schema().primary_key)
    yield case(
        "delta-below",
        "A change after which a row is about too few.",
        made(dwellings_draft(delta, mode="delta", result=few), first.position()),
        head=first.position(),
        table=first.blob,
    )
    yield case(
        "partners-below",
        "The rows alone prove it, whoever receives them: this is said before the level in clear.",
        made(dwellings_draft(few, sharing=Sharing(level="partners"))),
    )
    raw = made(dwellings_draft(before, sharing=Sharing(level="aggregate-only")))
    yield Case(
        "secrecy-raw-totals",
        "Rows above the threshold, under `aggregate-only`: that level has no rows at all.",
        (message(raw),),
        "sharing",
        trust=trust,
    )
