"""A node's HTTP interface on a free port, and a client with its token."""

import contextlib
import json
import re
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


HTML = {"Accept": "text/html"}


def csrf_of(body: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', body)
    assert found is not None
    return found[1]


class Reader:
    """Somebody with a browser."""

    def __init__(self, site: Site, session: aiohttp.ClientSession) -> None:
        self.site = site
        self.session = session

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.session.get(self.site.url + path, headers=HTML | headers) as got:
            return got.status, await got.text()

    async def post(self, path: str, data: Any, **headers: str) -> tuple[int, str]:
        url = self.site.url + path
        async with self.session.post(url, data=data, headers=HTML | headers) as got:
            return got.status, await got.text()

    async def login(self, token: str | None = None, after: str = "") -> tuple[int, str]:
        _, body = await self.get("/fr/connexion")
        fields = {"csrf": csrf_of(body), "token": token or self.site.token, "next": after}
        return await self.post("/fr/connexion", fields)

    async def check(self, data: bytes, filename: str = "c.csv", **fields: str) -> tuple[int, str]:
        _, body = await self.get("/fr/deposer")
        form = aiohttp.FormData()
        given = {"csrf": csrf_of(body), "participant": ARVIEU, "schema": "comptage-mobilites"}
        for name, value in {**given, **fields}.items():
            form.add_field(name, value)
        form.add_field("file", data, filename=filename, content_type="text/csv")
        return await self.post("/fr/deposer", form)
