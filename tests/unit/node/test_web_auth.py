"""The bearer token: needed everywhere but one path, compared by its hash, refused when weak."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_world import ARVIEU, PUBLISH, Site, site_of

from federation.errors import MalformedError
from node.clock import now_us
from node.node import Node
from node.web.app import create_app
from node.web.auth import Tokens

TOKEN = "t" * 43


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with site_of(tmp_path / "node") as found:
        yield found


@pytest.mark.parametrize("path", ["/api/v1/status", "/api/v1/status?x=1"])
async def test_without_a_token_nothing_is_said(site: Site, path: str):
    answer = await site.get(path, token=None)
    assert (answer.status, answer.json["code"]) == (401, "token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="maillage"'


async def test_without_a_token_a_body_is_not_read(site: Site):
    answer = await site.post(io.BytesIO(b"x" * 10_000_000), token=None)
    assert answer.status == 401
    assert site.node.status(0).to_json()["draftsReady"] == {}


async def test_a_wrong_token(site: Site):
    answer = await site.get("/api/v1/status", token="x" * 43)
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert "x" * 43 not in answer.body.decode()


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
async def test_another_scheme(site: Site, scheme: str):
    headers = {"Authorization": f"{scheme} {site.token}".strip()}
    assert (await site.get("/api/v1/status", token=None, headers=headers)).status == 401


async def test_the_scheme_in_any_case(site: Site):
    headers = {"Authorization": f"bEARER {site.token}"}
    assert (await site.get("/api/v1/status", token=None, headers=headers)).status == 200


async def test_a_token_in_the_query_is_none(site: Site):
    answer = await site.get(f"/api/v1/status?access_token={site.token}", token=None)
    assert answer.status == 401


async def test_publishing_needs_it_too(site: Site):
    answer = await site.post(b"a", path=PUBLISH, token="y" * 43)
    assert answer.status == 401


def test_the_token_is_kept_as_a_hash_only():
    kept = Tokens(TOKEN)
    assert TOKEN not in repr(vars(kept))
    assert TOKEN.encode() not in vars(kept)["_digest"]


@given(value=st.one_of(st.none(), st.text(max_size=600)))
def test_no_other_header_is_admitted(value: str | None):
    assert not Tokens(TOKEN).admits(value) or (value or "").lower() == f"bearer {TOKEN}"


def test_admitted():
    assert Tokens(TOKEN).admits(f"Bearer {TOKEN}")
    assert not Tokens(TOKEN).admits(f"Bearer  {TOKEN}")
    assert not Tokens(TOKEN).admits(f"Bearer {TOKEN} ")
    assert not Tokens(TOKEN).admits(TOKEN)


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o622])
def test_a_token_that_others_may_read_stops_the_start(tmp_path: Path, bits: int):
    Node.init(tmp_path, [ARVIEU], now_us=now_us())
    (tmp_path / "token").chmod(bits)
    node = Node.open(tmp_path)
    try:
        with pytest.raises(MalformedError) as refused:
            create_app(node)
    finally:
        node.close()
    assert refused.value.code == "token-file"


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 43, b"x" * 600, b"a\x00" * 30])
def test_a_weak_or_damaged_token_stops_the_start(tmp_path: Path, content: bytes):
    path = tmp_path / "token"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(MalformedError) as refused:
        Tokens.of(tmp_path)
    assert refused.value.code == "token-file"


def test_a_missing_token_stops_the_start(tmp_path: Path):
    with pytest.raises(MalformedError):
        Tokens.of(tmp_path)
