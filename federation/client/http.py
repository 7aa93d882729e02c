"""HTTP to one node, for reading only: bounded, and never where the caller didn't want to go.

- https, or http to this very machine; plain http to others only where the caller allows it, and
  then without a token.
- A redirect is followed within the node's own origin only.
- Sizes and times are bounded; compressed answers are refused, as they unpack to any size.

Proxies and certificate authorities come from the environment (`HTTPS_PROXY`, `NO_PROXY`,
`SSL_CERT_FILE`, `SSL_CERT_DIR`); for this very machine no proxy is asked.
"""

import contextlib
import ipaddress
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx

from federation.client.errors import NodeAnswerError, NodeRefusedError
from federation.client.limits import ANSWER_MAX_BYTES, EVENT_MAX_BYTES, PROBLEM_MAX_BYTES
from federation.errors import MalformedError, UnknownError, UnreachableError

REDIRECTS_MAX: Final = 3
TOTAL_S: Final = 900.0
"""Longest time for one answer: a node that sends a byte a second doesn't hold a client for ever."""

SILENCE_S: Final = 45.0
"""A stream that says nothing for three heartbeats is dead."""

_CHUNK_BYTES: Final = 64 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BUSY: Final = frozenset({429, 500, 502, 503, 504, 507})
_TEXT_MAX_CHARS: Final = 300


class Http:
    """One node's HTTP interface."""

    def __init__(
        self, url: str, *, token: str | None, allow_http: bool = False, timeout_s: float = 30.0
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            url: Of the node, such as `https://noeud.example`; a path before `/api` may follow.
            token: Bearer token, if the node gave one.
            allow_http: Speak plain http to another machine. What is read is signed and can't be
                forged on the way, but it can be seen.
            timeout_s: For a connection, and between two pieces of an answer.

        Raises:
            MalformedError: `url`: it isn't one that may be used.
        """
        self._base: Final = _checked(url, token=token, allow_http=allow_http)
        headers = {"Accept-Encoding": "identity", "User-Agent": "maillage-client"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._client: Final = httpx.Client(
            headers=headers,
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=not _is_loopback(self._base.host),
        )

    @property
    def url(self) -> str:
        """The node's address."""
        return str(self._base)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def get(
        self,
        path: str,
        parameters: Mapping[str, str] | None = None,
        *,
        accept: str = "application/json",
        max_bytes: int = ANSWER_MAX_BYTES,
    ) -> bytes:
        """Read an answer.

        Args:
            path: Such as `/api/v1/datasets`.
            parameters: Of the query.
            accept: Media type.
            max_bytes: Of the body.

        Raises:
            UnreachableError: `node-unreachable`, `node-timeout`, `node-tls`, or the node's own
                code while it is busy.
            NodeRefusedError: With the node's own code.
            UnknownError: The node has no such thing; with its own code.
            NodeAnswerError: `node-answer`, `node-size`, `redirect`.
        """
        until = time.monotonic() + TOTAL_S
        with self._asked(path, parameters or {}, {"Accept": accept}) as response:
            found = bytearray()
            for chunk in response.iter_raw(_CHUNK_BYTES):
                found += chunk
                if len(found) > max_bytes:
                    raise NodeAnswerError(
                        f"{path}: more than {max_bytes} bytes",
                        code="node-size",
                        remedy="ask for less at once: a shorter period, a smaller territory",
                    )
                if time.monotonic() > until:
                    raise UnreachableError(
                        f"{path}: not sent in {TOTAL_S:.0f} s", code="node-timeout"
                    )
            return bytes(found)

    def json(self, path: str, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read an answer that is a JSON object.

        Raises:
            NodeAnswerError: `node-answer`; and as `get`.
        """
        try:
            found = json.loads(self.get(path, parameters))
        except (ValueError, RecursionError) as error:
            raise _no_answer(f"{path}: not JSON") from error
        if not isinstance(found, dict):
            raise _no_answer(f"{path}: not a JSON object")
        return found

    @contextlib.contextmanager
    def stream(self, path: str, parameters: Mapping[str, str]) -> Iterator[Iterator[str]]:
        """Open a stream of server-sent events, and read its lines while the context lasts.

        Raises:
            UnreachableError: It broke, or was silent for `SILENCE_S`.
            NodeAnswerError: `node-answer`: it isn't such a stream.
        """
        headers = {"Accept": "text/event-stream"}
        with self._asked(path, parameters, headers, timeout_s=SILENCE_S) as response:
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
            if kind != "text/event-stream":
                raise _no_answer(f"{path}: not a stream of events")
            yield _lines(response, path)

    @contextlib.contextmanager
    def _asked(
        self,
        path: str,
        parameters: Mapping[str, str],
        headers: Mapping[str, str],
        *,
        timeout_s: float | None = None,
    ) -> Iterator[httpx.Response]:
        """An answer whose status is a success, its body not yet read."""
        url = self._base.copy_with(path=self._base.path.rstrip("/") + path)
        url = url.copy_merge_params(dict(parameters))
        try:
            for _ in range(REDIRECTS_MAX + 1):
                request = self._client.build_request("GET", url, headers=dict(headers))
                if timeout_s is not None:
                    request.extensions["timeout"] |= {"read": timeout_s}
                response = self._client.send(request, stream=True)
                try:
                    if response.status_code in _REDIRECTS:
                        url = self._redirected(url, response)
                        continue
                    _require_success(path, response)
                    yield response
                    return
                finally:
                    response.close()
        except httpx.TimeoutException as error:
            raise UnreachableError(
                f"{self._base.host}: no answer in time", code="node-timeout", remedy=_LATER
            ) from error
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        raise _redirect(f"{path}: more than {REDIRECTS_MAX} redirects")

    def _redirected(self, url: httpx.URL, response: httpx.Response) -> httpx.URL:
        try:
            target = url.join(response.headers.get("Location", ""))
        except httpx.InvalidURL as error:
            raise _redirect("a redirect to nowhere") from error
        if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
            raise _redirect(f"a redirect to another place: {str(target)[:_TEXT_MAX_CHARS]}")
        return target

    def _unreachable(self, error: httpx.HTTPError) -> UnreachableError:
        told = f"{self._base.host}: {error}"[:_TEXT_MAX_CHARS]
        if "CERTIFICATE" in str(error).upper():
            return UnreachableError(
                told,
                code="node-tls",
                remedy="name the authority's file in SSL_CERT_FILE, or mend the certificate",
            )
        return UnreachableError(told, code="node-unreachable", remedy=_LATER)


_LATER: Final = "check the address, the proxy (HTTPS_PROXY) and whether the node is in service"


def _checked(url: str, *, token: str | None, allow_http: bool) -> httpx.URL:
    remedy = "write for example https://noeud.example"
    try:
        found = httpx.URL(url.strip())
    except (httpx.InvalidURL, TypeError) as error:
        raise MalformedError(f"{url[:80]!r} is no address", code="url", remedy=remedy) from error
    if found.scheme not in ("http", "https") or not found.host:
        raise MalformedError(f"{url[:80]!r} is no http address", code="url", remedy=remedy)
    if found.userinfo or found.query or found.fragment:
        raise MalformedError(
            f"{found.host}: an address without password, query and fragment is needed",
            code="url",
            remedy="give the token as token",
        )
    if found.scheme == "http" and not _is_loopback(found.host):
        if token is not None:
            raise MalformedError(
                f"{found.host}: a token isn't sent over plain http",
                code="url",
                remedy="use https, or no token",
            )
        if not allow_http:
            raise MalformedError(
                f"{found.host}: plain http to another machine",
                code="url",
                remedy="use https, or allow_http=True (--allow-http)",
            )
    if token is not None and not (token.isascii() and token.isprintable() and token):
        raise MalformedError("the token is no text of a header", code="token-file")
    return found


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require_success(path: str, response: httpx.Response) -> None:
    status = response.status_code
    if status == httpx.codes.OK:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise _no_answer(f"{path}: a compressed answer")
        return
    problem = _problem(response)
    code, told = problem.get("code") or f"http-{status}", problem.get("detail") or f"HTTP {status}"
    remedy = problem.get("remedy", "")
    if status in _BUSY:
        raise UnreachableError(told, code=code, remedy=remedy or "try again later")
    if status == httpx.codes.NOT_FOUND:
        raise UnknownError(told, code=code, remedy=remedy)
    raise NodeRefusedError(told, code=code, remedy=remedy, status=status)


def _problem(response: httpx.Response) -> dict[str, str]:
    """Code, detail and remedy of a problem document, as far as it is one; bounded texts."""
    found = bytearray()
    for chunk in response.iter_raw(_CHUNK_BYTES):
        found += chunk
        if len(found) > PROBLEM_MAX_BYTES:
            return {}
    try:
        said = json.loads(found)
    except (ValueError, RecursionError):
        return {}
    members = said.items() if isinstance(said, dict) else ()
    return {
        name: value[:_TEXT_MAX_CHARS]
        for name, value in members
        if name in ("code", "detail", "remedy") and isinstance(value, str)
    }


def _lines(response: httpx.Response, path: str) -> Iterator[str]:
    rest = b""
    for chunk in response.iter_raw():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.rstrip(b"\r").decode("utf-8", errors="replace")
        if len(rest) > EVENT_MAX_BYTES:
            raise _no_answer(f"{path}: a line of more than {EVENT_MAX_BYTES} bytes")


def _no_answer(told: str) -> NodeAnswerError:
    return NodeAnswerError(
        told, code="node-answer", remedy="check that the address is that of a Maillage node"
    )


def _redirect(told: str) -> NodeAnswerError:
    return NodeAnswerError(told, code="redirect", remedy="give the address that the node has now")
