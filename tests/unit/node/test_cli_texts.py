"""Help in two languages, pages that can't drift from the code, and sentences of errors."""

import ast
from pathlib import Path

import pytest
from cli_world import Maillage

from node.cli import app, help_texts, problems
from node.cli.help_french import FRENCH
from node.cli.language import Lang, arrange, use
from node.cli.reference import PAGES

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_page_is_what_the_code_says(name: str):
    made = PAGES[name]()
    use(Lang.FR)
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert page == made, "run python -m node.cli.reference docs"


def test_every_help_text_has_its_french_and_no_french_is_left_over():
    use(Lang.EN)
    texts = set(help_texts.texts(app.command()))
    use(Lang.FR)
    texts.discard("Show this message and exit.")
    assert texts == set(FRENCH)


@pytest.mark.parametrize(
    "words",
    [
        [],
        *(
            ["init"],
            ["validate"],
            ["publish"],
            ["run"],
            ["status"],
            ["health"],
            ["export"],
            ["view"],
        ),
        *(["verify"], ["recompute"], ["demo"], ["schema"], ["schema", "list"], ["schema", "show"]),
        *(["hub"], ["hub", "init"], ["hub", "run"], ["hub", "add"], ["hub", "remove"]),
        *(["hub", "members"], ["hub", "status"]),
    ],
    ids=" ".join,
)
def test_every_command_of_the_list_is_there_and_helps(maillage: Maillage, words: list[str]):
    french = maillage(*words, "--help")
    english = maillage(*words, "--help", "--lang", "en")
    assert french.status == english.status == 0
    assert "Usage :" in french.out
    assert "Montrer cette aide." in french.out
    assert "Usage:" in english.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["validate", "x"], "« x » n’existe pas"),
        (["validate", "/", "--schema", "x"], "est un répertoire"),
        (["view", "--territory", "fr"], "l’option --measure manque"),
        (["schema", "show"], "l’argument NAME manque"),
        (["schema", "lst"], "lst n’existe pas (proche : 'list')"),
        (["schema", "list", "--jsn"], "l’option --jsn n’existe pas"),
        (["schema", "list", "more"], "argument en trop : more"),
        (["hub", "run", "--port", "x"], "--port : un nombre entier est attendu"),
        (["hub", "run", "--port", "99999"], "--port : hors des limites (65535)"),
        (["run", "--data"], "l’option --data attend une valeur"),
        (["demo", "--once=1"], "ne prend pas de valeur"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_wrong_use_is_told_in_french(maillage: Maillage, words: list[str], told: str):
    answer = maillage(*words)
    assert answer.status == 2
    assert told in answer.err.replace("\n", " ")


def test_the_language_is_found_wherever_it_stands():
    assert arrange(["a", "--lang", "en", "b"]) == ("en", ["--lang", "en", "a", "b"])
    assert arrange(["a", "--lang=en"]) == ("en", ["--lang", "en", "a"])
    assert arrange(["a", "--", "--lang", "en"]) == ("fr", ["a", "--", "--lang", "en"])
    assert arrange(["a", "--lang"]) == ("", ["--lang", "", "a"])


def codes_in(folder: str) -> set[str]:
    """Reason codes that the code gives as a literal."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code":
                found |= {
                    one.value
                    for one in ast.walk(node.value)
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
    return found


def test_no_sentence_is_kept_for_a_code_that_nobody_gives():
    given = codes_in("federation") | codes_in("node") | codes_in("schemas")
    given |= {"file", "system", "schema-document"}  # given by the screen itself
    given |= {"token", "scope", "position", "position-gone"}  # given by a node over HTTP
    assert problems.codes() - given == set()
