"""Making a node: directory, keys, identities, enrolment, API token. Can be run again."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from federation.errors import UnknownError
from federation.identity import Custodian, Identity, SigningKey, issue_identity
from federation.ids import parse_participant
from federation.model import instant_text
from node.documents import keep
from node.hub.members import Enrolment
from node.keys import KeyStore, write_secret
from node.store.rows import ParticipantRow
from node.store.store import Store
from schemas.territory import UnknownTerritoryError, commune, territory

TOKEN_FILE: Final = "token"  # noqa: S105 - the name of the file
ENROLMENT_FILE: Final = "enrolment.json"
NODE_SETTING: Final = "node"


@dataclass(frozen=True, slots=True)
class InitResult:
    """What was made.

    Attributes:
        created: Participants that are new on this node.
        existing: Participants that were here already.
        recovery_files: To be moved off this machine.
        token_file: Bearer token of the HTTP API.
        enrolment_file: To be handed to the hub's operator.
    """

    created: tuple[str, ...]
    existing: tuple[str, ...]
    recovery_files: tuple[Path, ...]
    token_file: Path
    enrolment_file: Path


def name_and_siren(participant: str) -> tuple[str, str | None]:
    """A body's name and SIREN from the territory data.

    Raises:
        UnknownError: `participant`: the code isn't in force; the message suggests others.
    """
    if not participant.startswith("fr-") or participant.startswith("fr-syn-"):
        return participant, None
    try:
        ground = territory(participant)
    except UnknownTerritoryError as error:
        raise UnknownError(str(error), code="participant", remedy=error.remedy) from error
    if participant.startswith("fr-com-"):
        return ground.name, commune(ground.code).siren
    return ground.name, ground.code if participant.startswith("fr-epci-") else None


def found(
    data_dir: Path,
    participants: Sequence[str],
    *,
    custodian: str | None = None,
    names: Mapping[str, str] | None = None,
    database_url: str = "",
    now_us: int,
) -> InitResult:
    """Make a data directory, or add participants to one.

    Args:
        data_dir: Made with mode 0700.
        participants: Ids.
        custodian: Participant id or name of who operates the machine; each for itself unless said.
        names: Names by participant, where they differ from the territory data's.
        database_url: Empty for SQLite in the directory.
        now_us: Microseconds since 1970.

    Raises:
        MaillageError: An id is malformed or not in force; nothing of it was made.
    """
    known = {one: name_and_siren(parse_participant(one)) for one in participants}
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    data_dir.chmod(0o700)
    keys = KeyStore(data_dir)
    store = Store.open(data_dir, database_url or None)
    try:
        before = {row.id for row in store.own.participants()}
        created = [one for one in dict.fromkeys(participants) if one not in before]
        for participant in created:
            name, siren = known[participant]
            _introduce(
                store,
                keys,
                participant,
                name=(names or {}).get(participant, name),
                siren=siren,
                custodian=custodian,
                now_us=now_us,
            )
        everybody = tuple(sorted(before | set(created)))
        node = store.settings.get(NODE_SETTING)
        if node is None:
            node = f"node-{secrets.token_hex(6)}"
            store.settings.set(NODE_SETTING, node)
    finally:
        store.close()
    token = data_dir / TOKEN_FILE
    if not token.exists():
        write_secret(token, secrets.token_urlsafe(32).encode() + b"\n")
    return InitResult(
        created=tuple(created),
        existing=tuple(one for one in participants if one in before),
        recovery_files=tuple(keys.recovery / f"{one}.key" for one in created),
        token_file=token,
        enrolment_file=_enrolment(data_dir, keys, node, everybody),
    )


def _introduce(
    store: Store,
    keys: KeyStore,
    participant: str,
    *,
    name: str,
    siren: str | None,
    custodian: str | None,
    now_us: int,
) -> None:
    signer, recovery = keys.create(participant)
    instant = instant_text(now_us)
    members = {
        "participant": participant,
        "name": name,
        "version": 1,
        "custodian": _custodian(custodian or participant, name if custodian is None else None),
        "keys": (SigningKey(x=signer.public.x),),
        "recovery": SigningKey(x=recovery.public.x),
        "valid_from": instant,
        "issued": instant,
    }
    if siren is not None:
        members["siren"] = siren
    document = issue_identity(Identity.model_validate(members), (signer, recovery))
    keep(store, "identity", participant, document, pinned=True)
    store.own.add_participant(ParticipantRow(id=participant, name=name, created_at=now_us))


def _custodian(text: str, name: str | None) -> Custodian:
    if text.startswith(("fr-", "xx-")) or "-lau-" in text:
        return Custodian(participant=text, name=name or name_and_siren(text)[0])
    return Custodian(name=text)


def _enrolment(data_dir: Path, keys: KeyStore, node: str, participants: Sequence[str]) -> Path:
    link, reader = keys.public_nkeys()
    document = Enrolment(
        enrolment=1, node=node, nkey=link, reader=reader, participants=tuple(participants)
    )
    path = data_dir / ENROLMENT_FILE
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(document.write() + b"\n")
    temporary.replace(path)
    return path
