"""Regular expressions of schemas: those that the engine runs in linear time, at a bounded cost.

Schemas come from other members too. The engine (Rust's `regex`) has neither look-around nor
back-references: its time is at most the pattern's size times the text's. So the size is bounded,
repetitions written out, by an estimate made before the engine sees the pattern.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import polars as pl

from schemas.document import SchemaFault

COST_MAX: Final = 300_000
"""Of all distinct patterns of a document; about the microseconds that compiling takes, measured."""

ONE_COST_MAX: Final = 8_000
"""Of one pattern, which bounds matching too: measured, at most some 20 µs a byte at this cost."""

_WIDE: Final = {"w": 350, "W": 350, "p": 350, "P": 350, "d": 50, "D": 50, "s": 10, "S": 10}
"""Escapes for Unicode classes: hundreds of ranges of characters each."""

_NARROW: Final = 5
_ESCAPE: Final = re.compile(r"\\(?:[pPxuUb]\{[^}]*\}|.)", re.DOTALL)
_OPEN: Final = re.compile(r"\((?:\?(?::|i:|i\)|P?<[A-Za-z_][A-Za-z0-9_]*>))?")
_REPEAT: Final = re.compile(r"[*+?]|\{([0-9]*)(,?)([0-9]*)\}")


def whole(pattern: str) -> str:
    """The pattern for the whole value, as Table Schema means it (XML Schema, appendix F).

    Args:
        pattern: As the schema says it; with or without anchors.
    """
    return f"^(?:{pattern})$"


def check_patterns(patterns: Iterable[tuple[str, str]]) -> None:
    """Refuse patterns that the engine doesn't take, or that cost too much.

    Args:
        patterns: Field name and pattern.

    Raises:
        SchemaFault: Which field, and why.
    """
    left = COST_MAX
    known: set[str] = set()
    for name, pattern in patterns:
        if pattern in known:
            continue
        known.add(pattern)
        try:
            cost = estimate(pattern)
        except SchemaFault as fault:
            raise SchemaFault(f"{name}: pattern: {fault}") from fault
        left -= cost
        if cost > ONE_COST_MAX or left < 0:
            raise SchemaFault(f"{name}: pattern: repeats too much, or too many classes")
        _try(name, pattern)


def _try(name: str, pattern: str) -> None:
    reason = _refused(pattern)
    if reason is not None:
        raise SchemaFault(f"{name}: pattern: {reason}")


@lru_cache(maxsize=1_024)
def _refused(pattern: str) -> str | None:
    """What the engine says against a pattern; many schemas have the same ones, such as of codes."""
    try:
        # alone too: `a)|(?:b` is a pattern only once it is wrapped
        texts = (pattern, whole(pattern))
        pl.select(pl.lit("").str.contains(text).alias(str(at)) for at, text in enumerate(texts))
    except pl.exceptions.PolarsError as error:
        return " ".join(str(error).split())
    return None


def estimate(pattern: str) -> int:
    """About how many microseconds it takes to compile a pattern.

    Args:
        pattern: Any text.

    Raises:
        SchemaFault: A group that isn't closed or isn't of a known kind.
    """
    sums = [0]  # of each open group
    last = at = 0
    while at < len(pattern):
        letter = pattern[at]
        if found := _REPEAT.match(pattern, at):
            # n copies where there was one
            times = _times(found)
            sums[-1] += last * (times - 1)
            last *= times
            at = found.end()
            continue
        if letter == "(":
            at = _group(pattern, at, sums)
            last = 0
            continue
        if letter == ")":
            if len(sums) == 1:
                raise SchemaFault("a group is closed that wasn't opened")
            last = sums.pop() + 1
            at += 1
        elif letter == "[":
            last, at = _class(pattern, at)
        elif letter == "\\":
            last, at = _escape(pattern, at)
        else:
            last, at = (_NARROW if letter == "." else 1), at + 1
        sums[-1] += last
    if len(sums) != 1:
        raise SchemaFault("a group isn't closed")
    return sums[0]


def _times(found: re.Match[str]) -> int:
    if found[0] in ("*", "+", "?"):
        return 2
    # as many digits as tell that it is too much
    low, high = (int(part[:9] or 0) for part in (found[1], found[3]))
    return max(low, high, 1) + (1 if found[2] and not found[3] else 0)


def _group(pattern: str, at: int, sums: list[int]) -> int:
    """Go into a group; return where it begins."""
    found = _OPEN.match(pattern, at)
    assert found is not None
    if found[0] == "(" and pattern[at : at + 2] == "(?":
        # flags change how the rest is read, look-around isn't linear
        raise SchemaFault(f"{pattern[at : at + 4]}: only plain, named and (?i) groups")
    if found[0] != "(?i)":
        sums.append(0)
    return found.end()


def _escape(pattern: str, at: int) -> tuple[int, int]:
    found = _ESCAPE.match(pattern, at)
    if found is None:
        raise SchemaFault("ends with a backslash")
    return _WIDE.get(found[0][1], 1), found.end()


def _class(pattern: str, at: int) -> tuple[int, int]:
    """Cost of a bracketed class, which may hold others, and where it ends."""
    depth, cost = 0, _NARROW
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            more, at = _escape(pattern, at)
            cost += more
            continue
        at += 1
        if letter == "[":
            depth += 1
            at += pattern.startswith("^", at)
            at += pattern.startswith("]", at)  # stands for itself in first place
        elif letter == "]":
            depth -= 1
            if not depth:
                return cost, at
        cost += 1
    raise SchemaFault("a class isn't closed")
