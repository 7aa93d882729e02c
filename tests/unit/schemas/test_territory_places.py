"""Communes, territories, free sets, intersections: what the 2026 vintage says."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import territory as t
from schemas.territory.tables import load

TABLES = load()
CODES = st.sampled_from(TABLES.codes)
EPCI = st.sampled_from([f"fr-epci-{code}" for code in TABLES.epci_codes])
WIDE = st.sampled_from(
    [f"fr-dep-{code.lower()}" for code in TABLES.departement_names]
    + [f"fr-reg-{code}" for code in TABLES.region_names]
)
OVERSEAS = {"975", "977", "978", "984", "986", "987", "988", "989"}


def test_counts_of_the_vintage():
    assert t.VINTAGE == 2026
    assert len(t.territory("fr").communes) == 34_969
    assert len(TABLES.epci_codes) == 1_255
    assert len(TABLES.departement_names) == 101 + len(OVERSEAS)
    assert len(TABLES.region_names) == 18


def test_arvieu():
    assert t.commune("12011") == t.Commune(
        code="12011",
        name="Arvieu",
        population=774,
        siren="211200118",
        epci="241200765",
        departement="12",
        region="76",
        timezone="Europe/Paris",
    )


@pytest.mark.parametrize(
    ("code", "name", "epci", "departement", "region"),
    [
        ("19015", "Ayen", "200043172", "19", "75"),
        ("58149", "Luzy", "200067882", "58", "27"),
        ("26311", "Saint-Laurent-en-Royans", "200067767", "26", "84"),
        ("2A004", "Ajaccio", "242010056", "2A", "94"),
        ("97411", "Saint-Denis", "249740119", "974", "04"),
    ],
)
def test_places_named_in_the_demo_and_at_the_edges(
    code: str, name: str, epci: str, departement: str, region: str
):
    found = t.commune(code)
    assert (found.name, found.departement, found.region) == (name, departement, region)
    assert found.epci == epci


def test_exactly_four_communes_outside_the_collectivities_have_no_epci():
    alone = [t.commune(code) for code in TABLES.codes if t.commune(code).epci is None]
    assert [each.code for each in alone if each.departement not in OVERSEAS] == [
        "22016",
        "29083",
        "29155",
        "85113",
    ]


def test_communes_of_overseas_collectivities_have_no_epci_region_nor_siren():
    overseas = [t.commune(code) for code in TABLES.codes if code[:3] in OVERSEAS]
    assert len(overseas) == 94
    assert {each.departement for each in overseas} == OVERSEAS
    assert {(each.epci, each.region, each.siren) for each in overseas} == {(None, None, None)}
    others = [t.commune(code) for code in TABLES.codes if code[:3] not in OVERSEAS]
    assert all(each.region and each.siren for each in others)


def test_population_is_none_where_nobody_is_counted_and_zero_in_the_villages_of_1916():
    nobody = [code for code in TABLES.codes if t.commune(code).population is None]
    assert {code[:3] for code in nobody} == {"984", "989"}
    assert len(nobody) == 6
    empty = [code for code in TABLES.codes if t.commune(code).population == 0]
    assert len(empty) == 6
    assert {code[:2] for code in empty} == {"55"}


@pytest.mark.parametrize(
    ("code", "year"),
    [("12011", 2023), ("97411", 2023), ("97611", 2017), ("98735", 2022), ("98818", 2025)],
)
def test_population_year(code: str, year: int):
    assert t.population_year(code) == year


def test_population_year_is_none_without_a_population():
    assert t.population_year("98412") is None


def test_epci_of_arvieu_has_ten_communes():
    found = t.territory("fr-epci-241200765")
    assert (found.level, found.code, found.name) == (
        "epci",
        "241200765",
        "CC de Lévézou Pareloup",
    )
    assert found.communes == {
        "12006",
        "12011",
        "12050",
        "12236",
        "12238",
        "12253",
        "12266",
        "12294",
        "12299",
        "12307",
    }
    assert "12011" in found
    assert "12202" not in found


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("241200765", "CC"),
        ("200043172", "CA"),
        ("200054781", "METRO"),
        ("200046977", "MET69"),
    ],
)
def test_epci_type(code: str, kind: str):
    assert t.epci_type(code) == kind


def test_epci_type_of_none():
    with pytest.raises(t.UnknownTerritoryError) as caught:
        t.epci_type("241200766")
    assert caught.value.close == ("241200765",)


@pytest.mark.parametrize(
    ("territory_id", "level", "code", "name", "communes"),
    [
        ("fr", "country", "", "France", 34_969),
        ("fr-com-2a004", "commune", "2A004", "Ajaccio", 1),
        ("fr-dep-2a", "departement", "2A", "Corse-du-Sud", 124),
        ("fr-dep-12", "departement", "12", "Aveyron", 285),
        ("fr-dep-75", "departement", "75", "Paris", 1),
        ("fr-dep-976", "departement", "976", "Mayotte", 17),
        ("fr-dep-987", "collectivity", "987", "Polynésie française", 48),
        ("fr-reg-94", "region", "94", "Corse", 360),
        ("fr-reg-06", "region", "06", "Mayotte", 17),
    ],
)
def test_territory(territory_id: str, level: str, code: str, name: str, communes: int):
    found = t.territory(territory_id)
    assert (found.id, found.level, found.code, found.name) == (territory_id, level, code, name)
    assert len(found.communes) == communes


def test_departements_and_regions_each_part_the_country():
    departements = [t.territory(f"fr-dep-{code.lower()}") for code in TABLES.departement_names]
    regions = [t.territory(f"fr-reg-{code}") for code in TABLES.region_names]
    everything = t.territory("fr").communes
    assert sum(len(each.communes) for each in departements) == len(everything)
    assert frozenset().union(*(each.communes for each in departements)) == everything
    assert sum(len(each.communes) for each in regions) == 34_875
    assert {each.level for each in departements} == {"departement", "collectivity"}


def test_each_commune_with_an_epci_lies_in_its_epci_alone():
    total = sum(len(t.territory(f"fr-epci-{code}").communes) for code in TABLES.epci_codes)
    assert total == 34_969 - 94 - 4
    for code in TABLES.epci_codes:
        for each in t.territory(f"fr-epci-{code}").communes:
            assert t.commune(each).epci == code


@pytest.mark.parametrize(
    ("code", "commune"),
    [
        ("75101", "75056"),
        ("75120", "75056"),
        ("13201", "13055"),
        ("13216", "13055"),
        ("69381", "69123"),
        ("69389", "69123"),
        ("01015", "01015"),  # a déléguée that bears its commune's code
        ("39012", "25527"),  # an associée from another département
        ("20004", "2A004"),  # Corsica before 1976
        ("55273", "55386"),  # former code of 55245, part of 55386 today
        ("60455", "60694"),  # former code of 60054, part of 60694 today
        ("12011", "12011"),
    ],
)
def test_resolve(code: str, commune: str):
    assert t.resolve(code) == commune


@pytest.mark.parametrize("code", ["", "00000", "99999", "2a004", "12", "fr-com-12011", "1201１"])
def test_resolve_none(code: str):
    assert t.resolve(code) is None


@given(st.sampled_from([*TABLES.codes, *TABLES.successor_of]) | st.text(max_size=6))
@settings(deadline=None)
def test_resolve_is_idempotent_and_leads_to_a_commune(code: str):
    found = t.resolve(code)
    if found is not None:
        assert t.resolve(found) == found
        assert t.commune(found).code == found
        assert t.timezone_of(code) == t.commune(found).timezone
    else:
        with pytest.raises(t.UnknownTerritoryError):
            t.timezone_of(code)


def test_parts_of_paris_lyon_and_marseille_are_their_arrondissements():
    counts = {code: t.parts(code) for code in ("75056", "69123", "13055")}
    assert {code: len(parts) for code, parts in counts.items()} == {
        "75056": 20,
        "69123": 9,
        "13055": 16,
    }
    assert {part.kind for parts in counts.values() for part in parts} == {"arrondissement"}
    assert counts["75056"][13] == t.Part("75114", "Paris 14e Arrondissement", "arrondissement")


def test_parts_of_communes_nouvelles_and_fusions():
    assert {part.kind for part in t.parts("60694")} == {"déléguée"}
    assert t.Part("60694", "Villotran", "déléguée") in t.parts("60694")
    assert t.Part("39012", "Antorpe", "associée") in t.parts("25527")
    assert t.parts("12011") == ()


def test_every_part_resolves_to_the_commune_that_lists_it():
    kinds = TABLES.part_kinds
    assert (kinds.count("déléguée"), kinds.count("associée")) == (2_105, 471)
    assert kinds.count("arrondissement") == 45
    for code, row in zip(TABLES.part_codes, TABLES.part_communes, strict=True):
        assert t.resolve(code) == TABLES.codes[row]


def test_parts_of_an_unknown_commune():
    with pytest.raises(t.UnknownTerritoryError):
        t.parts("75101")


@pytest.mark.parametrize(
    ("asked", "code", "close"),
    [
        ("FR-COM-12011", "territory-form", ("fr-com-12011",)),
        (" fr ", "territory-form", ("fr",)),
        ("fr-com-1011", "territory-form", "fr-com-01011"),
        ("fr-com-arvieu", "territory-form", "fr-com-12011"),
        ("Arvieu", "territory-form", "fr-com-12011"),
        ("12011", "territory-form", "fr-com-12011"),
        ("free-0123456789abcdef", "territory-form", ()),
        ("", "territory-form", ()),
        ("fr-lau-12011", "territory-form", None),
        ("fr-com-12912", "territory-unknown", None),
        ("fr-epci-241200756", "territory-unknown", ("fr-epci-241200765",)),
        ("fr-epci-000000000", "territory-unknown", ()),
        ("fr-dep-20", "territory-unknown", None),
        ("fr-reg-987", "territory-unknown", ("fr-dep-987",)),
        ("fr-com-75101", "territory-former", ("fr-com-75056",)),
        ("fr-com-20004", "territory-former", ("fr-com-2a004",)),
        ("fr-syn-251200765", "territory-unmapped", ()),
        ("de-lau-08111000", "territory-unmapped", ()),
    ],
)
def test_unknown_territories_are_explained(
    asked: str, code: str, close: str | tuple[str, ...] | None
):
    with pytest.raises(t.UnknownTerritoryError) as caught:
        t.territory(asked)
    error = caught.value
    assert (error.asked, error.code) == (asked, code)
    assert repr(asked) in error.what
    assert str(error) == f"{error.what}. {error.remedy}"
    if isinstance(close, str):
        assert close in error.close
    elif close is not None:
        assert error.close == close
    for each in error.close:
        assert each in error.remedy
        t.territory(each)


def test_a_very_long_id_is_cut_in_the_message():
    with pytest.raises(t.UnknownTerritoryError) as caught:
        t.territory("fr-com-" + "9" * 100_000)
    assert len(str(caught.value)) < 1_000


def test_the_message_names_what_was_meant():
    with pytest.raises(t.UnknownTerritoryError) as caught:
        t.territory("fr-epci-241200766")
    assert str(caught.value) == (
        "'fr-epci-241200766' names no EPCI à fiscalité propre of the 2026 vintage. "
        "Did you mean fr-epci-241200765 (CC de Lévézou Pareloup)?"
    )


def test_communes_are_refused_in_the_form_in_which_they_were_asked():
    with pytest.raises(t.UnknownTerritoryError) as lower:
        t.commune("2a004")
    assert (lower.value.code, lower.value.close) == ("territory-unknown", ("2A004",))
    with pytest.raises(t.UnknownTerritoryError) as part:
        t.commune("39012")
    assert (part.value.code, part.value.successor) == ("territory-former", "25527")
    assert part.value.remedy == "Use 25527."


@given(st.text(max_size=40) | st.from_regex(r"fr-[a-z]{3,4}-[0-9ab]{0,10}", fullmatch=True))
@settings(deadline=None)
def test_territory_lets_only_its_documented_error_out(text: str):
    with contextlib.suppress(t.UnknownTerritoryError):
        assert t.territory(text).id == text


def test_free_sets_are_named_by_their_content():
    one = t.free("Le Lévézou", ["12011", "12307"])
    same = t.free("Autre nom", ["12307", "12011", "12011"])
    assert (one.level, one.name, one.communes) == ("free", "Le Lévézou", {"12011", "12307"})
    assert one.id == same.id == f"free-{one.code}"
    assert t.free("Moins", ["12011"]).id != one.id


def test_free_sets_reach_across_the_border():
    pair = t.free("Jumelage", ["12011", "de-lau-08111000", "xx-lau-1"])
    assert "de-lau-08111000" in pair
    assert t.members(pair, "commune") == ("de-lau-08111000", "fr-com-12011", "xx-lau-1")
    assert t.members(pair, "departement") == ("fr-dep-12",)


@pytest.mark.parametrize("codes", [["12011", "75101"], ["00000"], ["fr-com-12011"], [""]])
def test_free_sets_take_current_communes_only(codes: list[str]):
    with pytest.raises(t.UnknownTerritoryError):
        t.free("Parc", codes)


@pytest.mark.parametrize(("name", "codes"), [("Parc", []), (" ", ["12011"])])
def test_free_sets_need_a_name_and_a_commune(name: str, codes: list[str]):
    with pytest.raises(ValueError, match="name and at least one commune"):
        t.free(name, codes)


def test_an_epci_across_departements_meets_each_of_them_in_a_free_set():
    epci = next(
        f"fr-epci-{code}"
        for code in TABLES.epci_codes
        if len(t.members(f"fr-epci-{code}", "departement")) > 1
    )
    whole = t.territory(epci)
    shares = [whole & t.territory(each) for each in t.members(epci, "departement")]
    assert {share.level for share in shares} == {"free"}
    assert len({share.id for share in shares}) == len(shares)
    assert frozenset().union(*(share.communes for share in shares)) == whole.communes
    assert sum(len(share.communes) for share in shares) == len(whole.communes)
    assert shares[0].name.startswith(f"{whole.name} ∩ ")


def test_an_intersection_with_what_contains_it_is_the_territory_itself():
    epci = t.territory("fr-epci-241200765")
    assert epci & t.territory("fr-dep-12") == epci
    assert t.territory("fr") & epci == epci
    mayotte = t.territory("fr-reg-06") & t.territory("fr-dep-976")
    assert mayotte.id == "fr-dep-976"


def test_an_intersection_may_be_empty():
    nothing = t.territory("fr-dep-12") & t.territory("fr-dep-75")
    assert (nothing.level, nothing.communes) == ("free", frozenset())


@given(EPCI, WIDE, WIDE)
@settings(deadline=None)
def test_intersections_are_those_of_sets(epci: str, wide: str, other: str):
    first, second, third = t.territory(epci), t.territory(wide), t.territory(other)
    assert (first & second).communes == first.communes & second.communes
    assert first & second == second & first
    assert first & first == first
    assert ((first & second) & third).communes == (first & (second & third)).communes
