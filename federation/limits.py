"""Every limit of the wire, with unit, value and reason. Nothing else states a limit of its own."""

from typing import Final

JWS_MAX_BYTES: Final = 32 * 1024
"""A publication's JWS. The largest manifest names 256 parts at about 90 bytes each."""

MANIFEST_MAX_BYTES: Final = 24 * 1024
"""A manifest before base64url (three quarters of the JWS)."""

DOCUMENT_MAX_BYTES: Final = 512 * 1024
"""An identity, schema, receipt or checkpoint: one message of a hub, with room for headers."""

SCHEMA_MAX_BYTES: Final = 256 * 1024
"""A schema document. The largest national schema has 46 fields in some 40 KiB."""

PART_MAX_BYTES: Final = 512 * 1024
"""One part of a content: half of the hub's `max_payload`, so that headers always fit."""

CONTENT_MAX_BYTES: Final = 64 * 1024 * 1024
"""A content as sent, compressed. Larger datasets are published in several steps."""

PLAIN_MAX_BYTES: Final = 256 * 1024 * 1024
"""A content decompressed: bounds a receiver's memory before anything is decompressed."""

PLAIN_BATCH_MAX_BYTES: Final = PLAIN_MAX_BYTES
"""Contents of one of a receiver's transactions, decompressed: as much as the largest takes alone. A
batch of small messages may hold a hundred times that."""

PARTS_MAX: Final = CONTENT_MAX_BYTES // PART_MAX_BYTES
"""Parts of one content."""

SALT_BYTES: Final = 16
"""Random bytes before the Arrow stream, so that the hash of a small content can't be guessed."""

ROWS_MAX: Final = 10_000_000
"""Rows of one publication."""

ZSTD_WINDOW_MAX_BYTES: Final = 8 * 1024 * 1024
"""Window of the zstd frame (level 3 needs 2 MiB): the decoder's own memory."""

SEQUENCE_MAX: Final = 2**53 - 1
"""Epochs and sequences: what every JSON reader holds exactly (RFC 8259, section 6)."""

TEXT_MAX_CHARS: Final = 300
"""Names and short texts in signed documents."""

CHARTER_MEMBERS_MAX: Final = 40_000
"""Members of one charter: all communes of France and some."""

CHARTER_END_HEADS_MAX: Final = 1_000
"""Datasets that a member names when it leaves a charter: a commune has some ten."""

HELD_MAX_MESSAGES: Final = 10_000
"""Messages held per carrier while something is missing."""

HELD_MAX_BYTES: Final = 256 * 1024 * 1024
"""Bytes held per carrier while something is missing."""

RECEIPT_DATASETS_MAX: Final = 1_000
"""Datasets of one owner in one receipt."""

RECEIPT_REFUSALS_MAX: Final = 100
"""Refusals listed in one receipt; the count says when there are more."""

BUNDLE_MAX_BYTES: Final = 1024 * 1024 * 1024
"""A `.mlg` file."""

BUNDLE_PUBLICATIONS_MAX: Final = 10_000
"""Publications in one `.mlg` file."""
