"""What pages say, in the reader's language."""

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from node.web.pages.words import COMMON, TERRITORY, Three
from node.web.pages.words_columns import COLUMNS
from node.web.pages.words_node import NODE
from node.web.pages.words_problems import PROBLEMS
from node.web.pages.words_twins import TWINS

Lang = Literal["fr", "en", "de"]
LANGS: Final[tuple[Lang, ...]] = get_args(Lang)
NAMES: Final[Mapping[Lang, str]] = {"fr": "Français", "en": "English", "de": "Deutsch"}

_ALL: Final[Mapping[str, Three]] = {**COMMON, **TERRITORY, **NODE, **COLUMNS, **TWINS, **PROBLEMS}


_BOUND: Final = (
    ("« ", "«\u00a0"),
    (" »", "\u00a0»"),
    (" :", "\u00a0:"),
    (" ;", "\u202f;"),
    (" ?", "\u202f?"),
    (" !", "\u202f!"),
)
"""French punctuation doesn't begin a line."""


def say(lang: Lang, key: str, **slots: object) -> str:
    """The text of a key.

    Args:
        lang: Of the page.
        key: One of `keys`; another is a fault of the program.
        slots: What the text's places are filled with; texts of others are escaped by the template.
    """
    text = _ALL[key][LANGS.index(lang)]
    if lang == "fr":
        for plain, bound in _BOUND:
            text = text.replace(plain, bound)
    return text.format(**slots) if slots else text


def keys() -> frozenset[str]:
    """Every key that has texts."""
    return frozenset(_ALL)


def lang_named(text: str) -> Lang | None:
    """The language of that name, None if pages don't speak it."""
    return next((lang for lang in LANGS if lang == text), None)


def preferred(accept: str) -> Lang:
    """The language that a browser prefers of those that pages speak; French unless it says so.

    Args:
        accept: Value of `Accept-Language` (RFC 9110, section 12.5.4).
    """
    ranked: list[tuple[float, int, Lang]] = []
    for at, part in enumerate(accept[:1_000].split(",")):
        tag, _, weight = part.strip().partition(";")
        lang = lang_named(tag.strip().lower()[:2])
        if lang is not None and tag.strip()[2:3] in ("", "-"):
            ranked.append((-_weight(weight), at, lang))
    found = min(ranked, default=None)
    return "fr" if found is None or found[0] == 0 else found[2]


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def labelled(labels: Mapping[Any, str], lang: Lang, otherwise: str) -> str:
    """A label of a schema in the page's language; English, else French, else the name itself."""
    for one in (lang, "en", "fr"):
        found = labels.get(one)
        if found:
            return found
    return otherwise
