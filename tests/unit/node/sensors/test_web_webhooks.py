"""The webhook over real HTTP: taken, ignored, refused with a reason that is counted."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sensor_samples import ARVIEU, MINUTE_US, WATER, body, instant, reading_body
from web_world import Answered, Site, site_of

from node.clock import now_us
from node.sensors.service import FILE_NAME
from node.sensors.uplink import UPLINK_MAX_BYTES
from node.web import auth
from node.web.scopes import Scope

PATH = "/api/v1/webhooks/ttn"
PAYLOAD = {"index_l": 123_456, "meter": {"bar": 5.25}}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with site_of(tmp_path / "node") as found:
        (tmp_path / "node" / FILE_NAME).write_text(WATER)
        yield found


async def post(site: Site, data: bytes, media: str = "application/json", **more: str) -> Answered:
    return await site.post(data, media, PATH, **more)


def now_body(**payload: object) -> bytes:
    return reading_body(now_us() - MINUTE_US, PAYLOAD | payload)


async def refusals(site: Site) -> dict[tuple[str, str], int]:
    found = (await site.get("/api/v1/status")).json["sensors"]
    return {(one["device"], one["reason"]): one["count"] for one in found["refused"]}


async def test_an_uplink_is_stored_and_shown(site: Site) -> None:
    data = now_body()
    first = await post(site, data)
    assert (first.status, first.json) == (
        202,
        {"device": "eau/debit-1", "stored": True, "why": "stored"},
    )
    again = await post(site, data)
    assert (again.status, again.json["stored"], again.json["why"]) == (202, False, "replayed")
    sensors = (await site.get("/api/v1/status")).json["sensors"]
    (device,) = sensors["devices"]
    assert device["dataset"] == f"{ARVIEU}/eau-reseau"
    assert (device["waiting"], device["silent"]) == (1, False)
    assert sensors["refused"] == []


@pytest.mark.parametrize("event", ["join_accept", "downlink_ack", "location_solved"])
async def test_other_events_are_acknowledged(site: Site, event: str) -> None:
    found = json.loads(body(("uplink_message", ...)))
    answer = await post(site, json.dumps(found | {event: {}}).encode())
    assert (answer.status, answer.json["stored"], answer.json["why"]) == (202, False, "event")
    assert await refusals(site) == {}


@pytest.mark.parametrize("token", [None, "wrong-" * 8])
async def test_without_the_right_token_nothing_is_looked_at(site: Site, token: str | None) -> None:
    answer = await site.ask(
        "POST", PATH, token=token, data=now_body(), headers={"Content-Type": "application/json"}
    )
    assert (answer.status, answer.json["code"]) == (401, "token")
    assert "WWW-Authenticate" in answer.headers
    assert await refusals(site) == {}


async def test_a_token_for_devices_hands_in_and_does_nothing_else(site: Site) -> None:
    folder = site.node.data_dir
    devices, _ = auth.add(folder, scope=Scope.DEVICES, name="TTN", created="2026-11-01T00:00:00Z")
    reads, _ = auth.add(folder, scope=Scope.READ, name="lecteur", created="2026-11-01T00:00:00Z")
    assert (await post(site, now_body(), token=devices)).status == 202
    assert (await site.get("/api/v1/status", token=devices)).status == 403
    assert (await site.post(b"", token=devices)).status == 403
    assert (await post(site, now_body(), token=reads)).status == 403


async def test_what_is_refused_has_a_reason_and_is_counted(site: Site) -> None:
    future = instant(now_us() + 60 * MINUTE_US)
    past = instant(now_us() - 8 * 24 * 60 * MINUTE_US)
    cases = [
        (reading_body(now_us(), PAYLOAD, of="debit-9"), 404, "device-unknown", "eau/debit-9"),
        (now_body(index_l=None), 422, "field-missing", "eau/debit-1"),
        (now_body(index_l="12"), 422, "field-type", "eau/debit-1"),
        (now_body(meter={"bar": 1_000}), 422, "field-range", "eau/debit-1"),
        (body(("uplink_message.received_at", future)), 422, "time-range", "eau/debit-1"),
        (body(("uplink_message.received_at", past)), 422, "time-range", "eau/debit-1"),
        (body(("uplink_message.decoded_payload", ...)), 422, "uplink-payload", "eau/debit-1"),
        (b"{}", 422, "uplink-event", ""),
        (b"{", 400, "uplink-json", ""),
    ]
    for data, status, code, device in cases:
        answer = await post(site, data)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (answer.status, answer.json["code"]) == (status, code), answer.body
        assert (answer.json["device"] or "") == device
        assert answer.json["detail"]
        assert answer.json["remedy"]
    counted = await refusals(site)
    assert counted["eau/debit-1", "time-range"] == 2
    assert set(counted) == {(device, code) for _, _, code, device in cases}
    assert (await site.get("/api/v1/status")).json["sensors"]["devices"][0]["waiting"] == 0


async def test_bodies_that_are_too_large_or_of_another_form(site: Site) -> None:
    large = await post(site, b" " * (UPLINK_MAX_BYTES + 1))
    assert (large.status, large.json["code"]) == (413, "upload-size")
    packed = await post(site, gzip.compress(body()), headers={"Content-Encoding": "gzip"})
    assert packed.status in (415, 422)
    other = await post(site, body(), "application/octet-stream")
    assert (other.status, other.json["code"]) == (415, "media-type")
    empty = await post(site, b"")
    assert (empty.status, empty.json["code"]) == (400, "upload-empty")
    assert {("", "upload-size"), ("", "media-type"), ("", "upload-empty")} <= set(
        await refusals(site)
    )


async def test_names_from_outside_are_text_and_bounded(site: Site) -> None:
    for name in ("<b>x</b>", "a" * 500, "../../etc", "\u202edebit"):
        answer = await post(site, reading_body(now_us(), PAYLOAD, of=name))
        assert (answer.status, answer.json["code"]) == (422, "uplink-form")
        assert name not in answer.body.decode()


async def test_without_a_table_the_network_is_told_to_wait(site: Site) -> None:
    (site.node.data_dir / FILE_NAME).unlink()
    answer = await post(site, now_body())
    assert (answer.status, answer.json["code"]) == (503, "devices-table")
    assert (await site.ask("GET", PATH)).status == 405


async def test_the_node_s_page_shows_silent_sensors_first_and_what_was_refused(
    site: Site,
) -> None:
    silent = WATER.splitlines()[1].replace("debit-1", "zz-muet").replace("BOURG", "LAC")
    (site.node.data_dir / FILE_NAME).write_text(f"{WATER}{silent}\n")
    assert (await post(site, now_body())).status == 202
    assert (await post(site, now_body(index_l="?"))).status == 422
    page = (await site.get("/de/noeud", headers={"Accept": "text/html"})).body.decode()
    assert "1 von 2 Sensoren schweigen." in page
    assert page.index("eau/zz-muet") < page.index("eau/debit-1")
    assert "nichts empfangen" in page
    assert "keine Zahl" in page
    assert "Nichts zu melden" not in page
