"""Composing: each commune's own days, one state, withdrawals, and recomputing elsewhere."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from federation.author import draft_bare, draft_rows, messages
from federation.cell import Cell, CellKey
from federation.charter import Charter, Member, issue_charter
from federation.comparison import Differs, NotRecomputable, Recomputed
from federation.composition import by_day, closed_windows, figures_digest, row_schema
from federation.errors import MalformedError, TrustError, UnknownError
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest, Sharing
from federation.verify import Arrival
from node import documents, founding
from node.composer import COMPOSITION, Composed, Composer
from node.exporting import bundle_of
from node.keys import KeyStore
from node.knowledge import Knowledge
from node.publishing import Publisher
from node.receive.contents import Contents
from node.receive.figures import replay
from node.receive.intake import Intake
from node.signing import Signing
from node.store.rows import PublicationRow
from node.store.store import Store
from schemas.catalogue import bundled
from schemas.model import Measure, Schema
from schemas.territory import Territory, territory, timezone_of

SAINT_DENIS, REUNION = "fr-com-97411", "fr-reg-04"
BASSE_TERRE, GUADELOUPE = "fr-com-97105", "fr-reg-01"
ARVIEU, SEGUR, LEVEZOU = "fr-com-12011", "fr-com-12266", "fr-epci-241200765"
PARTICIPANTS = (SAINT_DENIS, REUNION, BASSE_TERRE, GUADELOUPE, ARVIEU, SEGUR, LEVEZOU)
COMPOSERS = (REUNION, GUADELOUPE, LEVEZOU)
MEASURE = "comptage-mobilites.count"
VINTAGE = 2026


def counts_schema() -> Schema:
    found = bundled().latest("comptage-mobilites")
    assert found is not None
    return found


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def us(text: str) -> int:
    return int(at(text).timestamp()) * 1_000_000


LATER = us("2026-11-28T12:00:00+00:00")


def hours(start: str, count: int, *, value: int = 1, channel: str = "C1") -> pl.DataFrame:
    """Hourly rows from a moment on."""
    first = at(start)
    hour = dt.timedelta(hours=1)
    rows = [
        (channel, None, first + n * hour, first + (n + 1) * hour, Decimal(value))
        for n in range(count)
    ]
    return pl.DataFrame(rows, schema=counts_schema().polars_schema(), orient="row")


class World:
    """One data directory that hosts communes and composers, without a hub."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        founding.found(folder, PARTICIPANTS, now_us=LATER)
        self.store = Store.open(folder)
        self.knowledge = Knowledge(PARTICIPANTS)
        documents.restore(self.knowledge, self.store)
        self.intake = Intake(self.store, self.knowledge, COMPOSERS)
        self.publisher = Publisher(self.store, lambda: self.knowledge.catalogue, PARTICIPANTS)
        self.signing = Signing(self.store, KeyStore(folder), self.knowledge.schema, [])
        self.composer = Composer(self.store, self.knowledge, COMPOSERS)

    def close(self) -> None:
        self.intake.close()
        self.store.close()

    def draft(self, owner: str, frame: pl.DataFrame, mode: str = "append") -> None:
        known = counts_schema()
        dataset = f"{owner}/comptage-mobilites"
        if mode == "erase":
            draft = draft_bare(
                known,
                dataset,
                "withdraw",
                sharing=Sharing(level=known.sharing_default),
                origin="own",
                licence=known.licence,
            )
        elif mode == "withdraw":
            keys = frame.select(known.primary_key)
            draft = draft_rows(known, dataset, keys, salt=bytes(16), mode="withdraw")
        else:
            draft = draft_rows(known, dataset, frame, salt=bytes(16), mode="append")
        self.publisher.store_draft(draft, source="test", now_us=LATER)

    def arrive(self) -> None:
        """Sign what is drafted, and take in all that was signed."""
        for participant in PARTICIPANTS:
            self.signing.sign_ready(participant)
        arrivals: list[Arrival] = []
        for head in self.store.publications.own_heads():
            for row in self.store.publications.of(head.dataset, everything=True):
                if row.verdict != "signed":
                    continue
                blob = self.store.contents.get(row.content_digest) if row.content_digest else None
                manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
                arrivals += [
                    Arrival(one.subject, one.headers, one.body)
                    for one in messages(manifest, row.digest, row.jws, blob)
                ]
        taken = self.intake.take(arrivals, LATER)
        assert not taken.reasons, taken.reasons

    def publish(self, owner: str, frame: pl.DataFrame, mode: str = "append") -> None:
        self.draft(owner, frame, mode)
        self.arrive()

    def compose(self, now: int = LATER) -> list[Composed]:
        return self.composer.compose_closed(self.publisher, now)

    def compositions(self, composer: str) -> list[PublicationRow]:
        dataset = f"{composer}/{COMPOSITION}.comptage-mobilites-count"
        return self.store.publications.of(dataset)

    def table(self, composer: str) -> pl.DataFrame:
        """What readers of a composer's dataset see."""
        contents = Contents(self.store, self.knowledge.schema)
        dataset = f"{composer}/{COMPOSITION}.comptage-mobilites-count"
        tables = replay(contents.series(dataset))
        if not tables:
            return pl.DataFrame(schema=row_schema().polars_schema())
        ((_, table),) = tables
        return table.sort(row_schema().primary_key)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path / "node")
    yield found
    found.close()


def manifest_of(row: PublicationRow) -> Manifest:
    return Manifest.read(parse_compact(row.jws, TYP).payload)


@pytest.mark.parametrize(
    ("commune", "composer", "offset"),
    [(SAINT_DENIS, REUNION, "+04:00"), (BASSE_TERRE, GUADELOUPE, "-04:00")],
)
def test_days_are_those_of_the_communes_and_not_of_paris(
    world: World, commune: str, composer: str, offset: str
) -> None:
    world.publish(commune, hours(f"2026-11-21T00:00:00{offset}", 48))
    # one second before the second day is over there
    first = world.compose(us(f"2026-11-22T23:59:59{offset}"))
    assert [(one.composer, one.day) for one in first] == [(composer, "2026-11-21")]
    second = world.compose(us(f"2026-11-23T00:00:00{offset}"))
    assert [(one.composer, one.day) for one in second] == [(composer, "2026-11-22")]
    world.arrive()
    for row in world.compositions(composer):
        claim = manifest_of(row).composition
        assert claim is not None
        assert claim.coverage.expected == claim.coverage.received == 1
        assert claim.coverage.readings.received == 24
        assert isinstance(world.composer.recompute(row.digest)[2], Recomputed)
    assert world.table(composer)["count"].to_list() == [24, 24]


def test_a_day_of_several_zones_is_over_when_it_is_over_everywhere() -> None:
    places = {"97411": "2026-11-22T00:00:00+04:00", "75056": "2026-11-22T00:00:00+01:00"}
    cells = {
        CellKey(f"fr-com-{place}/x", MEASURE, place, "hour", int(at(start).timestamp()), VINTAGE): (
            Cell(1, 5, 25, 5, 5, 0)
        )
        for place, start in places.items()
    }
    days = by_day(cells, timezone_of=timezone_of)
    assert list(days) == ["2026-11-22"]
    held = days["2026-11-22"]
    assert {key.start for key in held} == {int(at(start).timestamp()) for start in places.values()}

    def closed(text: str) -> set[str]:
        return {key.place for key in closed_windows(held, int(at(text).timestamp()))}

    assert closed("2026-11-22T23:59:59+04:00") == set()
    assert closed("2026-11-23T00:00:00+04:00") == {"97411"}
    assert closed("2026-11-23T00:00:00+01:00") == {"97411", "75056"}


def test_nothing_is_composed_twice(world: World) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 24))
    assert len(world.compose()) == 1
    assert world.compose() == []
    world.arrive()
    assert world.compose() == []


def test_a_crash_between_draft_and_setting_drafts_nothing_again(world: World) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 24))
    (one,) = world.compose()
    name = f"composed:{LEVEZOU}:{MEASURE}:2026-11-21"
    assert world.store.settings.get(name) == one.figures
    for signed in (False, True):
        if signed:
            world.arrive()
        world.store.settings.set(name, "")
        # a crash ends the process: what it remembered is gone
        world.composer = Composer(world.store, world.knowledge, COMPOSERS)
        assert world.compose() == []
        assert world.store.settings.get(name) == one.figures


def test_what_has_not_changed_is_not_read_again(world: World) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 24))
    assert len(world.compose()) == 1
    read: list[str] = []
    cells = world.composer._cells

    def noted(schema: Schema, measure: Measure, *more: Any) -> dict[CellKey, Cell]:
        read.append(measure.name)
        return cells(schema, measure, *more)

    world.composer._cells = noted  # type: ignore[method-assign]
    assert world.compose() == []
    assert read == []
    world.publish(ARVIEU, hours("2026-11-22T00:00:00+01:00", 24))
    assert len(world.compose()) == 1
    assert set(read) == {MEASURE}


def test_a_commit_between_heads_and_cells_leads_to_another_reading(world: World) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 12))

    class Raced(Composer):
        """Something is committed just before the cells are read for the first time."""

        raced = False

        def _cells(
            self,
            schema: Schema,
            measure: Measure,
            ground: Territory,
            span: tuple[int, int] | None,
        ) -> dict[CellKey, Cell]:
            if not self.raced and ground.id == LEVEZOU:
                self.raced = True
                world.publish(ARVIEU, hours("2026-11-21T12:00:00+01:00", 12, value=7))
            return super()._cells(schema, measure, ground, span)

    raced = Raced(world.store, world.knowledge, [LEVEZOU])
    assert len(raced.compose_closed(world.publisher, LATER)) == 1
    assert raced.raced
    world.arrive()
    (row,) = world.compositions(LEVEZOU)
    assert isinstance(world.composer.recompute(row.digest)[2], Recomputed)
    assert world.table(LEVEZOU)["input_sequence"].to_list() == [2]


def test_while_commits_never_stop_nothing_is_signed(world: World) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 1))

    class Pressed(Composer):
        """Something is committed before every reading."""

        minute = 0

        def _cells(
            self,
            schema: Schema,
            measure: Measure,
            ground: Territory,
            span: tuple[int, int] | None,
        ) -> dict[CellKey, Cell]:
            self.minute += 1
            world.publish(ARVIEU, hours(f"2026-11-21T02:{self.minute:02d}:00+01:00", 1))
            return super()._cells(schema, measure, ground, span)

    pressed = Pressed(world.store, world.knowledge, [LEVEZOU])
    assert pressed.compose_closed(world.publisher, LATER) == []
    assert len(world.compose()) == 1


def test_what_vanishes_is_withdrawn_before_the_rest_is_appended(world: World) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 24))
    segur = hours("2026-11-21T00:00:00+01:00", 24, value=3)
    world.publish(SEGUR, segur)
    world.compose()
    world.arrive()
    assert world.table(LEVEZOU)["place"].to_list() == ["12011", "12266"]
    world.publish(SEGUR, segur, "withdraw")
    (done,) = world.compose()
    world.arrive()
    assert [row.mode for row in world.compositions(LEVEZOU)] == ["append", "withdraw", "append"]
    table = world.table(LEVEZOU)
    assert table["place"].to_list() == ["12011"]
    assert figures_digest(table) == done.figures
    last = world.compositions(LEVEZOU)[-1]
    assert isinstance(world.composer.recompute(last.digest)[2], Recomputed)


def test_a_day_that_vanishes_as_a_whole_is_withdrawn(world: World) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 48))
    world.compose()
    world.arrive()
    first = world.compositions(LEVEZOU)[0]
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 0), "erase")
    assert [one.day for one in world.compose()] == ["2026-11-21", "2026-11-22"]
    assert world.compose() == []
    world.arrive()
    assert world.table(LEVEZOU).is_empty()
    answer = world.composer.recompute(first.digest)[2]
    assert isinstance(answer, NotRecomputable)
    assert answer.count("withdrawn") == 1


def test_a_crash_between_withdrawal_and_append_is_made_good(world: World) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 24))
    segur = hours("2026-11-21T00:00:00+01:00", 24)
    world.publish(SEGUR, segur)
    world.compose()
    world.publish(SEGUR, segur, "withdraw")

    class FullError(Exception):
        pass

    class Stopping(Publisher):
        """Ends at its second draft."""

        drafts = 0

        def store_draft(self, *arguments: object, **named: object) -> int:
            if self.drafts:
                raise FullError
            self.drafts += 1
            return super().store_draft(*arguments, **named)  # type: ignore[arg-type]  # passed on

    with pytest.raises(FullError):
        world.composer.compose_closed(
            Stopping(world.store, world.knowledge.catalogue, PARTICIPANTS), LATER
        )
    assert len(world.compose()) == 1
    world.arrive()
    # the withdrawal is not drafted again, only what was left
    assert [row.mode for row in world.compositions(LEVEZOU)] == ["append", "withdraw", "append"]
    assert world.table(LEVEZOU)["place"].to_list() == ["12011"]


def charter_of(world: World, name: str, *members: str) -> None:
    """Found a federation and pin it."""
    known = {one: world.knowledge.identity_of(one) for one in members}
    keys = KeyStore(world.folder)
    charter = Charter(
        charter=name,
        title=f"Convention {name}",
        version=1,
        members=tuple(
            Member(
                participant=one,
                identity=identity.digest,
                custodian=identity.identity.custodian.key,
                roles=("publisher", "composer"),
            )
            for one, identity in sorted(known.items())
            if identity is not None
        ),
        threshold=1,
        issued="2026-11-01T00:00:00Z",
    )
    document = issue_charter(charter, tuple(keys.signer(one) for one in sorted(members)))
    digest = documents.digest_of("charter", document)
    world.knowledge.pin_charter(digest)
    world.knowledge.learn_charter(document, digest)


def test_a_claim_names_only_a_charter_of_the_composer(world: World) -> None:
    charter_of(world, "ailleurs", SAINT_DENIS, REUNION)
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 24))
    world.publish(SAINT_DENIS, hours("2026-11-21T00:00:00+04:00", 24))
    world.compose()
    world.arrive()
    (reunion,) = world.compositions(REUNION)
    (levezou,) = world.compositions(LEVEZOU)
    ours, none = manifest_of(reunion).composition, manifest_of(levezou).composition
    assert ours is not None
    assert none is not None
    assert ours.charter in world.knowledge.charters
    assert none.charter is None


def test_another_process_recomputes_the_same_figures(world: World, tmp_path: Path) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 24, value=4))
    world.publish(SEGUR, hours("2026-11-21T00:00:00+01:00", 24, value=3))
    world.compose()
    world.arrive()
    (row,) = world.compositions(LEVEZOU)
    claim = manifest_of(row).composition
    assert claim is not None
    file = tmp_path / "composition.mlg"
    file.write_bytes(bundle_of(world.store, world.knowledge, row.dataset, digest=row.digest))
    for named in (row.digest, str(file)):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from node.cli import main; sys.exit(main())",
                "recompute",
                named,
                "--data",
                str(world.folder),
                "--json",
            ],
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert found["answer"] == "recomputed"
        assert found["recomputedFigures"] == found["claimedFigures"] == claim.figures


def test_altered_figures_differ(world: World) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 24))
    lying = Lying(world.store, world.knowledge, [LEVEZOU])
    lying.compose_closed(world.publisher, LATER)
    world.arrive()
    (row,) = world.compositions(LEVEZOU)
    manifest, figures, answer = world.composer.recompute(row.digest)
    assert isinstance(answer, Differs)
    assert answer.count == 1
    assert manifest.composition is not None
    assert figures != manifest.composition.figures


class Lying(Composer):
    """Adds one to every total."""

    def _cells(
        self, schema: Schema, measure: Measure, ground: Territory, span: tuple[int, int] | None
    ) -> dict[CellKey, Cell]:
        return {
            key: Cell(
                cell.count, cell.total + 1, cell.squares + 10**6, cell.minimum, 10**3, cell.scale
            )
            for key, cell in super()._cells(schema, measure, ground, span).items()
        }


def test_rows_outside_of_the_territory_claimed_differ(world: World) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 24))
    world.publish(SAINT_DENIS, hours("2026-11-21T00:00:00+04:00", 24))

    class Spreading(Composer):
        """Counts whatever it has into its territory."""

        def _cells(
            self,
            schema: Schema,
            measure: Measure,
            ground: Territory,
            span: tuple[int, int] | None,
        ) -> dict[CellKey, Cell]:
            return super()._cells(schema, measure, territory("fr"), span) if ground.id else {}

    spreading = Spreading(world.store, world.knowledge, [REUNION])
    assert len(spreading.compose_closed(world.publisher, LATER)) == 1
    world.signing.sign_ready(REUNION)
    head = world.store.publications.own_head(f"{REUNION}/{COMPOSITION}.comptage-mobilites-count")
    assert head is not None
    answer = world.composer.recompute(head.digest)[2]
    assert isinstance(answer, Differs)
    assert [(one.key[2], one.recomputed) for one in answer.differences] == [("12011", None)]


def test_a_missing_input_says_so(world: World, tmp_path: Path) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 24))
    world.compose()
    world.arrive()
    (row,) = world.compositions(LEVEZOU)
    data = bundle_of(world.store, world.knowledge, row.dataset, digest=row.digest)
    empty = Store.open(tmp_path / "empty")
    elsewhere = Composer(empty, world.knowledge, [])
    answer = elsewhere.recompute(data)[2]
    assert isinstance(answer, NotRecomputable)
    assert answer.count("not-held") == 1
    with pytest.raises(UnknownError):
        elsewhere.recompute(row.digest)
    with pytest.raises(TrustError):
        Composer(empty, Knowledge(), []).recompute(data)
    empty.close()


def test_a_publication_of_counts_is_no_composition(world: World) -> None:
    world.publish(ARVIEU, hours("2026-11-21T00:00:00+01:00", 24))
    head = world.store.publications.head(f"{ARVIEU}/comptage-mobilites")
    assert head is not None
    with pytest.raises(MalformedError):
        world.composer.recompute(head.digest)
