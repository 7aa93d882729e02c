"""What all wire models share: one spelling, nothing unknown, nothing converted."""

import pytest
from actors import digest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import MalformedError
from federation.model import Instant, Position, Text, WireModel, instant_text, instant_us

SECONDS = st.integers(-62_135_596_800, 253_402_300_799)  # the years 1 to 9999


class Letter(WireModel):
    """A wire model for these tests."""

    sent_at: Instant
    signed_by: Text | None = None


@given(SECONDS)
def test_every_second_has_one_spelling(seconds: int) -> None:
    text = instant_text(seconds * 1_000_000)
    assert len(text) == 20
    assert instant_us(text) == seconds * 1_000_000
    assert instant_text(seconds * 1_000_000 + 999_999) == text


@given(SECONDS, SECONDS)
def test_texts_are_sorted_as_moments_are(one: int, other: int) -> None:
    texts = instant_text(one * 1_000_000), instant_text(other * 1_000_000)
    assert (texts[0] < texts[1]) == (one < other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23T09:00Z",
        "2026-11-23T09:00:00",
        "2026-11-23t09:00:00z",
        "2026-11-23 09:00:00Z",
        "2026-11-23T09:00:00+00:00",
        "2026-11-23T09:00:00.0Z",
        "2026-02-29T09:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "2026-W47-1T09:00:00Z",
        "20261123T09:00:00Z--",
        "٢٠٢٦-11-23T09:00:00Z",
    ],
)
def test_no_instants(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        instant_us(text)


def test_what_is_none_is_left_out() -> None:
    sent = "2026-11-23T09:00:00Z"
    wanted = b'{"sentAt":"2026-11-23T09:00:00Z"}'
    assert Letter(sent_at=sent).write() == wanted
    assert Letter(sent_at=sent, signed_by=None).write() == wanted
    assert Letter.read(wanted).signed_by is None
    with pytest.raises(MalformedError):
        Letter.read(b'{"sentAt":"2026-11-23T09:00:00Z","signedBy":null}')


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{}", "sentAt"),
        (b'{"sent_at":"2026-11-23T09:00:00Z"}', "sentAt|sent_at"),
        (b'{"sentAt":"2026-11-23T09:00:00Z","more":1}', "more"),
        (b'{"sentAt":1}', "sentAt"),
        (b'{"sentAt":["2026-11-23T09:00:00Z"]}', "sentAt"),
        (b'{"sentAt":"2026-11-23T09:00:00Z","signedBy":""}', "signedBy"),
        (b'{"' + b"x" * 9000 + b'":1}', "sentAt|x"),
    ],
)
def test_refused_with_the_place(data: bytes, words: str) -> None:
    with pytest.raises(MalformedError, match=words) as caught:
        Letter.read(data)
    assert caught.value.code == "document"
    assert len(str(caught.value)) <= 300


def test_positions_are_sorted_by_epoch_then_sequence() -> None:
    places = [(2, 1), (1, 9), (1, 10)]
    found = [Position(epoch=e, sequence=s, digest=digest("x")) for e, s in places]
    assert sorted(one.order for one in found) == [(1, 9), (1, 10), (2, 1)]
