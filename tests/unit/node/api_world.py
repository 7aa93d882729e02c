"""A node that hosts three bodies, takes in what they publish, and answers over HTTP."""

import contextlib
import datetime as dt
import secrets
import sqlite3
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import aiohttp
import polars as pl
from aiohttp import web
from web_world import Site

from federation.author import draft_bare, draft_rows, messages
from federation.charter import Charter, Member, issue_charter
from federation.jose import parse_compact
from federation.manifest import TYP, Manifest, Sharing
from federation.verify import Arrival
from node import documents
from node.clock import now_us
from node.keys import KeyStore
from node.node import Node
from node.receive.intake import Intake
from node.signing import Signing
from node.store.database import FILE_NAME
from node.web.app import create_app
from schemas.catalogue import bundled
from schemas.model import Schema

ARVIEU, SEGUR, EPCI = "fr-com-12011", "fr-com-12266", "fr-epci-241200765"
BODIES = (ARVIEU, SEGUR, EPCI)
COUNTS = "comptage-mobilites"
NOW = 1_774_000_000_000_000
DAY = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
OPEN = Sharing(level="open")


def schema(name: str = COUNTS) -> Schema:
    found = bundled().latest(name)
    assert found is not None
    return found


def hours(
    count: int, *, day: int = 0, value: int = 1, channel: str = "C1", known: Schema | None = None
) -> pl.DataFrame:
    """Hourly counts from the begin of a day on."""
    first = DAY + dt.timedelta(days=day)
    hour = dt.timedelta(hours=1)
    rows = [
        (channel, None, first + n * hour, first + (n + 1) * hour, Decimal(value))
        for n in range(count)
    ]
    return pl.DataFrame(rows, schema=(known or schema()).polars_schema(), orient="row")


class Town(Site):
    """The interface, and what stands behind it."""

    intake: Intake
    signing: Signing

    def draft(
        self,
        owner: str,
        frame: pl.DataFrame | None,
        *,
        sharing: Sharing = OPEN,
        name: str = COUNTS,
        mode: str = "append",
        origin: str = "own",
    ) -> str:
        """Draft rows, or with None the withdrawal of all of them; answers the dataset."""
        known = schema(name.partition(".")[0])
        dataset = f"{owner}/{name}"
        if frame is None:
            made = draft_bare(
                known, dataset, "withdraw", sharing=sharing, origin=origin, licence=known.licence
            )
        else:
            made = draft_rows(
                known,
                dataset,
                frame,
                salt=secrets.token_bytes(16),
                mode=mode,  # type: ignore[arg-type]  # one of the modes
                sharing=sharing,
                origin=origin,
            )
        self.node.publisher.store_draft(made, source="test", now_us=NOW)
        return dataset

    def sign(self) -> None:
        for one in BODIES:
            self.signing.sign_ready(one)

    def totals_only(self, owner: str) -> None:
        """A dataset as if it had been signed at that level: a node signs no such rows."""
        self.draft(owner, hours(3))
        self.sign()
        with contextlib.closing(sqlite3.connect(self.node.data_dir / FILE_NAME)) as database:
            database.execute("UPDATE publication SET sharing = 'aggregate-only'")
            database.commit()

    def arrive(self) -> None:
        """Sign what is drafted and take in all that was signed."""
        self.sign()
        store = self.node.store
        arrivals: list[Arrival] = []
        for head in store.publications.own_heads():
            for row in store.publications.of(head.dataset, everything=True):
                if row.verdict != "signed":
                    continue
                blob = store.contents.get(row.content_digest) if row.content_digest else None
                manifest = Manifest.read(parse_compact(row.jws, TYP).payload)
                arrivals += [
                    Arrival(one.subject, one.headers, one.body)
                    for one in messages(manifest, row.digest, row.jws, blob)
                ]
        taken = self.intake.take(arrivals, NOW)
        assert not taken.reasons, taken.reasons

    def publish(self, owner: str, frame: pl.DataFrame | None, **more: object) -> str:
        dataset = self.draft(owner, frame, **more)  # type: ignore[arg-type]  # handed through
        self.arrive()
        return dataset

    def federation(self) -> Sharing:
        """A charter of all bodies, in force here."""
        keys, knowledge = KeyStore(self.node.data_dir), self.node.knowledge
        members = tuple(
            Member(
                participant=one,
                identity=known.digest,
                custodian=known.identity.custodian.key,
                roles=("publisher",),
            )
            for one in sorted(BODIES)
            if (known := knowledge.identity_of(one)) is not None
        )
        charter = Charter(
            charter="levezou",
            title="Convention",
            version=1,
            members=members,
            threshold=1,
            issued="2026-01-05T08:00:00Z",
        )
        document = issue_charter(charter, tuple(keys.signer(one) for one in sorted(BODIES)))
        digest = documents.digest_of("charter", document)
        knowledge.pin_charter(digest)
        knowledge.learn_charter(document, digest)
        assert digest in knowledge.charters
        return Sharing(level="federation", charter=digest)


@contextlib.asynccontextmanager
async def town_of(data_dir: Path, **settings: object) -> AsyncIterator[Town]:
    """Serve a new node with three bodies."""
    Node.init(data_dir, list(BODIES), now_us=now_us())
    node = Node.open(data_dir, **settings)
    runner = web.AppRunner(create_app(node), access_log=None, shutdown_timeout=5)
    await runner.setup()
    intake = Intake(node.store, node.knowledge, [EPCI])
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as session:
            found = Town(node, url, session)
            found.intake = intake
            found.signing = Signing(node.store, KeyStore(data_dir), node.knowledge.schema, [])
            yield found
    finally:
        await runner.cleanup()
        intake.close()
        node.close()
