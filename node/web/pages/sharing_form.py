"""With whom a file handed in is shared: what can be chosen, and what a form's answer means."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import polars as pl

from federation.manifest import Level, Sharing
from node.charters import charter_ending
from node.clock import now_us
from node.keeping import kept_here
from node.node import Node
from node.spoken import KeptHereError
from node.web.errors import Problem
from node.web.pages.texts import Lang, say
from schemas.model import Schema

CHARTER: Final = "charter:"
"""What a choice begins with that names an agreement; its digest follows."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a reader may choose.

    Attributes:
        fixed: How the dataset was shared so far, in words; it stays so. Empty for a new one.
        options: Value of the form's field, and words.
        usual: The value chosen unless the reader chooses; None where they must.
        kept: Why these rows may go nowhere, whatever is chosen; None where they may.
    """

    fixed: str
    options: tuple[tuple[str, str], ...]
    usual: str | None
    kept: KeptHereError | None = None


def choices(
    node: Node, schema: Schema, dataset: str, lang: Lang, rows: pl.DataFrame | None = None
) -> Choices:
    """What can be chosen for a dataset.

    Args:
        node: Hosts its owner.
        schema: Of its rows; says the default.
        dataset: Id.
        lang: Of the page.
        rows: Checked; None where the file isn't valid.
    """
    chooser = node.publisher.choice
    before = None if chooser is None else chooser.remembered(dataset)
    if before is not None:
        kept = None if rows is None else kept_here(schema, rows, before.level)
        return Choices(_told(node, before, lang), (), None, kept)
    kept = None if rows is None else kept_here(schema, rows, "open")
    if kept is not None and rows is not None:
        # at no level may the rows leave: told as the schema's own choice, where that is totals only
        usual = schema.sharing_default
        kept = kept_here(schema, rows, usual) if usual == "aggregate-only" else kept
        return Choices(say(lang, f"sharing.{usual}"), (), None, kept)
    agreements = _agreements(node, dataset.partition("/")[0])
    default = schema.sharing_default
    options = [("open", say(lang, "u.share.open"))]
    if default not in ("open", "federation"):
        options.insert(0, (default, say(lang, f"sharing.{default}")))
    options += [
        (CHARTER + digest, say(lang, "u.share.under", title=title)) for digest, title in agreements
    ]
    if default != "federation":
        return Choices("", tuple(options), default)
    # of several agreements none is meant more than another
    return Choices("", tuple(options), CHARTER + agreements[0][0] if len(agreements) == 1 else None)


def _agreements(node: Node, owner: str) -> list[tuple[str, str]]:
    """Digest and title of the agreements in force of which a body is a member."""
    now = now_us()
    found = []
    for known in node.knowledge.charters_of(owner):
        ending = charter_ending(node, known)
        if ending is None or ending.at_us > now:
            found.append((known.digest, known.charter.title))
    return sorted(found, key=lambda one: (one[1], one[0]))


def _told(node: Node, sharing: Sharing, lang: Lang) -> str:
    known = node.knowledge.charters.get(sharing.charter or "")
    if known is not None:
        return say(lang, "u.share.under", title=known.charter.title)
    return say(lang, "u.share.open" if sharing.level == "open" else f"sharing.{sharing.level}")


def chosen(text: str) -> tuple[Level | None, str | None]:
    """What a form's field asks for: a level and a charter; None and None for as before.

    Raises:
        Problem: `form`: it is no choice.
    """
    if not text:
        return None, None
    if text.startswith(CHARTER):
        return "federation", text.removeprefix(CHARTER)
    for level in _LEVELS:
        if level == text:
            return level, None
    raise Problem(
        HTTPStatus.BAD_REQUEST, "form", "no way of sharing", remedy="choose one of the list"
    )


_LEVELS: Final[tuple[Level, ...]] = ("open", "aggregate-only", "partners")
