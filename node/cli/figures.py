"""`maillage view` and `recompute`: a territory's figures, and whether signed ones are right."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from federation.comparison import Differs, NotRecomputable, Recomputed
from federation.errors import UnknownError
from federation.limits import BUNDLE_MAX_BYTES
from node.cli import screen
from node.cli.language import colon, say
from node.cli.options import DEFAULT_DATA, AsJson, DataDir, opened, read_bounded
from node.cli.status import Status
from node.clock import now_us

if TYPE_CHECKING:
    from federation.coverage import Coverage
    from federation.figures import Figures
    from federation.views import View

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Window(StrEnum):
    """A kind of window."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


def view(
    *,
    territory: Annotated[
        str,
        typer.Option(
            "--territory",
            metavar="ID",
            help="fr-com-…, fr-epci-…, fr-dep-…, fr-reg-… or fr.",
        ),
    ],
    measure: Annotated[
        str,
        typer.Option(
            "--measure", metavar="SCHEMA.FIELD", help="For example comptage-mobilites.count."
        ),
    ],
    window: Annotated[
        Window | None,
        typer.Option(
            "--window",
            help="How time is cut: by days where there are, unless said; inventories have no time.",
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--start", metavar="WINDOW", help="First window, for example 2026-11-23."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--end", metavar="WINDOW", help="Last window, included.")
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Show a territory's figures as they stand, and whose they are."""
    with opened(data) as node:
        found = node.view(
            territory,
            measure,
            None if window is None else window.value,
            start=start,
            end=end,
            now_us=now_us(),
        )
    if as_json:
        screen.data(found.to_json())
    else:
        show_view(found)


def show_view(found: "View") -> None:
    """Write a view as tables: the territory by window, then the communes in the last one."""
    screen.line(f"{found.territory.name} ({found.territory.id}) · {found.measure}", style="bold")
    if found.simulated:
        screen.line(say("DONNÉES SIMULÉES", "SIMULATED DATA"), style="bold magenta")
    if not found.totals:
        screen.line(say("Aucune donnée n’est arrivée.", "No data has come."))
    else:
        heads = [say("Nombre", "Count"), say("Somme", "Sum"), say("Moyenne", "Mean"), "Min", "Max"]
        names = {
            "ratio": say("Rapport", "Ratio"),
            "weighted_mean": say("Moyenne pondérée", "Weighted mean"),
        }
        heads += [names[one] for one in found.divided]
        whose = [say("Reçus", "Received"), say("Manquants", "Missing")]
        screen.table(
            [say("Fenêtre", "Window"), *heads, *whose],
            [
                (one.window, *_values(one.figures, found.divided), *_coverage(one.coverage))
                for one in found.totals
            ],
            right=range(1, 1 + len(heads) + len(whose)),
        )
        last = found.totals[-1].window
        screen.table(
            [f"Commune ({last})", "Code", *heads],
            [
                (row.name or "?", row.place, *_values(row.figures, found.divided))
                for row in found.rows
                if row.window == last
            ],
            right=range(2, 2 + len(heads)),
        )
    _show_coverage(found.coverage)
    if found.other_windows:
        told = say("Chiffres à un autre pas de temps", "Figures in other windows")
        screen.line(f"{told}{colon()} {', '.join(found.other_windows)}")
    screen.line(f"{say('Millésime', 'Vintage')} {found.vintage}", style="dim")


def _values(figures: "Figures", divided: tuple[str, ...]) -> tuple[str | None, ...]:
    found = figures.to_json() | figures.divided_json(divided)
    members = ("count", "sum", "mean", "min", "max", *divided)
    return tuple(None if found[name] is None else str(found[name]) for name in members)


def _coverage(coverage: "Coverage") -> tuple[str, str]:
    missing = len(coverage.late) + len(coverage.refused) + len(coverage.withheld)
    missing += len(coverage.suppressed) + len(coverage.awaited)
    return f"{len(coverage.received)}/{len(coverage.expected)}", str(missing or "")


def _show_coverage(coverage: "Coverage") -> None:
    states = (
        (say("Reçus", "Received"), coverage.received),
        (say("En retard", "Late"), coverage.late),
        (say("Refusés", "Refused"), coverage.refused),
        (say("Non partagés", "Withheld"), coverage.withheld),
        (say("Protégés", "Suppressed"), coverage.suppressed),
        (say("Attendus", "Awaited"), coverage.awaited),
    )
    rows: list[tuple[str, object]] = [
        (
            say("Communes avec chiffres", "Communes with figures"),
            f"{coverage.communes}/{coverage.communes_total}",
        )
    ]
    rows += [(name, f"{len(who)} : {_some(who)}") for name, who in states if who]
    screen.pairs(rows)


def _some(names: tuple[str, ...], most: int = 12) -> str:
    more = f" … (+{len(names) - most})" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def recompute(
    composition: Annotated[
        str,
        typer.Argument(metavar="COMPOSITION", help="Digest of a composition, or a .mlg file."),
    ],
    *,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> int:
    """Compute a composition's figures again from the signed inputs that this node holds.

    Exit status 0: the figures follow; 1: they differ; 3: inputs are missing here, nothing is said.
    """
    named = _named(composition)
    with opened(data) as node:
        manifest, digest, result = node.composer.recompute(named)
    claim = manifest.composition
    claimed = claim.figures if claim is not None else None
    found = {
        "dataset": manifest.dataset,
        "publisher": manifest.publisher,
        "claimedFigures": claimed,
        "recomputedFigures": None if isinstance(result, NotRecomputable) else digest,
    } | result_json(result)
    if as_json:
        screen.data(found)
    else:
        _show_result(found, result)
    if isinstance(result, Recomputed):
        return Status.DONE
    return Status.BAD if isinstance(result, Differs) else Status.UNREACHABLE


def _named(composition: str) -> str | bytes:
    path = Path(composition)
    if path.is_file():
        return read_bounded(path, BUNDLE_MAX_BYTES)
    if _DIGEST.fullmatch(composition) is None:
        raise UnknownError(
            f"{composition[:80]!r} is neither a file nor a digest",
            code="composition",
            remedy=say(
                "donner un fichier .mlg ou une empreinte de 64 chiffres hexadécimaux",
                "give a .mlg file or a digest of 64 hex digits",
            ),
        )
    return composition


def result_json(result: Recomputed | Differs | NotRecomputable) -> dict[str, Any]:
    """The answer as JSON values: `answer`, and what belongs to it."""
    if isinstance(result, Recomputed):
        return {"answer": "recomputed", "cells": result.cells}
    if isinstance(result, Differs):
        differences = [
            {
                "key": list(one.key),
                "claimed": None if one.claimed is None else list(one.claimed),
                "recomputed": None if one.recomputed is None else list(one.recomputed),
            }
            for one in result.differences
        ]
        return {"answer": "differs", "count": result.count, "differences": differences}
    missing = [
        {
            "dataset": one.dataset,
            "epoch": one.epoch,
            "sequence": one.sequence,
            "digest": one.digest,
            "why": why,
        }
        for one, why in result.missing
    ]
    return {"answer": "not-recomputable", "missing": missing}


def _show_result(found: dict[str, Any], result: Recomputed | Differs | NotRecomputable) -> None:
    screen.pairs(
        [
            (say("Synthèse", "Composition"), found["dataset"]),
            (say("Signée par", "Signed by"), found["publisher"]),
            (say("Empreinte annoncée", "Digest claimed"), found["claimedFigures"]),
            (say("Empreinte recalculée", "Digest recomputed"), found["recomputedFigures"] or "–"),
        ]
    )
    if isinstance(result, Recomputed):
        told = say(
            "Recalculée : les chiffres suivent des entrées signées",
            "Recomputed: the figures follow from the signed inputs",
        )
        screen.line(f"{told} ({result.cells}).", style="bold green")
        return
    if isinstance(result, Differs):
        told = say("Les chiffres diffèrent", "The figures differ")
        screen.line(f"{told}{colon()} {result.count}", style="bold red")
        screen.table(
            [say("Cellule", "Cell"), say("Annoncé", "Claimed"), say("Recalculé", "Recomputed")],
            [
                (" ".join(one.key), _cell(one.claimed), _cell(one.recomputed))
                for one in result.differences
            ],
        )
        return
    told = say(
        "Non recalculable ici : des entrées manquent", "Not recomputable here: inputs are missing"
    )
    screen.line(f"{told} ({len(result.missing)}).", style="bold yellow")
    for one, why in result.missing:
        screen.line(f"  {one.dataset} {one.epoch}/{one.sequence} : {why}")


def _cell(values: tuple[str | None, ...] | None) -> str | None:
    return None if values is None else " ".join("–" if one is None else one for one in values)
