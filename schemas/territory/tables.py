"""The packaged file: its form, and its reading."""

import json
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal, TypedDict, cast

import zstandard

from schemas.territory.ids import Level

VINTAGE: Final = 2026
"""The COG of 1 January of that year."""

FILE: Final = f"{VINTAGE}.json.zst"

EpciType = Literal["CC", "CA", "CU", "METRO", "MET69"]
PartKind = Literal["déléguée", "associée", "arrondissement"]


class CommuneColumns(TypedDict):
    """Current communes, ascending by code. `epci` is a row of `EpciColumns`."""

    code: list[str]
    name: list[str]
    population: list[int | None]
    siren: list[str | None]
    epci: list[int | None]


class PartColumns(TypedDict):
    """Communes déléguées and associées, arrondissements municipaux, ascending by code.

    `commune` is a row of `CommuneColumns`.
    """

    code: list[str]
    name: list[str]
    kind: list[PartKind]
    commune: list[int]


class FormerColumns(TypedDict):
    """Codes that current communes or their parts once bore, ascending."""

    code: list[str]
    commune: list[int]


class EpciColumns(TypedDict):
    """EPCI à fiscalité propre, ascending by code, which is the SIREN."""

    code: list[str]
    name: list[str]
    type: list[EpciType]


class DepartementColumns(TypedDict):
    """Départements and overseas collectivities; those without a région are the latter."""

    code: list[str]
    name: list[str]
    region: list[str | None]


class RegionColumns(TypedDict):
    """Régions, ascending by code."""

    code: list[str]
    name: list[str]


class Document(TypedDict):
    """The file's content: columns, since they compress and load best."""

    vintage: int
    source: dict[str, str]
    communes: CommuneColumns
    parts: PartColumns
    former: FormerColumns
    epci: EpciColumns
    departements: DepartementColumns
    regions: RegionColumns


def encode(document: Document) -> bytes:
    """Write a document as one zstd frame of compact JSON.

    The same document gives the same bytes under the same release of zstandard (pinned by the lock
    file); the JSON inside is the same under any.
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return zstandard.ZstdCompressor(level=19, write_checksum=True).compress(text.encode())


def decode(data: bytes) -> Document:
    """Read what `encode` wrote. For the packaged file only: nothing is checked."""
    return cast("Document", json.loads(zstandard.ZstdDecompressor().decompress(data)))


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The columns as tuples, and the indexes that each lookup needs. Rows count from 0.

    Compared and hashed by identity: there is one.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    populations: tuple[int | None, ...]
    sirens: tuple[str | None, ...]
    epci_rows: tuple[int | None, ...]
    row_of: Mapping[str, int]

    part_codes: tuple[str, ...]
    part_names: tuple[str, ...]
    part_kinds: tuple[PartKind, ...]
    part_communes: tuple[int, ...]
    successor_of: Mapping[str, int]
    """Row of the commune to which a part or a former code belongs today."""

    epci_codes: tuple[str, ...]
    epci_names: tuple[str, ...]
    epci_types: tuple[EpciType, ...]
    epci_communes: Mapping[str, tuple[int, ...]]

    departement_names: Mapping[str, str]
    departement_regions: Mapping[str, str | None]
    departement_communes: Mapping[str, range]

    region_names: Mapping[str, str]
    region_communes: Mapping[str, tuple[int, ...]]


@cache
def load() -> Tables:
    """Read the packaged file, once in the life of the process."""
    return index(decode(files(__package__).joinpath(FILE).read_bytes()))


def index(document: Document) -> Tables:
    """Turn a document into tables."""
    communes, parts, former = document["communes"], document["parts"], document["former"]
    epci, departements = document["epci"], document["departements"]
    codes = tuple(communes["code"])
    # The present goes before the past: 55273 and 60455 are former codes of one commune and
    # are parts of another today.
    successor_of = dict(zip(former["code"], former["commune"], strict=True))
    successor_of.update(zip(parts["code"], parts["commune"], strict=True))
    by_departement = _spans(codes, tuple(departements["code"]))
    regions = dict(zip(departements["code"], departements["region"], strict=True))
    return Tables(
        codes=codes,
        names=tuple(communes["name"]),
        populations=tuple(communes["population"]),
        sirens=tuple(communes["siren"]),
        epci_rows=tuple(communes["epci"]),
        row_of={code: row for row, code in enumerate(codes)},
        part_codes=tuple(parts["code"]),
        part_names=tuple(parts["name"]),
        part_kinds=tuple(parts["kind"]),
        part_communes=tuple(parts["commune"]),
        successor_of=successor_of,
        epci_codes=tuple(epci["code"]),
        epci_names=tuple(epci["name"]),
        epci_types=tuple(epci["type"]),
        epci_communes=_by_epci(communes["epci"], epci["code"]),
        departement_names=dict(zip(departements["code"], departements["name"], strict=True)),
        departement_regions=regions,
        departement_communes=by_departement,
        region_names=dict(
            zip(document["regions"]["code"], document["regions"]["name"], strict=True)
        ),
        region_communes={
            region: tuple(
                row
                for code, span in by_departement.items()
                if regions[code] == region
                for row in span
            )
            for region in document["regions"]["code"]
        },
    )


def departement_level(tables: Tables, code: str) -> Level:
    """Tell a département from an overseas collectivity: those lie in no région."""
    return "departement" if tables.departement_regions[code] else "collectivity"


def _by_epci(rows: list[int | None], codes: list[str]) -> dict[str, tuple[int, ...]]:
    members: list[list[int]] = [[] for _ in codes]
    for commune, epci in enumerate(rows):
        if epci is not None:
            members[epci].append(commune)
    return {code: tuple(found) for code, found in zip(codes, members, strict=True)}


def _spans(codes: tuple[str, ...], prefixes: tuple[str, ...]) -> dict[str, range]:
    """Find the rows of each département: codes ascend, so each is one run of rows."""
    # ":" is the character after "9"; no département begins another (97 and 98 are none), and
    # a digit follows it in every commune code.
    return {
        prefix: range(bisect_left(codes, prefix), bisect_left(codes, prefix + ":"))
        for prefix in prefixes
    }
