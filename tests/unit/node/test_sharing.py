"""Sharing: which charter a publication within a federation names, and who may have figures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.author import messages
from federation.charter import Charter, KnownCharter, Member, issue_charter
from federation.errors import StateError
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest, Sharing
from federation.verify import Arrival
from node import documents, founding
from node.composer import Composer
from node.keys import KeyStore
from node.knowledge import Knowledge
from node.publishing import Publisher
from node.receive.intake import Intake
from node.sharing import OPEN, default_of, of_composition
from node.signing import Signing
from node.store.store import Store
from schemas.catalogue import bundled
from schemas.model import Schema

ARVIEU, SEGUR, LEVEZOU = "fr-com-12011", "fr-com-12266", "fr-epci-241200765"
HOSTED = (ARVIEU, SEGUR, LEVEZOU)
NOW_US = 1_795_780_800_000_000  # 2026-11-27T12:00Z
WATER = (
    b"secteur_id,debut,fin,volume_m3\n"
    b"BOURG,2026-11-21T00:00:00+01:00,2026-11-21T01:00:00+01:00,3.5\n"
)


def schema(name: str) -> Schema:
    found = bundled().latest(name)
    assert found is not None
    return found


class World:
    """Two communes and their EPCI on one node, without a hub."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        founding.found(folder, HOSTED, now_us=NOW_US)
        self.store = Store.open(folder)
        self.knowledge = Knowledge(HOSTED)
        documents.restore(self.knowledge, self.store)
        self.order: list[str] = []
        self.publisher = Publisher(
            self.store, lambda: self.knowledge.catalogue, HOSTED, self.charters
        )
        self.intake = Intake(self.store, self.knowledge, (LEVEZOU,))
        self.signing = Signing(self.store, KeyStore(folder), self.knowledge.schema, [])

    def charters(self) -> tuple[KnownCharter, ...]:
        known = self.knowledge.charters
        return tuple(known[one] for one in self.order if one in known)

    def found(self, name: str, *members: str) -> str:
        keys = KeyStore(self.folder)
        entries = []
        for one in sorted(members):
            known = self.knowledge.identity_of(one)
            assert known is not None
            entries.append(
                Member(
                    participant=one,
                    identity=known.digest,
                    custodian=known.identity.custodian.key,
                    roles=("publisher", "composer"),
                )
            )
        charter = Charter(
            charter=name,
            title=name,
            version=1,
            members=tuple(entries),
            threshold=1,
            issued="2026-11-01T00:00:00Z",
        )
        document = issue_charter(charter, tuple(keys.signer(one) for one in sorted(members)))
        digest = documents.digest_of("charter", document)
        self.knowledge.pin_charter(digest)
        self.knowledge.learn_charter(document, digest)
        self.order.append(digest)
        return digest

    def publish(self, owner: str = ARVIEU) -> str | None:
        return self.publisher.publish_file(
            WATER,
            filename="eau.csv",
            schema_name="eau-reseau",
            participant=owner,
            now_us=NOW_US,
        ).mode

    def arrive(self) -> None:
        """Sign what is drafted, and take in all that was signed."""
        for participant in HOSTED:
            self.signing.sign_ready(participant)
        arrivals = []
        for head in self.store.publications.own_heads():
            for row in self.store.publications.of(head.dataset, everything=True):
                if row.verdict == "signed":
                    assert row.content_digest is not None
                    blob = self.store.contents.get(row.content_digest)
                    manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
                    arrivals += [
                        Arrival(one.subject, one.headers, one.body)
                        for one in messages(manifest, row.digest, row.jws, blob)
                    ]
        taken = self.intake.take(arrivals, NOW_US)
        assert not taken.reasons, taken.reasons

    def manifests(self, dataset: str) -> list[Manifest]:
        return [
            Manifest.read(parse_compact(row.jws, TYP).payload)
            for row in self.store.publications.of(dataset, everything=True)
        ]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "node")
    yield made
    made.intake.close()
    made.store.close()


def test_without_a_federation_nothing_goes_out_and_it_is_said(world: World) -> None:
    with pytest.raises(StateError) as caught:
        world.publish()
    assert caught.value.code == "sharing-charter"
    assert "maillage.toml" in caught.value.remedy
    assert world.store.own.next_drafts(ARVIEU) == []


def test_the_first_charter_of_the_list_with_the_publisher_in_it_counts(world: World) -> None:
    other = world.found("autres", SEGUR, LEVEZOU)
    first = world.found("levezou", ARVIEU, LEVEZOU)
    second = world.found("jumelage", ARVIEU, SEGUR)
    water = schema("eau-reseau")
    assert default_of(water, ARVIEU, world.charters()).charter == first
    world.order = [other, second, first]
    assert default_of(water, ARVIEU, world.charters()).charter == second
    assert default_of(schema("projets"), ARVIEU, ()) == OPEN


def test_figures_of_a_federation_stay_in_it(world: World) -> None:
    digest = world.found("levezou", ARVIEU, SEGUR, LEVEZOU)
    assert world.publish(ARVIEU) == "append"
    assert world.publish(SEGUR) == "append"
    world.arrive()
    composer = Composer(world.store, world.knowledge, (LEVEZOU,))
    measures = {one.measure for one in composer.compose_closed(world.publisher, NOW_US)}
    assert measures == {"eau-reseau.volume_m3"}
    world.arrive()
    for dataset in (f"{ARVIEU}/eau-reseau", f"{LEVEZOU}/synthese.eau-reseau-volume-m3"):
        (manifest,) = world.manifests(dataset)
        assert manifest.sharing == Sharing(level="federation", charter=digest)


def test_figures_of_two_federations_are_nobodys(world: World) -> None:
    one = Sharing(level="federation", charter=world.found("a", ARVIEU, LEVEZOU))
    two = Sharing(level="federation", charter=world.found("b", SEGUR, LEVEZOU))
    charters = world.charters()
    assert of_composition(LEVEZOU, [OPEN, OPEN], charters) == OPEN
    assert of_composition(LEVEZOU, [], charters) == OPEN
    assert of_composition(LEVEZOU, [OPEN, one], charters) == one
    assert of_composition(LEVEZOU, [one, two], charters) is None
    assert of_composition(SEGUR, [one], charters) is None
    assert of_composition(LEVEZOU, [Sharing(level="partners")], charters) is None
