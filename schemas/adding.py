"""A schema that a body makes for itself: whether it may stand beside those that there are. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from schemas.catalogue import Catalogue
from schemas.document import Lang
from schemas.evolution import Change, broken_promise, compare
from schemas.model import Schema
from schemas.versions import order

Refusal = Literal["schema-name", "schema-version", "schema-compatible"]

_LANGUAGES: Final = get_args(Lang)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of a schema that is to be added.

    Attributes:
        refusal: Why it may not be added; None if it may.
        detail: For the refusal: a name, a version, or what breaks the promise.
        before: The version that it follows.
        changes: Since then.
        held: The same document is held already.
    """

    refusal: Refusal | None = None
    detail: str = ""
    before: Schema | None = None
    changes: tuple[Change, ...] = ()
    held: bool = False


def judge(
    schema: Schema, program: Catalogue, added: Iterable[Schema], learned: Iterable[Schema] = ()
) -> Judgement:
    """Decide whether a schema may be added.

    A name that the program has is the program's: no added document may change what its measures
    mean. Of a name that was added before it is the next version, and keeps what it claims: rows
    of both meet in one dataset, here and wherever they are sent. Of a name that another member
    sent the same holds; once one is added here, what others send under its name counts no more.

    Args:
        schema: To be added.
        program: The program's.
        added: Those that were added here.
        learned: Those that other members sent.
    """
    if schema.name in program.names():
        return Judgement("schema-name", schema.name)
    mine = [one for one in added if one.name == schema.name]
    if schema in mine:
        return Judgement(held=True)
    others = mine or [one for one in learned if one.name == schema.name]
    if schema in others:
        return Judgement()  # as another member made it: from now on by its name here, too
    return _follows(schema, max(others, key=order)) if others else Judgement()


def _follows(schema: Schema, before: Schema) -> Judgement:
    if order(schema) <= order(before):
        return Judgement("schema-version", before.version, before)
    changes = compare(before, schema)
    broken = broken_promise(before, schema)
    if broken:
        return Judgement("schema-compatible", "; ".join(broken), before, changes)
    return Judgement(before=before, changes=changes)


def unsaid(schema: Schema) -> tuple[str, ...]:
    """What a schema could say and doesn't, as paths of members: no fault, but others will miss it.

    Args:
        schema: Any that holds together.
    """
    block = schema.block
    found = {
        "description": bool(schema.parsed.description),
        "maillage.sharing.reason": bool(block.sharing.reason),
        "maillage.themes": bool(block.themes.commitments or block.themes.domains),
        "maillage.processing": block.processing is not None,
        **{f"maillage.labels.{one}": one in schema.labels for one in _LANGUAGES},
    }
    missing = [path for path, said in found.items() if not said]
    for field in schema.fields:
        path = f"fields.{field.name}"
        if not (field.title or field.labels):
            missing.append(f"{path}.title")
        if field.example is None:
            missing.append(f"{path}.example")
    return tuple(missing)
