"""What a subscriber has had: a file that takes it, and where it goes on.

Two forms, which go together:

- an **output** file of JSON lines. Each line begins with its position, so that the file itself says
  where to go on: lines are appended and synced, a line that a crash tore is cut off at the next
  start. Each publication is in it exactly once.
- a **state** file with the position and the heads, written anew after what it speaks of was handed
  out. After a crash in between the last portion comes again: at least once.
"""

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from federation.chain import Head
from federation.client import Event, MalformedError, StateError
from federation.strict import parse_object

STATE_MAX_BYTES: Final = 64 * 1024 * 1024
"""Heads of 350,000 datasets take 50 MB."""

_VERSION: Final = 1
_CHUNK_BYTES: Final = 64 * 1024
_POSITION: Final = re.compile(rb'\{"position": "([^"\\]{1,300})"')


def line_of(event: Event, *, rows: bool) -> bytes:
    """An event as a JSON line; its form is kept, and its position stands first.

    Args:
        event: Verified or not.
        rows: Its rows, too.
    """
    signed, reason = event.signed, event.reason
    found: dict[str, Any] = {
        "position": event.position,
        "digest": event.digest,
        "dataset": event.dataset,
        "received": event.received,
        "verified": event.verified,
        "verdict": "accepted" if reason is None else reason.verdict,
        "reason": None if reason is None else reason.code,
        "detail": None if reason is None else reason.detail,
    }
    if signed is not None:
        found |= {
            "owner": signed.owner,
            "signer": signed.signer,
            "custodian": signed.custodian,
            "schema": signed.schema,
            "mode": signed.mode,
            "epoch": signed.epoch,
            "sequence": signed.sequence,
            "rowCount": signed.rows,
            "issued": signed.issued,
            "periodStart": None if signed.period is None else signed.period[0],
            "periodEnd": None if signed.period is None else signed.period[1],
            "sharing": signed.sharing,
            "origin": signed.origin,
            "simulated": signed.simulated,
            "licence": signed.licence,
        }
    if rows:
        found["rows"] = [] if event.frame is None else rows_of(event.frame)
    return (json.dumps(found, ensure_ascii=False, default=_text) + "\n").encode()


def rows_of(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON values: decimals as exact texts, instants in UTC."""
    return frame.to_dicts()


def _text(value: object) -> str:
    moment = getattr(value, "isoformat", None)
    return str(value) if moment is None else str(moment()).replace("+00:00", "Z")


@dataclass(slots=True)
class State:
    """Where a subscriber goes on.

    Attributes:
        subscription: What was subscribed to: a state is of this subscription only.
        position: After which; None: from the beginning.
        heads: How far each dataset was seen.
    """

    subscription: Mapping[str, Any]
    position: str | None = None
    heads: dict[str, Head] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, subscription: Mapping[str, Any]) -> "State":
        """Read a state; a new one where there is no file.

        Raises:
            MalformedError: `state-file`: it can't be read as one, or others may read it.
            StateError: `state-file`: it is of another subscription.
        """
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                data = file.read(STATE_MAX_BYTES + 1)
        except FileNotFoundError:
            return cls(dict(subscription))
        if mode & 0o077:
            raise MalformedError(
                f"{path} can be read by others", code="state-file", remedy=f"chmod 600 {path}"
            )
        try:
            found = parse_object(data) if len(data) <= STATE_MAX_BYTES else {}
            heads = {name: Head(*_head(value)) for name, value in found["heads"].items()}
            position, subscribed = found["position"], found["subscription"]
            good = found["version"] == _VERSION and isinstance(position, str)
        except (MalformedError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise _no_state(path) from error
        if not good:
            raise _no_state(path)
        if subscribed != dict(subscription):
            raise StateError(
                f"{path} is the state of another subscription: {json.dumps(subscribed)}"[:400],
                code="state-file",
                remedy="use the same address, territories and schemas, or another state file",
            )
        return cls(subscribed, position, heads)

    def write(self, path: Path) -> None:
        """Write it anew, whole or not at all; 0600, synced."""
        if self.position is None:
            return
        found = {
            "version": _VERSION,
            "subscription": dict(self.subscription),
            "position": self.position,
            "heads": {
                name: [head.epoch, head.sequence, head.digest] for name, head in self.heads.items()
            },
        }
        aside = path.with_name(f".{path.name}.new")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(found, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        _sync_folder(path.parent)


def _head(value: Any) -> tuple[int, int, str]:
    epoch, sequence, digest = value
    if type(epoch) is not int or type(sequence) is not int or not isinstance(digest, str):
        raise ValueError("no head")
    return epoch, sequence, digest


def _no_state(path: Path) -> MalformedError:
    return MalformedError(
        f"{path} is no state of a subscription",
        code="state-file",
        remedy="name another file, or delete this one to begin again",
    )


class Output:
    """A file of JSON lines that one subscriber appends to.

    Attributes:
        position: Of its last line; None while it is empty.
        cut_bytes: How much of a torn line was cut off at the start.
    """

    def __init__(self, path: Path) -> None:
        """Open it, made with mode 0600 if it is new, and cut off what a crash left of a line.

        Raises:
            StateError: `output-busy`: another subscriber writes to it.
            MalformedError: `output-file`: its last line is none of a subscriber.
            OSError: It can't be written.
        """
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._file: Final = os.fdopen(handle, "r+b")
        try:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StateError(
                    f"another subscriber writes to {path}",
                    code="output-busy",
                    remedy="end it, or name another file",
                ) from error
            end = _last_newline(self._file) + 1
            self.cut_bytes = self._file.seek(0, os.SEEK_END) - end
            self.position = self._last_position(path, end)
            if self.cut_bytes:
                self._file.truncate(end)
                self.sync()
            self._file.seek(end)
            _sync_folder(path.parent)
        except BaseException:
            self._file.close()
            raise

    def _last_position(self, path: Path, end: int) -> str | None:
        if end == 0:
            return None
        self._file.seek(_last_newline(self._file, end - 1) + 1)
        found = _POSITION.match(self._file.read(400))
        if found is None:
            raise MalformedError(
                f"the last line of {path} is none of a subscriber",
                code="output-file",
                remedy="name a file that maillage subscribe wrote, or a new one",
            )
        return found[1].decode("utf-8", errors="replace")

    def append(self, lines: Sequence[bytes]) -> None:
        """Append lines; they are on the disk when this returns."""
        self._file.write(b"".join(lines))
        self.sync()

    def sync(self) -> None:
        """Bring what was written to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close it; another may write."""
        self._file.close()


@contextlib.contextmanager
def output_to(path: Path | None) -> Iterator[Output | None]:
    """An output while the context lasts; None where no file is named."""
    if path is None:
        yield None
        return
    found = Output(path)
    try:
        yield found
    finally:
        found.close()


def _last_newline(file: Any, before: int | None = None) -> int:
    """Where the last line feed before a place (or the end) stands; -1 if there is none."""
    at = file.seek(0, os.SEEK_END) if before is None else before
    while at > 0:
        size = min(_CHUNK_BYTES, at)
        at -= size
        file.seek(at)
        found: int = file.read(size).rfind(b"\n")
        if found >= 0:
            return at + found
    return -1


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
