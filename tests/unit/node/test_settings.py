"""Settings: where they come from, what is refused, and their page."""

import json
import re
from pathlib import Path

import pytest

from federation.errors import MalformedError
from node.cli import hub_file
from node.cli.reference import NOT_SETTINGS, attributes
from node.hub.config import HubSettings, Tls, WebSocket
from node.settings import FILE_NAME, HubAddress, Settings, load_settings

TLS = Tls(Path("c"), Path("k"))
PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MAILLAGE_{name.upper()}", raising=False)


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading of the page."""
    text = PAGE.read_text(encoding="utf-8").partition(heading)[2]
    table = re.search(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    assert table is not None
    lines = table[0].strip().splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_page_lists_exactly_the_settings_with_variables_and_defaults():
    found = {row[1]: row for row in rows("## Node")}
    assert set(found) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        variable, _, default, told = found[name]
        assert variable == f"MAILLAGE_{name.upper()}"
        expected = list(field.default) if isinstance(field.default, tuple) else field.default
        assert json.loads(default) == expected
        assert told == attributes(Settings)[name]


def test_the_page_lists_exactly_what_a_hub_address_has():
    assert {row[0] for row in rows("Each of")} == set(HubAddress.model_fields)


def test_the_page_lists_exactly_the_settings_of_a_hub():
    found = {row[0]: json.loads(row[1]) for row in rows("## Exchange point")}
    assert found == hub_file.HubFile().model_dump()


def test_the_page_lists_the_commands_own_variables():
    assert {row[0] for row in rows("## Variables")} == set(NOT_SETTINGS)
    assert not {name for name in NOT_SETTINGS if name[9:].lower() in Settings.model_fields}


def test_a_hub_without_a_file_has_the_defaults(tmp_path: Path):
    assert hub_file.load(tmp_path).settings() == HubSettings()


def test_environment_over_file_over_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert load_settings(tmp_path).http_port == Settings().http_port
    (tmp_path / FILE_NAME).write_text(
        'http_port = 1\ncompose = ["fr-dep-12"]\n'
        '[[hubs]]\nname = "a"\nurl = "wss://h.example"\nread = true\n'
    )
    found = load_settings(tmp_path)
    assert (found.http_port, found.compose) == (1, ("fr-dep-12",))
    assert found.hubs == (HubAddress(name="a", url="wss://h.example", read=True),)
    monkeypatch.setenv("MAILLAGE_HTTP_PORT", "2")
    monkeypatch.setenv("MAILLAGE_HUBS", '[{"name": "b", "url": "nats://127.0.0.1:1"}]')
    changed = load_settings(tmp_path)
    assert (changed.http_port, changed.hubs[0].name) == (2, "b")
    assert load_settings(tmp_path, http_port=3).http_port == 3


@pytest.mark.parametrize(
    "text",
    [
        "http_port = 70000",
        "http_port = 'x'",
        "nothing = 1",
        "[[hubs]]\nname = 'a'",
        "[[hubs]]\nname = 'a'\nurl = 'http://h'",
        "[[hubs]]\nname = 'A'\nurl = 'nats://h'",
        "[[hubs]]\nname = 'a'\nurl = 'tls://user:password@h'",
        "[[hubs]]\nname = 'a'\nurl = 'tls://h'\nproxy = 'socks5://p'",
        "proxy = 'ftp://p'",
        "[[hubs]]\nname = 'a'\nurl = 'nats://h'\nmore = 1",
        "receipt_interval_s = 0",
        "receipt_interval_s = nan",
        "= broken",
    ],
)
def test_a_wrong_setting_is_named_with_a_remedy(tmp_path: Path, text: str):
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(MalformedError) as wrong:
        load_settings(tmp_path)
    assert wrong.value.code == "settings"
    assert "docs/settings.md" in wrong.value.remedy


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("websocket_port = 443", WebSocket(443)),
        ('websocket_port = 443\ntls_certificate = "c"\ntls_key = "k"', WebSocket(443, tls=TLS)),
        (
            'host = "0.0.0.0"\nwebsocket_port = 443\ntls_certificate = "c"\ntls_key = "k"',
            WebSocket(443, "0.0.0.0", TLS),  # noqa: S104
        ),
        (
            'host = "0.0.0.0"\nwebsocket_port = 80\nwebsocket_behind_tls = true',
            WebSocket(80, "0.0.0.0"),  # noqa: S104
        ),
        (
            'host = "0.0.0.0"\nwebsocket_port = 80\nwebsocket_host = "127.0.0.1"',
            WebSocket(80, "127.0.0.1"),
        ),
        ("", None),
    ],
)
def test_the_second_listener_of_a_hub(tmp_path: Path, text: str, settings: WebSocket | None):
    (tmp_path / hub_file.FILE_NAME).write_text(text)
    assert hub_file.load(tmp_path).settings().websocket == settings
    kept = hub_file.load(tmp_path)
    hub_file.save(tmp_path, kept)
    assert hub_file.load(tmp_path) == kept


def test_no_secret_stands_in_what_is_said_of_settings(tmp_path: Path):
    (tmp_path / FILE_NAME).write_text("proxy = 'http://user:geheim@h'")
    assert "geheim" not in repr(load_settings(tmp_path))
    for text in (
        "[[hubs]]\nname = 'a'\nurl = 'tls://user:geheim@h'",
        "proxy = 'socks5://user:geheim@h'",
        "[[hubs]]\nname = 'a'\nurl = 'tls://h'\nproxy = 'http://user:geheim@:0'",
    ):
        (tmp_path / FILE_NAME).write_text(text)
        with pytest.raises(MalformedError) as wrong:
            load_settings(tmp_path)
        assert "geheim" not in str(wrong.value) + wrong.value.remedy


def test_a_wrong_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MAILLAGE_BATCH_MESSAGES", "0")
    with pytest.raises(MalformedError, match="batch_messages"):
        load_settings(tmp_path)
    monkeypatch.setenv("MAILLAGE_HUBS", "not json")
    monkeypatch.delenv("MAILLAGE_BATCH_MESSAGES")
    with pytest.raises(MalformedError) as wrong:
        load_settings(tmp_path)
    assert wrong.value.code == "settings"


def test_variables_of_the_command_are_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in NOT_SETTINGS:
        monkeypatch.setenv(name, "en")
    assert load_settings(tmp_path).model_dump() == Settings().model_dump()


def test_what_a_hub_was_given_is_kept_and_can_be_edited(tmp_path: Path):
    chosen = hub_file.load(tmp_path, hub_id="aveyron", port=0, tls_certificate='a"\\b', tls_key="k")
    path = hub_file.save(tmp_path, chosen)
    assert hub_file.load(tmp_path) == chosen
    path.write_text(path.read_text().replace("port = 0", "port = 4333"))
    assert hub_file.load(tmp_path).port == 4333
    assert hub_file.load(tmp_path, port=1, host=None).port == 1


@pytest.mark.parametrize(
    "text",
    [
        "port = 70000",
        "nothing = 1",
        'hub_id = "Ä"',
        'host = "0.0.0.0"\nwebsocket_port = 443',
        'websocket_host = "0.0.0.0"\nwebsocket_port = 443',
        "websocket_port = -1",
        'websocket_behind_tls = "perhaps"',
        'tls_certificate = "a"',
        "max_file_bytes = 1048576",
        "= broken",
    ],
)
def test_a_wrong_setting_of_a_hub_is_named(tmp_path: Path, text: str):
    (tmp_path / hub_file.FILE_NAME).write_text(text)
    with pytest.raises(MalformedError) as wrong:
        hub_file.load(tmp_path)
    assert wrong.value.code == "hub-settings"
