"""Limits of a client, with unit, value and reason. Those of the wire are in `federation.limits`."""

from typing import Final

ANSWER_MAX_BYTES: Final = 64 * 1024 * 1024
"""A JSON answer of a node's HTTP interface: a view of all communes over a year of days."""

PROBLEM_MAX_BYTES: Final = 64 * 1024
"""A problem document (RFC 9457): some sentences."""

READ_BUNDLE_MAX_BYTES: Final = 256 * 1024 * 1024
"""A bundle that a client takes at once; it asks on from where the bundle ends."""

READ_PLAIN_MAX_BYTES: Final = 2 * 1024 * 1024 * 1024
"""Contents decompressed of one dataset that a client keeps in memory."""

EVENT_MAX_BYTES: Final = 64 * 1024
"""One event of a node's stream, or one line of it."""

PAGE_PUBLICATIONS: Final = 500
"""Publications that a subscriber asks for at once."""
