"""Reason codes: one list, complete and consistent."""

import re
from pathlib import Path

import federation
from federation.reasons import REASONS, STEPS, Verdict

SOURCES = Path(federation.__file__).parent
SIGNATURE_HOLDS_FROM = 6


def test_codes_are_stable_words_with_a_step_and_a_remedy() -> None:
    for code, reason in REASONS.items():
        assert code == reason.code
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
        assert reason.step in STEPS
        assert reason.meaning
        assert reason.remedy
        assert reason.verdict is not Verdict.ACCEPTED


def test_steps_count_from_one() -> None:
    assert list(STEPS) == list(range(1, 16))


def test_only_what_was_signed_is_refused() -> None:
    early = [one for one in REASONS.values() if one.step < SIGNATURE_HOLDS_FROM]
    assert early
    assert all(one.verdict in (Verdict.TRANSPORT_FAULT, Verdict.HELD) for one in early)


def test_decoding_and_validating_end_in_a_refusal() -> None:
    late = [one for one in REASONS.values() if one.step >= 13]
    assert {one.verdict for one in late} == {Verdict.REFUSED}


def test_every_code_written_in_the_steps_is_listed() -> None:
    written, quoted = set(), set()
    for name in ("verify", "chain", "judge", "allowed", "tables", "content"):
        text = (SOURCES / f"{name}.py").read_text()
        quoted |= set(re.findall(r"\"([a-z0-9-]+)\"", text))
        written |= set(re.findall(r"(?:Finding|Elsewhere)\(\s*\"([a-z0-9-]+)\"", text))
        written |= set(re.findall(r"code=\"([a-z0-9-]+)\"", text))
    assert written <= set(REASONS)
    parsed = {one.code for one in REASONS.values() if one.step <= 3}
    assert set(REASONS) - quoted - parsed == {"part-missing"}, "found by whoever collects parts"
