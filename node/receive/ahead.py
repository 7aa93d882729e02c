"""Fetching and opening the next batch while the one before is stored.

Signature checks release the interpreter lock: beside decoding and storing they cost next to
nothing on a second core.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from federation.verify import Arrival
from node.link.reader import Fetched, Reader
from node.receive.batch import Prepared
from node.receive.intake import Intake

WAIT_S: Final = 0.5
"""How long a fetch waits for the first message."""


class Ahead:
    """Hands out batches in the order of the stream, one of them always under way."""

    def __init__(
        self,
        reader: Reader,
        intake: Intake,
        batch: int,
        takes: Callable[[str], bool] = lambda _subject: True,
    ) -> None:
        """Read at most `batch` messages at a time; `waiting` counts those fetched ahead.

        Args:
            reader: Of the hub.
            intake: Opens them.
            batch: Messages at most.
            takes: Whether a message under a subject is taken; what isn't is passed over.
        """
        self._takes = takes
        self._reader = reader
        self._intake = intake
        self._batch = batch
        self._next: asyncio.Task[tuple[list[Fetched], Prepared]] | None = None
        self.waiting = 0

    async def get(self) -> tuple[list[Fetched], Prepared]:
        """The next batch; empty when none came in time.

        Raises:
            LinkError: The hub can't be read now; call again.
        """
        task = self._next or asyncio.create_task(self._fetch())
        self._next = None
        fetched, prepared = await task
        self.waiting = 0
        if fetched:
            self._next = asyncio.create_task(self._fetch())
        return fetched, prepared

    async def close(self) -> None:
        """Give up what is under way; it comes again."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
            self._next = None

    async def _fetch(self) -> tuple[list[Fetched], Prepared]:
        fetched = await self._reader.fetch(self._batch, timeout_s=WAIT_S)
        self.waiting = len(fetched)
        arrivals = [
            Arrival(one.subject, one.headers, one.body, one.stream_sequence)
            for one in fetched
            if self._takes(one.subject)
        ]
        return fetched, await asyncio.to_thread(self._intake.prepare, arrivals)
