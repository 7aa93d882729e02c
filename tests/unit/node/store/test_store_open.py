"""Opening a store: made, brought up to date, or refused with a reason. On both databases."""

import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from store_samples import DAY, cell, head, key

from node.store import Store, StoreBusyError, StorePathError, StoreVersionError, Write
from node.store.database import Database
from node.store.migrate import HEAD_VERSION, SCRIPTS, migrate
from node.store.tables import StoreModel

NEXT = "9000"
SECOND = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{HEAD_VERSION}"


def upgrade() -> None:
    op.add_column("participant", sa.Column("nickname", sa.Text(), nullable=True))
    {{more}}
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def run(database: Database, statement: str) -> list[Any]:
    with database.write() as connection:
        found = connection.exec_driver_sql(statement)
        return list(found) if found.returns_rows else []


@pytest.fixture
def database(data_dir: Path, url: str | None) -> Any:
    data_dir.mkdir(mode=0o700, exist_ok=True)
    with Database(data_dir, url, 5) as opened:
        yield opened


def test_all_files_are_closed_to_others(tmp_path: Path) -> None:
    data_dir = tmp_path / "a" / "data"
    with Store.open(data_dir) as store:
        store.commit(Write(day=DAY, contents=(b"rows",)))
        files = [path for path in data_dir.rglob("*") if path.is_file()]
        assert {path.suffix for path in files} == {".db", ".db-wal", ".db-shm", ".seg"}
        assert {mode(path) for path in files} == {0o600}
        assert {mode(data_dir), mode(data_dir / "segments")} == {0o700}


def test_an_open_directory_is_closed_if_it_is_empty_or_a_stores(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o755)
    for _ in range(2):
        data_dir.chmod(0o755)
        Store.open(data_dir).close()
        assert mode(data_dir) == 0o700


def test_somebody_elses_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("private")
    tmp_path.chmod(0o755)
    with pytest.raises(StorePathError) as caught:
        Store.open(tmp_path)
    assert f"chmod 700 {tmp_path}" in caught.value.remedy
    assert mode(tmp_path) == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    tmp_path.chmod(0o700)  # the operator's own decision
    Store.open(tmp_path).close()


def test_a_file_is_no_data_directory(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StorePathError, match="not a directory"):
        Store.open(tmp_path / "data")


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite:///x.db", "nonsense", ""])
def test_only_postgresql_is_taken_as_url(tmp_path: Path, url: str) -> None:
    with pytest.raises(StorePathError, match="URL"):
        Store.open(tmp_path / "data", url)


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    url = f"postgresql://postgres@/none?host={tmp_path}"
    with pytest.raises(StoreBusyError) as caught:
        Store.open(tmp_path / "data", url)
    assert caught.value.code == "store-busy"


def test_sqlite_keeps_what_it_confirmed(tmp_path: Path) -> None:
    Store.open(tmp_path / "data").close()
    with Database(tmp_path / "data", None, 5) as database:
        assert database.is_sqlite
        for transaction in (database.write, database.read):
            with transaction() as connection:
                found = {
                    name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                    for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
                }
                assert found == {
                    "journal_mode": "wal",
                    "synchronous": 2,
                    "foreign_keys": 1,
                    "busy_timeout": 5_000,
                }


def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)read-?only"), store._database.read() as connection:
        connection.exec_driver_sql("DELETE FROM head")


def test_the_newest_migration_is_the_one_that_is_expected() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD_VERSION


def test_the_migrations_make_the_tables_of_the_models(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, StoreModel.metadata) == []
        migrated = _definitions(connection)
        command.downgrade(config, "base")
        StoreModel.metadata.create_all(connection)
        made = _definitions(connection)
    assert migrated == made


def _definitions(connection: sa.Connection) -> object:
    """All that the database says of its tables, collations and conditions of indexes included."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'"
        found = {name: sql for name, sql in connection.exec_driver_sql(query) if sql}
        # Alembic and SQLAlchemy lay out the same words differently, and order constraints so.
        plain = {name: "".join(sql.split()).replace('"', "") for name, sql in found.items()}
        return {name: sorted(sql.removesuffix(")").split(",")) for name, sql in plain.items()}
    columns = (
        "SELECT table_name, ordinal_position, column_name, data_type, collation_name, is_nullable"
        " FROM information_schema.columns WHERE table_schema = 'public'"
        " AND table_name <> 'alembic_version'"
    )
    indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
    keys = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid > 0"
    return [
        sorted(tuple(row) for row in connection.exec_driver_sql(query) if "alembic" not in str(row))
        for query in (columns, indexes, keys)
    ]


def test_a_store_of_a_newer_program_is_refused(
    open_store: Callable[[], Store], database: Database
) -> None:
    open_store().close()
    run(database, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreVersionError, match="9999") as caught:
        open_store()
    assert "newer program" in caught.value.remedy


def test_tables_of_another_program_are_left_alone(
    open_store: Callable[[], Store], database: Database
) -> None:
    run(database, "CREATE TABLE publication (title TEXT)")
    with pytest.raises(StoreVersionError, match="publication"):
        open_store()
    assert run(database, "SELECT * FROM publication") == []


def _scripts_with_second(tmp_path: Path, more: str) -> Path:
    scripts = tmp_path / "100% migrations"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "v9000_second.py").write_text(SECOND.format(more=more))
    return scripts


def test_an_older_store_is_brought_up_to_date(
    store: Store, database: Database, tmp_path: Path
) -> None:
    store.commit(Write(day=DAY, heads=(head(1),)))
    scripts = _scripts_with_second(tmp_path, "")
    for _ in range(2):
        with database.write() as connection:
            migrate(connection, scripts, NEXT)
    assert run(database, "SELECT nickname FROM participant") == []
    assert run(database, "SELECT version_num FROM alembic_version") == [(NEXT,)]
    assert store.publications.heads() == [head(1)]


def test_a_migration_that_fails_changes_nothing(
    store: Store, database: Database, tmp_path: Path
) -> None:
    scripts = _scripts_with_second(tmp_path, "raise RuntimeError('half way')")
    with pytest.raises(RuntimeError, match="half way"), database.write() as connection:
        migrate(connection, scripts, NEXT)
    assert run(database, "SELECT version_num FROM alembic_version") == [(HEAD_VERSION,)]
    with database.read() as connection:
        columns = sa.inspect(connection).get_columns("participant")
    assert "nickname" not in {column["name"] for column in columns}
    assert store.publications.heads() == []


def test_a_writer_that_waits_too_long_is_told(data_dir: Path, url: str | None) -> None:
    with (
        Store.open(data_dir, url) as first,
        Store.open(data_dir, url, busy_timeout_s=0.2) as second,
    ):
        with first._database.write():
            with pytest.raises(StoreBusyError) as caught:  # as from another process
                second.settings.set("a", "b")
            assert first.settings.get("a") is None  # readers don't wait
            with pytest.raises(StoreBusyError):
                _in_thread(lambda: second.settings.set("a", "c"))
        assert caught.value.remedy
        second.settings.set("a", "b")
        assert first.settings.get("a") == "b"


def test_threads_of_one_process_wait_their_turn(data_dir: Path, url: str | None) -> None:
    with (
        Store.open(data_dir, url, busy_timeout_s=0.2) as store,
        store._database.write(),
        pytest.raises(StoreBusyError, match="thread"),
    ):
        _in_thread(lambda: store.settings.set("a", "b"))


def _in_thread(act: Callable[[], None]) -> None:
    raised: list[BaseException] = []

    def target() -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - handed over to the test
            raised.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def test_many_threads_lose_nothing(store: Store) -> None:
    def write(number: int) -> None:
        for turn in range(5):
            blob = b"%d %d" % (number, turn)
            store.commit(Write(day=DAY, contents=(blob,), cells_merged=((key(), cell(1)),)))
            store.cells.get([key()])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.cells.get([key()])[key()].count == 40


PROCESS = """
import sys
from datetime import date
from pathlib import Path
from federation.cell import Cell, CellKey
from node.store import Store, Write
key = CellKey("a/b", "b.c", "12011", "day", 0, 2026)
with Store.open(Path(sys.argv[1]), sys.argv[2] or None) as store:
    for turn in range(10):
        blob = f"{sys.argv[3]} {turn}".encode() * 50
        cell = Cell(1, 1, 1, 1, 1, 0)
        store.commit(Write(day=date(2026, 3, 2), contents=(blob,), cells_merged=((key, cell),)))
"""


def test_processes_that_start_together_lose_nothing(data_dir: Path, url: str | None) -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", PROCESS, data_dir, url or "", str(number)])
        for number in range(3)
    ]
    assert [child.wait(timeout=60) for child in children] == [0, 0, 0]
    at = key(dataset="a/b", measure="b.c")
    with Store.open(data_dir, url) as store:
        assert store.cells.get([at])[at].count == 30
        with store._database.read() as connection:
            digests = [row[0] for row in connection.exec_driver_sql("SELECT digest FROM content")]
        assert len(store.contents.many(digests)) == 30
