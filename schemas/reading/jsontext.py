"""JSON without surprises: numbers as written, no key twice, no NaN, bounded depth (RFC 8259)."""

import json
import re
from typing import Any, Final

from schemas.reading.limits import JSON_DEPTH_MAX

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


class JsonError(ValueError):
    """Text that isn't JSON as we take it. Report it; `case` says why.

    Attributes:
        case: `json`, `twice`, `constant`, `depth`.
        name: The key or constant that is meant, if any.
        position: Where in the text, in characters; -1 if not known.
    """

    def __init__(self, case: str, *, name: str | None = None, position: int = -1) -> None:
        super().__init__(case)
        self.case = case
        self.name = name
        self.position = position


class Bare(str):
    """A number as it stands in the document, never rounded."""

    __slots__ = ()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise JsonError("twice", name=name)
            seen.add(name)
    return found


def _constant(name: str) -> Any:
    raise JsonError("constant", name=name)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=Bare, parse_float=Bare, parse_constant=_constant
)


def decode_at(text: str, start: int) -> tuple[Any, int]:
    """Decode the value that starts at a position.

    Args:
        text: JSON text.
        start: Position of the value's first character.

    Returns:
        The value, with numbers as `Bare`, and the position after it.

    Raises:
        JsonError: Not JSON, a key twice, NaN or Infinity, or nested too deeply to be read.
    """
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise JsonError("json", position=error.pos) from error
    except RecursionError as error:
        raise JsonError("depth") from error


def decode(text: str) -> Any:
    """Decode a text that is one value.

    Args:
        text: JSON text; white space around it doesn't count.

    Raises:
        JsonError: As `decode_at`, or something follows the value.
    """
    stripped = text.strip(" \t\r\n")
    value, end = decode_at(stripped, 0)
    if end != len(stripped):
        raise JsonError("json", position=end)
    return value


def compact(value: Any) -> str:
    """A decoded value as JSON text without white space, numbers as they stood.

    Args:
        value: What `decode` gave.

    Raises:
        JsonError: Nested more than `JSON_DEPTH_MAX` levels.
    """
    return _compact(value, JSON_DEPTH_MAX)


def _compact(value: Any, depth: int) -> str:
    if isinstance(value, Bare):
        return str(value)
    if isinstance(value, dict | list):
        if depth == 0:
            raise JsonError("depth")
        if isinstance(value, list):
            return f"[{','.join(_compact(item, depth - 1) for item in value)}]"
        members = (
            f"{json.dumps(name, ensure_ascii=False)}:{_compact(item, depth - 1)}"
            for name, item in value.items()
        )
        return f"{{{','.join(members)}}}"
    return json.dumps(value, ensure_ascii=False)


def may_have_surrogates(text: str) -> bool:
    """Whether an escape could make half a character, which no UTF-8 text can hold."""
    return _SURROGATE.search(text) is not None


def is_text(value: str) -> bool:
    """Whether a string is Unicode text, without halves of surrogate pairs."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
