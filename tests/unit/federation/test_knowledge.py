"""What a receiver trusts, and what merely arrived."""

from pathlib import Path

import pytest

from federation.charter import Charter, Member, issue_charter
from federation.errors import MaillageError
from federation.identity import SigningKey, issue_identity
from federation.knowledge import Knowledge
from node.documents import digest_of, keep, learn, restore
from node.store.store import Store
from tests.hostile import identity
from tests.world import (
    ARVIEU,
    AYEN,
    EPCI,
    LUZY,
    NOW_US,
    TWIN,
    documents,
    parse_identity,
    signer,
)

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


@pytest.mark.parametrize("kind", ["identity", "charter", "charter-end", "schema", "receipt"])
def test_rubbish_is_not_learned(kind: str) -> None:
    knowledge = Knowledge()
    for body in (b"", b"{}", b"[" * 10_000, b"\xff\xfe", identity(ARVIEU)[:-20]):
        assert learn(knowledge, kind, body) == []
    assert knowledge.trusted == {}


PAIR = documents()["charter-jumelage-1.json"]
PAIR_DIGEST = digest_of("charter", PAIR)
END = documents()["end-jumelage-twin.json"]


def twinned(*, end_first: bool = False) -> Knowledge:
    knowledge = Knowledge([ARVIEU])
    if end_first:
        assert knowledge.learn_end(END) == []
    knowledge.learn_identity(identity(ARVIEU))
    knowledge.learn_identity(identity(TWIN))
    assert learn(knowledge, "charter", PAIR, pin=True)
    return knowledge


@pytest.mark.parametrize("end_first", [True, False])
def test_the_end_of_a_charter_counts_whichever_came_first(*, end_first: bool) -> None:
    knowledge = twinned(end_first=end_first)
    if not end_first:
        assert knowledge.charter_ended(PAIR_DIGEST, TWIN, NOW_US * 2) == ""
        assert knowledge.learn_end(END) == [PAIR_DIGEST]
        assert knowledge.learn_end(END) == []
    for who in (ARVIEU, TWIN):
        assert TWIN in knowledge.charter_ended(PAIR_DIGEST, who, NOW_US + 1_000_000)
        assert knowledge.charter_ended(PAIR_DIGEST, who, NOW_US) == ""
    ending = knowledge.ending(PAIR_DIGEST, ARVIEU, sending=True)
    assert ending is not None
    assert ending.by == TWIN


@pytest.mark.parametrize("name", ["end-jumelage-forged.json", "end-jumelage-stranger.json"])
def test_an_end_by_somebody_else_ends_nothing(name: str) -> None:
    knowledge = twinned()
    assert learn(knowledge, "charter-end", documents()[name]) == []
    assert knowledge.ends_of(PAIR_DIGEST) == []
    assert knowledge.charter_ended(PAIR_DIGEST, TWIN, NOW_US * 2) == ""


def test_a_charter_of_others_says_so_itself() -> None:
    knowledge = Knowledge([LUZY])
    assert knowledge.learn_charter(PAIR, PAIR_DIGEST) == [PAIR_DIGEST]
    assert knowledge.excludes(PAIR_DIGEST)
    assert not knowledge.knows_charter(PAIR_DIGEST)
    assert not knowledge.excludes("ab" * 32)
    assert knowledge.learn_charter(PAIR, "ab" * 32) == [], "another text under that digest"
    assert not knowledge.excludes("ab" * 32)
    knowledge.pin_charter(PAIR_DIGEST)
    assert not knowledge.excludes(PAIR_DIGEST)
    member = Knowledge([ARVIEU])
    assert member.learn_charter(PAIR, PAIR_DIGEST) == []
    assert not member.excludes(PAIR_DIGEST)


def test_a_charter_is_named_by_digest_or_name() -> None:
    knowledge = twinned()
    for text in (PAIR_DIGEST, PAIR_DIGEST[:8], "jumelage"):
        assert knowledge.charter_named(text).digest == PAIR_DIGEST
    for text in ("", PAIR_DIGEST[:7], "autre"):
        with pytest.raises(MaillageError):
            knowledge.charter_named(text)
    assert [one.digest for one in knowledge.charters_of(ARVIEU)] == [PAIR_DIGEST]
    assert knowledge.charters_of(LUZY) == []


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
