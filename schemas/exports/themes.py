"""Where a schema is found, and who holds such data, in words."""

from schemas.document import Lang
from schemas.exports.words import COMMITMENTS, COMPETENCES, DOMAINS, HOLDERS
from schemas.model import Schema


def commitments_of(schema: Schema, lang: Lang) -> tuple[str, ...]:
    """The manifesto's commitments that a schema serves, each with its number."""
    return tuple(f"{one} {COMMITMENTS[one].of(lang)}" for one in schema.block.themes.commitments)


def domains_of(schema: Schema, lang: Lang) -> tuple[str, ...]:
    """The domains of a schema; one that isn't among the six keeps its word."""
    return tuple(domain_name(one, lang) for one in schema.block.themes.domains)


def domain_name(domain: str, lang: Lang) -> str:
    """A domain in words."""
    return DOMAINS[domain].of(lang) if domain in DOMAINS else domain


def holders_of(schema: Schema, lang: Lang) -> str:
    """Who usually holds such data, and by which competence."""
    kinds = ", ".join(HOLDERS[one].of(lang) if one in HOLDERS else one for one in schema.competence)
    return f"{kinds} ({COMPETENCES[schema.block.competence_field].of(lang)})"
