"""Encodings, and what is no text."""

import pytest
from reading_world import guesses, of, one, told, values

from schemas.reading.faults import Unreadable
from schemas.reading.text import to_text

ACCENTS = "id,x\na,Étude à Œuilly — 5 €\n"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252")],
)
def test_encodings(encoding: str, name: str) -> None:
    text = to_text(ACCENTS.encode(encoding))
    assert text.utf8.decode() == ACCENTS
    assert text.encoding == name


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf16_of_both_orders(order: str) -> None:
    data = ("\ufeff" + ACCENTS).encode(f"utf-16-{order}")
    assert to_text(data).utf8.decode() == ACCENTS


def test_another_encoding_is_said() -> None:
    found = of(ACCENTS.encode("cp1252"), one("string"))
    assert values(found, "x") == ["Étude à Œuilly — 5 €"]
    assert guesses(found) == [("encoding", None, "Windows-1252")]
    assert guesses(of(ACCENTS, one("string"))) == []
    assert guesses(of(ACCENTS.encode("utf-16"), one("string"))) == [("encoding", None, "UTF-16")]


def test_broken_utf8_is_not_garbled() -> None:
    data = "id,x\na,école\nb,mairie\n".encode() + b"c,caf\xe9\n"
    assert told(of(data, one("string"))) == [("encoding-error", 4, None)]


def test_json_is_utf8() -> None:
    data = '[{"id":"a","x":"é"}]'
    assert told(of(data.encode("cp1252"), one("string"), "f.json")) == [
        ("encoding-error", None, None)
    ]
    assert values(of(data.encode("utf-16"), one("string"), "f.json"), "x") == ["é"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x1f\x8b\x08\0",
        b"\x28\xb5\x2f\xfd\0",
        b"%PDF-1.7",
        b"SQLite format 3\0",
        b"PAR1\0PAR1",
        b"ARROW1\0\0",
        b"7z\xbc\xaf\x27\x1c\0",
        b"BZh9\0",
    ],
)
def test_archives_are_known_by_their_first_bytes(data: bytes) -> None:
    with pytest.raises(Unreadable) as stop:
        to_text(data)
    assert stop.value.fault.case == "workbook"


def test_a_label_may_look_like_an_archive() -> None:
    assert to_text(b"PAR1,BZh\n").utf8 == b"PAR1,BZh\n"


def test_a_page_is_no_table() -> None:
    for data in (b"<html>", b"\n <!doctype html>", b"<?xml version='1.0'?>"):
        with pytest.raises(Unreadable) as stop:
            to_text(data)
        assert stop.value.fault.case == "markup"
    assert to_text(b"<1000,x\n").utf8 == b"<1000,x\n"
