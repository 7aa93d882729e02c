"""Answers as JSON values, the same on the command line and over HTTP; their form is kept."""

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from node.publishing import Published
    from schemas.catalogue import Catalogue
    from schemas.model import Schema

Lang = Literal["fr", "en"]


def published_json(published: "Published", lang: Lang = "fr") -> dict[str, Any]:
    """What became of a file.

    Args:
        published: As the node says.
        lang: Language of the sentences in it.

    Returns:
        `dataset`, `mode` and `draft` (null where nothing was taken), `rows`, `notes` (`code`,
        `column`, `value`, `text`) and `report`.
    """
    from schemas.reading.file_report import notes_json  # noqa: PLC0415 - loads the readers, which a list of schemas doesn't need

    return {
        "dataset": published.dataset,
        "mode": published.mode,
        "rows": published.rows,
        "draft": published.draft,
        "notes": notes_json(published.notes, lang),
        "report": published.report.to_json(lang),
    }


def schemas_json(catalogue: "Catalogue") -> list[dict[str, Any]]:
    """All schemas of a catalogue, by name and version."""
    found = sorted(catalogue, key=lambda one: (one.name, tuple(map(int, one.version.split(".")))))
    return [schema_json(schema) for schema in found]


def schema_json(schema: "Schema") -> dict[str, Any]:
    """A schema in short: what it is called, what it is for, what adds up in it."""
    return {
        "name": schema.name,
        "version": schema.version,
        "digest": schema.digest,
        "kind": schema.kind,
        "labels": dict(schema.labels),
        "primaryKey": list(schema.primary_key),
        "sharing": schema.sharing_default,
        "licence": schema.licence,
        "commitments": list(schema.block.themes.commitments),
        "domains": list(schema.block.themes.domains),
        "obligationLevel": schema.block.obligation.level,
        "measures": [
            {"name": one.name, "unit": one.unit, "aggregates": list(one.aggregates)}
            for one in schema.measures
        ],
    }
