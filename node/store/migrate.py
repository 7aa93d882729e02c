"""Bringing a database to the version of this program, by Alembic, inside one transaction."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from node.store.errors import StoreVersionError
from node.store.tables import StoreModel

HEAD_VERSION: Final = "0003"
"""The newest migration; a test compares it with the files in `migrations/versions`."""

_VERSION_TABLE: Final = "alembic_version"
SCRIPTS: Final = Path(__file__).parent / "migrations"


def migrate(connection: Connection, scripts: Path = SCRIPTS, head: str = HEAD_VERSION) -> None:
    """Make all tables in an empty database, or bring older ones up to date.

    Args:
        connection: A writing transaction; all or nothing of this is done in it.
        scripts: Alembic's directory.
        head: The newest migration in it.

    Raises:
        StoreVersionError: The database is newer than this program, or belongs to another one.
    """
    version = _version(connection)
    if version == head:
        return
    # Alembic takes a tenth of a second to import, and is seldom needed.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    if version is None:
        StoreModel.metadata.create_all(connection)
        command.stamp(config, head)
        return
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version not in known:
        raise StoreVersionError(
            f"The database has version {version}, this program knows up to {head}",
            code="store-version",
            remedy="Install the newer program that wrote it, or use another data directory.",
        )
    command.upgrade(config, head)


def _version(connection: Connection) -> str | None:
    """The version of the tables; None when there are none yet."""
    tables = set(inspect(connection).get_table_names())
    if _VERSION_TABLE in tables:
        version: str | None = connection.execute(
            text("SELECT version_num FROM alembic_version")
        ).scalar_one_or_none()
        if version is not None:
            return version
    ours = tables & set(StoreModel.metadata.tables)
    if ours:
        raise StoreVersionError(
            f"The database has tables without a version: {', '.join(sorted(ours))}",
            code="store-version",
            remedy="It belongs to another program: use another data directory or database.",
        )
    return None
