"""What an application holds for its handlers."""

from typing import Final

from aiohttp import web

from node.node import Node

NODE: Final = web.AppKey("node", Node)
"""The node that answers."""
