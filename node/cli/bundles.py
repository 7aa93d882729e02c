"""`maillage verify`: every numbered step on every publication of a `.mlg` file, offline."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from federation.limits import BUNDLE_MAX_BYTES
from federation.reasons import Verdict
from node.cli import screen
from node.cli.language import colon, label, say
from node.cli.options import AsJson, opened, read_bounded
from node.cli.reason_texts import meaning, remedy, step_name, verdict_name
from node.cli.status import Status

if TYPE_CHECKING:
    from federation.inspection import Inspected, Inspection, Step
    from node.knowledge import Knowledge

MARKS: Final = {"holds": "✓", "held": "–", "fails": "✗", "open": "–"}
_STYLES: Final = {"holds": "green", "held": "yellow", "fails": "bold red", "open": "dim"}
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def _digests(values: list[str] | None) -> list[str]:
    for value in values or ():
        if _DIGEST.fullmatch(value) is None:
            raise typer.BadParameter(
                say(
                    f"{value[:80]!r} n’est pas une empreinte (64 chiffres hexadécimaux)",
                    f"{value[:80]!r} is not a digest (64 lower-case hex digits)",
                )
            )
    return list(values or ())


def verify(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.mlg", exists=True, dir_okay=False, readable=True, help="A bundle."
        ),
    ],
    *,
    identity: Annotated[
        list[str] | None,
        typer.Option(
            "--identity",
            metavar="DIGEST",
            callback=_digests,
            help="Digest of an identity that you compared with its owner; can be given again.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            file_okay=False,
            help="Look at it with this node's eyes: what it trusts counts.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Verify a bundle offline: the fifteen numbered steps for each publication.

    A bundle doesn't vouch for itself: without --identity or --data the key is unknown, step 4 is
    held, and the other steps are shown under the bundle's own identity, marked as not pinned.
    """
    packed = read_bounded(file, BUNDLE_MAX_BYTES)
    pins = identity or []
    if data is None:
        found = _inspected(packed, pins, None)
    else:
        with opened(data) as node:
            found = _inspected(packed, pins, node.knowledge)
    unused = sorted(set(pins) - {one.first for one in found.identities})
    if as_json:
        screen.data(inspection_json(found) | {"unusedPins": unused})
    else:
        _show(found, unused)
    return Status.DONE if found.verdict is Verdict.ACCEPTED else Status.BAD


def _inspected(packed: bytes, pins: list[str], known: "Knowledge | None") -> "Inspection":
    from federation.bundle import read  # noqa: PLC0415 - help answers without loading it
    from federation.inspect import inspect  # noqa: PLC0415 - likewise
    from schemas.catalogue import bundled  # noqa: PLC0415 - likewise

    return inspect(read(packed), bundled(), pins=pins, known=known)


def inspection_json(found: "Inspection") -> dict[str, Any]:
    """An inspection as JSON values; their form is kept, sentences are in English."""
    return {
        "verdict": found.verdict.value,
        "publications": [_publication_json(one) for one in found.publications],
        "identities": [
            {
                "participant": one.participant,
                "name": one.name,
                "custodian": one.custodian,
                "identity": one.first,
                "pinned": one.pinned,
            }
            for one in found.identities
        ],
        "unreadable": list(found.unreadable),
    }


def _publication_json(one: "Inspected") -> dict[str, Any]:
    manifest = one.manifest
    return {
        "number": one.number,
        "digest": one.digest,
        "dataset": None if manifest is None else manifest.dataset,
        "publisher": None if manifest is None else manifest.publisher,
        "epoch": None if manifest is None else manifest.epoch,
        "sequence": None if manifest is None else manifest.sequence,
        "origin": None if manifest is None else manifest.origin,
        "identity": one.identity,
        "pinned": one.pinned,
        "verdict": one.verdict.value,
        "code": one.code,
        "steps": [
            {
                "number": step.number,
                "name": step.name,
                "state": step.state,
                "found": step.found,
                "code": step.code,
            }
            for step in one.steps
        ],
    }


def _show(found: "Inspection", unused: list[str]) -> None:
    for one in found.publications:
        _show_publication(one)
    for text in found.unreadable:
        screen.line(f"{label('Illisible', 'Unreadable')} {text}", style="yellow")
    _show_identities(found)
    for pin in unused:
        told = say("n’est pas dans ce fichier", "isn't in this file")
        screen.line(f"--identity {pin} {told}", style="yellow")
    if not found.publications:
        screen.line(say("Le fichier ne contient aucune publication.", "No publication in it."))
    good = sum(one.verdict is Verdict.ACCEPTED for one in found.publications)
    accepted = say("publications acceptées", "publications accepted")
    screen.line(
        f"{label('Verdict', 'Verdict')} {verdict_name(found.verdict)}"
        f" ({good}/{len(found.publications)} {accepted})",
        style="bold green" if found.verdict is Verdict.ACCEPTED else "bold red",
    )


def _show_publication(one: "Inspected") -> None:
    manifest = one.manifest
    what = "?" if manifest is None else f"{manifest.dataset} {manifest.epoch}/{manifest.sequence}"
    screen.line(f"{say('Publication', 'Publication')} {one.number} : {what}", style="bold")
    if one.digest is not None:
        screen.line(f"  {one.digest}", style="dim")
    if manifest is not None and manifest.origin == "simulated":
        screen.line("  " + say("DONNÉES SIMULÉES", "SIMULATED DATA"), style="bold magenta")
    for step in one.steps:
        _show_step(step)
    if not one.pinned and one.identity is not None:
        screen.line(
            say(
                "  Identité non épinglée : après l’étape 4, les étapes montrent seulement que le "
                "fichier concorde avec lui-même.",
                "  Identity not pinned: after step 4 the steps show only that the file agrees "
                "with itself.",
            ),
            style="yellow",
        )
    screen.line()


def _show_step(step: "Step") -> None:
    mark = MARKS[step.state]
    told = f"  {mark} {step.number:>2}  {step_name(step.number)}"
    if step.found:
        told += f"{colon()} {step.found}"
    screen.line(told, style=_STYLES[step.state])
    if step.code is not None:
        held = f"{say('retenu, ', 'held, ')}" if step.state == "held" else ""
        screen.line(
            f"        {held}{step.code}{colon()} {meaning(step.code)} → {_remedy(step.code)}"
        )


def _remedy(code: str) -> str:
    """What the reader of a file does; nobody else is there to be asked."""
    if code == "key-unknown":
        return say("comparer l’identité, puis --identity", "compare the identity, then --identity")
    if code in ("predecessor-missing", "part-missing", "charter-unknown", "schema-unknown"):
        return say("demander un fichier .mlg complet", "ask for a complete .mlg file")
    return remedy(code)


def _show_identities(found: "Inspection") -> None:
    for one in found.identities:
        pinned = say("épinglée", "pinned") if one.pinned else say("NON épinglée", "NOT pinned")
        kept = label("clés tenues par", "keys kept by")
        screen.line(f"{label('Identité', 'Identity')} {one.participant}, {one.name}, {pinned}")
        screen.line(f"  {kept} {one.custodian}")
        screen.line(f"  {one.first}")
    if any(not one.pinned for one in found.identities):
        screen.line(
            say(
                "Comparer l’empreinte avec l’organisme par un autre moyen (téléphone, courrier), "
                "puis : maillage verify --identity EMPREINTE FICHIER.mlg",
                "Compare the digest with the body by another way (telephone, letter), then: "
                "maillage verify --identity DIGEST FILE.mlg",
            )
        )
