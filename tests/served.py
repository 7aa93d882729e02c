"""A node with its real HTTP interface, served from a thread, for clients that block.

Nothing is mocked: real keys, a real charter, a real store, publications that went through the
real intake. What a hub would bring is handed to the intake directly.
"""

import asyncio
import contextlib
import datetime as dt
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any, Final

import polars as pl
from aiohttp import web

from federation.author import Draft, draft_bare, draft_rows, messages, sign_draft
from federation.charter import Charter, Member, issue_charter
from federation.jose import Signer
from federation.manifest import Mode, Sharing
from federation.model import Position
from federation.verify import Arrival
from node import documents
from node.keys import KeyStore
from node.node import Node
from node.receive.intake import Intake, Taken
from node.store.store import Store
from node.web.app import create_app
from schemas.catalogue import bundled
from schemas.model import Schema

ARVIEU: Final = "fr-com-12011"
SEGUR: Final = "fr-com-12266"
CURAN: Final = "fr-com-12307"
EPCI: Final = "fr-epci-241200765"
COUNTS: Final = "comptage-mobilites"
NOW_US: Final = 1_774_000_000_000_000
DAY: Final = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
_HOUR: Final = dt.timedelta(hours=1)


def form(name: str = COUNTS) -> Schema:
    """A bundled schema."""
    found = bundled().latest(name)
    assert found is not None
    return found


def hours(count: int, *, first: int = 0, value: int = 1, channel: str = "C1") -> pl.DataFrame:
    """Hourly counts, from an hour on after the begin of 1 March 2026."""
    rows = [
        (channel, None, DAY + n * _HOUR, DAY + (n + 1) * _HOUR, Decimal(value))
        for n in range(first, first + count)
    ]
    return pl.DataFrame(rows, schema=form().polars_schema(), orient="row")


@dataclass
class Served:
    """A node that answers.

    Attributes:
        node: Open.
        url: Of its interface.
        charter: Digest of the charter of all its bodies and `members`.
        intake: Takes what "arrives".
        heads: Last position of each dataset.
        signers: Of the bodies, once they signed.
    """

    node: Node
    url: str
    charter: str
    intake: Intake
    heads: dict[str, Position] = field(default_factory=dict)
    signers: dict[str, Signer] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """The administrator's."""
        return (self.node.data_dir / "token").read_text().strip()

    def sign(
        self, draft: Draft, *, abandons: Position | None = None, at: Position | None = None
    ) -> list[Arrival]:
        """Sign the next publication of a dataset, as its messages."""
        head = at or self.heads.get(draft.dataset)
        signer = self.signers.get(draft.publisher)
        if signer is None:
            signer = KeyStore(self.node.data_dir).signer(draft.publisher)
            self.signers[draft.publisher] = signer
        signed = sign_draft(draft, head, signer, issued_us=NOW_US, abandons=abandons)
        self.heads[draft.dataset] = signed.position
        found = messages(signed.manifest, signed.digest, signed.jws, draft.blob)
        return [Arrival(one.subject, one.headers, one.body) for one in found]

    def publish(
        self,
        owner: str,
        frame: pl.DataFrame | None,
        *,
        name: str = COUNTS,
        mode: Mode = "append",
        **more: Any,
    ) -> str:
        """Publish rows, or with None the withdrawal of all; answers the digest."""
        dataset = f"{owner}/{name}"
        self.take(self.sign(self.draft(owner, frame, name=name, mode=mode, **more)))
        return self.heads[dataset].digest

    def draft(
        self,
        owner: str,
        frame: pl.DataFrame | None,
        *,
        name: str = COUNTS,
        mode: Mode = "append",
        sharing: Sharing | None = None,
        origin: str = "own",
        **more: Any,
    ) -> Draft:
        """A draft of rows."""
        known = form(name.partition(".")[0])
        level = sharing or Sharing(level="open")
        if frame is None:
            bare: Mode = "withdraw" if mode == "append" else mode
            return draft_bare(
                known,
                f"{owner}/{name}",
                bare,
                sharing=level,
                origin=origin,
                licence=known.licence,
            )
        return draft_rows(
            known,
            f"{owner}/{name}",
            frame,
            salt=os.urandom(16),
            mode=mode,
            sharing=level,
            origin=origin,
            **more,
        )

    def take(self, arrivals: Sequence[Arrival]) -> Taken:
        """Hand messages to the intake."""
        return self.intake.take(arrivals, NOW_US)


def founded(data_dir: Path, bodies: Sequence[str]) -> str:
    """Make a data directory whose bodies have a charter; answers the charter's digest."""
    Node.init(data_dir, list(bodies), now_us=NOW_US)
    keys = KeyStore(data_dir)
    with Store.open(data_dir) as store:
        node = Node.open(data_dir)
        known = {one: node.knowledge.identity_of(one) for one in sorted(bodies)}
        node.close()
        members = tuple(
            Member(
                participant=name,
                identity=one.digest,
                custodian=one.identity.custodian.key,
                roles=("publisher", "composer") if name == EPCI else ("publisher",),
            )
            for name, one in known.items()
            if one is not None
        )
        charter = Charter(
            charter="levezou",
            title="Convention de partage du Lévézou",
            version=1,
            members=members,
            threshold=1,
            issued="2026-01-05T08:00:00Z",
        )
        document = issue_charter(charter, tuple(keys.signer(one) for one in sorted(bodies)))
        documents.keep(store, "charter", min(bodies), document, pinned=True)
    return documents.digest_of("charter", document)


@contextlib.contextmanager
def served(
    data_dir: Path, bodies: Sequence[str] = (ARVIEU, SEGUR, EPCI), *, port: int = 0, **settings: Any
) -> Iterator[Served]:
    """Serve a new node while the context lasts."""
    charter = founded(data_dir, bodies)
    with opened(data_dir, charter, port=port, **settings) as found:
        yield found


@contextlib.contextmanager
def opened(data_dir: Path, charter: str, *, port: int = 0, **settings: Any) -> Iterator[Served]:
    """Serve a node that was founded before."""
    node = Node.open(data_dir, charters=(charter,), **settings)
    intake = Intake(node.store, node.knowledge, [EPCI])
    try:
        with answering(node, port) as url:
            yield Served(node, url, charter, intake)
    finally:
        intake.close()
        node.close()


@contextlib.contextmanager
def answering(node: Node, port: int = 0) -> Iterator[str]:
    """The HTTP interface of a node, on a thread of its own."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(create_app(node), access_log=None, shutdown_timeout=1)

    async def begin() -> str:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(begin(), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
