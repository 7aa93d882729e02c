"""Making publications: drafts, places in the chain, messages."""

import datetime as dt
import json
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.author import (
    CE_TYPE,
    Draft,
    Signed,
    draft_bare,
    draft_rows,
    messages,
    period_of,
    sign_draft,
)
from federation.content import decode
from federation.errors import MalformedError
from federation.ids import fwd_subject
from federation.jose import parse_compact, verify
from federation.manifest import TYP, Manifest, Mode, Sharing
from federation.message import MANIFEST_HEADER, PART_HEADER, TRACE_HEADER
from federation.model import Position, instant_text
from federation.verify import Arrival, Failed, Finding, Opened, open_all
from schemas.model import parse_schema
from tests.cases.good import long_counts
from tests.cases.kit import KNOWN
from tests.pipeline import assemble
from tests.world import (
    ARVIEU,
    COUNTS,
    EPCI,
    NOW_US,
    PROJECTS,
    SALT,
    World,
    counts,
    counts_draft,
    documents,
    projects,
    projects_draft,
    schema,
    signer,
)

OPEN = Sharing(level="open")


def signed(draft: Draft, head: Position | None = None, abandons: Position | None = None) -> Signed:
    return sign_draft(draft, head, signer(ARVIEU), issued_us=NOW_US, abandons=abandons)


# --- drafts --------------------------------------------------------------------------------------


def test_a_draft_says_what_its_schema_says_unless_told_otherwise() -> None:
    draft = counts_draft()
    assert (draft.publisher, draft.origin, draft.licence) == (ARVIEU, "own", "etalab-2.0")
    assert draft.sharing == OPEN
    told = counts_draft(origin="simulated", licence="ODbL-1.0", sharing=Sharing(level="partners"))
    assert (told.origin, told.licence, told.sharing.level) == ("simulated", "ODbL-1.0", "partners")


def test_the_rows_are_those_given() -> None:
    draft = counts_draft()
    assert draft.blob is not None
    assert draft.content is not None
    kind = schema("comptage-mobilites").arrow_schema()
    found = pl.from_arrow(decode(draft.blob, kind, draft.content.plain_size))
    assert isinstance(found, pl.DataFrame)
    assert found.equals(counts())
    assert draft.rows == counts().height


def test_columns_that_are_not_of_the_wire_stay() -> None:
    more = counts().with_columns(secret=pl.lit("x"))
    found = counts_draft(more.select(sorted(more.columns)))
    assert (found.blob, found.content) == (counts_draft().blob, counts_draft().content)


@pytest.mark.parametrize("mode", ["append", "delta", "withdraw"])
def test_no_rows_are_nothing_to_publish(mode: Mode) -> None:
    with pytest.raises(MalformedError, match="nothing to publish") as caught:
        draft_rows(schema("projets"), PROJECTS, projects().clear(), salt=SALT, mode=mode)
    assert caught.value.code == "draft"


def test_a_heartbeat_carries_no_rows() -> None:
    with pytest.raises(MalformedError, match="nothing to publish"):
        counts_draft(mode="unchanged")


def test_an_empty_register_is_something_to_publish() -> None:
    assert projects_draft(projects().clear()).rows == 0


@pytest.mark.parametrize("mode", ["append", "snapshot", "delta"])
def test_bare_drafts_are_of_two_modes(mode: Mode) -> None:
    with pytest.raises(MalformedError, match="carries rows"):
        draft_bare(
            schema("projets"), PROJECTS, mode, sharing=OPEN, origin="own", licence="etalab-2.0"
        )


moments = st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9999, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001 - hypothesis wants none here


@given(st.lists(st.tuples(moments, st.none() | moments), min_size=1, max_size=5))
def test_a_period_is_whole_seconds_and_holds_every_row(
    rows: Sequence[tuple[dt.datetime, dt.datetime | None]],
) -> None:
    kind = schema("comptage-mobilites")
    types = kind.polars_schema()
    frame = pl.DataFrame(
        {"start_datetime": [one for one, _ in rows], "end_datetime": [one for _, one in rows]},
        schema={name: types[name] for name in ("start_datetime", "end_datetime")},
    )
    start, end = period_of(kind, frame, "Europe/Paris")
    assert start % 1_000_000 == end % 1_000_000 == 0
    times = frame["start_datetime"].to_physical().to_list()
    ends = [one for one in frame["end_datetime"].to_physical().to_list() if one is not None]
    assert start <= min(times) < start + 1_000_000
    last = max([max(times) + 1, *ends])
    assert end - 1_000_000 < last <= end


@pytest.mark.parametrize(
    ("window", "days", "reaches"),
    [
        ("day", ["2026-03-28"], "2026-03-28T23:00:00Z"),
        ("day", ["2026-03-29"], "2026-03-29T22:00:00Z"),  # a day of 23 hours
        ("month", ["2026-02-01", "2026-03-01"], "2026-03-31T22:00:00Z"),
        ("month", ["2026-02-01", "2026-03-02"], "2026-03-02T23:00:00Z"),
    ],
)
def test_a_date_stands_for_its_day_or_month(window: str, days: list[str], reaches: str) -> None:
    document = json.loads(schema("comptage-mobilites").document)
    for field in document["fields"]:
        if field["type"] == "datetime":
            field["type"] = "date"
    document["maillage"]["baseWindow"] = window
    kind = parse_schema(json.dumps(document).encode())
    frame = pl.DataFrame(
        {
            "start_datetime": [dt.date.fromisoformat(day) for day in days],
            "end_datetime": [None] * len(days),
        },
        schema_overrides={"end_datetime": pl.Date},
    )
    start, end = period_of(kind, frame, "Europe/Paris")
    assert instant_text(start) == f"{days[0]}T11:00:00Z"
    assert instant_text(end) == reaches


# --- places in the chain -------------------------------------------------------------------------


def test_the_first_and_the_next() -> None:
    first = signed(counts_draft())
    assert (first.manifest.order, first.manifest.previous) == ((1, 1), None)
    second = signed(counts_draft(), first.position)
    assert (second.manifest.order, second.manifest.previous) == ((1, 2), first.digest)


def test_after_a_restore() -> None:
    known = Position(epoch=1, sequence=2, digest="ab" * 32)
    lost = Position(epoch=3, sequence=9, digest="cd" * 32)
    one = signed(counts_draft(), known, abandons=lost).manifest
    assert (one.order, one.previous, one.abandons) == ((4, 1), known.digest, lost)


def test_what_is_signed_is_what_is_said() -> None:
    one = signed(counts_draft())
    jws = parse_compact(one.jws, TYP)
    assert verify(jws, signer(ARVIEU).public)
    assert Manifest.read(jws.payload) == one.manifest
    assert (jws.digest, one.position.digest) == (one.digest, one.digest)
    assert one.manifest.issued == "2026-03-20T09:46:40Z"
    assert b"null" not in jws.payload


def test_a_draft_is_signed_again_at_another_place() -> None:
    """A draft binds rows, not a place: after a conflict at the hub it is signed once more."""
    draft = counts_draft()
    one = signed(draft, Position(epoch=1, sequence=1, digest="ab" * 32))
    other = signed(draft, Position(epoch=1, sequence=7, digest="cd" * 32))
    assert one.manifest.content == other.manifest.content
    assert one.digest != other.digest


@pytest.mark.parametrize("mode", ["unchanged", "withdraw"])
def test_bare_publications(mode: Mode) -> None:
    draft = draft_bare(
        schema("comptage-mobilites"), COUNTS, mode, sharing=OPEN, origin="own", licence="etalab-2.0"
    )
    one = signed(draft, Position(epoch=1, sequence=1, digest="ab" * 32)).manifest
    assert (one.mode, one.rows, one.content, one.period, one.result) == (mode, 0, None, None, None)


# --- messages ------------------------------------------------------------------------------------


def _whole(found: Sequence[Arrival]) -> tuple[Opened, bytes | None]:
    opened = open_all(found, World({name: documents()[name] for name in KNOWN}))
    assert not [one for one in opened if isinstance(one, Failed)]
    whole = assemble([one for one in opened if isinstance(one, Opened)])
    assert not isinstance(whole, Finding)
    return whole


def test_one_message() -> None:
    draft = counts_draft()
    one = signed(draft)
    (found,) = messages(one.manifest, one.digest, one.jws, draft.blob, traceparent="00-ab-cd-01")
    assert found.subject == "mlg.1.z.fr-12.fr-com-12011.pub.comptage-mobilites._"
    assert found.headers == {
        MANIFEST_HEADER: one.jws,
        TRACE_HEADER: "00-ab-cd-01",
        "ce-specversion": "1.0",
        "ce-type": CE_TYPE,
        "ce-source": f"/{ARVIEU}",
        "ce-subject": COUNTS,
        "ce-id": one.digest,
        "ce-time": "2026-03-20T09:46:40Z",
    }
    opened, blob = _whole([Arrival(found.subject, found.headers, found.body)])
    assert (opened.manifest, blob) == (one.manifest, draft.blob)


def test_several_messages_carry_the_whole_manifest_each() -> None:
    one = long_counts()
    found = messages(Manifest.of(one.payload), one.digest(), one.jws(), one.blob)
    assert [each.headers[PART_HEADER] for each in found] == ["1/2", "2/2"]
    assert {each.headers[MANIFEST_HEADER] for each in found} == {one.jws()}
    arrivals = [Arrival(each.subject, each.headers, each.body) for each in found]
    assert _whole(arrivals[::-1])[1] == one.blob


def test_a_publication_without_content_is_one_empty_message() -> None:
    draft = draft_bare(
        schema("projets"), PROJECTS, "withdraw", sharing=OPEN, origin="own", licence="etalab-2.0"
    )
    one = signed(draft, Position(epoch=1, sequence=1, digest="ab" * 32))
    (found,) = messages(one.manifest, one.digest, one.jws, None)
    assert found.body == b""
    assert PART_HEADER not in found.headers


def test_forwarding_changes_the_subject_and_nothing_else() -> None:
    draft = counts_draft()
    one = signed(draft)
    (own,) = messages(one.manifest, one.digest, one.jws, draft.blob)
    subject = fwd_subject(EPCI, ARVIEU)
    (found,) = messages(one.manifest, one.digest, one.jws, draft.blob, subject=subject)
    assert found.subject == subject == f"mlg.1.z.fr.{EPCI}.fwd.{ARVIEU}"
    assert (found.headers, found.body) == (own.headers, own.body)
    assert _whole([Arrival(found.subject, found.headers, found.body)])[1] == draft.blob
