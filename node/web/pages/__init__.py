"""Pages for people, in French, English and German (docs/pages.md).

They are made on the server, work without a script, and ask no other host for anything. A map and
live figures come on top where the browser has scripts.
"""

from aiohttp import web

from node.web.pages import (
    datasets,
    login,
    nodes,
    outlines,
    problems,
    publications,
    report_files,
    start,
    territories,
    twins,
    upload,
)
from node.web.pages.assets import Assets
from node.web.pages.site import ASSETS, TEMPLATES, environment


def add_routes(app: web.Application) -> None:
    """Add all pages, their files, and how errors look to a browser."""
    app[ASSETS] = Assets.load()
    app[TEMPLATES] = environment()
    app.router.add_get("/static/{hash}/{name}", app[ASSETS].serve)
    for part in (
        login,
        start,
        territories,
        outlines,
        publications,
        datasets,
        nodes,
        twins,
        upload,
        report_files,
    ):
        part.add_routes(app)
    problems.install(app)
