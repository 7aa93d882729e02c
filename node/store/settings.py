"""Small settings that belong to the data: key and value."""

from sqlalchemy import select

from node.store.bulk import new_insert
from node.store.database import Database
from node.store.tables import SETTING


class Settings:
    """The settings kept in one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """One value; None if it isn't set."""
        with self._database.read() as connection:
            value: str | None = connection.scalar(
                select(SETTING.c.value).where(SETTING.c.key == key)
            )
        return value

    def set(self, key: str, value: str) -> None:
        """Set a value."""
        with self._database.write() as connection:
            query = new_insert(connection, SETTING).values((key, value))
            connection.execute(
                query.on_conflict_do_update(index_elements=["key"], set_={"value": value})
            )

    def all(self) -> dict[str, str]:
        """All of them, in order of their keys."""
        query = select(SETTING.c.key, SETTING.c.value).order_by(SETTING.c.key)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}
