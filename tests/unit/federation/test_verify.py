"""Steps 1 to 11: their order, what each may touch, and that a batch is as good as one by one."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

from federation.ids import fwd_subject
from federation.jose import Jws, b64url, parse_compact, protected
from federation.limits import PART_MAX_BYTES
from federation.manifest import TYP
from federation.message import MANIFEST_HEADER, PART_HEADER
from federation.model import Position
from federation.reasons import REASONS, Verdict
from federation.verify import Arrival, Failed, Finding, KeyRecord, Opened, bind_content, open_all
from schemas.model import Schema
from tests.cases.good import first_counts, long_counts
from tests.cases.kit import KNOWN, message, messages, payload_signed, subject_of
from tests.mutations import mutants
from tests.pipeline import arrival_of
from tests.world import ARVIEU, EPCI, LUZY, Made, World, documents, signer


@cache
def world() -> World:
    return World({name: documents()[name] for name in KNOWN})


def one_of(arrival: Arrival) -> Opened | Failed:
    (found,) = open_all([arrival], world())
    return found


def code(arrival: Arrival) -> str:
    found = one_of(arrival)
    assert isinstance(found, Failed)
    return found.finding.code


def arrived(one: Made, jws: str | None = None) -> Arrival:
    return arrival_of(message(one, jws=jws))


# --- order ---------------------------------------------------------------------------------------


class Watched:
    """A receiver's knowledge that tells what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def key(self, kid: str) -> KeyRecord | None:
        self.asked.append("key")
        return world().key(kid)

    def schema(self, digest: str) -> Schema | None:
        self.asked.append("schema")
        return world().schema(digest)

    def knows_charter(self, digest: str) -> bool:
        self.asked.append("charter")
        return world().knows_charter(digest)

    def may_receive(self, charter: str, publisher: str) -> bool:
        self.asked.append("members")
        return world().may_receive(charter, publisher)

    def charter_ended(self, charter: str, publisher: str, issued_us: int) -> str:
        self.asked.append("ends")
        return world().charter_ended(charter, publisher, issued_us)


def test_nothing_but_the_key_is_asked_for_before_the_signature_holds() -> None:
    forged = payload_signed(first_counts(), b"{}").rpartition(".")[0] + "." + b64url(bytes(64))
    trust = Watched()
    (found,) = open_all([arrived(first_counts(), forged)], trust)
    assert isinstance(found, Failed)
    assert (found.finding.code, trust.asked) == ("signature", ["key"])
    assert found.manifest is None


def test_the_payload_is_not_parsed_before_the_signature_holds() -> None:
    header = protected(TYP, signer(ARVIEU).public.kid)
    unreadable = f"{header}.{b64url(b'not json')}.{b64url(bytes(64))}"
    assert code(arrived(first_counts(), unreadable)) == "signature"
    assert code(arrived(first_counts(), payload_signed(first_counts(), b"not json"))) == "manifest"


def test_an_unknown_key_is_known_before_its_payload() -> None:
    stranger = signer("nobody")
    header = protected(TYP, stranger.public.kid)
    jws = f"{header}.{b64url(b'not json')}.{b64url(bytes(64))}"
    found = one_of(arrived(first_counts(), jws))
    assert isinstance(found, Failed)
    assert (found.finding.code, found.finding.missing) == ("key-unknown", stranger.public.kid)
    assert found.finding.verdict is Verdict.HELD


def test_a_wrong_subject_is_found_before_anything_is_asked_for() -> None:
    """Else whoever carries could have a receiver hold and fetch for messages that never count."""
    one = first_counts()
    unknown = one.changed(schema={**one.payload["schema"], "digest": "0f" * 32})
    elsewhere = subject_of(one).replace(".pub.comptage-mobilites", ".pub.projets")
    assert code(arrival_of(message(unknown))) == "schema-unknown"
    assert code(arrival_of(message(unknown, subject=elsewhere))) == "subject-mismatch"


def test_a_finding_carries_what_is_known_by_then() -> None:
    one = first_counts()
    refused = one_of(arrived(one.changed(publisher=EPCI)))
    assert isinstance(refused, Failed)
    assert refused.finding.code == "publisher-mismatch"
    assert refused.manifest is not None
    assert refused.digest == one.changed(publisher=EPCI).digest()
    assert (refused.finding.step, REASONS[refused.finding.code].step) == (8, 8)


# --- carriage ------------------------------------------------------------------------------------


def test_what_opened_is_what_was_signed() -> None:
    one = first_counts()
    found = one_of(arrived(one))
    assert isinstance(found, Opened)
    assert found.jws == parse_compact(one.jws(), TYP)
    assert found.manifest.write() == found.jws.payload
    assert (found.digest, found.key.participant, found.part) == (one.digest(), ARVIEU, (1, 1))


@pytest.mark.parametrize(
    "subject",
    [
        subject_of(first_counts()),
        fwd_subject(EPCI, ARVIEU),
        fwd_subject(LUZY, ARVIEU),
        f"mlg.1.z.fr-12.{ARVIEU}.for.{EPCI}.comptage-mobilites._",
        None,
    ],
)
def test_ways_to_travel(subject: str | None) -> None:
    assert isinstance(one_of(arrival_of(message(first_counts(), subject=subject))), Opened)


@pytest.mark.parametrize(
    "subject",
    [
        f"mlg.1.z.fr-12.{ARVIEU}.rcpt.{ARVIEU}",
        f"mlg.1.z.fr-12.{ARVIEU}.pub.comptage-mobilites._.more",
        f"mlg.1.z.fr-58.{LUZY}.for.{EPCI}.comptage-mobilites._",
        f"mlg.1.z.fr-12.{ARVIEU}.for.comptage-mobilites._",
        f"mlg.1.z.fr-12.{ARVIEU}.fwd.{ARVIEU}.more",
    ],
)
def test_ways_not_to_travel(subject: str) -> None:
    assert code(arrival_of(message(first_counts(), subject=subject))) == "subject-mismatch"


def test_a_body_from_a_bundle_is_whole_and_may_be_long() -> None:
    one = long_counts()
    assert one.blob is not None
    assert len(one.blob) > PART_MAX_BYTES
    found = one_of(Arrival(None, {MANIFEST_HEADER: one.jws()}, one.blob))
    assert isinstance(found, Opened)
    assert bind_content(found, one.blob) is None
    finding = bind_content(found, one.blob[:-1])
    assert finding is not None
    assert finding.code == "content-digest"


def test_each_part_binds_where_it_belongs_and_nowhere_else() -> None:
    parts = [arrival_of(part) for part in messages(long_counts())]
    for mine in parts:
        found = one_of(mine)
        assert isinstance(found, Opened)
        for other in parts:
            finding = bind_content(found, other.body)
            assert (finding is None) == (other is mine)


def test_a_part_number_beyond_the_content() -> None:
    arrival = arrival_of(messages(long_counts())[0])
    found = one_of(Arrival(arrival.subject, {**arrival.headers, PART_HEADER: "3/3"}, arrival.body))
    assert isinstance(found, Opened)
    finding = bind_content(found, arrival.body)
    assert finding is not None
    assert finding.code == "content-digest"


# --- keys ----------------------------------------------------------------------------------------


class Revoked(World):
    """A receiver that knows of a revocation."""

    def key(self, kid: str) -> KeyRecord | None:
        found = super().key(kid)
        return found and KeyRecord(found.participant, found.key, found.custodian, self.heads)

    heads: dict[str, Position]


@pytest.mark.parametrize(
    ("epoch", "sequence", "same", "good"),
    [
        (1, 1, True, True),
        (1, 1, False, False),
        (1, 2, False, True),
        (2, 1, False, True),
    ],
)
def test_a_revoked_key_is_good_up_to_its_last_head(
    epoch: int, sequence: int, *, same: bool, good: bool
) -> None:
    one = first_counts()
    last = Position(epoch=epoch, sequence=sequence, digest=one.digest() if same else "0f" * 32)
    trust = Revoked({name: documents()[name] for name in KNOWN})
    trust.heads = {one.payload["dataset"]: last}
    (found,) = open_all([arrived(one)], trust)
    assert isinstance(found, Opened) == good
    trust.heads = {}
    (found,) = open_all([arrived(one)], trust)
    assert isinstance(found, Failed)
    assert found.finding.code == "key-revoked"


# --- batches -------------------------------------------------------------------------------------


def _result(found: Opened | Failed) -> tuple[str, str | None]:
    if isinstance(found, Failed):
        return found.finding.code, found.digest
    return "opened", found.digest


def test_a_batch_is_as_good_as_one_by_one_also_in_threads() -> None:
    arrivals = [mutant.arrival for _, mutant in mutants("batch", 400)]
    alone = [_result(one_of(arrival)) for arrival in arrivals]
    assert [_result(found) for found in open_all(arrivals, world())] == alone
    with ThreadPoolExecutor(2) as pool:

        def mapper(
            check: Callable[[tuple[Jws, KeyRecord]], bool], pairs: Iterable[tuple[Jws, KeyRecord]]
        ) -> Iterable[bool]:
            return pool.map(check, pairs)

        found = open_all(arrivals, world(), mapper=mapper)
    assert [_result(one) for one in found] == alone
    assert [one.arrival for one in found] == arrivals


def test_an_undocumented_reason_can_not_be_asked_for_its_verdict() -> None:
    with pytest.raises(KeyError):
        _ = Finding("because").verdict
