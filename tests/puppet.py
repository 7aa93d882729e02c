"""A server on the loopback that answers as a test says: a node that lies, stalls or is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx


@dataclass
class Said:
    """An answer.

    Attributes:
        body: Bytes, or what writes them piece by piece.
        status: HTTP status.
        headers: Further headers.
    """

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass
class Puppet:
    """A node that says what it is told to.

    Attributes:
        url: Of the server.
        answers: By path.
        asked: (path with query, headers) of every request.
        otherwise: Answers all other paths.
    """

    url: str
    answers: dict[str, Said | Callable[[str], Said]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    otherwise: Callable[[str], Said] = lambda _: Said(b"{}", 404)

    def stand_before(self, url: str, token: str) -> None:
        """Pass on what isn't answered here, as a node that lies in some things only."""

        def passed(path: str) -> Said:
            with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as client:
                found = client.get(url + path)
            kind = found.headers.get("Content-Type", "")
            return Said(found.content, found.status_code, {"Content-Type": kind})

        self.otherwise = passed


@contextmanager
def puppet_node() -> Iterator[Puppet]:
    """Serve while the context lasts."""
    made = Puppet("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            made.asked.append((self.path, dict(self.headers)))
            found = made.answers.get(self.path.partition("?")[0], made.otherwise)
            said = found(self.path) if callable(found) else found
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
