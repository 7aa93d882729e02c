"""Datasets, publications, bundles and documents over HTTP; and what isn't shown to everybody."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from api_world import ARVIEU, COUNTS, EPCI, SEGUR, Town, hours, schema, town_of

from federation.bundle import read, signed_digest
from federation.identity import first_identity
from federation.inspect import inspect
from federation.reasons import Verdict
from schemas.catalogue import bundled

LIST = "/api/v1/datasets"
PUBLICATIONS = "/api/v1/publications"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_of(tmp_path / "node") as found:
        yield found


async def test_a_dataset_is_listed_with_how_far_it_is(town: Town):
    town.publish(ARVIEU, hours(3))
    answer = await town.get(LIST, token=None)
    (one,) = answer.json["datasets"]
    assert (one["id"], one["owner"], one["ownerName"]) == (f"{ARVIEU}/{COUNTS}", ARVIEU, "Arvieu")
    assert (one["schema"], one["schemaVersion"], one["kind"]) == (COUNTS, "1.0.0", "series")
    assert (one["epoch"], one["sequence"], one["accepted"], one["refused"]) == (1, 1, 1, 0)
    assert (one["sharing"], one["origin"], one["licence"]) == ("open", "own", "etalab-2.0")
    assert one["periodEnd"] == "2026-03-01T03:00:00Z"
    assert one["digest"] == town.node.store.publications.heads()[0].digest
    assert one["custodian"] == "Arvieu"
    assert answer.json["next"] is None
    detail = (await town.get(f"{LIST}/{one['id']}", token=None)).json
    assert {name: detail[name] for name in one} == one
    assert [field["name"] for field in detail["fields"]] == [
        field.name for field in schema().wire_fields
    ]


async def test_what_was_signed_and_not_received_back_is_listed_too(town: Town):
    town.draft(ARVIEU, hours(3))
    town.sign()
    (one,) = (await town.get(LIST, token=None)).json["datasets"]
    assert (one["sequence"], one["accepted"]) == (1, 1)


@pytest.mark.parametrize(
    ("query", "owners"),
    [
        ("", [ARVIEU, SEGUR, EPCI]),
        (f"?territory={ARVIEU}", [ARVIEU]),
        (f"?territory={EPCI}", [ARVIEU, SEGUR, EPCI]),
        ("?territory=fr-dep-12", [ARVIEU, SEGUR, EPCI]),
        ("?territory=fr", [ARVIEU, SEGUR, EPCI]),
        ("?territory=fr-dep-48", []),
        ("?territory=xx-lau-0001", []),
        (f"?schema={COUNTS}", [ARVIEU, SEGUR, EPCI]),
        ("?schema=projets", []),
    ],
)
async def test_datasets_and_publications_of_a_territory(town: Town, query: str, owners: list[str]):
    for one in (ARVIEU, SEGUR):
        town.publish(one, hours(1))
    town.draft(EPCI, hours(1))
    town.sign()
    found = (await town.get(LIST + query)).json["datasets"]
    assert [one["owner"] for one in found] == sorted(owners)
    rows = (await town.get(PUBLICATIONS + query)).json["publications"]
    assert [one["owner"] for one in rows] == owners


async def test_lists_are_read_page_by_page(town: Town):
    for slug in "abc":
        town.publish(ARVIEU, hours(1), name=f"{COUNTS}.{slug}")
    first = await town.get(f"{LIST}?limit=2")
    assert [one["id"][-1] for one in first.json["datasets"]] == ["a", "b"]
    assert first.headers["Link"] == (f'<{LIST}?limit=2&after={ARVIEU}/{COUNTS}.b>; rel="next"')
    last = await town.get(f"{LIST}?limit=2&after={first.json['next']}")
    assert [one["id"][-1] for one in last.json["datasets"]] == ["c"]
    assert "Link" not in last.headers
    assert last.json["next"] is None


async def walk(town: Town, query: str = "", **more: Any) -> list[dict[str, Any]]:
    """All publications, two at a time."""
    after, found = "0", []
    while True:
        page = (await town.get(f"{PUBLICATIONS}?limit=2&after={after}{query}", **more)).json
        if not page["publications"]:
            assert page["next"] == after
            return found
        found += page["publications"]
        after = page["next"]


async def test_whoever_goes_by_position_misses_none(town: Town):
    for day in range(5):
        town.publish((ARVIEU, SEGUR)[day % 2], hours(2, day=day))
    found = await walk(town, token=None)
    assert [(one["owner"], one["sequence"]) for one in found] == [
        (ARVIEU, 1),
        (SEGUR, 1),
        (ARVIEU, 2),
        (SEGUR, 2),
        (ARVIEU, 3),
    ]
    assert len({one["position"] for one in found}) == 5
    last = found[-1]["position"]
    town.publish(SEGUR, hours(2, day=7))
    (new,) = (await town.get(f"{PUBLICATIONS}?after={last}", token=None)).json["publications"]
    assert (new["owner"], new["sequence"], new["verdict"]) == (SEGUR, 3, "accepted")
    assert (new["periodStart"], new["rows"]) == ("2026-03-08T00:00:00Z", 2)


@pytest.mark.parametrize(
    ("after", "status", "code"),
    [
        ("1", 400, "position"),
        ("x" * 22, 400, "position"),
        ("A" * 21, 400, "position"),
        ("-", 400, "position"),
        ("é", 400, "parameter"),
        ("A" * 100, 400, "parameter"),
    ],
)
async def test_a_position_that_is_none(town: Town, after: str, status: int, code: str):
    for path in (PUBLICATIONS, "/api/v1/events"):
        answer = await town.get(f"{path}?after={after}")
        assert (answer.status, answer.json["code"]) == (status, code)


async def test_a_position_of_a_store_that_was_restored_is_found_out(town: Town):
    town.publish(ARVIEU, hours(1))
    positions = town.node.store.publications
    digest = positions.digest_at(1)
    assert digest is not None
    from node.web.positions import Positions  # noqa: PLC0415 - as another run of the node has it

    writer = Positions(town.node.store)
    assert writer.read(writer.write(1, digest)) == 1
    for number, other in ((1, "ab" * 32), (77, digest)):
        for path in (PUBLICATIONS, "/api/v1/events"):
            answer = await town.get(f"{path}?after={writer.write(number, other)}")
            assert (answer.status, answer.json["code"]) == (410, "position-gone")


async def test_a_publication_in_full(town: Town):
    dataset = town.publish(ARVIEU, hours(3))
    town.publish(ARVIEU, hours(3, day=1))
    listed = await walk(town)
    for one in listed:
        found = (await town.get(f"{PUBLICATIONS}/{one['digest']}", token=None)).json
        assert {name: found[name] for name in one} == one
        assert [step["number"] for step in found["steps"]] == list(range(1, 16))
        assert {step["state"] for step in found["steps"]} == {"holds"}
        assert (found["content"], found["dataset"]) == ("live", dataset)
    assert (await town.get(f"{PUBLICATIONS}/{'0' * 64}")).json["code"] == "publication"


async def test_bundles_verify_with_the_owners_identity_alone(town: Town):
    dataset = town.publish(ARVIEU, hours(3))
    town.publish(ARVIEU, hours(3, day=1))
    identity = await town.get(f"/api/v1/identities/{ARVIEU}", token=None)
    pin = first_identity(identity.body).digest
    assert identity.headers["Maillage-Digest"] == pin
    answer = await town.get(f"{LIST}/{dataset}/bundle", token=None)
    assert answer.headers["Content-Type"] == "application/vnd.maillage.bundle"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="{ARVIEU}_{COUNTS}-after-0.0.mlg"'
    )
    found = inspect(read(answer.body), bundled(), pins=[pin])
    assert found.verdict is Verdict.ACCEPTED
    digests = [one["digest"] for one in await walk(town)]
    assert [one.digest for one in found.publications] == digests
    later = read((await town.get(f"{LIST}/{dataset}/bundle?after=1.1", token=None)).body)
    assert [signed_digest(one) for one in later.publications] == digests[1:]
    none = read((await town.get(f"{LIST}/{dataset}/bundle?after=1.2", token=None)).body)
    assert none.publications == ()
    alone = await town.get(f"{PUBLICATIONS}/{digests[0]}/bundle", token=None)
    assert inspect(read(alone.body), bundled(), pins=[pin]).verdict is Verdict.ACCEPTED


async def test_a_long_chain_comes_in_several_bundles(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("node.web.api.publications.BUNDLE_PAGE_PUBLICATIONS", 2)
    for day in range(5):
        dataset = town.publish(ARVIEU, hours(1, day=day))
    sizes, path = [], f"{LIST}/{dataset}/bundle"
    while path:
        answer = await town.get(path)
        sizes.append(len(read(answer.body).publications))
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert sizes == [2, 2, 1]


# -- what is not open --------------------------------------------------------------------------


async def test_of_a_federations_dataset_nobody_sees_more_than_that_there_is_one(town: Town):
    shared = town.federation()
    dataset = town.publish(ARVIEU, hours(3), sharing=shared)
    town.publish(SEGUR, hours(3))
    digest = town.node.store.publications.heads(ARVIEU)[0].digest
    first = (await town.get(LIST, token=None)).json["datasets"][0]
    assert (first["id"], first["schema"], first["sharing"]) == (dataset, COUNTS, "federation")
    counts = ("rows", "epoch", "sequence", "digest", "accepted", "refused", "periodEnd", "updated")
    assert {first[name] for name in counts} == {None}
    paths = [
        f"{LIST}/{dataset}",
        f"{LIST}/{dataset}/bundle",
        f"{PUBLICATIONS}?dataset={dataset}",
        f"{PUBLICATIONS}/{digest}",
        f"{PUBLICATIONS}/{digest}/bundle",
    ]
    for path in paths:
        answer = await town.get(path, token=None)
        assert (answer.status, answer.json["code"]) == (401, "token"), path
        assert (await town.get(path)).status == 200
    public = (await town.get(PUBLICATIONS, token=None)).json
    assert [one["owner"] for one in public["publications"]] == [SEGUR]
    assert len(await walk(town)) == 2


async def test_one_publication_that_is_not_open_closes_its_dataset(town: Town):
    shared = town.federation()
    dataset = town.publish(ARVIEU, hours(3), sharing=shared)
    town.publish(ARVIEU, hours(3, day=1))
    assert (await town.get(f"{LIST}/{dataset}", token=None)).status == 401
    assert (await town.get(f"{LIST}/{dataset}/bundle", token=None)).status == 401
    # what was signed as open is open by itself
    listed = await town.get(PUBLICATIONS, token=None)
    assert [one["sequence"] for one in listed.json["publications"]] == [2]


async def test_totals_only_leave_to_the_administrator_of_their_own_node(town: Town):
    town.totals_only(ARVIEU)
    dataset = f"{ARVIEU}/{COUNTS}"
    assert (await town.get(f"{LIST}/{dataset}", token=None)).status == 401
    assert (await town.get(f"{LIST}/{dataset}/bundle", token=None)).status == 401
    assert (await town.get(f"{LIST}/{dataset}/bundle")).status == 200


# -- documents ---------------------------------------------------------------------------------


async def test_documents_come_as_they_were_signed(town: Town):
    digest = town.federation().charter
    assert digest is not None
    charter = await town.get(f"/api/v1/charters/{digest}", token=None)
    assert charter.body == town.node.knowledge.charters[digest].document
    assert charter.headers["Content-Type"] == "application/jose+json"
    document = await town.get(f"/api/v1/schemas/{COUNTS}/1.0.0", token=None)
    assert document.body == schema().document
    assert document.headers["Maillage-Digest"] == schema().digest
    for path, code in (
        (f"/api/v1/charters/{'0' * 64}", "charter"),
        ("/api/v1/identities/fr-com-12253", "identity"),
        (f"/api/v1/schemas/{COUNTS}/9.9.9", "schema"),
    ):
        answer = await town.get(path, token=None)
        assert (answer.status, answer.json["code"]) == (404, code)


async def test_who_has_it_already_is_told_so(town: Town):
    dataset = town.publish(ARVIEU, hours(1))
    for path in (LIST, f"{LIST}/{dataset}", f"{LIST}/{dataset}/bundle", "/api/v1/schemas"):
        tag = (await town.get(path, token=None)).headers["ETag"]
        again = await town.get(path, token=None, headers={"If-None-Match": f'"x", W/{tag}'})
        assert (again.status, again.body) == (304, b"")
    town.publish(ARVIEU, hours(1, day=1))
    assert (await town.get(LIST, token=None, headers={"If-None-Match": tag})).status == 200


async def test_measures_and_territories(town: Town):
    measures = (await town.get("/api/v1/measures", token=None)).json["measures"]
    (one,) = [one for one in measures if one["name"] == f"{COUNTS}.count"]
    assert one["windows"] == ["hour", "day", "month", "year"]
    assert "fr" in one["labels"]
    found = (await town.get("/api/v1/territories?q=arvieu", token=None)).json["territories"]
    assert found[0] == {"id": ARVIEU, "code": "12011", "level": "commune", "name": "Arvieu"}
    assert (await town.get("/api/v1/territories?q=%00", token=None)).json["territories"] == []
