"""What `maillage run` says of catching up: a line when it begins and one when it is done.

On a terminal there is a bar between the two; a log has the two lines only.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Final

from rich.progress import Progress as Bars
from rich.progress import TaskID

from node.catching_up import CatchUp, Stage
from node.cli import screen
from node.cli.language import colon, say
from node.cli.progress import bars, watched

if TYPE_CHECKING:
    from node.node import Node

LOOK_EVERY_S: Final = 0.25


async def tell(node: "Node") -> None:
    """Tell how far each hub's stream is received, until cancelled."""
    hubs = {hub.name: _Hub(hub.name) for hub in node.settings.hubs if hub.read}
    try:
        while hubs:
            for name, hub in hubs.items():
                receiving = node.receiving.get(name)
                hub.look(None if receiving is None else receiving.behind)
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        for hub in hubs.values():
            hub.end()


class _Hub:
    """One hub: its stages, and its bar while there is one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stages = CatchUp()
        self._bar: tuple[Bars, TaskID] | None = None

    def look(self, behind: int | None) -> None:
        """Take a number, and say what there is to say."""
        stage = self._stages.look(behind, time.monotonic())
        if stage is None:
            return
        if stage.kind != "going":
            self.end()
            told = self._line(stage)
            screen.line(told)
            screen.flush()
        if stage.kind == "begun" and watched():
            shown = bars()
            shown.start()
            self._bar = shown, shown.add_task(say("Rattrapage", "Catching up"), total=stage.total)
        if self._bar is not None and stage.kind == "going":
            self._bar[0].update(self._bar[1], completed=stage.done, total=stage.total)

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar[0].stop()
            self._bar = None

    def _line(self, stage: Stage) -> str:
        if stage.kind == "even":
            told = say("à jour, rien à recevoir", "up to date, nothing to receive")
        elif stage.kind == "begun":
            told = say(
                f"{stage.total} messages de retard, rattrapage en cours",
                f"{stage.total} messages behind, catching up",
            )
        else:
            told = say(
                f"à jour, {stage.total} messages reçus en {stage.seconds:.0f} s",
                f"up to date, {stage.total} messages received in {stage.seconds:.0f} s",
            )
        return f"{self._name}{colon()} {told}"
