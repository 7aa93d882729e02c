"""One receiver and everything that hostile participants and carriers can send it.

After each hostile message: its verdict and reason, nothing stored or lost, and the next good
publication is accepted with the right figures.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.author import draft_rows
from federation.errors import StateError
from federation.manifest import Sharing
from federation.message import MANIFEST_HEADER, PART_HEADER
from federation.model import Position
from federation.strict import sha256_hex
from federation.verify import Arrival
from node.documents import digest_of
from node.exporting import rows_of
from node.receive import intake as intake_module
from node.recomputing import Recomputer
from node.store.errors import ErasedContentError, StoreBusyError
from node.store.rows import HeldLimits
from schemas.catalogue import Catalogue, bundled
from schemas.model import parse_schema
from tests.cases.kit import (
    carrying,
    payload_signed,
    plain,
    raw_frame,
    rle_frame,
    squeeze,
    table_of,
    with_table,
)
from tests.hostile import (
    LUZY_COUNTS,
    SCHEMA,
    Receiver,
    altered_signature,
    bare,
    chain,
    day,
    forwarded,
    identity,
    keys_of,
    knowing,
    sent,
    truth,
    with_body,
    with_headers,
)
from tests.world import (
    ARVIEU,
    COUNTS,
    EPCI,
    LUZY,
    PROJECTS,
    SALT,
    SEGUR,
    Made,
    counts_draft,
    documents,
    made,
    projects,
    projects_draft,
    schema,
    signer,
)

FIRST, SECOND, THIRD, FOURTH = chain([day(number) for number in range(4)])
ALL = truth(*((COUNTS, day(number)) for number in range(4)))


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    opened = Receiver(tmp_path / "data")
    yield opened
    opened.close()


def one(publication: Made) -> Arrival:
    (arrival,) = sent(publication)
    return arrival


def following(other: Made) -> Made:
    """The same place in the chain as `SECOND`, signed by the owner."""
    return other.changed(sequence=2, previous=FIRST.digest())


def bad_rows() -> Made:
    frame = day(1)
    keys = [None if at == 5 else name for at, name in enumerate(frame["channel_id"])]
    return made(counts_draft(frame.with_columns(pl.Series("channel_id", keys))), FIRST.position())


def broken_stream() -> Made:
    data = bytearray(plain(SECOND))
    data[len(SALT) + 12 : len(SALT) + 60] = b"\xff" * 48
    return carrying(SECOND, squeeze(bytes(data)), len(data))


def bomb() -> Made:
    size = len(plain(SECOND))
    return carrying(SECOND, rle_frame(8_192, declared=size), size)


def wrong_columns() -> Made:
    table = table_of(SECOND)
    return with_table(SECOND, table.rename_columns(["other", *table.column_names[1:]]))


def wrong_types() -> Made:
    table = table_of(SECOND)
    text = table.column("count").cast(pa.string())
    at = table.column_names.index("count")
    return with_table(SECOND, table.set_column(at, "count", text))


# --- the table of scenarios ----------------------------------------------------------------------


@dataclass(frozen=True)
class Scenario:
    """A hostile message, and what must come of it.

    Attributes:
        message: What comes after FIRST was accepted.
        reason: Its code.
        verdict: Under which it is counted.
        evidence: Rows of evidence by verdict.
        listed: Refusals in the owner's receipt.
        held: Messages held afterwards.
        carrier: To whom the evidence is charged.
    """

    message: Callable[[], Arrival]
    reason: str
    verdict: str
    evidence: dict[str, int]
    listed: int = 0
    held: int = 0
    carrier: str = ARVIEU


def fault(message: Callable[[], Arrival], reason: str, carrier: str = ARVIEU) -> Scenario:
    """The carrier's: nothing of it in the owner's receipt."""
    return Scenario(message, reason, "transport-fault", {"transport-fault": 1}, carrier=carrier)


def by_hand(payload: bytes) -> Arrival:
    return with_headers(one(SECOND), {MANIFEST_HEADER: payload_signed(SECOND, payload)})


def luzy_says(publication: Made) -> Made:
    return replace(publication, by=LUZY)


SCENARIOS: dict[str, Scenario] = {
    # the carrier's faults
    "altered signature": fault(lambda: altered_signature(one(SECOND)), "signature"),
    "forged with a known participant's key id": fault(
        lambda: with_headers(
            one(SECOND),
            {
                MANIFEST_HEADER: ".".join(
                    [
                        SECOND.jws().split(".")[0],
                        SECOND.changed(rows=999).jws().split(".")[1],
                        SECOND.jws().split(".")[2],
                    ]
                )
            },
        ),
        "signature",
    ),
    "no manifest": fault(lambda: replace(one(SECOND), headers={}), "manifest-missing"),
    "rubbish for a manifest": fault(
        lambda: with_headers(one(SECOND), {MANIFEST_HEADER: "é.\x00." * 400}), "jws-form"
    ),
    "a huge manifest": fault(
        lambda: with_headers(one(SECOND), {MANIFEST_HEADER: "é" * 40_000}), "size"
    ),
    "malformed part header": fault(lambda: with_headers(one(SECOND), {PART_HEADER: "0/0"}), "part"),
    "larger than the wire": fault(lambda: with_body(one(SECOND), bytes(600 * 1024)), "size"),
    "another body": fault(lambda: with_body(one(SECOND), one(THIRD).body), "content-digest"),
    "one bit of the body": fault(
        lambda: with_body(one(SECOND), one(SECOND).body[:-1] + b"\0"), "content-digest"
    ),
    "no body": fault(lambda: with_body(one(SECOND), b""), "content-digest"),
    "another body, passed on": fault(
        lambda: forwarded(with_body(one(SECOND), b"x"), EPCI, ARVIEU), "content-digest", EPCI
    ),
    "another's subject": fault(
        lambda: replace(one(SECOND), subject=one(chain([day(1)], dataset=LUZY_COUNTS)[0]).subject),
        "subject-mismatch",
        LUZY,
    ),
    "parts that were never signed": fault(
        lambda: with_headers(one(SECOND), {PART_HEADER: "1/7"}), "content-digest"
    ),
    "rows under a manifest without content": fault(
        lambda: with_body(one(bare("unchanged", FIRST.position())), b"rows"), "content-unexpected"
    ),
    # decided on before
    "replayed": Scenario(lambda: one(FIRST), "replayed", "transport-fault", {}),
    # signed by somebody who can't speak for the owner: evidence, not in the owner's receipt
    "a known stranger under the owner's name": Scenario(
        lambda: one(luzy_says(SECOND)), "publisher-mismatch", "refused", {"refused": 1}
    ),
    "a known stranger for the owner": Scenario(
        lambda: one(luzy_says(SECOND.changed(publisher=LUZY))),
        "publisher-not-owner",
        "refused",
        {"refused": 1},
    ),
    "a known stranger with a mandate nobody knows": Scenario(
        lambda: one(luzy_says(SECOND.changed(publisher=LUZY, mandate="ab" * 32))),
        "mandate-unknown",
        "held",
        {},
        held=1,
    ),
    "what was signed is no manifest": Scenario(
        lambda: by_hand(b'{"no":"manifest"}'), "manifest", "refused", {"refused": 1}
    ),
    # signed by the owner, out of its place
    "fork": Scenario(
        lambda: one(FIRST.changed(issued="2026-01-01T00:00:00Z")),
        "fork",
        "refused",
        {"refused": 1},
        listed=1,
    ),
    "another predecessor": Scenario(
        lambda: one(SECOND.changed(previous="ab" * 32)),
        "chain-broken",
        "refused",
        {"refused": 1},
        listed=1,
    ),
    "schema and dataset differ": Scenario(
        lambda: one(SECOND.changed(dataset=f"{ARVIEU}/projets")),
        "dataset-schema",
        "refused",
        {"refused": 1},
        listed=1,
    ),
    # something is missing
    "a stranger's key": Scenario(
        lambda: one(replace(SECOND.changed(publisher=SEGUR), by=SEGUR)),
        "key-unknown",
        "held",
        {},
        held=1,
    ),
    "a gap": Scenario(lambda: one(THIRD), "predecessor-missing", "held", {}, held=1),
    "an epoch from nowhere": Scenario(
        lambda: one(
            SECOND.changed(
                epoch=2,
                sequence=1,
                previous="ab" * 32,
                abandons={"epoch": 1, "sequence": 9, "digest": "cd" * 32},
            )
        ),
        "predecessor-missing",
        "held",
        {},
        held=1,
    ),
    "a schema nobody knows": Scenario(
        lambda: one(
            SECOND.changed(
                schema={"name": "comptage-mobilites", "version": "9.0.0", "digest": "ab" * 32}
            )
        ),
        "schema-unknown",
        "held",
        {},
        held=1,
    ),
    "a charter nobody knows": Scenario(
        lambda: one(SECOND.changed(sharing={"level": "federation", "charter": "ab" * 32})),
        "charter-unknown",
        "held",
        {},
        held=1,
    ),
}


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_hostile_message_changes_nothing(name: str, receiver: Receiver) -> None:
    scenario = SCENARIOS[name]
    receiver.take(FIRST)
    before = receiver.heads(), receiver.figures()
    taken = receiver.take(scenario.message())
    assert dict(taken.reasons) == {scenario.reason: 1}
    assert dict(taken.verdicts) == {scenario.verdict: 1}
    assert not taken.accepted
    assert (receiver.heads(), receiver.figures()) == before
    status = receiver.store.status()
    assert status.evidence == scenario.evidence
    assert receiver.held() == scenario.held
    assert len(receiver.store.receipts.refusals(ARVIEU)) == scenario.listed
    assert not receiver.store.receipts.refusals(LUZY)
    assert [row.carrier for row in receiver.store.held.evidence()] == [scenario.carrier] * sum(
        scenario.evidence.values()
    )
    # once more in the same batch as good ones: what is good is taken all the same
    again = receiver.take(scenario.message(), SECOND, THIRD, scenario.message())
    assert again.verdicts["accepted"] == 2
    receiver.restart()
    assert receiver.take(FOURTH).verdicts["accepted"] == 1
    assert receiver.counted() == (4, 0)
    assert receiver.figures() == ALL
    assert receiver.store.status().evidence.get("refused", 0) <= 1, "one fact is kept once"


REFUSED_IN_PLACE: dict[str, tuple[Callable[[], Made], str]] = {
    "broken Arrow stream": (broken_stream, "content-arrow"),
    "decompression bomb": (bomb, "content-frame"),
    "no zstd frame": (lambda: carrying(SECOND, b"rows" * 20, 80), "content-frame"),
    "wrong columns": (wrong_columns, "content-columns"),
    "wrong types": (wrong_types, "content-columns"),
    "bad rows": (bad_rows, "invalid"),
    "rows out of order": (
        lambda: with_table(SECOND, table_of(SECOND).sort_by([("start_datetime", "descending")])),
        "invalid",
    ),
    "another number of rows": (lambda: SECOND.changed(rows=3), "rows"),
    "rows outside the period": (
        lambda: SECOND.changed(
            period={"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"}
        ),
        "period",
    ),
    "for partners": (
        lambda: SECOND.changed(sharing={"level": "partners"}),
        "sharing",
    ),
}


@pytest.mark.parametrize("name", sorted(REFUSED_IN_PLACE))
def test_what_its_owner_signed_wrongly_is_refused_and_counted(
    name: str, receiver: Receiver
) -> None:
    make, reason = REFUSED_IN_PLACE[name]
    wrong = make()
    after = made(counts_draft(day(2)), wrong.position())
    last = made(counts_draft(day(3)), after.position())
    receiver.take(FIRST)
    figures = receiver.figures()
    taken = receiver.take(wrong)
    assert dict(taken.reasons) == {reason: 1}
    assert dict(taken.verdicts) == {"refused": 1}
    assert ARVIEU in taken.at_once
    assert receiver.counted() == (1, 1)
    assert receiver.figures() == figures
    (refusal,) = receiver.store.receipts.refusals(ARVIEU)
    assert (refusal.reason, refusal.digest, refusal.sequence) == (reason, wrong.digest(), 2)
    content = wrong.payload["content"]["digest"]
    assert receiver.store.contents.state(content) is None, "refused contents are not kept"
    # its successor holds, before and after a restart, and it isn't counted twice
    again = receiver.take(wrong, after)
    assert dict(again.verdicts) == {"transport-fault": 1, "accepted": 1}
    receiver.restart()
    assert receiver.take(last).verdicts["accepted"] == 1
    assert receiver.counted() == (3, 1)
    assert receiver.figures() == truth(*((COUNTS, day(number)) for number in (0, 2, 3)))
    assert len(receiver.store.receipts.refusals(ARVIEU)) == 1


# --- gaps and missing documents ------------------------------------------------------------------


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_a_gap_is_held_asked_for_once_and_closed_in_order(
    receiver: Receiver, *, restart: bool, together: bool
) -> None:
    receiver.take(FIRST)
    late = receiver.take(FOURTH, THIRD)
    assert dict(late.reasons) == {"predecessor-missing": 2}
    (ask,) = late.asks
    assert ask.dataset == COUNTS
    assert ask.after is not None
    assert ask.after.digest == FIRST.digest()
    if restart:
        receiver.restart()
        assert receiver.held() == 2
    filled = receiver.take(*([THIRD, SECOND, SECOND] if together else [SECOND]))
    assert [found.digest for found in filled.accepted] == [
        one.digest() for one in (SECOND, THIRD, FOURTH)
    ]
    assert receiver.held() == 0
    assert receiver.counted() == (4, 0)
    assert receiver.figures() == ALL
    assert not receiver.store.held.evidence()


@pytest.mark.parametrize("restart", [False, True])
def test_without_the_identity_it_waits_for_it(tmp_path: Path, *, restart: bool) -> None:
    receiver = Receiver(tmp_path, knowing(EPCI))
    taken = receiver.take(SECOND, FIRST)
    assert dict(taken.reasons) == {"key-unknown": 2}
    assert [(fetch.what, fetch.name) for fetch in taken.fetches] == [
        ("key", signer(ARVIEU).public.kid)
    ]
    assert receiver.heads() == {}
    if restart:
        receiver.restart()
    names = receiver.knowledge.learn_identity(identity(ARVIEU), pin=True)
    assert receiver.learn(names).verdicts["accepted"] == 2
    assert receiver.held() == 0
    assert receiver.take(THIRD, FOURTH).verdicts["accepted"] == 2
    assert receiver.figures() == ALL
    receiver.close()


@pytest.mark.parametrize("restart", [False, True])
def test_without_the_schema_it_waits_for_it(tmp_path: Path, *, restart: bool) -> None:
    knowledge = knowing(ARVIEU, EPCI)
    knowledge.catalogue = Catalogue([found for found in [bundled().latest("projets")] if found])
    receiver = Receiver(tmp_path, knowledge)
    assert dict(receiver.take(FIRST, SECOND).reasons) == {"schema-unknown": 2}
    if restart:
        receiver.restart()
    names = knowledge.learn_schema(schema("comptage-mobilites").document)
    assert receiver.learn(names).verdicts["accepted"] == 2
    assert receiver.take(THIRD, FOURTH).verdicts["accepted"] == 2
    assert receiver.figures() == ALL
    assert receiver.held() == 0
    receiver.close()


@pytest.mark.parametrize("pinned", [False, True])
def test_without_the_charter_it_waits_until_the_operator_pins_it(
    receiver: Receiver, *, pinned: bool
) -> None:
    document = documents()["charter-levezou-1.json"]
    digest = digest_of("charter", document)
    shared = Sharing(level="federation", charter=digest)
    secret = made(counts_draft(day(0), sharing=shared))
    taken = receiver.take(secret)
    assert dict(taken.reasons) == {"charter-unknown": 1}
    names = receiver.knowledge.learn_charter(document, digest)
    assert names == []
    if pinned:
        names = receiver.knowledge.pin_charter(digest)
        assert digest in names
    receiver.learn(names)
    assert receiver.counted() == ((1, 0) if pinned else None)
    assert receiver.held() == (0 if pinned else 1)


# --- parts ---------------------------------------------------------------------------------------


def in_parts() -> Made:
    """A second publication in several parts."""
    frame = day(1, hours=24 * 240, channels=3)
    whole = made(counts_draft(frame), FIRST.position())
    data = plain(whole)
    return carrying(whole, raw_frame(data), len(data))


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("gap", [False, True])
def test_parts_in_any_order_over_a_restart(
    receiver: Receiver, *, restart: bool, backwards: bool, gap: bool
) -> None:
    big = in_parts()
    after = made(counts_draft(day(400)), big.position())
    parts = sent(big)
    assert len(parts) >= 2
    if not gap:
        receiver.take(FIRST)
    if backwards:
        parts.reverse()
    for part in parts[:-1]:
        taken = receiver.take(part, part)
        assert taken.reasons["predecessor-missing" if gap else "part-missing"] == 2
        assert receiver.held() >= 1
        if restart:
            receiver.restart()
    receiver.take(after)
    assert receiver.counted() == (None if gap else (1, 0))
    receiver.take(with_body(parts[-1], b"not it"))
    receiver.take(parts[-1])
    if gap:
        if restart:
            receiver.restart()
        receiver.take(FIRST)
    assert receiver.counted() == (3, 0)
    assert receiver.held() == 0
    frames = (day(0), day(1, hours=24 * 240, channels=3), day(400))
    assert receiver.figures() == truth(*((COUNTS, frame) for frame in frames))
    assert receiver.store.contents.get(big.payload["content"]["digest"]) == big.blob


# --- forks and epochs ----------------------------------------------------------------------------


def new_epoch(abandoned: Made, previous: Made, frame: pl.DataFrame) -> Made:
    return made(counts_draft(frame), previous.position(), abandons=abandoned.position())


@pytest.mark.parametrize("together", [False, True])
def test_a_new_epoch_voids_what_came_after_its_predecessor(
    receiver: Receiver, *, together: bool
) -> None:
    opener = new_epoch(THIRD, FIRST, day(1, hours=6, add=9))
    late = FOURTH
    for batch in (
        [[FIRST, SECOND, THIRD, opener]] if together else [[FIRST, SECOND, THIRD], [opener]]
    ):
        receiver.take(*batch)
    assert receiver.counted() == (4, 0)
    assert receiver.figures() == truth((COUNTS, day(0)), (COUNTS, day(1, hours=6, add=9)))
    taken = receiver.take(late)
    assert dict(taken.reasons) == {"epoch-abandoned": 1}
    receiver.restart()
    assert receiver.take(made(counts_draft(day(5)), opener.position())).verdicts["accepted"] == 1
    expected = truth((COUNTS, day(0)), (COUNTS, day(1, hours=6, add=9)), (COUNTS, day(5)))
    assert receiver.figures() == expected


def test_a_new_epoch_that_only_says_unchanged_voids_too(receiver: Receiver) -> None:
    opener = bare("unchanged", FIRST.position(), abandons=THIRD.position())
    receiver.take(FIRST, SECOND, THIRD)
    receiver.take(opener)
    assert receiver.counted() == (4, 0)
    assert receiver.figures() == truth((COUNTS, day(0)))


@pytest.mark.parametrize("together", [False, True])
def test_a_new_epoch_that_is_refused_voids_all_the_same(
    receiver: Receiver, *, together: bool
) -> None:
    wrong = new_epoch(THIRD, FIRST, day(1)).changed(rows=3)
    if together:
        assert dict(receiver.take(FIRST, SECOND, THIRD, wrong).reasons) == {"rows": 1}
    else:
        receiver.take(FIRST, SECOND, THIRD)
        assert dict(receiver.take(wrong).reasons) == {"rows": 1}
    assert receiver.figures() == truth((COUNTS, day(0)))
    receiver.take(made(counts_draft(day(5)), wrong.position()))
    assert receiver.counted() == (4, 1)
    assert receiver.figures() == truth((COUNTS, day(0)), (COUNTS, day(5)))


def test_a_fork_is_kept_as_evidence_and_the_first_stands(receiver: Receiver) -> None:
    rival = made(counts_draft(day(1, add=5)), FIRST.position())
    receiver.take(FIRST, SECOND)
    taken = receiver.take(rival, THIRD)
    assert dict(taken.reasons) == {"fork": 1}
    assert taken.verdicts["accepted"] == 1
    (kept,) = receiver.store.held.evidence()
    assert kept.jws.decode() == rival.jws()
    assert receiver.figures() == truth(*((COUNTS, day(number)) for number in range(3)))
    # nobody can drive it out, and it is listed once
    receiver.take(rival, *[altered_signature(one(SECOND))] * 20)
    assert [row.reason for row in receiver.store.receipts.refusals(ARVIEU)] == ["fork"]


# --- withdrawals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [False, True])
def test_rows_withdrawn_are_gone_from_the_figures(receiver: Receiver, *, together: bool) -> None:
    gone = day(1, hours=10)
    withdrawal = made(counts_draft(keys_of(gone), mode="withdraw"), SECOND.position())
    batches = [[FIRST, SECOND, withdrawal]] if together else [[FIRST, SECOND], [withdrawal]]
    for batch in batches:
        receiver.take(*batch)
    assert receiver.counted() == (3, 0)
    assert receiver.figures() == truth((COUNTS, day(0)), (COUNTS, day(1)[10:]))


@pytest.mark.parametrize("together", [False, True])
def test_a_dataset_withdrawn_is_gone_and_its_contents_are_overwritten(
    receiver: Receiver, *, together: bool
) -> None:
    withdrawal = bare("withdraw", SECOND.position())
    other = chain([day(7)], dataset=LUZY_COUNTS)[0]
    batches = (
        [[other, FIRST, SECOND, withdrawal]] if together else [[other, FIRST, SECOND], [withdrawal]]
    )
    for batch in batches:
        receiver.take(*batch)
    assert receiver.counted() == (3, 0)
    assert receiver.figures() == truth((LUZY_COUNTS, day(7)))
    for publication in (FIRST, SECOND):
        with pytest.raises(ErasedContentError):
            receiver.store.contents.get(publication.payload["content"]["digest"])
        assert publication.blob is not None
        for segment in receiver.folder.rglob("*"):
            if segment.is_file():
                assert publication.blob not in segment.read_bytes()
    assert receiver.store.status().erasures_pending == 0
    receiver.restart()
    # the same rows replayed don't come back; new ones do
    assert dict(receiver.take(FIRST, SECOND).reasons) == {"replayed": 2}
    assert receiver.take(made(counts_draft(day(0, add=1)), withdrawal.position())).accepted
    assert receiver.figures() == truth((LUZY_COUNTS, day(7)), (COUNTS, day(0, add=1)))


def test_what_was_abandoned_is_erased_too_when_all_is_withdrawn(receiver: Receiver) -> None:
    opener = new_epoch(SECOND, FIRST, day(3))
    withdrawal = bare("withdraw", opener.position())
    receiver.take(FIRST, SECOND)
    receiver.take(opener)
    receiver.take(withdrawal)
    assert receiver.figures() == {}
    for publication in (FIRST, SECOND, opener):
        assert receiver.store.contents.state(publication.payload["content"]["digest"]) == "erased"


# --- registers -----------------------------------------------------------------------------------


def table_figures(frame: pl.DataFrame) -> tuple[int, int]:
    return frame.height, int(frame["budgetPrevisionnel"].sum())


BUDGET = "projets.budgetPrevisionnel"


def delta_of(changed: pl.DataFrame, deleted: pl.DataFrame, after: pl.DataFrame) -> Any:
    rows = pl.concat(
        [
            changed.with_columns(pl.lit(value=False).alias("_deleted")),
            deleted.with_columns(pl.lit(value=True).alias("_deleted")),
        ]
    ).sort("id")
    return projects_draft(rows, mode="delta", result=after)


@pytest.mark.parametrize("together", [False, True])
def test_registers_by_snapshot_delta_unchanged_and_withdrawal(
    receiver: Receiver, *, together: bool
) -> None:
    first = made(projects_draft(projects(range(1, 5))))
    unchanged = bare("unchanged", first.position(), dataset=PROJECTS)
    after = pl.concat([projects(range(2, 5)), projects(range(7, 9))])
    delta = made(
        delta_of(projects(range(7, 9)), projects(range(1, 2)), after), unchanged.position()
    )
    wrong = made(delta_of(projects(range(9, 10)), projects(range(2, 3)), after), delta.position())
    gone = made(
        projects_draft(keys_of(projects(range(2, 3)), schema("projets")), mode="withdraw"),
        wrong.position(),
    )
    whole = made(projects_draft(projects(range(20, 22))), gone.position())
    steps = [
        (first, table_figures(projects(range(1, 5)))),
        (unchanged, table_figures(projects(range(1, 5)))),
        (delta, table_figures(after)),
        (wrong, table_figures(after)),
        (gone, table_figures(after.filter(pl.col("id") != projects(range(2, 3))["id"][0]))),
        (whole, table_figures(projects(range(20, 22)))),
    ]
    if together:
        receiver.take(*(publication for publication, _ in steps))
    for publication, expected in [] if together else steps:
        receiver.take(publication)
        receiver.restart()
        assert receiver.register_figures(BUDGET) == {PROJECTS: expected}
    assert receiver.counted(PROJECTS) == (5, 1)
    assert receiver.register_figures(BUDGET) == {PROJECTS: steps[-1][1]}
    assert [row.reason for row in receiver.store.receipts.refusals(ARVIEU)] == ["result"]
    receiver.take(bare("withdraw", whole.position(), dataset=PROJECTS))
    assert receiver.register_figures(BUDGET) == {}


def by_id(numbers: Sequence[int]) -> pl.DataFrame:
    return projects(numbers).sort("id")


PROJECTS_BEFORE = projects(range(1, 5))
OPENERS: dict[str, tuple[Callable[[Position, Position], Made], pl.DataFrame | None]] = {
    "snapshot": (
        lambda head, gone: made(projects_draft(projects(range(1, 3))), head, abandons=gone),
        projects(range(1, 3)),
    ),
    "unchanged": (
        lambda head, gone: bare("unchanged", head, dataset=PROJECTS, abandons=gone),
        PROJECTS_BEFORE,
    ),
    "delta": (
        lambda head, gone: made(
            delta_of(projects(range(7, 8)), projects(range(1, 2)), by_id([2, 3, 4, 7])),
            head,
            abandons=gone,
        ),
        projects([2, 3, 4, 7]),
    ),
    "some withdrawn": (
        lambda head, gone: made(
            projects_draft(keys_of(projects(range(2, 3)), schema("projets")), mode="withdraw"),
            head,
            abandons=gone,
        ),
        projects([1, 3, 4]),
    ),
    "all withdrawn": (
        lambda head, gone: bare("withdraw", head, dataset=PROJECTS, abandons=gone),
        None,
    ),
    "refused": (
        lambda head, gone: made(projects_draft(projects(range(1, 3))), head, abandons=gone).changed(
            rows=9
        ),
        PROJECTS_BEFORE,
    ),
}


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("mode", sorted(OPENERS))
def test_a_register_in_a_new_epoch_goes_back_to_its_predecessor(
    receiver: Receiver, mode: str, *, together: bool
) -> None:
    first = made(projects_draft(PROJECTS_BEFORE))
    second = made(projects_draft(projects(range(1, 9))), first.position())
    third = made(
        delta_of(
            projects(range(9, 11)),
            projects(range(5, 6)),
            projects([1, 2, 3, 4, 6, 7, 8, 9, 10]).sort("id"),
        ),
        second.position(),
    )
    make, after = OPENERS[mode]
    opener = make(first.position(), third.position())
    expected = {} if after is None else {PROJECTS: table_figures(after)}
    if together:
        receiver.take(first, second, third, opener)
    else:
        receiver.take(first, second, third)
        receiver.take(opener)
    assert receiver.counted(PROJECTS) == ((3, 1) if mode == "refused" else (4, 0))
    assert receiver.register_figures(BUDGET) == expected
    # what follows is judged on that table, too
    base = projects([]) if after is None else after.sort("id")
    later = pl.concat([base[1:], projects([11])]).sort("id")
    change = delta_of(projects(range(11, 12)), base[:1], later)
    receiver.restart()
    taken = receiver.take(made(change, opener.position()))
    assert dict(taken.reasons) == ({"table-missing": 1} if after is None else {})
    if after is not None:
        assert receiver.register_figures(BUDGET) == {PROJECTS: table_figures(later)}


def test_two_new_epochs_in_one_batch(receiver: Receiver) -> None:
    first = made(projects_draft(PROJECTS_BEFORE))
    second = made(projects_draft(projects(range(1, 9))), first.position())
    again = bare("unchanged", first.position(), dataset=PROJECTS, abandons=second.position())
    third = made(projects_draft(projects(range(1, 3))), again.position())
    # what was void stays void, though its place is named again
    last = bare("unchanged", second.position(), dataset=PROJECTS, abandons=third.position())
    receiver.take(first, second)
    receiver.take(again, third, last)
    assert receiver.counted(PROJECTS) == (5, 0)
    assert receiver.register_figures(BUDGET) == {PROJECTS: table_figures(PROJECTS_BEFORE)}
    receiver.restart()
    assert receiver.register_figures(BUDGET) == {PROJECTS: table_figures(PROJECTS_BEFORE)}


@pytest.mark.parametrize("restart", [False, True])
def test_a_register_whose_changes_waited_for_its_beginning(
    receiver: Receiver, *, restart: bool
) -> None:
    first = made(projects_draft(PROJECTS_BEFORE))
    after = by_id([2, 3, 4, 7])
    change = made(delta_of(projects(range(7, 8)), projects(range(1, 2)), after), first.position())
    last = pl.concat([after[1:], projects([8])]).sort("id")
    more = made(delta_of(projects(range(8, 9)), after[:1], last), change.position())
    receiver.take(more, change)
    if restart:
        receiver.restart()
    receiver.take(first)
    assert receiver.counted(PROJECTS) == (3, 0)
    assert receiver.register_figures(BUDGET) == {PROJECTS: table_figures(last)}


# --- third parties -------------------------------------------------------------------------------


def test_nobody_puts_refusals_into_anothers_receipt(receiver: Receiver) -> None:
    receiver.take(FIRST)
    for due in receiver.store.receipts.due():
        receiver.store.receipts.sent(due, version=1, sent_at=1)
    attacks = [scenario.message() for scenario in SCENARIOS.values() if not scenario.listed]
    # under its forwarding subject the whole publication would be a good one, passed on
    spoilt = [
        scenario.message()
        for name, scenario in SCENARIOS.items()
        if not scenario.listed and name != "another's subject"
    ]
    receiver.take(*attacks, *(forwarded(attack, LUZY, ARVIEU) for attack in spoilt))
    assert receiver.store.receipts.refusals(ARVIEU) == []
    assert receiver.store.receipts.due() == [], "no receipt is sent again for a stranger's sake"
    assert receiver.counted() == (1, 0)


def test_nobody_erases_anothers_content_by_signing_it_too(receiver: Receiver) -> None:
    mine = FIRST
    copied = made(counts_draft(day(0), dataset=LUZY_COUNTS))
    assert copied.blob == mine.blob, "a thief takes the bytes as they are"
    receiver.take(mine, copied)
    receiver.take(bare("withdraw", copied.position(), dataset=LUZY_COUNTS))
    assert receiver.store.contents.get(mine.payload["content"]["digest"]) == mine.blob
    correction = made(counts_draft(day(0, hours=2, add=3)), mine.position())
    assert receiver.take(correction).verdicts["accepted"] == 1
    assert receiver.figures() == truth((COUNTS, day(0)), (COUNTS, day(0, hours=2, add=3)))


def test_a_flood_is_bounded_per_carrier_and_said(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path, limits=HeldLimits(messages=2, size_bytes=2**30))
    receiver.take(FIRST)
    strangers = [one(replace(SECOND.changed(rows=number), by=SEGUR)) for number in range(1, 9)]
    flood = [forwarded(message, LUZY, ARVIEU) for message in strangers]
    taken = receiver.take(*flood)
    assert taken.turned_away == flood[2:], "named, so that the rest can be acknowledged"
    assert receiver.store.status().held[LUZY][0] == 2
    # another carrier has room, and the owner's own gap closes
    assert receiver.take(THIRD).turned_away == []
    assert receiver.take(SECOND).verdicts["accepted"] == 2
    # what was turned away comes again, is turned away again, and does no harm
    assert receiver.take(*flood).turned_away == flood[2:]
    assert receiver.take(FOURTH).verdicts["accepted"] == 1
    assert receiver.figures() == ALL
    receiver.restart()
    assert receiver.store.status().held[LUZY][0] == 2
    receiver.close()


def test_held_bytes_are_bounded_too(tmp_path: Path) -> None:
    message = one(THIRD)
    room = HeldLimits(messages=100, size_bytes=len(message.body) // 2)
    receiver = Receiver(tmp_path, limits=room)
    receiver.take(FIRST)
    assert receiver.take(message).turned_away == [message]
    assert receiver.held() == 0
    assert receiver.take(SECOND, message, FOURTH).verdicts["accepted"] == 3
    assert receiver.figures() == ALL
    receiver.close()


def test_parts_that_could_not_be_held_are_kept_nowhere(tmp_path: Path) -> None:
    parts = sent(in_parts())
    assert len(parts) >= 2
    receiver = Receiver(tmp_path, limits=HeldLimits(messages=100, size_bytes=len(parts[0].body)))
    receiver.take(FIRST)
    assert receiver.take(*parts[:-1]).turned_away == parts[:-1]
    assert receiver.take(parts[-1]).reasons == {"part-missing": 1}, "they weren't kept in memory"
    assert receiver.held() == 1
    receiver.restart()
    assert receiver.take(*parts[:-1]).verdicts["accepted"] == 1, "the last one is in the store"
    assert receiver.held() == 0
    receiver.close()


def test_a_lost_part_is_asked_for(receiver: Receiver) -> None:
    receiver.take(FIRST, sent(in_parts())[0])
    (ask,) = receiver.intake.forgotten()
    assert ask.dataset == COUNTS
    assert ask.after is not None
    assert ask.after.digest == FIRST.digest()


@pytest.mark.parametrize("bound", [1, 6_000, 2**30])
def test_a_batch_is_cut_by_what_its_contents_take_in_memory(
    receiver: Receiver, bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "PLAIN_BATCH_MAX_BYTES", bound)
    commits = []
    commit = receiver.store.commit
    monkeypatch.setattr(receiver.store, "commit", lambda write: commits.append(1) or commit(write))
    size = FIRST.payload["content"]["plainSize"]
    taken = receiver.take(THIRD, FIRST, FOURTH, SECOND)
    assert [found.digest for found in taken.accepted] == [
        made.digest() for made in (FIRST, SECOND, THIRD, FOURTH)
    ]
    assert len(commits) == max(1, -(-6 // max(1, bound // size))) if bound < 2**30 else 1
    assert receiver.held() == 0
    assert receiver.figures() == ALL


def test_half_a_batch_that_was_stored_is_told_once_the_rest_is(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "PLAIN_BATCH_MAX_BYTES", 1)
    commit = receiver.store.commit
    calls: list[int] = []

    def failing(write: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise StoreBusyError("busy", code="store-busy")
        return commit(write)

    monkeypatch.setattr(receiver.store, "commit", failing)
    with pytest.raises(StoreBusyError):
        receiver.take(FIRST, SECOND)
    assert receiver.counted() == (1, 0)
    taken = receiver.take(FIRST, SECOND)
    assert [found.digest for found in taken.accepted] == [FIRST.digest(), SECOND.digest()]
    assert receiver.counted() == (2, 0)


def test_a_long_gap_is_closed_without_going_through_it_again_and_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    publications = chain([day(number, hours=1) for number in range(60)])
    order = list(reversed(publications[1:]))
    receiver.take(*order)
    opened = []
    judge = intake_module.judge
    monkeypatch.setattr(
        intake_module, "judge", lambda todo, *more: opened.append(len(todo)) or judge(todo, *more)
    )
    receiver.take(publications[0])
    assert sum(opened) == len(publications)
    assert len([size for size in opened if size]) == 2, "the first, then all that waited"
    assert receiver.held() == 0
    assert receiver.counted() == (60, 0)


# --- versions of a schema ------------------------------------------------------------------------


def version_of(document: bytes, **changes: Any) -> Any:
    parsed = json.loads(document)
    for path, value in changes.items():
        at: Any = parsed
        *outer, last = path.split("__")
        for name in outer:
            at = at[name]
        at[last] = value
    return parse_schema(json.dumps(parsed, ensure_ascii=False).encode())


def newer_version() -> Any:
    """Version 1.1.0 of the counts: one more column."""
    parsed = json.loads(SCHEMA.document)
    fields = [*parsed["fields"], {"name": "remark", "type": "string", "title": "Remark"}]
    return version_of(SCHEMA.document, version="1.1.0", fields=fields)


def under(version: Any, frame: pl.DataFrame, **more: Any) -> Any:
    wide = frame.with_columns(pl.lit("ok").alias("remark")).select(version.polars_schema().names())
    return draft_rows(version, COUNTS, wide, salt=SALT, mode="append", origin="own", **more)


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("corrects", [False, True])
def test_rows_of_two_versions_stand_side_by_side(
    receiver: Receiver, *, together: bool, corrects: bool
) -> None:
    newer = newer_version()
    receiver.learn(receiver.knowledge.learn_schema(newer.document))
    second = made(under(newer, day(0, hours=6, add=4) if corrects else day(1)), FIRST.position())
    third = made(counts_draft(day(2)), second.position())
    correction = made(counts_draft(day(1 - corrects, hours=3, add=7)), third.position())
    batch = [FIRST, second, third, correction]
    for some in [batch] if together else [[each] for each in batch]:
        receiver.take(*some)
    assert receiver.counted() == (4, 0)
    frames = (
        day(0),
        day(0, hours=6, add=4) if corrects else day(1),
        day(2),
        day(1 - corrects, hours=3, add=7),
    )
    expected = truth(*((COUNTS, frame) for frame in frames))
    assert receiver.figures() == expected
    # recomputed from the contents, and exported
    row = receiver.store.publications.of(COUNTS)[-1]
    again = Recomputer(receiver.store, receiver.knowledge)._again(row, "hour")
    assert {
        (key.dataset, key.start): (cell.count, cell.total) for key, cell in again.items()
    } == expected
    known, rows = rows_of(receiver.store, receiver.knowledge, COUNTS)
    assert known == newer
    assert rows.height == len(expected)
    assert rows["remark"].null_count() == rows.height - (3 if corrects else 21)


def test_a_version_that_changes_what_rows_are_is_refused(receiver: Receiver) -> None:
    other = version_of(SCHEMA.document, version="2.0.0", maillage__baseWindow="day")
    receiver.learn(receiver.knowledge.learn_schema(other.document))

    def another(number: int, head: Position) -> Made:
        frame = day(number)
        draft = draft_rows(other, COUNTS, frame, salt=SALT, mode="append", origin="own")
        return made(draft, head)

    receiver.take(FIRST)
    wrong = another(1, FIRST.position())
    for _ in range(2):
        assert set(receiver.take(wrong).reasons) <= {"schema-change", "replayed"}
        receiver.restart()
    assert receiver.counted() == (1, 1)
    twice = another(2, wrong.position())
    assert dict(receiver.take(twice).reasons) == {"schema-change": 1}
    # once nothing of it stands, it may begin anew
    gone = bare("withdraw", twice.position())
    receiver.take(gone)
    receiver.restart()
    assert receiver.take(another(3, gone.position())).verdicts["accepted"] == 1
    found = receiver.store.cells.where("comptage-mobilites.count", "day", start=-(2**40), end=2**40)
    assert sum(cell.count for _, cell in found) == 24
    assert receiver.figures() == {}


def test_rows_without_a_common_form_are_not_exported_as_one_table(receiver: Receiver) -> None:
    parsed = json.loads(SCHEMA.document)
    fields = [field for field in parsed["fields"] if field["name"] != "counter_id"]
    assert len(fields) < len(parsed["fields"])
    other = version_of(SCHEMA.document, version="1.1.0", fields=fields, maillage__alignsWith=[])
    receiver.learn(receiver.knowledge.learn_schema(other.document))
    second = made(
        draft_rows(
            other,
            COUNTS,
            day(1).select(other.polars_schema().names()),
            salt=SALT,
            mode="append",
            origin="own",
        ),
        FIRST.position(),
    )
    receiver.take(FIRST, second)
    assert receiver.figures() == truth((COUNTS, day(0)), (COUNTS, day(1)))
    with pytest.raises(StateError) as caught:
        rows_of(receiver.store, receiver.knowledge, COUNTS)
    assert caught.value.code == "schema-versions"


# --- any order, any restart ----------------------------------------------------------------------

OURS = chain([day(0), day(0, hours=5, add=2), day(2)])
THEIRS = chain([day(0), day(1), day(1, hours=30, add=1)], dataset=LUZY_COUNTS)
SIX = [*OURS, *THEIRS]
SIX_TRUTH = truth(
    (COUNTS, day(0)),
    (COUNTS, day(0, hours=5, add=2)),
    (COUNTS, day(2)),
    (LUZY_COUNTS, day(0)),
    (LUZY_COUNTS, day(1)),
    (LUZY_COUNTS, day(1, hours=30, add=1)),
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    order=st.permutations(range(6)),
    doubled=st.lists(st.integers(0, 5), max_size=4),
    cut=st.integers(0, 10),
    size=st.integers(1, 4),
)
def test_any_order_any_doubles_and_a_restart_lead_to_one_state(
    order: list[int], doubled: list[int], cut: int, size: int
) -> None:
    queue = [SIX[at] for at in [*doubled, *order, *doubled]]
    with tempfile.TemporaryDirectory() as folder:
        receiver = Receiver(Path(folder) / "data")
        try:
            for batch in [queue[:cut], queue[cut:]]:
                for at in range(0, len(batch), size):
                    receiver.take(*batch[at : at + size])
                receiver.restart()
            assert receiver.heads() == {
                publications[-1].payload["dataset"]: (1, 3, publications[-1].digest(), 3, 0)
                for publications in (OURS, THEIRS)
            }
            assert receiver.figures() == SIX_TRUTH
            assert receiver.held() == 0
            assert not receiver.store.held.evidence()
        finally:
            receiver.close()


def test_positions_are_what_the_owner_signed() -> None:
    assert FIRST.position() == Position(epoch=1, sequence=1, digest=FIRST.digest())
    assert SECOND.payload["previous"] == FIRST.digest()
    assert SECOND.blob is not None
    assert SECOND.payload["content"]["digest"] == sha256_hex(SECOND.blob)
