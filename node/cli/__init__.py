"""The `maillage` command: one module per group; `app` puts them together.

Every command reads its arguments, asks the node, and shows the answer. It decides nothing.
"""

import signal
import sys
from types import FrameType
from typing import Final

TERMINATED: Final = 128 + signal.SIGTERM
"""Exit status of a command that SIGTERM ended, as shells give it."""


def main() -> None:
    """Run the command line and end the process."""
    # first of all: the kernel keeps SIGTERM from a container's first process that doesn't ask for
    # it, and one that is told to end cleans up as it does after Ctrl-C
    signal.signal(signal.SIGTERM, _end)
    from node.cli.app import main as run  # noqa: PLC0415 - importing a submodule of this package needs none of it

    run()


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(TERMINATED)


__all__ = ["main"]
