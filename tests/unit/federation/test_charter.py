"""A member list that every member signed."""

import json
from typing import Any

import pytest
from actors import ARVIEU, ISSUED, LEVEZOU, LUZY, digest, first, issued, known, signer

from federation.charter import Charter, KnownCharter, issue_charter, read_charter
from federation.errors import MalformedError, TrustError
from federation.identity import KnownIdentity, read_identity
from federation.jose import sign_general

LEVEZOU_OWN = known(LEVEZOU, custodian={"participant": LEVEZOU, "name": "CC"})
LUZY_OWN = known(LUZY, custodian={"name": "Syndicat  de la Nièvre"})
IDENTITIES = {one.digest: one for one in (known(ARVIEU), LUZY_OWN, LEVEZOU_OWN)}
EVERYBODY = (ARVIEU, LUZY, LEVEZOU)


def member(participant: str, *roles: str, **changed: Any) -> dict[str, Any]:
    one = next(one for one in IDENTITIES.values() if one.identity.participant == participant)
    found = {
        "participant": participant,
        "identity": one.digest,
        "custodian": one.identity.custodian.key,
        "roles": list(roles or ("publisher",)),
    }
    return found | changed


def payload(**changed: Any) -> dict[str, Any]:
    members = [member(ARVIEU), member(LUZY), member(LEVEZOU, "publisher", "composer")]
    found = {
        "charter": "levezou",
        "title": "Convention de partage du Lévézou",
        "version": 1,
        "decision": "Délibération 2026-11-03",
        "members": members,
        "threshold": 2,
        "durableReceivers": [LEVEZOU],
        "expires": "2029-01-01T00:00:00Z",
        "issued": ISSUED,
    } | changed
    return {name: value for name, value in found.items() if value is not ...}


def alone(one: dict[str, Any]) -> dict[str, Any]:
    return {"members": [one], "durableReceivers": ..., "threshold": 1}


def read(
    document: bytes | None = None, *, by: tuple[str, ...] = EVERYBODY, **changed: Any
) -> KnownCharter:
    if document is None:
        document = issue_charter(Charter.of(payload(**changed)), tuple(map(signer, by)))
    return read_charter(document, IDENTITIES)


def test_a_charter() -> None:
    found = read()
    assert list(found.members) == [ARVIEU, LUZY, LEVEZOU]
    assert found.may(LEVEZOU, "composer")
    assert not found.may(ARVIEU, "composer")
    assert not found.may("fr-com-26311", "publisher")
    # the commune's keys are kept by its EPCI: two voices, not three
    assert found.custodians == 2
    assert Charter.read(found.charter.write()) == found.charter


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"members": []}, "members"),
        ({"members": [member(LUZY), member(ARVIEU)]}, "sorted"),
        ({"members": [member(ARVIEU), member(ARVIEU)]}, "each once"),
        ({"members": [member(ARVIEU, "king")]}, "roles"),
        ({"members": [member(ARVIEU, roles=[])]}, "roles"),
        ({"version": 2}, "predecessor"),
        ({"previous": digest("x")}, "predecessor"),
        ({"durableReceivers": ["fr-com-26311"]}, "members only"),
        ({"durableReceivers": [ARVIEU, LUZY, LEVEZOU]}, "durableReceivers"),
        ({"threshold": 0}, "threshold"),
        ({"threshold": 3}, "distinct custodians"),
        ({"charter": "Levezou"}, "charter"),
        ({"title": ...}, "title"),
        ({"expires": "2029"}, "expires"),
        ({"extra": 1}, "extra"),
    ],
)
def test_payloads_that_say_nonsense(changed: dict[str, Any], words: str) -> None:
    raw = json.dumps(payload(**changed)).encode()
    document = sign_general(tuple(map(signer, EVERYBODY)), "maillage-charter+jws", raw)
    with pytest.raises(MalformedError, match=words):
        read(document)


@pytest.mark.parametrize(
    ("changed", "by", "code"),
    [
        ({}, (ARVIEU, LUZY), "charter-signature"),
        ({}, (*EVERYBODY, "stranger"), "charter-signature"),
        ({}, (ARVIEU, LUZY, f"{LEVEZOU} recovery"), "charter-signature"),
        ({"version": 2, "previous": digest("x")}, EVERYBODY, "charter-version"),
        (alone(member(ARVIEU, identity=digest("x"))), (ARVIEU,), "charter-identity"),
        (alone(member(ARVIEU, identity=LUZY_OWN.digest)), (LUZY,), "charter-identity"),
        (alone(member(ARVIEU, custodian=ARVIEU)), (ARVIEU,), "charter-identity"),
    ],
)
def test_charters_that_do_not_bind(changed: dict[str, Any], by: tuple[str, ...], code: str) -> None:
    with pytest.raises(TrustError) as caught:
        read(by=by, **changed)
    assert caught.value.code == code


def test_every_signature_holds_also_a_member_s_second() -> None:
    two = first(keys=[{"x": signer(name).public.x} for name in (ARVIEU, "second")])
    identity = read_identity(issued(two, ARVIEU, "second", f"{ARVIEU} recovery"))
    members = payload(**alone(member(ARVIEU, identity=identity.digest)))
    good = issue_charter(Charter.of(members), (signer(ARVIEU), signer("second")))
    assert read_charter(good, {identity.digest: identity}).custodians == 1
    bad = json.loads(good)
    first_one, second_one = bad["signatures"]
    second_one["signature"] = first_one["signature"]
    with pytest.raises(TrustError) as caught:
        read_charter(json.dumps(bad).encode(), {identity.digest: identity})
    assert caught.value.code == "charter-signature"


def test_one_key_is_not_two_members() -> None:
    shared = first(LUZY, key=ARVIEU)
    twin: KnownIdentity = read_identity(issued(shared, ARVIEU, f"{ARVIEU} recovery"))
    identities = {one.digest: one for one in (known(ARVIEU), twin)}
    members = [member(ARVIEU), member(LUZY, identity=twin.digest, custodian=LEVEZOU)]
    found = Charter.of(payload(members=members, durableReceivers=..., threshold=1))
    with pytest.raises(TrustError, match="key of its own") as caught:
        read_charter(issue_charter(found, (signer(ARVIEU),)), identities)
    assert caught.value.code == "charter-signature"
