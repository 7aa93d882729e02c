"""Search by name, code, SIREN and id."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import territory as t
from schemas.territory.finder import fold
from schemas.territory.tables import load

TABLES = load()


@pytest.mark.parametrize(
    "text",
    [
        "Saint-Laurent-en-Royans",
        "saint laurent en royans",
        "SAINT-LAURENT-EN-ROYANS",
        "St Laurent en Royans",
        "  Sáint‑Läurent–en Royans ",
        "26311",
        "fr-com-26311",
        "FR-COM-26311",
        "212603112",
    ],
)
def test_one_place_in_many_spellings(text: str):
    found = t.search(text)[0]
    assert (found.id, found.rank, found.via) == ("fr-com-26311", "exact", None)


def test_a_match_says_level_and_departement():
    assert t.search("arvieu")[0] == t.Match(
        "fr-com-12011", "commune", "12011", "Arvieu", ("12",), "exact"
    )
    assert t.search("lévézou", "epci") == (
        t.Match(
            "fr-epci-241200765",
            "epci",
            "241200765",
            "CC de Lévézou Pareloup",
            ("12",),
            "contains",
        ),
    )


def test_homonyms_are_told_apart():
    found = [each for each in t.search("Saint-Denis") if each.rank == "exact"]
    assert {each.name for each in found} == {"Saint-Denis"}
    assert len(found) > 3
    assert len({each.departements for each in found}) == len(found)
    twins = t.search("CC des Quatre Rivières")
    assert [each.rank for each in twins[:2]] == ["exact", "exact"]
    assert twins[0].departements != twins[1].departements


def test_an_epci_lists_each_departement_that_it_lies_in():
    across = next(
        code for code in TABLES.epci_codes if len(t.members(f"fr-epci-{code}", "departement")) > 1
    )
    (found,) = t.search(across)
    assert tuple(f"fr-dep-{each.lower()}" for each in found.departements) == t.members(
        found.id, "departement"
    )


def test_exact_then_prefix_then_contains_then_words():
    order = ["exact", "prefix", "contains", "words"]
    for text in ("Luzy", "royans", "saint laurent", "Paris"):
        ranks = [order.index(each.rank) for each in t.search(text, limit=200)]
        assert ranks == sorted(ranks)
    assert [each.rank for each in t.search("CC Lévézou-Pareloup")] == ["words"]
    assert t.search("Ayen")[0].id == "fr-com-19015"
    assert {each.rank for each in t.search("Luz", limit=100)} == {"prefix", "contains"}


def test_the_more_populous_come_first_among_equals():
    found = [each for each in t.search("Saint-Denis", "commune") if each.rank == "exact"]
    people = [t.commune(each.code).population or 0 for each in found]
    assert people == sorted(people, reverse=True)


@pytest.mark.parametrize(
    ("text", "commune", "via"),
    [
        ("Antorpe", "fr-com-25527", "Antorpe"),
        ("Paris 14", "fr-com-75056", "Paris 14e Arrondissement"),
        ("75114", "fr-com-75056", "75114"),
        ("20004", "fr-com-2a004", "20004"),
    ],
)
def test_parts_and_former_codes_lead_to_their_commune(text: str, commune: str, via: str):
    found = t.search(text)[0]
    assert (found.id, found.via) == (commune, via)


def test_a_commune_is_listed_once_though_several_names_match():
    ids = [each.id for each in t.search("Paris", limit=500)]
    assert len(ids) == len(set(ids))
    assert t.search("Paris", "commune")[0] == t.Match(
        "fr-com-75056", "commune", "75056", "Paris", ("75",), "exact"
    )


@pytest.mark.parametrize(
    ("text", "level", "code"),
    [
        ("Aveyron", "departement", "12"),
        ("76", "region", "76"),
        ("76", "departement", "76"),
        ("occitanie", "region", "76"),
        ("Polynésie", "collectivity", "987"),
        ("L’Île d’Yeu", "commune", "85113"),
        ("coeur de sologne", "epci", "200000800"),
        ("France", "country", ""),
        ("Y", "commune", "80829"),
    ],
)
def test_levels(text: str, level: t.Level, code: str):
    found = t.search(text, level)
    assert found[0].code == code
    assert {each.level for each in found} == {level}


@pytest.mark.parametrize("text", ["", "   ", "-", "xyzzy", "\n", "xyzzy 12011 plugh"])
def test_nothing_found(text: str):
    assert t.search(text) == ()


def test_free_sets_are_not_searched():
    assert t.search("Paris", "free") == ()


def test_the_limit_cuts_the_list():
    assert len(t.search("saint")) == 20
    assert t.search("saint", limit=3) == t.search("saint")[:3]
    assert t.search("saint", limit=0) == ()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("L'Haÿ-les-Roses", "l hay les roses"),
        ("Œuf-en-Ternois", "oeuf en ternois"),
        ("Ste-Marie", "sainte marie"),
        ("St", "st"),
        ("Nuits-St", "nuits st"),
        ("ÎLE—D’AIX", "ile d aix"),
    ],
)
def test_fold(text: str, folded: str):
    assert fold(text) == folded


@given(st.sampled_from(TABLES.codes))
@settings(deadline=None)
def test_every_commune_is_found_exactly_by_its_name_and_its_code(code: str):
    name = t.commune(code).name
    for text in (name, name.upper(), fold(name), code, f"fr-com-{code.lower()}"):
        found = t.search(text, "commune", limit=200)
        assert [each.rank for each in found if each.code == code] == ["exact"]


@given(st.text(max_size=30))
@settings(deadline=None, max_examples=30)
def test_any_text_is_searched_without_an_error(text: str):
    for each in t.search(text):
        assert t.territory(each.id).name == each.name
