"""The hub's read service: what a member missed on the live tail, and documents.

Only what the tail would have let the caller hear is answered: `pub` and `doc` of all, `for`
and `rcpt` that name the caller. Who calls is in the request's subject, which the broker lets
nobody else send on. Every request gets an answer, also a malformed one; nothing that is asked
or stored ends the service.
"""

import asyncio
import contextlib
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import nats.errors
from nats.aio.msg import Msg
from pydantic import Field

from federation.errors import MaillageError, MalformedError
from federation.ids import parse_participant
from federation.model import Digest, WireModel
from federation.strict import dump
from node.hub.direct import Chunk, read_after
from node.hub.documents import DocumentIndex
from node.link.connection import Connection
from node.link.errors import HubUnreachableError, LinkError
from node.link.limits import READ_MAX_BYTES, READ_MAX_MESSAGES, READ_REQUEST_MAX_BYTES
from node.link.reading import (
    READ_END,
    READ_ERROR,
    READ_HEADER,
    READ_PREFIX,
    READ_SEQUENCE,
    READ_SUBJECT,
)
from node.link.stored import StoredMessage

_log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Requests worked on at the same time: each may hold `READ_MAX_BYTES` of memory."""

WAITING_MAX: Final = 200
"""Requests that wait; more are told to come later."""

WAITING_MAX_PER_CALLER: Final = 8
"""Requests of one participant that wait: none can take the whole queue."""

_TOKEN: Final = re.compile(r"\*|[a-z0-9_-]{1,80}")
_HEADER: Final = re.compile(r"[!-9;-~]+")
_WIRE: Final = ("mlg", "1", "z")
_SUBJECT_MAX_CHARS: Final = 400


class _Paged(WireModel):
    """What requests for several messages share."""

    after: Annotated[int, Field(ge=0, le=2**63 - 2)] = 0
    limit: Annotated[int, Field(ge=1, le=READ_MAX_MESSAGES)] = READ_MAX_MESSAGES


class RangeRequest(_Paged):
    """`range`: messages of the data stream on a subject behind a stream sequence."""

    subject: Annotated[str, Field(max_length=_SUBJECT_MAX_CHARS)]


class DocumentsRequest(_Paged):
    """`documents`: the last message of each subject that matches."""

    pattern: Annotated[str, Field(max_length=_SUBJECT_MAX_CHARS)]


class ReceiptsRequest(_Paged):
    """`receipts`: the last receipt of each receiver for the caller."""


class DocumentRequest(WireModel):
    """`document`: the one with a digest."""

    digest: Digest


class ReadService:
    """Answers members over the hub's own connection."""

    def __init__(self, connection: Connection) -> None:
        """Serve over a connection, which the hub opens and closes."""
        self._connection = connection
        self._documents = DocumentIndex()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._operations: dict[str, Callable[[str, bytes], Awaitable[Chunk]]] = {
            "range": self._range,
            "documents": self._documents_page,
            "document": self._document,
            "receipts": self._receipts,
        }

    async def start(self) -> None:
        """Begin to answer.

        Raises:
            HubUnreachableError: The broker isn't connected.
        """
        await self._connection.subscribe(f"{READ_PREFIX}*.*.*", self._take)

    async def stop(self) -> None:
        """End what is being worked on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, msg: Msg) -> None:
        """Queue a request, or say that there are too many."""
        *_, caller, operation = msg.subject.split(".")
        if not msg.reply:
            return
        if len(self._tasks) >= WAITING_MAX or self._waiting[caller] >= WAITING_MAX_PER_CALLER:
            await self._refuse(msg.reply, "busy", "the hub has many questions; ask again later")
            return
        self._waiting[caller] += 1
        task = asyncio.create_task(self._work(msg.reply, caller, operation, msg.data))
        self._tasks.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._tasks.discard(finished)
            self._waiting[caller] -= 1
            if not self._waiting[caller]:
                del self._waiting[caller]

        task.add_done_callback(done)

    async def _work(self, reply: str, caller: str, operation: str, body: bytes) -> None:
        async with self._slots:
            try:
                await self._answer(reply, await self._find(caller, operation, body))
            except (HubUnreachableError, nats.errors.Error) as error:
                _log.warning("a read of %s isn't answered: %s", caller, error)
            except LinkError as error:
                await self._refuse(reply, "unavailable", str(error))
            except MaillageError as error:
                await self._refuse(reply, error.code, str(error))
            except Exception:  # noqa: BLE001 - shown; the service goes on for the others
                _log.exception("a read of %s failed", caller)
                await self._refuse(reply, "internal", "the hub failed to answer this request")

    async def _find(self, caller: str, operation: str, body: bytes) -> Chunk:
        if len(body) > READ_REQUEST_MAX_BYTES:
            raise MalformedError(
                f"a request of more than {READ_REQUEST_MAX_BYTES} bytes", code="request-size"
            )
        work = self._operations.get(operation)
        if work is None:
            raise MalformedError(f"no operation {operation[:40]!r}", code="operation")
        return await work(parse_participant(caller), body)

    # -- the operations -----------------------------------------------------------------------

    async def _range(self, caller: str, body: bytes) -> Chunk:
        request = RangeRequest.read(body)
        check_range(request.subject, caller)
        return await self._page("PUB", request.subject, request)

    async def _documents_page(self, _caller: str, body: bytes) -> Chunk:
        request = DocumentsRequest.read(body)
        check_documents(request.pattern)
        return await self._page("DOC", request.pattern, request)

    async def _receipts(self, caller: str, body: bytes) -> Chunk:
        request = ReceiptsRequest.read(body)
        return await self._page("DOC", f"mlg.1.z.*.*.rcpt.{caller}", request)

    async def _document(self, _caller: str, body: bytes) -> Chunk:
        request = DocumentRequest.read(body)
        found = await self._documents.find(self._connection.client, request.digest)
        if found is None:
            raise MalformedError(f"the hub holds no document {request.digest}", code="not-found")
        return Chunk((found,), 0)

    async def _page(self, stream: str, subject: str, page: _Paged) -> Chunk:
        return await read_after(
            self._connection.client,
            stream,
            subject,
            page.after,
            limit=page.limit,
            max_bytes=READ_MAX_BYTES,
        )

    # -- answering ----------------------------------------------------------------------------

    async def _answer(self, reply: str, chunk: Chunk) -> None:
        client = self._connection.client
        for number, message in enumerate(chunk.messages, start=1):
            await client.publish(reply, message.body, headers=answer_headers(message, number))
        following = chunk.messages[-1].stream_sequence if chunk.pending else None
        await client.publish(
            reply,
            dump({"count": len(chunk.messages), "next": following}),
            headers={READ_HEADER: READ_END},
        )

    async def _refuse(self, reply: str, code: str, message: str) -> None:
        with contextlib.suppress(nats.errors.Error, LinkError):
            await self._connection.client.publish(
                reply,
                dump({"code": code, "message": message[:500]}),
                headers={READ_HEADER: READ_ERROR},
            )


def answer_headers(message: StoredMessage, number: int) -> dict[str, str]:
    """A stored message's headers on the way to a reader, with its subject and position.

    What a publisher wrote under the service's own names, and names that NATS doesn't carry,
    are left out.
    """
    found = {
        name: value
        for name, value in message.headers.items()
        if _HEADER.fullmatch(name) and not name.lower().startswith(READ_HEADER.lower())
    }
    found[READ_HEADER] = str(number)
    found[READ_SUBJECT] = message.subject
    found[READ_SEQUENCE] = str(message.stream_sequence)
    return found


def check_range(subject: str, caller: str) -> None:
    """Whether a caller may read a subject of the data stream.

    Raises:
        MalformedError: `subject`: not one; `not-allowed`: another's.
    """
    kind, rest = _split(subject)
    if kind == "pub":
        return
    if kind == "for" and rest[:1] == [caller]:
        return
    raise MalformedError(
        "only publications, and what is for the caller, can be read", code="not-allowed"
    )


def check_documents(pattern: str) -> None:
    """Whether a pattern names documents only.

    Raises:
        MalformedError: `subject`: not a pattern; `not-allowed`: of something else.
    """
    kind, _ = _split(pattern)
    if kind != "doc":
        raise MalformedError("only documents can be listed", code="not-allowed")


def _split(subject: str) -> tuple[str, list[str]]:
    """Kind and what follows it; the kind is never a wildcard."""
    *tokens, last = subject.split(".")
    if (
        len(tokens) < len(_WIRE) + 3
        or tuple(tokens[: len(_WIRE)]) != _WIRE
        or not all(_TOKEN.fullmatch(token) for token in tokens)
        or not (last == ">" or _TOKEN.fullmatch(last))
    ):
        raise MalformedError(f"{subject[:200]!r} can't be read", code="subject")
    return tokens[5], [*tokens[6:], last]
