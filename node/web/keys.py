"""What an application holds for its handlers."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from node.node import Node
from node.web.auth import Tokens
from node.web.errors import Problem
from node.web.positions import Positions

NODE: Final = web.AppKey("node", Node)
"""The node that answers."""

TOKENS: Final = web.AppKey("tokens", Tokens)
"""Who may ask; a log-in asks them."""

ProblemPage = Callable[[web.Request, Problem], web.Response]
PROBLEM_PAGE: Final[web.AppKey[ProblemPage]] = web.AppKey("problem_page")
"""How a problem is shown to a browser; where it is missing, or a program asks, it is JSON."""

POSITIONS: Final = web.AppKey("positions", Positions)
"""Writes and reads places in the order of reception."""
