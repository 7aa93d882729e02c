"""A node's HTTP interface on a free port, and a client with its token."""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from node.clock import now_us
from node.node import Node
from node.web.app import create_app

ARVIEU = "fr-com-12011"
PUBLISH = f"/api/v1/datasets/{ARVIEU}/comptage-mobilites/publications"


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any


@dataclass
class Site:
    """A running interface."""

    node: Node
    url: str
    session: aiohttp.ClientSession

    @property
    def token(self) -> str:
        return (self.node.data_dir / "token").read_text().strip()

    async def ask(self, method: str, path: str, *, token: str | None = "", **more: Any) -> Answered:
        """Ask, with the right token unless another, or None, is given."""
        headers = dict(more.pop("headers", {}))
        if token is not None:
            headers.setdefault("Authorization", f"Bearer {token or self.token}")
        async with self.session.request(method, self.url + path, headers=headers, **more) as got:
            body = await got.read()
            found = (
                json.loads(body) if body and got.content_type.endswith(("/json", "+json")) else None
            )
            return Answered(got.status, got.headers.copy(), body, found)

    async def get(self, path: str, **more: Any) -> Answered:
        return await self.ask("GET", path, **more)

    async def post(self, data: Any, media: str = "text/csv", path: str = PUBLISH, **more: Any):
        headers = {"Content-Type": media, **more.pop("headers", {})}
        return await self.ask("POST", path, data=data, headers=headers, **more)


@contextlib.asynccontextmanager
async def site_of(data_dir: Path, **settings: object) -> AsyncIterator[Site]:
    """Serve a new node."""
    Node.init(data_dir, [ARVIEU], now_us=now_us())
    node = Node.open(data_dir, **settings)
    runner = web.AppRunner(create_app(node), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as session:
            yield Site(node, url, session)
    finally:
        await runner.cleanup()
        node.close()
