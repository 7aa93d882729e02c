"""Writes docs/cli.md and docs/settings.md from the code: `python -m node.cli.reference docs`.

A test compares the pages with what this module makes, so that they can't drift.
"""

import inspect
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from node.cli import app, hub_file, status
from node.cli.help_texts import flat
from node.cli.hubs import HUB_VARIABLE
from node.cli.language import VARIABLE, Lang, use
from node.cli.options import DATA_VARIABLE
from node.cli.screen import DEBUG_VARIABLE
from node.settings import FILE_NAME, HubAddress, Settings

PREFIX: Final = str(Settings.model_config["env_prefix"])

NOT_SETTINGS: Final = {
    DATA_VARIABLE: "The node's data directory, where `--data` isn't given.",
    HUB_VARIABLE: "The exchange point's directory, where `--data` of `maillage hub` isn't given.",
    VARIABLE: "Language of the screen, `fr` or `en`, where `--lang` isn't given.",
    DEBUG_VARIABLE: "Any value: errors with their traceback, and the log in full.",
}
"""Variables of the command itself."""

_INTRODUCTION: Final = """# Command line

Written by `python -m node.cli.reference docs` from the commands themselves. On screen the help is
in French unless `--lang en` is given.
"""

_ORDER: Final = (
    f"A `{PREFIX}…` variable goes before the data directory's `{FILE_NAME}`, which goes before the "
    "default. Lists are written as JSON in a variable."
)
_HUB_FILE: Final = (
    f"`{hub_file.FILE_NAME}` in its directory; `maillage hub init` writes it, and it can be edited."
    " A hub in service takes changes when it is started again."
)


def command_page() -> str:
    """docs/cli.md."""
    use(Lang.EN)
    lines = [_INTRODUCTION, "## Exit status", "", *_exit_table(), ""]
    lines += _command(app.command(), "maillage", 2)
    return "\n".join(lines).rstrip() + "\n"


def _exit_table() -> Iterator[str]:
    found = re.findall(r"^\|.*\|$", inspect.getdoc(status) or "", re.MULTILINE)
    yield from found


def _command(command: Any, path: str, level: int) -> Iterator[str]:
    below = getattr(command, "commands", {})
    context = command.context_class(command, info_name=path)
    yield f"{'#' * level} `{path}`"
    yield ""
    yield flat(command.help or "")
    yield ""
    parameters = [one for one in command.params if one.name != "help"]
    if not below:
        yield f"    {_usage(path, parameters, context)}"
        yield ""
    if parameters:
        yield "| argument or option | default | what |"
        yield "|---|---|---|"
        for one in parameters:
            yield _parameter(one, context)
        yield ""
    for name, one in below.items():
        yield from _command(one, f"{path} {name}", min(level + 1, 4))


def _usage(path: str, parameters: list[Any], context: Any) -> str:
    words = [path]
    for one in parameters:
        argument = one.param_type_name == "argument"
        text = _name(one) if argument else f"{one.opts[0]}{_value(one, context)}"
        words.append(text if one.required else f"[{text}]")
    return " ".join(words)


def _name(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _value(parameter: Any, context: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    return f" {parameter.display_type_rich(ctx=context)}"


def _parameter(parameter: Any, context: Any) -> str:
    argument = parameter.param_type_name == "argument"
    named = [_name(parameter)] if argument else [*parameter.opts]
    text = ", ".join(named) + ("" if argument else _value(parameter, context))
    default = "needed" if parameter.required else _shown(parameter.default)
    told = flat(parameter.help or "")
    if parameter.envvar:
        told += f" Variable: `{parameter.envvar}`."
    text = text.replace("|", "\\|")
    return f"| `{text}` | {default} | {told} |"


def _shown(default: Any) -> str:
    if default is None or default is False:
        return ""
    return f"`{getattr(default, 'value', default)}`"


def settings_page() -> str:
    """docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Written by `python -m node.cli.reference docs` from the code.",
        "",
        "## Node",
        "",
        _ORDER,
        "",
        *_table(Settings, variables=True),
        "",
        f"Each of `{PREFIX}HUBS` (in the file `[[hubs]]`):",
        "",
        *_table(HubAddress, variables=False),
        "",
        "```toml",
        f"# {FILE_NAME}",
        'compose = ["fr-epci-241200765"]',
        "",
        "[[hubs]]",
        'name = "aveyron"',
        'url = "wss://echange.example.org"',
        "read = true",
        "```",
        "",
        "## Exchange point (hub)",
        "",
        _HUB_FILE,
        "",
        *_table(hub_file.HubFile, variables=False),
        "",
        "## Variables of the command itself",
        "",
        "| variable | what |",
        "|---|---|",
        *(f"| `{name}` | {told} |" for name, told in NOT_SETTINGS.items()),
    ]
    return "\n".join(lines) + "\n"


def _table(model: type[BaseModel], *, variables: bool) -> Iterator[str]:
    told = attributes(model)
    head = "variable | in the file" if variables else "name"
    yield f"| {head} | default | what |"
    yield "|---|---|---|---|" if variables else "|---|---|---|"
    for name, field in model.model_fields.items():
        default = "needed" if field.default is PydanticUndefined else _default(field.default)
        named = f"`{PREFIX}{name.upper()}` | `{name}`" if variables else f"`{name}`"
        yield f"| {named} | {default} | {told[name]} |".replace("  ", " ")


def _default(value: Any) -> str:
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else value)}`"


def attributes(model: type[BaseModel]) -> dict[str, str]:
    """What a model's docstring says of each attribute.

    Raises:
        ValueError: A field isn't in it.
    """
    text = (inspect.getdoc(model) or "").partition("Attributes:")[2]
    entries = re.split(r"^ {4}(?=\w+:)", text, flags=re.MULTILINE)[1:]
    found = {
        name: " ".join(told.split()) for name, _, told in (one.partition(":") for one in entries)
    }
    missing = set(model.model_fields) - set(found)
    if missing:
        raise ValueError(f"{model.__name__} says nothing of {', '.join(sorted(missing))}")
    return found


PAGES: Final = {"cli.md": command_page, "settings.md": settings_page}


def main(folder: Path) -> None:
    """Write the pages."""
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
