"""Text in parts that end with a line, however long the file is."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from schemas.reading.faults import ReadingFault, Unreadable
from schemas.reading.limits import LINE_MAX_BYTES, OPENING_BYTES, PART_BYTES

# a carriage return that ends the text so far may be half a line end
_LINE_END: Final = re.compile(rb"\r\n|\n|\r(?=[^\n])")
_LAST_END: Final = re.compile(rb"\r\n|\n|\r")


class Feed:
    """Hands text out from the start to the end, in parts or in lines.

    Attributes:
        line: Number of the next record's first line; whoever takes text moves it on.
    """

    def __init__(self, pieces: Iterable[bytes], part_bytes: int = PART_BYTES) -> None:
        """Hand nothing out yet.

        Args:
            pieces: The text, UTF-8, cut anywhere.
            part_bytes: About how long a part is; it ends at the next line end.
        """
        self.line = 1
        self._pieces: Final = iter(pieces)
        self._part_bytes: Final = part_bytes
        self._text = b""
        self._at = 0
        self._ended = False

    def opening(self) -> bytes:
        """The first lines; they are handed out again.

        Raises:
            Unreadable: The first line is longer than any should be.
        """
        self._read_to(OPENING_BYTES)
        if self._ended:
            return self._text
        cut = self._text.rfind(b"\n") + 1
        return self._text[: cut or self._find_end(OPENING_BYTES)]

    def part(self) -> bytes:
        """The next part, whole lines; empty at the end of the text.

        Raises:
            Unreadable: A line is longer than any should be.
        """
        self._text, self._at = self._text[self._at :], 0
        self._read_to(self._part_bytes)
        end = self._find_end(self._part_bytes)
        self._at = end
        return self._text[:end]

    def lines(self) -> Iterator[str]:
        """Lines, one by one as they are asked for, with their ends.

        Raises:
            Unreadable: A line, or what is taken of them, is longer than any record should be.
        """
        taken = 0
        while True:
            end = self._find_end(1)
            line = self._text[self._at : end]
            if not line:
                return
            self._at = end
            taken += len(line)
            if taken > LINE_MAX_BYTES:
                raise self._too_long()
            yield line.decode()

    def _find_end(self, least: int) -> int:
        """Where a line ends, this many bytes from here or after; at the end of the text, there."""
        while True:
            end = _LAST_END if self._ended else _LINE_END
            found = end.search(self._text, self._at + least - 1)
            if found is not None:
                return found.end()
            held = len(self._text) - self._at
            if self._ended:
                return len(self._text)
            if held > LINE_MAX_BYTES + least:
                raise self._too_long()
            self._read_to(held + self._part_bytes)

    def _read_to(self, size: int) -> None:
        """Read until there are so many bytes from here, or the text ends."""
        found = [self._text[self._at :]]
        held = len(found[0])
        while held < size and not self._ended:
            piece = next(self._pieces, None)
            if piece is None:
                self._ended = True
            else:
                found.append(piece)
                held += len(piece)
        if len(found) > 1:
            self._text, self._at = b"".join(found), 0

    def _too_long(self) -> Unreadable:
        whole = max(self._text.rfind(b"\n"), self._text.rfind(b"\r", 0, -1)) + 1
        row = self.line + line_count(self._text[self._at : whole])
        return Unreadable(
            ReadingFault.of("limit-error", row=row, case="line", limit=LINE_MAX_BYTES)
        )


def pieces_of(text: bytes, size: int) -> Iterator[bytes]:
    """A text that is held, in pieces.

    Args:
        text: Any.
        size: Of a piece.
    """
    return (text[at : at + size] for at in range(0, len(text), size))


def line_count(text: bytes) -> int:
    """Lines of a text, as many as are taken when it is read line by line."""
    if not text:
        return 0
    returns = text.count(b"\r")
    alone = returns - text.count(b"\r\n") if returns else 0
    return text.count(b"\n") + alone + (text[-1] not in b"\r\n")
