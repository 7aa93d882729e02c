"""Sessions of the pages: a cookie that stands for a token which was shown once.

A session lives in memory only: a restart logs everybody out. Its secret has 32 random bytes, of
which only the hash is kept, as with tokens. A cookie authorises reading alone; whatever changes
something needs the session's form token too (`node.web.pages.forms`).
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import web

from node.web.access import NOBODY, Grant
from schemas.reading import ColumnMapping
from schemas.reading.file_report import FileReport
from schemas.reading.proposing import Proposal

COOKIE: Final = "maillage_session"
SECRET_BYTES: Final = 32

IDLE_S: Final = 30 * 60.0
"""A session that nobody used for so long is over."""

LIFE_S: Final = 12 * 3600.0
"""A session is over after so long, used or not: a working day."""

SESSIONS_MAX: Final = 2_000
"""Kept at once; visitors of the log-in page have one too. The longest unused goes first."""


@dataclass(slots=True)
class Upload:
    """A file that waits for its confirmation.

    Attributes:
        path: Where it lies, in the data directory.
        filename: As its sender called it; shown as text, never used as a path.
        participant: For whom.
        schema: Name of the schema.
        slug: Of the dataset; None without.
        mapping: What its sender said of its columns; None: nothing, so that the mapping that the
            dataset has counts.
        proposal: What was asked about its columns; None: nothing.
    """

    path: Path
    filename: str
    participant: str
    schema: str
    slug: str | None
    mapping: ColumnMapping | None = None
    proposal: Proposal | None = None


@dataclass(slots=True)
class Session:
    """One.

    Attributes:
        form_token: What its forms carry.
        grant: What its token allowed; `NOBODY` before the log-in.
        begun: Monotonic seconds.
        used: Likewise, the last use.
        uploads: Files that wait, by a random name.
        reports: Of files that were checked, likewise.
    """

    form_token: str
    grant: Grant
    begun: float
    used: float
    uploads: dict[str, Upload] = field(default_factory=dict)
    reports: dict[str, FileReport] = field(default_factory=dict)


class Sessions:
    """All sessions of a node."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Keep none yet; `now` gives seconds."""
        self._now: Final = now
        self._held: Final[dict[bytes, Session]] = {}

    def open(self, grant: Grant) -> tuple[str, Session]:
        """A new session: the cookie's value, and the session."""
        now = self._now()
        for key in [key for key, one in self._held.items() if self._over(one, now)]:
            self._drop(key)
        if len(self._held) >= SESSIONS_MAX:
            # visitors before those who logged in, then the longest unused
            held = self._held
            self._drop(min(held, key=lambda key: (held[key].grant is not NOBODY, held[key].used)))
        secret = secrets.token_urlsafe(SECRET_BYTES)
        session = Session(secrets.token_urlsafe(SECRET_BYTES), grant, now, now)
        self._held[_hash(secret)] = session
        return secret, session

    def find(self, secret: str) -> Session | None:
        """The session of a cookie, which counts as used now; None if there is none any more."""
        key, now = _hash(secret), self._now()
        session = self._held.get(key)
        if session is None:
            return None
        if self._over(session, now):
            self._drop(key)
            return None
        session.used = now
        return session

    def close(self, secret: str) -> None:
        """End a session and forget its files."""
        self._drop(_hash(secret))

    def clear(self) -> None:
        """End all sessions."""
        for key in list(self._held):
            self._drop(key)

    def _over(self, session: Session, now: float) -> bool:
        return now - session.used > IDLE_S or now - session.begun > LIFE_S

    def _drop(self, key: bytes) -> None:
        session = self._held.pop(key, None)
        for upload in session.uploads.values() if session is not None else ():
            upload.path.unlink(missing_ok=True)


SESSIONS: Final[web.AppKey[Sessions]] = web.AppKey("sessions", Sessions)


def session_of(request: web.Request) -> Session | None:
    """The session of a request's cookie."""
    secret = request.cookies.get(COOKIE, "")
    return request.app[SESSIONS].find(secret) if secret else None


def grant_of_session(request: web.Request) -> Grant:
    """What a request's cookie grants."""
    session = session_of(request)
    return NOBODY if session is None else session.grant


def set_cookie(request: web.Request, response: web.Response, secret: str) -> None:
    """Hand a session's secret to the browser, for this site's own requests only."""
    behind = request.headers.get("X-Forwarded-Proto", "") == "https"
    response.set_cookie(
        COOKIE,
        secret,
        httponly=True,
        samesite="Strict",
        secure=request.secure or behind,
        path="/",
        max_age=int(LIFE_S),
    )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
