"""Who may ask: whoever has a bearer token of this node (RFC 6750, section 2.1).

The data directory's file `token` is the administrator's. Further tokens, with what they allow, are
in `tokens.json`: only their hashes, so that neither the file nor a memory image is a way in. A
running node reads the file again when it has changed.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from federation.errors import LimitError, MalformedError, UnknownError
from federation.model import instant_us
from node.founding import TOKEN_FILE
from node.web.scopes import ADMIN, Grant, Scope

TOKEN_MIN_CHARS: Final = 32
"""A token of fewer characters could be guessed; the node's own have 43."""

TOKEN_MAX_CHARS: Final = 512
"""Longer ones aren't hashed: a header can have 8 KiB."""

TOKENS_FILE: Final = "tokens.json"
TOKENS_MAX: Final = 1_000
"""Each is compared with each request."""

TOKENS_MAX_BYTES: Final = 1024 * 1024
PREFIX: Final = "mlg_"
"""Begins every token, so that scanners of secrets find one that was left somewhere."""

_TOKEN_BYTES: Final = 32
_SCHEME: Final = "bearer"


class TokenEntry(BaseModel):
    """A token as it is kept.

    Attributes:
        id: Short name to remove it by.
        name: For people.
        scope: What it allows.
        sha256: Of the token.
        created: Instant.
        expires: Instant from which on it counts no more; None for never.
        participants: Of `publish`: only for these; empty for all of the node.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    scope: Scope
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    created: str
    expires: str | None = None
    participants: tuple[str, ...] = ()

    def counts(self, now_us: int) -> bool:
        """Whether it hasn't expired."""
        return self.expires is None or now_us < instant_us(self.expires)

    def grant(self) -> Grant:
        """What it allows."""
        return Grant.of([self.scope], self.name, self.participants, self.id)


class Tokens:
    """The tokens of one data directory."""

    def __init__(self, token: str, file: Path | None = None) -> None:
        """Keep the hash of the administrator's token.

        Args:
            token: The administrator's.
            file: Of the others; None for no others.
        """
        self._digest: Final = _digest(token)
        self._file: Final = file
        self._seen: tuple[int, int, int] | None = None
        self._entries: tuple[TokenEntry, ...] = ()

    @classmethod
    def of(cls, data_dir: Path) -> "Tokens":
        """Read the tokens of a data directory.

        Raises:
            MalformedError: `token-file`: the administrator's is missing, too short, or others may
                read it; or the others' file can't be used.
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
        found = cls(token, data_dir / TOKENS_FILE)
        found.entries()
        return found

    def admits(self, authorization: str | None) -> bool:
        """Whether an `Authorization` header carries the administrator's token.

        Args:
            authorization: The header's value; None where there is none.
        """
        return self.admits_token(bearer(authorization))

    def admits_token(self, token: str) -> bool:
        """Whether a text is the administrator's token. It takes as long for every text."""
        fits = 0 < len(token) <= TOKEN_MAX_CHARS
        return hmac.compare_digest(_digest(token if fits else ""), self._digest) and fits

    def grant(self, token: str, now_us: int) -> Grant | None:
        """What a token allows; None for a text that is none, or one that has expired.

        Every hash is compared, each in the same time, so that the time of an answer says nothing.

        Raises:
            MalformedError: `token-file`: the file was damaged.
        """
        if self.admits_token(token):
            return ADMIN  # also while the others' file is damaged
        found = None
        given = _digest(token if len(token) <= TOKEN_MAX_CHARS else "")
        for entry in self.entries():
            if hmac.compare_digest(bytes.fromhex(entry.sha256), given) and entry.counts(now_us):
                found = entry.grant()
        return found

    def stands(self, grant: Grant, now_us: int) -> bool:
        """Whether the token of a grant that was given earlier still counts.

        Raises:
            MalformedError: `token-file`.
        """
        return not grant.token or any(
            one.id == grant.token and one.counts(now_us) for one in self.entries()
        )

    def entries(self) -> tuple[TokenEntry, ...]:
        """The tokens beside the administrator's, as the file has them now.

        Raises:
            MalformedError: `token-file`.
        """
        if self._file is None:
            return ()
        try:
            now = self._file.stat()
        except FileNotFoundError:
            self._seen, self._entries = None, ()
            return ()
        seen = (now.st_mtime_ns, now.st_size, now.st_ino)
        if seen != self._seen:
            self._entries = _read(self._file)
            self._seen = seen
        return self._entries


def bearer(authorization: str | None) -> str:
    """The token of an `Authorization` header; empty where there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token if scheme.lower() == _SCHEME else ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


# -- the file ----------------------------------------------------------------------------------


def _damaged(why: str, remedy: str) -> MalformedError:
    return MalformedError(f"{TOKENS_FILE} {why}", code="token-file", remedy=remedy)


def _read(path: Path) -> tuple[TokenEntry, ...]:
    status = path.stat()
    if status.st_mode & 0o077:
        raise _damaged("can be read by others", f"chmod 600 {TOKENS_FILE}")
    if status.st_size > TOKENS_MAX_BYTES:
        raise _damaged("is too large", "remove tokens that nobody uses")
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        return tuple(TokenEntry.model_validate(one) for one in found["tokens"])
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise _damaged(
            "can't be read", "bring it back from its backup, or delete it and add the tokens anew"
        ) from error


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """One change of the file at a time, whatever process makes it."""
    handle = os.open(data_dir, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(data_dir: Path, entries: tuple[TokenEntry, ...]) -> None:
    """Replace the file, whole or not at all; mode 0600 from the first byte."""
    text = json.dumps({"tokens": [one.model_dump(mode="json") for one in entries]}, indent=1)
    temporary = data_dir / f".{TOKENS_FILE}.{secrets.token_hex(4)}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(data_dir / TOKENS_FILE)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(data_dir, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def listed(data_dir: Path) -> tuple[TokenEntry, ...]:
    """The tokens of a data directory, beside the administrator's.

    Raises:
        MalformedError: `token-file`.
    """
    path = data_dir / TOKENS_FILE
    return _read(path) if path.exists() else ()


def add(
    data_dir: Path,
    *,
    scope: Scope,
    name: str,
    created: str,
    expires: str | None = None,
    participants: tuple[str, ...] = (),
) -> tuple[str, TokenEntry]:
    """Make a token.

    Args:
        data_dir: Of the node.
        scope: What it allows.
        name: For people.
        created: Instant.
        expires: Instant from which on it counts no more.
        participants: Of `publish`: only for these.

    Returns:
        The token, which is kept nowhere, and its entry.

    Raises:
        MalformedError: `token-file`; `token`: the name is no name.
        LimitError: `token-count`.
    """
    token = PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    try:
        entry = TokenEntry(
            id=secrets.token_hex(4),
            name=name,
            scope=scope,
            sha256=_digest(token).hex(),
            created=created,
            expires=expires,
            participants=participants,
        )
    except ValidationError as error:
        raise MalformedError(
            "the name of a token has 1 to 100 characters", code="token", remedy="shorten it"
        ) from error
    with _locked(data_dir):
        before = listed(data_dir)
        if len(before) >= TOKENS_MAX:
            raise LimitError(
                f"there are {TOKENS_MAX} tokens already",
                code="token-count",
                remedy="maillage token list shows them; remove those that nobody uses",
            )
        _write(data_dir, (*before, entry))
    return token, entry


def remove(data_dir: Path, which: str) -> TokenEntry:
    """Take a token away; a running node refuses it from the next request on.

    Args:
        data_dir: Of the node.
        which: Its id, or its name if no other has it.

    Raises:
        UnknownError: `token`: none is called so, or several are.
    """
    with _locked(data_dir):
        before = listed(data_dir)
        found = [one for one in before if one.id == which] or [
            one for one in before if one.name == which
        ]
        if len(found) != 1:
            raise UnknownError(
                f"{len(found)} tokens are called {which[:100]!r}",
                code="token",
                remedy="maillage token list shows their ids",
            )
        _write(data_dir, tuple(one for one in before if one is not found[0]))
    return found[0]
