"""Fixtures of the node's tests."""

from cli_world import maillage

__all__ = ["maillage"]
