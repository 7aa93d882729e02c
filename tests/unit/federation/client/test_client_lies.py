"""A node that lies: it can withhold, and nothing it makes up is believed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from federation.bundle import Bundle, read, write
from federation.client import (
    Client,
    IncompleteError,
    MaillageError,
    NodeAnswerError,
    StateError,
    TrustError,
)
from federation.strict import sha256_hex
from tests.puppet import Puppet
from tests.served import ARVIEU, COUNTS, SEGUR, Served, hours, served

DATASET = f"{ARVIEU}/{COUNTS}"
PATH = f"/api/v1/datasets/{DATASET}"
BUNDLE = f"{PATH}/bundle"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "node") as found:
        for day in range(3):
            found.publish(ARVIEU, hours(2, first=24 * day, value=day + 1))
        found.publish(SEGUR, hours(2))
        yield found


@pytest.fixture
def mlg(site: Served, puppet: Puppet) -> Iterator[Client]:
    """A client that asks the liar, which stands before the node."""
    puppet.stand_before(site.url, site.token)
    with Client(puppet.url, trust=[site.charter]) as found:
        yield found


def lying(puppet: Puppet, path: str, alter: Callable[[bytes], bytes]) -> None:
    """Alter what the node answers at a path."""
    puppet.answers[path] = lambda asked: replace(
        (said := puppet.otherwise(asked)), body=alter(said.body)
    )


def altering(puppet: Puppet, change: Callable[[Bundle], Bundle]) -> None:
    lying(puppet, BUNDLE, lambda body: write(change(read(body))))


def failing(mlg: Client, *, partial: bool = False) -> MaillageError:
    with pytest.raises(MaillageError) as caught:
        mlg.rows(DATASET, partial=partial)
    return caught.value


def test_an_honest_stand_in_changes_nothing(mlg: Client):
    assert mlg.rows(DATASET).frame.height == 6


def test_a_forged_signature(mlg: Client, puppet: Puppet):
    def forge(bundle: Bundle) -> Bundle:
        head = bundle.publications[1].rpartition(".")[0]
        texts = (bundle.publications[0], f"{head}.{'A' * 86}", bundle.publications[2])
        return replace(bundle, publications=texts)

    altering(puppet, forge)
    error = failing(mlg)
    assert isinstance(error, TrustError)
    assert error.code == "signature"
    assert puppet.url in str(error)
    assert "another member" in error.remedy


def test_another_content_under_a_signed_manifest(mlg: Client, puppet: Puppet):
    def swap(bundle: Bundle) -> Bundle:
        found = dict(list(bundle.contents.items())[1:])
        return replace(bundle, contents=found | {sha256_hex(b"other"): b"other"})

    altering(puppet, swap)
    assert failing(mlg).code == "part-missing"


def test_a_publication_left_out_of_the_middle(mlg: Client, puppet: Puppet):
    second = read(puppet.otherwise(BUNDLE).body).publications[1]

    def leave_out(bundle: Bundle) -> Bundle:
        return replace(
            bundle, publications=tuple(one for one in bundle.publications if one != second)
        )

    altering(puppet, leave_out)
    error = failing(mlg)
    assert isinstance(error, IncompleteError)
    assert error.code == "predecessor-missing"
    found = mlg.rows(DATASET, partial=True)
    assert found.frame.height == 2
    assert not found.complete


def test_an_end_that_is_claimed_and_not_handed_out(mlg: Client, puppet: Puppet):
    first = read(puppet.otherwise(BUNDLE).body).publications[0]

    def cut(bundle: Bundle) -> Bundle:
        return replace(bundle, publications=tuple({first} & set(bundle.publications)))

    altering(puppet, cut)
    error = failing(mlg)
    assert error.code == "head-withheld"


def test_another_dataset_in_its_place(mlg: Client, puppet: Puppet):
    other = puppet.otherwise(f"/api/v1/datasets/{SEGUR}/{COUNTS}/bundle").body
    lying(puppet, BUNDLE, lambda _: other)
    error = failing(mlg)
    assert isinstance(error, TrustError)
    assert error.code == "subject-mismatch"


@pytest.mark.parametrize(
    "body", [b"", b"PK\x03\x04", b"<html>", b"\0" * 1000], ids=["empty", "torn", "html", "zeros"]
)
def test_what_is_no_bundle(mlg: Client, puppet: Puppet, body: bytes):
    lying(puppet, BUNDLE, lambda _: body)
    assert failing(mlg).code.startswith("bundle-")


def test_a_bundle_without_end(mlg: Client, puppet: Puppet, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("federation.client.reading.READ_BUNDLE_MAX_BYTES", 1000)
    assert failing(mlg).code == "node-size"


def test_more_rows_than_this_machine_takes(mlg: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("federation.client.reading.READ_PLAIN_MAX_BYTES", 1000)
    assert failing(mlg).code == "rows-memory"


def test_another_charter_than_the_one_pinned(site: Served, puppet: Puppet, tmp_path: Path):
    with served(tmp_path / "other") as other:
        document = other.node.knowledge.charters[other.charter].document
    puppet.stand_before(site.url, site.token)
    lying(puppet, f"/api/v1/charters/{site.charter}", lambda _: document)
    with Client(puppet.url, trust=[site.charter]) as mlg:
        assert failing(mlg).code == "charter-other"


def test_another_identity_than_the_charter_names(site: Served, puppet: Puppet, tmp_path: Path):
    with served(tmp_path / "other") as other:
        known = other.node.knowledge.identity_of(ARVIEU)
        assert known is not None
    puppet.stand_before(site.url, site.token)
    lying(puppet, f"/api/v1/identities/{ARVIEU}", lambda _: known.document)
    with Client(puppet.url, trust=[site.charter]) as mlg:
        assert failing(mlg).code == "charter-identity"


def test_a_charter_from_which_a_signature_was_taken(mlg: Client, site: Served, puppet: Puppet):
    def strip(body: bytes) -> bytes:
        found = json.loads(body)
        found["signatures"].pop()
        return json.dumps(found, separators=(",", ":")).encode()

    lying(puppet, f"/api/v1/charters/{site.charter}", strip)
    error = failing(mlg)
    assert isinstance(error, TrustError)
    assert error.code == "charter-signature"


@pytest.mark.parametrize("body", [b"{}", b"[]", b"no", b'{"epoch": "x"}'])
def test_a_description_that_is_none(mlg: Client, puppet: Puppet, body: bytes):
    lying(puppet, PATH, lambda _: body)
    if body.startswith(b"{"):
        assert mlg.rows(DATASET).frame.height == 6  # nothing was claimed, all was handed out
    else:
        assert isinstance(failing(mlg), NodeAnswerError)


# -- what was seen before ------------------------------------------------------------------------


@pytest.fixture
def kept(site: Served, puppet: Puppet, tmp_path: Path) -> Iterator[Client]:
    """A client with a cache that has seen everything."""
    puppet.stand_before(site.url, site.token)
    with Client(puppet.url, trust=[site.charter], cache=tmp_path / "cache") as found:
        assert found.rows(DATASET).frame.height == 6
        yield found


def test_what_is_kept_is_not_fetched_again(kept: Client, site: Served, puppet: Puppet):
    puppet.asked.clear()
    assert kept.rows(DATASET).frame.height == 6
    asked = [path for path, _ in puppet.asked]
    assert asked == [PATH, f"{BUNDLE}?after=1.3"]
    site.publish(ARVIEU, hours(1, first=90))
    assert kept.rows(DATASET).frame.height == 7
    assert kept.rows(DATASET).frame.height == 7
    assert puppet.asked[-1][0] == f"{BUNDLE}?after=1.4"


def test_a_new_client_finds_it(kept: Client, site: Served, puppet: Puppet, tmp_path: Path):
    puppet.asked.clear()
    with Client(puppet.url, trust=[site.charter], cache=tmp_path / "cache") as again:
        assert again.rows(DATASET).frame.height == 6
    assert [path for path, _ in puppet.asked] == [PATH, f"{BUNDLE}?after=1.3"]


def test_a_node_that_goes_back_is_found_out(kept: Client, puppet: Puppet):
    first = read(puppet.otherwise(BUNDLE).body).publications[0]
    claimed = {"epoch": 1, "sequence": 1, "digest": sha256_hex(first.rpartition(".")[0].encode())}
    lying(puppet, PATH, lambda _: json.dumps(claimed).encode())
    found = kept.rows(DATASET)
    assert found.frame.height == 6  # what was verified stays so
    assert any("older state" in note for note in found.notes)


def test_a_node_that_forks_is_found_out(kept: Client, site: Served, puppet: Puppet):
    rival = site.draft(ARVIEU, hours(2, first=200))
    second = site.node.store.publications.of(DATASET)[1]
    site.heads[DATASET] = site.heads[DATASET].model_copy(
        update={"sequence": 2, "digest": second.digest}
    )
    jws = site.sign(rival)[0].headers["Maillage-Manifest"]
    digest = sha256_hex(jws.rpartition(".")[0].encode())
    claimed = json.dumps({"epoch": 1, "sequence": 3, "digest": digest}).encode()
    lying(puppet, PATH, lambda _: claimed)
    error = failing(kept)
    assert isinstance(error, StateError)
    assert error.code == "history"
    assert "another history" in str(error)
    lying(puppet, PATH, lambda body: body)
    assert rival.blob is not None
    blob = rival.blob
    altering(
        puppet,
        lambda one: replace(one, publications=(jws,), contents={sha256_hex(blob): blob}),
    )
    assert failing(kept).code == "history"


def test_a_damaged_cache_is_fetched_anew(kept: Client, puppet: Puppet, tmp_path: Path):
    for path in (tmp_path / "cache").rglob("*.mlg"):
        path.write_bytes(path.read_bytes()[:-10])
    puppet.asked.clear()
    assert kept.rows(DATASET).frame.height == 6
    assert f"{BUNDLE}" in [path for path, _ in puppet.asked]


def test_a_lie_is_not_kept(site: Served, puppet: Puppet, tmp_path: Path):
    puppet.stand_before(site.url, site.token)
    altering(puppet, lambda one: replace(one, contents={}))
    with Client(puppet.url, trust=[site.charter], cache=tmp_path / "cache") as mlg:
        assert failing(mlg).code == "part-missing"
        assert list((tmp_path / "cache").rglob("*.mlg")) == []
        lying(puppet, BUNDLE, lambda body: body)
        assert mlg.rows(DATASET).frame.height == 6
