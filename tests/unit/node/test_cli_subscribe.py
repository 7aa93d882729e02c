"""`maillage subscribe`: what is shown, remembered, refused; against a real node."""

import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import Maillage

from tests.puppet import Puppet, Said, puppet_node
from tests.served import ARVIEU, COUNTS, SEGUR, Served, hours, served


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "served", port=free_port()) as found:
        found.publish(ARVIEU, hours(2, value=5))
        found.publish(SEGUR, hours(1, value=7), origin="simulated")
        yield found


@pytest.fixture
def asked(site: Served) -> list[object]:
    return ["subscribe", "--url", site.url, "--trust", site.charter, "--once"]


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_table_says_who_signed_what(maillage: Maillage, asked: list[object]):
    answer = maillage(*asked)
    assert answer.status == 0
    heading, first, second = answer.out.splitlines()
    assert heading.split() == ["Reçue", "Jeu", "de", "données", "Place", "Lignes", "État"]
    assert f"{ARVIEU}/{COUNTS}" in first
    assert "1/1" in first
    assert f"signée par {ARVIEU}" in first
    assert "SIMULÉE" in second
    assert "2 publications, dont 0 non vérifiées" in answer.err


def test_rows_are_shown_when_asked(maillage: Maillage, asked: list[object]):
    answer = maillage(*asked, "--rows", "--lang", "en")
    assert "codgeo" in answer.out
    assert "Ségur" in answer.out
    assert "signed by" in answer.out


def test_json_lines_for_programs(maillage: Maillage, asked: list[object]):
    found = events(maillage(*asked, "--json", "--rows").out)
    assert [one["dataset"] for one in found] == [f"{ARVIEU}/{COUNTS}", f"{SEGUR}/{COUNTS}"]
    assert all(one["verified"] for one in found)
    assert [one["simulated"] for one in found] == [False, True]
    row = found[0]["rows"][0]
    assert (row["codgeo"], row["count"]) == ("12011", "5")
    assert row["start_datetime"] == "2026-03-01T00:00:00Z"
    assert "rows" not in events(maillage(*asked, "--json").out)[0]


def test_filters(maillage: Maillage, asked: list[object]):
    only = maillage(*asked, "--json", "--territory", SEGUR, "--territory", "fr-com-12307")
    assert [one["owner"] for one in events(only.out)] == [SEGUR]
    assert maillage(*asked, "--json", "--schema", "projets").out == ""
    unknown = maillage(*asked, "--territory", "fr-epci-1")
    assert unknown.status == 2
    assert "territoire" in unknown.err


def test_a_state_goes_on_where_it_was(
    maillage: Maillage, asked: list[object], site: Served, tmp_path: Path
):
    state = tmp_path / "state.json"
    assert len(events(maillage(*asked, "--json", "--state", state).out)) == 2
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert maillage(*asked, "--json", "--state", state).out == ""
    site.publish(ARVIEU, hours(1, first=5))
    (found,) = events(maillage(*asked, "--json", "--state", state).out)
    assert (found["sequence"], found["verified"]) == (2, True)
    other = maillage(*asked, "--json", "--state", state, "--schema", "projets")
    assert other.status == 2
    assert "[state-file]" in other.err


def test_a_history_that_does_not_follow_is_told(
    maillage: Maillage, asked: list[object], site: Served, tmp_path: Path
):
    state = tmp_path / "state.json"
    maillage(*asked, "--json", "--state", state)
    found = json.loads(state.read_text())
    found["heads"][f"{ARVIEU}/{COUNTS}"][2] = "0" * 64
    state.write_text(json.dumps(found))
    site.publish(ARVIEU, hours(1, first=5))
    answer = maillage(*asked, "--json", "--state", state)
    assert answer.status == 1
    assert [(one["verified"], one["reason"]) for one in events(answer.out)] == [
        (False, "chain-broken")
    ]


def test_an_output_has_each_once(
    maillage: Maillage, asked: list[object], site: Served, tmp_path: Path
):
    output = tmp_path / "out.jsonl"
    assert maillage(*asked, "--output", output).out == ""  # nothing twice: it is in the file
    site.publish(ARVIEU, hours(1, first=5))
    with output.open("ab") as file:
        file.write(b'{"position": "to')
    answer = maillage(*asked, "--output", output)
    assert "inachevée" in answer.err
    assert [one["sequence"] for one in events(output.read_text())] == [1, 1, 2]


def test_this_nodes_own_interface(maillage: Maillage, site: Served):
    data = site.node.data_dir
    port = site.url.rpartition(":")[2]
    (data / "maillage.toml").write_text(f'charters = ["{site.charter}"]\nhttp_port = {port}\n')
    answer = maillage("subscribe", "--data", data, "--once", "--json")
    assert answer.status == 0, answer.err
    assert len(events(answer.out)) == 2
    (data / "maillage.toml").write_text('http_host = ""\n')
    assert maillage("subscribe", "--data", data, "--once").status == 2


def test_without_its_charter_nothing_is_verified(maillage: Maillage, site: Served):
    answer = maillage(
        "subscribe", "--url", site.url, "--trust", "ab" * 32, "--once", "--lang", "fr"
    )
    assert answer.status == 1
    assert "aucune identité de confiance n’a cette clé" in answer.out
    assert "dont 2 non vérifiées" in answer.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "donner --url et --trust, ou --data"),
        (["--url", "https://noeud.example"], "sans empreinte épinglée"),
        (["--url", "https://noeud.example", "--trust", "x"], "n’est pas une empreinte"),
        (["--url", "https://noeud.example", "--data", "d", "--trust", "a" * 64], "ou --data"),
        (["--url", "noeud", "--trust", "a" * 64], "ce n’est pas une adresse utilisable"),
        (["--url", "http://noeud.example", "--trust", "a" * 64], "plain http"),
    ],
)
def test_wrong_use(maillage: Maillage, words: list[str], told: str, tmp_path: Path):
    (tmp_path / "d").mkdir()
    answer = maillage("subscribe", *words)
    assert answer.status == 2
    assert told in answer.err


def test_a_token_file_is_kept_to_oneself(maillage: Maillage, asked: list[object], site: Served):
    token = maillage.file("token", site.token + "\n")
    token.chmod(0o644)
    answer = maillage(*asked, "--token-file", token)
    assert answer.status == 2
    assert "[token-file]" in answer.err
    token.chmod(0o600)
    assert maillage(*asked, "--token-file", token).status == 0
    token.write_text("x" * 43)
    wrong = maillage(*asked, "--token-file", token)
    assert wrong.status == 2
    assert "[token]" in wrong.err
    assert "x" * 43 not in wrong.err


def test_a_node_that_is_away_is_asked_again(
    maillage: Maillage, site: Served, puppet_away: Puppet, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("federation.client.live.RETRY_FIRST_S", 0.01)
    away = [503, 502]
    puppet_away.stand_before(site.url, site.token)
    puppet_away.answers["/api/v1/publications"] = lambda path: (
        Said(b"{}", away.pop()) if away else puppet_away.otherwise(path)
    )
    words = ["--url", puppet_away.url, "--trust", site.charter, "--once", "--json"]
    answer = maillage("subscribe", *words)
    assert answer.status == 0
    assert len(events(answer.out)) == 2
    assert answer.err.count("nouvel essai dans") == 2


@pytest.fixture
def puppet_away() -> Iterator[Puppet]:
    with puppet_node() as found:
        yield found
