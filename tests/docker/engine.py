"""Commands to a Docker engine, each bounded in time."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

HOW = """No Docker engine answers here, so that nothing was tested.
  - Docker installed? Start it, or set DOCKER_HOST; `docker version` must name a server.
  - docker-compose (1.29 or newer) or the plug-in `docker compose` is needed too.
"""


class FailedError(Exception):
    """Something isn't as it must be; the text says what."""


def run(*words: object, timeout_s: float = 60, data: bytes | None = None) -> str:
    """Run a command and give its output.

    Raises:
        FailedError: It ended with an error, or didn't end in time.
    """
    command = [str(one) for one in words]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, check=False, timeout=timeout_s, cwd=ROOT
        )
    except subprocess.TimeoutExpired as error:
        raise FailedError(f"{' '.join(command)}: not done after {timeout_s:g} s") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace")
        raise FailedError(f"{' '.join(command)}: status {done.returncode}: {said[-2000:]}")
    return done.stdout.decode("utf-8", "replace")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(holds: Callable[[], Any], what: str, within_s: float) -> Any:
    """Wait for something to hold; what it gave."""
    end = time.monotonic() + within_s
    last = ""
    while True:
        try:
            found = holds()
        except (OSError, ValueError, FailedError) as error:
            found, last = None, f" ({error})"
        if found:
            return found
        if time.monotonic() > end:
            raise FailedError(f"{what}: not within {within_s:g} s{last}")
        time.sleep(0.1)


def compose_command() -> list[str] | None:
    """`docker-compose` or `docker compose`; None where there is neither."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    try:
        run("docker", "compose", "version")
    except FailedError:
        return None
    return ["docker", "compose"]


def compose(file: str, project: str, *words: str, variables: dict[str, str]) -> str:
    """Run a compose command on one of the files of docker/.

    Args:
        file: Its name.
        project: Under which name.
        words: The command.
        variables: That the file asks for.
    """
    command = compose_command()
    assert command is not None
    os.environ.update(variables)
    path = ROOT / "docker" / file
    return run(*command, "-p", project, "-f", path, *words, timeout_s=600)


def is_there() -> bool:
    """Whether an engine answers, and compose is installed."""
    if shutil.which("docker") is None:
        return False
    try:
        run("docker", "version", "--format", "{{.Server.Version}}")
    except FailedError:
        return False
    return compose_command() is not None


def build(image: str) -> None:
    """Build the project's image."""
    # the build reaches the package registries by the host's network, whatever bridge there is
    words = ("build", "--network", "host", "-f", "docker/Dockerfile", "-t", image, ".")
    run("docker", *words, timeout_s=1200)


@dataclass(frozen=True)
class Layer:
    """A layer that this project adds to the base image."""

    what: str
    size: str


def layers(image: str) -> list[Layer]:
    """The layers of ours that hold something: dependencies, then the program."""
    shown = run("docker", "history", "--no-trunc", "--format", "{{.Size}}\t{{.CreatedBy}}", image)
    rows = [line.split("\t") for line in shown.splitlines()]
    sizes = [size for size, made in rows if "COPY" in made and size != "0B"][::-1]
    return [Layer(*pair) for pair in zip(("dependencies", "program"), sizes, strict=False)]


@dataclass(frozen=True)
class Machine:
    """Where it ran."""

    engine: str
    kernel: str
    architecture: str
    cores: int


def machine() -> Machine:
    """The engine's machine."""
    asked = "{{.ServerVersion}}\t{{.KernelVersion}}\t{{.Architecture}}\t{{.NCPU}}"
    engine, kernel, architecture, cores = run("docker", "info", "--format", asked).split("\t")
    return Machine(engine, kernel, architecture, int(cores))


def must_not_be_missing() -> bool:
    """Whether a missing engine is a failure: on continuous integration it is."""
    return os.environ.get("CI", "").lower() in ("1", "true")
