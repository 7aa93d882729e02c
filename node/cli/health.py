"""`maillage health`: whether what runs on a data directory answers."""

import os
from typing import Any

from node.cli import screen
from node.cli.language import colon, say
from node.cli.options import DEFAULT_DATA, AsJson, DataDir
from node.cli.status import Status
from node.health import Health, check


def health(*, data: DataDir = DEFAULT_DATA, as_json: AsJson = False) -> int:
    """Ask the node or exchange point in service on a directory whether it answers.

    Exit status 3 when it doesn't.
    """
    found = check(data, os.environ)
    if as_json:
        screen.data(_json(found))
    elif found.healthy:
        screen.line(f"{_role(found)} {say('répond', 'answers')}{colon()} {found.asked}")
    else:
        told = say("ne répond pas", "doesn't answer")
        why = " ".join(one for one in (found.asked, found.why) if one)
        screen.line(f"{_role(found)} {told}{colon()} {why}", style="bold red", stderr=True)
    return Status.DONE if found.healthy else Status.UNREACHABLE


def _role(found: Health) -> str:
    if found.role == "hub":
        return say("Le point d’échange", "The exchange point")
    return say("Le nœud", "The node")


def _json(found: Health) -> dict[str, Any]:
    return {
        "healthy": found.healthy,
        "role": found.role,
        "asked": found.asked,
        "why": found.why,
    }
