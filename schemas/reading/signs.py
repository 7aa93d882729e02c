"""Signs behind numbers, `12,50 €` and `45 %`: where a schema leaves no doubt what they say."""

import re
from functools import lru_cache
from typing import Final

from schemas.model import Schema

_EURO: Final = re.compile(r"€|\beuros?\b|\bEUR\b", re.IGNORECASE)
_THOUSANDS: Final = re.compile(r"[kM]\s?€|millier|million", re.IGNORECASE)
_PERCENT: Final = re.compile(r"%|pourcent", re.IGNORECASE)


@lru_cache(maxsize=4_096)
def sign_of(schema: Schema, name: str) -> str | None:
    """The unit that a sign behind a column's numbers may stand for.

    A measure states its unit; of other columns title and description must name it. 45 % in a
    column of fractions would be 0.45, 12 € in one of thousands 0.012: there no sign is taken.

    Args:
        schema: Any.
        name: Name of one of its fields.

    Returns:
        `%`, `EUR`, or None.
    """
    measure = schema.block.measures.get(name)
    if measure is not None:
        return measure.unit if measure.unit in ("%", "EUR") else None
    field = schema.by_name[name]
    told = f"{field.title} {field.description}"
    if _EURO.search(told) and not _THOUSANDS.search(told):
        return "EUR"
    return "%" if _PERCENT.search(told) else None
