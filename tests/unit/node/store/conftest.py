"""The same tests on SQLite and on a real PostgreSQL server, which is started here."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from node.store import Store

START_TIMEOUT_S = 60


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return None if initdb is None else Path(initdb).parent


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The directory of the socket of a server that lives as long as the tests."""
    binaries = _binaries()
    if binaries is None:
        missing = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(f"{missing}: THE STORE IS NOT TESTED ON POSTGRESQL")
    # The server refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    # Not in pytest's own directory, which other users can't enter.
    directory = Path(tempfile.mkdtemp(prefix="mlg-pg-", dir="/tmp"))
    if user is not None:
        shutil.chown(directory, user)
    data = directory / "data"
    subprocess.run(
        [
            binaries / "initdb",
            *("--pgdata", data, "--username", "postgres", "--auth", "trust", "--no-sync"),
            # A server whose own order of texts is not that of their bytes.
            *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            *("--locale-provider", "icu", "--icu-locale", "fr-FR"),
        ],
        user=user,
        cwd=directory,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    options = {"listen_addresses": "", "unix_socket_directories": directory, "fsync": "off"}
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, *(f"--{k}={v}" for k, v in options.items())],
        user=user,
        cwd=directory,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(directory)
        yield str(directory)
    finally:
        server.send_signal(2)  # SIGINT: disconnect all and stop
        server.wait(timeout=START_TIMEOUT_S)
        shutil.rmtree(directory)


def _wait(directory: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(host=str(directory), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty database."""
    name = f"t{time.time_ns()}"
    admin = f"host={postgresql_server} user=postgres dbname=postgres"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"postgresql+psycopg://postgres@/{name}?host={postgresql_server}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Where the store's database is: None for SQLite."""
    if request.param == "sqlite":
        return None
    found = request.getfixturevalue("postgresql_url")
    assert isinstance(found, str)
    return found


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def open_store(data_dir: Path, url: str | None) -> Iterator[Callable[[], Store]]:
    """Opens the store; may be called again, as another process would."""
    opened: list[Store] = []

    def open_one() -> Store:
        opened.append(Store.open(data_dir, url))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()
