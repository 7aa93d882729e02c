"""The ZIP of one spelling."""

import io
import random
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.archive import MEMBERS_MAX, pack, unpack
from federation.errors import LimitError, MalformedError

MEMBERS = [("bundle.json", b"{}"), ("contents/ab", b"\x00" * 50), ("contents/cd", b"")]
GOOD = pack(MEMBERS)
MEMBERS_PART = GOOD[: GOOD.index(b"PK\x01\x02")]

_names = st.from_regex(r"[a-z]{1,8}(/[a-z0-9]{1,8}){0,2}(\.jws)?", fullmatch=True)


@given(st.dictionaries(_names, st.binary(max_size=100), max_size=8))
def test_packed_and_unpacked(found: dict[str, bytes]) -> None:
    data = pack(found.items())
    assert list(unpack(data)) == list(found.items())
    assert pack(unpack(data)) == data
    with zipfile.ZipFile(io.BytesIO(data)) as other:
        assert other.testzip() is None
        assert {name: other.read(name) for name in other.namelist()} == found
        assert all(one.compress_type == zipfile.ZIP_STORED for one in other.infolist())


def zipped(
    members: list[tuple[str, bytes]] = MEMBERS,
    method: int = zipfile.ZIP_STORED,
    mend: Callable[[zipfile.ZipInfo], None] = lambda _: None,
    comment: bytes = b"",
) -> bytes:
    """What another program makes of the same members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as other:
        other.comment = comment
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.external_attr = 0o100644 << 16
            info.create_version = info.extract_version = 10
            mend(info)
            other.writestr(info, data)
    return buffer.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(MalformedError) as caught:
        list(unpack(data))
    return caught.value.code


def later(info: zipfile.ZipInfo) -> None:
    info.date_time = (2026, 11, 23, 9, 0, 0)


def longer(info: zipfile.ZipInfo) -> None:
    info.extra = b"\xfe\xca\x00\x00"


def noted(info: zipfile.ZipInfo) -> None:
    info.comment = b"x"


def linked(info: zipfile.ZipInfo) -> None:
    info.external_attr = 0o120777 << 16


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bundle-zip"),
        (b"PK", "bundle-zip"),
        (b"PK\x03\x04", "bundle-zip"),
        (b"PK\x05\x06" + bytes(17), "bundle-zip"),
        (GOOD[:-1], "bundle-zip"),
        (GOOD + b"\x00", "bundle-zip"),
        (b"#!/bin/sh\n" + GOOD, "bundle-zip"),
        (GOOD + GOOD, "bundle-zip"),
        (zipped(mend=later), "bundle-zip"),
        (zipped(mend=longer), "bundle-zip"),
        (zipped(mend=noted), "bundle-zip"),
        (zipped(mend=linked), "bundle-zip"),
        (zipped(comment=b"x"), "bundle-zip"),
        (zipped(method=zipfile.ZIP_DEFLATED), "bundle-compressed"),
        (zipped([("a", b"\x00" * 10_000_000)], zipfile.ZIP_DEFLATED), "bundle-compressed"),
        (zipped(method=zipfile.ZIP_BZIP2), "bundle-compressed"),
        (zipped([("/etc/passwd", b"")]), "bundle-name"),
        (zipped([("../up", b"")]), "bundle-name"),
        (zipped([("a/../up", b"")]), "bundle-name"),
        (zipped([("a/./b", b"")]), "bundle-name"),
        (zipped([("a//b", b"")]), "bundle-name"),
        (zipped([("a\\b", b"")]), "bundle-name"),
        (zipped([("c:/a", b"")]), "bundle-name"),
        (zipped([("folder/", b"")]), "bundle-name"),
        (zipped([("é", b"")]), "bundle-name"),
        (zipped([("A", b"")]), "bundle-name"),
        (zipped([("a\n", b"")]), "bundle-name"),
        (zipped([("a" * 101, b"")]), "bundle-name"),
        (GOOD.replace(b"\x00" * 50, b"\x01" * 50), "bundle-checksum"),
        # a member whose size reaches over the rest of the file
        (GOOD[:18] + b"\xff\xff\xff\x7f" * 2 + GOOD[26:], "bundle-zip"),
        # a directory that lists another name than the member has
        (MEMBERS_PART + GOOD[len(MEMBERS_PART) :].replace(b"cd", b"ce"), "bundle-zip"),
        # a member that the directory leaves out
        (pack(MEMBERS[:1])[: pack(MEMBERS[:1]).index(b"PK\x01\x02")] + pack([]), "bundle-zip"),
    ],
)  # fmt: skip
def test_refused(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_twice() -> None:
    with pytest.raises(MalformedError) as caught:
        pack([("a", b"1"), ("a", b"2")])
    assert caught.value.code == "bundle-duplicate"
    data = pack([("a", b"1"), ("b", b"2")])
    assert refused(data.replace(b"b", b"a")) == "bundle-duplicate"


def test_too_many_members() -> None:
    with pytest.raises(LimitError) as caught:
        pack((f"a{number}", b"") for number in range(MEMBERS_MAX + 1))
    assert caught.value.code == "bundle-size"


def test_names_are_checked_on_writing_too() -> None:
    with pytest.raises(MalformedError) as caught:
        pack([("../up", b"")])
    assert caught.value.code == "bundle-name"


def test_every_changed_byte_is_noticed() -> None:
    codes = set()
    for at in range(len(GOOD)):
        for bit in (1, 128):
            codes.add(refused(GOOD[:at] + bytes([GOOD[at] ^ bit]) + GOOD[at + 1 :]))
    assert "bundle-zip" in codes


def test_mutated_files_are_refused_with_a_documented_reason() -> None:
    chance = random.Random(2026)
    documented = {
        "bundle-zip",
        "bundle-name",
        "bundle-duplicate",
        "bundle-compressed",
        "bundle-checksum",
    }
    for _ in range(3000):
        data = bytearray(GOOD)
        for _ in range(chance.randint(1, 6)):
            start = chance.randrange(len(data))
            size = chance.randint(0, 8)
            data[start : start + size] = chance.randbytes(chance.randint(0, 8))
        if bytes(data) != GOOD:
            assert refused(bytes(data)) in documented
