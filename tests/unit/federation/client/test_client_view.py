"""Views: the node's figures as frames, recomputed here, and where a node that lies is caught."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from federation.client import Client, Figures, MalformedError, NodeAnswerError, UnknownError
from federation.manifest import Sharing
from tests.puppet import Puppet
from tests.sample_rows import projects
from tests.served import ARVIEU, COUNTS, CURAN, EPCI, SEGUR, Served, hours, served

MEASURE = f"{COUNTS}.count"
VIEW = "/api/v1/view"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "node", (ARVIEU, SEGUR, CURAN, EPCI)) as found:
        found.publish(ARVIEU, hours(30, value=5))
        found.publish(SEGUR, hours(30, value=2))
        found.publish(SEGUR, hours(1, value=9))
        yield found


@pytest.fixture
def mlg(site: Served, puppet: Puppet) -> Iterator[Client]:
    puppet.stand_before(site.url, site.token)
    with Client(puppet.url, trust=[site.charter]) as found:
        yield found


def seen(mlg: Client, **more: Any) -> Figures:
    return mlg.view(EPCI, MEASURE, verify="recompute", **more)


def lying(puppet: Puppet, change: Callable[[Any], object]) -> None:
    def alter(asked: str) -> Any:
        said = puppet.otherwise(asked)
        found = json.loads(said.body)
        change(found)
        return replace(said, body=json.dumps(found).encode())

    puppet.answers[VIEW] = alter


def test_the_nodes_figures_as_frames(mlg: Client):
    found = mlg.view(EPCI, MEASURE)
    assert (found.territory, found.window, found.simulated) == (EPCI, "day", False)
    assert found.totals["window"].to_list() == ["2026-03-01", "2026-03-02"]
    assert found.totals["sum"].to_list()[0] == Decimal(23 * 5 + 22 * 2 + 9)
    assert found.totals["received"].to_list() == [2, 0]  # the second day is not over there
    assert found.rows.columns[:3] == ["codgeo", "libgeo", "window"]
    assert set(found.rows["libgeo"]) == {"Arvieu", "Ségur"}
    assert found.coverage["awaited"] == [CURAN]
    assert found.verification is None


def test_figures_that_follow_are_equal(mlg: Client):
    found = seen(mlg)
    assert found.verification is not None
    assert found.verification.answer == "equal"
    assert found.verification.differences.is_empty()
    assert found.verification.compared > 0
    assert found.verification.not_recomputable == ()
    assert found.verification.missing == (CURAN,)
    states = dict(found.verification.contributors.select("participant", "state").iter_rows())
    assert states == {ARVIEU: "verified", SEGUR: "verified", CURAN: "nothing"}
    assert found.verification.contributors["publications"].to_list() == [1, 2, 0]


@pytest.mark.parametrize("window", ["hour", "day", "month", "year"])
def test_every_window_is_recomputed(mlg: Client, window: str):
    found = seen(mlg, window=window)
    assert found.window == window
    assert found.verification is not None
    assert found.verification.answer == "equal"


def test_chosen_windows_are_recomputed(mlg: Client):
    found = seen(mlg, start="2026-03-01", end="2026-03-01")
    assert found.totals["window"].to_list() == ["2026-03-01"]
    assert found.verification is not None
    assert found.verification.answer == "equal"


def test_a_register_is_recomputed(site: Served, mlg: Client):
    site.publish(ARVIEU, projects(), name="projets", mode="snapshot")
    found = mlg.view(EPCI, "projets.id", verify="recompute")
    assert found.window == "none"
    assert found.totals["count"].to_list() == [projects().height]
    assert found.verification is not None
    assert found.verification.answer == "equal"


def test_a_total_that_was_made_up(mlg: Client, puppet: Puppet):
    def change(found: Any) -> None:
        found["totals"][0]["sum"] = "1000000"

    lying(puppet, change)
    told = seen(mlg).verification
    assert told is not None
    assert told.answer == "differs"
    assert told.differences.rows() == [
        (None, None, "2026-03-01", "sum", "1000000", str(23 * 5 + 22 * 2 + 9))
    ]


def test_a_place_that_was_made_up(mlg: Client, puppet: Puppet):
    def change(found: Any) -> None:
        found["rows"].append(found["rows"][0] | {"place": "12307", "sum": "7"})

    lying(puppet, change)
    told = seen(mlg).verification
    assert told is not None
    assert told.answer == "differs"
    assert set(told.differences["libgeo"]) == {"Curan"}
    assert told.differences["here"].null_count() == told.differences.height


def test_a_dataset_kept_back_makes_figures_differ(mlg: Client, puppet: Puppet):
    def hide(asked: str) -> Any:
        said = puppet.otherwise(asked)
        found = json.loads(said.body)
        found["datasets"] = [one for one in found["datasets"] if one["owner"] != SEGUR]
        return replace(said, body=json.dumps(found).encode())

    puppet.answers["/api/v1/datasets"] = hide
    told = seen(mlg).verification
    assert told is not None
    assert told.answer == "differs"
    assert SEGUR in told.missing
    assert "Ségur" in told.differences["libgeo"].to_list()


def test_a_contributor_that_can_not_be_had_is_told(site: Served):
    sharing = Sharing(level="aggregate-only")
    draft = site.draft(CURAN, hours(3), sharing=sharing)
    taken = site.take(site.sign(draft))
    assert taken.reasons  # raw rows never leave a node; its cells aren't here either
    site.publish(CURAN, hours(2), name=f"{COUNTS}.second", sharing=Sharing(level="open"))
    with Client(site.url, trust=[site.charter], token=site.token) as mlg:
        told = mlg.view(EPCI, MEASURE, verify="recompute").verification
    assert told is not None
    states = {
        name: state
        for name, state in told.contributors.select("dataset", "state").iter_rows()
        if name is not None
    }
    assert states[f"{CURAN}/{COUNTS}.second"] == "verified"
    assert told.answer in ("equal", "partly")


def test_what_is_not_handed_out_leaves_the_rest(mlg: Client, puppet: Puppet, site: Served):
    path = f"/api/v1/datasets/{SEGUR}/{COUNTS}/bundle"
    puppet.answers[path] = lambda asked: replace(puppet.otherwise(asked), status=403)
    told = seen(mlg).verification
    assert told is not None
    assert told.answer == "partly"
    assert told.not_recomputable == (f"{SEGUR}/{COUNTS}",)
    assert set(told.contributors["code"].drop_nulls()) == {"http-403"}
    assert told.compared > 0


def test_publications_that_come_meanwhile_are_waited_for(mlg: Client, puppet: Puppet, site: Served):
    came: list[str] = []

    def late(asked: str) -> Any:
        said = puppet.otherwise(asked)
        if not came:
            came.append(site.publish(ARVIEU, hours(1, first=40, value=3)))
        return said

    puppet.answers[f"/api/v1/datasets/{SEGUR}/{COUNTS}"] = late
    told = seen(mlg)
    assert told.verification is not None
    assert told.verification.answer == "equal"
    assert came[0] in told.verification.contributors["digest"].to_list()


def test_a_node_that_never_stands_still_is_given_up(mlg: Client, puppet: Puppet, site: Served):
    at = iter(range(50, 100))

    def moving(asked: str) -> Any:
        site.publish(ARVIEU, hours(1, first=next(at)))
        return puppet.otherwise(asked)

    puppet.answers[VIEW] = moving
    with pytest.raises(Exception, match="faster") as caught:
        seen(mlg)
    assert caught.value.code == "view-moving"  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", ["totals", "rows", "territory", "coverage", "vintage"])
def test_a_view_of_another_form_is_no_answer(mlg: Client, puppet: Puppet, change: str):
    lying(puppet, lambda found: found.pop(change))
    with pytest.raises(NodeAnswerError):
        mlg.view(EPCI, MEASURE)


def test_wrong_use_is_told(mlg: Client):
    with pytest.raises(MalformedError) as caught:
        mlg.view(EPCI, MEASURE, verify="yes")  # type: ignore[arg-type]
    assert caught.value.code == "verify"
    with pytest.raises(UnknownError) as unknown:
        mlg.view("fr-epci-1", MEASURE, verify="recompute")
    assert unknown.value.code == "territory"
    with pytest.raises(UnknownError) as measure:
        mlg.view(EPCI, "x.y")
    assert measure.value.code == "measure"


def test_without_a_token_open_data_are_recomputed(site: Served):
    sharing = Sharing(level="federation", charter=site.charter)
    site.publish(CURAN, hours(3, value=4), sharing=sharing)
    with Client(site.url, trust=[site.charter]) as outside:
        told = outside.view(EPCI, MEASURE, verify="recompute").verification
    assert told is not None
    assert told.answer == "equal"
    states = dict(told.contributors.select("participant", "state").iter_rows())
    assert states == {ARVIEU: "verified", SEGUR: "verified", CURAN: "withheld"}
    with Client(site.url, trust=[site.charter], token=site.token) as inside:
        told = inside.view(EPCI, MEASURE, verify="recompute").verification
    assert told is not None
    assert told.answer == "equal"
    assert set(told.contributors["state"]) == {"verified"}
