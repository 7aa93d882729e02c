"""The schemas that a file may be handed in under, in groups that a person finds them by. Pure."""

from typing import Any, Final

from node.web.pages.texts import Lang, labelled, say
from schemas.catalogue import Catalogue
from schemas.exports.words import COMMITMENTS
from schemas.territory.finder import fold

SEVERAL: Final = 5
"""A schema that serves more commitments than this is in none of their lists."""

_ALL: Final = 0
_OWN: Final = 99
"""Behind the commitments: schemas that name none, such as a commune's own."""


def schema_choice(catalogue: Catalogue, lang: Lang) -> dict[str, Any]:
    """Names, labels and versions, by the first of the manifesto's commitments that each serves.

    Some serve several; one place in the list is enough for a choice.

    Returns:
        `schema_groups`: labels of groups, each with its entries; `schemas`: all entries.
    """
    groups: dict[int, list[tuple[str, str, str]]] = {}
    for one in map(catalogue.latest, catalogue.names()):
        if one is not None and one.name != "synthese":
            served = one.block.themes.commitments
            at = _ALL if len(served) > SEVERAL else min(served, default=_OWN)
            entry = one.name, labelled(one.labels, lang, one.name), one.version
            groups.setdefault(at, []).append(entry)
    ordered = [
        (_label(at, lang), sorted(some, key=lambda entry: fold(entry[1])))
        for at, some in sorted(groups.items())
    ]
    return {"schema_groups": ordered, "schemas": [entry for _, some in ordered for entry in some]}


def _label(at: int, lang: Lang) -> str:
    if at in COMMITMENTS:
        return f"{at} · {COMMITMENTS[at].of(lang)}"
    return say(lang, "u.schema.all" if at == _ALL else "u.schema.own")
