"""Ends of charters: whose word, which of several, between whom."""

import itertools
import json
from typing import Any

import pytest
from actors import ARVIEU, ISSUED, LEVEZOU, LUZY, digest, known, signer

from federation.charter import Charter, KnownCharter, Member, issue_charter, read_charter
from federation.charter_end import CharterEnd, KnownEnd, ending_of, issue_end, peek, read_end, words
from federation.errors import MalformedError, TrustError
from federation.model import instant_us

EVERYBODY = (ARVIEU, LUZY, LEVEZOU)
IDENTITIES = {one: known(one) for one in EVERYBODY}
SOON, LATE = "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"


def charter(*members: str, ends: str | None = None) -> KnownCharter:
    entries = tuple(
        Member(
            participant=one,
            identity=IDENTITIES[one].digest,
            custodian=IDENTITIES[one].identity.custodian.key,
            roles=("publisher",),
        )
        for one in sorted(members)
    )
    made: dict[str, Any] = {} if ends is None else {"ends": ends}
    payload = Charter(
        charter="jumelage",
        title="Jumelage",
        version=1,
        members=entries,
        threshold=1,
        issued=ISSUED,
        **made,
    )
    signers = tuple(signer(one) for one in members)
    by_digest = {one.digest: one for one in IDENTITIES.values()}
    return read_charter(issue_charter(payload, signers), by_digest)


PAIR = charter(ARVIEU, LUZY)
TRIO = charter(*EVERYBODY)


def said(of: KnownCharter, member: str, ends: str = SOON, **changed: Any) -> dict[str, Any]:
    return {"charter": of.digest, "member": member, "ends": ends, "issued": ISSUED} | changed


def word(of: KnownCharter, member: str, ends: str = SOON, **changed: Any) -> KnownEnd:
    document = issue_end(CharterEnd.of(said(of, member, ends, **changed)), signer(member))
    return read_end(document, of, IDENTITIES[member])


def at(of: KnownCharter, ends: list[KnownEnd], publisher: str, *receivers: str) -> int | None:
    found = ending_of(of, ends, publisher, receivers)
    return None if found is None else found.at_us


def test_a_charter_without_end_has_none() -> None:
    assert at(PAIR, [], ARVIEU, LUZY) is None


def test_the_date_ends_it_for_all() -> None:
    dated = charter(ARVIEU, LUZY, ends=LATE)
    assert at(dated, [], ARVIEU, LUZY) == instant_us(LATE)
    assert at(dated, [word(dated, LUZY)], ARVIEU, LUZY) == instant_us(SOON)
    assert at(dated, [word(dated, LUZY, "2028-01-01T00:00:00Z")], ARVIEU, LUZY) == instant_us(LATE)


@pytest.mark.parametrize("member", [ARVIEU, LUZY])
def test_of_two_the_word_of_either_ends_it_both_ways(member: str) -> None:
    ends = [word(PAIR, member)]
    assert at(PAIR, ends, ARVIEU, LUZY) == at(PAIR, ends, LUZY, ARVIEU) == instant_us(SOON)


def test_of_three_it_ends_from_and_towards_the_leaver_only() -> None:
    ends = [word(TRIO, LUZY)]
    assert at(TRIO, ends, LUZY, ARVIEU) == instant_us(SOON)
    assert at(TRIO, ends, ARVIEU, LUZY) == instant_us(SOON)
    assert at(TRIO, ends, ARVIEU, LEVEZOU) is None
    assert at(TRIO, ends, ARVIEU, LUZY, LEVEZOU) is None, "a node with one member still in"
    both = [*ends, word(TRIO, LEVEZOU, LATE)]
    assert at(TRIO, both, ARVIEU, LUZY, LEVEZOU) == instant_us(LATE)


def test_the_earliest_word_of_a_member_counts_in_whatever_order_they_come() -> None:
    three = [word(PAIR, LUZY, ends) for ends in (LATE, SOON, "2028-01-01T00:00:00Z")]
    three.append(word(PAIR, LUZY, SOON, reason="Schluss"))
    seen = {str(words(order)) for order in itertools.permutations(three)}
    assert len(seen) == 1
    assert words(three)[LUZY].at_us == instant_us(SOON)


def test_the_ending_says_whose_word_it_is() -> None:
    found = ending_of(PAIR, [word(PAIR, LUZY, reason="Schluss")], ARVIEU, [LUZY])
    assert found is not None
    assert (found.by, found.reason) == (LUZY, "Schluss")
    assert LUZY in found.text()
    dated = charter(ARVIEU, LUZY, ends=LATE)
    found = ending_of(dated, [], ARVIEU, [LUZY])
    assert found is not None
    assert "its date" in found.text()


@pytest.mark.parametrize(
    ("of", "member", "by", "code"),
    [
        (PAIR, LEVEZOU, LEVEZOU, "charter-end"),
        (PAIR, LUZY, ARVIEU, "charter-end-signature"),
        (PAIR, LUZY, f"{LUZY} recovery", "charter-end-signature"),
    ],
)
def test_ends_that_do_not_bind(of: KnownCharter, member: str, by: str, code: str) -> None:
    document = issue_end(CharterEnd.of(said(of, member)), signer(by))
    with pytest.raises(TrustError) as caught:
        read_end(document, of, IDENTITIES[member])
    assert caught.value.code == code


def test_an_end_is_for_the_charter_that_it_names() -> None:
    document = issue_end(CharterEnd.of(said(TRIO, LUZY)), signer(LUZY))
    with pytest.raises(TrustError):
        read_end(document, PAIR, IDENTITIES[LUZY])
    with pytest.raises(TrustError):
        read_end(document, TRIO, None)
    with pytest.raises(TrustError):
        read_end(document, TRIO, IDENTITIES[ARVIEU])
    assert peek(document)[0].charter == TRIO.digest


def test_a_signature_over_something_else_does_not_hold() -> None:
    one, other = (
        json.loads(issue_end(CharterEnd.of(said(PAIR, LUZY, ends)), signer(LUZY)))
        for ends in (SOON, LATE)
    )
    with pytest.raises(TrustError):
        read_end(
            json.dumps(one | {"signatures": other["signatures"]}).encode(), PAIR, IDENTITIES[LUZY]
        )


HEAD = {"epoch": 1, "sequence": 4, "digest": digest("head")}


@pytest.mark.parametrize(
    "changed",
    [
        {"ends": "2026-11-23T08:59:59Z"},
        {"heads": [{"dataset": f"{ARVIEU}/projets", "head": HEAD}]},
        {"heads": [{"dataset": f"{LUZY}/projets", "head": HEAD}] * 2},
        {"reason": ""},
        {"version": 1},
        {"charter": "x"},
    ],
)
def test_payloads_that_say_nonsense(changed: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        CharterEnd.of(said(PAIR, LUZY, **changed))


def test_heads_are_stated() -> None:
    found = word(PAIR, LUZY, heads=[{"dataset": f"{LUZY}/projets", "head": HEAD}])
    assert found.end.heads[0].head.sequence == 4
