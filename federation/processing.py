"""A dataset's sheet for the record of processing activities (GDPR, article 30). Pure.

What a schema says of its purpose, what the identity says of who answers for it, and what is known
of who got it. What no node can know, such as the data protection officer, the sheet leaves to be
filled in, and says so.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from federation import processing_texts as texts
from federation.manifest import Level
from federation.processing_texts import Lang, Three
from schemas.model import Schema

Key = Literal[
    "activity",
    "controller",
    "custodian",
    "purpose",
    "basis",
    "subjects",
    "dropped",
    "published",
    "secrecy",
    "recipients",
    "received",
    "abroad",
    "retention",
    "source",
    "security",
]

EEA: Final = frozenset(
    {"at", "be", "bg", "cy", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hr", "hu", "ie"}
    | {"is", "it", "li", "lt", "lu", "lv", "mt", "nl", "no", "pl", "pt", "ro", "se", "si", "sk"}
)
"""Countries of the European Economic Area, as participant ids write them."""

FICTITIOUS: Final = "xx"
"""The country of bodies made up for demonstrations."""

RECIPIENTS_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Body:
    """A body by its id and name."""

    id: str
    name: str

    def __str__(self) -> str:
        return self.id if self.name == self.id else f"{self.name} ({self.id})"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a dataset's processing.

    Attributes:
        dataset: Its id.
        schema: Of its rows.
        owner: Who answers for it.
        custodian: Who operates the owner's key; None if unknown.
        level: At which it is shared.
        charter: Title of the charter that it is shared under; None at other levels.
        members: Of that charter, without the owner.
        received: Who has confirmed to hold it, and the last day (`YYYY-MM-DD`) of that.
        origin: What its publications claim; the schema's where none was made.
        made: Day of the sheet.
    """

    dataset: str
    schema: Schema
    owner: Body
    custodian: Body | None
    level: Level
    charter: str | None
    members: tuple[Body, ...]
    received: tuple[tuple[Body, str], ...]
    origin: str
    made: str


class Line(NamedTuple):
    """One entry of a sheet.

    Attributes:
        key: Stable, for programs.
        label: Heading.
        values: One or several sentences.
    """

    key: Key
    label: str
    values: tuple[str, ...]


def sheet(facts: Facts, lang: Lang) -> tuple[Line, ...]:
    """Make the sheet of a dataset.

    Args:
        facts: What is known.
        lang: Of the sentences.
    """
    found = []
    for key, (label, values) in _ENTRIES.items():
        told = tuple(text for text in values(facts, lang) if text)
        if told:
            found.append(Line(key, label.of(lang), told))
    return tuple(found)


def title(facts: Facts, lang: Lang) -> str:
    """The heading of a sheet."""
    label = _label(facts.schema, lang)
    return texts.TITLE.of(lang).format(name=label, owner=facts.owner.name)


def as_text(facts: Facts, lang: Lang) -> str:
    """The sheet as plain text."""
    lines = [title(facts, lang), f"{texts.MADE.of(lang)} {facts.made}", ""]
    for line in sheet(facts, lang):
        lines.append(line.label)
        lines += [f"  {value}" for value in line.values]
    return "\n".join(lines) + "\n"


def as_markdown(facts: Facts, lang: Lang) -> str:
    """The sheet as a Markdown table; what others said can't break out of it."""
    lines = [
        f"## {_plain(title(facts, lang))}",
        "",
        f"{texts.MADE.of(lang)} {facts.made} · `{facts.dataset}`",
        "",
        "| | |",
        "|---|---|",
    ]
    for line in sheet(facts, lang):
        told = "<br>".join(map(_plain, line.values))
        lines.append(f"| **{line.label}** | {told} |")
    return "\n".join(lines) + "\n"


def as_json(facts: Facts, lang: Lang) -> dict[str, Any]:
    """The sheet as JSON values; its form is kept."""
    return {
        "dataset": facts.dataset,
        "schema": facts.schema.name,
        "version": facts.schema.version,
        "digest": facts.schema.digest,
        "title": title(facts, lang),
        "made": facts.made,
        "lang": lang,
        "entries": [
            {"key": one.key, "label": one.label, "values": list(one.values)}
            for one in sheet(facts, lang)
        ],
    }


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


def duration_told(duration: str, lang: Lang) -> str:
    """An ISO 8601 duration of years, months and days in words.

    Args:
        duration: Such as `P5Y` or `P1Y6M`.
        lang: Of the words.
    """
    parts = []
    for count, unit in re.findall(r"([0-9]+)([YMD])", duration):
        one, several = texts.UNITS[unit]
        word = (one if int(count) == 1 else several).of(lang)
        parts.append(f"{int(count)} {word}")
    return ", ".join(parts)


# -- the entries -------------------------------------------------------------------------------

Values = Callable[[Facts, Lang], Sequence[str]]


def _label(schema: Schema, lang: Lang) -> str:
    return schema.labels.get(lang) or schema.labels.get("en") or schema.title or schema.name


def _activity(facts: Facts, lang: Lang) -> Sequence[str]:
    schema = facts.schema
    return (f"{_label(schema, lang)} ({facts.dataset}, {schema.name} {schema.version})",)


def _controller(facts: Facts, lang: Lang) -> Sequence[str]:
    return (str(facts.owner), texts.FILL_IN.of(lang))


def _custodian(facts: Facts, lang: Lang) -> Sequence[str]:
    if facts.custodian is None or facts.custodian.id == facts.owner.id:
        return ()
    return (texts.CUSTODIAN.of(lang).format(name=facts.custodian),)


def _purpose(facts: Facts, lang: Lang) -> Sequence[str]:
    processing = facts.schema.block.processing
    if processing is None:
        return (texts.UNSAID.of(lang),)
    return (processing.purpose.get(lang) or processing.purpose.get("fr", ""),)


def _basis(facts: Facts, lang: Lang) -> Sequence[str]:
    processing = facts.schema.block.processing
    if processing is None:
        return (texts.UNSAID.of(lang),)
    duty = facts.schema.block.obligation
    text = texts.BASES[processing.basis].of(lang)
    return (f"{text} ({duty.source})" if duty.source else text,)


def _subjects(facts: Facts, lang: Lang) -> Sequence[str]:
    processing = facts.schema.block.processing
    told = "" if processing is None else processing.subjects.get(lang, "")
    return (told or texts.NOBODY.of(lang),)


def _dropped(facts: Facts, lang: Lang) -> Sequence[str]:
    schema = facts.schema
    names = [
        f"{field.labels.get(lang) or field.title or field.name} ({field.name})"
        for field in schema.fields
        if field.name in schema.personal
    ]
    return (texts.DROPPED.of(lang), "; ".join(names)) if names else (texts.NONE_DROPPED.of(lang),)


def _published(facts: Facts, lang: Lang) -> Sequence[str]:
    schema = facts.schema
    free = [field for field in schema.block.language if field not in schema.personal]
    text = texts.COLUMNS.of(lang).format(count=len(schema.wire_fields))
    return (text, texts.FREE_TEXT.of(lang).format(names=", ".join(free)) if free else "")


def _secrecy(facts: Facts, lang: Lang) -> Sequence[str]:
    secrecy = facts.schema.block.secrecy
    if secrecy is None:
        return ()
    unit = texts.PROTECTED[secrecy.unit].of(lang)
    told = texts.SECRECY.of(lang)
    return (told.format(k=secrecy.k, unit=unit, percent=secrecy.dominance_percent),)


def _recipients(facts: Facts, lang: Lang) -> Sequence[str]:
    if facts.level != "federation":
        return (texts.LEVELS[facts.level].of(lang),)
    shown = [str(one) for one in facts.members[:RECIPIENTS_SHOWN]]
    more = len(facts.members) - len(shown)
    if more:
        shown.append(texts.MORE.of(lang).format(count=more))
    return (texts.MEMBERS.of(lang).format(title=facts.charter or "?"), "; ".join(shown))


def _received(facts: Facts, lang: Lang) -> Sequence[str]:
    told = [f"{body}, {day}" for body, day in facts.received[:RECIPIENTS_SHOWN]]
    return ("; ".join(told),) if told else (texts.NO_RECEIPT.of(lang),)


def _abroad(facts: Facts, lang: Lang) -> Sequence[str]:
    if facts.level == "open":
        return (texts.ANYWHERE.of(lang),)
    everybody = {*facts.members, *(body for body, _ in facts.received)}
    inside = EEA | {FICTITIOUS}
    outside = sorted(str(one) for one in everybody if one.id.partition("-")[0] not in inside)
    if not outside:
        return (texts.INSIDE.of(lang),)
    return (texts.OUTSIDE.of(lang).format(names="; ".join(outside)),)


def _retention(facts: Facts, lang: Lang) -> Sequence[str]:
    processing = facts.schema.block.processing
    if processing is None:
        return (texts.UNSAID.of(lang),)
    return (duration_told(processing.retention, lang), texts.NOT_BY_ITSELF.of(lang))


def _source(facts: Facts, lang: Lang) -> Sequence[str]:
    follows = "; ".join(f"{one.standard} {one.version}" for one in facts.schema.block.aligns_with)
    told = texts.ORIGINS[facts.origin].of(lang) if facts.origin in texts.ORIGINS else facts.origin
    return (told, texts.FOLLOWS.of(lang).format(names=follows) if follows else "")


def _security(_facts: Facts, lang: Lang) -> Sequence[str]:
    return (texts.SECURITY.of(lang),)


_ENTRIES: Final[dict[Key, tuple[Three, Values]]] = {
    "activity": (Three("Traitement", "Processing", "Verarbeitung"), _activity),
    "controller": (
        Three("Responsable du traitement", "Controller", "Verantwortlicher"),
        _controller,
    ),
    "custodian": (Three("Opérateur des clés", "Key custodian", "Schlüsselverwahrer"), _custodian),
    "purpose": (Three("Finalité", "Purpose", "Zweck"), _purpose),
    "basis": (Three("Base légale", "Legal basis", "Rechtsgrundlage"), _basis),
    "subjects": (
        Three("Personnes concernées", "Data subjects", "Betroffene Personen"),
        _subjects,
    ),
    "dropped": (Three("Données personnelles", "Personal data", "Personenbezogene Daten"), _dropped),
    "published": (Three("Ce qui est publié", "What is published", "Veröffentlicht"), _published),
    "secrecy": (Three("Seuils", "Thresholds", "Schwellen"), _secrecy),
    "recipients": (Three("Destinataires", "Recipients", "Empfänger"), _recipients),
    "received": (Three("Reçu par", "Received by", "Erhalten von"), _received),
    "abroad": (
        Three(
            "Transferts hors d’Europe", "Transfers outside Europe", "Übermittlung nach außerhalb"
        ),
        _abroad,
    ),
    "retention": (Three("Durée de conservation", "Retention", "Aufbewahrung"), _retention),
    "source": (Three("Source des données", "Source of the data", "Herkunft der Daten"), _source),
    "security": (Three("Sécurité", "Security", "Sicherheit"), _security),
}
