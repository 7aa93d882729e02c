"""Help in the reader's language, and wrong use told in it.

Help stands in English beside the options that it explains (docs/cli.md is made from it); `FRENCH`
holds its translation by the English text, and a test holds the two together.
"""

import re
from typing import Any, Final

from node.cli.help_french import FRENCH
from node.cli.language import current

_HEADINGS: Final = (
    (re.compile(r"^Usage:", re.MULTILINE), "Usage :"),
    (re.compile(r"^Arguments:", re.MULTILINE), "Arguments :"),
    (re.compile(r"^Options:", re.MULTILINE), "Options :"),
    (re.compile(r"^Commands:", re.MULTILINE), "Commandes :"),
    (re.compile(r"\[required\]"), "[obligatoire]"),
    (re.compile(r"\[default: "), "[par défaut : "),
    (re.compile(r"\[env var: "), "[variable : "),
    (re.compile(r"; required\]"), "; obligatoire]"),
    (re.compile(r"; default: "), "; par défaut : "),
    (re.compile(r"Show this message and exit\."), "Montrer cette aide."),
)

_WRONG_USE: Final = (
    (r"Missing option '(.+?)'\.?(.*)", r"l’option \1 manque\2"),
    (r"Missing argument '(.+?)'\.?(.*)", r"l’argument \1 manque\2"),
    (r"Missing command\.?", r"la commande manque"),
    (r"No such option: (\S+?)(?: \(Possible options: (.+)\)| Did you mean (.+)\?)?", "l’option"),
    (r"No such command '(.+?)'\.?(?: Did you mean (.+)\?)?()", "la commande"),
    (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", r"argument en trop : \1"),
    (r"Option '(.+?)' requires an argument\.?", r"l’option \1 attend une valeur"),
    (r"Option '(.+?)' does not take a value\.?", r"l’option \1 ne prend pas de valeur"),
    (
        r"Invalid value for (.+?): (?:[Ff]ile|[Pp]ath|[Dd]ir(?:ectory)?) '(.+)' does not exist\.",
        r"\1 : « \2 » n’existe pas",
    ),
    (r"Invalid value for (.+?): [Ff]ile '(.+)' is a directory\.", r"\1 : « \2 » est un répertoire"),
    (
        r"Invalid value for (.+?): [Dd]ir(?:ectory)? '(.+)' is a file\.",
        r"\1 : « \2 » est un fichier",
    ),
    (
        r"Invalid value for (.+?): (?:[Ff]ile|[Pp]ath|[Dd]ir(?:ectory)?) '(.+)' is not readable\.",
        r"\1 : « \2 » n’est pas lisible",
    ),
    (
        r"Invalid value for (.+?): (?:Value error, )?'(.+)' is not one of (.+?)\.?",
        r"\1 : « \2 » n’est pas l’un de \3",
    ),
    (
        r"Invalid value for (.+?): '(.+)' is not a valid (?:integer|int)\.",
        r"\1 : « \2 » n’est pas un nombre entier",
    ),
    (
        r"Invalid value for (.+?): Input should be a valid integer.*",
        r"\1 : un nombre entier est attendu",
    ),
    (
        r"Invalid value for (.+?): Input should be (greater|less) than or equal to (\d+)",
        r"\1 : hors des limites (\3)",
    ),
    (r"Invalid value for (.+?): (.+)", r"\1 : \2"),
)


def translated(command: Any) -> Any:
    """Put a command's help into the language spoken.

    Args:
        command: The tree that typer made; it is changed.

    Returns:
        The same tree.
    """
    if current() == "fr":
        _translate(command)
    return command


def _translate(command: Any) -> None:
    command.help = french(command.help)
    command.get_help = _with_headings(command.get_help)
    for parameter in command.params:
        parameter.help = french(parameter.help)
    for below in getattr(command, "commands", {}).values():
        _translate(below)


def _with_headings(get_help: Any) -> Any:
    def localised(context: Any) -> str:
        text = str(get_help(context))
        for pattern, replacement in _HEADINGS:
            text = pattern.sub(replacement, text)
        return text

    return localised


def french(text: str | None) -> str | None:
    """A help text in French; as it is where there is no translation."""
    return None if text is None else FRENCH.get(flat(text), text)


def flat(text: str) -> str:
    """A help text as `FRENCH` knows it: its first paragraphs without line breaks."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def texts(command: Any) -> list[str]:
    """Every help text of a command and of those below it, flat."""
    found = [flat(command.help)] if command.help else []
    found += [flat(one.help) for one in command.params if getattr(one, "help", None)]
    for below in getattr(command, "commands", {}).values():
        found += texts(below)
    return found


def usage_message(error: Any) -> str:
    """What is wrong with the use, in the language spoken."""
    message = re.sub(r" \(env var: '[A-Z_]+'\)", "", str(error.format_message()))
    message = re.sub(r"^(Invalid value for) '([^']+)':", r"\1 \2:", message)
    if current() != "fr":
        return message
    for pattern, replacement in _WRONG_USE:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found is None:
            continue
        if pattern.startswith("No such"):
            near = found[2] or found[3]
            proposed = f" (proche : {near})" if near else ""
            return f"{replacement} {found[1]} n’existe pas{proposed}"
        return found.expand(replacement)
    return message
