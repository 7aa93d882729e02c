"""`maillage doctor`: what is wrong with a node, and what blocks the way to its hubs."""

import asyncio
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from node.cli import screen
from node.cli.language import current, label, say
from node.cli.options import DEFAULT_DATA, AsJson, DataDir

if TYPE_CHECKING:
    from node.doctor.findings import Finding

_MARKS: Final = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "wrong": ("✗", "bold red"),
    "unreachable": ("✗", "bold red"),
    "skipped": ("–", "dim"),
}


def doctor(
    *,
    data: DataDir = DEFAULT_DATA,
    hub: Annotated[
        str | None,
        typer.Option(
            "--hub", metavar="URL", help="Only the way to this hub, instead of those set."
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Examine a node and the way to its hubs: names what is wrong or blocked, with a remedy each.

    Exit status 0: all right; 1: something is wrong; 3: something can't be reached.
    """
    from node.doctor.findings import exit_status  # noqa: PLC0415 - help and usage errors answer without loading the node
    from node.doctor.run import examine  # noqa: PLC0415 - likewise

    log = logging.getLogger("node.link")
    before = log.level
    if not os.environ.get(screen.DEBUG_VARIABLE):
        log.setLevel(logging.CRITICAL)  # the findings say it better
    try:
        findings = asyncio.run(examine(Path(data), hub))
    finally:
        log.setLevel(before)
    status = exit_status(findings)
    if as_json:
        screen.data({"status": status, "findings": [one.to_json() for one in findings]})
        return status
    _show(findings)
    warned = any(one.state == "warning" for one in findings)
    screen.line(_verdict(status, warned=warned), style="bold")
    return status


def _show(findings: "list[Finding]") -> None:
    from node.doctor.findings import CHECKS, NODE  # noqa: PLC0415 - as above

    lang = current()
    names = {name: both[0 if lang == "fr" else 1] for name, both in CHECKS.items()}
    width = max(map(len, names.values()))
    subject = ""
    for one in findings:
        if one.subject != subject:
            subject = one.subject
            told = say("Nœud", "Node") if subject == NODE else ""
            screen.line(told or f"{label('Point d’échange', 'Hub')} {subject}", style="bold")
        mark, style = _MARKS[one.state.value]
        told = one.told(lang)
        code = f"[{one.code}] " if one.state.value in {"wrong", "unreachable"} else ""
        screen.line(f"  {mark} {names[one.check]:<{width}}  {code}{told}", style=style)
        remedy = one.remedy(lang)
        if remedy and one.state.value != "ok":
            screen.line(f"      → {remedy}")


def _verdict(status: int, *, warned: bool) -> str:
    if status == 0 and warned:
        return say("En ordre, avec des avertissements (!).", "Well, with warnings (!).")
    if status == 0:
        return say("Tout est en ordre.", "All is well.")
    if status == 1:
        return say("Quelque chose est à corriger ici.", "Something is to be put right here.")
    return say("Quelque chose est injoignable ou bloqué.", "Something is blocked or out of reach.")
