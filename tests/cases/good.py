"""Cases that every verifier accepts."""

from collections.abc import Iterator
from functools import cache

import polars as pl

from federation.author import draft_bare, draft_rows
from federation.cell import Cell, CellKey
from federation.composition import Input, build, claim_of
from federation.composition_claim import CoverageClaim, LocalDays, ReadingsClaim
from federation.ids import fwd_subject
from federation.manifest import Sharing
from federation.model import Position
from federation.tables import make_delta
from tests.cases.kit import KNOWN, Case, carrying, message, messages, plain, raw_frame
from tests.world import (
    ARVIEU,
    COUNTS,
    DWELLINGS_DOCUMENT,
    EPCI,
    LUZY,
    PROJECTS,
    SALT,
    SEGUR,
    TYPES_DOCUMENT,
    Made,
    World,
    all_types,
    chain_of,
    counts,
    counts_draft,
    documents,
    dwellings,
    dwellings_draft,
    dwellings_schema,
    made,
    projects,
    projects_draft,
    schema,
    types_draft,
    types_schema,
)

SUMMARY = f"{EPCI}/synthese"
MIDNIGHT = 1_773_874_800
"""2026-03-19 00:00 in Paris."""


@cache
def first_counts() -> Made:
    """A day of counts, the first publication of its dataset."""
    return made(counts_draft())


@cache
def first_projects() -> Made:
    """Four projects, the first publication of the register."""
    return made(projects_draft())


def changed_projects() -> pl.DataFrame:
    """The register after a change: one gone, one changed, one new."""
    return pl.concat(
        [projects(range(1, 2)), projects(range(2, 3), phase="Idée"), projects(range(4, 6))]
    )


@cache
def change() -> Made:
    """The change as a delta."""
    before, after = projects(), changed_projects()
    delta = make_delta(before, after, schema("projets").primary_key)
    return made(projects_draft(delta, mode="delta", result=after), first_projects().position())


def charter_digest() -> str:
    """Of the one charter."""
    (digest,) = World({name: documents()[name] for name in KNOWN}).charters
    return digest


def figures() -> pl.DataFrame:
    """Rows of a composition: one day of two communes."""

    def key(place: str) -> CellKey:
        owner = f"fr-com-{place}/comptage-mobilites"
        return CellKey(owner, "comptage-mobilites.count", place, "day", MIDNIGHT, 2026)

    cells = {key("12011"): Cell(24, 456, 11_664, 0, 39, 0), key("12266"): Cell(2, 7, 25, 3, 4, 0)}
    inputs = {
        f"{owner}/comptage-mobilites": Input(f"{owner}/comptage-mobilites", 1, number, digest)
        for owner, number, digest in ((ARVIEU, 1, "ab" * 32), (SEGUR, 12, "cd" * 32))
    }
    return build(cells, inputs)


@cache
def composition(level: str = "open", base: str | None = None) -> Made:
    """A signed composition of an EPCI."""
    rows = figures()
    claim = claim_of(
        rows,
        territory=EPCI,
        vintage=2026,
        window="day",
        days=LocalDays(start="2026-03-19", end="2026-03-20"),
        coverage=CoverageClaim(
            expected=10,
            received=2,
            late=8,
            refused=0,
            withheld=0,
            suppressed=0,
            readings=ReadingsClaim(received=26, expected=240),
        ),
        base=base,
    ).model_copy(update={"timezones": "2026a"})
    draft = draft_rows(
        schema("synthese"),
        SUMMARY,
        rows,
        salt=SALT,
        mode="append",
        composition=claim,
        sharing=Sharing.model_validate({"level": level}),
    )
    return made(draft)


@cache
def long_counts() -> Made:
    """A content in two parts; its frame holds raw blocks, which every decoder must take."""
    one = made(counts_draft(counts(hours=12 * 365, channels=3)))
    data = plain(one)
    return carrying(one, raw_frame(data), len(data))


def good() -> Iterator[Case]:
    """All cases that are accepted."""
    yield from _series()
    yield from _register()
    yield from _types()
    yield from _chains()
    yield from _others()
    yield from _protected()


def _series() -> Iterator[Case]:
    one = first_counts()
    yield Case(
        "append-first", "The first publication of a series: a day of counts.", (message(one),)
    )
    yield Case(
        "append-next",
        "The next one: `previous` names the digest of the head.",
        (message(chain_of(ARVIEU, 2)[1][0]),),
        head=chain_of(ARVIEU, 2)[0][1],
    )
    yield Case(
        "append-in-parts",
        "A content in two parts, each message with the whole manifest.",
        messages(long_counts()),
    )
    yield Case(
        "append-in-parts-disordered",
        "Parts come in any order.",
        tuple(reversed(messages(long_counts()))),
    )
    yield Case(
        "append-forwarded",
        "Forwarded unchanged under its carrier's prefix: the owner is read from the manifest.",
        (message(one, subject=fwd_subject(LUZY, ARVIEU)),),
    )
    yield Case(
        "append-from-bundle",
        "From a bundle: there is no subject and no carrier.",
        (message(one, subject=None),),
    )
    yield Case(
        "append-with-other-headers",
        "Other headers are other tools' and are never believed.",
        (
            message(
                one,
                headers={"ce-id": "nothing", "traceparent": "00-0-0-00", "Maillage-Part": "1/1"},
            ),
        ),
    )
    yield Case(
        "append-unknown-count",
        "A count that is null is unknown; it is not zero.",
        (
            message(
                made(
                    counts_draft(counts().with_columns(count=pl.lit(None, counts()["count"].dtype)))
                )
            ),
        ),
    )
    keys = counts().select(schema("comptage-mobilites").primary_key).head(2)
    yield Case(
        "withdraw-rows",
        "Two rows are taken back: the content holds their keys only.",
        (message(made(counts_draft(keys, mode="withdraw"), one.position())),),
        head=one.position(),
    )


def _register() -> Iterator[Case]:
    one = first_projects()
    yield Case("snapshot-first", "A register as a whole.", (message(one),))
    yield Case(
        "snapshot-empty",
        "A register without any entity: a snapshot may hold no row.",
        (message(made(projects_draft(projects().clear()))),),
    )
    yield Case(
        "delta",
        "One entity gone, one changed, one new; `result` is the digest of the table after it.",
        (message(change()),),
        head=one.position(),
        table=one.blob,
    )
    keys = projects().select("id").head(1)
    yield Case(
        "withdraw-entities",
        "An entity is taken back from a register.",
        (message(made(projects_draft(keys, mode="withdraw"), one.position())),),
        head=one.position(),
        table=one.blob,
    )


@cache
def first_types() -> Made:
    """A register with a column of every type."""
    return made(types_draft())


def changed_types() -> pl.DataFrame:
    """It after a change: the first entity gone, the last one changed."""
    rows = all_types()
    closed = rows.tail(1).with_columns(ouvert=pl.lit(value=False))
    return pl.concat([rows.slice(1, rows.height - 2), closed])


def types_change() -> pl.DataFrame:
    """The change as a delta."""
    return make_delta(all_types(), changed_types(), types_schema().primary_key)


def _types() -> Iterator[Case]:
    one, trust = first_types(), (*KNOWN, TYPES_DOCUMENT)
    yield Case(
        "snapshot-all-types",
        "Every type of the wire at its edges; texts ascend by their UTF-8 bytes, not as UTF-16.",
        (message(one),),
        trust=trust,
    )
    delta = types_draft(types_change(), mode="delta", result=changed_types())
    yield Case(
        "delta-all-types",
        "A change that takes an entity away: of its row only the key counts, the place is null.",
        (message(made(delta, one.position())),),
        trust=trust,
        head=one.position(),
        table=one.blob,
    )


def _bare(mode: str, dataset: str, head: Position) -> Made:
    name = dataset.partition("/")[2]
    draft = draft_bare(
        schema(name),
        dataset,
        "unchanged" if mode == "unchanged" else "withdraw",
        sharing=Sharing(level="open"),
        origin="own",
        licence="etalab-2.0",
    )
    return made(draft, head)


def _chains() -> Iterator[Case]:
    one = first_counts()
    yield Case(
        "unchanged",
        "The heartbeat: nothing new, no content, an empty body.",
        (message(_bare("unchanged", COUNTS, one.position())),),
        head=one.position(),
    )
    yield Case(
        "withdraw-all",
        "A whole dataset is taken back: no content.",
        (message(_bare("withdraw", PROJECTS, first_projects().position())),),
        head=first_projects().position(),
        table=first_projects().blob,
    )
    yield Case(
        "unchanged-composition",
        "A heartbeat of compositions has no rows, so no claim about rows.",
        (message(_bare("unchanged", SUMMARY, composition().position())),),
        head=composition().position(),
    )
    chain = chain_of(ARVIEU, 4)
    second, last = chain[1][1], chain[3][1]
    yield Case(
        "epoch-after-head",
        "A new epoch after the head: the owner restored its node and lost nothing that was sent.",
        (message(made(counts_draft(), last, abandons=last)),),
        head=last,
        decided=tuple(position for _, position in chain),
    )
    yield Case(
        "epoch-before-head",
        "A new epoch that gives up what came after 1/2: those rows are void, the receiver follows.",
        (message(made(counts_draft(), second, abandons=last)),),
        head=last,
        decided=tuple(position for _, position in chain),
    )
    yield Case(
        "revoked-key-last-good",
        "A key that was revoked stays good up to the last good head that its owner named.",
        (message(chain_of(LUZY, 2)[1][0]),),
        head=chain_of(LUZY, 2)[0][1],
    )
    renewed = made(
        counts_draft(dataset=f"{LUZY}/comptage-mobilites"), chain_of(LUZY, 2)[1][1], by=f"{LUZY} 2"
    )
    yield Case(
        "renewed-key",
        "The key of the second identity document signs on from there.",
        (message(renewed),),
        head=chain_of(LUZY, 2)[1][1],
    )


def _others() -> Iterator[Case]:
    yield Case(
        "composition",
        "A composition: Merkle root of its inputs and digest of its figures fit its rows.",
        (message(composition()),),
    )
    yield Case(
        "composition-aggregate-only",
        "Totals may leave a node under `aggregate-only`.",
        (message(composition("aggregate-only")),),
    )
    yield Case(
        "composition-on-base",
        "A composition on a base holds changed rows only; its claim is about the whole table.",
        (message(composition(base="ef" * 32)),),
    )
    shared = Sharing(level="federation", charter=charter_digest())
    yield Case(
        "federation",
        "For the members of a charter, to which publisher and receiver belong.",
        (message(made(counts_draft(sharing=shared))),),
    )
    yield Case(
        "simulated",
        "Simulated data say so in the manifest.",
        (message(made(counts_draft(origin="simulated"))),),
    )


def _protected() -> Iterator[Case]:
    """Rows about households, by a schema that protects them from 11 on."""
    trust = (*KNOWN, DWELLINGS_DOCUMENT)
    before, after = dwellings(bourg=212, gare=11, pont=30), dwellings(bourg=214, gare=11)
    one = made(dwellings_draft(before))
    yield Case(
        "secrecy-above",
        "Rows that are about enough households each: 11 are enough.",
        (message(one),),
        trust=trust,
    )
    delta = make_delta(before, after, dwellings_schema().primary_key)
    yield Case(
        "secrecy-delta",
        "A row is taken away: that it counts nobody any more shows nothing.",
        (message(made(dwellings_draft(delta, mode="delta", result=after), one.position())),),
        trust=trust,
        head=one.position(),
        table=one.blob,
    )
