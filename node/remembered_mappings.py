"""Column mappings that a node keeps per dataset, for the next file of the same kind.

A mapping is kept once a file was taken with it, or a person said so; it is what that person knows
of the files of one dataset, never sent, and it is said whenever it is used.
"""

from typing import Final

from node.store.store import Store
from schemas.model import Schema
from schemas.reading import ColumnMapping, MappingFault, Note, parse_mapping

REMEMBERED: Final = "mapping."
"""Settings of the store: `mapping.<dataset>` is the document; empty where it was forgotten."""

USED: Final = Note("remembered")
"""What is said where a file is read with a mapping that nobody handed in with it."""

OUTDATED: Final = Note("outdated")
"""What is said where one was kept that no longer fits the schema."""


class RememberedMappings:
    """The mappings of one node."""

    def __init__(self, store: Store) -> None:
        """Keep them in a store."""
        self._store: Final = store

    def get(self, dataset: str, schema: Schema) -> tuple[ColumnMapping | None, tuple[Note, ...]]:
        """What is kept for a dataset.

        Args:
            dataset: Id.
            schema: What its next file is read under; a newer version may lack a column.

        Returns:
            The mapping; None if there is none or it no longer fits. And what is to be said of it.
        """
        text = self.document(dataset)
        if not text:
            return None, ()
        try:
            return parse_mapping(text.encode(), schema), (USED,)
        except MappingFault:
            return None, (OUTDATED,)

    def document(self, dataset: str) -> str:
        """The document as it is kept; empty if there is none."""
        return self._store.settings.get(f"{REMEMBERED}{dataset}") or ""

    def keep(self, dataset: str, mapping: ColumnMapping) -> None:
        """Keep a mapping in place of the one before; one that says nothing forgets it.

        Args:
            dataset: Id.
            mapping: Fits the dataset's schema.
        """
        text = "" if mapping.empty else mapping.to_json().decode()
        if self.document(dataset) != text:
            self._store.settings.set(f"{REMEMBERED}{dataset}", text)
