"""Who may ask: whoever has the bearer token of the data directory (RFC 6750, section 2.1).

Only the token's hash is kept in memory, and hashes are compared in constant time, so that neither
a memory image nor the time of an answer says anything of the token.
"""

import hashlib
import hmac
from pathlib import Path
from typing import Final

from federation.errors import MalformedError
from node.founding import TOKEN_FILE

TOKEN_MIN_CHARS: Final = 32
"""A token of fewer characters could be guessed; the node's own have 43."""

TOKEN_MAX_CHARS: Final = 512
"""Longer ones aren't hashed: a header can have 8 KiB."""

_SCHEME: Final = "bearer"


class Tokens:
    """The token of one data directory."""

    def __init__(self, token: str) -> None:
        """Keep the hash of a token."""
        self._digest: Final = _digest(token)

    @classmethod
    def of(cls, data_dir: Path) -> "Tokens":
        """Read the token that `Node.init` wrote.

        Raises:
            MalformedError: `token-file`: it is missing, too short, or others may read it.
        """
        path = data_dir / TOKEN_FILE
        try:
            mode = path.stat().st_mode
            token = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise MalformedError(
                f"{TOKEN_FILE} can't be read",
                code="token-file",
                remedy="delete it and run maillage init again: it makes a new one",
            ) from error
        if mode & 0o077:
            raise MalformedError(
                f"{TOKEN_FILE} can be read by others",
                code="token-file",
                remedy=f"chmod 600 {TOKEN_FILE}, and replace it if somebody may have read it",
            )
        if not TOKEN_MIN_CHARS <= len(token) <= TOKEN_MAX_CHARS or not token.isprintable():
            raise MalformedError(
                f"{TOKEN_FILE} holds no token of {TOKEN_MIN_CHARS} characters or more",
                code="token-file",
                remedy="delete it and run maillage init again: it makes a new one",
            )
        return cls(token)

    def admits(self, authorization: str | None) -> bool:
        """Whether an `Authorization` header carries the token.

        Args:
            authorization: The header's value; None where there is none.
        """
        scheme, _, token = (authorization or "").partition(" ")
        fits = scheme.lower() == _SCHEME and len(token) <= TOKEN_MAX_CHARS
        return hmac.compare_digest(_digest(token if fits else ""), self._digest) and fits


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
