"""JSON of one reading: what other readers would let pass is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import MalformedError
from federation.strict import dump, parse_object, sha256_hex

# what the wire can say: no null, no floats
_values: Any = st.recursive(
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)
_objects = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), _values, max_size=6)


@given(_objects)
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    written = dump(document)
    assert parse_object(written) == document
    assert dump(parse_object(written)) == written
    assert json.loads(written) == document


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "json"),
        (b"[]", "json"),
        (b'"text"', "json"),
        (b"1", "json"),
        (b"{", "json"),
        (b"{} {}", "json"),
        (b"{'a':1}", "json"),
        (b'{"a":1,}', "json"),
        (b'{"a":01}', "json"),
        (b'{"a":"\t"}', "json"),
        (b"\xef\xbb\xbf{}", "json"),
        (b'{"a":"\xff"}', "json"),
        (b'{"a":"\xed\xa0\x80"}', "json"),
        ('{"a":1}'.encode("utf-16"), "json"),
        (b'{"a":1,"a":1}', "json-duplicate-key"),
        (b'{"a":{"b":1,"c":2,"b":3}}', "json-duplicate-key"),
        (b'{"a":1,"\\u0061":2}', "json-duplicate-key"),
        (b'{"a":1.0}', "json-number"),
        (b'{"a":1e3}', "json-number"),
        (b'{"a":NaN}', "json-number"),
        (b'{"a":Infinity}', "json-number"),
        (b'{"a":-Infinity}', "json-number"),
        (b'{"a":null}', "json"),
        (b'{"a":{"b":null}}', "json"),
        (b'{"a":[null]}', "json"),
        (b'{"a":[{"b":[1,[null]]}]}', "json"),
        (b'{"a":"\\ud800"}', "json"),
        (b'{"\\udfff":1}', "json"),
        (b'{"a":["\\uD83D"]}', "json"),
        (b'{"a":' + b"9" * 5000 + b"}", "json"),
        (b'{"a":' * 100_000, "json"),
        (b"[" * 100_000, "json"),
    ],
)
def test_refused(data: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_object(data)
    assert caught.value.code == code
    assert len(str(caught.value)) <= 200


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert parse_object(b'{"a":"\\ud83d\\udeb2"}') == {"a": "🚲"}


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_refused(data: bytes) -> None:
    try:
        found = parse_object(data)
    except MalformedError as error:
        assert error.code in {"json", "json-duplicate-key", "json-number"}  # noqa: PT017 - either way is good
    else:
        assert isinstance(found, dict)


def test_writing_refuses_what_json_has_no_word_for() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        dump({"a": float("nan")})
    assert dump({"b": "é", "a": [1, True]}) == '{"b":"é","a":[1,true]}'.encode()


def test_digest() -> None:
    # FIPS 180-2, appendix B.1
    wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_hex(b"abc") == sha256_hex(memoryview(b"abc")) == wanted
