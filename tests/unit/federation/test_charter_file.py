"""A charter on its way round: what the file carries, and what it can't."""

import json
from typing import Any

import pytest
from actors import ARVIEU, ISSUED, LEVEZOU, LUZY, known, signer

from federation.charter_file import CharterFile, draft, read
from federation.errors import MaillageError, MalformedError, StateError, TrustError
from federation.model import instant_us

ENDS = "2028-12-31T00:00:00Z"
LUZY_OWN = known(LUZY, custodian={"participant": LUZY, "name": "Luzy"})
ARVIEU_OWN = known(ARVIEU)


def drafted(**changed: Any) -> CharterFile:
    found: dict[str, Any] = {
        "name": "jumelage",
        "title": "Jumelage",
        "identities": [LUZY_OWN, ARVIEU_OWN],
        "issued_us": instant_us(ISSUED),
        "ends": ENDS,
    }
    return draft(**found | changed)


def signed(*names: str) -> CharterFile:
    return drafted().sign({name: signer(name) for name in names})


def test_it_goes_round_and_binds_once_all_have_signed() -> None:
    file = drafted()
    assert file.missing == (ARVIEU, LUZY)
    assert (file.charter.threshold, file.charter.ends) == (2, ENDS)
    one = read(file.sign({ARVIEU: signer(ARVIEU)}).write())
    assert one.missing == (LUZY,)
    with pytest.raises(TrustError, match=LUZY):
        one.known()
    both = read(one.sign({LUZY: signer(LUZY)}).write())
    assert both.missing == ()
    assert both.known().digest == file.digest == one.digest
    assert read(both.write()).write() == both.write()


def test_the_order_of_signing_makes_no_other_charter() -> None:
    digests = {signed(*names).known().digest for names in ((ARVIEU, LUZY), (LUZY, ARVIEU))}
    assert len(digests) == 1


def test_signing_twice_changes_nothing() -> None:
    once = signed(ARVIEU)
    assert once.sign({ARVIEU: signer(ARVIEU)}).write() == once.write()


@pytest.mark.parametrize(("name", "key"), [(LEVEZOU, LEVEZOU), (LUZY, ARVIEU), (ARVIEU, "thief")])
def test_only_members_sign_each_with_its_own_key(name: str, key: str) -> None:
    with pytest.raises(StateError) as caught:
        drafted().sign({name: signer(key)})
    assert caught.value.code == "charter-signer"


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Jumelage"},
        {"title": ""},
        {"ends": ISSUED},
        {"ends": "morgen"},
        {"identities": [ARVIEU_OWN, ARVIEU_OWN]},
        {"identities": []},
    ],
)
def test_drafts_that_say_nonsense(changed: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        drafted(**changed)


def _altered(**members: Any) -> bytes:
    return json.dumps(json.loads(signed(ARVIEU, LUZY).write()) | members).encode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "json"),
        (b"[]", "json"),
        (b"{}", "charter-file"),
        (_altered(charterFile=True), "charter-file"),
        (_altered(signatures=[1]), "charter-file"),
        (_altered(identities=[]), "charter-identity"),
        (_altered(identities=[{}]), "jws-form"),
        (_altered(payload="e30"), "document"),
        (_altered(signatures=json.loads(signed(ARVIEU).write())["signatures"] * 2), "jws-form"),
        (b" " * 64 + b"x" * (33 * 1024 * 1024), "size"),
    ],
)
def test_files_that_are_none(data: bytes, code: str) -> None:
    with pytest.raises(MaillageError) as caught:
        read(data)
    assert caught.value.code == code


def test_a_signature_of_another_draft_does_not_hold() -> None:
    other = drafted(title="Autre").sign({ARVIEU: signer(ARVIEU)})
    entries = json.loads(other.write())["signatures"]
    with pytest.raises(TrustError) as caught:
        read(_altered(signatures=entries))
    assert caught.value.code == "charter-signature"


def test_another_identity_of_a_member_is_not_the_one_that_was_signed() -> None:
    impostor = known(LUZY, name="Luzy, faux")
    documents = [json.loads(one.document) for one in (ARVIEU_OWN, impostor)]
    with pytest.raises(TrustError) as caught:
        read(_altered(identities=documents))
    assert caught.value.code == "charter-identity"
