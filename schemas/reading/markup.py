"""XML piece by piece: bounded depth and tokens, no document type, so no entities of its own.

Expat reads what it is given as it comes, so that a sheet of a million rows never stands in memory
as text. A document type declaration is refused: neither XLSX nor ODS has one, and without it there
are no entities to expand and no external file to fetch.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NoReturn
from xml.parsers import expat

from schemas.reading.archive import broken
from schemas.reading.limits import MARKUP_DEPTH_MAX, MARKUP_TOKEN_MAX_BYTES

_ENCODINGS: Final = (None, "utf-8", "us-ascii")


class Markup:
    """One pass over an XML document; subclasses take what they want.

    Names of elements are local; names of attributes are local if they have no namespace, else
    `<namespace> <name>`.

    Attributes:
        parser: For those who take its events themselves, for speed; they pass on what they don't.
        alive: Whether there was an event since the last piece; whoever takes events sets it.
    """

    def __init__(self) -> None:
        self.parser: Final = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.XmlDeclHandler = self._declared
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.StartElementHandler = self.open_element
        self.parser.EndElementHandler = self.close_element
        self._depth = 0
        self.alive = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins.

        Args:
            name: Local name.
            attributes: By name.
        """

    def end(self, name: str) -> None:
        """An element ends.

        Args:
            name: Local name.
        """

    def listen(self, take: Any) -> None:
        """Hear the text from here on.

        Args:
            take: Called with each piece; None: text is passed over.
        """
        self.parser.CharacterDataHandler = take

    def feed(self, chunks: Iterable[bytes]) -> Iterator[None]:
        """Parse piece by piece.

        Args:
            chunks: The document.

        Yields:
            After each piece, when what it held has been told.

        Raises:
            Unreadable: Not well-formed, too deep, a token that doesn't end, a document type.
        """
        waiting = 0
        try:
            for chunk in chunks:
                self.parser.Parse(chunk, False)  # noqa: FBT003 - a C function
                waiting = 0 if self.alive else waiting + len(chunk)
                self.alive = False
                if waiting > MARKUP_TOKEN_MAX_BYTES:
                    raise broken()
                yield
            self.parser.Parse(b"", True)  # noqa: FBT003 - a C function
        except expat.ExpatError as error:
            raise broken() from error
        yield

    def read(self, chunks: Iterable[bytes]) -> None:
        """Parse a document whole.

        Args:
            chunks: The document.

        Raises:
            Unreadable: As `feed`.
        """
        for _ in self.feed(chunks):
            pass

    def open_element(self, name: str, attributes: Mapping[str, str]) -> None:
        """Expat's event; counts the depth.

        Args:
            name: With its namespace.
            attributes: By name.
        """
        self._depth += 1
        self.alive = True
        if self._depth > MARKUP_DEPTH_MAX:
            raise broken()
        self.start(name.rpartition(" ")[2], attributes)

    def close_element(self, name: str) -> None:
        """Expat's event.

        Args:
            name: With its namespace.
        """
        self._depth -= 1
        self.alive = True
        self.end(name.rpartition(" ")[2])

    @staticmethod
    def _declared(_version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding.lower() if encoding else None) not in _ENCODINGS:
            raise broken()


def _refuse(*_: object) -> NoReturn:
    raise broken()
