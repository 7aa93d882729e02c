"""A real browser for the tests: `async with Browser.open() as browser`.

It records what a page must not do: ask another host, break its Content-Security-Policy, write an
error to the console, run what somebody put into a text.
"""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, ConsoleMessage, Page, async_playwright

EXECUTABLE: Final = "/usr/bin/chromium"
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
)
SCREENSHOTS: Final = Path(os.environ.get("MAILLAGE_SCREENSHOTS", "/tmp/maillage-screenshots"))  # noqa: S108 - pictures
"""Where `screenshot` writes unless told otherwise."""

WAIT_MS: Final = 20_000
"""A bound, not an expectation: the machine may be busy."""

_WATCH: Final = """
document.addEventListener("securitypolicyviolation", (event) => {
  const at = `${event.sourceFile}:${event.lineNumber}`;
  console.error(`CSP ${event.violatedDirective} ${event.blockedURI} ${at}`);
});
window.alert = window.confirm = window.prompt = () => { console.error("EXECUTED"); };
"""


def needs_browser() -> None:
    """Skip loudly where there is no Chromium; in CI that is a failure."""
    if shutil.which(EXECUTABLE) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{EXECUTABLE} is missing: apt-get install chromium")
        pytest.skip(f"NOT TESTED: {EXECUTABLE} is missing (apt-get install chromium)")


@dataclass
class Visit:
    """A page and what it did.

    Attributes:
        page: Of Playwright.
        errors: Console errors, policy violations, exceptions.
        hosts: Every host asked.
    """

    page: Page
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    async def go(self, url: str) -> int:
        """Open an address; the status of the answer."""
        answer = await self.page.goto(url, wait_until="load", timeout=WAIT_MS)
        return answer.status if answer is not None else 0

    async def text(self, selector: str = "main") -> str:
        """What a reader reads there."""
        return await self.page.inner_text(selector)

    async def map_drawn(self) -> dict[str, int]:
        """Wait until the map is drawn; how many features each layer shows."""
        await self.page.wait_for_selector("#map[data-drawn=true]", timeout=WAIT_MS)
        found: dict[str, int] = await self.page.evaluate(
            """() => {
              const map = window.maillageMap;
              const found = {};
              for (const { id, type } of map.getStyle().layers) {
                if (type === "background") continue;
                found[id] = map.queryRenderedFeatures({ layers: [id] }).length;
              }
              return found;
            }"""
        )
        return found

    async def map_colours(self) -> int:
        """How many colours the map's canvas has; one would be an empty map."""
        count: int = await self.page.evaluate(
            """() => {
              const from = window.maillageMap.getCanvas();
              const to = document.createElement("canvas");
              [to.width, to.height] = [from.width, from.height];
              const context = to.getContext("2d");
              context.drawImage(from, 0, 0);
              const bytes = context.getImageData(0, 0, to.width, to.height).data;
              const seen = new Set();
              for (let at = 0; at < bytes.length; at += 16) {
                seen.add((bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]);
              }
              return seen.size;
            }"""
        )
        return count

    async def screenshot(
        self, name: str, *, whole: bool = True, folder: Path | None = None
    ) -> Path:
        """A picture of the page as PNG."""
        target = (folder or SCREENSHOTS) / f"{name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=target, full_page=whole, animations="disabled")
        return target

    def harmless(self) -> None:
        """Fail if the page did what it must not."""
        assert not self.errors, self.errors
        assert self.hosts <= {"127.0.0.1"}, self.hosts


class Browser:
    """Chromium, headless."""

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls) -> AsyncIterator["Browser"]:
        """Start Chromium; it ends with the context."""
        async with async_playwright() as playwright:
            chromium = await playwright.chromium.launch(
                executable_path=EXECUTABLE, args=list(ARGUMENTS), timeout=WAIT_MS
            )
            try:
                yield cls(chromium)
            finally:
                await chromium.close()

    @contextlib.asynccontextmanager
    async def visit(
        self,
        *,
        width: int = 1280,
        height: int = 900,
        scheme: Literal["light", "dark"] = "light",
        lang: str = "fr-FR",
        scripts: bool = True,
        **more: Any,
    ) -> AsyncIterator[Visit]:
        """A fresh profile with one page."""
        context = await self._chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale=lang,
            java_script_enabled=scripts,
            timezone_id="Europe/Paris",
            **more,
        )
        try:
            yield await _watched(context)
        finally:
            await context.close()


async def _watched(context: BrowserContext) -> Visit:
    await context.add_init_script(_WATCH)
    page = await context.new_page()
    page.set_default_timeout(WAIT_MS)
    visit = Visit(page)

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("blob", "data", "about"):
            visit.hosts.add(parts.hostname or "")

    page.on("request", lambda request: asked(request.url))

    def told(message: ConsoleMessage) -> None:
        if message.type == "error":
            visit.errors.append(message.text)

    page.on("console", told)
    page.on("pageerror", lambda error: visit.errors.append(f"exception: {error}"))
    return visit
