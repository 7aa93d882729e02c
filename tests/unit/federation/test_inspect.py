"""Looking at bundles step by step: what holds, what doesn't; no bundle vouches for itself."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.bundle import Bundle, read, write
from federation.errors import MaillageError
from federation.inspect import inspect
from federation.inspection import Inspection
from federation.jose import parse_general
from federation.manifest import Sharing
from federation.reasons import REASONS, STEPS, Verdict
from federation.strict import sha256_hex
from federation.tables import make_delta
from schemas.catalogue import bundled
from tests.world import (
    ARVIEU,
    EPCI,
    LUZY,
    Made,
    World,
    chain_of,
    counts,
    counts_draft,
    documents,
    made,
    projects,
    projects_draft,
    schema,
)

KEY = schema("projets").primary_key


def identity(participant: str, version: int = 1) -> tuple[str, bytes]:
    document = documents()[f"identity-{participant}-{version}.json"]
    digest = parse_general(document, "maillage-identity+jws", max_bytes=10**6).digest
    return digest, document


def bundle_of(*publications: Made, who: tuple[tuple[str, int], ...] = ((ARVIEU, 1),)) -> Bundle:
    return Bundle(
        publications=tuple(one.jws() for one in publications),
        contents={sha256_hex(one.blob): one.blob for one in publications if one.blob is not None},
        identities=dict(identity(*one) for one in who),
    )


def look(bundle: Bundle, *pins: str) -> Inspection:
    return inspect(read(write(bundle)), bundled(), pins=pins)


def states(found: Inspection, number: int = 0) -> dict[int, tuple[str, str | None]]:
    return {step.number: (step.state, step.code) for step in found.publications[number].steps}


PIN = identity(ARVIEU)[0]
ALL_HOLD = dict.fromkeys(STEPS, ("holds", None))


def test_every_step_holds_under_a_pinned_identity():
    found = look(bundle_of(*(one for one, _ in chain_of(ARVIEU, 3))), PIN)
    assert found.verdict is Verdict.ACCEPTED
    for number in range(3):
        assert states(found, number) == ALL_HOLD
        assert found.publications[number].pinned
    assert [step.number for step in found.publications[0].steps] == list(STEPS)
    assert found.identities[0].first == PIN
    assert found.identities[0].pinned


def test_a_bundle_does_not_vouch_for_itself():
    found = look(bundle_of(made(counts_draft())))
    assert found.verdict is Verdict.HELD
    assert found.publications[0].code == "key-unknown"
    assert states(found) == ALL_HOLD | {4: ("held", "key-unknown")}
    assert not found.publications[0].pinned
    assert found.publications[0].identity == PIN  # what to compare and pin
    assert not found.identities[0].pinned


def test_another_pin_does_not_help():
    found = look(bundle_of(made(counts_draft()), who=((ARVIEU, 1), (EPCI, 1))), identity(EPCI)[0])
    assert found.publications[0].code == "key-unknown"
    assert {one.participant: one.pinned for one in found.identities} == {ARVIEU: False, EPCI: True}


def test_a_receiver_vouches_for_the_keys_that_it_knows():
    world = World(documents())
    found = inspect(bundle_of(made(counts_draft())), bundled(), known=world)
    assert found.verdict is Verdict.ACCEPTED
    assert found.publications[0].pinned


def test_without_any_identity_nothing_after_step_4_is_told():
    found = look(dataclasses.replace(bundle_of(made(counts_draft())), identities={}), PIN)
    assert states(found)[4] == ("held", "key-unknown")
    assert {states(found)[number][0] for number in range(5, 16)} == {"open"}


def test_a_forged_signature_fails_at_step_5():
    one = made(counts_draft())
    body, _, signature = one.jws().rpartition(".")
    forged = f"{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    found = look(dataclasses.replace(bundle_of(one), publications=(forged,)), PIN)
    assert states(found)[5] == ("fails", "signature")
    assert found.verdict is Verdict.TRANSPORT_FAULT
    unpinned = look(dataclasses.replace(bundle_of(one), publications=(forged,)))
    assert states(unpinned)[4] == ("held", "key-unknown")
    assert unpinned.verdict is Verdict.TRANSPORT_FAULT  # it fails whoever is trusted


def test_text_that_is_no_jws_fails_at_step_2():
    found = look(Bundle(publications=("not.a.jws!",)))
    assert found.publications[0].code in ("jws-form", "base64url", "json")
    assert states(found)[2][0] == "fails"
    assert found.publications[0].digest is None


def test_a_missing_content_is_held_and_the_chain_goes_on():
    (one, _), (two, _) = chain_of(ARVIEU, 2)
    whole = bundle_of(one, two)
    assert one.blob is not None
    kept = {key: blob for key, blob in whole.contents.items() if key != sha256_hex(one.blob)}
    found = look(dataclasses.replace(whole, contents=kept), PIN)
    assert states(found)[11] == ("held", "part-missing")
    assert [states(found)[number][0] for number in (12, 13, 14)] == ["holds", "open", "open"]
    assert states(found, 1) == ALL_HOLD
    assert found.verdict is Verdict.HELD


def test_a_file_that_begins_in_the_middle_is_held_at_step_12():
    (_, _), (two, _), (three, _) = chain_of(ARVIEU, 3)
    found = look(bundle_of(two, three), PIN)
    assert states(found) == ALL_HOLD | {12: ("held", "predecessor-missing")}
    assert states(found, 1) == ALL_HOLD
    assert found.verdict is Verdict.HELD


def test_a_fork_is_refused():
    one = made(counts_draft())
    rival = made(counts_draft(counts(hours=2)))
    found = look(bundle_of(one, rival), PIN)
    assert states(found, 1)[12] == ("fails", "fork")
    assert found.verdict is Verdict.REFUSED


def test_rows_that_break_a_rule_are_refused_at_step_14():
    one = made(counts_draft())
    found = look(bundle_of(one.changed(rows=23)), PIN)
    assert states(found)[14] == ("fails", "rows")
    assert states(found)[13] == ("holds", None)
    assert states(found)[15] == ("open", None)


def test_a_register_is_followed_through_its_changes():
    before, after = projects(), projects(phase="Idée")
    one = made(projects_draft(before))
    two = made(
        projects_draft(make_delta(before, after, KEY), mode="delta", result=after), one.position()
    )
    found = look(bundle_of(one, two), PIN)
    assert states(found, 1) == ALL_HOLD
    alone = look(bundle_of(two), PIN)
    assert states(alone)[12] == ("held", "predecessor-missing")
    assert [states(alone)[number][0] for number in (13, 14, 15)] == ["open"] * 3
    assert alone.verdict is Verdict.HELD


def test_a_revoked_key_is_good_up_to_its_last_head_only():
    pin = identity(LUZY)[0]
    chain = [one for one, _ in chain_of(LUZY, 2)]
    late = made(
        counts_draft(counts(hours=3), dataset=f"{LUZY}/comptage-mobilites"), chain[-1].position()
    )
    found = look(bundle_of(*chain, late, who=((LUZY, 1), (LUZY, 2))), pin)
    assert [one.verdict.value for one in found.publications] == ["accepted", "accepted", "refused"]
    assert found.publications[2].code == "key-revoked"


def test_a_successor_without_its_predecessor_is_not_taken():
    found = look(bundle_of(*(one for one, _ in chain_of(LUZY, 1)), who=((LUZY, 2),)))
    assert found.identities == ()
    assert any("predecessor" in text for text in found.unreadable)
    assert states(found)[4] == ("held", "key-unknown")


def test_a_charter_of_the_bundle_tells_who_may_have_it():
    name = next(name for name in documents() if name.startswith("charter"))
    document = documents()[name]
    digest = parse_general(document, "maillage-charter+jws", max_bytes=10**6).digest
    one = made(counts_draft(sharing=Sharing(level="federation", charter=digest)))
    alone = look(bundle_of(one), PIN)
    assert states(alone)[10] == ("held", "charter-unknown")
    everybody = tuple(
        (text.removeprefix("identity-")[:-7], 1)
        for text in documents()
        if text.startswith("identity-") and text.endswith("-1.json")
    )
    whole = dataclasses.replace(bundle_of(one, who=everybody), charters={digest: document})
    assert states(look(whole, PIN)) == ALL_HOLD


def test_an_empty_bundle_is_not_accepted():
    assert look(Bundle()).verdict is Verdict.HELD


def test_schemas_of_the_bundle_are_taken_by_their_digest():
    document = schema("comptage-mobilites").document
    whole = dataclasses.replace(
        bundle_of(made(counts_draft())), schemas={sha256_hex(document): document}
    )
    bad = b"{}"
    with_bad = dataclasses.replace(whole, schemas={**whole.schemas, sha256_hex(bad): bad})
    assert look(whole, PIN).verdict is Verdict.ACCEPTED
    found = look(with_bad, PIN)
    assert found.verdict is Verdict.ACCEPTED
    assert len(found.unreadable) == 1


@pytest.fixture(scope="module")
def packed() -> bytes:
    return write(bundle_of(*(one for one, _ in chain_of(ARVIEU, 2))))


@settings(max_examples=150, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), data=st.data())
def test_one_flipped_bit_is_never_accepted_as_it_was(
    packed: bytes, at: float, bit: int, data: st.DataObject
):
    """Whatever is flipped, the file is refused with an error of ours or a documented verdict."""
    spoiled = bytearray(packed)
    spoiled[int(at * len(packed))] ^= 1 << bit
    try:
        bundle = read(bytes(spoiled))
    except MaillageError:
        return
    found = inspect(bundle, bundled(), pins=[PIN])
    assert found.verdict is not Verdict.ACCEPTED
    for one in found.publications:
        assert one.code is None or one.code in REASONS
