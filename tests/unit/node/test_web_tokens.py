"""Tokens with scopes: what each opens and nothing else, kept as hashes, gone when removed."""

import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_world import ARVIEU, COUNTS, SEGUR, Town, hours, town_of
from cli_world import GOOD_CSV, Maillage

from federation.errors import LimitError, MalformedError, UnknownError
from node.web import auth
from node.web.auth import PREFIX, TOKENS_FILE, Tokens
from node.web.scopes import Scope

CREATED = "2026-01-01T00:00:00Z"
NOW = 1_774_000_000_000_000


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_of(tmp_path / "node") as found:
        yield found


def made(town: Town, scope: Scope, **more: object) -> str:
    token, _ = auth.add(
        town.node.data_dir,
        scope=scope,
        name=f"{scope} token",
        created=CREATED,
        **more,  # type: ignore[arg-type]  # handed through
    )
    return token


def publish_path(participant: str) -> str:
    return f"/api/v1/datasets/{participant}/{COUNTS}/publications"


async def test_each_scope_opens_what_it_says(town: Town):
    town.publish(ARVIEU, hours(1), sharing=town.federation())
    dataset = f"/api/v1/datasets/{ARVIEU}/{COUNTS}"
    asked = {
        "status": lambda token: town.get("/api/v1/status", token=token),
        "rows": lambda token: town.get(f"{dataset}/rows", token=token),
        "publish": lambda token: town.post(
            GOOD_CSV.encode(), path=f"{publish_path(SEGUR)}", token=token
        ),
        "open": lambda token: town.get("/api/v1/datasets", token=token),
    }
    wanted = {
        Scope.READ: {"status": 200, "rows": 200, "publish": 403, "open": 200},
        Scope.PUBLISH: {"status": 200, "rows": 200, "publish": 202, "open": 200},
        Scope.DEVICES: {"status": 403, "rows": 403, "publish": 403, "open": 200},
    }
    for scope, statuses in wanted.items():
        token = made(town, scope)
        assert {name: (await ask(token)).status for name, ask in asked.items()} == statuses
    refused = await asked["status"](made(town, Scope.DEVICES))
    assert refused.json["code"] == "scope"
    assert 'scope="read"' in refused.headers["WWW-Authenticate"]


async def test_a_token_for_one_body_publishes_for_no_other(town: Town):
    token = made(town, Scope.PUBLISH, participants=(ARVIEU,))
    mine = await town.post(GOOD_CSV.encode(), path=publish_path(ARVIEU), token=token)
    assert mine.status == 202
    other = await town.post(GOOD_CSV.encode(), path=publish_path(SEGUR), token=token)
    assert (other.status, other.json["code"]) == (403, "participant")
    assert ARVIEU in other.json["remedy"]
    assert town.node.status(0).to_json()["draftsReady"] == {ARVIEU: 1}


async def test_a_running_node_takes_changes_at_once(town: Town):
    path = "/api/v1/status"
    assert (await town.get(path, token=PREFIX + "x" * 43)).status == 401
    token = made(town, Scope.READ)
    assert (await town.get(path, token=token)).status == 200
    auth.remove(town.node.data_dir, "read token")
    gone = await town.get(path, token=token)
    assert (gone.status, gone.json["code"]) == (401, "token")
    assert 'error="invalid_token"' in gone.headers["WWW-Authenticate"]
    # a wrong token isn't taken for none, even where none is needed
    assert (await town.get("/api/v1/datasets", token=token)).status == 401


async def test_what_has_expired_counts_no_more(town: Town):
    old = made(town, Scope.READ, expires="2026-01-02T00:00:00Z")
    later = made(town, Scope.READ, expires="2999-01-01T00:00:00Z")
    assert (await town.get("/api/v1/status", token=old)).status == 401
    assert (await town.get("/api/v1/status", token=later)).status == 200


async def test_a_damaged_file_lets_only_the_administrator_in(town: Town):
    token = made(town, Scope.READ)
    file = town.node.data_dir / TOKENS_FILE
    file.write_text("{")
    answer = await town.get("/api/v1/status", token=token)
    assert (answer.status, answer.json["code"]) == (500, "token-file")
    assert (await town.get("/api/v1/status")).status == 200  # the administrator's is another file
    assert (await town.get("/api/v1/datasets", token=None)).status == 200


# -- the file ----------------------------------------------------------------------------------


def test_only_hashes_are_kept_and_nobody_else_reads_them(tmp_path: Path):
    token, entry = auth.add(tmp_path, scope=Scope.READ, name="Préfecture", created=CREATED)
    file = tmp_path / TOKENS_FILE
    text = file.read_text()
    assert token.removeprefix(PREFIX) not in text
    assert entry.sha256 in text
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(token) == len(PREFIX) + 43
    assert [one.name for one in tmp_path.iterdir()] == [TOKENS_FILE]
    file.chmod(0o640)
    with pytest.raises(MalformedError, match="others"):
        auth.listed(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        '{"tokens": 1}',
        '{"tokens": [{}]}',
        '{"tokens": [1]}',
        "\ud800".encode("utf-16", "surrogatepass").decode("latin-1"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(tmp_path: Path, content: str):
    file = tmp_path / TOKENS_FILE
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(MalformedError) as caught:
        Tokens("t" * 43, file).grant("x", NOW)
    assert caught.value.code == "token-file"


def test_tokens_added_together_are_all_there(tmp_path: Path):
    def work(number: int) -> None:
        for one in range(5):
            auth.add(tmp_path, scope=Scope.READ, name=f"{number}.{one}", created=CREATED)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.name for one in auth.listed(tmp_path)}) == 20


def test_removing_by_id_or_by_a_name_that_is_one_tokens(tmp_path: Path):
    entries = [
        auth.add(tmp_path, scope=Scope.READ, name=name, created=CREATED)[1]
        for name in ("a", "b", "b")
    ]
    for which in ("b", "c", ""):
        with pytest.raises(UnknownError):
            auth.remove(tmp_path, which)
    assert auth.remove(tmp_path, entries[1].id) == entries[1]
    assert auth.remove(tmp_path, "b") == entries[2]
    assert auth.listed(tmp_path) == (entries[0],)


def test_there_is_an_end_to_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(auth, "TOKENS_MAX", 1)
    auth.add(tmp_path, scope=Scope.READ, name="a", created=CREATED)
    with pytest.raises(LimitError):
        auth.add(tmp_path, scope=Scope.READ, name="b", created=CREATED)
    with pytest.raises(MalformedError):
        auth.add(tmp_path, scope=Scope.READ, name="", created=CREATED)


# -- the command -------------------------------------------------------------------------------


def test_the_command_adds_lists_and_removes(maillage: Maillage):
    maillage.init()
    data = ("--data", maillage.data)
    added = maillage(
        "token", "add", "--scope", "publish", "--name", "CI", "--participant", ARVIEU, *data
    )
    assert (added.status, added.out[:4]) == (0, PREFIX)
    assert "une fois" in added.err
    token = added.out.strip()
    grant = Tokens.of(maillage.data).grant(token, NOW)
    assert grant is not None
    assert grant.publishes_for(ARVIEU)
    assert not grant.publishes_for(SEGUR)
    until = maillage(
        "token",
        "add",
        "--scope",
        "read",
        "--name",
        "=x",
        "--expires",
        "2027-01-31",
        "--json",
        *data,
    )
    assert until.json["expires"] == "2027-02-01T00:00:00Z"
    shown = maillage("token", "list", *data)
    assert "CI" in shown.out
    assert token not in shown.out
    told = maillage("token", "list", "--json", *data).json["tokens"]
    assert [one["scope"] for one in told] == ["publish", "read"]
    assert "sha256" not in json.dumps(told)
    assert maillage("token", "remove", told[0]["id"], *data).status == 0
    assert Tokens.of(maillage.data).grant(token, NOW) is None
    assert maillage("token", "remove", "CI", *data).status != 0


@pytest.mark.parametrize(
    "more",
    [
        ("--scope", "admin"),
        ("--scope", "everything"),
        ("--scope", "read", "--expires", "tomorrow"),
        ("--scope", "read", "--expires", "9999-12-31"),
        ("--scope", "read", "--participant", ARVIEU),
    ],
)
def test_wrong_use_makes_no_token(maillage: Maillage, more: tuple[str, ...]):
    maillage.init()
    answer = maillage("token", "add", "--name", "x", *more, "--data", maillage.data)
    assert answer.status == 2
    assert not (maillage.data / TOKENS_FILE).exists()


def test_a_body_that_isnt_here_gets_no_token(maillage: Maillage):
    maillage.init()
    answer = maillage(
        *("token", "add", "--scope", "publish", "--name", "x", "--participant", SEGUR),
        *("--data", maillage.data),
    )
    assert answer.status == 2
    assert "participant" in answer.err
    assert not (maillage.data / TOKENS_FILE).exists()
    assert maillage("token", "list", "--data", maillage.folder / "nowhere").status != 0
