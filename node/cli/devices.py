"""`maillage devices`: the table of sensors checked, and how each one stands."""

from typing import TYPE_CHECKING, Any

import typer

from node.cli import screen
from node.cli.language import current, say
from node.cli.options import DEFAULT_DATA, AsJson, DataDir, opened
from node.cli.status import Status
from node.clock import now_us

if TYPE_CHECKING:
    from node.sensors.table import Device


def build() -> typer.Typer:
    """Make the group."""
    group = typer.Typer(
        help="Check the table of sensors (devices.csv), and show how they stand.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("check")(check)
    group.command("list")(list_devices)
    return group


def check(*, data: DataDir = DEFAULT_DATA, as_json: AsJson = False) -> int:
    """Check devices.csv of a data directory, line by line.

    Exit status 1 when something in it is wrong.
    """
    with opened(data) as node:
        table, faults = node.sensors.read()
    if as_json:
        screen.data(
            {
                "valid": not faults,
                "devices": [_told(one) for one in table.devices.values()],
                "faults": [
                    {
                        "line": one.line,
                        "column": one.column or None,
                        "code": one.code,
                        "value": one.value,
                        "text": one.text(current()),
                    }
                    for one in faults
                ],
            }
        )
    else:
        for one in faults:
            screen.line(f"devices.csv, {one.text(current())}")
        _show(table.devices.values())
        count = len(table.devices)
        screen.line(
            say(
                f"{count} capteurs valides, {len(faults)} défauts",
                f"{count} devices valid, {len(faults)} faults",
            )
        )
    return int(Status.BAD if faults else Status.DONE)


def list_devices(*, data: DataDir = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Show every sensor: its dataset, its last reading, and what was refused of it."""
    with opened(data) as node:
        found = node.sensors.report(now_us())
    if as_json:
        screen.data(found)
        return
    if found["table"]:
        screen.line(found["table"])
    screen.table(
        [
            say("Capteur", "Sensor"),
            say("Jeu de données", "Dataset"),
            say("Dernière mesure", "Last reading"),
            say("État", "State"),
            say("En attente", "Waiting"),
        ],
        [
            (
                one["device"],
                one["dataset"],
                one["lastReading"] or "–",
                say("silencieux", "silent") if one["silent"] else say("actif", "active"),
                str(one["waiting"]),
            )
            for one in found["devices"]
        ],
    )
    if found["refused"]:
        screen.table(
            [
                say("Capteur", "Sensor"),
                say("Refusé", "Refused"),
                say("Fois", "Times"),
                say("Dernière fois", "Last time"),
                say("Pourquoi", "Why"),
            ],
            [
                (
                    one["device"] or "–",
                    one["reason"],
                    str(one["count"]),
                    one["at"],
                    one["detail"],
                )
                for one in found["refused"]
            ],
        )


def _told(device: "Device") -> dict[str, Any]:
    return {
        "device": device.key,
        "dataset": device.dataset,
        "fixed": {name: str(value) for name, value in device.fixed.items()},
        "intervalSeconds": device.interval_s,
        "cadenceSeconds": device.cadence_s,
        "fields": [
            {
                "field": ".".join(one.path),
                "column": one.column,
                "mode": "counter" if one.counter else "value",
                "factor": str(one.factor),
                "offset": str(one.offset),
            }
            for one in device.fields
        ],
    }


def _show(devices: Any) -> None:
    rows = [
        (
            one.key,
            one.dataset,
            ".".join(field.path),
            field.column,
            "counter" if field.counter else "value",
        )
        for one in devices
        for field in one.fields
    ]
    if rows:
        screen.table(
            [
                say("Capteur", "Sensor"),
                say("Jeu de données", "Dataset"),
                say("Champ", "Field"),
                say("Colonne", "Column"),
                "Mode",
            ],
            rows,
        )
