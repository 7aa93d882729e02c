"""BANATIC: which groupement exercises which competence for which communes.

The base nationale sur l'intercommunalité (DGCL) lists every groupement with its members and, in one
column for each competence, `OUI` or `NON`. Read here are the columns that its national export has
had since 2025 (`N° SIREN`, `Nom du groupement`, `Nature juridique`, `Siren membre`, `Catégorie des
membres du groupement`) and the competences named in `LABELS`. A groupement that is a member of
another (an EPCI in a syndicat) brings its communes with it.

What a groupement exercises for a part of its communes only, BANATIC doesn't say by line: all of
them are taken as covered.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

from schemas.document import CompetenceField
from schemas.progress import Progress, silent
from schemas.territory.tables import load

GROUPS_MAX: Final = 50_000
"""There are about 9,000 groupements in France."""
LINES_MAX: Final = 2_000_000
"""The national export has about 140,000."""
REPORT_LINES: Final = 1_000
"""After so many lines it is said how far it is: half a second of a workbook."""
NAME_MAX_CHARS: Final = 300

LABELS: Final[Mapping[str, CompetenceField]] = {
    "Eau (production, traitement, stockage, transport, distribution)": "water",
    "Assainissement collectif des eaux usées": "wastewater",
    "Exercice de la compétence collecte des déchets ménagers et assimilés": "waste",
    "Exercice de la compétence traitement des déchets ménagers et assimilés": "waste",
    "Concession de la distribution publique d'électricité": "energy",
    "Soutien aux actions de maîtrise d'énergie": "energy",
    "Eclairage public": "lighting",
    "Organisation de services réguliers": "transport",
    "Création, aménagement, entretien de la voirie communale": "roads",
    "Service public de défense extérieure contre l'incendie": "fire",
    "Construction, entretien et fonctionnement d'équipements de l'enseignement préélémentaire et "
    "élémentaire": "schools",
    "Construction, aménagement, entretien et fonctionnement d'équipements culturels et "
    "sportifs": "culture",
    "Promotion du tourisme": "tourism",
    "Programme local de l'habitat": "housing",
    "Plan local d'urbanisme": "planning",
    "Réseaux et services locaux de communications électroniques": "digital",
    "Centre intercommunal d'action sociale": "social",
    "Maisons de santé pluridisciplinaires": "health",
    "Création, aménagement, entretien et gestion de zones d'activité": "economy",
    "Elaboration et adoption du plan climat-air-énergie territorial": "environment",
}
"""Beginnings of BANATIC's column heads, and the field each tells of. Compared without case, accents
and punctuation."""

_SIREN: Final = re.compile(r"[0-9]{9}")
_YES: Final = frozenset({"oui", "1", "x", "vrai", "true"})
_NO: Final = frozenset({"non", "0", "", "faux", "false"})
_ROLES: Final = {
    "n siren": "siren",
    "siren": "siren",
    "nom du groupement": "name",
    "nature juridique": "nature",
    "siren membre": "member",
    "categorie des membres du groupement": "category",
}
_NEEDED: Final = ("siren", "name", "nature", "member", "category")


class BanaticFault(ValueError):  # noqa: N818 - a fault of the file, reported as such
    """A file that isn't BANATIC's export. Refuse it whole; the message says what was looked for."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """One groupement.

    Attributes:
        siren: Its SIREN.
        name: As BANATIC writes it.
        nature: `CC`, `CA`, `CU`, `METRO`, `SIVU`, `SIVOM`, `SMF`, `SMO`, `PETR`, …
        fields: Competences that it exercises.
        communes: COG codes of the communes in it, by way of its members too, ascending.
    """

    siren: str
    name: str
    nature: str
    fields: frozenset[CompetenceField]
    communes: tuple[str, ...]

    @property
    def participant(self) -> str:
        """Its participant id."""
        kind = "epci" if self.siren in load().epci_communes else "syn"
        return f"fr-{kind}-{self.siren}"


@dataclass(frozen=True)
class Groupings:
    """What a file of BANATIC says.

    Attributes:
        source: File and day, for people.
        known: Fields of which the file has a column.
        groups: By SIREN.
    """

    source: str
    known: frozenset[CompetenceField]
    groups: tuple[Grouping, ...]

    @cached_property
    def _of_commune(self) -> Mapping[str, tuple[Grouping, ...]]:
        found: dict[str, list[Grouping]] = {}
        for group in self.groups:
            for code in group.communes:
                found.setdefault(code, []).append(group)
        return {code: tuple(some) for code, some in found.items()}

    def holders(self, code: str, field: CompetenceField) -> frozenset[str] | None:
        """The groupements that exercise a field for a commune.

        Returns:
            Their participant ids; None where the file says nothing of the commune or field.
        """
        groups = self._of_commune.get(code)
        if groups is None or field not in self.known:
            return None
        return frozenset(one.participant for one in groups if field in one.fields)


@dataclass
class _Raw:
    name: str
    nature: str
    fields: frozenset[CompetenceField]
    communes: set[str]
    members: set[str]


def read_export(
    rows: Iterable[Sequence[str]], source: str, progress: Progress = silent
) -> Groupings:
    """Read the lines of an export.

    Args:
        rows: Header first; cells as text.
        source: File and day, for people.
        progress: Told of the step `lines`.

    Raises:
        BanaticFault: It isn't such an export, or is larger than any.
    """
    lines = iter(rows)
    header = next(lines, None)
    if header is None:
        raise BanaticFault("the file is empty")
    roles, columns = _columns(header)
    groups: dict[str, _Raw] = {}
    for number, cells in enumerate(lines, 2):
        if number > LINES_MAX:
            raise BanaticFault(f"more than {LINES_MAX} lines")
        if number % REPORT_LINES == 0:
            progress("lines", number, None)
        _take(groups, cells, roles, columns, number)
    if not groups:
        raise BanaticFault("no groupement in it")
    known = frozenset(field for _, field in columns)
    return Groupings(source, known, tuple(_settled(groups)))


def _columns(
    header: Sequence[str],
) -> tuple[Mapping[str, int], tuple[tuple[int, CompetenceField], ...]]:
    roles: dict[str, int] = {}
    columns = []
    beginnings = [(plain(label), field) for label, field in LABELS.items()]
    for at, head in enumerate(header):
        text = plain(head)
        role = _ROLES.get(text)
        if role is not None:
            roles.setdefault(role, at)
        field = next((field for start, field in beginnings if text.startswith(start)), None)
        if field is not None:
            columns.append((at, field))
    missing = [role for role in _NEEDED if role not in roles]
    if missing or not columns:
        raise BanaticFault(
            "not BANATIC's export: it needs the columns N° SIREN, Nom du groupement, Nature "
            "juridique, Siren membre, Catégorie des membres du groupement and one for each "
            "competence" + (f"; missing: {', '.join(missing)}" if missing else "")
        )
    return roles, tuple(columns)


def _take(
    groups: dict[str, _Raw],
    cells: Sequence[str],
    roles: Mapping[str, int],
    columns: Sequence[tuple[int, CompetenceField]],
    number: int,
) -> None:
    def cell(at: int) -> str:
        return cells[at].strip() if at < len(cells) else ""

    siren = cell(roles["siren"])
    if not siren and not any(one.strip() for one in cells):
        return
    if _SIREN.fullmatch(siren) is None:
        raise BanaticFault(f"line {number}: {siren[:40]!r} is no SIREN")
    group = groups.get(siren)
    if group is None:
        if len(groups) == GROUPS_MAX:
            raise BanaticFault(f"more than {GROUPS_MAX} groupements")
        fields = frozenset(field for at, field in columns if _is_yes(cell(at), number))
        name, nature = cell(roles["name"])[:NAME_MAX_CHARS], cell(roles["nature"])[:40]
        group = groups[siren] = _Raw(name, nature, fields, set(), set())
    member = cell(roles["member"])
    if _SIREN.fullmatch(member) is None:
        return  # a member without a number, such as a chamber
    if plain(cell(roles["category"])).startswith("commune"):
        code = _commune_of().get(member)
        if code is not None:  # of an older vintage else: it is part of another today
            group.communes.add(code)
    else:
        group.members.add(member)


def _is_yes(text: str, number: int) -> bool:
    lowered = text.lower()
    if lowered in _YES:
        return True
    if lowered in _NO:
        return False
    raise BanaticFault(f"line {number}: a competence is OUI or NON, not {text[:40]!r}")


def _settled(groups: Mapping[str, _Raw]) -> Iterator[Grouping]:
    for siren, group in sorted(groups.items()):
        communes, seen, waiting = set(group.communes), {siren}, list(group.members)
        while waiting:  # a groupement may be a member by way of others, or of itself
            member = waiting.pop()
            if member in seen or member not in groups:
                continue
            seen.add(member)
            communes |= groups[member].communes
            waiting += groups[member].members
        yield Grouping(siren, group.name, group.nature, group.fields, tuple(sorted(communes)))


@cache
def _commune_of() -> Mapping[str, str]:
    """COG codes by SIREN: BANATIC knows communes by that number."""
    tables = load()
    pairs = zip(tables.sirens, tables.codes, strict=True)
    return {siren: code for siren, code in pairs if siren is not None}


def plain(text: str) -> str:
    """A head without case, accents, punctuation and double spaces."""
    letters = unicodedata.normalize("NFKD", text.replace("°", " ").replace("’", "'")).casefold()
    return " ".join(
        "".join(
            one if one.isalnum() else " " for one in letters if not unicodedata.combining(one)
        ).split()
    )


# -- what is kept of it ------------------------------------------------------------------------


def write(groupings: Groupings) -> bytes:
    """What a node keeps of an export: groupements without a known field are left out."""
    kept = [
        {
            "siren": one.siren,
            "name": one.name,
            "nature": one.nature,
            "fields": sorted(one.fields),
            "communes": list(one.communes),
        }
        for one in groupings.groups
    ]
    document = {"source": groupings.source, "known": sorted(groupings.known), "groups": kept}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def read(data: bytes) -> Groupings:
    """Read what `write` wrote.

    Raises:
        BanaticFault: It is something else.
    """
    try:
        found: Any = json.loads(data)
        groups = tuple(
            Grouping(
                str(one["siren"]),
                str(one["name"]),
                str(one["nature"]),
                frozenset(one["fields"]),
                tuple(map(str, one["communes"])),
            )
            for one in found["groups"]
        )
        return Groupings(str(found["source"]), frozenset(found["known"]), groups)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BanaticFault(f"not what was kept of an export: {error}"[:200]) from error
