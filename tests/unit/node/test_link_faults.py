"""Reasons why a hub isn't reached: each said in two languages, each given by somebody."""

import ast
import string
from pathlib import Path

import pytest

from node.cli import screen
from node.cli.language import Lang, use
from node.link.errors import HubUnreachableError, RouteError
from node.link.faults import FACT_MAX, FAULTS, Fault, read_fault

LINK = Path(__file__).parents[3] / "node" / "link"
KNOWN = {
    *("target", "host", "proxy", "source", "status", "said"),
    *("issuer", "names", "expiry", "begin"),
}


def given() -> set[str]:
    """Every text that stands in the code of the link, with those made of a prefix."""
    found = set()
    for path in LINK.glob("*.py"):
        if path.name == "faults.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value, f"proxy-{node.value}", f"proxy{node.value}"}
    return found


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_each_is_said_in_both_languages_with_known_facts(code: str):
    words = FAULTS[code]
    assert all(words)
    for text in words:
        assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= KNOWN
    fault = Fault(code, {"target": "h:1", "issuer": "CA"})
    assert fault.told("fr") != fault.told("en")
    assert "{" not in fault.told("fr") + fault.remedy("fr") + fault.told() + fault.remedy()


def test_no_reason_is_kept_that_nobody_gives():
    texts = given() | {"dns", "nothing-listens", "no-route"}  # made of a stage and these
    assert set(FAULTS) - texts == {"proxy-dns", "proxy-nothing-listens", "proxy-no-route"} - texts


def test_what_others_said_is_bounded_and_printable():
    fault = Fault("tls-unknown-ca", {"target": "h", "issuer": "\x1b[2J\n{target}" + "x" * 1000})
    told = fault.told()
    assert told.isprintable()
    assert "{target}" in told  # shown as text, not filled in
    assert len(told) < FACT_MAX + 200


def test_a_fault_is_read_as_it_was_written():
    fault = Fault("proxy-forbidden", {"target": "h:1", "status": "403"})
    assert read_fault(fault.to_json()) == fault
    for other in (None, {}, [], {"code": "unknown", "facts": {}}, {"code": "dns", "facts": 1}):
        assert read_fault(other) is None


def test_the_error_says_to_try_again_and_is_one_of_the_system_too():
    error = RouteError(Fault("dns", {"host": "h"}))
    assert isinstance(error, HubUnreachableError)
    assert isinstance(error, OSError)
    assert (error.code, str(error)) == ("dns", "the name h doesn't resolve")
    assert error.remedy


@pytest.mark.parametrize(
    ("lang", "told", "remedy"),
    [(Lang.FR, "interdit CONNECT vers h:1", "autoriser"), (Lang.EN, "forbids CONNECT", "allow")],
)
def test_the_command_line_tells_it_in_the_readers_language(
    capsys: pytest.CaptureFixture[str], lang: Lang, told: str, remedy: str
):
    fault = Fault("proxy-forbidden", {"target": "h:1", "proxy": "http://p:1", "status": "403"})
    away = HubUnreachableError("away", code="hub-unreachable")
    away.fault = fault
    use(lang)
    try:
        assert screen.failed(away) == screen.failed(RouteError(fault)) == 3
    finally:
        use(Lang.FR)
    said = capsys.readouterr().err
    assert said.count(told) == 2
    assert said.count("[proxy-forbidden]") == 2
    assert said.count(remedy) == 2
