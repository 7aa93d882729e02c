"""`maillage verify` on real bundles: the steps shown, the pin, the verdict, the JSON."""

import json
from pathlib import Path

import pytest
from cli_world import Maillage

from federation.bundle import Bundle, write
from federation.jose import parse_general
from federation.reasons import REASONS, STEPS
from federation.strict import sha256_hex
from node.cli.language import Lang, use
from node.cli.reason_texts import codes, meaning, remedy, step_name
from tests.world import ARVIEU, chain_of, counts_draft, documents, made

DOCUMENT = documents()[f"identity-{ARVIEU}-1.json"]
PIN = parse_general(DOCUMENT, "maillage-identity+jws", max_bytes=10**6).digest


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    made_ones = [one for one, _ in chain_of(ARVIEU, 2)]
    path = tmp_path / "arvieu.mlg"
    path.write_bytes(
        write(
            Bundle(
                publications=tuple(one.jws() for one in made_ones),
                contents={sha256_hex(one.blob): one.blob for one in made_ones if one.blob},
                identities={PIN: DOCUMENT},
            )
        )
    )
    return path


def test_every_step_is_shown_with_its_number_and_mark(maillage: Maillage, bundle: Path):
    answer = maillage("verify", bundle, "--identity", PIN)
    assert answer.status == 0
    for number in STEPS:
        assert answer.out.count(f"✓ {number:>2}  {step_name(number)}") == 2
    assert "accepté" in answer.out
    assert "✗" not in answer.out


def test_without_a_pin_the_key_is_unknown_and_the_way_on_is_told(maillage: Maillage, bundle: Path):
    answer = maillage("verify", bundle)
    assert answer.status == 1
    assert "–  4" in answer.out
    for word in ("key-unknown", PIN, "--identity", "non épinglée", "retenu"):
        assert word in answer.out
    assert answer.out.count("✓") == 2 * (len(STEPS) - 1)


def test_what_fails_is_crossed_with_reason_and_remedy(maillage: Maillage, tmp_path: Path):
    one = made(counts_draft()).changed(rows=23)
    assert one.blob is not None
    path = tmp_path / "bad.mlg"
    contents = {sha256_hex(one.blob): one.blob}
    bad = Bundle(publications=(one.jws(),), contents=contents, identities={PIN: DOCUMENT})
    path.write_bytes(write(bad))
    answer = maillage("verify", path, "--identity", PIN, "--lang", "en")
    assert answer.status == 1
    assert "✗ 14  validate" in answer.out
    assert REASONS["rows"].meaning in answer.out
    assert REASONS["rows"].remedy in answer.out
    assert "– 15" in answer.out


def test_a_pin_that_is_not_in_the_file_is_told(maillage: Maillage, bundle: Path):
    answer = maillage("verify", bundle, "--identity", PIN, "--identity", "0" * 64)
    assert answer.status == 0
    assert "0" * 64 in answer.out


@pytest.mark.parametrize("text", ["", "zz", PIN.upper(), PIN[:-1]])
def test_a_pin_that_is_no_digest_is_wrong_use(maillage: Maillage, bundle: Path, text: str):
    assert maillage("verify", bundle, "--identity", text).status == 2


def test_with_the_eyes_of_a_node(maillage: Maillage, bundle: Path):
    """A node that was made with another key for the same body doesn't trust the bundle's."""
    maillage.init()
    answer = maillage("verify", bundle, "--data", maillage.data)
    assert answer.status == 1
    assert "key-unknown" in answer.out


def test_the_json_keeps_its_form_in_every_language(maillage: Maillage, bundle: Path):
    found = maillage("verify", bundle, "--json").json
    assert set(found) == {"verdict", "publications", "identities", "unreadable", "unusedPins"}
    assert found["verdict"] == "held"
    one = found["publications"][1]
    assert (one["epoch"], one["sequence"], one["pinned"]) == (1, 2, False)
    assert [step["number"] for step in one["steps"]] == list(STEPS)
    assert one["steps"][3]["state"] == "held"
    assert json.loads(maillage("verify", bundle, "--json", "--lang", "en").out) == found


def test_an_altered_file_is_refused(maillage: Maillage, bundle: Path):
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(data)
    answer = maillage("verify", bundle, "--identity", PIN)
    assert answer.status == 1
    assert "[bundle-" in answer.err


def test_every_step_and_reason_has_french_and_english_words():
    assert codes() == set(REASONS)
    for lang in Lang:
        use(lang)
        assert all(step_name(number) for number in STEPS)
        assert all(meaning(code) and remedy(code) for code in REASONS)
    use(Lang.FR)
