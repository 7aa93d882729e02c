"""Series of months and years, whose time is a date or a year: verified, added up, divided."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_world import ARVIEU, EPCI, NOW, SEGUR, Town, schema, town_of
from web_world import Reader

from schemas.reading import read

FUEL = """n° parc;categorie;Carburant;mois;litres;km
VL-1;voiture;gazole;01/02/2026;80,50;1000
VL-1;voiture;gazole;2026-03;40;600
PL-2;poids lourd;gazole;03/2026;210,00;700
"""
CRIMES = """CODGEO_2026,annee,indicateur,unite_de_compte,nombre,est_diffuse,insee_pop,insee_log
{code},2024,Cambriolages de logement,Infraction,6,diff,800,400
{code},2025,Cambriolages de logement,Infraction,,ndiff,800,400
{code},2025,Destructions,Infraction,8,diff,800,400
"""


def rows_of(name: str, text: str) -> object:
    found = read(text.encode(), filename="export.csv", schema=schema(name))
    assert found.report.valid, found.report.text("en")
    return found.rows


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with town_of(tmp_path / "node") as found:
        yield found


async def test_months_of_a_fleet(town: Town):
    rows = rows_of("carburants", FUEL)
    for owner in (ARVIEU, SEGUR):
        town.publish(owner, rows, name="carburants")  # type: ignore[arg-type]
    path = f"/api/v1/view?territory={EPCI}&measure=carburants.litres"
    found = (await town.get(path)).json
    assert found["window"] == "month"
    told = {one["window"]: (one["sum"], one["ratio"]) for one in found["totals"]}
    assert told == {"2026-02": ("161.00", "0.080500"), "2026-03": ("500.00", "0.192308")}
    # a month that was published is received, though its date is its first day
    assert all(one["coverage"]["received"] == [ARVIEU, SEGUR] for one in found["totals"])
    year = (await town.get(f"{path}&window=year")).json
    assert [(one["sum"], one["ratio"]) for one in year["totals"]] == [("661.00", "0.143696")]
    table = (await town.get(f"{path}&format=csv")).body.decode().splitlines()
    assert table[0].endswith("count,sum,mean,min,max,ratio")
    # rows keep their dates, and are asked for by their instants
    since = f"/api/v1/datasets/{ARVIEU}/carburants/rows?format=json&from=2026-03-01T00:00:00Z"
    answer = await town.get(since)
    assert answer.status == 200, answer.body
    assert [one["mois"] for one in answer.json] == ["2026-03-01", "2026-03-01"]


async def test_a_page_shows_months_and_what_is_divided(town: Town):
    town.publish(ARVIEU, rows_of("carburants", FUEL), name="carburants")  # type: ignore[arg-type]
    reader = Reader(town, town.session)
    status, page = await reader.get(f"/en/territoire/{EPCI}?measure=carburants.litres&window=day")
    assert status == 200
    assert "Ratio" in page
    assert "L/km" in page
    assert "0.192" in page


async def test_years_corrected(town: Town):
    town.publish(ARVIEU, rows_of("securite", CRIMES.format(code="12011")), name="securite")  # type: ignore[arg-type]
    path = f"/api/v1/view?territory={EPCI}&measure=securite.nombre"
    found = (await town.get(path)).json
    assert found["window"] == "year"
    assert [(one["window"], one["sum"]) for one in found["totals"]] == [
        ("2024", "6"),
        ("2025", "8"),
    ]
    later = CRIMES.format(code="12011").replace(
        "Cambriolages de logement,Infraction,6", "X,Infraction,9"
    )
    town.publish(ARVIEU, rows_of("securite", later), name="securite")  # type: ignore[arg-type]
    found = (await town.get(path)).json
    assert [(one["window"], one["sum"]) for one in found["totals"]] == [
        ("2024", "15"),
        ("2025", "8"),
    ]


async def test_nothing_is_composed_of_months(town: Town):
    town.publish(ARVIEU, rows_of("carburants", FUEL), name="carburants")  # type: ignore[arg-type]
    town.node.composer._composers = (EPCI,)
    assert town.node.composer.compose_closed(town.node.publisher, NOW) == []
