"""The one error of territory lookups."""

from typing import Final, Literal

Reason = Literal["territory-form", "territory-unknown", "territory-former", "territory-unmapped"]


SHOWN_CHARS: Final = 80
"""Characters of a wrong id that a message repeats; the longest right one has 30."""


class UnknownTerritoryError(LookupError):
    """A code or id that names no territory of this vintage.

    What the caller should do: refuse the input and show the message, which says what was asked,
    why it has no answer and what may have been meant. Asking again gives the same.

    Attributes:
        asked: the code or id as it was given.
        code: `territory-form` (not written as a code or id), `territory-unknown` (well written,
            but not in this vintage), `territory-former` (a commune déléguée or associée, a former
            code or an arrondissement municipal: `successor` says what it belongs to today),
            `territory-unmapped` (a body whose area the COG does not hold: a syndicat, a
            municipality abroad).
        what: what is wrong; the message begins with it.
        remedy: what the reader can do; the message ends with it.
        successor: the current commune code, for `territory-former`.
        close: ids or codes, in the form of the question, that may have been meant; best first.
    """

    def __init__(
        self,
        what: str,
        *,
        asked: str,
        code: Reason,
        remedy: str,
        successor: str | None = None,
        close: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{what}. {remedy}")
        self.asked = asked
        self.what = what
        self.code: Reason = code
        self.remedy = remedy
        self.successor = successor
        self.close = close


def shown(asked: str) -> str:
    """Quote what was asked for a message, at a length that a message bears."""
    return repr(asked if len(asked) <= SHOWN_CHARS else asked[:SHOWN_CHARS] + "…")
