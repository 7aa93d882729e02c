"""Sets up the federation of docker/compose.yaml, once: the commands that its operators would run.

A container of its own that has every volume, so that one `docker-compose up` is enough to try it
out. In earnest each body runs its own commands on its own machine, and nobody has all the keys.

Can be run again, also while the federation runs: what is there is left as it is.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from federation.charter import Charter, Member, issue_charter
from federation.model import instant_text
from node.clock import now_us
from node.documents import digest_of, keep
from node.keys import KeyStore
from node.node import Node
from node.store.store import Store

HUB, EPCI, *COMMUNES = (Path(f"/volumes/{number}") for number in (1, 2, 3, 4))
EVERYWHERE = "0.0.0.0"  # noqa: S104 - in a container, of whose ports compose publishes one, on the loopback
HUB_URL = "nats://hub:4222"
TITLE = "Fédération d’essai (docker/compose.yaml)"


def say(text: str) -> None:
    """Write a line to the container's log."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def maillage(*words: object) -> str:
    """Run a command of the program, shown as one would type it."""
    command = ["maillage", *map(str, words)]
    say(f"+ {' '.join(command)}")
    done = subprocess.run(  # noqa: S603 - our own program
        command, check=False, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        sys.exit(f"setup: {command[1]} : status {done.returncode}")
    return done.stdout


def make_hub(data: Path) -> None:
    """`maillage hub init`: without TLS, as its port is published on the loopback only."""
    if not (data / "maillage-hub.toml").exists():
        maillage("hub", "init", "--data", data, "--name", "essai", "--host", EVERYWHERE)


def make_node(data: Path, participant: str) -> None:
    """`maillage init` and, at the hub, `maillage hub add`."""
    if not (data / "enrolment.json").exists():
        maillage("init", "--data", data, "--participant", participant, "--json")
    enrolled = json.loads(maillage("hub", "members", "--data", HUB, "--json"))
    if not any(participant in one["participants"] for one in enrolled):
        maillage("hub", "add", data / "enrolment.json", "--data", HUB)


def write_settings(data: Path, charter: str, *, compose: str = "") -> None:
    """A node's `maillage.toml`: which federation it trusts, where it reports to."""
    lines = [f'charters = ["{charter}"]']
    if compose:
        lines += [f'compose = ["{compose}"]']
    lines += ["", "[[hubs]]", 'name = "essai"', f'url = "{HUB_URL}"']
    if compose:
        lines += ["read = true"]
    temporary = data / "maillage.toml.tmp"
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(data / "maillage.toml")


def found_charter(folders: Sequence[Path], composer: str) -> str:
    """A charter of all nodes, each signing with its own key; kept at the first.

    Returns:
        Its digest.
    """
    entries, signers = [], []
    for folder in folders:
        node = Node.open(folder)
        try:
            for participant in node.participants:
                known = node.knowledge.identity_of(participant)
                assert known is not None
                entries.append(
                    Member(
                        participant=participant,
                        identity=known.digest,
                        custodian=known.identity.custodian.key,
                        roles=("composer", "publisher")
                        if participant == composer
                        else ("publisher",),
                    )
                )
                signers.append(KeyStore(folder).signer(participant))
        finally:
            node.close()
    custodians = len({one.custodian for one in entries})
    charter = issue_charter(
        Charter(
            charter="essai",
            title=TITLE,
            version=1,
            members=tuple(sorted(entries, key=lambda one: one.participant)),
            threshold=custodians // 2 + 1,
            issued=instant_text(now_us()),
        ),
        tuple(signers),
    )
    with Store.open(folders[0]) as store:
        keep(store, "charter", composer, charter, pinned=True)
    return digest_of("charter", charter)


def main() -> None:
    """Make what isn't there yet."""
    epci = os.environ["EPCI"]
    communes = [os.environ["COMMUNE_1"], os.environ["COMMUNE_2"]]
    folders = [EPCI, *COMMUNES]
    make_hub(HUB)
    for folder, participant in zip(folders, [epci, *communes], strict=True):
        make_node(folder, participant)
    # the composer's settings are written last: where they are, everything is
    if not (EPCI / "maillage.toml").exists():
        charter = found_charter(folders, epci)
        for folder in COMMUNES:
            write_settings(folder, charter)
        write_settings(EPCI, charter, compose=epci)
    say("setup: done")


if __name__ == "__main__":
    main()
