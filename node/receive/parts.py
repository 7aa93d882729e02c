"""Which parts of contents are here. Their bodies are held in the store, never in memory."""

from collections.abc import Iterable, Mapping
from typing import Final

PREFIX: Final = "parts:"
"""Begins what a part waits for: `parts:<digest of the publication>.<number>`."""


class Parts:
    """An index of held parts. As bounded as what is held: each entry is a row there."""

    def __init__(self, held: Iterable[tuple[str, str]] = ()) -> None:
        """Start from what the store holds: its refs, and what each waits for."""
        self._refs: Final[dict[str, dict[int, list[str]]]] = {}
        self._datasets: Final[dict[str, str]] = {}
        for ref, waiting_for in held:
            digest, _, number = waiting_for.removeprefix(PREFIX).partition(".")
            if waiting_for.startswith(PREFIX) and number.isdecimal():
                self.add(digest, int(number), ref)

    def add(self, digest: str, number: int, ref: str, dataset: str = "") -> None:
        """A part is held."""
        refs = self._refs.setdefault(digest, {}).setdefault(number, [])
        if ref not in refs:
            refs.append(ref)
        if dataset:
            self._datasets[digest] = dataset

    def of(self, digest: str) -> Mapping[int, list[str]]:
        """The refs of a publication's parts by number."""
        return self._refs.get(digest, {})

    def pop(self, digest: str) -> list[str]:
        """Forget a publication's parts.

        Returns:
            All their refs.
        """
        self._datasets.pop(digest, None)
        return [ref for refs in self._refs.pop(digest, {}).values() for ref in refs]

    def drop(self, gone: Iterable[str]) -> None:
        """Forget refs that could not be held."""
        lost = set(gone)
        for digest, numbers in list(self._refs.items()) if lost else ():
            for number, refs in list(numbers.items()):
                numbers[number] = [ref for ref in refs if ref not in lost]
                if not numbers[number]:
                    del numbers[number]
            if not numbers:
                self.pop(digest)

    def incomplete(self) -> set[str]:
        """Datasets of which parts wait for others."""
        return set(self._datasets.values())


def waiting_for(digest: str, number: int) -> str:
    """What a held part waits for."""
    return f"{PREFIX}{digest}.{number}"
