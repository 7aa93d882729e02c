"""docker/commune.yaml: a node alone, that joins the federation's hub as a commune would."""

import json
import tempfile
import time

from tests.docker.engine import FailedError, compose, free_port, run, until
from tests.docker.federation import HUB, Federation

PARTICIPANT = "fr-com-12006"
FILE = "commune.yaml"


def joined(federation: Federation) -> float:
    """Seconds from the first `up` of a commune's node until its hub has it connected."""
    project = f"{federation.project}-commune"
    with tempfile.TemporaryDirectory() as local:
        variables = {
            "MAILLAGE_IMAGE": federation.image,
            "PARTICIPANT": PARTICIPANT,
            "MAILLAGE_HUBS": json.dumps([{"name": "essai", "url": "nats://hub:4222"}]),
            "MAILLAGE_CHARTERS": "[]",
            "VOLUME": project,
            "LOCAL": local,
            "PORT": str(free_port()),
        }

        def on_node(*words: str) -> str:
            return compose(FILE, project, *words, variables=variables)

        begun = time.monotonic()
        try:
            on_node("up", "-d", "--no-build")
            container = on_node("ps", "-q", "node").strip()
            run("docker", "network", "connect", federation.network, container)
            enrolment = on_node("exec", "-T", "node", "cat", "/data/enrolment.json")
            run(
                *("docker", "exec", "-i", federation.container(HUB), "sh", "-c"),
                "cat > /tmp/enrolment.json && maillage hub add /tmp/enrolment.json",
                data=enrolment.encode(),
            )
            until(lambda: _connected(container), "the commune's node at its hub", 120)
            took = time.monotonic() - begun
            words = ("init", "--participant", PARTICIPANT, "--json")
            again = on_node("run", "--rm", "--no-deps", "-T", "init", *words)
            if json.loads(again)["created"]:
                raise FailedError("the second init made a new identity")
        finally:
            on_node("down", "--volumes", "--timeout", "10")
    return took


_ASK = """
import json, urllib.request
token = open("/data/token").read().strip()
request = urllib.request.Request(
    "http://127.0.0.1:8080/api/v1/status", headers={"Authorization": "Bearer " + token})
print(json.dumps(json.load(urllib.request.urlopen(request))["hubs"]))
"""


def _connected(container: str) -> bool:
    hubs = json.loads(run("docker", "exec", container, "python", "-c", _ASK))
    return [one["connected"] for one in hubs] == [True]
