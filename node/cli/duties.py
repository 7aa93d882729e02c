"""What a body owes under each schema, for lists on the screen: columns, and JSON members."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from federation.ids import parse_participant
from federation.places import place_of
from node.cli.language import colon, current, say
from node.competence_words import field_name, holders_told
from schemas.competences import Competences
from schemas.model import Schema
from schemas.obligations import label_of
from schemas.territory import territory
from schemas.territory.ids import is_abroad

_NOBODY: Final = "–"


def known_body(participant: str) -> str:
    """A body by its id.

    Raises:
        MalformedError: `participant-id`.
        UnknownTerritoryError: There is no such commune, EPCI, département or région.
    """
    found = parse_participant(participant)
    if not is_abroad(found) and not found.startswith("fr-syn-"):
        territory(found)
    return found


def heads() -> list[str]:
    """Headings of the columns."""
    return [say("Publication", "Publishing"), say("Pourquoi", "Why"), say("Qui", "Who")]


def cells(schema: Schema, participant: str, staff: int | None) -> tuple[str, str, str]:
    """What stands in them for a schema: the label, why, and who holds the competence there."""
    lang = current()
    label = label_of(schema, participant, staff)
    return label.name(lang), label.reason(lang), _holders(schema, participant)


def json_of(schemas: Iterable[Schema], participant: str, staff: int | None) -> dict[str, Any]:
    """The same by schema name, as JSON values."""
    found = {}
    for schema in schemas:
        label = label_of(schema, participant, staff)
        found[schema.name] = {
            "duty": label.duty,
            "why": label.why,
            "source": label.source,
            "competenceField": schema.block.competence_field,
        }
    return found


def _holders(schema: Schema, participant: str) -> str:
    """By law alone: what was decided, or taken from BANATIC, a node knows."""
    place = place_of(participant)
    if place is None or is_abroad(participant):
        return _NOBODY
    field, today = schema.block.competence_field, dt.datetime.now(tz=dt.UTC).date()
    held = Competences().holder(place, field, today)
    told = holders_told(held, current(), ids=False)
    return f"{field_name(field, current())}{colon()} {told}"
