"""How a page is made: templates, what every page has, and the headers that keep it harmless."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from federation.places import DEFAULT_ZONE, zone_of
from node.node import Node
from node.web.access import GRANT, NOBODY, Scope
from node.web.keys import NODE
from node.web.pages import shown
from node.web.pages.assets import Assets
from node.web.pages.sessions import session_of
from node.web.pages.texts import LANGS, NAMES, Lang, lang_named, preferred, say
from schemas.territory import VINTAGE, UnknownTerritoryError, territory
from schemas.territory.ids import is_abroad

ASSETS: Final[web.AppKey[Assets]] = web.AppKey("assets", Assets)
TEMPLATES: Final[web.AppKey[Environment]] = web.AppKey("templates", Environment)

LANG_PATH: Final = "/{lang:fr|en|de}"
"""Begin of every page's path."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; "  # MapLibre's style sheet draws its buttons so
    "worker-src blob:; child-src blob:; "  # MapLibre starts its workers from a blob
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of pages: what isn't ours doesn't run, doesn't load, doesn't frame."""

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
    "Vary": "Accept-Language, Cookie",
}


def environment() -> Environment:
    """Templates that escape everything and know no undefined name."""
    found = Environment(
        loader=PackageLoader("node.web.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    found.filters["json_block"] = json_block
    return found


def _finalized(value: object) -> object:
    """What a template puts out: texts cleaned, whoever wrote them; then they are escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return shown.clean(value, shown.TEXT_MAX_CHARS)
    return value


def json_block(value: object) -> Markup:
    """JSON for a `<script type="application/json">`: nothing in it ends the element."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 - JSON in ASCII without <, > and &


def language(request: web.Request) -> Lang:
    """The page's language: its path's, else the one that the browser prefers."""
    first = request.path.split("/", 2)[1] if request.path.startswith("/") else ""
    return lang_named(first) or preferred(request.headers.get("Accept-Language", ""))


def link(lang: Lang, *parts: str, **query: object) -> str:
    """The address of a page.

    Args:
        lang: Its language.
        parts: Of the path; each is quoted.
        query: Parameters; None and the empty text are left out.
    """
    path = "/".join(quote(part, safe="") for part in (lang, *parts))
    asked = {name: value for name, value in query.items() if value not in (None, "")}
    return f"/{path}" + (f"?{urlencode(asked)}" if asked else "")


def zone_here(node: Node) -> str:
    """The time zone in which this node's pages tell times: its first participant's."""
    return zone_of(node.participants[0]) if node.participants else DEFAULT_ZONE


def name_of(node: Node, participant: str) -> str:
    """A body's name: of the COG where it has it, else as its identity says, else its id."""
    try:
        return territory(participant).name
    except UnknownTerritoryError:
        known = node.knowledge.identity_of(participant)
        return participant if known is None else known.identity.name


def switch(request: web.Request) -> dict[Lang, str]:
    """The address of this page in each language."""
    path, query = request.rel_url.raw_path, request.rel_url.raw_query_string
    first, _, rest = path.removeprefix("/").partition("/")
    if lang_named(first) is None or request.method != "GET":
        return {lang: f"/{lang}/" for lang in LANGS}
    tail = f"/{rest}" + (f"?{query}" if query else "")
    return {lang: f"/{lang}{tail}" for lang in LANGS}


def render(request: web.Request, template: str, context: Mapping[str, Any]) -> str:
    """A page as HTML.

    Args:
        request: Asked for it.
        template: Name of its file.
        context: What it shows beside what every page has.
    """
    app = request.app
    node = app[NODE]
    lang = language(request)
    zone = zone_here(node)
    grant = request.get(GRANT, NOBODY)

    def t(key: str, **slots: object) -> str:
        return say(lang, key, **slots)

    base = {
        "lang": lang,
        "languages": [(one, NAMES[one], path) for one, path in switch(request).items()],
        "t": t,
        "url": lambda *parts, **query: link(lang, *parts, **query),
        "asset": app[ASSETS].path,
        "has_map": "maplibre-gl.js" in app[ASSETS],
        "number": lambda value: shown.number(value, lang),
        "measured": lambda value, unit: shown.measured(value, unit, lang),
        "shortened": shown.shortened,
        "sign": shown.unit,
        "window_text": lambda label, short=False: shown.window(label, lang, short=short),
        "instant": lambda moment: shown.instant(moment, lang, zone),
        "day": lambda text: shown.day(text, lang),
        "size": lambda count: shown.size(count, lang),
        "body_name": lambda participant: name_of(node, participant),
        "absent": shown.ABSENT,
        "node_name": node.name,
        "zone": zone,
        "vintage": VINTAGE,
        "allowed": {scope.value: grant.allows(scope) for scope in Scope},
        "live": "",
        "current": "",
        "menu": [
            ("territories", t("nav.territories"), link(lang, "")),
            ("node", t("nav.node"), link(lang, "noeud")),
            *([("twins", t("nav.twins"), link(lang, "jumelage"))] if _twinned(node) else []),
            ("upload", t("nav.upload"), link(lang, "deposer")),
        ],
        "session_form": _form_token(request),
    }
    return app[TEMPLATES].get_template(template).render({**base, **context})


def _twinned(node: Node) -> bool:
    """Whether some agreement here reaches across a border."""
    return any(
        is_abroad(one) for known in node.knowledge.charters.values() for one in known.members
    )


def _form_token(request: web.Request) -> str:
    """The token that forms carry; empty for who isn't logged in."""
    session = session_of(request)
    return "" if session is None or session.grant is NOBODY else session.form_token


def respond(
    request: web.Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Answer with a page."""
    return web.Response(
        status=status.value,
        text=render(request, template, context),
        content_type="text/html",
        charset="utf-8",
        headers={**HEADERS, "Content-Language": language(request), **(headers or {})},
    )
