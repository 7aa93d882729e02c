"""The role of a hub: the broker, its streams, its members, its read service, kept running."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from node.broker import Broker, BrokerError, reload_running, running_url
from node.hub.config import HubPaths, HubSettings, Member
from node.hub.members import MemberFile, parse_enrolment, with_member, without_member
from node.hub.reads import ReadService
from node.hub.streams import ensure_durables, ensure_streams
from node.link.address import parse_address
from node.link.connection import Connection
from node.link.nkey import create_seed
from node.link.route import Route
from node.link.trust import Trust, read_certificate_file

_log = logging.getLogger(__name__)

RESTARTS_MAX: Final = 5
"""Broker deaths within `RESTARTS_WITHIN_S` after which the hub gives up: something is wrong."""

RESTARTS_WITHIN_S: Final = 60.0

_ADMIN: Final = "hub"


class Hub:
    """One hub in one data folder."""

    def __init__(self, data_dir: Path, settings: HubSettings | None = None) -> None:
        """Describe a hub; nothing is done yet.

        Args:
            data_dir: Its folder, made by `init`.
            settings: The operator's; the defaults listen on the loopback, port 4222.
        """
        self.settings = settings or HubSettings()
        self.paths = HubPaths(data_dir.resolve())
        self.restarts = 0
        self._members = MemberFile(self.paths)
        self._broker = Broker(self.paths.hub_conf, self.paths.run_dir)
        self._failed: asyncio.Future[None] | None = None

    @property
    def url(self) -> str:
        """Where nodes connect, once it runs."""
        return self._broker.url

    @property
    def websocket_url(self) -> str:
        """Where nodes connect by WebSocket, once it runs; empty without such a listener."""
        return self._broker.websocket_url

    @property
    def broker(self) -> Broker:
        """The broker, for its process and log."""
        return self._broker

    def init(self) -> None:
        """Make the folder, the hub's key and the configuration; can be run again.

        Raises:
            BrokerError: `broker-config`, `broker-missing`.
            MaillageError: A file of the hub is damaged.
        """
        for folder in (
            self.paths.root,
            self.paths.run_dir,
            self.paths.store_dir,
            self.paths.admin_key.parent,
        ):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.paths.admin_key.exists():
            create_seed(self.paths.admin_key)
        with self._members.locked():
            self._members.replace(self._members.load(), self.settings)

    # -- members ------------------------------------------------------------------------------

    def members(self) -> tuple[Member, ...]:
        """Who is enrolled, by name."""
        return self._members.load()

    async def enrol(self, enrolment: bytes) -> Member:
        """Enrol a node, or change its enrolment; a running hub takes it at once.

        Works from any process: the broker is found by its folder.

        Args:
            enrolment: The node's document (`node.hub.members.parse_enrolment`).

        Raises:
            MalformedError: It isn't one.
            StateError: `participant-taken`, `key-taken`; the message says who has it.
            BrokerError: The broker refused; nothing was changed.
        """
        member = parse_enrolment(enrolment)
        async with self._members.locked_async():
            await self._apply(with_member(self._members.load(), member))
        return member

    async def expel(self, node: str) -> None:
        """Remove a node: its connections drop at once, its durables go.

        Raises:
            UnknownError: It isn't enrolled.
            BrokerError: The broker refused; nothing was changed.
        """
        async with self._members.locked_async():
            await self._apply(without_member(self._members.load(), node))

    async def _apply(self, members: tuple[Member, ...]) -> None:
        await asyncio.to_thread(self._members.replace, members)
        if await reload_running(self.paths.hub_conf, self.paths.run_dir):
            async with self.connect_admin() as admin:
                await self._ensure_durables(admin, members)

    @contextlib.asynccontextmanager
    async def connect_admin(self) -> AsyncIterator[Connection]:
        """A connection into the hub's own account, from any process while the hub runs.

        Raises:
            BrokerError: `broker-stopped`.
            HubUnreachableError: It doesn't answer.
        """
        url = running_url(self.paths.hub_conf, self.paths.run_dir)
        if url is None:
            raise BrokerError("the hub isn't running", code="broker-stopped")
        async with Connection(
            self._own_route(url), self.paths.admin_key, node=_ADMIN, reconnect_wait_s=0.2
        ) as admin:
            await admin.ready()
            yield admin

    def _own_route(self, url: str) -> Route:
        """The way to the own listener: over TLS its certificate is the one of the own file.

        Its name needn't be the address at hand, and an outdated one must not stop the hub itself.
        """
        address = parse_address(url)
        tls = self.settings.tls
        if tls is None:
            return Route(address)
        certificate = read_certificate_file(tls.certificate)
        pinned = Trust(pinned="" if certificate is None else certificate.sha256)
        return Route(replace(address, scheme="tls"), trust=pinned)

    # -- running ------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def run(self) -> "AsyncIterator[Hub]":
        """Run the hub while the context lasts; a broker that dies is started again.

        Raises:
            BrokerError: As `Broker.start`.
            HubUnreachableError: The broker started but doesn't answer.
        """
        await asyncio.to_thread(self.init)
        await self._broker.start()
        await asyncio.to_thread(self._keep_websocket_port)
        self._failed = asyncio.get_running_loop().create_future()
        keeper = asyncio.create_task(self._keep(), name=f"hub {self.settings.hub_id}")
        try:
            async with self.connect_admin() as admin:
                await self._ensure(admin)
                reads = ReadService(admin)
                await reads.start()
                try:
                    yield self
                finally:
                    await reads.stop()
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
            await self._broker.stop()
            if self._failed.done():
                self._failed.exception()  # told in the log already
            else:
                self._failed.cancel()

    def _keep_websocket_port(self) -> None:
        """Have a broker that is started again take the port that the system chose."""
        listener = self.settings.websocket
        if listener is not None and not listener.port:
            port = parse_address(self.websocket_url).port
            self.settings = replace(self.settings, websocket=replace(listener, port=port))
            self.init()

    async def wait(self) -> None:
        """Wait for ever, or until the broker can't be kept running.

        Raises:
            BrokerError: It died too often, or doesn't start again.
        """
        if self._failed is None:
            raise BrokerError("the hub isn't running", code="broker-stopped")
        await asyncio.shield(self._failed)

    async def _keep(self) -> None:
        """Start the broker again whenever it ends by itself."""
        assert self._failed is not None
        loop = asyncio.get_running_loop()
        deaths: list[float] = []
        while True:
            status = await self._broker.wait()
            deaths = [at for at in deaths if loop.time() - at < RESTARTS_WITHIN_S] + [loop.time()]
            _log.error("the broker of %s ended with status %s", self.paths.root, status)
            error = await self._restart(len(deaths))
            if error is not None:
                _log.critical("the hub %s stands still: %s", self.paths.root, error)
                self._failed.set_exception(error)
                return
            self.restarts += 1

    async def _restart(self, deaths: int) -> BrokerError | None:
        """Start the broker again; why that isn't possible, if it isn't."""
        if deaths > RESTARTS_MAX:
            return BrokerError(
                f"the broker died {deaths} times; see {self._broker.log_file}", code="broker-died"
            )
        try:
            await self._broker.start()
        except BrokerError as error:
            return error
        return None

    async def _ensure(self, admin: Connection) -> None:
        js = admin.client.jetstream()
        for done in await ensure_streams(js, self.settings):
            _log.info("%s", done)
        await self._ensure_durables(admin, self.members())

    async def _ensure_durables(self, admin: Connection, members: tuple[Member, ...]) -> None:
        readers = {member.node for member in members if member.reader}
        js = admin.client.jetstream()
        for done in await ensure_durables(js, readers, self.settings):
            _log.info("%s", done)
