"""The client's small parts: events, entries, cache, columns."""

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from federation.client.cache import Cache
from federation.client.entries import datasets_of, entry_of, page_of
from federation.client.errors import NodeAnswerError
from federation.client.results import decimals
from federation.client.sse import Heartbeat, Sent, parse
from federation.client.trust import pins_of
from federation.errors import MaillageError, MalformedError

DATASET = "fr-com-12011/comptage-mobilites"
DIGEST = "ab" * 32


def entry(**changed: Any) -> dict[str, Any]:
    return {
        "position": "p1",
        "digest": DIGEST,
        "dataset": DATASET,
        "epoch": 1,
        "sequence": 7,
        "received": "2026-11-23T00:00:00Z",
        "verdict": "accepted",
        "reason": None,
        "void": False,
    } | changed


# -- server-sent events --------------------------------------------------------------------------


def test_events_are_put_together_from_lines():
    lines = ["id: 4", "event: publication", "data: {", "data: }", "", ": heartbeat", "data:x", ""]
    assert list(parse(lines)) == [
        Sent("4", "publication", "{\n}"),
        Heartbeat(),
        Sent("4", "message", "x"),
    ]


def test_an_event_without_data_or_end_is_none():
    assert list(parse(["id: 4", "", "event: publication", "", "data: torn"])) == []
    assert list(parse(["id: a\0b", "unknown: x", "retry: 5", "data: y", ""])) == [
        Sent("", "message", "y")
    ]


def test_an_event_without_bound_is_refused():
    with pytest.raises(NodeAnswerError):
        list(parse(["data: " + "x" * 1000] * 100))


# -- what the node lists -------------------------------------------------------------------------


def test_a_page_is_parsed_and_newer_members_are_passed_over():
    page, following = page_of({"publications": [entry(colour="blue")], "next": "p2", "more": 1})
    assert (page[0].position, page[0].order, following) == ("p1", (1, 7), "p2")
    assert entry_of(json.dumps(entry())) == page[0]


@pytest.mark.parametrize(
    "changed",
    [
        {"digest": "x"},
        {"digest": DIGEST.upper()},
        {"dataset": "../../etc/passwd"},
        {"dataset": "fr-com-12011/UPPER"},
        {"epoch": "1"},
        {"epoch": -1},
        {"sequence": 2**60},
        {"position": ""},
        {"position": "p" * 301},
        {"received": None},
        {"void": "no"},
    ],
)
def test_an_entry_of_another_form_is_no_answer(changed: dict[str, Any]):
    with pytest.raises(NodeAnswerError) as caught:
        page_of({"publications": [entry(**changed)], "next": "p2"})
    assert caught.value.code == "node-answer"
    with pytest.raises(NodeAnswerError):
        entry_of(json.dumps(entry(**changed)))


@pytest.mark.parametrize("found", [{}, {"publications": {}, "next": "1"}, {"publications": []}])
def test_a_page_of_another_form_is_no_answer(found: dict[str, Any]):
    with pytest.raises(NodeAnswerError):
        page_of(found)


def test_datasets_are_parsed():
    listed = {"id": DATASET, "schema": "comptage-mobilites", "sharing": "open", "labels": {}}
    found, following = datasets_of({"datasets": [listed], "next": None})
    assert (found[0].id, found[0].digest, following) == (DATASET, None, None)
    with pytest.raises(NodeAnswerError):
        datasets_of({"datasets": [listed | {"id": "x"}]})


# -- pins ----------------------------------------------------------------------------------------


def test_pins_are_digests():
    assert pins_of([f" {DIGEST.upper()}\n", DIGEST]) == (DIGEST,)


@pytest.mark.parametrize("trust", [[], ["x"], [DIGEST, DIGEST[:63]], [""]])
def test_without_a_digest_nobody_is_believed(trust: list[str]):
    with pytest.raises(MalformedError) as caught:
        pins_of(trust)
    assert caught.value.code == "trust"


# -- cache ---------------------------------------------------------------------------------------


def test_what_is_kept_is_found_again(tmp_path: Path):
    cache = Cache(tmp_path / "new" / "cache")
    assert cache.document("charters", DIGEST) is None
    cache.keep_document("charters", DIGEST, b"{}")
    for order in ((2, 1), (1, 10), (1, 9)):
        cache.keep_bundle(DATASET, order, str(order).encode())
    assert cache.document("charters", DIGEST) == b"{}"
    assert list(cache.bundles(DATASET)) == [b"(1, 9)", b"(1, 10)", b"(2, 1)"]
    assert list(cache.bundles("fr-com-12011/projets")) == []
    cache.forget(DATASET)
    assert list(cache.bundles(DATASET)) == []


def test_others_can_not_read_it(tmp_path: Path):
    cache = Cache(tmp_path / "cache")
    cache.keep_bundle(DATASET, (1, 1), b"x")
    cache.keep_document("identities", DIGEST, b"{}")
    found = list((tmp_path / "cache").rglob("*"))
    assert {stat.S_IMODE(one.stat().st_mode) for one in found if one.is_dir()} == {0o700}
    assert {stat.S_IMODE(one.stat().st_mode) for one in found if one.is_file()} == {0o600}
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700


def test_without_a_folder_nothing_is_kept():
    cache = Cache(None)
    cache.keep_document("charters", DIGEST, b"{}")
    cache.keep_bundle(DATASET, (1, 1), b"x")
    cache.forget(DATASET)
    assert cache.document("charters", DIGEST) is None
    assert list(cache.bundles(DATASET)) == []


def test_a_folder_that_can_not_be_used_is_told(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(MalformedError) as caught:
        Cache(file)
    assert caught.value.code == "cache"
    with pytest.raises(MaillageError) as told:
        Cache(file / "below").keep_document("charters", DIGEST, b"{}")
    assert told.value.code == "cache"


# -- columns -------------------------------------------------------------------------------------


def test_figures_are_exact_decimals():
    column = decimals("sum", ["12.50", None, "-0.25"])
    assert column.dtype == pl.Decimal(38, 2)
    assert [None if one is None else str(one) for one in column] == ["12.50", None, "-0.25"]
    assert decimals("sum", []).len() == 0


def test_a_figure_that_no_decimal_holds_stays_text():
    text = "9" * 39
    assert decimals("squares", [text, "1.5"]).to_list() == [text, "1.5"]


def test_the_client_brings_nothing_of_the_node():
    told = (
        "import sys, federation.client; "
        "print(sorted({m.split('.')[0] for m in sys.modules} & "
        "{'node', 'aiohttp', 'nats', 'sqlmodel', 'sqlalchemy', 'typer', 'jinja2'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
