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
JSON_LEVELS_MAX: Final = 4
"""Levels of objects in a row whose members are columns, `a.b.c.d.e`; national formats have one."""
WRAPPER_LEVELS_MAX: Final = 2
"""Levels of objects around a list of rows: `{"marches": {"marche": [` has two."""
CHUNK_ROWS: Final = 50_000
"""Rows held as Python objects before they become columns: about 20 MB of five columns."""
PART_BYTES: Final = 8 * 1024 * 1024
"""Of a text that are taken apart at once: some ten thousand rows, and some dozens of MiB as
columns."""
OPENING_BYTES: Final = 1024 * 1024
"""Of a text that are looked at to tell what it is; holds any header."""
LINE_MAX_BYTES: Final = 16 * 1024 * 1024
"""Of one line, or of one record of several: no cell of any schema needs a hundredth of it."""
REPEATS_ROWS: Final = 1_000_000
"""Rows whose keys are held at once to find those that stand twice; about 100 MB."""
NEAREST_MAX: Final = 20
"""Unknown columns for which a near name is looked up; each costs a walk over the schema."""
LABEL_MAX_CHARS: Final = 80
"""Longer labels aren't compared with the schema's names, which have at most 64 characters."""
ARCHIVE_ENTRIES_MAX: Final = 2_000
"""Files in a zip: a workbook has some tens, with pictures some hundreds."""
ARCHIVE_MAX_BYTES: Final = 512 * 1024 * 1024
"""What may come out of a zip: a full sheet of a million rows by ten columns. It is never held."""
ARCHIVE_RATIO_MAX: Final = 250
"""Bytes out per byte in. Sheets that people make stay below 60; deflate itself ends at 1,032."""
ARCHIVE_RATIO_FROM_BYTES: Final = 16 * 1024 * 1024
"""Smaller parts are harmless whatever their ratio."""
PART_MAX_BYTES: Final = 128 * 1024 * 1024
"""Of a part that is held in memory, such as the shared texts of a workbook."""
MARKUP_DEPTH_MAX: Final = 64
"""Levels of XML elements; workbooks have about ten."""
MARKUP_TOKEN_MAX_BYTES: Final = 1024 * 1024
"""Between two tags. A cell may have 131,072 characters."""
SHEETS_MAX: Final = 200
"""Sheets of a workbook that are looked at for the one to read."""
HEADER_SEARCH_ROWS: Final = 50
"""Rows with content among which the header is looked for; above it stand title and remarks."""
SHEET_CELLS_MAX: Final = 10_000_000
"""Cells with content of one sheet, repetitions counted: 1,048,576 rows by 9 columns; a minute."""
SHEET_ROWS_MAX: Final = 1_048_576
"""Rows of a sheet in every spreadsheet program."""
SHEET_COLUMNS_MAX: Final = 16_384
"""Columns likewise."""
MERGED_MAX: Final = 100_000
"""Merged ranges of a sheet; more are counted as that many."""
PARQUET_MAX_BYTES: Final = 1024 * 1024 * 1024
"""What the row groups of a Parquet file claim to hold, before compression."""
GTFS_FILE_MAX_BYTES: Final = 128 * 1024 * 1024
"""Of one file of a GTFS; the stop times of a whole région have some 100 MB."""
