"""Sheets for the record of processing: what they say of each schema, and to whom data went."""

import json
from dataclasses import replace
from typing import get_args

import pytest

from federation.processing import (
    EEA,
    RECIPIENTS_SHOWN,
    Body,
    Facts,
    as_json,
    as_markdown,
    as_text,
    duration_told,
    sheet,
    title,
)
from federation.processing_texts import BASES, LEVELS, Lang
from schemas.catalogue import bundled
from schemas.document import LegalBasis, SharingLevel
from schemas.model import Schema, parse_schema
from tests.sample_rows import dwellings_schema

ARVIEU = Body("fr-com-12011", "Arvieu")
EPCI = Body("fr-epci-241200765", "CC Lévézou-Pareloup")
TWIN = Body("de-lau-08111000", "Stuttgart")
LANGS = get_args(Lang)


def known(name: str) -> Schema:
    found = bundled().latest(name)
    assert found is not None
    return found


def facts(schema: Schema) -> Facts:
    return Facts(
        dataset=f"{ARVIEU.id}/{schema.name}",
        schema=schema,
        owner=ARVIEU,
        custodian=EPCI,
        level="open",
        charter=None,
        members=(),
        received=(),
        origin="own",
        made="2026-11-26",
    )


PROJECTS = facts(known("projets"))
SHARED = replace(
    PROJECTS,
    level="federation",
    charter="Convention",
    members=(EPCI, TWIN),
    received=((EPCI, "2026-11-20"),),
)


def entry(given: Facts, key: str, lang: Lang = "fr") -> str:
    return "\n".join(*(one.values for one in sheet(given, lang) if one.key == key))


@pytest.mark.parametrize("name", bundled().names())
@pytest.mark.parametrize("lang", LANGS)
def test_every_schema_s_sheet_says_what_article_30_asks_for(name: str, lang: Lang) -> None:
    schema = known(name)
    found = {one.key: one for one in sheet(facts(schema), lang)}
    assert set(found) >= {
        "activity",
        "controller",
        "purpose",
        "basis",
        "subjects",
        "dropped",
        "recipients",
        "received",
        "abroad",
        "retention",
        "security",
    }
    assert all(line.label and all(line.values) for line in found.values())
    for column in schema.personal:
        assert column in "".join(found["dropped"].values)
    processing = schema.block.processing
    if processing is not None:
        assert found["purpose"].values == (processing.purpose[lang],)
        assert found["retention"].values[0] == duration_told(processing.retention, lang)
    assert ("secrecy" in found) == (schema.block.secrecy is not None)


def test_a_custodian_that_is_another_is_a_processor() -> None:
    assert "CC Lévézou-Pareloup (fr-epci-241200765)" in entry(PROJECTS, "custodian")
    keys = {one.key for one in sheet(replace(PROJECTS, custodian=ARVIEU), "fr")}
    assert "custodian" not in keys


def test_recipients_follow_from_the_sharing_and_the_receipts() -> None:
    assert entry(PROJECTS, "recipients") == "Tout public : données ouvertes."
    told = entry(SHARED, "recipients")
    assert "« Convention »" in told
    assert "CC Lévézou-Pareloup (fr-epci-241200765); Stuttgart (de-lau-08111000)" in told
    assert entry(SHARED, "received") == "CC Lévézou-Pareloup (fr-epci-241200765), 2026-11-20"
    assert "Aucun destinataire connu hors" in entry(SHARED, "abroad")
    swiss = replace(SHARED, members=(Body("ch-lau-261", "Zürich"), Body("xx-lau-a", "Erfunden")))
    assert entry(swiss, "abroad", "en") == (
        "Outside the European Economic Area: Zürich (ch-lau-261)."
    )
    assert "ne quittent pas le nœud" in entry(
        replace(PROJECTS, level="aggregate-only"), "recipients"
    )
    many = replace(SHARED, members=tuple(Body(f"fr-com-{at:05d}", "x") for at in range(100)))
    assert entry(many, "recipients", "en").endswith(f"and {100 - RECIPIENTS_SHOWN} others")


def test_thresholds_of_a_protected_unit() -> None:
    told = entry(facts(dwellings_schema()), "secrecy")
    assert "au moins 11 ménages" in told
    assert "85 %" in told
    assert "à compléter" in entry(facts(dwellings_schema()), "purpose")


def test_durations() -> None:
    assert duration_told("P5Y", "fr") == "5 ans"
    assert duration_told("P1Y6M", "fr") == "1 an, 6 mois"
    assert duration_told("P1M", "en") == "1 month"
    assert duration_told("P30D", "de") == "30 Tage"


def test_every_basis_and_level_has_its_words() -> None:
    assert set(BASES) == set(get_args(LegalBasis))
    assert set(LEVELS) == set(get_args(SharingLevel))
    assert {"fr", "de"} <= EEA


# -- its forms ---------------------------------------------------------------------------------


def test_the_forms_say_the_same() -> None:
    text, markdown = as_text(SHARED, "fr"), as_markdown(SHARED, "fr")
    document = as_json(SHARED, "fr")
    json.dumps(document)
    assert text.startswith("Registre des traitements : Projets de collectivités, Arvieu\n")
    for line in sheet(SHARED, "fr"):
        assert line.label in text
        assert f"| **{line.label}** |" in markdown
        assert all(value in text for value in line.values)
    assert [one["key"] for one in document["entries"]] == [one.key for one in sheet(SHARED, "fr")]


def test_what_others_said_stays_text() -> None:
    hostile = replace(SHARED, charter="a | b\n# c <script>", owner=Body("fr-com-12011", "*x*|y"))
    lines = as_markdown(hostile, "en").splitlines()
    assert not any(line.startswith("# c") for line in lines)
    rows = [line for line in lines if line.startswith("| **")]
    assert len(rows) == len(sheet(hostile, "en"))
    assert "<script>" not in as_markdown(hostile, "en")
    assert title(hostile, "en").endswith("*x*|y")


def test_a_schema_without_words_in_a_language_falls_back() -> None:
    document = json.loads(known("projets").document)
    document["maillage"]["labels"] = {"fr": "Projets"}
    document["maillage"]["processing"]["purpose"] = {"fr": "Suivre."}
    given = facts(parse_schema(json.dumps(document).encode()))
    assert entry(given, "purpose", "de") == "Suivre."
    assert "Projets de collectivités" in title(given, "de")
