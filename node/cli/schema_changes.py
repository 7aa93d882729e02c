"""`maillage schema add` and `diff`: a schema of one's own, and what changed between versions."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from federation.errors import MalformedError, UnknownError
from node.cli import screen
from node.cli.language import current, label, say
from node.cli.options import DEFAULT_DATA, AsJson, DataDir, opened, read_bounded
from node.cli.schemata import OwnData, catalogue
from node.cli.status import Status
from schemas.document import DOCUMENT_MAX_BYTES

if TYPE_CHECKING:
    from schemas.evolution import Change
    from schemas.model import Schema

_UNSAID_SHOWN: Final = 8


def add(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="A Table Schema document with its maillage object.",
        ),
    ],
    *,
    participant: Annotated[
        str | None,
        typer.Option(
            "--participant",
            metavar="ID",
            help="In whose name it is brought to exchange points; not needed if the node has one.",
        ),
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Add a schema of one's own: from then on files are checked and published by its name.

    It travels with the data. A name that the program has is refused; so is a new version that
    doesn't keep what it claims of the one before.
    """
    from node.own_schemas import add_schema  # noqa: PLC0415 - loads the node's parts, which help doesn't need
    from schemas.adding import unsaid  # noqa: PLC0415 - likewise

    with opened(data) as node:
        done = add_schema(node, read_bounded(file, DOCUMENT_MAX_BYTES), participant)
    schema, missing = done.schema, unsaid(done.schema)
    before = done.judgement.before
    if as_json:
        screen.data(
            {
                "name": schema.name,
                "version": schema.version,
                "digest": schema.digest,
                "participant": done.participant,
                "before": None if before is None else before.version,
                "held": done.judgement.held,
                "changes": _changes_json(done.judgement.changes),
                "unsaid": list(missing),
            }
        )
        return
    if before is not None:
        screen.line(
            say(f"Changements depuis {before.version} :", f"Changes since {before.version}:")
        )
        _show(done.judgement.changes)
    if missing:
        screen.line(
            f"{label('Reste à dire', 'Left unsaid')} {', '.join(missing[:_UNSAID_SHOWN])}"
            + (" …" if len(missing) > _UNSAID_SHOWN else "")
        )
    state = say("déjà là", "held already") if done.judgement.held else say("ajouté", "added")
    screen.line(f"{schema.name} {schema.version} : {state} ({schema.digest[:12]}…)")
    screen.line(
        say(
            f"maillage publish FICHIER --schema {schema.name} publie sous ce schéma.",
            f"maillage publish FILE --schema {schema.name} publishes under it.",
        )
    )


def diff(
    old: Annotated[
        str,
        typer.Argument(metavar="OLD", help="A file, a name, or a version such as projets@1.0.0."),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Likewise: the version after.")],
    *,
    data: OwnData = None,
    as_json: AsJson = False,
) -> int:
    """Compare two versions of a schema: each change, and whether rows of the old stay good.

    Exit status 1 when the newer doesn't keep what it claims (compatible: backward or none).
    """
    from schemas.evolution import backward, broken_promise, compare  # noqa: PLC0415 - seldom needed

    before, after = _version(old, data), _version(new, data)
    if before.name != after.name:
        raise MalformedError(
            f"{before.name} and {after.name} are two schemas, not two versions of one",
            code="schema-versions",
            remedy=say("comparer deux versions d’un même nom", "compare two versions of one name"),
        )
    changes = compare(before, after)
    broken = before != after and broken_promise(before, after)
    if as_json:
        screen.data(
            {
                "name": after.name,
                "old": before.version,
                "new": after.version,
                "backward": backward(changes),
                "claims": after.block.compatible,
                "kept": not broken,
                "changes": _changes_json(changes),
            }
        )
        return Status.BAD if broken else Status.DONE
    if not changes:
        screen.line(say("Rien n’a changé.", "Nothing changed."))
        return Status.DONE
    _show(changes)
    claim = after.block.compatible or say("rien", "nothing")
    screen.line(
        f"{label('Le document annonce', 'The document claims')} {claim}. "
        + (say("C’est faux.", "It doesn’t hold.") if broken else say("C’est tenu.", "It holds."))
    )
    return Status.BAD if broken else Status.DONE


def _show(changes: "Sequence[Change]") -> None:
    kept, lost = say("compatible", "compatible"), say("rompt", "breaks")
    screen.table(
        [say("Effet", "Effect"), say("Changement", "Change")],
        [(kept if one.backward else lost, one.text(current())) for one in changes],
    )


def _changes_json(changes: "Sequence[Change]") -> list[dict[str, Any]]:
    return [
        {
            "code": one.code,
            "backward": one.backward,
            "where": one.where or None,
            "text": one.text(current()),
        }
        for one in changes
    ]


def _version(text: str, data: Path | None) -> "Schema":
    """A schema by file, name, or name and version.

    Raises:
        MalformedError: `schema-document`.
        UnknownError: `schema`.
    """
    from node.own_schemas import read_schema  # noqa: PLC0415 - loads the node's parts

    path = Path(text)
    if path.is_file():
        return read_schema(read_bounded(path, DOCUMENT_MAX_BYTES))
    name, _, version = text.partition("@")
    known = catalogue(data)
    found = known.get(name, version) if version else known.latest(name)
    if found is None:
        raise UnknownError(
            f"{text[:80]!r} is neither a file nor a schema",
            code="schema",
            remedy=say(
                "un fichier, un nom, ou un nom et une version : projets@1.0.0",
                "a file, a name, or a name and a version: projets@1.0.0",
            ),
        )
    return found
