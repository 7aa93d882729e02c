"""Bars of progress: on a terminal, as processes on a pseudo-terminal; and nowhere else."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli_world import ARVIEU, Maillage

from node.cli import progress, screen
from node.cli.language import Lang, use
from schemas.progress import Step

PROGRAM = Path(sys.executable).parent / "maillage"
ESCAPE = b"\x1b"
HIDE_CURSOR, SHOW_CURSOR = b"\x1b[?25l", b"\x1b[?25h"
GIVEN = ("--schema", "comptage-mobilites", "--participant", ARVIEU, "--data", "node")
ROWS = 120_000


@dataclass(frozen=True)
class Seen:
    """What a command left: its status, its output, and what the terminal showed."""

    status: int
    out: bytes
    terminal: bytes


def on_terminal(
    folder: Path,
    *words: str,
    term: str = "xterm",
    meanwhile: Callable[[subprocess.Popen[bytes], bytes], None] = lambda _process, _seen: None,
) -> Seen:
    """Run the command with a terminal for its errors, and a file for its output."""
    master, slave = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAILLAGE_")}
    with (folder / "out").open("w+b") as out:
        process = subprocess.Popen(
            [PROGRAM, *words],
            stdin=slave,
            stdout=out,
            stderr=slave,
            cwd=folder,
            env=environment | {"TERM": term, "COLUMNS": "100"},
        )
        os.close(slave)
        shown = bytearray()
        end = time.monotonic() + 90
        try:
            while time.monotonic() < end:
                if select.select([master], [], [], 0.1)[0]:
                    try:
                        shown += os.read(master, 65536)
                    except OSError:  # the last one that had it open is gone
                        break
                meanwhile(process, bytes(shown))
            status = process.wait(10)
        finally:
            process.kill()
            os.close(master)
        out.seek(0)
        return Seen(status, out.read(), bytes(shown))


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a node and a file that takes a second or two: its quotes hold line breaks."""
    folder = tmp_path_factory.mktemp("big")
    begin = "channel_id,counter_id,start_datetime,end_datetime,count\n"
    lines = (
        f'C{number},"a\nb",2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,{number}\n'
        for number in range(ROWS)
    )
    (folder / "big.csv").write_text(begin + "".join(lines))
    subprocess.run(
        [PROGRAM, "init", "--data", "node", "--participant", ARVIEU],
        check=True,
        cwd=folder,
        capture_output=True,
        timeout=60,
    )
    return folder


@pytest.mark.slow
def test_a_terminal_shows_a_bar_and_the_output_is_the_answer(big: Path):
    seen = on_terminal(big, "validate", "big.csv", "--schema", "comptage-mobilites")
    assert seen.status == 0
    assert HIDE_CURSOR in seen.terminal
    assert seen.terminal.rindex(SHOW_CURSOR) > seen.terminal.rindex(HIDE_CURSOR)
    assert "Contrôle du fichier".encode() in seen.terminal
    assert ESCAPE not in seen.out
    assert f"{ROWS}".encode() in seen.out.replace(b"\xe2\x80\xaf", b"").replace(b" ", b"")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "term"), [(("--json",), "xterm"), ((), "dumb"), ((), "")], ids=["json", "dumb", "none"]
)
def test_no_bar_beside_json_or_on_a_terminal_that_has_none(
    big: Path, more: tuple[str, ...], term: str
):
    seen = on_terminal(
        big, "validate", "big.csv", "--schema", "comptage-mobilites", *more, term=term
    )
    assert seen.status == 0
    assert seen.terminal == b""
    if more:
        assert json.loads(seen.out)["valid"] is True


@pytest.mark.slow
def test_nothing_but_data_in_pipes(big: Path):
    done = subprocess.run(
        [PROGRAM, "validate", "big.csv", "--schema", "comptage-mobilites"],
        cwd=big,
        capture_output=True,
        timeout=90,
        check=True,
        env=os.environ | {"FORCE_COLOR": "1", "TTY_INTERACTIVE": "1", "TERM": "xterm"},
    )
    assert done.stderr == b""


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_half_done(big: Path):
    pressed = []

    def press(process: subprocess.Popen[bytes], shown: bytes) -> None:
        if b"Lecture des lignes" in shown and not pressed:
            pressed.append(process)
            process.send_signal(signal.SIGINT)

    seen = on_terminal(big, "publish", "big.csv", *GIVEN, meanwhile=press)
    assert pressed, seen
    assert seen.status == 130
    assert "Interrompu : rien n’a été publié.".encode() in seen.terminal
    assert b"Traceback" not in seen.terminal + seen.out
    assert seen.terminal.rindex(SHOW_CURSOR) > seen.terminal.rindex(HIDE_CURSOR)
    found = subprocess.run(
        [PROGRAM, "status", "--data", "node", "--json"],
        cwd=big,
        capture_output=True,
        timeout=60,
        check=True,
    )
    status = json.loads(found.stdout)
    assert status["draftsReady"] == {}
    assert status["published"] == []


# -- parts, in this process --------------------------------------------------------------------


def test_every_step_has_its_word():
    for lang in (Lang.FR, Lang.EN):
        use(lang)
        words = {progress.word(step) for step in Step.__args__}
        assert len(words) == len(Step.__args__)
    use(Lang.FR)


def test_ctrl_c_while_storing_is_heeded_after_it():
    told: list[tuple[str, int]] = []
    before = signal.getsignal(signal.SIGINT)
    with progress.shown() as report:
        report("content", 0, 10)
        report("store", 0, 10)
        os.kill(os.getpid(), signal.SIGINT)
        told.append(("stored", 10))
        report("store", 10, 10)
    assert told == [("stored", 10)]
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_while_storing_ends_what_would_follow():
    with progress.shown() as report:
        report("store", 0, 10)
        os.kill(os.getpid(), signal.SIGINT)
        report("store", 10, 10)
        with pytest.raises(KeyboardInterrupt):
            report("write", 0, 1)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_export_that_is_interrupted_leaves_the_file_as_it_was(
    maillage: Maillage, monkeypatch: pytest.MonkeyPatch
):
    maillage.init()
    kept = maillage.file("old.csv", "what was there\n")
    monkeypatch.setattr(screen, "line", lambda *_words, **_more: None)

    def stop(*_words: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("node.node.export", stop)
    answer = maillage("export", f"{ARVIEU}/comptage-mobilites", "--data", maillage.data, "-o", kept)
    assert answer.status == 130
    assert kept.read_text() == "what was there\n"
    assert {one.name for one in maillage.folder.iterdir()} == {"node", "old.csv"}
