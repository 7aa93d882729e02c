"""Keys of a broker connection (NATS nkeys): the seed stays in a file, the hub gets the rest."""

import os
from base64 import b32decode
from pathlib import Path

import nkeys

from federation.errors import MalformedError

_SEED_BYTES = 32


def create_seed(path: Path) -> str:
    """Make a user key and keep its seed in a new file, readable by its owner only.

    Args:
        path: Where to; its folder exists. An existing file is never overwritten.

    Returns:
        The public key, `U…`, 56 characters.

    Raises:
        FileExistsError: There is one already.
        OSError: It can't be written.
    """
    seed: bytes = nkeys.encode_seed(os.urandom(_SEED_BYTES), nkeys.PREFIX_BYTE_USER)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(seed + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return public_key(path)


def public_key(path: Path) -> str:
    """Read the public key that belongs to a seed file.

    Raises:
        MalformedError: `nkey-seed`.
        OSError: The file can't be read.
    """
    seed = bytearray(path.read_bytes().strip())
    try:
        pair = nkeys.from_seed(seed)
        public: bytes = pair.public_key
        prefix, _ = nkeys.decode_seed(seed)
    except (nkeys.NkeysError, ValueError) as error:
        raise MalformedError(
            f"{path.name} holds no key of a broker connection",
            code="nkey-seed",
            remedy="restore the file from the backup, or make a new key and enrol again",
        ) from error
    if prefix != nkeys.PREFIX_BYTE_USER:
        raise MalformedError(f"{path.name} holds a key of another kind", code="nkey-seed")
    return public.decode()


def is_public_key(text: str) -> bool:
    """Whether a text has the form and checksum of a user's public key."""
    if len(text) != 56 or not text.startswith("U"):  # noqa: PLR2004 - base32 of 35 bytes
        return False
    try:
        raw = b32decode(text)
    except ValueError:
        return False
    checksum: bytes = nkeys.crc16_checksum(raw[:-2])
    return raw[0] == nkeys.PREFIX_BYTE_USER and checksum == raw[-2:]
