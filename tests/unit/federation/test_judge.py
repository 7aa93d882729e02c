"""Steps 13 to 15: batches, tables of registers, and the proof by type."""

import weakref
from collections.abc import Sequence
from functools import cache
from typing import Any

import polars as pl
import pytest

from federation import judge as module
from federation.author import draft_rows
from federation.content import decode
from federation.judge import Candidate, Judgement, Publication, Tables, Verified, judge
from federation.manifest import Manifest
from federation.tables import make_delta
from federation.verify import Failed, Finding, Opened, open_all
from schemas.canonical import table_digest
from schemas.checks import check_batch
from schemas.model import Schema, parse_schema
from tests.cases.good import (
    change,
    changed_projects,
    composition,
    first_counts,
    first_projects,
    long_counts,
)
from tests.cases.kit import KNOWN, message, messages, with_frame
from tests.mutations import mutants
from tests.pipeline import arrival_of, assemble
from tests.world import (
    EPCI,
    PROJECTS,
    SALT,
    TYPES_DOCUMENT,
    Made,
    World,
    counts,
    counts_draft,
    documents,
    made,
    projects,
    projects_draft,
    schema,
)


@cache
def world() -> World:
    return World({name: documents()[name] for name in (*KNOWN, TYPES_DOCUMENT)})


def candidate(one: Made) -> Candidate:
    (found,) = open_all([arrival_of(message(one))], world())
    assert isinstance(found, Opened)
    return Candidate(found, one.blob)


def no_table(_dataset: str) -> None:
    return None


def said(found: Judgement) -> str:
    return found.code if isinstance(found, Finding) else "accepted"


def verdicts(publications: Sequence[Made], tables: Tables = no_table) -> list[str]:
    return [said(one) for one in judge([candidate(one) for one in publications], world(), tables)]


def publication(found: Judgement) -> Publication:
    assert isinstance(found, Verified)
    assert isinstance(found.value, Publication)
    return found.value


def table_of(found: Judgement) -> pl.DataFrame:
    table = publication(found).table
    assert table is not None
    return table


# --- the proof -----------------------------------------------------------------------------------


def test_nobody_else_can_make_the_proof() -> None:
    with pytest.raises(TypeError, match=r"only federation\.judge"):
        Verified("anything", object())


def test_the_proof_holds_what_was_signed() -> None:
    one = first_counts()
    (found,) = judge([candidate(one)], world(), no_table)
    held = publication(found)
    assert held.manifest == Manifest.of(one.payload)
    assert (held.digest, held.jws, held.blob) == (one.digest(), one.jws(), one.blob)
    assert held.frame is not None
    assert held.frame.equals(counts())
    assert held.table is None


# --- batches -------------------------------------------------------------------------------------


def _candidates(seed: str, count: int) -> list[Candidate]:
    found = []
    for one in open_all([mutant.arrival for _, mutant in mutants(seed, count)], world()):
        if isinstance(one, Failed):
            continue
        whole = assemble([one])
        if not isinstance(whole, Finding):
            found.append(Candidate(*whole))
    return found


@pytest.mark.parametrize("together", [1_000_000, 30, 1])
def test_a_batch_is_judged_as_each_alone(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_TOGETHER_MAX", together)
    many = _candidates("judge", 1_200)
    # what one register's publication does to its table is another test's matter
    many = [one for one in many if one.opened.schema.kind == "series"]
    alone = [judge([one], world(), no_table)[0] for one in many]
    assert {"accepted", "content-arrow", "invalid"} <= {said(one) for one in alone}
    found = judge(many, world(), no_table)
    assert [said(one) for one in found] == [said(one) for one in alone]
    for one, other in zip(found, alone, strict=True):
        if not isinstance(one, Finding):
            frame = publication(other).frame
            mine = publication(one).frame
            assert (mine is None) == (frame is None)
            assert mine is None or frame is None or mine.equals(frame)


def test_what_is_decoded_at_once_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of small messages may decompress to a hundred times what the largest one may."""
    bound = 6_000
    alive: list[weakref.ref[Any]] = []
    most = 0

    def watched(blob: bytes, kind: Any, plain_size: int) -> Any:
        nonlocal most
        table = decode(blob, kind, plain_size)
        alive.append(weakref.ref(table))
        held = [one() for one in alive]
        most = max(most, sum(one.nbytes for one in held if one is not None))
        return table

    monkeypatch.setattr(module, "PLAIN_BATCH_MAX_BYTES", bound)
    monkeypatch.setattr(module, "decode", watched)
    disorder = with_frame(first_counts(), counts().reverse())
    assert disorder.payload["content"]["plainSize"] > bound / 3
    assert verdicts([disorder] * 40) == ["invalid"] * 40
    assert 0 < most <= bound


def test_an_empty_batch() -> None:
    assert judge([], world(), no_table) == []


def test_what_stops_polars_is_set_aside_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PanicException is no Exception: uncaught it would end the receiving loop."""
    panics = pl.exceptions.PanicException
    check = check_batch

    def fragile(kind: Schema, frame: pl.DataFrame, part: str = "_part") -> Any:
        if frame.height and frame["channel_id"].str.contains("stop").any():
            raise panics("as polars does")
        return check(kind, frame, part)

    monkeypatch.setattr(module, "check_batch", fragile)
    stopping = with_frame(first_counts(), counts().with_columns(channel_id=pl.lit("stop")))
    broken = with_frame(first_counts(), counts().reverse())
    found = verdicts([first_counts(), stopping, broken, first_counts()])
    assert found == ["accepted", "receiver-stopped", "invalid", "accepted"]


# --- parts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("bundled", [False, True])
def test_parts_and_content_must_be_the_same_bytes(*, bundled: bool) -> None:
    """Signed parts under another content's digest would be stored in that content's place."""
    one = long_counts()
    assert one.blob is not None
    content = one.payload["content"]
    foreign = {**content, "digest": "0f" * 32}
    lying = {
        **content,
        "parts": [{**content["parts"][0], "digest": "0f" * 32}, content["parts"][1]],
    }
    for other, reason in (
        (content, "accepted"),
        (foreign, "content-size"),
        (lying, "content-size"),
    ):
        changed = Made({**one.payload, "content": other}, one.blob, one.by)
        whole = arrival_of(message(changed, subject=None))
        (found,) = open_all([whole if bundled else arrival_of(messages(changed)[0])], world())
        assert isinstance(found, Opened)
        assert said(judge([Candidate(found, one.blob)], world(), no_table)[0]) == reason


# --- registers -----------------------------------------------------------------------------------


def chain(*drafts: Any) -> list[Made]:
    """Publications one after the other."""
    found: list[Made] = []
    for draft in drafts:
        found.append(made(draft, found[-1].position() if found else None))
    return found


def delta(before: pl.DataFrame, after: pl.DataFrame) -> Any:
    rows = make_delta(before, after, schema("projets").primary_key)
    return projects_draft(rows, mode="delta", result=after)


def test_a_batch_carries_its_own_tables() -> None:
    first, second = projects(), changed_projects()
    batch = chain(projects_draft(first), delta(first, second), delta(second, first))
    found = judge([candidate(one) for one in batch], world(), no_table)
    for one, wanted in zip(found, (first, second, first), strict=True):
        assert table_of(one).equals(wanted)


def test_a_table_of_the_store_is_the_start() -> None:
    assert verdicts([change()]) == ["table-missing"]
    assert verdicts([change()], lambda _dataset: projects()) == ["accepted"]


def test_a_refused_snapshot_leaves_the_table_as_it_was() -> None:
    """Judged together or one by one, the change after it is accepted."""
    wrong = first_projects().changed(result="0f" * 32)
    assert verdicts([wrong, change()], lambda _dataset: projects()) == ["result", "accepted"]


def test_a_refused_change_leaves_the_table_as_it_was() -> None:
    batch = [change().changed(result="0f" * 32), change()]
    assert verdicts(batch, lambda _dataset: projects()) == ["result", "accepted"]


def test_a_snapshot_that_may_not_be_here_leaves_the_table_as_it_was() -> None:
    hidden = first_projects().changed(sharing={"level": "partners"})
    assert verdicts([hidden, change()]) == ["sharing", "table-missing"]


def test_after_a_withdrawal_there_is_no_table() -> None:
    withdrawn = first_projects().changed(mode="withdraw", content=None, rows=0, result=None)
    bare = Made(withdrawn.payload, None, withdrawn.by)
    found = judge(
        [candidate(first_projects()), candidate(bare), candidate(change())], world(), no_table
    )
    assert [said(one) for one in found] == ["accepted", "accepted", "table-missing"]
    assert publication(found[1]).table is None


def test_entities_taken_back_are_gone_from_the_table() -> None:
    keys = projects().select("id").head(2)
    one = made(projects_draft(keys, mode="withdraw"), first_projects().position())
    (found,) = judge([candidate(one)], world(), lambda _dataset: projects())
    assert table_of(found).equals(projects().tail(2))


def test_a_heartbeat_keeps_the_table() -> None:
    one = first_projects().changed(mode="unchanged", content=None, rows=0, result=None)
    (found,) = judge([candidate(Made(one.payload, None, one.by))], world(), lambda _: projects())
    assert table_of(found).equals(projects())


@pytest.mark.parametrize("mode", ["delta", "withdraw"])
def test_a_table_under_another_version_needs_a_snapshot(mode: str) -> None:
    older = projects().drop("theme_manifeste")
    keys = made(
        projects_draft(projects().select("id"), mode="withdraw"), first_projects().position()
    )
    one = change() if mode == "delta" else keys
    assert verdicts([one], lambda _dataset: older) == ["table-missing"]


def test_two_registers_of_one_batch_are_told_apart() -> None:
    other = made(projects_draft(projects(range(7, 9)), dataset=f"{PROJECTS}.ecoles"))
    found = judge([candidate(first_projects()), candidate(other)], world(), no_table)
    assert table_of(found[0]).equals(projects())
    assert table_of(found[1]).equals(projects(range(7, 9)))


def test_result_is_the_digest_of_the_canonical_table() -> None:
    key = schema("projets").primary_key
    assert first_projects().payload["result"] == table_digest(projects(), key)
    assert change().payload["result"] == table_digest(changed_projects(), key)


# --- compositions, places, order of steps --------------------------------------------------------


def test_a_schema_that_only_has_the_name_of_compositions() -> None:
    """Its columns are others; looking for those of a composition would stop the receiver."""
    alien = parse_schema(documents()["schema-synthese-9.9.9.json"])
    trust = World({name: documents()[name] for name in (*KNOWN, "schema-synthese-9.9.9.json")})
    draft = draft_rows(alien, f"{EPCI}/synthese", counts(), salt=SALT, mode="append")
    claim = composition().payload["composition"]
    one = made(draft, by=EPCI).changed(composition=claim, publisher=EPCI)
    (found,) = open_all([arrival_of(message(one))], trust)
    assert isinstance(found, Opened)
    assert said(judge([Candidate(found, one.blob)], trust, no_table)[0]) == "place"


def test_the_first_step_that_fails_is_the_reason() -> None:
    worst = with_frame(
        made(counts_draft(dataset=f"{EPCI}/comptage-mobilites")),
        counts().reverse(),
        sharing={"level": "partners"},
        period={"start": "2000-01-01T00:00:00Z", "end": "2000-01-02T00:00:00Z"},
    )
    stages = [
        (worst.changed(rows=1), "rows"),
        (worst, "invalid"),
        (with_frame(worst, counts()), "period"),
        (with_frame(worst, counts(), period=first_counts().payload["period"]), "place"),
    ]
    for one, reason in stages:
        assert verdicts([one]) == [reason]
    here = with_frame(first_counts(), counts(), sharing={"level": "partners"})
    assert verdicts([here]) == ["sharing"]


def test_rows_with_no_time_at_all() -> None:
    """The smallest of nothing is null, and null is not before anything."""
    kind = counts()["start_datetime"].dtype
    empty = counts().with_columns(start_datetime=pl.lit(None, kind))
    assert verdicts([with_frame(first_counts(), empty), first_counts()]) == ["invalid", "accepted"]
