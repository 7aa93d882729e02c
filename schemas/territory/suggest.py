"""What may have been meant: codes one slip away from one that doesn't exist."""

from collections.abc import Container, Iterator
from typing import Final

SUGGESTIONS: Final = 5
"""Most suggestions in a message: as many as are read."""


def close_codes(
    code: str, known: Container[str], *, alphabet: str = "0123456789AB"
) -> tuple[str, ...]:
    """Return the known codes that one slip turns into the given one, likeliest slips first.

    A slip is a lost leading zero, two neighbours swapped, a wrong character (at the end first,
    since the front, the département, is the better known), a missing or a surplus one.

    Args:
        code: as it was typed.
        known: every code that exists.
        alphabet: the characters that codes are made of.
    """
    found: dict[str, None] = {}
    for candidate in _slips(code, alphabet):
        if candidate != code and candidate in known:
            found[candidate] = None
            if len(found) == SUGGESTIONS:
                break
    return tuple(found)


def _slips(code: str, alphabet: str) -> Iterator[str]:
    yield f"0{code}"
    for at in range(len(code) - 1):
        yield code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    for at in reversed(range(len(code))):
        for character in alphabet:
            yield code[:at] + character + code[at + 1 :]
    for at in reversed(range(len(code) + 1)):
        for character in alphabet:
            yield code[:at] + character + code[at:]
    for at in reversed(range(len(code))):
        yield code[:at] + code[at + 1 :]
