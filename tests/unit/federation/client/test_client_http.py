"""HTTP to a node: bounded, and never where the caller didn't want to go."""

import contextlib
import json
import socket
from collections.abc import Iterator

import pytest

from federation.client import http as module
from federation.client.errors import NodeAnswerError, NodeRefusedError
from federation.client.http import Http
from federation.errors import MaillageError, MalformedError, UnknownError, UnreachableError
from tests.puppet import Puppet, Said

SECRET = "a-token-of-forty-three-characters-or-so-0000"  # noqa: S105 - nobody's
PATH = "/api/v1/datasets"


@contextlib.contextmanager
def client(url: str, *, token: str | None = None, allow_http: bool = False) -> Iterator[Http]:
    found = Http(url, token=token, allow_http=allow_http, timeout_s=2.0)
    yield found
    found.close()


def failing(puppet: Puppet, said: Said) -> MaillageError:
    puppet.answers[PATH] = said
    with client(puppet.url) as http, pytest.raises(MaillageError) as caught:
        http.json(PATH)
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "",
        "noeud.example",
        "ftp://noeud.example",
        "https://",
        "https://user:secret@noeud.example",
        "https://noeud.example/?token=1",
        "https://noeud.example/#x",
        "http://noeud.example",
        "http://192.168.1.10:8080",
        "https://[::1",
    ],
)
def test_an_address_that_may_not_be_used_is_refused(url: str):
    with pytest.raises(MalformedError) as caught:
        Http(url, token=None)
    assert caught.value.code == "url"


def test_a_token_never_goes_over_plain_http_to_another_machine():
    with pytest.raises(MalformedError, match="token") as caught:
        Http("http://192.168.1.10:8080", token=SECRET, allow_http=True)
    assert caught.value.code == "url"
    assert SECRET not in str(caught.value)
    with client("http://192.168.1.10:8080", allow_http=True) as http:
        assert http.url.startswith("http://192.168.1.10")


@pytest.mark.parametrize("token", ["", "line\nbreak", "accentué"])
def test_a_token_that_is_no_header_is_refused(token: str):
    with pytest.raises(MalformedError) as caught:
        Http("https://noeud.example", token=token)
    assert caught.value.code == "token-file"


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"])
def test_this_machine_may_be_asked_in_the_clear(url: str):
    with client(url, token=SECRET):
        pass


def test_an_answer_is_read_with_query_and_token(puppet: Puppet):
    puppet.answers[f"/mairie{PATH}"] = Said(b'{"datasets": []}')
    with client(f"{puppet.url}/mairie/", token=SECRET) as http:
        assert http.json(PATH, {"schema": "projets", "after": "a&b=c"}) == {"datasets": []}
    path, headers = puppet.asked[0]
    assert path == f"/mairie{PATH}?schema=projets&after=a%26b%3Dc"
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert headers["Accept-Encoding"] == "identity"


def test_a_proxy_is_never_asked_for_this_machine(puppet: Puppet, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    puppet.answers[PATH] = Said(b"{}")
    with client(puppet.url, token=SECRET) as http:
        assert http.json(PATH) == {}


def test_a_proxy_from_the_environment_is_asked_for_others(
    puppet: Puppet, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HTTP_PROXY", puppet.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    puppet.answers["http://noeud.example/api/v1/datasets"] = Said(b'{"by": "proxy"}')
    with client("http://noeud.example", allow_http=True) as http:
        assert http.json(PATH) == {"by": "proxy"}


def test_too_much_is_cut_off(puppet: Puppet):
    puppet.answers[PATH] = Said(b"x" * 1000)
    with client(puppet.url) as http, pytest.raises(NodeAnswerError) as caught:
        http.get(PATH, max_bytes=999)
    assert caught.value.code == "node-size"


def test_an_answer_that_takes_too_long_is_given_up(puppet: Puppet, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TOTAL_S", -1.0)
    assert failing(puppet, Said(b"{}")).code == "node-timeout"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"12", b"[" * 100_000, b"\xff"])
def test_what_is_no_object_is_no_answer(puppet: Puppet, body: bytes):
    assert failing(puppet, Said(body)).code == "node-answer"


def test_a_compressed_answer_is_refused(puppet: Puppet):
    error = failing(puppet, Said(b"{}", headers={"Content-Encoding": "gzip"}))
    assert error.code == "node-answer"


def test_a_redirect_is_followed_at_home_only(puppet: Puppet):
    puppet.answers[PATH] = Said(b"", 307, {"Location": "/moved"})
    puppet.answers["/moved"] = Said(b'{"here": 1}')
    with client(puppet.url) as http:
        assert http.json(PATH) == {"here": 1}
    for target in (
        "http://127.0.0.1:9/moved",
        "https://elsewhere.example/",
        "//elsewhere.example/",
        f"https{puppet.url.removeprefix('http')}/moved",
    ):
        assert failing(puppet, Said(b"", 302, {"Location": target})).code == "redirect"


def test_redirects_in_a_circle_end(puppet: Puppet):
    assert failing(puppet, Said(b"", 301, {"Location": PATH})).code == "redirect"
    assert len(puppet.asked) == module.REDIRECTS_MAX + 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, NodeRefusedError),
        (401, NodeRefusedError),
        (403, NodeRefusedError),
        (410, NodeRefusedError),
        (404, UnknownError),
        (429, UnreachableError),
        (500, UnreachableError),
        (503, UnreachableError),
    ],
)
def test_a_problem_is_told_in_the_nodes_words(
    puppet: Puppet, status: int, kind: type[MaillageError]
):
    body = {"code": "its-code", "detail": "what is wrong", "remedy": "what to do", "more": [1]}
    error = failing(puppet, Said(json.dumps(body).encode(), status))
    assert isinstance(error, kind)
    assert (error.code, str(error), error.remedy) == ("its-code", "what is wrong", "what to do")


@pytest.mark.parametrize("body", [b"", b"<h1>", b"[]", b'{"code": 7}', b"x" * 100_000])
def test_a_problem_in_another_form_is_told_by_its_status(puppet: Puppet, body: bytes):
    error = failing(puppet, Said(body, 403))
    assert isinstance(error, NodeRefusedError)
    assert (error.code, error.status) == ("http-403", 403)


def test_a_long_problem_is_cut(puppet: Puppet):
    body = json.dumps({"code": "c" * 1000, "detail": "d" * 1000}).encode()
    error = failing(puppet, Said(body, 400))
    assert len(str(error)) == len(error.code) == 300


def test_nobody_there_is_unreachable():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with client(f"http://127.0.0.1:{port}") as http, pytest.raises(UnreachableError) as caught:
        http.json(PATH)
    assert caught.value.code == "node-unreachable"


def test_a_stream_is_read_line_by_line(puppet: Puppet):
    stream = {"Content-Type": "text/event-stream; charset=utf-8"}
    puppet.answers["/events"] = Said(b": hello\r\nid: 1\n\ndata: \xc3\xa9", headers=stream)
    with client(puppet.url) as http, http.stream("/events", {"after": "0"}) as lines:
        assert list(lines) == [": hello", "id: 1", ""]
    assert puppet.asked[0][1]["Accept"] == "text/event-stream"


def test_what_is_no_stream_is_refused(puppet: Puppet):
    puppet.answers["/events"] = Said(b"{}")
    with client(puppet.url) as http, pytest.raises(NodeAnswerError):  # noqa: SIM117 - the context raises
        with http.stream("/events", {}):
            pass


def test_a_line_without_end_is_cut_off(puppet: Puppet):
    stream = {"Content-Type": "text/event-stream"}
    puppet.answers["/events"] = Said(b"x" * 200_000, headers=stream)
    with (
        client(puppet.url) as http,
        pytest.raises(NodeAnswerError),
        http.stream("/events", {}) as lines,
    ):
        list(lines)
