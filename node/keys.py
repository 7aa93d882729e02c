"""The key store: secret files of a node, mode 0600, in directories of mode 0700.

`keys/<participant>.key`       signing key, 32 bytes as base64url
`keys/link.nk`, `reader.nk`    broker keys of this node
`recovery/<participant>.key`   recovery key, to be moved off the machine and deleted here
"""

import os
import secrets
from pathlib import Path
from typing import Final

from federation.errors import MalformedError, UnknownError
from federation.jose import Signer, b64url, un_b64url
from node.link.nkey import create_seed, public_key

_SEED_BYTES: Final = 32


def write_secret(path: Path, data: bytes) -> None:
    """Write a new secret file: mode 0600 from the first byte, synced, never over another.

    Raises:
        FileExistsError: There is one already.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class KeyStore:
    """The secret files of one data directory."""

    def __init__(self, data_dir: Path) -> None:
        """Use a data directory; nothing is read yet."""
        self.keys: Final = data_dir / "keys"
        self.recovery: Final = data_dir / "recovery"

    @property
    def link(self) -> Path:
        """Seed file of the node's member connection."""
        return self._broker_key("link.nk")

    @property
    def reader(self) -> Path:
        """Seed file of the node's durable reader."""
        return self._broker_key("reader.nk")

    def _broker_key(self, name: str) -> Path:
        path = self.keys / name
        if not path.exists():
            self.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
            create_seed(path)
        return path

    def public_nkeys(self) -> tuple[str, str]:
        """Public halves of the link and the reader key, for an enrolment."""
        return public_key(self.link), public_key(self.reader)

    def create(self, participant: str) -> tuple[Signer, Signer]:
        """Make a participant's signing and recovery key, or take those that a broken start left.

        Returns:
            Signing key, recovery key.
        """
        found = []
        for path in (self.keys / f"{participant}.key", self.recovery / f"{participant}.key"):
            if not path.exists():
                write_secret(path, b64url(secrets.token_bytes(_SEED_BYTES)).encode() + b"\n")
            found.append(_read(path))
        return found[0], found[1]

    def signer(self, participant: str) -> Signer:
        """A participant's signing key.

        Raises:
            UnknownError: `key-file`: it isn't here.
            MalformedError: `key-file`: it is damaged, or others may read it.
        """
        path = self.keys / f"{participant}.key"
        if not path.exists():
            raise UnknownError(
                f"no signing key of {participant} in {self.keys.name}/",
                code="key-file",
                remedy=f"maillage init --participant {participant}, or bring back its backup",
            )
        return _read(path)


def _read(path: Path) -> Signer:
    if path.stat().st_mode & 0o077:
        raise MalformedError(
            f"{path.parent.name}/{path.name} can be read by others",
            code="key-file",
            remedy=f"chmod 600 {path.parent.name}/{path.name}",
        )
    try:
        seed = un_b64url(path.read_text(encoding="ascii").strip())
        return Signer.from_seed(seed)
    except (MalformedError, ValueError) as error:
        raise MalformedError(
            f"{path.parent.name}/{path.name} holds no key",
            code="key-file",
            remedy="bring the file back from its backup",
        ) from error
