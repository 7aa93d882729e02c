"""The `maillage` command put together, and its one way out."""

import io
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed
from typing import Annotated, Any

import typer

from node.cli import (
    bundles,
    charters,
    competences,
    demo,
    devices,
    doctor,
    figures,
    files,
    health,
    help_texts,
    hubs,
    mappings,
    nodes,
    schemata,
    screen,
    sheet,
    subscribe,
    tokens,
)
from node.cli.language import Lang, arrange, say, use
from node.cli.status import Status


def _version(value: bool) -> None:  # noqa: FBT001 - typer's callback form
    if value:
        screen.line(f"maillage {installed('maillage')}")
        raise typer.Exit


def _options(
    *,
    lang: Annotated[
        Lang | None,
        typer.Option(
            "--lang",
            envvar="MAILLAGE_LANG",
            help="Language of the screen: fr (unless said) or en. May stand anywhere.",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Share a commune's data: signed, checked, added up by those it chose to share with.

    Exit status: 0 done; 1 the data or a signature is bad; 2 wrong use; 3 can't reach what is
    needed; 70 a fault of the program.
    """


def build() -> typer.Typer:
    """Make the command with all its groups."""
    app = typer.Typer(
        name="maillage",
        callback=_options,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.command("init")(nodes.init)
    app.add_typer(schemata.build(), name="schema")
    app.command("validate")(files.validate)
    app.command("map")(mappings.map_columns)
    app.command("publish")(files.publish)
    app.command("run")(nodes.run)
    app.add_typer(hubs.build(), name="hub")
    app.command("identity")(charters.identity)
    app.add_typer(charters.build(), name="charter")
    app.add_typer(tokens.build(), name="token")
    app.command("status")(nodes.status)
    app.command("doctor")(doctor.doctor)
    app.command("health")(health.health)
    app.add_typer(devices.build(), name="devices")
    app.add_typer(competences.build(), name="competence")
    app.command("export")(files.export)
    app.command("sheet")(sheet.sheet)
    app.command("view")(figures.view)
    app.command("subscribe")(subscribe.subscribe)
    app.command("verify")(bundles.verify)
    app.command("recompute")(figures.recompute)
    app.command("demo")(demo.demo)
    return app


def command() -> Any:
    """The command as a tree of commands and parameters, in the language spoken."""
    return help_texts.translated(typer.main.get_command(build()))


def run(arguments: Sequence[str]) -> int:
    """Run the command.

    Args:
        arguments: Without the program's name.

    Returns:
        The exit status; every error has been told.
    """
    asked, words = arrange(arguments)
    use(Lang.EN if asked == Lang.EN.value else Lang.FR)
    try:
        found = command().main(args=words, prog_name="maillage", standalone_mode=False)
    except typer.TyperException as error:
        return _misused(error)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException as error:  # noqa: BLE001 - polars' panics are no Exception; none may show a traceback
        return int(screen.failed(error))
    return int(found) if isinstance(found, int) else int(Status.DONE)


def _misused(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "maillage"
    message = help_texts.usage_message(error)
    if type(error).__name__ == "NoArgsIsHelpError":
        screen.line(message, stderr=True)
        return int(Status.USAGE)
    hint = say(f"{path} --help montre l’usage", f"{path} --help shows the use")
    return int(screen.misused(message, hint))


def main() -> None:
    """Run the command line and end the process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without accents shows "?", no error
    status = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError:
        # who read the pipe has gone: nothing is left to be said to it, at the end neither
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
