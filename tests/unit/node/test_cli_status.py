"""Exit statuses: each of them, from each class of error; and never a traceback."""

import errno
import inspect
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from cli_world import BAD_CSV, GOOD_CSV, Maillage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation import errors as federation_errors
from federation.errors import LimitError, MaillageError, MalformedError, TrustError, UnknownError
from node import broker
from node.cli import schemata
from node.cli.status import Status, status_of
from node.link import errors as link_errors
from node.link.errors import (
    CasConflictError,
    HubUnreachableError,
    NotPermittedError,
    RejectedError,
    RouteError,
)
from node.link.faults import Fault
from node.store import errors as store_errors
from node.store.errors import CorruptContentError, StoreBusyError, StorePathError
from schemas.model import SchemaFault
from schemas.territory import UnknownTerritoryError, territory


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make `schema show` end with an error that no input brings about."""

    def fail(_name: str, *_more: object) -> None:
        raise error

    monkeypatch.setattr(schemata, "known", fail)


# -- each status, by use -----------------------------------------------------------------------


def test_0_done(maillage: Maillage):
    answer = maillage(
        "validate", maillage.file("a.csv", GOOD_CSV), "--schema", "comptage-mobilites"
    )
    assert (answer.status, answer.err) == (0, "")


def test_1_the_data_are_bad(maillage: Maillage):
    bad = maillage.file("a.csv", BAD_CSV)
    assert maillage("validate", bad, "--schema", "comptage-mobilites").status == 1


def test_1_the_bundle_is_bad(maillage: Maillage):
    answer = maillage("verify", maillage.file("a.mlg", b"PK"))
    assert answer.status == 1
    assert "[bundle-zip]" in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["hub"],
        ["shema"],
        ["schema", "show", "nothing"],
        ["validate", "nowhere.csv", "--schema", "projets"],
        ["validate"],
        ["status", "--data", "nowhere"],
        ["status", "--nothing"],
        ["run", "--data", "nowhere"],
        ["hub", "members", "--data", "nowhere"],
        ["hub", "run", "--data", "nowhere"],
        ["recompute", "zz", "--data", "nowhere"],
        ["export", "a/b", "--format", "xlsx", "-o", "x"],
        ["init", "--data", "d"],
        ["init", "--data", "d", "--participant", "fr-com-12011", "--epci", "241200765"],
        ["init", "--data", "d", "--participant", "nobody"],
        ["init", "--data", "d", "--participant", "fr-com-99999"],
        ["init", "--data", "d", "--epci", "1"],
        ["hub", "init", "--data", "d", "--port", "70000"],
        ["verify", "nowhere.mlg"],
        ["--lang", "xx", "schema", "list"],
    ],
)
def test_2_wrong_use(maillage: Maillage, arguments: list[str]):
    answer = maillage(*arguments)
    assert answer.status == 2
    assert answer.err.strip()
    assert not answer.out


def test_3_the_hub_is_not_there(maillage: Maillage):
    assert maillage("hub", "init", "--data", "h", "--port", "0").status == 0
    assert maillage("hub", "status", "--data", "h").status == 3


def test_3_the_port_is_taken(maillage: Maillage, monkeypatch: pytest.MonkeyPatch):
    import socket  # noqa: PLC0415

    maillage.init()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("MAILLAGE_HTTP_PORT", str(taken.getsockname()[1]))
        assert maillage("run", "--data", maillage.data).status == 3


def test_70_a_fault_of_the_program(maillage: Maillage, monkeypatch: pytest.MonkeyPatch):
    failing(monkeypatch, RuntimeError("two\nlines"))
    answer = maillage("schema", "show", "projets", "--lang", "en")
    assert answer.status == 70
    assert answer.err.count("\n") == 1
    assert "RuntimeError: two lines" in answer.err
    assert "MAILLAGE_DEBUG=1" in answer.err


def test_130_interrupted(maillage: Maillage, monkeypatch: pytest.MonkeyPatch):
    failing(monkeypatch, KeyboardInterrupt())
    assert maillage("schema", "show", "projets").status == 130


# -- each status, by class ---------------------------------------------------------------------

BY_CLASS = [
    (UnknownError("x", code="schema"), Status.USAGE),
    (MalformedError("x", code="document"), Status.BAD),
    (MalformedError("x", code="settings"), Status.USAGE),
    (TrustError("x", code="signature"), Status.BAD),
    (LimitError("x", code="size"), Status.BAD),
    (HubUnreachableError("x", code="hub-unreachable"), Status.UNREACHABLE),
    (NotPermittedError("x", code="not-permitted"), Status.UNREACHABLE),
    (CasConflictError(1, 2, 0), Status.UNREACHABLE),
    (RejectedError("x", code="hub-refused"), Status.BAD),
    (StoreBusyError("x", code="store-busy"), Status.UNREACHABLE),
    (StorePathError("x", code="data-directory"), Status.USAGE),
    (CorruptContentError("x", digest="0", file="f", position_bytes=0), Status.BAD),
    (SchemaFault("x"), Status.BAD),
    (FileNotFoundError(errno.ENOENT, "x"), Status.USAGE),
    (OSError(errno.ENOSPC, "x"), Status.UNREACHABLE),
    (OSError(errno.EADDRINUSE, "x"), Status.UNREACHABLE),
    (ConnectionRefusedError(), Status.UNREACHABLE),
    (TimeoutError(), Status.UNREACHABLE),
    (ValueError("x"), Status.UNEXPECTED),
    (pl.exceptions.PanicException("x"), Status.UNEXPECTED),
    (ExceptionGroup("x", [HubUnreachableError("x", code="y")]), Status.UNREACHABLE),
]


@pytest.mark.parametrize(("error", "status"), BY_CLASS, ids=lambda one: type(one).__name__)
def test_every_error_ends_in_its_status_and_a_line(
    maillage: Maillage,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    status: Status,
):
    failing(monkeypatch, error)
    answer = maillage("schema", "show", "projets")
    assert answer.status == status
    assert 1 <= answer.err.count("\n") <= 2


def test_every_class_of_the_project_has_a_status_of_its_own_choice():
    """A class that is added falls under one of those named, never under 70."""
    for module in (federation_errors, link_errors, store_errors, broker):
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, MaillageError) and kind not in (
                CasConflictError,
                CorruptContentError,
                RouteError,
            ):
                assert status_of(kind("x", code="x")) is not Status.UNEXPECTED
    fault = Fault("dns", {"host": "hub.example", "target": "hub.example:443"})
    assert status_of(RouteError(fault)) is Status.UNREACHABLE
    with pytest.raises(UnknownTerritoryError) as unknown:
        territory("fr-com-99999")
    assert status_of(unknown.value) is Status.USAGE


# -- never a traceback -------------------------------------------------------------------------


def test_the_traceback_is_shown_when_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    from node.cli import app  # noqa: PLC0415

    failing(monkeypatch, RuntimeError("x"))
    monkeypatch.setenv("MAILLAGE_DEBUG", "1")
    assert app.run(["schema", "show", "projets"]) == 70
    assert "Traceback" in capsys.readouterr().err


WORDS = st.sampled_from(
    [
        *("init", "schema", "show", "list", "validate", "publish", "status", "export", "view"),
        *("verify", "recompute", "hub", "members", "remove", "add", "projets", "fr", "--", "-o"),
        *("--data", "--json", "--schema", "--participant", "--lang", "en", "--epci", "--from"),
        *("--territory", "--measure", "--window", "--identity", "a.csv", "nowhere", "\x1b[2J", "é"),
    ]
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(arguments=st.lists(WORDS, max_size=6))
def test_no_arguments_bring_a_traceback(maillage: Maillage, arguments: list[str]):
    answer = maillage(*arguments)
    assert answer.status in (0, 1, 2, 3)
    assert "\x1b" not in answer.err


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=300))
def test_no_file_brings_a_traceback(maillage: Maillage, content: bytes):
    file = maillage.file("a", content)
    assert maillage("validate", file, "--schema", "projets").status == 1
    assert maillage("verify", file).status == 1
    assert maillage("recompute", file, "--data", "nowhere").status == 2
    assert maillage("init", "--data", "d", "--from", file).status == 2


def test_the_installed_command_ends_with_the_status(tmp_path: Path):
    program = Path(sys.executable).parent / "maillage"
    bad = tmp_path / "bad.csv"
    bad.write_text(BAD_CSV)
    for arguments, status in (
        (["--version"], 0),
        (["validate", str(bad), "--schema", "comptage-mobilites"], 1),
        (["nothing"], 2),
    ):
        done = subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii:strict"},
        )
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
