"""The simulator: the same for the same seed, valid under the schemas, and what it promises."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from node.demo.simulator import (
    LEAK_ALARM_AFTER,
    SECTORS,
    Register,
    carpooling,
    counts,
    digital_places,
    energy,
    projects,
    twinnings,
    water,
)
from schemas.catalogue import bundled
from schemas.model import Schema
from schemas.reading import Reading, read

ARVIEU, BASTIA, ABROAD = "fr-com-12011", "fr-com-2b033", "xx-lau-0811001"
PARIS = ZoneInfo("Europe/Paris")
START = dt.datetime(2026, 11, 21, tzinfo=PARIS)
DAY = dt.timedelta(days=1)


def schema(name: str) -> Schema:
    found = bundled().latest(name)
    assert found is not None
    return found


def reading(data: bytes, name: str, ending: str = "csv") -> Reading:
    found = read(data, filename=f"simulated.{ending}", schema=schema(name))
    assert found.report.valid, found.report.text("en")
    assert found.rows is not None
    return found


@pytest.mark.parametrize("who", [ARVIEU, ABROAD])
def test_readings_of_the_network_are_valid_and_exact(who: str) -> None:
    made = water(1, who, START, START + DAY)
    rows = reading(made.csv, "eau-reseau").rows
    assert rows is not None
    assert rows.height == len(made.volumes) == len(SECTORS) * 96
    assert rows["volume_m3"].sum() == sum(volume for _, _, volume in made.volumes)
    assert rows["alarme_fuite"].sum() == 0
    assert water(1, who, START, START + DAY) == made
    assert water(2, who, START, START + DAY) != made


def test_what_is_read_later_continues_what_was_read_before() -> None:
    noon = START + DAY / 2
    whole = water(1, ARVIEU, START, START + DAY, leak_from=START)
    parts = [
        water(1, ARVIEU, *span, leak_from=START) for span in ((START, noon), (noon, START + DAY))
    ]
    assert sorted(whole.volumes) == sorted(parts[0].volumes + parts[1].volumes)


def test_a_leak_raises_the_flow_of_the_night_and_then_the_alarm() -> None:
    leak = START - DAY
    sound = water(1, ARVIEU, START, START + DAY)
    leaking = water(1, ARVIEU, START, START + DAY, leak_from=leak)
    night = {}
    for name, made in (("sound", sound), ("leaking", leaking)):
        rows = reading(made.csv, "eau-reseau").rows
        assert rows is not None
        first = rows.filter(rows["secteur_id"].str.ends_with(SECTORS[0]))
        night[name] = first["debit_nuit_min"].min()
        other = rows.filter(rows["secteur_id"].str.ends_with(SECTORS[1]))
        assert other["alarme_fuite"].sum() == 0
    assert night["leaking"] > night["sound"] + Decimal("1.5")
    assert len(leaking.alarms) == 96
    assert water(1, ARVIEU, leak, leak + LEAK_ALARM_AFTER, leak_from=leak).alarms == ()


def test_a_silent_sensor_has_no_rows_and_no_zeros() -> None:
    noon = START + DAY / 2
    made = water(1, ARVIEU, START, START + DAY, silent_from=noon)
    times = defaultdict(list)
    for sector, moment, _volume in made.volumes:
        times[sector].append(moment)
    silent, other = (times[f"{ARVIEU}-{sector}"] for sector in SECTORS)
    assert max(silent) < noon
    assert (len(silent), len(other)) == (48, 96)
    assert all(volume > 0 for _, _, volume in made.volumes)


@pytest.mark.parametrize("who", [ARVIEU, ABROAD])
def test_energy_is_by_local_days(who: str) -> None:
    autumn = dt.datetime(2026, 10, 24, tzinfo=PARIS)
    made = energy(1, who, autumn, dt.datetime(2026, 10, 27, tzinfo=PARIS))
    rows = reading(made.csv, "energie-batiments").rows
    assert rows is not None
    assert rows.height == len(made.values)
    assert rows["kwh"].sum() == sum(kwh for *_, kwh in made.values)
    lengths = set((rows["fin"] - rows["debut"]).dt.total_hours())
    assert lengths == {24, 25}, "the clock goes back on the 25th"


def test_a_cold_spell_raises_degree_days_and_heating_alone() -> None:
    spell = (START + DAY, START + 3 * DAY)
    mild, cold = (energy(1, ARVIEU, START, START + 4 * DAY, cold=one) for one in (None, spell))
    for (begin, before), (_, after) in zip(mild.degree_days, cold.degree_days, strict=True):
        assert (after > before + 8) == (spell[0] <= begin < spell[1])
    for (name, carrier, begin, before), (*_, after) in zip(mild.values, cold.values, strict=True):
        heats = carrier != "elec" or name.endswith("mairie")
        inside = spell[0] <= begin < spell[1]
        assert (after > before) == (heats and inside), (name, carrier, begin)


@pytest.mark.parametrize("who", [ARVIEU, BASTIA])
def test_registers_of_communes_are_valid_and_marked(who: str) -> None:
    places = digital_places(1, who, "Ici")
    meeting = carpooling(1, who, "Ici")
    for register, name, label in (
        (places, "mediation-numerique", "nom"),
        (meeting, "covoiturage-lieux", "nom_lieu"),
        (twinnings(1, who), "jumelages", "nom_partenaire"),
    ):
        found = reading(register.data, name, "json")
        assert found.rows is not None
        assert found.rows.height == len(register.rows) > 0
        assert all("simulé" in text for text in found.rows[label])
        assert set(found.rows[schema(name).place or ""]) == {who.removeprefix("fr-com-").upper()}
    assert b"contact@example.org" in places.data, "what is personal is there to be left out"
    assert meeting.total("nbre_pl") == sum(row["nbre_pl"] for row in meeting.rows)


def test_meeting_points_lie_around_the_centre_that_is_given() -> None:
    made = carpooling(1, ARVIEU, "Arvieu", centre=(2.6601, 44.1911))
    for row in made.rows:
        assert abs(row["Xlong"] - 2.6601) < 0.02
        assert abs(row["Ylat"] - 44.1911) < 0.02


def test_a_municipality_abroad_has_its_twin_and_no_french_registers() -> None:
    made = twinnings(1, ABROAD, partner=(ARVIEU, "Arvieu"))
    found = reading(made.data, "jumelages", "json")
    assert found.rows is not None
    assert found.rows["code_insee"].unique().to_list() == [ABROAD]
    assert (made.rows[0]["pays"], made.rows[0]["lau_partenaire"]) == ("FR", "12011")
    for make in (digital_places, carpooling):
        with pytest.raises(ValueError, match="no French commune"):
            make(1, ABROAD, "Musterdorf")


def test_the_same_seed_is_the_same_data() -> None:
    def all_of(seed: int) -> list[object]:
        registers: list[Register] = [
            digital_places(seed, ARVIEU, "Arvieu"),
            carpooling(seed, ARVIEU, "Arvieu"),
            twinnings(seed, ARVIEU),
        ]
        return [
            energy(seed, ARVIEU, START, START + DAY),
            counts(seed, ARVIEU, START, START + DAY),
            projects(seed, ARVIEU, "Arvieu"),
            *registers,
        ]

    assert all_of(1) == all_of(1)
    assert all(one != other for one, other in zip(all_of(1), all_of(4), strict=True))
