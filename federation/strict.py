"""JSON as the wire takes it: UTF-8, one object, no duplicate keys, no NaN, no floats, no null.

RFC 8259 leaves duplicate keys to the reader; two readers that choose differently see two
documents under one signature. So they are refused (design, section 4). What is absent is left
out and never null, so that absence has one spelling. Half a surrogate pair can be escaped in
JSON but not written in UTF-8; it would stop whoever shows or stores the text.
"""

import hashlib
import json
from typing import Any, NoReturn

from federation.errors import MalformedError


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedError("an object has the same key twice", code="json-duplicate-key")
    return found


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    if isinstance(value, list):
        return any(map(_has_null, value))
    return value is None


def _no_number(text: str) -> NoReturn:
    raise MalformedError(
        f"{text[:40]!r}: signed documents hold whole numbers and texts only", code="json-number"
    )


_decoder = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_constant=_no_number, parse_float=_no_number
)


def parse_object(data: bytes) -> dict[str, Any]:
    """Parse one JSON object strictly.

    Args:
        data: UTF-8 without a byte order mark; the caller has bounded its size.

    Raises:
        MalformedError: `json`, `json-duplicate-key`, `json-number`.
    """
    try:
        found = _decoder.decode(data.decode("utf-8"))
        if b"\\u" in data:
            json.dumps(found, ensure_ascii=False).encode()  # fails on half a surrogate pair
        if b"null" in data and _has_null(found):
            raise MalformedError("what is absent is left out, not null", code="json")
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"not JSON: {error}"[:200], code="json") from error
    if type(found) is not dict:
        raise MalformedError("not a JSON object", code="json")
    return found


def dump(document: dict[str, Any]) -> bytes:
    """Write a document for signing: compact, keys in the order given, UTF-8.

    The bytes written are the bytes signed; nobody writes them a second time.
    """
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def sha256_hex(data: bytes | memoryview) -> str:
    """Digest as the wire writes it: SHA-256, 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()
