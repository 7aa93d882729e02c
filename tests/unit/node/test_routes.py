"""Which hub gets what, and what of a dataset's sharing may change."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from twin_world import ARVIEU, NAME, SEGUR, TWIN, agree, in_days, publish_counts

from federation.errors import MaillageError, MalformedError
from federation.ids import parse_dataset as dataset
from federation.ids import pub_subject
from federation.manifest import Sharing
from federation.model import instant_us
from node import charters
from node.clock import now_us
from node.knowledge import Knowledge
from node.node import Node
from node.routes import Routes
from node.settings import HubAddress, load_settings

URL = "nats://127.0.0.1:1"


@pytest.fixture
def charter(tmp_path: Path) -> str:
    for name, who in (("arvieu", [ARVIEU, SEGUR]), ("twin", [TWIN])):
        Node.init(tmp_path / name, who, now_us=now_us())
    return agree(tmp_path / "arvieu", tmp_path / "twin", ends=in_days(1))


@pytest.fixture
def node(tmp_path: Path, charter: str) -> Iterator[Node]:
    hubs = (
        HubAddress(name="home", url=URL),
        HubAddress(name="away", url=URL, send="charters", charters=(charter,)),
        HubAddress(name="reading", url=URL, read=True, send="none", charters=(charter,)),
        HubAddress(name="early", url=URL, read=True, send="none", charters=("ab" * 32,)),
    )
    with contextlib.closing(Node.open(tmp_path / "arvieu", hubs=hubs, http_host="")) as found:
        yield found


def test_a_hub_gets_what_its_charters_share(node: Node, charter: str) -> None:
    shared = Sharing(level="federation", charter=charter)
    assert node.routes.hubs_of(shared) == ("away",)
    assert node.routes.hubs_of(Sharing(level="open")) == ("home",)
    other = Sharing(level="federation", charter="cd" * 32)
    assert node.routes.hubs_of(other) == ("home",)


def test_a_hub_with_charters_is_dealt_with_by_their_members_only(node: Node) -> None:
    routes = node.routes
    subjects = {who: pub_subject(dataset(f"{who}/projets")) for who in (ARVIEU, SEGUR, TWIN)}
    assert [routes.takes("reading", subjects[who]) for who in subjects] == [True, False, True]
    assert all(routes.takes("home", one) for one in subjects.values())
    assert not routes.takes("reading", "rubbish")
    assert routes.confirms("reading", ARVIEU, TWIN)
    assert not routes.confirms("reading", SEGUR, TWIN)
    assert routes.speakers("reading") == (ARVIEU,)
    assert routes.speakers("home") == (ARVIEU, SEGUR)


def test_nothing_is_passed_over_while_a_charter_is_not_known_yet(node: Node) -> None:
    assert node.routes.takes("early", pub_subject(dataset(f"{SEGUR}/projets")))
    assert node.routes.speakers("early") == (ARVIEU, SEGUR)
    assert not node.routes.confirms("early", ARVIEU, TWIN)


def test_documents_of_others_stay_away(node: Node, charter: str) -> None:
    rows = [row for kind in ("identity", "charter") for row in node.store.documents.of(kind)]
    brought = [row for row in rows if node.routes.brings("away", row, node.store)]
    assert {row.participant for row in brought if row.kind == "identity"} == {ARVIEU, TWIN}
    assert [row.digest for row in brought if row.kind == "charter"] == [charter]
    assert len([row for row in rows if node.routes.brings("home", row, node.store)]) == len(rows)


def test_a_dataset_is_never_cut_for_a_hub(node: Node) -> None:
    publish_counts(node, 1, 3)
    assert node.publisher.choice is not None
    for wanted in ({"sharing": "open"}, {"sharing": "aggregate-only"}):
        with pytest.raises(MaillageError) as caught:
            node.publish(
                b"x",
                filename="c.csv",
                schema="comptage-mobilites",
                participant=ARVIEU,
                now_us=now_us(),
                **wanted,  # type: ignore[arg-type]  # levels
            )
        assert caught.value.code == "sharing-change"
    publish_counts(node, 4, 6, charter=None)  # as before


def test_a_charter_goes_with_level_federation_only(node: Node) -> None:
    with pytest.raises(MalformedError) as caught:
        node.publish(
            b"x",
            filename="c.csv",
            schema="comptage-mobilites",
            participant=ARVIEU,
            sharing="open",
            charter=NAME,
            now_us=now_us(),
        )
    assert caught.value.code == "sharing"


def test_level_federation_alone_means_the_only_charter(node: Node, charter: str) -> None:
    water = node.publisher.schema("eau-reseau")
    choice = node.publisher.choice
    assert choice is not None
    found = choice.choose(water, f"{ARVIEU}/eau-reseau", now_us=now_us())
    assert found == Sharing(level="federation", charter=charter)
    for who, moment, code in (
        (SEGUR, now_us(), "sharing-charter"),
        (ARVIEU, instant_us(in_days(2)), "sharing-charter"),  # it has ended
    ):
        with pytest.raises(MaillageError) as caught:
            choice.choose(water, f"{who}/eau-reseau", now_us=moment)
        assert caught.value.code == code


def test_two_charters_are_not_chosen_between(node: Node, tmp_path: Path) -> None:
    second = agree(tmp_path / "arvieu", tmp_path / "twin", ends=in_days(9))
    with contextlib.closing(Node.open(tmp_path / "arvieu", http_host="")) as again:
        water = again.publisher.schema("eau-reseau")
        assert again.publisher.choice is not None
        with pytest.raises(MaillageError) as caught:
            again.publisher.choice.choose(water, f"{ARVIEU}/eau-reseau", now_us=now_us())
        assert caught.value.code == "charter-choice"
    listed = Node.open(tmp_path / "arvieu", http_host="", charters=(second,))
    with contextlib.closing(listed) as again:
        assert again.publisher.choice is not None
        found = again.publisher.choice.choose(water, f"{ARVIEU}/eau-reseau", now_us=now_us())
        assert found.charter == second, "the operator's list decides"


def test_settings_name_the_charters_of_a_filtered_hub(tmp_path: Path) -> None:
    (tmp_path / "maillage.toml").write_text(
        f'[[hubs]]\nname = "away"\nurl = "{URL}"\nsend = "charters"\n'
    )
    with pytest.raises(MalformedError) as caught:
        load_settings(tmp_path)
    assert "names them" in str(caught.value)


def test_an_end_says_its_words_in_three_languages(node: Node) -> None:
    moment = now_us()
    (known,) = charters.in_force(node)
    ending = charters.charter_ending(node, known)
    assert ending is not None
    words = {one: charters.end_words(ending, moment, one) for one in charters.LANGUAGES}
    assert words == {"fr": "prend fin demain", "en": "ends tomorrow", "de": "endet morgen"}
    over = charters.end_words(ending, ending.at_us, "de")
    assert over.startswith("endete fristgemäß am ")
    assert charters.end_words(None, moment, "fr") == "sans terme"
    done = charters.end(node, NAME, reason="Schluss", now_us=moment)
    ending = charters.charter_ending(node, known)
    told = charters.end_words(ending, done.at_us, "de", {ARVIEU: "Arvieu"})
    assert told.startswith("endete auf Beschluss von Arvieu am ")
    found = charters.charter_json(node, known, done.at_us)
    assert (found["endedBy"], found["reason"], found["inForce"]) == (ARVIEU, "Schluss", False)


TWINS, OTHERS = "a" * 64, "b" * 64
OPEN = Sharing(level="open")
HOME_HUB = HubAddress(name="home", url="nats://127.0.0.1:1")
QUIET_HUB = HubAddress(name="quiet", url="nats://127.0.0.1:2", read=True, send="none")
AWAY_HUB = HubAddress(name="away", url="nats://127.0.0.1:3", send="charters", charters=(TWINS,))


@pytest.mark.parametrize(
    ("hubs", "charter", "expected"),
    [
        ((HOME_HUB, QUIET_HUB), None, ("home",)),
        ((HOME_HUB, QUIET_HUB), TWINS, ("home",)),
        ((HOME_HUB, QUIET_HUB, AWAY_HUB), None, ("home",)),
        ((HOME_HUB, QUIET_HUB, AWAY_HUB), OTHERS, ("home",)),
        ((HOME_HUB, QUIET_HUB, AWAY_HUB), TWINS, ("away",)),
        ((QUIET_HUB, AWAY_HUB), None, ()),
    ],
)
def test_where_it_goes(
    hubs: tuple[HubAddress, ...], charter: str | None, expected: tuple[str, ...]
) -> None:
    sharing = OPEN if charter is None else Sharing(level="federation", charter=charter)
    assert Routes(hubs, Knowledge(), ()).hubs_of(sharing) == expected
