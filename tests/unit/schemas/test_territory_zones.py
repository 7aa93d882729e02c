"""Legal time."""

import datetime as dt
import zoneinfo

import polars as pl
import pytest

from schemas import territory as t
from schemas.territory.tables import load
from schemas.territory.zones import ALL

NOON = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("code", "zone", "offset_h"),
    [
        ("12011", "Europe/Paris", 1),
        ("2A004", "Europe/Paris", 1),
        ("97105", "America/Guadeloupe", -4),
        ("97209", "America/Martinique", -4),
        ("97302", "America/Cayenne", -3),
        ("97411", "Indian/Reunion", 4),
        ("97502", "America/Miquelon", -3),
        ("97611", "Indian/Mayotte", 3),
        ("97701", "America/St_Barthelemy", -4),
        ("97801", "America/Marigot", -4),
        ("98411", "Indian/Kerguelen", 5),
        ("98412", "Indian/Kerguelen", 5),
        ("98413", "Asia/Dubai", 4),
        ("98414", "Antarctica/DumontDUrville", 10),
        ("98415", "Indian/Reunion", 4),
        ("98613", "Pacific/Wallis", 12),
        ("98735", "Pacific/Tahiti", -10),
        ("98719", "Pacific/Gambier", -9),
        ("98818", "Pacific/Noumea", 11),
        ("98901", "Etc/GMT+8", -8),
    ],
)
def test_zone_and_its_offset_in_winter(code: str, zone: str, offset_h: int):
    assert t.timezone_of(code) == t.commune(code).timezone == zone
    offset = NOON.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset()
    assert offset == dt.timedelta(hours=offset_h)


def test_the_six_communes_of_the_marquises():
    marquises = {c for c in load().codes if t.timezone_of(c) == "Pacific/Marquesas"}
    assert {t.commune(code).name for code in marquises} == {
        "Fatu-Hiva",
        "Hiva-Oa",
        "Nuku-Hiva",
        "Tahuata",
        "Ua-Huka",
        "Ua-Pou",
    }
    offset = NOON.astimezone(zoneinfo.ZoneInfo("Pacific/Marquesas")).utcoffset()
    assert offset == -dt.timedelta(hours=9, minutes=30)
    assert t.commune("98719").name == "Gambier"


def test_every_zone_is_known_to_python_and_to_polars():
    assert {t.timezone_of(code) for code in load().codes} == ALL
    assert zoneinfo.available_timezones() >= ALL
    instant = pl.Series([NOON]).cast(pl.Datetime("us", "UTC"))
    for zone in ALL:
        ours = NOON.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None)
        assert instant.dt.convert_time_zone(zone).dt.replace_time_zone(None)[0] == ours


def test_parts_and_former_codes_keep_the_time_of_their_commune():
    assert t.timezone_of("75114") == "Europe/Paris"
    assert t.timezone_of("20004") == "Europe/Paris"


def test_time_of_an_unknown_code():
    with pytest.raises(t.UnknownTerritoryError):
        t.timezone_of("00000")
