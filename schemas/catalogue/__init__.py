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
    """An immutable set of schemas. Of two documents of one name and version the first counts.

    Args:
        schemas: The program's own.
        learned: Those of other members. They are found by version and digest, but are never the
            latest of a name that the program has: no member decides by a version number what
            the others' measures mean.
    """

    def __init__(self, schemas: Iterable[Schema], learned: Iterable[Schema] = ()) -> None:
        self._own: Final = tuple(schemas)
        self._learned: Final = tuple(learned)
        self._by_digest: Final[dict[str, Schema]] = {}
        self._by_version: Final[dict[tuple[str, str], Schema]] = {}
        self._latest: Final[dict[str, Schema]] = {}
        names = {schema.name for schema in self._own}
        self._take(self._own)
        self._take(schema for schema in self._learned if schema.name not in names)
        for schema in self._learned:
            self._by_digest.setdefault(schema.digest, schema)
            self._by_version.setdefault((schema.name, schema.version), schema)

    def _take(self, schemas: Iterable[Schema]) -> None:
        for schema in schemas:
            self._by_digest.setdefault(schema.digest, schema)
            self._by_version.setdefault((schema.name, schema.version), schema)
            known = self._latest.setdefault(schema.name, schema)
            if _order(schema) > _order(known):
                self._latest[schema.name] = schema

    def __iter__(self) -> Iterator[Schema]:
        return iter(self._by_digest.values())

    @property
    def own(self) -> tuple[Schema, ...]:
        """The program's, and those that were added here."""
        return self._own

    def names(self) -> tuple[str, ...]:
        """Names, sorted."""
        return tuple(sorted(self._latest))

    def latest(self, name: str) -> Schema | None:
        """The newest version of a schema that the program has; else the newest that it learned."""
        return self._latest.get(name)

    def get(self, name: str, version: str) -> Schema | None:
        """One version of a schema."""
        return self._by_version.get((name, version))

    def by_digest(self, digest: str) -> Schema | None:
        """The schema whose document has this SHA-256."""
        return self._by_digest.get(digest)

    def with_schema(self, schema: Schema, *, pinned: bool = False) -> "Catalogue":
        """A catalogue with one more, learned from another member.

        Args:
            schema: To be known too.
            pinned: It was added here: by its name it goes before what others send, as the
                program's own do.
        """
        if pinned and schema not in self._own:
            others = (one for one in self._learned if one != schema)
            return Catalogue([*self._own, schema], others)
        if schema.digest in self._by_digest:
            return self
        return Catalogue(self._own, [*self._learned, schema])


@lru_cache(maxsize=1)
def bundled() -> Catalogue:
    """The schemas that come with the program."""
    return Catalogue(parse_schema(path.read_bytes()) for path in sorted(FOLDER.glob("*/*.json")))
