"""Bars of progress: on a terminal that a person looks at, nowhere else.

They stand on stderr and vanish when the work is done, so that what is left is the answer. In a
pipe, in a log and beside `--json` there are none.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

from node.cli.language import say
from schemas.progress import Progress, Step, silent

DELAY_S: Final = 0.4
"""Work that is over sooner shows nothing: a bar that flashes up tells nobody anything."""

_UNINTERRUPTED: Final = frozenset({"store"})
"""Steps that Ctrl-C doesn't cut short: they take a moment, and then it is known what is so."""


def watched() -> bool:
    """Whether somebody looks at stderr: a terminal that can move its cursor."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


@contextlib.contextmanager
def shown(*, wanted: bool = True) -> Iterator[Progress]:
    """Take reports while the context lasts, and show them where somebody looks.

    Ctrl-C during a step that must not be cut short is heeded after it; where that was the last
    one, the work is done and the context ends as if nothing had been pressed.

    Args:
        wanted: Whether bars are wanted at all; with `--json` they aren't.
    """
    bars = _Screen() if wanted and watched() else None
    keeper = _Keeper(silent if bars is None else bars.report)
    try:
        yield keeper.report
    finally:
        if bars is not None:
            bars.end()
        keeper.release()  # last: what was stored is told as stored


def word(step: Step) -> str:
    """A step in the language spoken."""
    words: dict[Step, str] = {
        "file": say("Ouverture du fichier", "Opening the file"),
        "parts": say("Contrôle du fichier", "Checking the file"),
        "repeats": say("Recherche de doublons", "Looking for what stands twice"),
        "lines": say("Lecture des lignes", "Reading lines"),
        "text": say("Lecture du texte", "Reading the text"),
        "columns": say("Conversion des colonnes", "Converting columns"),
        "checks": say("Contrôle des lignes", "Checking rows"),
        "content": say("Mise en forme", "Packing rows"),
        "store": say("Enregistrement", "Storing"),
        "publications": say("Relecture des publications", "Reading publications"),
        "write": say("Écriture", "Writing"),
    }
    return words[step]


class _Screen:
    """One bar: each step takes the place of the one before it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._bars = bars()
        self._task = self._bars.add_task("", total=None)
        self._step: Step | None = None
        self._started = self._ended = False
        self._timer = threading.Timer(DELAY_S, self._start)
        self._timer.daemon = True
        self._timer.start()

    def report(self, step: Step, done: int, total: int | None, /) -> None:
        """Show a report."""
        # what is done in one go has no middle: a bar that moves says that it goes on, and no more
        known = total if total and (done or step == self._step) else None
        if step == self._step:
            self._bars.update(self._task, completed=done, total=known, rows=total)
            return
        self._step = step
        self._bars.remove_task(self._task)
        self._task = self._bars.add_task(
            word(step), total=known, completed=done, rows=total, step=step
        )

    def end(self) -> None:
        """Take the bar away."""
        with self._lock:
            self._ended = True
            self._timer.cancel()
            if self._started:
                self._bars.stop()

    def _start(self) -> None:
        with self._lock:
            if not self._ended:
                self._started = True
                self._bars.start()


class _Keeper:
    """Passes reports on, and holds Ctrl-C back during steps that must not be cut short."""

    def __init__(self, to: Progress) -> None:
        self._to = to
        self._before: Any = None
        self._holding = self._pressed = False

    def report(self, step: Step, done: int, total: int | None, /) -> None:
        """Pass a report on."""
        self._to(step, done, total)
        if step not in _UNINTERRUPTED:
            if self._holding:
                self.release()
                if self._pressed:
                    raise KeyboardInterrupt
            return
        main = threading.current_thread() is threading.main_thread()
        if not self._holding and main:
            self._holding = True
            self._before = signal.signal(signal.SIGINT, self._press)

    def release(self) -> None:
        """Let Ctrl-C through again."""
        if self._holding:
            self._holding = False
            signal.signal(signal.SIGINT, self._before)

    def _press(self, _number: int, _frame: FrameType | None) -> None:
        self._pressed = True


class _Count(ProgressColumn):
    """How much is done, with what is known of the whole."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = DownloadColumn(binary_units=True)

    def render(self, task: Task) -> Text:
        """The text."""
        if task.fields.get("step") in ("file", "parts"):
            return self._bytes.render(task)
        rows = task.fields.get("rows")
        if task.total is None:
            told = task.completed or rows
            return Text(f"{int(told):,}".replace(",", " ") if told else "")
        whole = f"{int(task.completed):,}/{int(task.total):,}"
        return Text(whole.replace(",", " "))


def bars() -> Bars:
    """Bars on stderr that vanish when they end."""
    return Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        _Count(),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr, markup=False, highlight=False, emoji=False),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
