"""How far long work is: what does it reports to whoever asked for it, and knows of no screen.

A report costs a call; work reports once in some thousand rows, never for each.
"""

from typing import Literal, Protocol

Step = Literal[
    "file",
    "parts",
    "repeats",
    "lines",
    "text",
    "columns",
    "checks",
    "content",
    "store",
    "publications",
    "write",
]
"""What is being done, with what is counted.

| step | counts |
|---|---|
| `file` | bytes of a file that is read |
| `parts` | bytes of a file that is read and checked part by part |
| `repeats` | parts of what is looked through for what stands twice |
| `lines` | its lines that are taken apart |
| `text` | characters of JSON that are taken apart |
| `columns` | columns that are given their types |
| `checks` | rows that are checked, all at once |
| `content` | rows that are put into the form that is sent |
| `store` | rows that are stored, all at once |
| `publications` | stored publications that are read back |
| `write` | rows or publications that are put into the form asked for |
"""


class Progress(Protocol):
    """Takes reports."""

    def __call__(self, step: Step, done: int, total: int | None, /) -> None:
        """Take a report.

        Args:
            step: What is being done; steps follow one another and don't come back, except where
                a file is read a second time to say what is wrong with it.
            done: So much of it.
            total: Of so much; None where nobody knows.
        """


def silent(_step: Step, _done: int, _total: int | None, /) -> None:
    """Report to nobody."""
