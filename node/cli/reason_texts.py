"""Verification steps, verdicts and reasons in the language of the screen."""

from federation.reasons import Verdict
from node import reason_texts
from node.cli.language import current


def step_name(number: int) -> str:
    """What a numbered step looks at."""
    return reason_texts.step_name(number, current())


def verdict_name(verdict: Verdict) -> str:
    """A verdict in words."""
    return reason_texts.verdict_name(verdict, current())


def meaning(code: str) -> str:
    """What a reason means."""
    return reason_texts.meaning(code, current())


def remedy(code: str) -> str:
    """Who does what about it."""
    return reason_texts.remedy(code, current())


def codes() -> frozenset[str]:
    """Codes that have French sentences; a test holds them to be all."""
    return reason_texts.codes("fr")
