"""Where a subscriber goes on: the output's last line, the state file, and what a crash leaves."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from federation.chain import Head
from federation.client import Event, MaillageError, MalformedError, StateError, Unverified
from node.subscribing import Output, State, line_of, output_to

DIGEST = "ab" * 32
SUBSCRIPTION = {"url": "https://noeud.example", "territory": ["fr-dep-12"], "schema": []}


def event(position: str, **changed: Any) -> Event:
    reason = Unverified(None, "d/x", 1, 2, "held", "key-unknown", "no known key", "=1+1")
    members: dict[str, Any] = {
        "position": position,
        "digest": DIGEST,
        "dataset": "fr-com-12011/projets",
        "received": "2026-11-23T00:00:00Z",
        "signed": None,
        "frame": None,
        "reason": reason,
    }
    return Event(**(members | changed))


def lines(*positions: str) -> list[bytes]:
    return [line_of(event(one), rows=True) for one in positions]


# -- output --------------------------------------------------------------------------------------


def test_a_line_begins_with_its_position_and_says_why():
    line = line_of(event("p1"), rows=False)
    assert line.startswith(b'{"position": "p1", ')
    found = json.loads(line)
    assert (found["verified"], found["verdict"], found["reason"]) == (False, "held", "key-unknown")
    assert "rows" not in found
    assert json.loads(line_of(event("p1"), rows=True))["rows"] == []


def test_an_output_goes_on_after_its_last_line(tmp_path: Path):
    path = tmp_path / "out.jsonl"
    with output_to(path) as file:
        assert file is not None
        assert file.position is None
        file.append(lines("p1", "p2"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with output_to(path) as file:
        assert file is not None
        assert (file.position, file.cut_bytes) == ("p2", 0)
        file.append(lines("p3"))
    assert path.read_bytes() == b"".join(lines("p1", "p2", "p3"))


@pytest.mark.parametrize("kept", [0, 1, 2])
@pytest.mark.parametrize("torn", [1, 20, 200])
def test_a_torn_line_is_cut_off(tmp_path: Path, kept: int, torn: int):
    path = tmp_path / "out.jsonl"
    whole = lines("p1", "p2")[:kept]
    tail = line_of(event("p9"), rows=True)[:torn]
    path.write_bytes(b"".join(whole) + tail)
    with output_to(path) as file:
        assert file is not None
        assert file.position == (None, "p1", "p2")[kept]
        assert file.cut_bytes == len(tail)
        file.append(lines("p3"))
    assert path.read_bytes() == b"".join([*whole, *lines("p3")])


def test_long_lines_are_found(tmp_path: Path):
    path = tmp_path / "out.jsonl"
    long = b'{"position": "far", "x": "' + b"x" * 300_000 + b'"}\n'
    path.write_bytes(lines("p1")[0] + long + b"y" * 200_000)
    with output_to(path) as file:
        assert file is not None
        assert (file.position, file.cut_bytes) == ("far", 200_000)


@pytest.mark.parametrize("content", [b"hello\n", b"{}\n", b'{"digest": "x"}\n', b"\n"])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, content: bytes):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(MalformedError) as caught, output_to(path):
        pass
    assert caught.value.code == "output-file"
    assert path.read_bytes() == content


def test_two_subscribers_never_write_one_file(tmp_path: Path):
    path = tmp_path / "out.jsonl"
    with output_to(path), pytest.raises(StateError) as caught:
        Output(path)
    assert caught.value.code == "output-busy"
    Output(path).close()


def test_without_a_file_there_is_no_output():
    with output_to(None) as file:
        assert file is None


# -- state ---------------------------------------------------------------------------------------


def test_a_state_is_read_as_it_was_written(tmp_path: Path):
    path = tmp_path / "state.json"
    state = State.read(path, SUBSCRIPTION)
    assert state.position is None
    state.write(path)
    assert not path.exists()  # nothing was had yet
    state.position = "p7"
    state.heads["fr-com-12011/projets"] = Head(1, 7, DIGEST)
    state.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["state.json"]
    again = State.read(path, SUBSCRIPTION)
    assert (again.position, again.heads) == ("p7", {"fr-com-12011/projets": Head(1, 7, DIGEST)})


def test_a_state_of_another_subscription_is_refused(tmp_path: Path):
    path = tmp_path / "state.json"
    State(SUBSCRIPTION, "p1").write(path)
    with pytest.raises(StateError) as caught:
        State.read(path, SUBSCRIPTION | {"territory": []})
    assert caught.value.code == "state-file"
    assert "fr-dep-12" in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"no",
        b'{"version": 2, "subscription": {}, "position": "p", "heads": {}}',
        b'{"version": 1, "subscription": {}, "position": 7, "heads": {}}',
        b'{"version": 1, "subscription": {}, "position": "p", "heads": {"x": [1]}}',
        b'{"version": 1, "subscription": {}, "position": "p", "heads": {"x": ["1", 1, "d"]}}',
        b'{"version": 1, "subscription": {}, "position": "p", "heads": []}',
    ],
)
def test_what_is_no_state_is_told(tmp_path: Path, content: bytes):
    path = tmp_path / "state.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(MaillageError) as caught:
        State.read(path, {})
    assert caught.value.code == "state-file"


def test_a_state_that_others_may_read_is_refused(tmp_path: Path):
    path = tmp_path / "state.json"
    State(SUBSCRIPTION, "p1").write(path)
    path.chmod(0o644)
    with pytest.raises(MalformedError) as caught:
        State.read(path, SUBSCRIPTION)
    assert "chmod 600" in caught.value.remedy
