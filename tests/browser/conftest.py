"""A small live federation for the browser tests: a hub, two nodes, pages, simulated counts."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.browser.kit import Browser, needs_browser
from tests.browser.town import Town, town


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    needs_browser()
    async with Browser.open() as found:
        yield found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def here() -> AsyncIterator[Town]:
    needs_browser()
    async with town() as found:
        yield found
