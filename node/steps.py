"""Named moments between two effects, so that tests can end the process at each of them.

`step` does nothing in production. A test that wants to know what a power cut does there sets
`hook` in a child process.
"""

from collections.abc import Callable
from typing import Final

STEPS: Final = (
    "devices.received",
    "devices.before-draft",
    "devices.drafted",
    "publish.before-draft",
    "publish.drafted",
    "send.before-sign",
    "send.signed",
    "send.sent",
    "send.marked",
    "receive.fetched",
    "receive.before-commit",
    "receive.committed",
    "receive.acknowledged",
    "receipt.before-send",
    "receipt.sent",
)
"""Every moment, in order: readings of sensors, publishing, sending, receiving, answering."""

hook: Callable[[str], None] | None = None


def step(name: str) -> None:
    """Pass a named moment."""
    if hook is not None:
        hook(name)
