"""Live: every publication once, in the order of reception, verified; whatever interrupts it."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from federation.bundle import read, write
from federation.client import Client, Event, NodeAnswerError, NodeRefusedError
from federation.client import live as module
from federation.tables import make_delta
from tests.puppet import Puppet, Said
from tests.sample_rows import projects
from tests.served import ARVIEU, COUNTS, CURAN, EPCI, SEGUR, Served, form, hours, served

DATASET = f"{ARVIEU}/{COUNTS}"
LIST = "/api/v1/publications"
KEY = form("projets").primary_key


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "node", (ARVIEU, SEGUR, CURAN, EPCI)) as found:
        yield found


@pytest.fixture
def mlg(site: Served) -> Iterator[Client]:
    with Client(site.url, trust=[site.charter], token=site.token) as found:
        yield found


@pytest.fixture
def liar(site: Served, puppet: Puppet) -> Iterator[Client]:
    puppet.stand_before(site.url, site.token)
    with Client(puppet.url, trust=[site.charter]) as found:
        yield found


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_FIRST_S", 0.01)


def fill(site: Served, count: int, *, first: int = 0) -> list[str]:
    """Two communes in turn; the digests in the order of reception."""
    return [
        site.publish((ARVIEU, SEGUR)[n % 2], hours(1, first=n, value=n))
        for n in range(first, first + count)
    ]


def had(mlg: Client, **more: Any) -> list[Event]:
    return list(mlg.live(once=True, **more))


def test_everything_comes_once_in_the_order_of_reception(
    site: Served, mlg: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "PAGE_PUBLICATIONS", 3)
    digests = fill(site, 10)
    found = had(mlg)
    assert [one.digest for one in found] == digests
    assert all(one.verified and one.reason is None for one in found)
    assert [one.frame["count"].sum() for one in found if one.frame is not None] == list(range(10))
    assert {tuple(one.frame.columns[:2]) for one in found if one.frame is not None} == {
        ("codgeo", "libgeo")
    }
    assert found[0].signed is not None
    assert (found[0].signed.owner, found[0].signed.sequence) == (ARVIEU, 1)
    assert found[0].labels["fr"]


@pytest.mark.parametrize("stop", [1, 4, 9])
def test_it_goes_on_behind_any_position(site: Served, mlg: Client, stop: int):
    digests = fill(site, 10)
    first = list(islice(mlg.live(once=True), stop))
    with Client(site.url, trust=[site.charter], token=site.token) as again:
        rest = had(again, after=first[-1].position)
    assert [one.digest for one in (*first, *rest)] == digests
    assert all(one.verified for one in rest)
    assert had(mlg, after=rest[-1].position) == []


def test_only_what_was_asked_for(site: Served, mlg: Client):
    fill(site, 4)
    site.publish(ARVIEU, projects(), name="projets", mode="snapshot")
    site.publish(CURAN, hours(1))
    assert {one.dataset for one in had(mlg, schema="projets")} == {f"{ARVIEU}/projets"}
    assert {one.dataset for one in had(mlg, territory=SEGUR)} == {f"{SEGUR}/{COUNTS}"}
    both = had(mlg, territory=(SEGUR, CURAN), schema=(COUNTS, "projets"))
    assert {one.dataset for one in both} == {f"{SEGUR}/{COUNTS}", f"{CURAN}/{COUNTS}"}
    assert len(both) == 3


def test_registers_are_followed_from_their_beginning(site: Served, mlg: Client):
    whole = projects()
    site.publish(ARVIEU, whole, name="projets", mode="snapshot")
    at = had(mlg)[-1].position
    delta = make_delta(whole, whole[1:], KEY)
    site.publish(ARVIEU, delta, name="projets", mode="delta", result=whole[1:])
    with Client(site.url, trust=[site.charter], token=site.token) as again:
        (found,) = had(again, after=at)
    assert found.verified
    assert found.frame is not None
    assert found.frame["_deleted"].to_list() == [True]


def test_what_was_withdrawn_since_is_told_without_rows(site: Served, mlg: Client):
    fill(site, 1)
    site.publish(ARVIEU, None)
    first, second = had(mlg)
    assert not first.verified
    assert first.reason is not None
    assert first.reason.code == "part-missing"
    assert second.verified
    assert second.signed is not None
    assert second.signed.mode == "withdraw"


def test_what_the_owner_got_wrong_is_told(site: Served, mlg: Client):
    fill(site, 1)
    wrong = replace(site.draft(ARVIEU, hours(1, first=1)), period_us=(0, 10**6))
    site.take(site.sign(wrong))
    site.publish(ARVIEU, hours(1, first=2))
    found = had(mlg)
    assert [one.verified for one in found] == [True, False, True]
    assert found[1].reason is not None
    assert (found[1].reason.code, found[1].reason.by) in (
        ("period", "node"),
        ("part-missing", "here"),
    )


def test_a_forged_one_is_told_and_the_others_come(site: Served, liar: Client, puppet: Puppet):
    digests = fill(site, 4)
    path = f"/api/v1/datasets/{SEGUR}/{COUNTS}/bundle"

    def forge(asked: str) -> Said:
        said = puppet.otherwise(asked)
        bundle = read(said.body)
        texts = [f"{one.rpartition('.')[0]}.{'A' * 86}" for one in bundle.publications]
        return replace(said, body=write(replace(bundle, publications=tuple(texts))))

    puppet.answers[path] = forge
    found = had(liar)
    assert [one.digest for one in found] == digests
    assert [one.verified for one in found] == [True, False, True, False]
    assert all(one.frame is None for one in found if not one.verified)


def test_a_listed_one_that_is_not_handed_out_is_told(site: Served, liar: Client, puppet: Puppet):
    fill(site, 2)
    puppet.answers[f"/api/v1/datasets/{SEGUR}/{COUNTS}/bundle"] = Said(b"{}", 403)
    found = had(liar)
    assert [one.verified for one in found] == [True, False]
    assert found[1].reason is not None
    assert "http-403" in found[1].reason.detail


def test_a_list_in_a_circle_ends(site: Served, liar: Client, puppet: Puppet):
    fill(site, 2)

    def circle(asked: str) -> Said:
        said = puppet.otherwise(asked)
        found = json.loads(said.body) | {"next": "0"}
        return replace(said, body=json.dumps(found).encode())

    puppet.answers[LIST] = circle
    with pytest.raises(NodeAnswerError, match="circle"):
        had(liar)


def test_a_position_of_another_node_is_refused(site: Served, mlg: Client):
    fill(site, 1)
    with pytest.raises(NodeRefusedError):
        had(mlg, after="nonsense")


def test_it_waits_for_a_node_that_comes_back(site: Served, liar: Client, puppet: Puppet):
    digests = fill(site, 3)
    down = [503, 500]
    waits: list[tuple[str, float]] = []

    def busy(asked: str) -> Said:
        return Said(b"{}", down.pop()) if down else puppet.otherwise(asked)

    puppet.answers[LIST] = busy
    found = had(liar, waiting=lambda error, pause: waits.append((error.code, pause)))
    assert [one.digest for one in found] == digests
    assert [code for code, _ in waits] == ["http-500", "http-503"]
    assert waits[1][1] == 2 * waits[0][1]


def test_new_ones_come_as_they_arrive(site: Served, mlg: Client):
    digests = fill(site, 2)
    events = mlg.live()
    assert [next(events).digest for _ in range(2)] == digests
    came: list[str] = []
    thread = threading.Timer(0.5, lambda: came.append(site.publish(ARVIEU, hours(1, first=9))))
    thread.start()
    found = next(events)
    thread.join()
    assert found.digest == came[0]
    assert found.verified
    events.close()


def test_a_dropped_stream_is_opened_again(site: Served, liar: Client, puppet: Puppet):
    digests = fill(site, 2)
    stream = {"Content-Type": "text/event-stream"}
    drops = [Said(b": hello\n\n", headers=stream), Said(b"", headers=stream)]
    waits: list[str] = []
    quiet: list[int] = []

    def stop() -> None:
        quiet.append(1)

    def streamed(_asked: str) -> Said:
        site.publish(ARVIEU, hours(1, first=20 + len(drops)))
        return drops.pop() if drops else Said(b"", headers=stream)

    puppet.answers["/api/v1/events"] = streamed
    events = liar.live(waiting=lambda error, _: waits.append(error.code), quiet=stop)
    found = [next(events).digest for _ in range(4)]
    events.close()
    assert found[:2] == digests
    assert len(set(found)) == 4
    assert waits[:2] == ["node-unreachable", "node-unreachable"]
    assert quiet
