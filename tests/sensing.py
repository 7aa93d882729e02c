"""A child process that takes in one uplink, or publishes what waits, and dies at a named step.

Run by tests/unit/node/sensors/test_sensor_kills.py: `python -m tests.sensing ROLE DATA NOW STEP`,
with the uplink on standard input. `STEP` is `-` for none.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from node import steps
from node.node import Node


def die_at(step: str) -> Callable[[str], None]:
    def hook(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def play(role: str, data: Path, now: int, body: bytes) -> None:
    """Open a node, take an uplink in or publish what waits, close it."""
    node = Node.open(data, http_host="")
    try:
        if role == "take":
            node.sensors.take(body, now)
        else:
            node.sensors.flush(now)
    finally:
        node.close()


def main() -> int:
    role, data, now, step = sys.argv[1:]
    if step != "-":
        steps.hook = die_at(step)
    play(role, Path(data), int(now), sys.stdin.buffer.read() if role == "take" else b"")
    return 0


if __name__ == "__main__":
    sys.exit(main())
