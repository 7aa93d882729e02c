"""What changed from one version of a schema to the next, and whether old rows stay good.

A new version that says `compatible: backward` promises that every row of the version before is a
row of it too, with the same meaning: what was published stays valid, figures stay comparable, and
no more is shown than was agreed. What keeps that promise: columns added that may be empty,
constraints relaxed, lists of values widened, steps made finer, words. Everything else doesn't.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

from schemas.bounds import lower, upper
from schemas.catalogue import Catalogue
from schemas.document import Field, MeasureBlock, SchemaFault, SharingLevel
from schemas.model import Schema
from schemas.versions import WIDENED, order

_OPENNESS: Final[Mapping[SharingLevel, int]] = {
    "aggregate-only": 0,
    "partners": 1,
    "federation": 2,
    "open": 3,
}
_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "field-added": ("colonne facultative ajoutée", "optional column added"),
    "field-required-added": ("colonne obligatoire ajoutée", "required column added"),
    "field-removed": ("colonne retirée", "column removed"),
    "type-widened": ("type élargi : {old} → {new}", "type widened: {old} → {new}"),
    "type-changed": ("type changé : {old} → {new}", "type changed: {old} → {new}"),
    "format-changed": ("format changé : {old} → {new}", "format changed: {old} → {new}"),
    "constraint-relaxed": (
        "contrainte {what} relâchée : {old} → {new}",
        "constraint {what} relaxed: {old} → {new}",
    ),
    "constraint-tightened": (
        "contrainte {what} resserrée : {old} → {new}",
        "constraint {what} tightened: {old} → {new}",
    ),
    "resolution-finer": ("pas plus fin : {old} → {new}", "finer step: {old} → {new}"),
    "resolution-coarser": ("pas plus grossier : {old} → {new}", "coarser step: {old} → {new}"),
    "identity-changed": ("{what} : {old} → {new}", "{what}: {old} → {new}"),
    "missing-values-changed": (
        "valeurs absentes changées : {old} → {new}",
        "missing values changed: {old} → {new}",
    ),
    "measure-added": ("mesure ajoutée", "measure added"),
    "measure-removed": ("mesure retirée", "measure removed"),
    "unit-changed": ("unité changée : {old} → {new}", "unit changed: {old} → {new}"),
    "aggregates-added": ("agrégats ajoutés : {new}", "aggregates added: {new}"),
    "aggregates-removed": ("agrégats retirés : {old}", "aggregates removed: {old}"),
    "formula-changed": (
        "{what} changé : {old} → {new}",
        "{what} changed: {old} → {new}",
    ),
    "personal-added": (
        "colonne devenue personnelle : elle ne quitte plus le nœud",
        "column became personal: it no longer leaves the node",
    ),
    "personal-removed": (
        "colonne personnelle devenue partagée",
        "personal column became shared",
    ),
    "secrecy-changed": ("secret statistique changé", "statistical secrecy changed"),
    "sharing-wider": (
        "partage par défaut élargi : {old} → {new}",
        "default sharing widened: {old} → {new}",
    ),
    "sharing-narrower": (
        "partage par défaut resserré : {old} → {new}",
        "default sharing narrowed: {old} → {new}",
    ),
    "terms-changed": ("{what} : {old} → {new}", "{what}: {old} → {new}"),
    "words-changed": (
        "libellés, descriptions, correspondances",
        "labels, descriptions, correspondences",
    ),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions.

    Attributes:
        code: What kind; a key of the table of sentences.
        backward: Old rows stay good.
        where: Column or measure; empty for the whole schema.
        params: For the sentence.
    """

    code: str
    backward: bool
    where: str = ""
    params: tuple[tuple[str, str], ...] = ()

    def text(self, lang: str = "fr") -> str:
        """The change in words.

        Args:
            lang: `fr`, else English.
        """
        sentence = _SENTENCES[self.code][0 if lang == "fr" else 1].format(**dict(self.params))
        colon = " : " if lang == "fr" else ": "
        return f"{self.where}{colon}{sentence}" if self.where else sentence


def compare(old: Schema, new: Schema) -> tuple[Change, ...]:
    """All that changed from one version to another.

    Args:
        old: The version before.
        new: The version after.

    Raises:
        SchemaFault: They don't have the same name.
    """
    if old.name != new.name:
        raise SchemaFault(f"{old.name} and {new.name} are two schemas, not two versions of one")
    changes = (
        *_identity(old, new),
        *_fields(old, new),
        *_measures(old, new),
        *_secrets(old, new),
        *_terms(old, new),
    )
    if changes or old.document == new.document:
        return changes
    return (Change("words-changed", backward=True),)


def backward(changes: Iterable[Change]) -> bool:
    """Whether all of these leave old rows good."""
    return all(change.backward for change in changes)


def broken_promises(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Versions that don't keep what they claim, by `name version`; empty where all do.

    Args:
        catalogue: Each version is compared with the one before it.

    Returns:
        Sentences in English: what breaks the promise, or that nothing is said of it.
    """
    versions: dict[str, list[Schema]] = {}
    for schema in catalogue:
        versions.setdefault(schema.name, []).append(schema)
    found = {}
    for name, some in versions.items():
        ordered = sorted(some, key=order)
        for old, new in pairwise(ordered):
            faults = broken_promise(old, new)
            if faults:
                found[f"{name} {new.version}"] = faults
    return found


def broken_promise(old: Schema, new: Schema) -> tuple[str, ...]:
    """Why a version doesn't keep what it claims of the one before it; empty if it does."""
    claim = new.block.compatible
    if claim is None:
        return (f"it must say whether it is compatible with {old.version}: backward or none",)
    if claim == "none":
        return ()
    return tuple(change.text("en") for change in compare(old, new) if not change.backward)


# -- parts -------------------------------------------------------------------------------------


def _pair(old: object, new: object, what: str = "") -> tuple[tuple[str, str], ...]:
    pairs = (("old", _told(old)), ("new", _told(new)))
    return (("what", what), *pairs) if what else pairs


def _told(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)


def _identity(old: Schema, new: Schema) -> Iterator[Change]:
    """What a row is about: with another key, time or place it is another row."""
    for what, before, after in (
        ("kind", old.kind, new.kind),
        ("primaryKey", old.primary_key, new.primary_key),
        ("time", old.time, new.time),
        ("timeEnd", old.time_end, new.time_end),
        ("place", old.place, new.place),
        ("baseWindow", old.base_window, new.base_window),
    ):
        if before != after:
            yield Change("identity-changed", False, "", _pair(before, after, what))  # noqa: FBT003 - a value
    before, after = old.missing_values, new.missing_values
    if before != after:
        # a text that was a value would be none, or the other way round
        yield Change("missing-values-changed", backward=False, params=_pair(before, after))


def _fields(old: Schema, new: Schema) -> Iterator[Change]:
    for name, field in new.by_name.items():
        if name not in old.by_name:
            needed = field.constraints.required and name not in new.personal
            code = "field-required-added" if needed else "field-added"
            yield Change(code, not needed, name)
    for name, field in old.by_name.items():
        if name in new.by_name:
            yield from _field(field, new.by_name[name], old, new)
        else:
            yield Change("field-removed", name in old.personal, name)


def _field(before: Field, after: Field, old: Schema, new: Schema) -> Iterator[Change]:
    name = before.name
    if before.type != after.type:
        # a key's type tells which row corrects which
        widens = (before.type, after.type) in WIDENED and name not in new.primary_key
        code = "type-widened" if widens else "type-changed"
        yield Change(code, widens, name, _pair(before.type, after.type))
        if not widens:
            return
    if before.format != after.format:
        yield Change("format-changed", False, name, _pair(before.format, after.format))  # noqa: FBT003 - a value
    one, other = old.scale(name), new.scale(name)
    if one != other:
        code = "resolution-finer" if other > one else "resolution-coarser"
        steps = _pair(f"1e-{one}", f"1e-{other}")
        yield Change(code, other > one, name, steps)
    yield from _constraints(before, after, max(one, other))


def _constraints(before: Field, after: Field, scale: int) -> Iterator[Change]:
    one, other = before.constraints, after.constraints
    for what in ("required", "unique"):
        was, now = getattr(one, what), getattr(other, what)
        if was != now:
            yield _constraint(before, what, was, now, relaxed=was)
    if one.enum != other.enum:
        widened = other.enum is None or (one.enum is not None and set(one.enum) <= set(other.enum))
        was, now = (_count(enum) for enum in (one.enum, other.enum))
        yield _constraint(before, "enum", was, now, relaxed=widened)
    if one.pattern != other.pattern:
        # which of two patterns takes more can't be told
        none = other.pattern is None
        yield _constraint(before, "pattern", one.pattern, other.pattern, relaxed=none)
    for what, least, was, now in (
        ("minimum", True, *_bounds(before, after, "minimum", scale)),
        ("maximum", False, *_bounds(before, after, "maximum", scale)),
        ("minLength", True, one.min_length, other.min_length),
        ("maxLength", False, one.max_length, other.max_length),
    ):
        if was != now:
            relaxed = now is None or (was is not None and (now < was) == least)
            told = _limits(before, after, what) if what in ("minimum", "maximum") else (was, now)
            yield _constraint(before, what, *told, relaxed=relaxed)


_Bound = int | Fraction | None


def _bounds(before: Field, after: Field, what: str, scale: int) -> tuple[_Bound, _Bound]:
    """Both bounds in one measure: steps, or fractions where whole numbers became decimals."""
    if before.type == after.type:
        bound = lower if what == "minimum" else upper
        return bound(before, scale), bound(after, scale)
    was, now = _limits(before, after, what)
    return (
        None if was is None else Fraction(str(was)),
        None if now is None else Fraction(str(now)),
    )


def _limits(before: Field, after: Field, what: str) -> tuple[object, object]:
    return getattr(before.constraints, what), getattr(after.constraints, what)


def _count(enum: tuple[str | int, ...] | None) -> str:
    return "–" if enum is None else f"({len(enum)}) {_told(enum)}"[:200]


def _constraint(field: Field, what: str, was: object, now: object, *, relaxed: bool) -> Change:
    code = "constraint-relaxed" if relaxed else "constraint-tightened"
    return Change(code, relaxed, field.name, _pair(was, now, what))


def _measures(old: Schema, new: Schema) -> Iterator[Change]:
    before, after = old.block.measures, new.block.measures
    for name in after:
        if name not in before:
            yield Change("measure-added", backward=True, where=name)
    for name, block in before.items():
        if name in after:
            yield from _measure(name, block, after[name])
        else:
            yield Change("measure-removed", backward=False, where=name)


def _measure(name: str, before: MeasureBlock, after: MeasureBlock) -> Iterator[Change]:
    if before.unit != after.unit:
        yield Change("unit-changed", False, name, _pair(before.unit, after.unit))  # noqa: FBT003 - a value
    added = tuple(one for one in after.aggregates if one not in before.aggregates)
    removed = tuple(one for one in before.aggregates if one not in after.aggregates)
    if added:
        yield Change("aggregates-added", True, name, _pair((), added))  # noqa: FBT003 - a value
    if removed:
        yield Change("aggregates-removed", False, name, _pair(removed, ()))  # noqa: FBT003 - a value
    for what in ("weight", "numerator", "denominator"):
        was, now = getattr(before, what), getattr(after, what)
        if was not in (None, now):
            yield Change("formula-changed", False, name, _pair(was, now, what))  # noqa: FBT003 - a value


def _secrets(old: Schema, new: Schema) -> Iterator[Change]:
    both = old.by_name.keys() & new.by_name.keys()
    for name in sorted((new.personal - old.personal) & both):
        yield Change("personal-added", backward=False, where=name)
    for name in sorted((old.personal - new.personal) & both):
        yield Change("personal-removed", backward=False, where=name)
    if old.block.secrecy != new.block.secrecy:
        # looser shows more than was promised, stricter refuses rows that were taken
        yield Change("secrecy-changed", backward=False)
    was, now = old.sharing_default, new.sharing_default
    if was != now:
        wider = _OPENNESS[now] > _OPENNESS[was]
        code = "sharing-wider" if wider else "sharing-narrower"
        yield Change(code, not wider, "", _pair(was, now))


def _terms(old: Schema, new: Schema) -> Iterator[Change]:
    for what, was, now in (
        ("licence", old.licence, new.licence),
        ("origin", old.origin, new.origin),
    ):
        if was != now:
            yield Change("terms-changed", False, "", _pair(was, now, what))  # noqa: FBT003 - a value


def codes() -> frozenset[str]:
    """Kinds of change that there are."""
    return frozenset(_SENTENCES)
