"""Publishing: which schemas a name stands for, and how rows go out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.errors import UnknownError
from node import documents, founding
from node.knowledge import Knowledge
from node.publishing import Publisher
from node.store.store import Store
from schemas.catalogue import bundled
from tests.world import ARVIEU, EPCI, NOW_US

CSV = (
    b"channel_id,counter_id,start_datetime,end_datetime,count\n"
    b"C1,,2026-03-01T00:00:00+01:00,2026-03-01T01:00:00+01:00,12\n"
)


def renamed(name: str, version: str) -> bytes:
    """The schema of counts as another member might send it."""
    known = bundled().latest("comptage-mobilites")
    assert known is not None
    found = known.document.replace(b'"comptage-mobilites"', f'"{name}"'.encode(), 1)
    return found.replace(b'"1.0.0"', f'"{version}"'.encode(), 1)


class Own:
    """A commune's store and what it knows."""

    def __init__(self, folder: Path) -> None:
        founding.found(folder, [ARVIEU], now_us=NOW_US)
        self.store = Store.open(folder)
        self.knowledge = Knowledge([ARVIEU])
        self.publisher = Publisher(self.store, lambda: self.knowledge.catalogue, [ARVIEU])

    def publish(self, schema: str, participant: str = ARVIEU, data: bytes = CSV) -> str | None:
        return self.publisher.publish_file(
            data,
            filename="comptages.csv",
            schema_name=schema,
            participant=participant,
            now_us=NOW_US,
        ).mode


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Own]:
    found = Own(tmp_path / "data")
    yield found
    found.store.close()


def test_a_newer_version_that_arrived_is_not_what_a_name_stands_for(own: Own) -> None:
    own.knowledge.learn_schema(renamed("comptage-mobilites", "9.9.9"))
    assert own.publish("comptage-mobilites") == "append"
    (draft,) = own.store.own.next_drafts(ARVIEU)
    mine = bundled().latest("comptage-mobilites")
    assert mine is not None
    assert draft.schema_digest == mine.digest


def test_a_schema_that_arrived_is_published_only_once_pinned(own: Own) -> None:
    document = renamed("comptage-velos", "1.0.0")
    own.knowledge.learn_schema(document)
    documents.keep(own.store, "schema", EPCI, document, pinned=False)
    with pytest.raises(UnknownError) as caught:
        own.publish("comptage-velos")
    assert caught.value.code == "schema"
    assert "comptage-velos" not in caught.value.remedy


def test_a_pinned_schema_is_published(own: Own) -> None:
    document = renamed("comptage-velos", "1.0.0")
    documents.keep(own.store, "schema", EPCI, document, pinned=True)
    documents.restore(own.knowledge, own.store)
    assert own.publish("comptage-velos") == "append"
    (draft,) = own.store.own.next_drafts(ARVIEU)
    assert draft.dataset == f"{ARVIEU}/comptage-velos"
    # the sender finds it by digest, and so does who reads the rows back
    assert own.knowledge.schema(draft.schema_digest) is not None


def test_what_is_wrong_stores_nothing(own: Own) -> None:
    with pytest.raises(UnknownError) as caught:
        own.publish("comptage-mobilites", EPCI)
    assert caught.value.code == "participant"
    with pytest.raises(UnknownError):
        own.publish("inconnu")
    assert own.publish("comptage-mobilites", data=CSV.replace(b",12", b",douze")) is None
    assert own.store.own.next_drafts(ARVIEU) == []
