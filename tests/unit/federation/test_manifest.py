"""Manifests: what they may say, and every rule between their fields."""

import json
from typing import Any

import pytest
from actors import ARVIEU, COUNTS, ISSUED, PROJECTS, digest

from federation.errors import MalformedError
from federation.limits import PART_MAX_BYTES, SALT_BYTES
from federation.manifest import Manifest

CONTENT: dict[str, Any] = {
    "digest": digest("content"),
    "size": 900,
    "plainSize": 4000,
    "parts": [{"digest": digest("content"), "size": 900}],
}
PERIOD = {"start": "2026-11-22T23:00:00Z", "end": "2026-11-23T23:00:00Z"}
APPEND: dict[str, Any] = {
    "publisher": ARVIEU,
    "dataset": COUNTS,
    "schema": {"name": "comptage-mobilites", "version": "1.0.0", "digest": digest("schema")},
    "epoch": 1,
    "sequence": 2,
    "previous": digest("first"),
    "mode": "append",
    "period": PERIOD,
    "rows": 24,
    "content": CONTENT,
    "issued": ISSUED,
    "sharing": {"level": "open"},
    "origin": "own",
    "licence": "etalab-2.0",
}
FIRST = APPEND | {"sequence": 1, "previous": ...}
REGISTER = APPEND | {"dataset": PROJECTS, "period": ..., "result": digest("table")}
SNAPSHOT = REGISTER | {"mode": "snapshot"}
DELTA = REGISTER | {"mode": "delta"}
BARE: dict[str, Any] = {"period": ..., "rows": 0, "content": ...}
UNCHANGED = APPEND | BARE | {"mode": "unchanged"}
WITHDRAW = APPEND | BARE | {"mode": "withdraw"}
ABANDONS = {"epoch": 1, "sequence": 9, "digest": digest("lost")}
RESTORED = APPEND | {"epoch": 2, "sequence": 1, "abandons": ABANDONS}


def written(members: dict[str, Any]) -> bytes:
    return json.dumps({name: value for name, value in members.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    "members",
    [
        APPEND,
        FIRST,
        SNAPSHOT,
        SNAPSHOT | {"rows": 0},
        DELTA,
        UNCHANGED,
        WITHDRAW,
        WITHDRAW | {"rows": 3, "content": CONTENT},
        WITHDRAW | {"rows": 3, "content": CONTENT, "period": PERIOD},
        RESTORED,
        APPEND | {"mandate": digest("mandate")},
        APPEND | {"sharing": {"level": "federation", "charter": digest("charter")}},
        APPEND | {"sharing": {"level": "partners"}, "encryption": {"scheme": "later"}},
        APPEND | {"dataset": COUNTS + ".pont-neuf"},
    ],
)
def test_good_ones_are_read_and_written_as_they_were(members: dict[str, Any]) -> None:
    found = Manifest.read(written(members))
    assert Manifest.read(found.write()) == found
    assert json.loads(found.write()) == json.loads(written(members))


def test_what_it_says() -> None:
    found = Manifest.read(written(RESTORED))
    assert found.owner == ARVIEU
    assert found.dataset_id.schema == "comptage-mobilites"
    assert found.order == (2, 1)
    assert found.abandons is not None
    assert found.abandons.order == (1, 9)
    assert found.period is not None
    assert found.period.end_us - found.period.start_us == 86_400 * 1_000_000
    assert found.content is not None
    assert found.content.plain_size == 4000


def content(**changed: Any) -> dict[str, Any]:
    return {"content": CONTENT | changed}


def part(size: int, name: str = "part") -> dict[str, Any]:
    return {"digest": digest(name), "size": size}


FULL = PART_MAX_BYTES
BAD: list[tuple[dict[str, Any], str]] = [
    # place in the chain
    (APPEND | {"previous": ...}, "previous: absent"),
    (FIRST | {"previous": digest("x")}, "previous: absent"),
    (RESTORED | {"previous": ...}, "previous: absent"),
    (RESTORED | {"abandons": ...}, "abandons: in the first"),
    (APPEND | {"abandons": ABANDONS}, "abandons: in the first"),
    (RESTORED | {"sequence": 2}, "abandons: in the first"),
    (RESTORED | {"abandons": ABANDONS | {"epoch": 2}}, "abandons: a head of the epoch before"),
    (RESTORED | {"epoch": 3}, "abandons: a head of the epoch before"),
    (APPEND | {"epoch": 0}, "epoch"),
    (APPEND | {"sequence": 0}, "sequence"),
    (APPEND | {"sequence": 2**53}, "sequence"),
    (APPEND | {"sequence": True}, "sequence"),
    (APPEND | {"sequence": "2"}, "sequence"),
    # modes
    (APPEND | {"mode": "replace"}, "mode"),
    (APPEND | {"content": ..., "rows": 0}, "content: does not fit mode append"),
    (SNAPSHOT | {"content": ..., "rows": 0}, "content: does not fit mode snapshot"),
    (DELTA | {"content": ..., "rows": 0}, "content: does not fit mode delta"),
    (UNCHANGED | {"content": CONTENT, "rows": 1}, "content: does not fit mode unchanged"),
    (UNCHANGED | {"rows": 1}, "rows: none without content"),
    (WITHDRAW | {"rows": 1}, "rows: none without content"),
    (APPEND | {"rows": 0}, "rows: at least one in mode append"),
    (DELTA | {"rows": 0}, "rows: at least one in mode delta"),
    (WITHDRAW | {"content": CONTENT}, "rows: at least one in mode withdraw"),
    (APPEND | {"rows": -1}, "rows"),
    (APPEND | {"rows": 10_000_001}, "rows"),
    (APPEND | {"result": digest("x")}, "result: for snapshot and delta"),
    (UNCHANGED | {"result": digest("x")}, "result: for snapshot and delta"),
    (SNAPSHOT | {"result": ...}, "result: for snapshot and delta"),
    (DELTA | {"result": ...}, "result: for snapshot and delta"),
    (APPEND | {"period": ...}, "period: needed in mode append"),
    (SNAPSHOT | {"period": PERIOD}, "period: not in mode snapshot"),
    (DELTA | {"period": PERIOD}, "period: not in mode delta"),
    # period
    (APPEND | {"period": {"start": PERIOD["end"], "end": PERIOD["start"]}}, "after start"),
    (APPEND | {"period": {"start": PERIOD["end"], "end": PERIOD["end"]}}, "after start"),
    (APPEND | {"period": PERIOD | {"end": "2026-11-24"}}, "period.end"),
    (APPEND | {"period": PERIOD | {"end": "2026-11-24T00:00:00.5Z"}}, "period.end"),
    (APPEND | {"period": PERIOD | {"end": "2026-11-24T24:00:00Z"}}, "period.end"),
    (APPEND | {"period": {"start": PERIOD["start"]}}, "period.end"),
    # content
    (APPEND | content(size=901), "don't add up"),
    (APPEND | content(parts=[]), "parts"),
    (APPEND | content(parts=[part(900)]), "a single part is the content"),
    (APPEND | content(size=1000, parts=[part(500), part(500)]), "only the last part"),
    (APPEND | content(size=FULL + 1, parts=[part(1), part(FULL)]), "only the last part"),
    (APPEND | content(size=FULL + 1, parts=[part(FULL + 1)]), "parts.0.size"),
    (APPEND | content(size=900, parts=[part(900), part(0)]), "parts.1.size"),
    (APPEND | content(plainSize=SALT_BYTES), "plainSize"),
    (APPEND | content(plainSize=2**40), "plainSize"),
    (APPEND | content(plain_size=4000), "plain_size"),
    (APPEND | content(digest="A" * 64), "content.digest"),
    (APPEND | content(digest=digest("x") + "\n"), "content.digest"),
    # sharing
    (APPEND | {"sharing": {"level": "federation"}}, "charter"),
    (APPEND | {"sharing": {"level": "open", "charter": digest("x")}}, "charter"),
    (APPEND | {"sharing": {"level": "secret"}}, "sharing.level"),
    # the rest
    (APPEND | {"publisher": "arvieu"}, "publisher"),
    (APPEND | {"dataset": ARVIEU}, "dataset"),
    (APPEND | {"origin": "found"}, "origin"),
    (APPEND | {"licence": "GPL-3.0"}, "licence"),
    (APPEND | {"issued": "2026-11-23 09:00:00Z"}, "issued"),
    (APPEND | {"schema": APPEND["schema"] | {"version": "1.0"}}, "schema.version"),
    (APPEND | {"schema": APPEND["schema"] | {"version": "1.0.00"}}, "schema.version"),
    (APPEND | {"schemaRef": APPEND["schema"]}, "schemaRef"),
    (APPEND | {"schema": ..., "schema_ref": APPEND["schema"]}, "schema"),
    (APPEND | {"mandate": None}, "null"),
    (APPEND | {"composition": {}}, "composition"),
    (APPEND | {"extra": 1}, "extra"),
    *((APPEND | {name: ...}, name) for name in APPEND if name not in ("period", "content")),
]


@pytest.mark.parametrize(("members", "words"), BAD)
def test_each_rule_refuses(members: dict[str, Any], words: str) -> None:
    with pytest.raises(MalformedError, match=words) as caught:
        Manifest.read(written(members))
    assert caught.value.code in {"document", "json"}
    assert len(str(caught.value)) <= 300


def test_a_full_part_and_the_rest() -> None:
    parts = [part(FULL), part(1, "rest")]
    found = Manifest.read(written(APPEND | content(size=FULL + 1, parts=parts)))
    assert found.content is not None
    assert [one.size for one in found.content.parts] == [FULL, 1]
