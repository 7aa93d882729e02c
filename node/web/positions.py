"""Places in the order of reception, as clients see them: opaque texts.

A text is the store's number and the beginning of the publication's digest, enciphered under a key
of the store. So it can't be counted with (how much isn't `open` is nobody's business), can't be
made up, and one from before a restore, whose number now belongs to another publication or to none,
is found out.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from http import HTTPStatus
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from node.store.store import Store
from node.web.errors import Problem

BEGINNING: Final = "0"
"""Before the first publication."""

KEY_SETTING: Final = "web:positions"
_NUMBERS: Final = 2**40
"""More publications than any store holds: deciphering a made-up text gives a greater number."""

_CHARS: Final = 22
"""16 bytes in base64url, without padding."""


class Positions:
    """The positions of one store."""

    def __init__(self, store: Store) -> None:
        """Take the store's key, or make one."""
        self._store: Final = store
        key = store.settings.get(KEY_SETTING)
        if key is None:
            key = secrets.token_hex(32)
            store.settings.set(KEY_SETTING, key)
        # one block each, of which no two are the same: ECB is the block cipher itself here
        self._cipher: Final = Cipher(algorithms.AES256(bytes.fromhex(key)), modes.ECB())  # noqa: S305

    def write(self, number: int, digest: str) -> str:
        """The text of a number of the store, at which a publication stands."""
        if number == 0:
            return BEGINNING
        block = number.to_bytes(8, "big") + bytes.fromhex(digest[:16])
        sealed = self._cipher.encryptor().update(block)
        return urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def read(self, text: str) -> int:
        """The number in a text. It blocks: the store is asked.

        Raises:
            Problem: `position` (400): it is none of this node's; `position-gone` (410): it was, in
                a state of the store that is no more.
        """
        if text == BEGINNING:
            return 0
        try:
            sealed = urlsafe_b64decode(text + "==") if len(text) == _CHARS else b""
        except ValueError:
            sealed = b""
        if len(sealed) != 16:  # noqa: PLR2004 - an AES block
            raise _unknown(HTTPStatus.BAD_REQUEST, "position", "isn't a position of this node")
        block = self._cipher.decryptor().update(sealed)
        number, begin = int.from_bytes(block[:8], "big"), block[8:].hex()
        if number >= _NUMBERS:
            raise _unknown(HTTPStatus.BAD_REQUEST, "position", "isn't a position of this node")
        digest = self._store.publications.digest_at(number)
        if digest is None or not digest.startswith(begin):
            raise _unknown(
                HTTPStatus.GONE,
                "position-gone",
                "isn't in this node's store: it was restored, or it is another node",
            )
        return number


def _unknown(status: HTTPStatus, code: str, what: str) -> Problem:
    return Problem(
        status,
        code,
        f"the place in the order of reception {what}",
        remedy="begin again with after=0; compare with the heads in /api/v1/datasets",
    )
