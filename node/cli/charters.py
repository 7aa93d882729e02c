"""`maillage charter` and `identity`: an agreement drafted, signed on each side, accepted, ended."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from federation.errors import MalformedError
from node.cli import screen
from node.cli.charter_texts import STDOUT, file_json, show_charter, tell, tell_end
from node.cli.language import current, label, say
from node.cli.options import DEFAULT_DATA, AsJson, DataDir, opened, read_bounded
from node.cli.writing import replace_file
from node.clock import now_us

if TYPE_CHECKING:
    from federation.identity import KnownIdentity

CHARTER_MAX_BYTES: Final = 64 * 1024 * 1024
"""A charter file: the charter of all communes with their identities."""

IDENTITY_MAX_BYTES: Final = 1024 * 1024

OutputFile = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="PATH", dir_okay=False, help="File to write; - for output."
    ),
]
CharterPath = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        readable=True,
        help="As maillage charter draft or sign wrote it.",
    ),
]
Participant = Annotated[
    str | None,
    typer.Option(
        "--participant", metavar="ID", help="Which body of this node; not needed if it has one."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask; for scripts.")]


def build() -> typer.Typer:
    """Make the group."""
    group = typer.Typer(
        help="Agree with whom data are shared: draft, sign, accept and end a sharing agreement.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("draft")(draft)
    group.command("sign")(sign)
    group.command("show")(show)
    group.command("accept")(accept)
    group.command("list")(list_charters)
    group.command("end")(end)
    return group


def identity(
    *,
    output: OutputFile,
    participant: Participant = None,
    data: DataDir = DEFAULT_DATA,
) -> None:
    """Write a body's identity document to a file, for whoever drafts an agreement with it.

    There is no secret in it. Tell its digest by another way (telephone, letter).
    """
    from node.charters import identity_of  # noqa: PLC0415 - help and usage errors answer without loading the node

    with opened(data) as node:
        known = identity_of(node, participant)
    _write(output, known.document + b"\n")
    screen.line(
        f"{known.identity.participant} – {known.identity.name} · "
        f"{label('empreinte', 'digest')} {known.digest}",
        stderr=True,
    )


def draft(
    *,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="As people call it.")],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Short, lower case, with hyphens.")
    ],
    member: Annotated[
        list[Path],
        typer.Option(
            "--member",
            metavar="IDENTITY_FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="Another member, as maillage identity wrote it; can be given again.",
        ),
    ],
    output: OutputFile,
    participant: Annotated[
        list[str] | None,
        typer.Option(
            "--participant",
            metavar="ID",
            help="A body of this node that takes part; not needed if it has one.",
        ),
    ] = None,
    ends: Annotated[
        str | None,
        typer.Option(
            "--ends", metavar="DATE", help="From then on nothing more is shared under it."
        ),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="DATE", help="Warns from then on; stops nothing."),
    ] = None,
    decision: Annotated[
        str | None,
        typer.Option("--decision", metavar="TEXT", help="The council's decision or convention."),
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Draft an agreement between bodies of this node and others; nobody has signed it yet."""
    from federation import charter_file  # noqa: PLC0415 - help and usage errors answer without loading the node
    from node.charters import identity_of  # noqa: PLC0415 - likewise

    with opened(data) as node:
        chosen: list[str | None] = [*participant] if participant else [None]
        own = [identity_of(node, one) for one in chosen]
    others = [_identity(path) for path in member]
    file = charter_file.draft(
        name=name,
        title=title,
        identities=[*own, *others],
        issued_us=now_us(),
        ends=_instant(ends, "--ends"),
        expires=_instant(expires, "--expires"),
        decision=decision,
    )
    _write(output, file.write())
    tell(file, output, as_json=as_json)


def sign(
    file: CharterPath,
    *,
    data: DataDir = DEFAULT_DATA,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            dir_okay=False,
            help="File to write; the same one unless said.",
        ),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Show what an agreement says, then sign it for the bodies of this node that it names."""
    from federation import charter_file  # noqa: PLC0415 - help and usage errors answer without loading the node
    from node.charters import signers_of  # noqa: PLC0415 - likewise

    found = charter_file.read(read_bounded(file, CHARTER_MAX_BYTES))
    with opened(data) as node:
        signers = signers_of(node, found)
        if not as_json:
            show_charter(file_json(found))
        if not yes:
            _ask(
                say(
                    f"Signer au nom de {', '.join(signers)} ?",
                    f"Sign in the name of {', '.join(signers)}?",
                )
            )
        signed = found.sign(signers)
    _write(output or file, signed.write())
    tell(signed, output or file, as_json=as_json, whole=False)


def show(
    what: Annotated[
        str,
        typer.Argument(
            metavar="FILE|DIGEST", help="A charter file; or digest or name of one accepted here."
        ),
    ],
    *,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Show an agreement: members, who keeps their keys, its end, who has signed and who hasn't."""
    from federation import charter_file  # noqa: PLC0415 - help and usage errors answer without loading the node
    from node.charters import charter_ending, charter_json, end_words, name_of  # noqa: PLC0415 - likewise

    path = Path(what)
    if path.is_file():
        found = file_json(charter_file.read(read_bounded(path, CHARTER_MAX_BYTES)))
    else:
        with opened(data) as node:
            known = node.knowledge.charter_named(what)
            found = charter_json(node, known, now_us())
            names = {one: name_of(node, one) for one in known.members}
            ending = charter_ending(node, known)
            found["end"] = end_words(ending, now_us(), current(), names)
    if as_json:
        screen.data(found)
    else:
        show_charter(found)


def accept(
    file: CharterPath,
    *,
    data: DataDir = DEFAULT_DATA,
    digest: Annotated[
        str | None,
        typer.Option(
            "--digest",
            metavar="DIGEST",
            help="As told by another way; needed where no body of this node has signed.",
        ),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Accept an agreement that all have signed: from then on it counts on this node.

    It is kept with the node's data; no setting needs to be edited.
    """
    from federation import charter_file  # noqa: PLC0415 - help and usage errors answer without loading the node
    from node import charters  # noqa: PLC0415 - likewise

    found = charter_file.read(read_bounded(file, CHARTER_MAX_BYTES))
    found.known()
    if not as_json:
        show_charter(file_json(found))
    if not yes:
        _ask(say("Accepter cette convention ?", "Accept this agreement?"))
    with opened(data) as node:
        known = charters.accept(node, found, digest=digest)
        told = charters.charter_json(node, known, now_us())
    if as_json:
        screen.data(told)
        return
    accepted = say("Acceptée", "Accepted")
    screen.line(f"{accepted} : {known.charter.title} ({known.digest})", style="bold")
    screen.line(
        say(
            f"→ Publier sous elle : maillage publish … --charter {known.charter.charter}",
            f"→ Publish under it: maillage publish … --charter {known.charter.charter}",
        )
    )


def list_charters(*, data: DataDir = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """List the agreements that count on this node, and when they end."""
    from node.charters import charter_ending, charter_json, end_words, in_force  # noqa: PLC0415 - help and usage errors answer without loading the node

    moment = now_us()
    with opened(data) as node:
        known = in_force(node)
        if as_json:
            screen.data([charter_json(node, one, moment) for one in known])
            return
        rows = [
            (
                one.charter.charter,
                one.charter.title,
                len(one.members),
                end_words(charter_ending(node, one), moment, current()),
                one.digest,
            )
            for one in known
        ]
    screen.table(
        [
            say("Nom", "Name"),
            say("Convention", "Agreement"),
            say("Membres", "Members"),
            say("Fin", "End"),
            say("Empreinte", "Digest"),
        ],
        rows,
        right=(2,),
    )


def end(
    charter: Annotated[
        str, typer.Argument(metavar="DIGEST|NAME", help="Of an agreement accepted here.")
    ],
    *,
    data: DataDir = DEFAULT_DATA,
    participant: Participant = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="DATE", help="From when on; at once unless said."),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="TEXT", help="For the other members to read."),
    ] = None,
    withdraw: Annotated[
        bool,
        typer.Option("--withdraw", help="Take back, too, what this body has shared under it."),
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End an agreement on this side's word; it can't be undone.

    Of two members the word of one ends it for both; of more, it ends from and towards the one that
    leaves. What was received before stays; with --withdraw receivers erase what came from here.
    """
    from federation.model import instant_text, instant_us  # noqa: PLC0415 - likewise
    from node import charters  # noqa: PLC0415 - help and usage errors answer without loading the node

    moment = _instant(at, "--at")
    with opened(data) as node:
        known = node.knowledge.charter_named(charter)
        if not yes:
            _ask(
                say(
                    f"Mettre fin à « {known.charter.title} » ? C’est définitif.",
                    f"End “{known.charter.title}”? It can't be undone.",
                )
            )
        done = charters.end(
            node,
            charter,
            participant=participant,
            at_us=None if moment is None else instant_us(moment),
            reason=reason,
            withdraw=withdraw,
            now_us=now_us(),
        )
    told = {
        "charter": known.digest,
        "member": done.member,
        "ends": instant_text(done.at_us),
        "digest": done.digest,
        "withdrawn": list(done.withdrawn),
    }
    if as_json:
        screen.data(told)
        return
    tell_end(told, known.charter.title)


# -- parts ---------------------------------------------------------------------------------------


def _identity(path: Path) -> "KnownIdentity":
    from federation.identity import first_identity  # noqa: PLC0415 - help and usage errors answer without loading the node

    return first_identity(read_bounded(path, IDENTITY_MAX_BYTES).rstrip(b"\n"))


def _instant(text: str | None, option: str) -> str | None:
    """An instant, or a date: its first moment in UTC."""
    from federation.model import instant_us  # noqa: PLC0415 - help and usage errors answer without loading the node

    if text is None:
        return None
    whole = text if "T" in text else f"{text}T00:00:00Z"
    try:
        instant_us(whole)
    except ValueError as error:
        raise MalformedError(
            f"{option}: {text[:40]!r} is no date",
            code="date",
            remedy="write 2027-12-31 or 2027-12-31T23:59:59Z",
        ) from error
    return whole


def _write(path: Path, content: bytes) -> None:
    if path == STDOUT:
        screen.binary(content)
    else:
        replace_file(path, content)


def _ask(question: str) -> None:
    typer.confirm(question, abort=True, err=True)
