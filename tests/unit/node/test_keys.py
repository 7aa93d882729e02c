"""The key store: secret from the first byte, never over another, refused when others may read."""

import os
import stat
from pathlib import Path

import pytest

from federation.errors import MalformedError, UnknownError
from federation.jose import b64url
from node.keys import KeyStore, write_secret
from node.link.nkey import is_public_key

ARVIEU = "fr-com-12011"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_made_once_and_kept(tmp_path: Path):
    keys = KeyStore(tmp_path)
    signing, recovery = keys.create(ARVIEU)
    again = KeyStore(tmp_path).create(ARVIEU)
    assert (signing.public, recovery.public) == (again[0].public, again[1].public)
    assert signing.public.kid != recovery.public.kid
    assert keys.signer(ARVIEU).public == signing.public


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_secret_whatever_the_umask(tmp_path: Path, umask: int):
    before = os.umask(umask)
    try:
        keys = KeyStore(tmp_path)
        keys.create(ARVIEU)
        keys.public_nkeys()
    finally:
        os.umask(before)
    files = [path for folder in (keys.keys, keys.recovery) for path in folder.iterdir()]
    assert len(files) == 4
    assert {mode(path) for path in files} == {0o600}
    assert {mode(folder) for folder in (keys.keys, keys.recovery)} == {0o700}


def test_a_start_that_broke_after_the_first_key_is_taken_up(tmp_path: Path):
    keys = KeyStore(tmp_path)
    signing, recovery = keys.create(ARVIEU)
    (keys.recovery / f"{ARVIEU}.key").unlink()
    again = keys.create(ARVIEU)
    assert again[0].public == signing.public
    assert again[1].public != recovery.public


def test_a_secret_is_never_written_over_another(tmp_path: Path):
    path = tmp_path / "keys" / "a.key"
    write_secret(path, b"one")
    with pytest.raises(FileExistsError):
        write_secret(path, b"two")
    assert path.read_bytes() == b"one"


def test_a_link_is_not_followed(tmp_path: Path):
    target = tmp_path / "elsewhere"
    (tmp_path / "a.key").symlink_to(target)
    with pytest.raises(FileExistsError):
        write_secret(tmp_path / "a.key", b"one")
    assert not target.exists()


def test_a_missing_key_says_how_to_come_by_it(tmp_path: Path):
    with pytest.raises(UnknownError) as missing:
        KeyStore(tmp_path).signer(ARVIEU)
    assert missing.value.code == "key-file"
    assert ARVIEU in missing.value.remedy


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o610])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, bits: int):
    keys = KeyStore(tmp_path)
    keys.create(ARVIEU)
    path = keys.keys / f"{ARVIEU}.key"
    path.chmod(bits)
    with pytest.raises(MalformedError) as refused:
        keys.signer(ARVIEU)
    assert refused.value.code == "key-file"
    assert refused.value.remedy == f"chmod 600 keys/{ARVIEU}.key"


@pytest.mark.parametrize(
    "content",
    [b"", b"short\n", b"\xff" * 43, b64url(bytes(31)).encode(), b64url(bytes(33)).encode()],
)
def test_a_damaged_key_is_refused_without_being_shown(tmp_path: Path, content: bytes):
    keys = KeyStore(tmp_path)
    keys.create(ARVIEU)
    (keys.keys / f"{ARVIEU}.key").write_bytes(content)
    with pytest.raises(MalformedError) as refused:
        keys.signer(ARVIEU)
    assert refused.value.code == "key-file"
    if len(content) > 5:
        assert content.decode("latin-1").strip() not in str(refused.value)


def test_broker_keys_are_two_and_stay(tmp_path: Path):
    first = KeyStore(tmp_path).public_nkeys()
    assert first == KeyStore(tmp_path).public_nkeys()
    assert first[0] != first[1]
    assert all(is_public_key(one) for one in first)
