r"""Patterns of schemas in the dialect of JSON Schema: ECMA-262 with its `u` flag.

Ours are run by Rust's `regex`. What both write alike stays as it is; what they write differently
is rewritten; where no rewriting is sure, there is none, and the caller leaves the pattern out: a
validator that takes too much is told apart by the node, one that takes too little by nobody.

Only what all validators know is used, those that aren't JavaScript too: `\p{L}` stops Python's. So
two classes are near to Rust's, not the same: `\d` is 0 to 9, and every pattern of the catalogue
means no others; `\w` takes the letters of nearly all scripts by their ranges.
"""

import re
from typing import Final

_SYNTAX: Final = frozenset("^$\\.*+?()[]{}|")
_IN_CLASS: Final = frozenset("\\]^-[")
_PLAIN_ESCAPES: Final = frozenset("nrtfvsS")
_WORD: Final = "0-9A-Z_a-zªµºÀ-ÖØ-öø-\\u1fff\\u2c00-\\ud7ff"
"""Letters, marks and digits up to the scripts of East Asia; few others lie between them."""

_REPEAT: Final = re.compile(r"\{([0-9]*)(,?)([0-9]*)\}|[*+?]")
_HEX: Final = re.compile(r"[xuU](?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]+))")
_HEX_DIGITS: Final = {"x": 2, "u": 4, "U": 8}
_GROUP: Final = re.compile(r"\((?:\?(?::|i:|i\)|P?<[A-Za-z_][A-Za-z0-9_]*>))?")


class _Untranslatable(Exception):  # noqa: N818 - no error: it is caught here
    """Nothing that means the same is known."""


def ecma(pattern: str) -> str | None:
    """A pattern for the whole value, in ECMA-262's dialect.

    Args:
        pattern: As a schema has it; `schemas.patterns` takes it.

    Returns:
        With anchors; None where no pattern surely means the same.
    """
    try:
        translator = _Translator(pattern)
        body = translator.run()
    except _Untranslatable:
        return None
    if (
        not translator.branches
        and body.startswith("^")
        and body.endswith("$")
        and body[-2:] != r"\$"
    ):
        return body
    return f"^(?:{body})$"


class _Translator:
    """One pass over a pattern."""

    def __init__(self, pattern: str) -> None:
        self._text: Final = pattern
        self._at = 0
        self._folds = [False]  # ignoring case, of each open group
        self.branches = False
        """Whether it has alternatives outside of groups."""

    def run(self) -> str:
        """The pattern in the other dialect.

        Raises:
            _Untranslatable: Of a part.
        """
        found: list[str] = []
        while self._at < len(self._text):
            found.append(self._next())
        return "".join(found)

    def _next(self) -> str:
        letter = self._text[self._at]
        if letter == "\\":
            return self._escape()
        if letter == "[":
            return self._class()
        if letter == "(":
            return self._open()
        if repeat := _REPEAT.match(self._text, self._at):
            return self._repeat(repeat)
        self._at += 1
        if letter == ")":
            self._folds.pop()
        elif letter == "|":
            self.branches |= len(self._folds) == 1
        elif letter not in "^$":
            return r"[^\n]" if letter == "." else self._literal(letter)
        return letter

    def _literal(self, letter: str) -> str:
        if self._folds[-1] and letter.swapcase() != letter:
            return f"[{''.join(dict.fromkeys(_both(letter)))}]"
        return f"\\{letter}" if letter in _SYNTAX else letter

    def _repeat(self, found: re.Match[str]) -> str:
        text = found[0]
        if text.startswith("{,"):
            text = "{0" + text[1:]
        self._at = found.end()
        if self._text.startswith("?", self._at):
            text += "?"
            self._at += 1
        if _REPEAT.match(self._text, self._at):
            # a repeated repetition: possessive elsewhere
            raise _Untranslatable
        return text

    def _open(self) -> str:
        found = _GROUP.match(self._text, self._at)
        assert found is not None
        self._at = found.end()
        if found[0] == "(?i)":
            self._folds[-1] = True
            return ""
        self._folds.append(self._folds[-1] or found[0] == "(?i:")
        return "(" if found[0] == "(" else "(?:"

    def _escape(self, *, inside: bool = False) -> str:
        """An escape; a character's own is given back as that character, escaped if need be."""
        letter = self._text[self._at + 1]
        code = self._character()
        if code is not None:
            return (_in_class if inside else self._literal)(code)
        self._at += 2
        if letter in _PLAIN_ESCAPES:
            return f"\\{letter}"
        sets = {"d": "0-9", "w": _WORD}
        if letter.lower() in sets:
            if letter == "W" or (inside and letter.isupper()):
                raise _Untranslatable
            members = sets[letter.lower()]
            return members if inside else f"[{'^' if letter.isupper() else ''}{members}]"
        if letter in "Az" and not inside:
            return "^" if letter == "A" else "$"
        if letter.isalnum() or letter in "<>":
            # properties, and word boundaries that go by Unicode's words
            raise _Untranslatable
        return (_in_class if inside else self._literal)(letter)

    def _character(self) -> str | None:
        """The character that an escape by number means; None if it is none."""
        found = _HEX.match(self._text, self._at + 1)
        if found is None:
            return None
        kind = found[0][0]
        digits = found[1] or found[2][: _HEX_DIGITS[kind]]
        self._at += 1 + (len(found[0]) if found[1] else 1 + len(digits))
        return chr(int(digits, 16))

    def _class(self) -> str:
        text, self._at = self._text, self._at + 1
        found = ["["]
        if text.startswith("^", self._at):
            found.append("^")
            self._at += 1
        first = True
        while not text.startswith("]", self._at) or first:
            if text[self._at] == "[" or text[self._at : self._at + 2] in ("&&", "--", "~~"):
                # named, nested and subtracted classes
                raise _Untranslatable
            found.append(self._member())
            first = False
        self._at += 1
        return "".join(found) + "]"

    def _member(self) -> str:
        """One character, escape or range of a class."""
        text = self._text
        if text[self._at] == "\\":
            low = self._escape(inside=True)
        elif text[self._at] == "-":
            self._at += 1
            return r"\-"
        else:
            low = _in_class(text[self._at])
            self._at += 1
        fold = self._folds[-1]
        if not (text.startswith("-", self._at) and text[self._at + 1 : self._at + 2] != "]"):
            plain = len(low) == 1 and low.swapcase() != low
            return "".join(dict.fromkeys(_both(low))) if fold and plain else low
        self._at += 1
        if text[self._at] == "\\":
            high = self._escape(inside=True)
        else:
            high = _in_class(text[self._at])
            self._at += 1
        if not fold:
            return f"{low}-{high}"
        if all(len(one) == 1 and (one.isdigit() or one.isascii()) for one in (low, high)):
            if low.isdigit() and high.isdigit():
                return f"{low}-{high}"
            if low.isalpha() and high.isalpha() and low.islower() == high.islower():
                return f"{low}-{high}{low.swapcase()}-{high.swapcase()}"
        raise _Untranslatable


def _both(letter: str) -> tuple[str, str]:
    """A letter in both cases.

    Raises:
        _Untranslatable: It has more than two, or longer ones.
    """
    small, large = letter.lower(), letter.upper()
    if len(small) != 1 or len(large) != 1 or large.lower() != small:
        raise _Untranslatable
    # the Kelvin sign and the long s are further ones of k and s, which no file means
    return small, large


def _in_class(letter: str) -> str:
    return f"\\{letter}" if letter in _IN_CLASS else letter
