"""Where the document with a digest is: an index over the stream of documents, in memory.

A digest is that of a message's body, of the signing input of the JWS in its
`Maillage-Manifest`, or, where the body is a general JWS (identities, charters), of its
payload: signatures may be added there, the document stays the same. The index catches up
with the stream when a digest isn't known, so it needs no subscription that could miss
something.
"""

import asyncio
import hashlib
import logging
from typing import Final

from federation.errors import MalformedError
from federation.jose import un_b64url
from federation.message import MANIFEST_HEADER
from federation.strict import parse_object
from node.hub.direct import read_after, read_one
from node.link.client import Client
from node.link.stored import StoredMessage

_log = logging.getLogger(__name__)

DOCUMENTS: Final = "mlg.1.z.*.*.doc.>"
INDEX_MAX_SUBJECTS: Final = 1_000_000
"""Subjects in the index, about 400 bytes each: ten documents for every second commune of Europe."""

_CHUNK_MESSAGES: Final = 500
_CHUNK_BYTES: Final = 8 * 1024 * 1024


def digests(message: StoredMessage) -> tuple[bytes, ...]:
    """SHA-256 of the body, of the signing input of a JWS, of the payload of a general one."""
    found = [hashlib.sha256(message.body).digest()] if message.body else []
    jws = message.headers.get(MANIFEST_HEADER, "")
    signing_input, dot, _ = jws.rpartition(".")
    if dot:
        found.append(hashlib.sha256(signing_input.encode()).digest())
    payload = _payload(message.body)
    if payload is not None:
        found.append(hashlib.sha256(payload).digest())
    return tuple(found)


def _payload(body: bytes) -> bytes | None:
    """What a general JWS signs. Nothing is believed of it: the index only says where it is."""
    if not body.startswith(b'{"payload":'):
        return None
    try:
        payload = parse_object(body).get("payload")
        return un_b64url(payload) if isinstance(payload, str) else None
    except MalformedError:
        return None


class DocumentIndex:
    """Digest to position in the stream `DOC`."""

    def __init__(self) -> None:
        self._sequence_of: dict[bytes, int] = {}
        self._digests_of: dict[str, tuple[bytes, ...]] = {}
        self._seen = 0
        self._lock = asyncio.Lock()

    async def find(self, client: Client, digest: str) -> StoredMessage | None:
        """The document with a digest, as the stream holds it now.

        Args:
            client: In the hub's own account.
            digest: 64 hex digits.

        Raises:
            UnconfirmedError, HubUnreachableError: Try again.
        """
        wanted = bytes.fromhex(digest)
        for fresh in (False, True):
            if fresh:
                await self.catch_up(client)
            sequence = self._sequence_of.get(wanted)
            if sequence is None:
                continue
            message = await read_one(client, "DOC", sequence)
            if message is not None and wanted in digests(message):
                return message
            self._sequence_of.pop(wanted, None)  # replaced by a later one on its subject
        return None

    async def catch_up(self, client: Client) -> None:
        """Read what the stream got since the last time.

        Raises:
            UnconfirmedError, HubUnreachableError: Try again.
        """
        async with self._lock:
            while True:
                chunk = await read_after(
                    client,
                    "DOC",
                    DOCUMENTS,
                    self._seen,
                    limit=_CHUNK_MESSAGES,
                    max_bytes=_CHUNK_BYTES,
                )
                for message in chunk.messages:
                    self._put(message)
                if not chunk.pending or not chunk.messages:
                    return

    def _put(self, message: StoredMessage) -> None:
        self._seen = message.stream_sequence
        for old in self._digests_of.pop(message.subject, ()):
            self._sequence_of.pop(old, None)
        if len(self._digests_of) >= INDEX_MAX_SUBJECTS:
            _log.error("the index of documents is full; %s can't be found", message.subject)
            return
        new = digests(message)
        self._digests_of[message.subject] = new
        for digest in new:
            self._sequence_of[digest] = message.stream_sequence
