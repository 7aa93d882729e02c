"""`maillage charter`: drafted on one machine, signed on two, accepted, shown and ended."""

import json
from pathlib import Path
from typing import Any

import pytest
from cli_world import ARVIEU, GOOD_CSV, Answer, Maillage

TWIN = "xx-lau-musterstadt"


class Two:
    """Two data directories, and files that go to and fro between them."""

    def __init__(self, maillage: Maillage) -> None:
        self.maillage = maillage
        self.here, self.there = maillage.folder / "arvieu", maillage.folder / "twin"
        self.file = maillage.folder / "jumelage.json"
        names = maillage.file("names.csv", f"participant,name\n{TWIN},Musterstadt (fiktiv)\n")
        assert maillage("init", "--data", self.here, "--participant", ARVIEU).status == 0
        assert maillage("init", "--data", self.there, "--from", names).status == 0

    def draft(self, *more: object) -> Answer:
        identity = self.maillage.folder / "twin.json"
        done = self.maillage("identity", "--data", self.there, "-o", identity)
        assert done.status == 0, done.err
        assert identity.stat().st_size > 100
        return self.maillage(
            "charter", "draft", "--data", self.here, "--title", "Jumelage (fictif)", "--name",
            "jumelage", "--member", identity, "-o", self.file, *more,
        )  # fmt: skip

    def sign(self, data: Path, *more: object) -> Answer:
        return self.maillage("charter", "sign", self.file, "--data", data, *more)

    def accept(self, data: Path, *more: object) -> Answer:
        return self.maillage("charter", "accept", self.file, "--data", data, "--yes", *more)

    def agreed(self) -> str:
        found: dict[str, Any] = self.draft("--json").json
        for data in (self.here, self.there):
            assert self.sign(data, "--yes").status == 0
        for data in (self.here, self.there):
            assert self.accept(data).status == 0
        return str(found["digest"])


@pytest.fixture
def two(maillage: Maillage) -> Two:
    return Two(maillage)


def test_an_agreement_goes_round(two: Two) -> None:
    done = two.draft("--ends", "2031-12-31", "--decision", "Délibération 7")
    assert done.status == 0, done.err
    for word in (ARVIEU, TWIN, "Musterstadt (fiktiv)", "2031-12-31T00:00:00Z", "NON"):
        assert word in done.out
    signed = two.sign(two.here, "--yes")
    assert signed.status == 0
    assert f"à signer encore par {TWIN}" in signed.out
    early = two.accept(two.here)
    assert early.status == 1
    assert "charter-signature" in early.err
    assert two.sign(two.there, "--yes").status == 0
    shown = two.maillage("charter", "show", two.file, "--json").json
    assert [one["signed"] for one in shown["members"]] == [True, True]
    assert two.sign(two.there, "--yes").status == 0, "signing twice changes nothing"
    for data in (two.here, two.there):
        assert two.accept(data).status == 0
        listed = two.maillage("charter", "list", "--data", data)
        assert "Jumelage (fictif)" in listed.out
        assert "prend fin dans" in listed.out
        found = two.maillage("charter", "list", "--data", data, "--json").json
        assert [one["digest"] for one in found] == [shown["digest"]]
    by_name = two.maillage("charter", "show", "jumelage", "--data", two.here, "--json").json
    assert by_name["members"][1]["name"] == "Musterstadt (fiktiv)"


def test_signing_asks_first_and_shows_what_is_signed(two: Two) -> None:
    two.draft()
    before = two.file.read_bytes()
    asked = two.sign(two.here)  # nobody answers
    assert asked.status != 0
    assert "Jumelage (fictif)" in asked.out
    assert two.file.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda found: found | {"payload": found["payload"][:-4]}, "base64url"),
        (lambda found: found | {"identities": found["identities"][:1]}, "charter-identity"),
        (lambda found: found | {"signatures": [{"protected": "x"}]}, "charter-file"),
        (lambda found: found | {"more": 1}, "charter-file"),
        (lambda found: found | {"charterFile": 2}, "charter-file"),
    ],
)
def test_a_file_that_was_changed_is_refused(two: Two, change: Any, code: str) -> None:
    two.agreed()
    two.file.write_text(json.dumps(change(json.loads(two.file.read_bytes()))))
    done = two.maillage("charter", "show", two.file)
    assert done.status in (1, 2)
    assert code in done.err


def test_a_signature_over_another_text_is_refused(two: Two) -> None:
    two.agreed()
    old = json.loads(two.file.read_bytes())
    two.draft("--ends", "2032-01-01")
    new = json.loads(two.file.read_bytes())
    two.file.write_text(json.dumps(new | {"signatures": old["signatures"]}))
    done = two.accept(two.here)
    assert done.status == 1
    assert "charter-signature" in done.err


def test_who_is_no_member_neither_signs_nor_accepts_unasked(two: Two) -> None:
    digest = two.agreed()
    other = two.maillage.folder / "luzy"
    assert two.maillage("init", "--data", other, "--participant", "fr-com-58149").status == 0
    done = two.sign(other, "--yes")
    assert done.status == 1
    assert "charter-signer" in done.err
    assert two.accept(other).status == 2
    assert two.accept(other, "--digest", "ab" * 32).status == 2
    assert two.accept(other, "--digest", digest).status == 0


def test_publishing_under_it_and_ending_it(two: Two) -> None:
    digest = two.agreed()
    maillage = two.maillage
    file = maillage.file("c.csv", GOOD_CSV)
    publish = ["publish", file, "--schema", "comptage-mobilites", "--data", two.here]
    publish += ["--participant", ARVIEU]
    done = maillage(*publish, "--charter", "jumelage", "--share", "open")
    assert "sharing" in done.err
    assert maillage(*publish, "--charter", digest[:12], "--json").status == 0
    assert maillage(*publish, "--share", "federation").status == 0
    unknown = maillage(*publish, "--charter", "autre")
    assert unknown.status == 2
    ended = maillage("charter", "end", "jumelage", "--data", two.here, "--reason", "Fin", "--yes")
    assert ended.status == 0, ended.err
    assert ARVIEU in ended.out
    again = maillage("charter", "end", digest, "--data", two.here, "--yes")
    assert again.status == 1
    assert "charter-ended" in again.err
    found = maillage("status", "--data", two.here, "--json").json["charters"]
    assert (found[0]["endedBy"], found[0]["reason"]) == (ARVIEU, "Fin")
    english = maillage("--lang", "en", "charter", "list", "--data", two.here)
    assert "ends today" in english.out or "ended on the word of" in english.out


def test_dates_that_are_none(two: Two) -> None:
    done = two.draft("--ends", "morgen")
    assert done.status == 2
    assert "2027-12-31" in done.err
    past = two.draft("--ends", "2020-01-01")
    assert past.status == 1
    assert "ends" in past.err
