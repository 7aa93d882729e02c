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


def main() -> int:
    role, data, now, step = sys.argv[1:]
    if step != "-":
        steps.hook = die_at(step)
    node = Node.open(Path(data), http_host="")
    try:
        if role == "take":
            node.sensors.take(sys.stdin.buffer.read(), int(now))
        else:
            node.sensors.flush(int(now))
    finally:
        node.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
