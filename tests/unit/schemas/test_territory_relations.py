"""How territories lie in each other: members and parents."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import territory as t
from schemas.territory.tables import load

TABLES = load()
COMMUNES = st.sampled_from([f"fr-com-{code.lower()}" for code in TABLES.codes])
EPCI = [f"fr-epci-{code}" for code in TABLES.epci_codes]
DEPARTEMENTS = [f"fr-dep-{code.lower()}" for code in TABLES.departement_names]
REGIONS = [f"fr-reg-{code}" for code in TABLES.region_names]
ANY = COMMUNES | st.sampled_from([*EPCI, *DEPARTEMENTS, *REGIONS, "fr"])


def test_levels_of_the_country():
    assert {
        level: len(t.members("fr", level))
        for level in ("commune", "epci", "departement", "collectivity", "region", "country")
    } == {
        "commune": 34_969,
        "epci": 1_255,
        "departement": 101,
        "collectivity": 8,
        "region": 18,
        "country": 1,
    }


def test_89_epci_lie_in_several_departements_and_26_in_several_regions():
    across = {
        level: [len(t.members(e, level)) for e in EPCI] for level in ("departement", "region")
    }
    assert sum(count > 1 for count in across["departement"]) == 89
    assert sum(count > 1 for count in across["region"]) == 26
    assert min(across["departement"]) == min(across["region"]) == 1


def test_members_of_levezou_pareloup():
    assert t.members("fr-epci-241200765", "commune") == (
        "fr-com-12006",
        "fr-com-12011",
        "fr-com-12050",
        "fr-com-12236",
        "fr-com-12238",
        "fr-com-12253",
        "fr-com-12266",
        "fr-com-12294",
        "fr-com-12299",
        "fr-com-12307",
    )


def test_members_of_corsica():
    assert t.members("fr-reg-94", "departement") == ("fr-dep-2a", "fr-dep-2b")
    assert "fr-com-2a004" in t.members("fr-dep-2a", "commune")


def test_members_of_a_departement_include_epci_that_only_reach_into_it():
    guests = [each for each in t.members("fr-dep-12", "epci") if len(t.parents(each)) > 2]
    assert guests
    for each in guests:
        assert (t.territory(each) & t.territory("fr-dep-12")).level == "free"


def test_members_of_a_territory_value():
    some = t.free("Trois", ["12011", "22016", "98735"])
    assert t.members(some, "epci") == ("fr-epci-241200765",)
    assert t.members(some, "departement") == ("fr-dep-12", "fr-dep-22")
    assert t.members(some, "collectivity") == ("fr-dep-987",)
    assert t.members(some, "region") == ("fr-reg-53", "fr-reg-76")
    assert t.members(some, "country") == ("fr",)


def test_nothing_has_free_sets_as_members():
    with pytest.raises(ValueError, match="'free'"):
        t.members("fr-dep-12", "free")


def test_members_of_something_unknown():
    with pytest.raises(t.UnknownTerritoryError):
        t.members("fr-dep-20", "commune")


@pytest.mark.parametrize(
    ("participant", "expected"),
    [
        ("fr-com-12011", ("fr-epci-241200765", "fr-dep-12", "fr-reg-76")),
        ("fr-com-22016", ("fr-dep-22", "fr-reg-53")),
        ("fr-com-98735", ("fr-dep-987",)),
        ("fr-com-97411", ("fr-epci-249740119", "fr-dep-974", "fr-reg-04")),
        ("fr-epci-241200765", ("fr-dep-12", "fr-reg-76")),
        ("fr-dep-2b", ("fr-reg-94",)),
        ("fr-dep-987", ()),
        ("fr-reg-76", ()),
        ("fr", ()),
        ("fr-syn-251200765", ()),
        ("de-lau-08111000", ()),
        ("xx-lau-1", ()),
    ],
)
def test_parents(participant: str, expected: tuple[str, ...]):
    assert t.parents(participant) == expected


def test_parents_of_an_epci_across_regions_are_all_of_them():
    for epci in EPCI:
        communes = [t.commune(code) for code in t.territory(epci).communes]
        assert t.parents(epci) == (
            *sorted({f"fr-dep-{each.departement.lower()}" for each in communes}),
            *sorted({f"fr-reg-{each.region}" for each in communes}),
        )


@pytest.mark.parametrize("participant", ["fr-com-00000", "fr-com-75101", "FR-COM-12011", "", "x"])
def test_parents_of_something_unknown(participant: str):
    with pytest.raises(t.UnknownTerritoryError):
        t.parents(participant)


@given(ANY)
@settings(deadline=None)
def test_a_parent_has_its_children_as_members(child: str):
    level = t.territory(child).level
    for parent in t.parents(child):
        assert child in t.members(parent, level)


@given(st.sampled_from([*EPCI, *DEPARTEMENTS, *REGIONS]))
@settings(deadline=None, max_examples=30)
def test_a_member_has_the_whole_as_parent(whole: str):
    for commune in t.members(whole, "commune"):
        assert whole in t.parents(commune)


@given(ANY)
@settings(deadline=None)
def test_a_territory_is_the_sum_of_its_communes(whole: str):
    communes = [t.territory(each).communes for each in t.members(whole, "commune")]
    assert frozenset().union(*communes) == t.territory(whole).communes
    assert sum(map(len, communes)) == len(t.territory(whole).communes)


@given(st.sampled_from(EPCI))
@settings(deadline=None)
def test_the_parts_of_an_epci_by_departement_sum_up(epci: str):
    whole = t.territory(epci)
    shares = [whole & t.territory(each) for each in t.members(epci, "departement")]
    assert sum(len(share.communes) for share in shares) == len(whole.communes)
