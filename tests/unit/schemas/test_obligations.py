"""Obligatory, recommended, voluntary: by the schema's text, the body, and its size."""

import json
from typing import Any

import pytest

from schemas.catalogue import bundled
from schemas.model import Schema, parse_schema
from schemas.obligations import GENERAL, INHABITANTS_MIN, STAFF_MIN, label_of
from schemas.territory import commune

ARVIEU, RODEZ, ALBI = "fr-com-12011", "fr-com-12202", "fr-com-81004"
EPCI = "fr-epci-241200765"


def owing(**obligation: str) -> Schema:
    """A schema with another obligation."""
    known = bundled().latest("comptage-mobilites")
    assert known is not None
    document: dict[str, Any] = json.loads(known.document)
    document["maillage"]["obligation"] = obligation
    return parse_schema(json.dumps(document).encode())


ANY = owing(level="any-size", source="code de la santé publique")
USUAL = owing(level="general", source="CRPA")
NONE = owing(level="none")


def test_a_text_of_its_own_binds_at_any_size() -> None:
    for body in (ARVIEU, RODEZ, EPCI):
        for staff in (None, 3, 3_000):
            found = label_of(ANY, body, staff)
            assert (found.duty, found.why) == ("obligatory", "text")
            assert "code de la santé publique" in found.reason("fr")


def test_nothing_asked_is_voluntary() -> None:
    assert label_of(NONE, RODEZ, 900).duty == "voluntary"
    assert label_of(ANY, "de-lau-08111000").why == "abroad"


def test_a_small_commune_is_spared() -> None:
    people = commune("12011").population
    assert people is not None
    assert people < INHABITANTS_MIN
    for staff in (None, 10, STAFF_MIN):
        found = label_of(USUAL, ARVIEU, staff)
        assert (found.duty, found.why) == ("recommended", "inhabitants-few")
        assert str(people) in found.reason("fr")


def test_a_large_commune_depends_on_its_staff() -> None:
    assert label_of(USUAL, RODEZ, STAFF_MIN).duty == "obligatory"
    assert label_of(USUAL, RODEZ, STAFF_MIN - 1).duty == "recommended"
    unknown = label_of(USUAL, RODEZ)
    assert (unknown.duty, unknown.why, unknown.source) == ("obligatory", "staff-unknown", GENERAL)
    assert "50 agents ou plus" in unknown.reason("fr")
    assert "50 agents or more" in unknown.reason("en")
    assert "50 Beschäftigte" in unknown.reason("de")


def test_of_other_bodies_only_the_staff_counts() -> None:
    for body in (EPCI, "fr-dep-12", "fr-reg-76", "fr-syn-251200016"):
        assert label_of(USUAL, body, 49).duty == "recommended"
        assert label_of(USUAL, body, 50).duty == "obligatory"
        assert label_of(USUAL, body).inhabitants is None


@pytest.mark.parametrize("name", bundled().names())
def test_every_schema_has_a_label_for_a_village_and_a_town(name: str) -> None:
    schema = bundled().latest(name)
    assert schema is not None
    for body in (ARVIEU, ALBI):
        found = label_of(schema, body)
        assert found.name("fr") in ("obligatoire", "recommandé", "volontaire")
        assert found.reason("fr")
        assert (found.duty == "voluntary") == (schema.block.obligation.level == "none")
