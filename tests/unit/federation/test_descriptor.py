"""Descriptors, and when silence is late."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from actors import ARVIEU, COUNTS, ISSUED, LUZY, digest, keys, signer
from hypothesis import given
from hypothesis import strategies as st

from federation.descriptor import (
    Descriptor,
    issue_descriptor,
    late,
    parse_cadence,
    read_descriptor,
)
from federation.errors import MalformedError, TrustError, UnknownError
from federation.jose import sign_compact

KEYS = keys(arvieu=ARVIEU, luzy=LUZY)


def payload(**changed: Any) -> dict[str, Any]:
    found = {
        "dataset": COUNTS,
        "publisher": ARVIEU,
        "version": 1,
        "issued": ISSUED,
        "schema": {"name": "comptage-mobilites", "version": "1.0.0", "digest": digest("schema")},
        "title": {"fr": "Comptages vélo", "en": "Cycle counts"},
        "cadence": "PT1H",
        "first": "2026-11-01T00:00:00Z",
        "sharing": {"level": "open"},
        "origin": "own",
        "licence": "etalab-2.0",
    } | changed
    return {name: one for name, one in found.items() if one is not ...}


def signed(name: str = "arvieu", **changed: Any) -> str:
    raw = json.dumps(payload(**changed)).encode()
    return sign_compact(signer(name), "maillage-descriptor+jws", raw)


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def test_issued_and_read() -> None:
    descriptor = Descriptor.of(payload())
    assert json.loads(descriptor.write()) == payload()
    text = issue_descriptor(signer("arvieu"), descriptor)
    found = read_descriptor(text, KEYS)
    assert (found.descriptor, found.text, found.kid) == (
        descriptor,
        text,
        signer("arvieu").public.kid,
    )
    assert found.replaces(None)
    assert read_descriptor(signed(version=2), KEYS).replaces(descriptor)
    assert not found.replaces(descriptor)
    other = Descriptor.of(payload(dataset=f"{COUNTS}.pont"))
    assert not read_descriptor(signed(version=2), KEYS).replaces(other)


def test_titles_in_the_reader_s_language() -> None:
    descriptor = Descriptor.of(payload())
    assert descriptor.title_in("en") == "Cycle counts"
    assert descriptor.title_in("de") == "Comptages vélo"
    assert Descriptor.of(payload(title={"oc": "Comptatge"})).title_in("de") == "Comptatge"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"dataset": f"{ARVIEU}/projets"}, "another name than the dataset's"),
        ({"title": {}}, "title"),
        ({"title": {"français": "x"}}, "title"),
        ({"title": {"fr": ""}}, "title"),
        ({"title": {"fr": "x" * 301}}, "title"),
        ({"title": {f"{a}{b}": "x" for a in "abcde" for b in "fghij"}}, "title"),
        ({"cadence": "hourly"}, "cadence"),
        ({"cadence": None}, "null"),
        ({"first": "2026-11-01"}, "first"),
        ({"first": ...}, "first"),
        ({"sharing": {"level": "federation"}}, "charter"),
        ({"origin": "x"}, "origin"),
        ({"licence": "x"}, "licence"),
        ({"version": 0}, "version"),
        ({"extra": 1}, "extra"),
    ],
)
def test_payloads_that_say_nonsense(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(MalformedError, match=words):
        read_descriptor(signed(**changed), KEYS)


def test_only_the_owner_describes() -> None:
    for text, code in [
        (signed("luzy"), "publisher-mismatch"),
        (signed("luzy", publisher=LUZY), "publisher-not-owner"),
        (signed()[:-86] + "A" * 86, "signature"),
    ]:
        with pytest.raises(TrustError) as caught:
            read_descriptor(text, KEYS)
        assert caught.value.code == code
    with pytest.raises(UnknownError):
        read_descriptor(signed("stranger"), KEYS)


@pytest.mark.parametrize(
    ("text", "start", "after"),
    [
        ("PT30S", "2026-11-23T09:00:00", "2026-11-23T09:00:30"),
        ("PT15M", "2026-11-23T09:00:00", "2026-11-23T09:15:00"),
        ("PT1H", "2026-11-23T23:30:00", "2026-11-24T00:30:00"),
        ("P1D", "2026-02-28T09:00:00", "2026-03-01T09:00:00"),
        ("P2W", "2026-11-23T09:00:00", "2026-12-07T09:00:00"),
        ("P1M", "2026-01-31T09:00:00", "2026-02-28T09:00:00"),
        ("P1M", "2028-01-31T09:00:00", "2028-02-29T09:00:00"),
        ("P3M", "2026-11-30T09:00:00", "2027-02-28T09:00:00"),
        ("P12M", "2026-12-31T09:00:00", "2027-12-31T09:00:00"),
        ("P1Y", "2028-02-29T09:00:00", "2029-02-28T09:00:00"),
        ("P9999Y", "2026-01-01T00:00:00", "9999-12-31T23:59:59"),
        ("P9999W", "9990-01-01T00:00:00", "9999-12-31T23:59:59"),
    ],
)
def test_cadences(text: str, start: str, after: str) -> None:
    assert parse_cadence(text).after(us(start)) == us(after)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P0D",
        "PT0M",
        "P1H",
        "PT1D",
        "P01D",
        "P1D ",
        "P1D\n",
        "P1DT1H",
        "PT1.5H",
        "-P1D",
        "p1d",
        "P1",
        "PT1",
        "P١D",
        "P10000Y",
        "PT100000S",
        "P1Y2M",
    ],
)
def test_no_cadences(text: str) -> None:
    with pytest.raises(ValueError, match="a cadence is"):
        parse_cadence(text)


@pytest.mark.parametrize(
    ("last", "now", "answer"),
    [
        # hourly, since the first of November: nothing came
        (None, "2026-10-01T00:00:00", False),
        (None, "2026-11-01T02:00:00", False),
        (None, "2026-11-01T02:00:01", True),
        # the last came
        ("2026-11-23T09:00:00", "2026-11-23T09:30:00", False),
        ("2026-11-23T09:00:00", "2026-11-23T10:30:00", False),
        ("2026-11-23T09:00:00", "2026-11-23T11:00:00", False),
        ("2026-11-23T09:00:00", "2026-11-23T11:00:01", True),
        # something came before it was due
        ("2026-10-01T00:00:00", "2026-10-30T00:00:00", False),
        ("2026-10-01T00:00:00", "2026-11-01T01:00:00", False),
        ("2026-10-01T00:00:00", "2026-11-01T02:00:01", True),
    ],
)
def test_late(last: str | None, now: str, answer: bool) -> None:  # noqa: FBT001 - a table's column
    descriptor = Descriptor.of(payload())
    assert late(descriptor, None if last is None else us(last), us(now)) is answer


@given(st.integers(0, 4 * 10**15), st.integers(0, 4 * 10**15))
def test_without_a_cadence_nothing_is_late(last_us: int, now_us: int) -> None:
    assert not late(Descriptor.of(payload(cadence=...)), last_us, now_us)


@given(
    st.sampled_from(["PT15M", "P1D", "P1M", "P1Y"]),
    st.integers(us("2026-11-01T00:00:00"), us("2040-01-01T00:00:00")),
    st.integers(0, us("2001-01-01T00:00:00")),
)
def test_once_late_late_until_something_comes(cadence: str, last_us: int, more_us: int) -> None:
    descriptor = Descriptor.of(payload(cadence=cadence))
    due = parse_cadence(cadence).after(last_us, times=2)
    assert not late(descriptor, last_us, due)
    assert late(descriptor, last_us, due + 1 + more_us)
    assert not late(descriptor, due + more_us, due + more_us)
