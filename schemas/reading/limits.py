"""Bounds of a file that is read, and why."""

from typing import Final

FILE_MAX_BYTES: Final = 256 * 1024 * 1024
"""A year of counts every minute for ten sensors is a third of it; it is held in memory."""
COLUMNS_MAX: Final = 1_000
"""Twice the fields that a schema may have: room for columns that are dropped."""
ROWS_MAX: Final = 5_000_000
"""What 256 MiB hold at 50 bytes a row."""
CELL_MAX_CHARS: Final = 131_072
"""The csv module's own bound: an open quote must not swallow the file."""
JSON_DEPTH_MAX: Final = 16
"""Levels of lists and objects in one cell."""
CHUNK_ROWS: Final = 50_000
"""Rows held as Python objects before they become columns: about 20 MB of five columns."""
PART_BYTES: Final = 4 * 1024 * 1024
"""Of a text that are taken apart at once: some ten thousand rows, and some dozens of MiB as
columns."""
OPENING_BYTES: Final = 1024 * 1024
"""Of a text that are looked at to tell what it is; holds any header."""
LINE_MAX_BYTES: Final = 16 * 1024 * 1024
"""Of one line, or of one record of several: no cell of any schema needs a hundredth of it."""
NEAREST_MAX: Final = 20
"""Unknown columns for which a near name is looked up; each costs a walk over the schema."""
LABEL_MAX_CHARS: Final = 80
"""Longer labels aren't compared with the schema's names, which have at most 64 characters."""
