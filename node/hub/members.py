"""Who is enrolled at a hub: an enrolment is checked, kept in a file, and told to the broker.

The plan (`with_member`, `without_member`) is pure; `MemberFile` carries it out: the broker
tests the new configuration before the old one is replaced, and every file is replaced at once.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import re
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from federation.errors import MalformedError, StateError, UnknownError
from federation.model import ParticipantText, WireModel
from federation.strict import parse_object
from node.broker import check_config
from node.hub.config import HubPaths, HubSettings, Member, hub_conf, members_conf
from node.link.nkey import is_public_key, public_key

ENROLMENT_MAX_BYTES: Final = 256 * 1024
"""An enrolment: an EPCI or syndicat that hosts some thousand participants has 30 KiB."""

PARTICIPANTS_MAX: Final = 10_000
"""Participants of one node: each adds six subjects to the broker's configuration."""

_NODE: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NODE_MAX_CHARS: Final = 48
_LOCK_POLL_S: Final = 0.02


def parse_node(text: str) -> str:
    """Check a node's name: lower-case words joined by single hyphens, at most 48 characters.

    It becomes a part of subjects and the name of a durable: no dot, no wildcard.

    Raises:
        ValueError: It isn't one.
    """
    if len(text) > _NODE_MAX_CHARS or _NODE.fullmatch(text) is None:
        raise ValueError("a node's name has lower-case letters, digits and single hyphens")
    return text


def _nkey(text: str) -> str:
    if not is_public_key(text):
        raise ValueError("not the public key of a broker connection (U…)")
    return text


NodeName = Annotated[str, AfterValidator(parse_node)]
Nkey = Annotated[str, AfterValidator(_nkey)]


class Enrolment(WireModel):
    """What a node hands to the hub's operator, and what the hub keeps of it.

    Attributes:
        enrolment: Version of this form.
        node: Name that the node chose for itself.
        nkey: Its public key.
        reader: The public key of its reader, where it composes.
        participants: Whom it hosts, in any order, none twice.
    """

    enrolment: Literal[1]
    node: NodeName
    nkey: Nkey
    reader: Nkey | None = None
    participants: Annotated[
        tuple[ParticipantText, ...],
        Field(min_length=1, max_length=PARTICIPANTS_MAX, strict=False),
    ]

    def member(self) -> Member:
        """What the hub keeps.

        Raises:
            MalformedError: `enrolment`: a participant or key is there twice.
        """
        if len(set(self.participants)) != len(self.participants) or self.nkey == self.reader:
            raise MalformedError(
                "the enrolment names a participant or a key twice", code="enrolment"
            )
        return Member(self.node, self.nkey, self.reader, tuple(sorted(self.participants)))


def parse_enrolment(data: bytes) -> Member:
    """Read an enrolment strictly.

    Args:
        data: JSON: `{"enrolment":1,"node":…,"nkey":…,"reader":…|null,"participants":[…]}`.

    Raises:
        MalformedError: `enrolment-size`, `json…`, `document`, `enrolment`.
    """
    if len(data) > ENROLMENT_MAX_BYTES:
        raise MalformedError(
            f"an enrolment of more than {ENROLMENT_MAX_BYTES} bytes", code="enrolment-size"
        )
    return Enrolment.read(data).member()


def write_enrolment(member: Member) -> bytes:
    """An enrolment for the hub's operator."""
    return json.dumps(_document(member), ensure_ascii=False).encode()


def with_member(members: Sequence[Member], new: Member) -> tuple[Member, ...]:
    """The members with one added, or replaced where the node is enrolled already.

    Raises:
        StateError: `participant-taken`, `key-taken`: another node has it; the message says who.
    """
    others = [member for member in members if member.node != new.node]
    wanted = set(new.participants)
    for other in others:
        taken = sorted(wanted.intersection(other.participants))
        if taken:
            raise StateError(
                f"{', '.join(taken[:5])}: hosted by node {other.node} already",
                code="participant-taken",
                remedy=f"have {other.node} give the participant up, or remove that node first",
            )
        if {new.nkey, new.reader} & ({other.nkey, other.reader} - {None}):
            raise StateError(
                f"a key of this enrolment is node {other.node}'s",
                code="key-taken",
                remedy="make a key of its own for every node and purpose",
            )
    return tuple(sorted([*others, new], key=lambda member: member.node))


def without_member(members: Sequence[Member], node: str) -> tuple[Member, ...]:
    """The members without one.

    Raises:
        UnknownError: `node`: there is none of that name.
    """
    left = tuple(member for member in members if member.node != node)
    if len(left) == len(members):
        raise UnknownError(f"no node {node[:80]!r} is enrolled here", code="node")
    return left


class MemberFile:
    """The members of a hub on disk, and the broker's configuration that follows from them."""

    def __init__(self, paths: HubPaths) -> None:
        """Work in a hub's data folder."""
        self._paths = paths
        self._lock_file = paths.root / "members.lock"

    def load(self) -> tuple[Member, ...]:
        """Read the members; none where there is no file yet.

        Raises:
            MalformedError: The file isn't what this program wrote.
        """
        try:
            found = parse_object(self._paths.members_file.read_bytes())
        except FileNotFoundError:
            return ()
        listed = found.get("members")
        if found.get("version") != 1 or not isinstance(listed, list):
            raise MalformedError(
                f"{self._paths.members_file} isn't a list of members of version 1",
                code="members-file",
                remedy="restore it from the backup",
            )
        members: tuple[Member, ...] = ()
        for entry in listed:
            members = with_member(members, Enrolment.of(entry).member())
        return members

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the file against other processes while it is read and written."""
        with self._lock_file.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextlib.asynccontextmanager
    async def locked_async(self) -> AsyncIterator[None]:
        """As `locked`, for an event loop: two tasks of one process exclude each other too."""
        with self._lock_file.open("w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    await asyncio.sleep(_LOCK_POLL_S)
            yield

    def replace(self, members: Sequence[Member], settings: HubSettings | None = None) -> None:
        """Write the members and the configuration, once the broker has found it good.

        Args:
            members: All of them.
            settings: Write `hub.conf` anew too.

        Raises:
            BrokerError: `broker-config`: the broker refuses it; nothing was changed.
        """
        text = members_conf(members)
        hub = self._paths.hub_conf.read_text() if settings is None else self._hub_conf(settings)
        self._check(hub, text)
        document = {"version": 1, "members": [_document(member) for member in members]}
        write_atomically(
            self._paths.members_file,
            (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode(),
        )
        write_atomically(self._paths.members_conf, text.encode())
        if settings is not None:
            write_atomically(self._paths.hub_conf, hub.encode())

    def _hub_conf(self, settings: HubSettings) -> str:
        return hub_conf(settings, self._paths, public_key(self._paths.admin_key))

    def _check(self, hub: str, members: str) -> None:
        with tempfile.TemporaryDirectory(dir=self._paths.root, prefix="check-") as name:
            folder = Path(name)
            (folder / "members.conf").write_text(members)
            (folder / "hub.conf").write_text(hub)
            check_config(folder / "hub.conf")


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file at once, readable by its owner only; it is on disk when this returns.

    Raises:
        OSError: It can't be written; the old one is untouched.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _document(member: Member) -> dict[str, object]:
    document: dict[str, object] = {
        "enrolment": 1,
        "node": member.node,
        "nkey": member.nkey,
        "reader": member.reader,
        "participants": list(member.participants),
    }
    return {name: value for name, value in document.items() if value is not None}
