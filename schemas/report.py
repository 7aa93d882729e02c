"""What a check found, for people: rule, line, column, value, what is wrong, what to do.

A fault keeps its rule and parameters, not sentences: `message` and `remedy` make the sentence in
the reader's language, so a report made on one machine reads well on another. Rules are those of
Frictionless where it has one (framework.frictionlessdata.io, errors), so that other tools know
them; `order`, `text-error`, `interval-error` and `limit-error` are ours.
"""

from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import Final

from schemas.texts import NO_FAULT, SUMMARY, WHERE, phrase

LIMIT: Final = 20
"""Faults kept per rule and column; the others are counted."""
TOTAL_LIMIT: Final = 1_000
"""Faults kept in all: a file with ten thousand wrong columns still makes a small report."""
VALUE_MAX_CHARS: Final = 80
PARAM_MAX_CHARS: Final = 300
"""Of a sentence's parameter, such as the values that are allowed."""
_ELLIPSIS: Final = "…"


def shorten(value: object, most: int = VALUE_MAX_CHARS) -> str:
    """A value as one line of printable characters.

    Args:
        value: Anything; what isn't printable is shown escaped, as in Python.
        most: Characters.
    """
    # one character more is enough to know that it is too long
    text = str(value)[: most + 1]
    shown = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )
    return shown if len(shown) <= most else shown[: most - 1] + _ELLIPSIS


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        rule: Frictionless error code, such as `type-error`, `constraint-error`, `primary-key`.
        row: Line of the file, the header being line 1; of wire rows, which have no header, the
            row from 1. None: the whole file.
        column: Column name; None: the whole line.
        value: What stands there, shortened to 80 printable characters; None: nothing.
        params: What the sentence needs besides, sorted by name; `case` chooses among a rule's
            sentences, such as `minimum` of `constraint-error`.
    """

    rule: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    params: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.value is not None:
            object.__setattr__(self, "value", shorten(self.value))
        if self.column is not None:
            object.__setattr__(self, "column", shorten(self.column))

    @classmethod
    def of(
        cls,
        rule: str,
        *,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
        **params: object,
    ) -> "Fault":
        """A fault from values of any kind.

        Args:
            rule: Error code.
            row: Line, the header is 1.
            column: Column name.
            value: What stands there.
            params: Parameters of the sentence; None is left out.
        """
        pairs = tuple(
            sorted(
                (name, shorten(item, PARAM_MAX_CHARS))
                for name, item in params.items()
                if item is not None
            )
        )
        return cls(rule, row, column, None if value is None else str(value), pairs)

    @property
    def case(self) -> str | None:
        """Which of the rule's sentences, such as `minimum`."""
        return dict(self.params).get("case")

    def message(self, lang: str = "fr") -> str:
        """What is wrong, one sentence.

        Args:
            lang: `fr`, else English.
        """
        return phrase(self.rule, self._slots(), lang).message

    def remedy(self, lang: str = "fr") -> str:
        """What to do about it, one sentence.

        Args:
            lang: `fr`, else English.
        """
        return phrase(self.rule, self._slots(), lang).remedy

    def where(self, lang: str = "fr") -> str:
        """Line and column in words; empty for a whole file.

        Args:
            lang: `fr`, else English.
        """
        line, column = WHERE["fr" if lang == "fr" else "en"]
        parts = [line.format(self.row)] if self.row is not None else []
        parts += [column.format(self.column)] if self.column is not None else []
        return ", ".join(parts)

    def to_json(self, lang: str = "fr") -> dict[str, str | int | None]:
        """Members `rule`, `row`, `column`, `value`, `message`, `remedy`.

        Args:
            lang: Language of the last two.
        """
        return {
            "rule": self.rule,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "message": self.message(lang),
            "remedy": self.remedy(lang),
        }

    def text(self, lang: str = "fr") -> str:
        """Where, what, and what to do, on one line.

        Args:
            lang: `fr`, else English.
        """
        colon = " : " if lang == "fr" else ": "
        where = self.where(lang)
        head = where[:1].upper() + where[1:] + colon if where else ""
        return f"{head}{self.message(lang)} {self.remedy(lang)} [{self.rule}]"

    def _slots(self) -> dict[str, str]:
        slots = dict(self.params)
        slots["value"] = "" if self.value is None else self.value
        slots["column"] = "" if self.column is None else self.column
        return slots


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found in one table.

    Attributes:
        rows: Rows looked at.
        faults: The first ones per rule and column, by line.
        counts: How many in all per rule, more than `faults` shows if there were many.
        tally: The same per rule and column; None for what is no column's.
    """

    rows: int
    faults: tuple[Fault, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    tally: Mapping[tuple[str, str | None], int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: int, faults: Iterable[Fault]) -> "Report":
        """A report of these faults, bounded as `ReportBuilder` does.

        Args:
            rows: Rows looked at.
            faults: Everything found.
        """
        builder = ReportBuilder()
        for fault in faults:
            builder.add(fault)
        return builder.build(rows)

    @property
    def valid(self) -> bool:
        """Nothing found."""
        return not self.counts and not self.faults

    @property
    def total(self) -> int:
        """Faults in all."""
        return sum(self.counts.values())

    def by_column(self) -> dict[str | None, int]:
        """Faults per column, most first; None for those of no column."""
        found: Counter[str | None] = Counter()
        for (_, column), total in self.tally.items():
            found[column] += total
        return dict(found.most_common())

    def to_json(self, lang: str = "fr") -> dict[str, object]:
        """Members `valid`, `rows`, `faults`, `counts`.

        Args:
            lang: Language of messages and remedies.
        """
        return {
            "valid": self.valid,
            "rows": self.rows,
            "faults": [fault.to_json(lang) for fault in self.faults],
            "counts": dict(self.counts),
        }

    def text(self, lang: str = "fr") -> str:
        """The report for a screen: a line a fault, then the count.

        Args:
            lang: `fr`, else English.
        """
        french = "fr" if lang == "fr" else "en"
        if self.valid:
            return NO_FAULT[french].format(rows=self.rows)
        lines = [fault.text(lang) for fault in self.faults]
        lines.append(
            SUMMARY[french].format(total=self.total, shown=len(self.faults), rows=self.rows)
        )
        return "\n".join(lines)


class ReportBuilder:
    """Collects faults, keeps the first ones by line, counts all.

    Which faults are kept doesn't depend on the order that they come in, but for those of one
    line: a file that is looked at in pieces, or rule by rule, has the same report.

    Attributes:
        labels: Those of the file, once its header was looked at.
    """

    def __init__(self) -> None:
        self.labels: tuple[str, ...] = ()
        # of each rule and column: line, number in the order of coming, fault; ascending
        self._kept: Final[dict[tuple[str, str | None], list[tuple[int, int, Fault]]]] = {}
        self._tally: Final[Counter[tuple[str, str | None]]] = Counter()
        self._number = 0

    def room(self, rule: str, column: str | None = None, row: int | None = None) -> int:
        """How many more faults of this rule and column would be kept.

        Args:
            rule: Error code.
            column: Column name, if any.
            row: The line of the first of them; None: after all that are kept.
        """
        kept = self._kept.get((rule, column), [])
        return LIMIT - (len(kept) if row is None else bisect(kept, (row, self._number + 1)))

    @property
    def valid(self) -> bool:
        """Nothing found so far."""
        return not self._tally

    def add(self, fault: Fault) -> None:
        """Count a fault and keep it if there is room."""
        self._tally[fault.rule, fault.column] += 1
        self._keep(fault)

    def count(self, rule: str, more: int, column: str | None = None) -> None:
        """Count faults that aren't looked at one by one.

        Args:
            rule: Error code.
            more: How many.
            column: Column name, if any.
        """
        if more > 0:
            self._tally[rule, column] += more

    def extend(self, report: Report) -> None:
        """Add what another report found."""
        for fault in report.faults:
            self.add(fault)
        shown = Counter((fault.rule, fault.column) for fault in report.faults)
        for (rule, column), total in report.tally.items():
            self.count(rule, total - shown[rule, column], column)

    def absorb(self, other: "ReportBuilder") -> None:
        """Add what another builder has collected, as if it came here after what is here."""
        self.labels = self.labels or other.labels
        for fault in other._ordered():  # noqa: SLF001 - of the same class
            self._keep(fault)
        self._tally.update(other._tally)  # noqa: SLF001 - likewise

    def build(self, rows: int) -> Report:
        """The report, faults by line; those of the whole file first.

        Args:
            rows: Rows looked at.
        """
        first = tuple(self._ordered()[:TOTAL_LIMIT])
        counts: Counter[str] = Counter()
        for (rule, _), total in self._tally.items():
            counts[rule] += total
        tally = MappingProxyType(dict(self._tally))
        return Report(rows, first, MappingProxyType(dict(counts)), tally)

    def _keep(self, fault: Fault) -> None:
        self._number += 1
        kept = self._kept.setdefault((fault.rule, fault.column), [])
        entry = (fault.row or 0, self._number, fault)
        at = bisect(kept, entry)
        if at < LIMIT:
            kept.insert(at, entry)
            del kept[LIMIT:]

    def _ordered(self) -> list[Fault]:
        return [fault for _, _, fault in sorted(chain.from_iterable(self._kept.values()))]
