"""Garbage collection and thread switching are put back after a batch, whatever happens in it."""

import gc
import sys

import pytest

from node.receive.pause import SWITCH_S, TURNS_MAX, uncollected


def test_put_back_by_the_last_to_leave() -> None:
    before = sys.getswitchinterval()
    with uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
        assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
    assert gc.isenabled()
    assert sys.getswitchinterval() == pytest.approx(before)


def test_put_back_after_a_failure() -> None:
    before = sys.getswitchinterval()
    with pytest.raises(ValueError, match="broken"), uncollected():
        raise ValueError("broken")
    assert gc.isenabled()
    assert sys.getswitchinterval() == pytest.approx(before)


def test_batches_without_a_gap_let_it_run_now_and_then() -> None:
    with uncollected():
        for _ in range(TURNS_MAX):
            with uncollected():
                pass
        assert gc.isenabled()
    assert gc.isenabled()


def test_who_runs_without_collection_goes_on_so() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
