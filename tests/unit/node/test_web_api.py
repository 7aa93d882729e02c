"""The HTTP interface on a real server: every path, every refusal, one form of error."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cli_world import BAD_CSV, GOOD_CSV
from web_world import ARVIEU, PUBLISH, Answered, Site, site_of

from federation.errors import LimitError, StateError, TrustError
from node.cli.schemata import schemas_json
from node.link.errors import HubUnreachableError
from node.store.errors import ErasedContentError, StoreBusyError, StoreError, UnknownRowError
from node.web.api import ENDPOINTS
from node.web.api.basic import SUFFIXES
from node.web.app import create_app
from schemas.catalogue import bundled

ROUTES = {one.path: one.method for one in ENDPOINTS} | {
    "/openapi.json": "GET",
    "/api/v1/webhooks/ttn": "POST",
    "/healthz": "GET",
}
MEMBERS = {"type", "title", "status", "code", "detail", "remedy"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with site_of(tmp_path / "node", upload_max_bytes=64 * 1024) as found:
        yield found


def refused(answer: Answered, status: int, code: str) -> None:
    """The answer is a problem of the one form, with its headers."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status, answer.json["code"]) == (status, code)
    assert set(answer.json) >= MEMBERS
    assert answer.json["status"] == status
    assert answer.json["detail"]
    guarded(answer)


def guarded(answer: Answered) -> None:
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Server"] == "maillage"
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


# -- publishing --------------------------------------------------------------------------------


async def test_a_good_file_is_taken(site: Site):
    answer = await site.post(GOOD_CSV.encode())
    assert answer.status == 202
    guarded(answer)
    assert answer.json["dataset"] == f"{ARVIEU}/comptage-mobilites"
    assert (answer.json["mode"], answer.json["rows"]) == ("append", 3)
    assert isinstance(answer.json["draft"], int)
    assert answer.json["report"]["valid"] is True


@pytest.mark.parametrize("media", sorted(SUFFIXES))
async def test_every_media_type_is_read_as_what_it_says(site: Site, media: str):
    rows = [
        {"channel_id": "C1", "start_datetime": f"2026-03-01T0{hour}:00:00+01:00", "count": hour}
        for hour in (1, 2)
    ]
    bodies = {
        "text/csv": GOOD_CSV,
        "application/json": json.dumps(rows),
        "application/x-ndjson": "\n".join(map(json.dumps, rows)),
    }
    answer = await site.post(bodies[media].encode(), f"{media}; charset=utf-8", PUBLISH + "?slug=a")
    assert answer.status == 202, answer.json


async def test_what_is_no_json_is_told_whatever_it_is_called(site: Site):
    wrong = await site.post(GOOD_CSV.encode(), "application/json")
    refused(wrong, 422, "invalid")


async def test_json_called_csv_is_read_as_json_and_that_is_said(site: Site):
    row = {"channel_id": "C1", "start_datetime": "2026-03-01T01:00:00+01:00", "count": 1}
    answer = await site.post(json.dumps([row]).encode(), "text/csv")
    assert answer.status == 202
    assert any("JSON" in note["text"] for note in answer.json["notes"])


async def test_a_bad_file_is_answered_with_the_report(site: Site):
    answer = await site.post(BAD_CSV.encode(), headers={"Accept-Language": "en-GB, fr"})
    refused(answer, 422, "invalid")
    (fault,) = answer.json["report"]["faults"]
    assert (fault["row"], fault["column"], fault["value"]) == (3, "count", "trente")
    french = await site.post(BAD_CSV.encode())
    assert french.json["report"]["faults"][0]["message"] != fault["message"]
    assert site.node.status(0).to_json()["draftsReady"] == {}


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "a.json", "a\x00b", "é" * 150, "C:\\x.csv"]
)
async def test_a_file_name_is_a_name_only(site: Site, name: str):
    answer = await site.ask(
        "POST",
        PUBLISH,
        params={"filename": name},
        data=GOOD_CSV.encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status == 202


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/datasets/fr-com-12253/comptage-mobilites/publications", 404, "participant"),
        (f"/api/v1/datasets/{ARVIEU}/nothing/publications", 404, "schema"),
        (PUBLISH + "?slug=Not%20good", 400, "name"),
        (PUBLISH + "?more=1", 400, "parameter"),
        (PUBLISH + "?slug=a&slug=b", 400, "parameter"),
        (PUBLISH + "?filename=" + "x" * 300, 400, "parameter"),
    ],
)
async def test_published_under_a_wrong_name(site: Site, path: str, status: int, code: str):
    refused(await site.post(GOOD_CSV.encode(), path=path), status, code)


@pytest.mark.parametrize(
    "media", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense"]
)
async def test_other_media_types_are_refused(site: Site, media: str):
    answer = await site.post(GOOD_CSV.encode(), media)
    refused(answer, 415, "media-type")
    assert answer.headers["Accept-Post"] == "text/csv, application/json, application/x-ndjson"


async def test_json_in_another_encoding_is_refused(site: Site):
    refused(await site.post(b"[]", "application/json; charset=latin-1"), 415, "media-type")


async def test_an_empty_body(site: Site):
    refused(await site.post(b""), 400, "upload-empty")


async def test_a_body_too_large_by_its_length(site: Site):
    refused(await site.post(b"x" * (64 * 1024 + 1)), 413, "upload-size")


async def test_a_body_too_large_that_says_nothing_of_it(site: Site):
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 4096

    refused(await site.post(chunks()), 413, "upload-size")


async def test_a_compressed_body_is_not_unpacked(site: Site):
    bomb = gzip.compress(b"0" * 50_000_000)
    answer = await site.post(bomb, headers={"Content-Encoding": "gzip"})
    refused(answer, 415, "upload-encoding")


async def test_many_at_once_are_all_answered(site: Site):
    answers = await asyncio.gather(
        *(site.post(GOOD_CSV.encode(), path=f"{PUBLISH}?slug=s{number}") for number in range(8))
    )
    assert [one.status for one in answers] == [202] * 8
    assert len({one.json["draft"] for one in answers}) == 8


# -- looking -----------------------------------------------------------------------------------


async def test_health_says_nothing_but_that(site: Site):
    answer = await site.get("/healthz", token=None)
    assert (answer.status, answer.json) == (200, {"status": "ok"})
    guarded(answer)


async def test_status(site: Site):
    answer = await site.get("/api/v1/status")
    assert answer.status == 200
    assert answer.json["participants"] == [ARVIEU]


async def test_schemas(site: Site):
    answer = await site.get("/api/v1/schemas")
    assert answer.json == {"schemas": schemas_json(bundled())}


async def test_view(site: Site):
    asked = f"territory={ARVIEU}&measure=comptage-mobilites.count"
    answer = await site.get(f"/api/v1/view?{asked}&window=month")
    assert answer.status == 200
    assert (answer.json["territory"]["id"], answer.json["window"]) == (ARVIEU, "month")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "parameter"),
        (f"territory={ARVIEU}", 400, "parameter"),
        (f"territory={ARVIEU}&measure=comptage-mobilites.count&x=1", 400, "parameter"),
        (f"territory={ARVIEU}&measure=comptage-mobilites.count&window=week", 400, "parameter"),
        (f"territory={ARVIEU}&measure=comptage-mobilites.count&start=demain", 400, "window"),
        (f"territory={ARVIEU}&measure=nothing", 404, "measure"),
        ("territory=fr-com-99999&measure=comptage-mobilites.count", 404, "territory-unknown"),
        ("territory=nowhere&measure=comptage-mobilites.count", 404, "territory-form"),
    ],
)
async def test_view_of_nothing_known(site: Site, query: str, status: int, code: str):
    refused(await site.get(f"/api/v1/view?{query}"), status, code)


# -- the form of errors ------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/no", "/api", "/api/v1", "/api/v2/status", "/api/v1/status/"])
async def test_unknown_paths(site: Site, path: str):
    refused(await site.get(path), 404, "path")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", PUBLISH, "OPTIONS, POST"),
        ("POST", "/api/v1/status", "GET, HEAD, OPTIONS"),
        ("DELETE", "/api/v1/view", "GET, HEAD, OPTIONS"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
async def test_other_methods(site: Site, method: str, path: str, allowed: str):
    answer = await site.ask(method, path)
    refused(answer, 405, "method")
    assert answer.headers["Allow"] == allowed


async def test_options_says_what_a_path_answers(site: Site):
    for path, allowed in (("/api/v1/view", "GET, HEAD, OPTIONS"), (PUBLISH, "OPTIONS, POST")):
        answer = await site.ask("OPTIONS", path, token=None)
        assert (answer.status, answer.headers["Allow"], answer.body) == (204, allowed, b"")
        guarded(answer)


async def test_head_is_get_without_its_body(site: Site):
    for path in ("/api/v1/schemas", "/api/v1/datasets", "/openapi.json", "/api/v1/events"):
        answer = await site.ask("HEAD", path, token=None)
        assert (answer.status, answer.body) == (200, b"")
    refused_one = await site.ask("HEAD", "/api/v1/status", token=None)
    assert refused_one.status == 401


async def test_no_page_of_another_origin_gets_leave(site: Site):
    answer = await site.get("/api/v1/status", headers={"Origin": "https://elsewhere.example"})
    guarded(answer)
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    guarded(await site.ask("OPTIONS", PUBLISH, headers=asked))


async def test_a_fault_of_the_program_says_nothing_of_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail(_now_us: int) -> None:
        raise RuntimeError(site.token)

    monkeypatch.setattr(site.node, "status", fail)
    answer = await site.get("/api/v1/status")
    refused(answer, 500, "unexpected")
    assert set(answer.json) == MEMBERS
    assert site.token.encode() not in answer.body
    assert "RuntimeError" in answer.json["detail"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StoreBusyError("x", code="store-busy"), 503),
        (StoreError("x", code="store-failed"), 507),
        (ErasedContentError("x", code="content-erased"), 410),
        (UnknownRowError("x", code="content-unknown"), 404),
        (HubUnreachableError("x", code="hub-unreachable"), 503),
        (StateError("x", code="fork"), 409),
        (TrustError("x", code="signature"), 403),
        (LimitError("x", code="content-size"), 413),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_every_error_of_the_project_has_its_status(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
):
    def fail(_now_us: int) -> None:
        raise error

    monkeypatch.setattr(site.node, "status", fail)
    answer = await site.get("/api/v1/status")
    refused(answer, status, error.code)  # type: ignore[attr-defined]  # all of these have one
    assert ("Retry-After" in answer.headers) == (status == 503)


async def test_these_are_all_paths(site: Site):
    found = create_app(site.node).router.resources()
    programs = ("/api", "/healthz", "/openapi")  # the rest are pages
    paths = {one.canonical for one in found}
    assert {one for one in paths if one.startswith(programs)} == set(ROUTES)


@pytest.mark.parametrize("path", sorted(ROUTES))
def test_the_page_lists_every_path(path: str):
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
    assert f"`{ROUTES[path]} {path}`" in page
