"""Rows, catalogue and members from a real node over real HTTP, verified by the client."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from federation.client import (
    Client,
    IncompleteError,
    NodeRefusedError,
    TrustError,
    UnknownError,
)
from federation.manifest import Sharing
from federation.tables import make_delta
from tests.sample_rows import projects
from tests.served import ARVIEU, COUNTS, EPCI, SEGUR, Served, form, hours, served

DATASET = f"{ARVIEU}/{COUNTS}"
KEY = form("projets").primary_key


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "node") as found:
        yield found


@pytest.fixture
def mlg(site: Served) -> Iterator[Client]:
    with Client(site.url, trust=[site.charter]) as found:
        yield found


def test_rows_are_verified_and_say_where_they_come_from(site: Served, mlg: Client):
    first = site.publish(ARVIEU, hours(3, value=5))
    second = site.publish(ARVIEU, hours(2, first=3, value=7))
    found = mlg.rows(DATASET)
    assert found.frame.columns[:2] == ["codgeo", "libgeo"]
    assert found.frame["libgeo"].unique().to_list() == ["Arvieu"]
    assert found.frame["count"].sum() == 3 * 5 + 2 * 7
    assert [one.digest for one in found.publications] == [first, second]
    one = found.publications[0]
    assert (one.owner, one.signer, one.epoch, one.sequence) == (ARVIEU, ARVIEU, 1, 1)
    assert (one.custodian, one.sharing, one.origin) == (one.custodian, "open", "own")
    assert (found.licences, found.simulated, found.complete) == (("etalab-2.0",), False, True)
    assert (found.refused, found.missing, found.notes) == ((), (), ())
    assert found.head.digest == second


def test_a_correction_replaces_and_a_withdrawal_takes_away(site: Served, mlg: Client):
    site.publish(ARVIEU, hours(3, value=5))
    site.publish(ARVIEU, hours(1, value=9))
    keys = hours(1, first=2).select(form().primary_key)
    site.publish(ARVIEU, keys, mode="withdraw")
    assert sorted(mlg.rows(DATASET).frame["count"].to_list()) == [5, 9]
    site.publish(ARVIEU, None)
    found = mlg.rows(DATASET)
    assert found.frame.is_empty()
    assert found.complete
    site.publish(ARVIEU, hours(1, value=2))
    assert mlg.rows(DATASET).frame["count"].to_list() == [2]


def test_a_register_is_its_table(site: Served, mlg: Client):
    whole = projects()
    site.publish(ARVIEU, whole, name="projets", mode="snapshot")
    after = whole[1:]
    delta = make_delta(whole, after, KEY)
    site.publish(ARVIEU, delta, name="projets", mode="delta", result=after)
    found = mlg.rows(f"{ARVIEU}/projets")
    assert found.frame.drop("codgeo", "libgeo").equals(after)


def test_many_publications_come_in_several_bundles(
    site: Served, mlg: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("node.web.api.publications.BUNDLE_PAGE_PUBLICATIONS", 3)
    for at in range(8):
        site.publish(ARVIEU, hours(1, first=at))
    assert mlg.rows(DATASET).frame.height == 8


def test_what_the_owner_got_wrong_is_listed(site: Served):
    site.publish(ARVIEU, hours(1))
    right = site.draft(ARVIEU, hours(1, first=1))
    # rows outside the period that the manifest states
    wrong = type(right)(
        **{f: getattr(right, f) for f in right.__slots__} | {"period_us": (0, 10**6)}
    )
    taken = site.take(site.sign(wrong))
    assert taken.reasons == {"period": 1}
    site.publish(ARVIEU, hours(1, first=2))
    with Client(site.url, trust=[site.charter], token=site.token) as inside:
        found = inside.rows(DATASET)
    assert found.frame.height == 2
    assert [(one.code, one.sequence, one.by) for one in found.refused] == [("period", 2, "node")]
    assert found.complete
    with Client(site.url, trust=[site.charter]) as outside:
        with pytest.raises(IncompleteError) as caught:
            outside.rows(DATASET)
        assert caught.value.code == "part-missing"
        partial = outside.rows(DATASET, partial=True)
    assert partial.frame.height == 2
    assert [one.code for one in partial.missing] == ["part-missing"]
    assert not partial.complete


def test_simulated_rows_say_so(site: Served, mlg: Client):
    site.publish(ARVIEU, hours(1), origin="simulated")
    assert mlg.rows(DATASET).simulated
    assert mlg.rows(DATASET).publications[0].simulated


def test_nothing_of_a_dataset_is_unknown(site: Served, mlg: Client):
    with pytest.raises(UnknownError) as caught:
        mlg.rows(DATASET)
    assert caught.value.code == "dataset"


@pytest.mark.parametrize("dataset", ["x", "../x", f"{ARVIEU}/../x", "fr-com-12011", ""])
def test_what_is_no_dataset_never_reaches_the_node(mlg: Client, dataset: str):
    with pytest.raises(ValueError if False else Exception) as caught:
        mlg.rows(dataset)
    assert caught.value.code in ("dataset-id", "participant-id", "name")  # type: ignore[attr-defined]


def test_rows_within_a_federation_need_a_token(site: Served, mlg: Client):
    sharing = Sharing(level="federation", charter=site.charter)
    site.publish(ARVIEU, hours(2), sharing=sharing)
    with pytest.raises(NodeRefusedError) as caught:
        mlg.rows(DATASET)
    assert caught.value.status == 401
    with Client(site.url, trust=[site.charter], token=site.token) as inside:
        assert inside.rows(DATASET).frame.height == 2
        assert inside.rows(DATASET).publications[0].sharing == "federation"


def test_without_its_charter_nobody_is_believed(site: Served):
    site.publish(ARVIEU, hours(1))
    with Client(site.url, trust=["ab" * 32]) as stranger:
        assert stranger.members().is_empty()
        with pytest.raises(TrustError) as caught:
            stranger.rows(DATASET)
    assert caught.value.code == "key-unknown"
    assert "pin" in caught.value.remedy


def test_an_identity_can_be_pinned_alone(site: Served):
    site.publish(ARVIEU, hours(1))
    site.publish(SEGUR, hours(1))
    known = site.node.knowledge.identity_of(ARVIEU)
    assert known is not None
    with Client(site.url, trust=[known.digest]) as mlg:
        assert mlg.rows(DATASET).frame.height == 1
        with pytest.raises(TrustError):
            mlg.rows(f"{SEGUR}/{COUNTS}")
        assert mlg.members()["participant"].to_list() == [ARVIEU]


def test_members_are_those_of_the_charter(mlg: Client):
    found = mlg.members()
    assert found["participant"].to_list() == [ARVIEU, SEGUR, EPCI]
    assert found["charter"].unique().to_list() == ["Convention de partage du Lévézou"]
    assert found.filter(pl.col("participant") == EPCI)["roles"].to_list() == ["composer, publisher"]


def test_the_catalogue_lists_what_the_node_has(site: Served, mlg: Client):
    assert mlg.catalogue().is_empty()
    site.publish(ARVIEU, hours(2))
    site.publish(SEGUR, hours(2))
    site.publish(ARVIEU, projects(), name="projets", mode="snapshot")
    found = mlg.catalogue()
    assert found["dataset"].to_list() == [DATASET, f"{ARVIEU}/projets", f"{SEGUR}/{COUNTS}"]
    assert found["trusted"].all()
    assert found.schema["updated"] == pl.Datetime("us", "UTC")
    assert mlg.catalogue(schema="projets")["dataset"].to_list() == [f"{ARVIEU}/projets"]
    assert mlg.catalogue(territory=SEGUR)["owner"].to_list() == [SEGUR]
    assert mlg.catalogue(territory=EPCI, schema=COUNTS).height == 2


def test_csv_for_a_spreadsheet(site: Served, mlg: Client, tmp_path: Path):
    site.publish(ARVIEU, hours(1, value=5, channel="=1+1"))
    path = tmp_path / "rows.csv"
    mlg.rows(DATASET).write_csv(path, separator=";")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert lines[0].startswith("codgeo;libgeo;")
    assert lines[1].startswith("12011;Arvieu;'=1+1;")
    assert "2026-03-01T00:00:00Z" in lines[1]
