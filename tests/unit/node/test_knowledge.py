"""What a receiver trusts, and what merely arrived."""

from pathlib import Path

import pytest

from federation.charter import Charter, Member, issue_charter
from federation.errors import MaillageError
from federation.identity import SigningKey, issue_identity
from node.documents import digest_of, keep, learn, restore
from node.knowledge import Knowledge
from node.store.store import Store
from tests.hostile import identity
from tests.world import ARVIEU, AYEN, EPCI, LUZY, documents, parse_identity, signer

CHARTER = documents()["charter-levezou-1.json"]
DIGEST = digest_of("charter", CHARTER)


def kid(name: str) -> str:
    return signer(name).public.kid


def impostor() -> bytes:
    """Another first identity document of Arvieu, signed by keys of its maker."""
    forged = parse_identity(identity(ARVIEU)).model_copy(
        update={
            "keys": (SigningKey(x=signer("thief").public.x),),
            "recovery": SigningKey(x=signer("thief recovery").public.x),
        }
    )
    return issue_identity(forged, (signer("thief"), signer("thief recovery")))


def test_an_identity_that_merely_arrived_speaks_for_nobody() -> None:
    knowledge = Knowledge()
    names = knowledge.learn_identity(identity(ARVIEU))
    assert names == [digest_of("identity", identity(ARVIEU))]
    assert knowledge.key(kid(ARVIEU)) is None
    assert knowledge.identity_of(ARVIEU) is None


@pytest.mark.parametrize("first", ["pin", "document"])
def test_a_pinned_identity_speaks_whichever_came_first(first: str) -> None:
    knowledge = Knowledge()
    digest = digest_of("identity", identity(ARVIEU))
    learned: list[str] = []
    steps = [lambda: knowledge.pin(digest), lambda: knowledge.learn_identity(identity(ARVIEU))]
    for step in steps if first == "pin" else reversed(steps):
        learned += step()
    assert kid(ARVIEU) in learned
    record = knowledge.key(kid(ARVIEU))
    assert record is not None
    assert record.participant == ARVIEU


def test_a_charter_that_nobody_pinned_gives_nobody_trust() -> None:
    knowledge = Knowledge([EPCI])
    for name in (ARVIEU, EPCI):
        knowledge.learn_identity(identity(name))
    assert knowledge.learn_charter(CHARTER, DIGEST) == []
    assert not knowledge.knows_charter(DIGEST)
    assert not knowledge.may_receive(DIGEST, ARVIEU)
    assert knowledge.members() == frozenset()
    assert knowledge.key(kid(ARVIEU)) is None


def test_a_pinned_charter_gives_its_members_trust_once_they_are_here() -> None:
    knowledge = Knowledge([EPCI])
    assert knowledge.pin_charter(DIGEST) == []
    assert knowledge.learn_charter(CHARTER, DIGEST) == []
    knowledge.learn_identity(identity(ARVIEU))
    assert knowledge.key(kid(ARVIEU)) is None, "not before the whole charter can be checked"
    names = knowledge.learn_identity(identity(EPCI))
    assert {DIGEST, kid(ARVIEU), kid(EPCI)} <= set(names)
    assert knowledge.knows_charter(DIGEST)
    assert knowledge.may_receive(DIGEST, ARVIEU)
    assert not knowledge.may_receive(DIGEST, LUZY)
    assert not knowledge.may_receive("ab" * 32, ARVIEU)
    assert knowledge.members() == {ARVIEU, EPCI}


def test_a_receiver_that_is_no_member_may_not_receive() -> None:
    knowledge = Knowledge([LUZY])
    knowledge.pin_charter(DIGEST)
    knowledge.learn_charter(CHARTER, DIGEST)
    for name in (ARVIEU, EPCI):
        knowledge.learn_identity(identity(name))
    assert knowledge.knows_charter(DIGEST)
    assert not knowledge.may_receive(DIGEST, ARVIEU)


@pytest.mark.parametrize("order", [0, 1])
def test_a_second_first_identity_is_not_trusted(order: int) -> None:
    knowledge = Knowledge()
    knowledge.learn_identity(identity(ARVIEU), pin=True)
    knowledge.learn_identity(impostor(), pin=bool(order))  # not even pinned afterwards
    assert knowledge.key(kid("thief")) is None
    record = knowledge.identity_of(ARVIEU)
    assert record is not None
    assert record.digest == digest_of("identity", identity(ARVIEU))


def test_a_strangers_charter_does_not_take_over_a_participant() -> None:
    """A charter that names the impostor changes nothing, pinned or not."""
    known = parse_identity(impostor())
    forged = issue_charter(
        Charter(
            charter="takeover",
            title="Takeover",
            version=1,
            members=(
                Member(
                    participant=ARVIEU,
                    identity=digest_of("identity", impostor()),
                    custodian=known.custodian.key,
                    roles=("publisher",),
                ),
            ),
            threshold=1,
            issued="2026-01-06T08:00:00Z",
        ),
        (signer("thief"),),
    )
    knowledge = Knowledge()
    knowledge.learn_identity(identity(ARVIEU), pin=True)
    knowledge.learn_identity(impostor())
    knowledge.learn_charter(forged, digest_of("charter", forged))
    knowledge.pin_charter(digest_of("charter", forged))
    assert knowledge.key(kid("thief")) is None
    assert knowledge.key(kid(ARVIEU)) is not None


@pytest.mark.parametrize(
    "name", [f"identity-{AYEN}-1-small-order.json", "identity-fr-com-12266-1-unsigned.json"]
)
def test_an_identity_not_signed_as_it_must_be_is_no_identity(name: str) -> None:
    knowledge = Knowledge()
    with pytest.raises(MaillageError):
        knowledge.learn_identity(documents()[name], pin=True)
    assert knowledge.trusted == {}
    assert learn(knowledge, "identity", documents()[name], pin=True) == []


@pytest.mark.parametrize("kind", ["identity", "charter", "schema", "receipt"])
def test_rubbish_is_not_learned(kind: str) -> None:
    knowledge = Knowledge()
    for body in (b"", b"{}", b"[" * 10_000, b"\xff\xfe", identity(ARVIEU)[:-20]):
        assert learn(knowledge, kind, body) == []
    assert knowledge.trusted == {}


def test_what_was_learned_is_known_after_a_restart(tmp_path: Path) -> None:
    with Store.open(tmp_path / "data") as store:
        keep(store, "identity", ARVIEU, identity(ARVIEU), pinned=True)
        keep(store, "identity", EPCI, identity(EPCI), pinned=False)
        keep(store, "identity", ARVIEU, impostor(), pinned=False)
    with Store.open(tmp_path / "data") as store:
        knowledge = Knowledge()
        restore(knowledge, store)
    assert set(knowledge.trusted) == {ARVIEU}
    assert knowledge.key(kid(ARVIEU)) is not None
    assert knowledge.key(kid("thief")) is None
    assert knowledge.key(kid(EPCI)) is None
