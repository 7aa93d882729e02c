"""Traces, metrics and their door: real OTLP over HTTP, a real hub, Prometheus' own parser."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from federation.message import TRACE_HEADER
from node.clock import now_us
from node.keys import KeyStore
from node.node import Node
from node.send import publication_messages
from node.settings import Settings
from node.signing import Signing
from node.telemetry import spans as spans_module
from node.telemetry.context import Parent, parse
from node.telemetry.metrics import METRICS
from node.telemetry.receiving import Told
from node.telemetry.setup import Telemetry
from node.telemetry.spans import LINKS_MAX, OFF, SPANS, Recording
from tests.collector import collector
from tests.hostile import Receiver, chain, day, sent, truth, with_headers
from tests.trace_example import NAMES, ROUTE, WEBHOOK, traced, tree
from tests.unit.node.test_two_hubs import COMMUNE, csv
from tests.unit.node.web_world import site_of
from tests.world import COUNTS

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HOSTILE = [
    "",
    "00",
    GOOD.upper(),
    GOOD + "-more",
    " " + GOOD,
    GOOD + "\n",
    GOOD.replace("00-", "ff-", 1),
    GOOD.replace("00-", "01-", 1),
    f"00-{'0' * 32}-b7ad6b7169203331-01",
    f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
    GOOD.replace("a", "\u0661"),
    "0" * 1_000_000,
    GOOD * 10_000,
    "\x00" * 55,
    "é" * 55,
]


@pytest.mark.parametrize("text", [*HOSTILE, None, 7, b"00"])
def test_what_is_no_traceparent_is_nothing(text: object) -> None:
    assert parse(text) is None


def test_a_traceparent_is_read_and_written() -> None:
    found = parse(GOOD)
    assert found is not None
    assert found.text == GOOD
    # the other's flag decides nothing
    assert parse(GOOD[:-2] + "00") == found


@pytest.fixture
def recorded() -> Iterator[tuple[Telemetry, InMemorySpanExporter]]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = Telemetry()
    telemetry.tracing = Recording(provider.get_tracer("test"))
    yield telemetry, exporter
    provider.shutdown()


@pytest.mark.parametrize("text", [*HOSTILE, GOOD])
def test_a_hostile_traceparent_changes_nothing(
    text: str, tmp_path: Path, recorded: tuple[Telemetry, InMemorySpanExporter]
) -> None:
    telemetry, exporter = recorded
    receiver = Receiver(tmp_path)
    bombs = {TRACE_HEADER: text, "tracestate": "a=b," * 10_000, "baggage": "x" * 100_000}
    arrivals = [with_headers(one, bombs) for made in chain([day(0)]) for one in sent(made)]
    with Told(telemetry).batch("one", arrivals) as outcome:
        taken = receiver.intake.take(arrivals, now_us())
        outcome(taken)
    assert taken.verdicts["accepted"] == 1
    assert receiver.figures() == truth((COUNTS, day(0)))
    names = [span.name for span in exporter.get_finished_spans()]
    assert names == (["verify", "store", "receive"] if text == GOOD else ["receive"])
    for span in exporter.get_finished_spans():
        assert not span.context.trace_state
        assert "x" * 100 not in str(span.attributes)
    receiver.close()


def test_nobody_decides_how_much_is_recorded_here(
    recorded: tuple[Telemetry, InMemorySpanExporter], monkeypatch: pytest.MonkeyPatch
) -> None:
    telemetry, exporter = recorded
    monkeypatch.setattr(spans_module, "REMOTE_PER_S", 3.0)
    assert isinstance(telemetry.tracing, Recording)
    telemetry.tracing = Recording(telemetry.tracing._tracer, clock=lambda: 0.0)
    parent = parse(GOOD)
    assert parent is not None
    found = [telemetry.tracing.past("verify", parent, (1, 2)) for _ in range(100)]
    assert len([one for one in found if one is not None]) == 3
    many = [Parent(number, 1) for number in range(1, 500)]
    with telemetry.tracing.span("receive", links=many):
        pass
    assert len(exporter.get_finished_spans()[-1].links) == LINKS_MAX


def test_an_error_is_recorded_without_its_words(
    recorded: tuple[Telemetry, InMemorySpanExporter],
) -> None:
    telemetry, exporter = recorded
    with pytest.raises(ValueError, match="row 7"), telemetry.tracing.span("ingest"):
        raise ValueError("row 7: Jeanne Dupont")
    (span,) = exporter.get_finished_spans()
    assert span.attributes == {"error.type": "ValueError"}
    assert "Dupont" not in span.to_json()


@pytest.mark.parametrize(
    ("settings", "environ", "on"),
    [
        ({}, {}, False),
        ({"telemetry": "http://127.0.0.1:1"}, {}, True),
        ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, True),
        ({"telemetry": "http://127.0.0.1:1"}, {"OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_nothing_is_sent_unless_it_is_configured(
    settings: dict[str, str], environ: dict[str, str], *, on: bool
) -> None:
    telemetry = Telemetry.of(Settings(**settings), "node", environ)
    assert telemetry.tracing.on == on
    assert (telemetry.tracing is OFF) != on
    telemetry.close()


async def test_one_trace_from_an_http_request_to_the_receipt(tmp_path: Path) -> None:
    found = await traced(tmp_path, GOOD)
    (first,) = found.named(f"POST {ROUTE}")
    assert not first.parent, "a caller's own span is linked, not continued"
    assert first.links == ((GOOD.split("-")[1], GOOD.split("-")[2]),)
    mine = [one for one in found.spans if one.trace == first.trace]
    assert {one.name for one in mine} >= NAMES
    by_id = {one.id: one for one in mine}
    ingest = next(one for one in mine if one.name == "ingest")
    assert ingest.parent == first.id
    draft = next(one for one in mine if one.name == "draft" and one.parent == ingest.id)
    assert {one.name for one in mine if one.parent == draft.id} == {"sign", "send", "verify"}
    receipts = {one.id: one for one in mine if one.name == "receipt"}
    assert any(
        taken.parent in receipts and by_id[receipts[taken.parent].parent].name == "verify"
        for taken in receipts.values()
    ), "the receiver's, below what it confirms, and the owner's below it"
    assert len({one.node for one in mine}) == 2, "two processes' worth of nodes in one trace"
    receives = found.named("receive")
    assert any((first.trace, draft.id) in one.links for one in receives)
    assert {one.name.split(" ")[0] for one in found.spans} <= {*SPANS, "POST"}
    told = " ".join(str(one.attributes) for one in found.spans)
    assert "2026-03-01" not in told, "no value of a row"
    assert "verify" in tree(found.spans, first.trace)
    assert found.metrics
    assert found.metrics <= {one.name for one in METRICS}


async def test_one_trace_from_a_webhook_to_the_receipt(tmp_path: Path) -> None:
    found = await traced(tmp_path, webhook=True)
    (first,) = found.named(f"POST {WEBHOOK}")
    mine = [one for one in found.spans if one.trace == first.trace]
    assert {one.name for one in mine} >= NAMES - {"validate", "compose"}
    receipts = {one.id for one in mine if one.name == "receipt"}
    assert any(one.parent in receipts for one in mine if one.name == "receipt")


async def test_a_draft_keeps_its_span_until_another_process_sends_it(tmp_path: Path) -> None:
    async with collector() as found:
        Node.init(tmp_path, [COMMUNE], now_us=now_us())
        node = Node.open(tmp_path, telemetry=found.url)
        node.publish(
            csv(1, 1),
            filename="c.csv",
            schema="comptage-mobilites",
            participant=COMMUNE,
            now_us=now_us(),
        )
        await asyncio.to_thread(node.close)
    (draft,) = found.named("draft")
    later = Node.open(tmp_path)
    signing = Signing(later.store, KeyStore(tmp_path), later.knowledge.schema, ["one"])
    assert signing.sign_ready(COMMUNE) == 1
    (head,) = later.store.publications.own_heads(COMMUNE)
    row = later.store.publications.get([head.digest])[head.digest]
    for _ in range(2):
        (message,) = publication_messages(later.store, row)
        parent = parse(message.headers[TRACE_HEADER])
        assert parent is not None
        assert f"{parent.trace:032x}" == draft.trace
        assert f"{parent.span:016x}" == draft.id
    later.close()


async def test_without_telemetry_no_message_has_a_traceparent(tmp_path: Path) -> None:
    Node.init(tmp_path, [COMMUNE], now_us=now_us())
    node = Node.open(tmp_path)
    node.publish(
        csv(1, 1),
        filename="c.csv",
        schema="comptage-mobilites",
        participant=COMMUNE,
        now_us=now_us(),
    )
    Signing(node.store, node.keys, node.knowledge.schema, ["one"]).sign_ready(COMMUNE)
    (head,) = node.store.publications.own_heads(COMMUNE)
    row = node.store.publications.get([head.digest])[head.digest]
    assert all(TRACE_HEADER not in one.headers for one in publication_messages(node.store, row))
    node.close()


async def test_metrics_are_read_with_a_token_only(tmp_path: Path) -> None:
    async with site_of(tmp_path / "node") as site:
        assert (await site.ask("GET", "/metrics", token=None)).status == 401
        assert (await site.ask("GET", "/metrics", token="x" * 43)).status == 401
        body = csv(1, 2)
        assert (await site.post(body)).status == 202
        await site.ask("BREW", "/healthz")
        await site.get(f"/api/v1/datasets/{'x' * 50}/nothing")
        answer = await site.get("/metrics")
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        families = {one.name: one for one in text_string_to_metric_families(answer.body.decode())}
        (drafted,) = families["maillage_publications_drafted"].samples[:1]
        assert drafted.value == 1
        (waiting,) = families["maillage_drafts_waiting"].samples
        assert waiting.value == 1
        labels = [one.labels for one in families["http_server_request_duration_seconds"].samples]
        routes = {one["http_route"] for one in labels}
        assert ROUTE in routes
        assert not any("xxxx" in one for one in routes)
        assert {one["http_request_method"] for one in labels} <= {"GET", "POST", "_OTHER"}
        assert COMMUNE not in answer.body.decode()


async def test_metrics_may_be_public(tmp_path: Path) -> None:
    async with site_of(tmp_path / "node", metrics_public=True) as site:
        assert (await site.ask("GET", "/metrics", token=None)).status == 200
