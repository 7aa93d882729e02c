"""What the doctor concludes from what was seen."""

import string
from dataclasses import replace
from typing import Any

import pytest

from node.doctor.conclude import (
    CLOCK_OFF_S,
    DISK_FULL_BYTES,
    DISK_LOW_BYTES,
    HubFacts,
    LocalFacts,
    clock_finding,
    hub_findings,
    local_findings,
    size_text,
)
from node.doctor.findings import CHECKS, SENTENCES, Finding, State, exit_status
from node.link.address import parse_address
from node.link.faults import FAULTS, Fault
from node.link.proxy import parse_proxy
from node.link.trust import Certificate

NOW = 1_800_000_000.0
CERTIFICATE = Certificate(
    issuer="Certigna",
    names=("echange.test",),
    not_before="2026-01-01T00:00:00Z",
    not_after="2027-01-01T00:00:00Z",
    self_signed=False,
    sha256="ab" * 32,
)
WELL = LocalFacts("/srv/maillage", hubs=1, participants=2, pinned=("a" * 64,), known=("a" * 64,))
REACHED = HubFacts(
    "epci",
    parse_address("wss://echange.test"),
    parse_proxy("http://u:secret@proxy:3128", "HTTPS_PROXY"),
    version="2.15.1",
    tls_version="TLSv1.3",
    certificate=CERTIFICATE,
    public=True,
    now_s=NOW,
    expires_s=NOW + 90 * 86_400,
    participants=2,
    round_trip_ms=12.4,
    clock_offset_s=0.4,
)


def states(findings: list[Finding]) -> dict[str, State]:
    return {one.check: one.state for one in findings}


def codes(findings: list[Finding]) -> set[str]:
    return {one.code for one in findings}


def test_a_node_that_is_well_has_nothing_wrong():
    found = local_findings(WELL)
    assert {one.state for one in found} == {State.OK}
    assert [one.check for one in found] == [
        *("directory", "settings", "keys", "disk", "database", "charters", "http")
    ]
    assert exit_status(found) == 0


@pytest.mark.parametrize(
    ("change", "code", "state"),
    [
        ({"is_node": False}, "directory-missing", State.WRONG),
        ({"mode": 0o750}, "directory-open", State.WRONG),
        ({"settings_error": "x"}, "settings-wrong", State.WRONG),
        ({"secret_open": True}, "settings-secret", State.WRONG),
        ({"open_files": ["keys/link.nk"]}, "keys-open", State.WRONG),
        ({"missing_files": ["keys/link.nk"]}, "keys-missing", State.WRONG),
        ({"key_error": "x"}, "keys-broken", State.WRONG),
        ({"recovery_keys": 1}, "keys-recovery", State.WARNING),
        ({"free_bytes": DISK_LOW_BYTES - 1}, "disk-low", State.WARNING),
        ({"free_bytes": DISK_FULL_BYTES - 1}, "disk-low", State.WRONG),
        ({"database_error": "x"}, "database-wrong", State.WRONG),
        ({"pinned": ()}, "charters-none", State.WARNING),
        ({"known": ()}, "charters-unknown", State.WARNING),
        ({"http": "down"}, "http-down", State.WARNING),
        ({"http": "other"}, "http-other", State.WRONG),
        ({"hubs": 0}, "hubs-none", State.WARNING),
    ],
)
def test_what_is_wrong_with_a_node(change: dict[str, Any], code: str, state: State):
    found = local_findings(replace(WELL, **change))
    assert [one.state for one in found if one.code == code] == [state]
    assert exit_status(found) == (1 if state is State.WRONG else 0)


def test_a_hub_that_is_reached_passes_every_check():
    found = hub_findings(REACHED)
    assert {one.state for one in found} == {State.OK}
    assert [one.check for one in found] == [
        *("proxy", "name", "reach", "connect", "tls", "hub", "enrolment"),
        *("permissions", "round-trip"),
    ]


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_every_fault_belongs_to_a_check_and_what_follows_is_skipped(code: str):
    found = hub_findings(replace(REACHED, fault=Fault(code, {"target": "h:1"})))
    broken = [one for one in found if one.state is State.UNREACHABLE]
    assert [one.code for one in broken] == [code]
    at = found.index(broken[0])
    assert {one.state for one in found[:at]} <= {State.OK}
    assert {one.state for one in found[at + 1 :]} <= {State.SKIPPED}
    assert exit_status(found) == 3


@pytest.mark.parametrize(("said", "code"), [("", "connect-443"), ("no", "connect-none")])
def test_a_port_that_is_refused_says_whether_443_passes(said: str, code: str):
    fault = Fault("proxy-forbidden", {"target": "echange.test:4222", "status": "403"})
    found = hub_findings(replace(REACHED, fault=fault, port_443=said))
    assert states(found)["connect"] is State.UNREACHABLE
    assert code in codes(found)


@pytest.mark.parametrize(
    ("change", "code", "state"),
    [
        ({"public": False}, "tls-private", State.WARNING),
        ({"expires_s": NOW + 86_400}, "tls-soon", State.WARNING),
        ({"certificate": None}, "tls-plain", State.WARNING),
        ({"not_enrolled": ["fr-com-1"]}, "permissions-missing", State.WRONG),
        ({"reader": False}, "reader-refused", State.WRONG),
        ({"reader": True}, "reader-ok", State.OK),
        ({"round_trip_ms": None}, "round-trip-failed", State.UNREACHABLE),
        ({"setting_error": "x"}, "proxy-wrong", State.WRONG),
        ({"resolved": ["192.0.2.1"]}, "name-ok", State.OK),
        ({"proxy": None}, "proxy-none", State.OK),
    ],
)
def test_what_is_told_of_a_hub(change: dict[str, Any], code: str, state: State):
    found = hub_findings(replace(REACHED, **change))
    assert [one.state for one in found if one.code == code] == [state]


def test_without_a_key_the_way_counts_and_the_enrolment_is_not_judged():
    fault = Fault("not-enrolled", {"target": "h"})
    found = hub_findings(replace(REACHED, fault=fault, has_key=False))
    assert states(found)["enrolment"] is State.SKIPPED
    assert exit_status(found) == 0


def test_the_clock_warns_and_never_judges():
    assert clock_finding([]).state is State.SKIPPED
    assert clock_finding([replace(REACHED, clock_offset_s=None), REACHED]).state is State.OK
    for offset in (CLOCK_OFF_S + 1, -CLOCK_OFF_S - 1):
        found = clock_finding([replace(REACHED, clock_offset_s=offset)])
        assert found.state is State.WARNING
        assert exit_status([found]) == 0


def test_what_is_wrong_here_goes_before_what_is_out_of_reach():
    wrong = local_findings(replace(WELL, mode=0o777))
    away = hub_findings(replace(REACHED, fault=Fault("dns", {})))
    assert exit_status(wrong + away) == 1


def test_no_sentence_shows_a_proxys_password():
    for change in ({}, {"fault": Fault("proxy-auth-wrong", {})}):
        for one in hub_findings(replace(REACHED, **change)):
            shown = f"{one} {one.told('fr')} {one.told('en')} {one.to_json()}"
            assert "secret" not in shown


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_each_sentence_is_said_twice_with_the_same_facts(code: str):
    words = SENTENCES[code]
    names = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        for text in words
    ]
    assert names[0] == names[2]
    assert names[1] == names[3]
    assert bool(words.french_remedy) == bool(words.english_remedy)
    assert code not in FAULTS


def test_every_check_has_a_name_in_both_languages():
    assert all(all(both) for both in CHECKS.values())
    used = {one.check for one in hub_findings(replace(REACHED, reader=True)) + local_findings(WELL)}
    assert used | {"clock", "hubs"} == set(CHECKS)


def test_sizes():
    assert size_text(2_500_000_000) == "2.5 GB"
    assert size_text(63_000_000) == "63 MB"
