"""The vectors: what the verifier says of each, that they are what the generator makes, coverage."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from federation.reasons import REASONS
from tests.make_vectors import FOLDER, MADE, files
from tests.pipeline import run
from tests.world import World

VECTORS = sorted(path for kind in ("good", "bad") for path in (FOLDER / kind).glob("*.json"))
ELSEWHERE = {
    "receiver-stopped": "no vector can promise to stop a receiver; test_judge stops one on purpose",
    "schema-change": "a vector holds no rows published before; see test_intake",
}
"""Reasons without a vector, and where they are tested."""


@cache
def trust_of(receiver: str, names: tuple[str, ...]) -> World:
    return World({name: (FOLDER / "documents" / name).read_bytes() for name in names}, receiver)


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_verdict_step_and_reason(path: Path) -> None:
    vector = load(path)
    trust = trust_of(vector["trust"]["receiver"], tuple(vector["trust"]["documents"]))
    found = run(vector, trust)
    said = {"verdict": found.verdict, "step": found.step, "reason": found.reason}
    assert said == vector["expect"], found.detail
    assert (found.verdict == "accepted") == (path.parent.name == "good")
    assert vector["name"] == path.stem


def test_the_files_are_what_the_generator_makes() -> None:
    there = {
        f"{folder}/{path.name}": path.read_bytes()
        for folder in MADE
        for path in (FOLDER / folder).iterdir()
    }
    made = files()
    assert set(there) == set(made), "run `make vectors`"
    differing = [name for name in made if made[name] != there[name]]
    assert not differing, "run `make vectors`"


def test_every_reason_has_a_vector() -> None:
    found = {load(path)["expect"]["reason"] for path in VECTORS} - {None}
    assert found | set(ELSEWHERE) == set(REASONS)
    assert not found & set(ELSEWHERE)


def test_documents_are_those_of_the_cases() -> None:
    named = {name for path in VECTORS for name in load(path)["trust"]["documents"]}
    there = {path.name for path in (FOLDER / "documents").iterdir()}
    assert named == there - {"territories.json"}
