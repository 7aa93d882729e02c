"""How ids are written, and the zone that follows from one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import territory as t
from schemas.territory.ids import departement_of, participant_id, split_id
from schemas.territory.tables import load


@pytest.mark.parametrize(
    ("participant", "zone"),
    [
        ("fr-com-12011", "fr-12"),
        ("fr-com-2a004", "fr-2a"),
        ("fr-com-01001", "fr-01"),
        ("fr-com-97411", "fr-974"),
        ("fr-com-98735", "fr-987"),
        ("fr-com-12999", "fr-12"),  # of another vintage, perhaps
        ("fr-epci-241200765", "fr"),
        ("fr-dep-12", "fr"),
        ("fr-reg-76", "fr"),
        ("fr-syn-251200765", "fr"),
        ("fr", "fr"),
        ("de-lau-08111000", "de"),
        ("xx-lau-1", "xx"),
    ],
)
def test_participant_zone(participant: str, zone: str):
    assert t.participant_zone(participant) == zone


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fr-",
        "fr-com-",
        "fr-com-2A004",
        "fr-com-1201",
        "fr-com-120111",
        "fr-com-2c004",
        "fr-com-12011\n",
        "fr-com-1201１",
        "fr-epci-24120076",
        "fr-lau-12011",
        "fr-dep-2",
        "de-lau-",
        "de-lau-A",
        "deu-lau-1",
        "de-com-1",
        "de-lau-" + "1" * 21,
        "fr-com-12011/comptage",
        "fr.com.12011",
        "*",
        ">",
    ],
)
def test_malformed_ids(text: str):
    with pytest.raises(t.UnknownTerritoryError) as caught:
        t.participant_zone(text)
    assert caught.value.code == "territory-form"


@given(st.sampled_from(load().codes))
def test_commune_ids_go_both_ways(code: str):
    written = participant_id("commune", code)
    assert written == written.lower()
    assert split_id(written) == ("com", code)
    assert t.participant_zone(written) == f"fr-{departement_of(code).lower()}"


@given(st.text(max_size=30))
def test_zones_are_safe_in_subjects(text: str):
    try:
        zone = t.participant_zone(text)
    except t.UnknownTerritoryError:
        return
    assert zone.replace("-", "").isalnum()
    assert zone.isascii()
    assert zone == zone.lower()
