"""What `maillage charter` writes: an agreement with its members, who has signed, that it ends."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from node.cli import screen
from node.cli.language import say

if TYPE_CHECKING:
    from federation.charter_file import CharterFile

STDOUT: Final = Path("-")


def tell_end(told: dict[str, Any], title: str) -> None:
    """Write that an agreement ends.

    Args:
        told: Members `member`, `ends`, `withdrawn`.
        title: Of the agreement.
    """
    when = told["ends"]
    screen.line(
        say(
            f"« {title} » prend fin le {when}, sur décision de {told['member']}.",
            f"“{title}” ends {when}, on the word of {told['member']}.",
        )
    )
    for dataset in told["withdrawn"]:
        screen.line(say(f"  dépublication de {dataset}", f"  withdrawal of {dataset}"))
    screen.line(
        say(
            "Le nœud en service le dit aux autres membres.",
            "The running node tells the other members.",
        )
    )


def tell(file: "CharterFile", path: Path, *, as_json: bool, whole: bool = True) -> None:
    """Write what a file says now, and who has to sign it.

    Args:
        file: As it stands after the step.
        path: Where it was written; nothing is told where that is the output itself.
        as_json: As JSON.
        whole: With all that it says.
    """
    found = file_json(file)
    if as_json:
        if path != STDOUT:
            screen.data(found)
        return
    if path == STDOUT:
        return
    if whole:
        show_charter(found)
    missing = ", ".join(file.missing)
    if missing:
        screen.line(
            say(
                f"→ {path} : à signer encore par {missing} (maillage charter sign).",
                f"→ {path}: still to be signed by {missing} (maillage charter sign).",
            )
        )
    else:
        screen.line(
            say(
                f"→ {path} : signée par tous. Chaque nœud l’accepte : maillage charter accept.",
                f"→ {path}: signed by all. Each node accepts it: maillage charter accept.",
            )
        )


def file_json(file: "CharterFile") -> dict[str, Any]:
    """What a file says, as JSON values; who has signed is among them."""
    charter = file.charter
    return {
        "digest": file.digest,
        "name": charter.charter,
        "title": charter.title,
        "decision": charter.decision,
        "members": [
            {
                "participant": name,
                "name": known.identity.name,
                "custodian": known.identity.custodian.key,
                "identity": known.digest,
                "signed": name in file.signed,
            }
            for name, known in file.members().items()
        ],
        "custodians": len({one.custodian for one in charter.members}),
        "threshold": charter.threshold,
        "expires": charter.expires,
        "ends": charter.ends,
    }


def show_charter(found: dict[str, Any]) -> None:
    """Write an agreement as tables.

    Args:
        found: As `file_json` gives it, or `node.charters.charter_json`.
    """
    members = found["members"]
    rows = [
        (say("Convention", "Agreement"), f"{found['title']} ({found['name']})"),
        (say("Empreinte", "Digest"), found["digest"]),
        (say("Décision", "Decision"), found["decision"] or "–"),
        (say("Fin", "End"), found.get("end") or found["ends"] or say("sans terme", "none")),
        (say("Avertit dès", "Warns from"), found["expires"] or "–"),
        (
            say("Changement", "Change"),
            say(
                f"{found['threshold']} opérateur(s) de clés sur {found['custodians']}",
                f"{found['threshold']} of {found['custodians']} key custodians",
            ),
        ),
    ]
    if found.get("reason"):
        rows.append((say("Motif", "Reason"), found["reason"]))
    screen.pairs(rows)
    signing = any("signed" in one for one in members)
    heads = [say("Membre", "Member"), say("Nom", "Name"), say("Clés tenues par", "Keys kept by")]
    heads += [say("A signé", "Has signed"), say("Identité", "Identity")] if signing else []
    screen.table(heads, [_member_row(one, signing=signing) for one in members])
    if found["custodians"] == 1 and len(members) > 1:
        screen.line(
            say(
                "Attention : un seul opérateur tient les clés de tous les membres.",
                "Beware: one custodian keeps the keys of all members.",
            ),
            style="bold yellow",
        )


def _member_row(one: dict[str, Any], *, signing: bool) -> list[str]:
    row = [one["participant"], one["name"], one["custodian"]]
    if signing:
        row.append(say("oui", "yes") if one["signed"] else say("NON", "NO"))
        row.append(f"{one['identity'][:16]}…")
    return row
