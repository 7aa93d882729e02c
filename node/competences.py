"""The table of competences that a node goes by: its operator's decisions, and BANATIC.

Two files in the data directory: `competences.csv`, by hand or by command, and
`competences-banatic.json`, by `maillage competence import`. Both are read again when they change. A
file that can't be taken is told in the status, and until it is mended what was read before counts;
a running node never stops for it.
"""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import IO, Final, Generic, TypeVar

from federation.errors import MalformedError, UnknownError
from schemas.competences import Competences, Decision
from schemas.competences.banatic import BanaticFault, Groupings, read, read_export, write
from schemas.competences.local import CompetenceFault, parse_decisions, write_decisions
from schemas.competences.sheets import rows_of
from schemas.progress import Progress, silent

DECISIONS_NAME: Final = "competences.csv"
BANATIC_NAME: Final = "competences-banatic.json"
BANATIC_MAX_BYTES: Final = 64 * 1024 * 1024
"""What is kept of the national export takes about 2 MB."""

T = TypeVar("T")


class CompetenceFiles:
    """The files of one data directory. May be asked from any thread."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is read before it is asked for."""
        self._decisions: _File[tuple[Decision, ...]] = _File(
            data_dir / DECISIONS_NAME, parse_decisions, ()
        )
        self._banatic: _File[Groupings | None] = _File(data_dir / BANATIC_NAME, read, None)
        self._lock = Lock()
        self._table = Competences()

    def table(self) -> Competences:
        """Who holds what, as far as is known here; never an error."""
        with self._lock:
            decisions, groupings = self._decisions.value(), self._banatic.value()
            if decisions is not self._table.decisions or groupings is not self._table.groupings:
                self._table = Competences(decisions, groupings)
            return self._table

    def faults(self) -> list[str]:
        """What is wrong in the files, in English; empty if nothing is."""
        self.table()
        return [one.fault for one in (self._decisions, self._banatic) if one.fault]

    def checked(self) -> Competences:
        """The table, of files without a fault.

        Raises:
            MalformedError: `competences-file`.
        """
        for fault in self.faults():
            raise MalformedError(
                fault, code="competences-file", remedy="mend the file, or import it again"
            )
        return self.table()

    def decide(self, decision: Decision) -> bool:
        """Add a decision, and keep the others.

        Returns:
            Whether it is new.

        Raises:
            MalformedError: `competences-file`.
            OSError: It can't be written; the old file is untouched.
        """
        known = self.checked().decisions
        if decision in known:
            return False
        self._decisions.write(write_decisions((*known, decision)))
        return True

    def forget(self, place: str, field: str) -> int:
        """Remove the decisions for a place and a field.

        Returns:
            How many there were.

        Raises:
            MalformedError: `competences-file`.
            UnknownError: `competence-unknown`: there is none.
            OSError: It can't be written; the old file is untouched.
        """
        known = self.checked().decisions
        kept = tuple(one for one in known if (one.place, one.field) != (place, field))
        if len(kept) == len(known):
            raise UnknownError(
                f"nothing was decided for {place[:80]} and {field[:80]}",
                code="competence-unknown",
                remedy="maillage competence list shows what was",
            )
        self._decisions.write(write_decisions(kept))
        return len(known) - len(kept)

    def take_in(self, stream: IO[bytes], source: str, progress: Progress = silent) -> Groupings:
        """Keep what an export of BANATIC says, instead of what was kept before.

        Args:
            stream: Of the file.
            source: Its name and day, for people.
            progress: Told of the step `lines`.

        Raises:
            MalformedError: `competences-file`: nothing was changed.
            OSError: It can't be written; the old file is untouched.
        """
        try:
            found = read_export(rows_of(stream), source, progress)
        except BanaticFault as error:
            raise MalformedError(
                str(error),
                code="competences-file",
                remedy="the national export of www.banatic.interieur.gouv.fr, as it was "
                "downloaded or saved as CSV",
            ) from error
        self._banatic.write(write(found))
        return found


class _File(Generic[T]):
    """A file that is read again when it has changed."""

    def __init__(self, path: Path, parse: Callable[[bytes], T], empty: T) -> None:
        self._path: Final = path
        self._parse: Final = parse
        self._empty: Final = empty
        self._seen: tuple[int, int, int] | None = None
        self._value = empty
        self.fault = ""

    def value(self) -> T:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._seen, self._value, self.fault = None, self._empty, ""
            return self._value
        except OSError as error:
            self.fault = f"{self._path.name}: {error.strerror or error}"
            return self._value
        seen = found.st_mtime_ns, found.st_size, found.st_ino
        if seen != self._seen:
            self._read()
            self._seen = seen
        return self._value

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                data = file.read(BANATIC_MAX_BYTES + 1)
            if len(data) > BANATIC_MAX_BYTES:
                self.fault = f"{self._path.name}: more than {BANATIC_MAX_BYTES} bytes"
                return
            self._value, self.fault = self._parse(data), ""
        except (CompetenceFault, BanaticFault, OSError) as error:
            self.fault = f"{self._path.name}: {error}"[:300]

    def write(self, data: bytes) -> None:
        """Put a file in its place, whole."""
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            temporary.write_bytes(data)
            temporary.replace(self._path)
        finally:
            temporary.unlink(missing_ok=True)
