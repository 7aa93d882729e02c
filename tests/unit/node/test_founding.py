"""Making a node: what is made, who may read it, and that doing it again adds nothing."""

import os
import stat
from pathlib import Path

import pytest

from federation.errors import MaillageError, UnknownError
from node.founding import found
from node.hub.members import parse_enrolment
from node.keys import KeyStore
from node.node import Node
from node.store.store import Store
from tests.world import ARVIEU, AYEN, EPCI, NOW_US


def contents(folder: Path) -> dict[str, bytes]:
    """Every secret and document of a data directory."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in (".key", ".nk", ".json", "") and "db" not in path.name
    }


def test_secrets_are_closed_to_others(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = found(tmp_path / "data", [ARVIEU, AYEN], now_us=NOW_US)
    finally:
        os.umask(before)
    folder = tmp_path / "data"
    for path in [folder, *(one for one in folder.rglob("*") if one.is_dir())]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path.name
    secrets = [*(folder / "keys").iterdir(), *(folder / "recovery").iterdir(), made.token_file]
    assert len(secrets) == 2 + 2 + 2 + 1
    for path in secrets:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert made.created == (ARVIEU, AYEN)
    assert made.recovery_files == tuple(
        folder / "recovery" / f"{one}.key" for one in (ARVIEU, AYEN)
    )
    assert len(made.token_file.read_text().strip()) >= 43


def test_doing_it_again_adds_nothing(tmp_path: Path) -> None:
    found(tmp_path / "data", [ARVIEU], now_us=NOW_US)
    before = contents(tmp_path / "data")
    again = found(tmp_path / "data", [ARVIEU], now_us=NOW_US + 1)
    assert (again.created, again.existing, again.recovery_files) == ((), (ARVIEU,), ())
    assert contents(tmp_path / "data") == before
    with Store.open(tmp_path / "data") as store:
        assert len(store.documents.of("identity")) == 1
        assert [row.id for row in store.own.participants()] == [ARVIEU]


def test_doing_it_again_after_the_recovery_key_was_moved_off(tmp_path: Path) -> None:
    made = found(tmp_path / "data", [ARVIEU], now_us=NOW_US)
    made.recovery_files[0].unlink()
    found(tmp_path / "data", [ARVIEU, AYEN], now_us=NOW_US)
    assert not made.recovery_files[0].exists()


def test_adding_a_participant_leaves_the_others_keys(tmp_path: Path) -> None:
    found(tmp_path / "data", [ARVIEU], now_us=NOW_US)
    before = KeyStore(tmp_path / "data").signer(ARVIEU).public.kid
    added = found(tmp_path / "data", [ARVIEU, AYEN, AYEN], now_us=NOW_US)
    assert (added.created, added.existing) == ((AYEN,), (ARVIEU,))
    assert KeyStore(tmp_path / "data").signer(ARVIEU).public.kid == before
    member = parse_enrolment(added.enrolment_file.read_bytes())
    assert set(member.participants) == {ARVIEU, AYEN}


def test_the_enrolment_is_what_a_hub_takes(tmp_path: Path) -> None:
    made = found(tmp_path / "data", [ARVIEU], now_us=NOW_US)
    member = parse_enrolment(made.enrolment_file.read_bytes())
    link, reader = KeyStore(tmp_path / "data").public_nkeys()
    assert (member.nkey, member.reader) == (link, reader)
    assert link != reader
    for secret in (tmp_path / "data" / "keys").iterdir():
        assert secret.read_bytes().strip() not in made.enrolment_file.read_bytes()


@pytest.mark.parametrize("wrong", ["fr-com-99999", "fr-com-12999", "fr-epci-999999999"])
def test_an_unknown_body_is_refused_and_nothing_is_made(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(UnknownError) as caught:
        found(tmp_path / "data", [ARVIEU, wrong], now_us=NOW_US)
    assert caught.value.code == "participant"
    assert caught.value.remedy
    assert not (tmp_path / "data").exists()


def test_a_former_commune_is_refused_with_the_one_in_force(tmp_path: Path) -> None:
    with pytest.raises(MaillageError) as caught:
        found(tmp_path / "data", ["fr-com-12005"], now_us=NOW_US)
    assert "fr-com-12223" in caught.value.remedy


@pytest.mark.parametrize(
    "wrong", ["", "arvieu", "fr-com-", "FR-COM-12011", "../../etc", "fr-com-12011/x"]
)
def test_a_malformed_id_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(MaillageError):
        found(tmp_path / "data", [wrong], now_us=NOW_US)
    assert not (tmp_path / "data").exists()


def test_name_siren_and_custodian_come_from_the_territory_data(tmp_path: Path) -> None:
    found(tmp_path / "data", [ARVIEU], custodian=EPCI, now_us=NOW_US)
    node = Node.open(tmp_path / "data")
    try:
        known = node.knowledge.identity_of(ARVIEU)
    finally:
        node.close()
    assert known is not None
    assert known.identity.name == "Arvieu"
    assert known.identity.siren is not None
    assert known.identity.custodian.participant == EPCI


def test_a_directory_that_was_never_made_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnknownError) as caught:
        Node.open(tmp_path)
    assert caught.value.code == "data-dir"
    assert "maillage init" in caught.value.remedy


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    found(tmp_path / "data", [ARVIEU], now_us=NOW_US)
    path = tmp_path / "data" / "keys" / f"{ARVIEU}.key"
    path.chmod(0o644)
    with pytest.raises(MaillageError) as caught:
        KeyStore(tmp_path / "data").signer(ARVIEU)
    assert caught.value.code == "key-file"
