"""A CSV file to fill in: the header, nothing else.

It begins with a byte order mark, by which Excel knows UTF-8: without it accents that are typed
below would be shown, and saved, as other letters. Columns are separated by semicolons: where the
decimal sign is a comma, as in France, Germany, Spain and Italy, Excel's list separator is the
semicolon, and a file with commas opens as one column. The reader takes both.
"""

import codecs
from typing import Final

from schemas.model import Schema

DELIMITER: Final = ";"


def csv_template(schema: Schema) -> bytes:
    """The header of a file to fill in.

    Personal columns aren't asked for: they would be left out when the file is read.

    Args:
        schema: Any. Column names have letters, digits and underscores only.
    """
    header = DELIMITER.join(field.name for field in schema.wire_fields)
    return codecs.BOM_UTF8 + header.encode() + b"\r\n"
