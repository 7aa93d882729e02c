"""A ZIP file of one spelling: what a `.mlg` bundle is packed in (PKWARE APPNOTE 6.3, 4.3 and 4.4).

Members are stored, never compressed, so nothing grows on reading. There are no directories, no
comments, no extra fields, no data descriptors, no encryption, no ZIP64, and every time stamp is
1980-01-01. Members follow one another from the first byte; the central directory follows from
them and must be the rest of the file, byte for byte. So members can't overlap, hide, come
twice or say one thing here and another there, and the same members always make the same bytes.
Any unzip program opens such a file; a file packed again by one isn't taken.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from federation.errors import LimitError, MalformedError

MEMBERS_MAX: Final = 65_534
"""What ZIP counts without ZIP64 (65,535 says: look there)."""

NAME_MAX_CHARS: Final = 100
"""Longest member name; the wire's own are under 80."""

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_LOCAL_MAGIC: Final = b"PK\x03\x04"
_CENTRAL_MAGIC: Final = b"PK\x01\x02"
_END_MAGIC: Final = b"PK\x05\x06"
_NEEDED: Final = 10  # version 1.0: stored members, no directories
_FIRST_DAY: Final = (1 << 5) | 1  # 1980-01-01, midnight
_FILE_MODE: Final = 0o100644 << 16
_UNIX: Final = 3 << 8
# no empty, dot or double-dot steps, no leading slash, no backslash, no drive, no trailing slash
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*(?:[./][a-z0-9][a-z0-9_-]*)*")
_REMEDY: Final = "take the file as it was exported; a bundle isn't packed again by other programs"


def pack(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Pack members in the order given.

    Raises:
        MalformedError: `bundle-name`, `bundle-duplicate`.
        LimitError: `bundle-size`: too many members.
    """
    body = bytearray()
    entries: list[tuple[str, int, int, int]] = []
    for name, data in members:
        _check_name(name)
        entries.append((name, zlib.crc32(data), len(data), len(body)))
        body += _local(name, zlib.crc32(data), len(data)) + data
    if len(entries) > MEMBERS_MAX:
        raise LimitError(
            f"{len(entries)} members, at most {MEMBERS_MAX}",
            code="bundle-size",
            remedy="export it in several bundles",
        )
    if len({entry[0] for entry in entries}) != len(entries):
        raise MalformedError("a member comes twice", code="bundle-duplicate")
    return bytes(body + _directory(entries, len(body)))


def unpack(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Unpack members in their order.

    The caller judges each member as it comes; that the file as a whole is of the one form is
    known when the iterator has ended.

    Args:
        data: The whole file; the caller has bounded its size.

    Raises:
        MalformedError: `bundle-zip` (not a ZIP of the one form), `bundle-name` (absolute, with
            `..`, not in lower case, too long), `bundle-duplicate`, `bundle-compressed`,
            `bundle-checksum`.
    """
    view = memoryview(data)
    entries: list[tuple[str, int, int, int]] = []
    names: set[str] = set()
    at = 0
    while bytes(view[at : at + 4]) == _LOCAL_MAGIC:
        name, crc, size = _read_local(view, at)
        if name in names:
            raise MalformedError(f"{name} comes twice", code="bundle-duplicate")
        names.add(name)
        start = at + _LOCAL.size + len(name)
        member = view[start : start + size]
        if len(member) != size or len(names) > MEMBERS_MAX:
            raise _not_the_form(f"{name} passes the end of the file")
        if zlib.crc32(member) != crc:
            raise MalformedError(f"{name} is damaged", code="bundle-checksum", remedy=_REMEDY)
        entries.append((name, crc, size, at))
        at = start + size
        yield name, bytes(member)
    if view[at:] != _directory(entries, at):
        raise _not_the_form("the directory doesn't follow from the members")


def _not_the_form(what: str) -> MalformedError:
    return MalformedError(
        f"not a ZIP file of the one form: {what}", code="bundle-zip", remedy=_REMEDY
    )


def _check_name(name: str) -> None:
    if len(name) > NAME_MAX_CHARS or _NAME.fullmatch(name) is None:
        raise MalformedError(f"{name[:120]!r} is not a name of a member", code="bundle-name")


def _read_local(view: memoryview, at: int) -> tuple[str, int, int]:
    """Name, CRC-32 and size in bytes of the member whose header starts here."""
    if len(view) < at + _LOCAL.size:
        raise _not_the_form("it ends within a header")
    _, _, _, method, _, _, crc, packed, size, name_size, _ = _LOCAL.unpack_from(view, at)
    raw = bytes(view[at + _LOCAL.size : at + _LOCAL.size + name_size])
    # a name that isn't ASCII is shown as far as it can be, then refused
    name = raw.decode("ascii", errors="backslashreplace")
    _check_name(name)
    if method != 0 or packed != size:
        raise MalformedError(f"{name} is compressed", code="bundle-compressed", remedy=_REMEDY)
    if view[at : at + _LOCAL.size + name_size] != _local(name, crc, size):
        raise _not_the_form(f"the header of {name} has other marks")
    return name, crc, size


def _local(name: str, crc: int, size: int) -> bytes:
    header = (_LOCAL_MAGIC, _NEEDED, 0, 0, 0, _FIRST_DAY, crc, size, size, len(name), 0)
    return _LOCAL.pack(*header) + name.encode("ascii")


def _directory(entries: list[tuple[str, int, int, int]], start: int) -> bytes:
    """The central directory and its end record; entries are (name, CRC-32, size, offset)."""
    listed = bytearray()
    for name, crc, size, offset in entries:
        dated = (_CENTRAL_MAGIC, _UNIX | _NEEDED, _NEEDED, 0, 0, 0, _FIRST_DAY, crc, size, size)
        listed += _CENTRAL.pack(*dated, len(name), 0, 0, 0, 0, _FILE_MODE, offset)
        listed += name.encode("ascii")
    count = len(entries)
    end = _END.pack(_END_MAGIC, 0, 0, count, count, len(listed), start, 0)
    return bytes(listed + end)
