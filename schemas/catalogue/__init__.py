"""The catalogue: schemas by name, version and digest.

Documents lie beside this file as `<name>/<version>.json`, immutable once released. A receiver
adds what it fetched from other members with `with_schema`.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from schemas.model import Schema, parse_schema

FOLDER: Final = Path(__file__).parent


def _order(schema: Schema) -> tuple[int, ...]:
    return tuple(int(number) for number in schema.version.split("."))


class Catalogue:
    """An immutable set of schemas."""

    def __init__(self, schemas: Iterable[Schema]) -> None:
        self._by_digest: Final = {schema.digest: schema for schema in schemas}
        self._by_version: Final = {
            (schema.name, schema.version): schema for schema in self._by_digest.values()
        }
        latest: dict[str, Schema] = {}
        for schema in self._by_digest.values():
            known = latest.get(schema.name)
            if known is None or _order(schema) > _order(known):
                latest[schema.name] = schema
        self._latest: Final = latest

    def __iter__(self) -> Iterator[Schema]:
        return iter(self._by_digest.values())

    def names(self) -> tuple[str, ...]:
        """Names, sorted."""
        return tuple(sorted(self._latest))

    def latest(self, name: str) -> Schema | None:
        """The newest version of a schema."""
        return self._latest.get(name)

    def get(self, name: str, version: str) -> Schema | None:
        """One version of a schema."""
        return self._by_version.get((name, version))

    def by_digest(self, digest: str) -> Schema | None:
        """The schema whose document has this SHA-256."""
        return self._by_digest.get(digest)

    def with_schema(self, schema: Schema) -> "Catalogue":
        """A catalogue with one more. A name and version taken already keep their first document."""
        if schema.digest in self._by_digest:
            return self
        return Catalogue([schema, *self])


@lru_cache(maxsize=1)
def bundled() -> Catalogue:
    """The schemas that come with the program."""
    return Catalogue(parse_schema(path.read_bytes()) for path in sorted(FOLDER.glob("*/*.json")))
