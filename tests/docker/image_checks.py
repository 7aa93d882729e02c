"""What holds of the image by itself, whatever is made of it."""

import json
import time
import urllib.request
from http import HTTPStatus
from typing import Any

from tests.docker.engine import FailedError, free_port, run, until

LOCKED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "none")  # noqa: S108 - the container's own
STOP_MAX_S = 8
"""`docker stop` kills after 10 s: what ends sooner was told, and ended by itself."""


def checked(image: str) -> dict[str, Any]:
    """Check it all.

    Raises:
        FailedError: Something doesn't hold.
    """
    config = json.loads(run("docker", "inspect", image))[0]["Config"]
    must(config["User"] == "10001:10001", f"user {config['User']}")
    must(config["Entrypoint"] == ["maillage"], f"entry point {config['Entrypoint']}")
    must(list(config["Volumes"]) == ["/data"], f"volumes {config['Volumes']}")
    must(config.get("StopSignal") == "SIGTERM", f"stop signal {config.get('StopSignal')}")
    must("Healthcheck" in config, "no health check")
    must(
        "org.opencontainers.image.version" in config["Labels"],
        f"labels {sorted(config['Labels'])}",
    )
    secret = [one for one in config["Env"] if "TOKEN" in one or "PASSWORD" in one or "KEY" in one]
    must(not secret, f"variables {secret}")
    python = _shell(image, "python", "-c", "import sys; print(sys.version.split()[0])")
    must(_shell(image, "sh", "-c", "command -v pytest mypy ruff || true") == "", "tools in it")
    must(_shell(image, "sh", "-c", "ls -A /data") == "", "something in /data")
    unwritable = "for d in / /opt/maillage /etc; do [ -w $d ] && echo $d; done; true"
    must(_shell(image, "sh", "-c", unwritable) == "", "the user may write to the system")
    begun = time.monotonic()
    round_of_demo = json.loads(
        run("docker", "run", "--rm", *LOCKED, image, "demo", "--once", "--json", timeout_s=180)
    )
    must(round_of_demo["ok"] is True, "the demo's round failed")
    return {
        "python": python,
        "demo_round_s": round(time.monotonic() - begun, 1),
        "demo_shown_s": _demo_shows(image),
        "stop_s": {
            "hub": _stopped(image, "maillage hub init --name a && exec maillage hub run"),
            "node": _stopped(
                image, "maillage init --participant fr-com-12011 && exec maillage run"
            ),
        },
    }


def must(holds: object, what: str) -> None:
    if not holds:
        raise FailedError(f"the image: {what}")


def _shell(image: str, program: str, *words: str) -> str:
    return run("docker", "run", "--rm", *LOCKED, "--entrypoint", program, image, *words).strip()


def _demo_shows(image: str) -> float:
    """Seconds from `docker run … demo`, as the README has it, until its pages answer outside."""
    port = free_port()
    begun = time.monotonic()
    published = ("-p", f"127.0.0.1:{port}:8080")
    container = run("docker", "run", "-d", *published, image, "demo").strip()
    try:

        def shown() -> bool:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                return bool(answer.status == HTTPStatus.OK)

        until(shown, "the demo's pages", 120)
        took = time.monotonic() - begun
        state = ("inspect", "-f", "{{.State.Health.Status}}", container)
        until(lambda: run("docker", *state).strip() == "healthy", "the demo healthy", 60)
        return round(took, 1)
    finally:
        run("docker", "rm", "--force", "--volumes", container)


def _stopped(image: str, script: str) -> float:
    """Seconds that a service takes to end as the first process, without an init before it."""
    words = ("--entrypoint", "sh", image, "-c", script)
    container = run("docker", "run", "-d", *LOCKED, *words).strip()
    try:
        end = time.monotonic() + 60
        while "Ctrl-C" not in run("docker", "logs", container):
            must(time.monotonic() < end, f"{script}: not in service after 60 s")
            time.sleep(0.2)
        healthy = run("docker", "exec", container, "python", "-m", "node.health")
        must("answers at" in healthy, healthy)
        begun = time.monotonic()
        run("docker", "stop", container)
        took = time.monotonic() - begun
        status = run("docker", "inspect", "-f", "{{.State.ExitCode}}", container).strip()
        must(status == "0", f"{script}: status {status} after SIGTERM")
        must(took < STOP_MAX_S, f"{script}: {took:.1f} s to end")
        return round(took, 2)
    finally:
        run("docker", "rm", "--force", "--volumes", container)
