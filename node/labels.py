"""Names for people: of columns and datasets in the reader's language, of bodies abroad too."""

from federation.errors import UnknownError
from federation.ids import parse_dataset
from node.charters import name_of
from node.node import Node
from schemas.document import Lang
from schemas.model import Schema


def field_labels(schema: Schema, lang: Lang) -> dict[str, str]:
    """What each column that may leave the node is called, in the schema's order.

    Returns:
        The label in the language; else the English one, else the document's own title, else the
        column's name: never nothing.
    """
    return {
        field.name: field.labels.get(lang) or field.labels.get("en") or field.title or field.name
        for field in schema.wire_fields
    }


def labels_of(node: Node, dataset: str, lang: Lang) -> dict[str, str]:
    """What each column of a dataset held here, or published from here, is called.

    Raises:
        UnknownError: `dataset`: nothing of it is held here.
    """
    publications = node.store.publications
    head = publications.head(dataset) or publications.own_head(dataset)
    schema = None if head is None else node.knowledge.schema(head.schema_digest)
    if schema is None:
        raise UnknownError(
            f"nothing of {dataset} is held here",
            code="dataset",
            remedy="maillage status lists what is",
        )
    return field_labels(schema, lang)


def dataset_title(node: Node, dataset: str, lang: Lang) -> str:
    """A dataset as people call it: what it is, and whose."""
    named = parse_dataset(dataset)
    schema = node.knowledge.catalogue.latest(named.schema)
    what = named.schema if schema is None else schema.labels.get(lang) or schema.title
    return f"{what} – {name_of(node, named.owner)}"
