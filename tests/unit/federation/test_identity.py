"""Who a participant is, and who may say so next: a table of successions."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from actors import ARVIEU, COUNTS, ISSUED, LUZY, SIREN, digest, first, issued, known, signer

from federation.errors import MaillageError, MalformedError, TrustError
from federation.identity import Custodian, Identity, first_identity, luhn, read_identity
from federation.jose import b64url, sign_general
from federation.model import Position
from federation.strict import sha256_hex

OLD, RECOVERY, NEW, OTHER = ARVIEU, f"{ARVIEU} recovery", "new", "other"
Change = Callable[[dict[str, Any]], dict[str, Any]]


def x(*names: str) -> list[dict[str, str]]:
    return [{"x": signer(name).public.x} for name in names]


def head(sequence: int = 7) -> dict[str, Any]:
    return {"epoch": 1, "sequence": sequence, "digest": digest("good")}


def revoked(name: str, sequence: int = 7) -> dict[str, Any]:
    return {
        "kid": signer(name).public.kid,
        "heads": [{"dataset": COUNTS, "head": head(sequence)}],
    }


def test_a_first_identity() -> None:
    payload = first(siren=SIREN, revoked=[revoked("stolen")])
    document = issued(payload, OLD, RECOVERY)
    found = first_identity(document)
    assert found.document == document
    assert found.digest == digest_of(payload)
    assert set(found.public_keys) == {signer(OLD).public.kid}
    assert found.recovery.kid == signer(RECOVERY).public.kid
    wanted = {signer("stolen").public.kid: {COUNTS: Position(**head())}}
    assert found.revoked == wanted
    assert found.identity.custodian.key == "fr-epci-241200765"


def digest_of(payload: dict[str, Any]) -> str:
    return sha256_hex(Identity.of(payload).write())


def test_custodians_are_told_apart_by_id_or_by_name() -> None:
    assert (
        Custodian(name="Syndicat  A").key == Custodian(name="syndicat a").key == "name:syndicat a"
    )
    assert Custodian(name="B", participant=LUZY).key == LUZY


@pytest.mark.parametrize("siren", ["241200765", SIREN, "356000000"])
def test_sirens(siren: str) -> None:
    assert luhn(siren)
    assert not luhn(siren[:-1] + str((int(siren[-1]) + 1) % 10))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"participant": "arvieu"}, "participant"),
        ({"name": ""}, "name"),
        ({"name": "x" * 301}, "name"),
        ({"siren": "123456789"}, "check digit"),
        ({"siren": 241200765}, "siren"),
        ({"siren": None}, "null"),
        ({"version": 0}, "version"),
        ({"version": True}, "version"),
        ({"version": "1"}, "version"),
        ({"version": 2}, "predecessor"),
        ({"previous": digest("x")}, "predecessor"),
        ({"keys": []}, "keys"),
        ({"keys": x(OLD, OLD)}, "each once"),
        ({"keys": x(OLD, RECOVERY)}, "recovery key is none"),
        ({"keys": x(*map(str, range(17)))}, "keys"),
        ({"keys": [{"x": "A" * 42}]}, "keys"),
        ({"keys": [{"x": "A" * 43, "d": "A" * 43}]}, "keys"),
        ({"revoked": [revoked(OLD)]}, "in force"),
        ({"revoked": [revoked(RECOVERY)]}, "in force"),
        ({"revoked": [revoked("a"), revoked("a")]}, "each key once"),
        (
            {"revoked": [revoked("a") | {"heads": [{"dataset": COUNTS, "head": head()}] * 2}]},
            "one per dataset",
        ),
        ({"revoked": [revoked("a") | {"heads": [{"dataset": "x", "head": head()}]}]}, "dataset"),
        ({"custodian": {}}, "custodian"),
        ({"validFrom": "2026-01-01"}, "validFrom"),
        ({"issued": "2026-11-23T09:00:00+00:00"}, "issued"),
        ({"issued": "2026-02-30T09:00:00Z"}, "issued"),
        ({"valid_from": ISSUED}, "valid_from"),
        ({"extra": 1}, "extra"),
    ],
)
def test_payloads_that_say_nonsense(changed: dict[str, Any], words: str) -> None:
    payload = json.dumps(first(**changed)).encode()
    document = sign_general((signer(OLD), signer(RECOVERY)), "maillage-identity+jws", payload)
    with pytest.raises(MalformedError, match=words):
        read_identity(document)


@pytest.mark.parametrize("bad", [b"\x01" + b"\x00" * 31, b"\xff" * 32, b"\x00" * 32])
@pytest.mark.parametrize("where", ["keys", "recovery"])
def test_keys_that_bind_nobody(bad: bytes, where: str) -> None:
    key: Any = {"x": b64url(bad)}
    payload = json.dumps(first() | {where: [key] if where == "keys" else key}).encode()
    document = sign_general((signer(OLD), signer(RECOVERY)), "maillage-identity+jws", payload)
    with pytest.raises(MalformedError) as caught:
        read_identity(document)
    assert caught.value.code == "key"


@pytest.mark.parametrize(
    ("payload", "names", "code"),
    [
        (first(), (OLD,), "identity-signature"),
        (first(), (RECOVERY,), "identity-signature"),
        (first(), (OLD, RECOVERY, OTHER), "identity-signature"),
        (first(), (OTHER,), "identity-signature"),
        # a key that is listed without its owner's word would draw doubt on what its owner signs
        (first(keys=x(OLD, OTHER)), (OLD, RECOVERY), "identity-signature"),
        (first(version=2, previous=digest("x")), (OLD, RECOVERY), "identity-predecessor"),
    ],
)
def test_first_documents_not_signed_as_they_must_be(
    payload: dict[str, Any], names: tuple[str, ...], code: str
) -> None:
    with pytest.raises(TrustError) as caught:
        read_identity(issued(payload, *names))
    assert caught.value.code == code


def test_a_signature_that_does_not_hold() -> None:
    document = json.loads(issued(first(), OLD, RECOVERY))
    other = json.loads(issued(first(name="Autre"), OLD, RECOVERY))
    document["payload"] = other["payload"]
    with pytest.raises(TrustError) as caught:
        read_identity(json.dumps(document).encode())
    assert caught.value.code == "identity-signature"


BEFORE = first(keys=x(OLD, "second"), revoked=[revoked("lost")], siren=SIREN)
GOOD, SIGNATURE, RIGHTS, SEQUEL, MALFORMED = (
    "",
    "identity-signature",
    "identity-rights",
    "identity-predecessor",
    "document",
)


def successor(**changed: Any) -> dict[str, Any]:
    """Everything anew, but for its place in the chain."""
    found = first(**changed)
    return {name: found[name] for name in found if name not in ("version", "issued")}


SUCCESSIONS: list[tuple[str, dict[str, Any], tuple[str, ...], str]] = [
    ("a signing key adds one", {"keys": x(OLD, "second", NEW)}, (OLD, NEW), GOOD),
    ("the new key is silent", {"keys": x(OLD, "second", NEW)}, (OLD,), SIGNATURE),
    ("only the new key signs", {"keys": x(OLD, "second", NEW)}, (NEW,), SIGNATURE),
    ("a stranger signs too", {"keys": x(OLD, "second", NEW)}, (OLD, NEW, OTHER), SIGNATURE),
    ("a signing key drops one", {"keys": x(OLD)}, (OLD,), GOOD),
    ("one drops itself", {"keys": x("second")}, (OLD,), GOOD),
    (
        "a signing key retires one with its heads",
        {"keys": x(OLD), "revoked": [revoked("lost"), revoked("second")]},
        (OLD,),
        GOOD,
    ),
    (
        "replaced in one step",
        {"keys": x(NEW), "revoked": [revoked("lost"), revoked(OLD), revoked("second")]},
        (OLD, NEW),
        GOOD,
    ),
    (
        "a signing key revokes what was never its",
        {"revoked": [revoked("lost"), revoked(OTHER)]},
        (OLD,),
        RIGHTS,
    ),
    ("a signing key forgives", {"revoked": []}, (OLD,), RIGHTS),
    ("a signing key stretches what was revoked", {"revoked": [revoked("lost", 8)]}, (OLD,), RIGHTS),
    ("what was revoked comes back", {"keys": x(OLD, "second", "lost")}, (OLD, "lost"), MALFORMED),
    (
        "and is forgiven at once",
        {"keys": x(OLD, "second", "lost"), "revoked": []},
        (OLD, "lost"),
        RIGHTS,
    ),
    ("a signing key takes the recovery key", {"recovery": x(NEW)[0]}, (OLD, NEW), RIGHTS),
    ("a signing key renames", {"name": "Autre"}, (OLD,), RIGHTS),
    ("a signing key moves", {"custodian": {"name": "Autre"}}, (OLD,), RIGHTS),
    ("a signing key changes the siren", {"siren": "241200765"}, (OLD,), RIGHTS),
    ("a signing key drops the siren", {"siren": ...}, (OLD,), RIGHTS),
    ("a signing key sets encryption", {"encryption": x(NEW)[0]}, (OLD,), RIGHTS),
    ("a signing key changes validity", {"validFrom": ISSUED}, (OLD,), RIGHTS),
    ("both signing keys rename", {"name": "Autre"}, (OLD, "second"), RIGHTS),
    ("recovery renames", {"name": "Autre"}, (RECOVERY,), GOOD),
    (
        "recovery changes everything",
        successor(key=NEW, name="Z"),
        (RECOVERY, NEW, "new recovery"),
        GOOD,
    ),
    ("but the new recovery key is silent", {"recovery": x(NEW)[0]}, (RECOVERY,), SIGNATURE),
    ("but the new signing key is silent", {"keys": x(NEW)}, (RECOVERY,), SIGNATURE),
    ("recovery forgives", {"revoked": []}, (RECOVERY,), GOOD),
    ("recovery with a signing key", {"name": "Autre"}, (RECOVERY, OLD), GOOD),
    ("nobody of before signs", successor(key=NEW), (NEW, "new recovery"), SIGNATURE),
    ("a revoked key signs", {"name": "Autre"}, ("lost",), SIGNATURE),
    ("a version is left out", {"version": 3}, (RECOVERY,), SEQUEL),
    ("another predecessor", {"previous": digest("x")}, (RECOVERY,), SEQUEL),
    ("another participant", {"participant": LUZY}, (RECOVERY,), SEQUEL),
    ("a first one again", {"version": 1, "previous": ...}, (RECOVERY,), SEQUEL),
]


@pytest.mark.parametrize(
    ("changed", "names", "code"),
    [row[1:] for row in SUCCESSIONS],
    ids=[row[0] for row in SUCCESSIONS],
)
def test_successions(changed: dict[str, Any], names: tuple[str, ...], code: str) -> None:
    before = read_identity(issued(BEFORE, OLD, "second", RECOVERY))
    chain = {"version": 2, "previous": before.digest, "issued": "2026-12-01T09:00:00Z"}
    members = BEFORE | chain | changed
    payload = {name: value for name, value in members.items() if value is not ...}
    raw = json.dumps(payload).encode()
    document = sign_general(tuple(map(signer, names)), "maillage-identity+jws", raw)
    if not code:
        after = read_identity(document, predecessor=before)
        assert after.identity.version == 2
        return
    with pytest.raises(MaillageError) as caught:
        read_identity(document, predecessor=before)
    assert caught.value.code == code


def test_a_chain_of_successors() -> None:
    found = known()
    for version in range(2, 6):
        payload = first(version=version, previous=found.digest, keys=x(f"k{version}"))
        signers = (OLD if version == 2 else f"k{version - 1}", f"k{version}")
        found = read_identity(issued(payload, *signers), predecessor=found)
    assert set(found.public_keys) == {signer("k5").public.kid}


def test_a_successor_is_no_first_identity() -> None:
    payload = first(version=2, previous=known().digest)
    with pytest.raises(TrustError) as caught:
        first_identity(issued(payload, OLD, RECOVERY))
    assert caught.value.code == "identity-predecessor"
