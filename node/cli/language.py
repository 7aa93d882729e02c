"""The language of the screen: French unless `--lang en` or `MAILLAGE_LANG=en` says otherwise.

Texts stand in the code as pairs, `say("fr …", "en …")`: what belongs together is read together.
"""

import os
from collections.abc import Sequence
from contextvars import ContextVar
from enum import StrEnum
from typing import Final, Literal

VARIABLE: Final = "MAILLAGE_LANG"
OPTION: Final = "--lang"


class Lang(StrEnum):
    """A language of the screen."""

    FR = "fr"
    EN = "en"


_current: ContextVar[Lang] = ContextVar("language", default=Lang.FR)


def use(lang: Lang) -> None:
    """Speak a language from now on."""
    _current.set(lang)


def current() -> Literal["fr", "en"]:
    """The language spoken."""
    return "fr" if _current.get() is Lang.FR else "en"


def say(french: str, english: str) -> str:
    """The text in the language spoken."""
    return french if _current.get() is Lang.FR else english


def colon() -> str:
    """A colon as the language sets it; French puts a space before it."""
    return say(" :", ":")


def label(french: str, english: str) -> str:
    """What stands before a value, with its colon."""
    return say(french, english) + colon()


def arrange(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Find the language asked for, wherever `--lang` stands, and move the option to the front.

    Args:
        arguments: As typed, without the program's name.

    Returns:
        The language's text as given (`fr` when none is), and the arguments with `--lang` first,
        where the program's own options are read and checked.
    """
    asked: str | None = None
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == OPTION:
            asked = next(words, "")
        elif word.startswith(OPTION + "="):
            asked = word.partition("=")[2]
        else:
            rest.append(word)
    if asked is not None:
        return asked, [OPTION, asked, *rest]
    return os.environ.get(VARIABLE) or Lang.FR.value, rest
