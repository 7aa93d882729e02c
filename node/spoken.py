"""Errors that speak the reader's language by themselves: what is so, and what can be done."""

from typing import Final, Literal, NamedTuple

from federation.errors import StateError

Lang = Literal["fr", "en", "de"]


class Words(NamedTuple):
    """A sentence in the languages of the screens."""

    fr: str
    en: str
    de: str

    def of(self, lang: Lang) -> str:
        """In one of them."""
        return str(getattr(self, lang))


class KeptHereError(StateError):
    """Rows that may not leave the node: nothing was stored. Tell their owner; don't try again.

    Attributes:
        said: What is so.
        to_do: What the owner can do.
    """

    def __init__(self, said: Words, to_do: Words, *, code: str) -> None:
        super().__init__(said.en, code=code, remedy=to_do.en)
        self.said: Final = said
        self.to_do: Final = to_do
