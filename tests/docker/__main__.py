"""`python -m tests.docker`: build, up, a receipt seen from outside, deaths, a cut; then away."""

import argparse
import dataclasses
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from tests.docker import alone, engine, image_checks, report
from tests.docker.engine import FailedError, until
from tests.docker.federation import COMMUNES, EPCI, HUB, SERVICES, Federation

IMAGE = "maillage-test"


def say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def timed(work: Callable[[], object]) -> float:
    """Seconds that a piece of work took."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def first_receipt(federation: Federation) -> dict[str, float]:
    """From `up` to a receipt seen from outside; seconds of each step."""
    found = {"up": timed(federation.up), "healthy": timed(federation.healthy)}
    found["publish"] = timed(lambda: federation.publish("commune-1"))
    found["receipt"] = timed(
        lambda: until(lambda: federation.receipt("commune-1"), "the first receipt", 60)
    )
    federation.publish("commune-2")
    federation.all_arrived()
    return found


def killed(federation: Federation, victim: str) -> float:
    """Kill a container amid publications; seconds from its start until all has arrived."""
    for commune in COMMUNES:
        federation.publish(commune)  # may be on its way, or not yet
    federation.kill(victim)
    for commune in COMMUNES:
        if commune != victim:
            federation.publish(commune)
    if victim == EPCI:
        federation.publish("commune-1")
    return timed(lambda: (federation.start(victim), federation.all_arrived()))


def crashed(federation: Federation, victim: str) -> float:
    """Kill the program in a container; seconds until its policy brought it back and all is well."""
    for commune in COMMUNES:
        federation.publish(commune)
    return timed(
        lambda: (federation.crash(victim), federation.healthy(victim), federation.all_arrived())
    )


def cut_off(federation: Federation, commune: str, other: str) -> float:
    """Publish on both sides of a cut; seconds from the mending until all has arrived."""
    with federation.cut_off(commune):
        federation.publish_inside(commune)
        federation.publish(other)
        until(lambda: federation.receipt(other), f"receipt at {other} during the cut", 60)
        found = json.loads(federation.inside(commune, "maillage", "status", "--json"))
        confirmed = [
            receipt["sequence"] for one in found["published"] for receipt in one["receipts"]
        ]
        if max(confirmed, default=0) >= len(federation.sent[commune]):
            raise FailedError(f"{commune} is cut off, and yet has a receipt")
    return timed(federation.all_arrived)


def hardship(federation: Federation) -> dict[str, float]:
    """Each container killed in turn, each program killed in turn, a node cut off."""
    found = {}
    for victim in (HUB, EPCI, *COMMUNES):
        found[f"killed {victim}"] = killed(federation, victim)
        say(f"  killed {victim}: nothing lost, {found[f'killed {victim}']:.1f} s")
    for victim in (HUB, EPCI, *COMMUNES):
        found[f"crashed {victim}"] = crashed(federation, victim)
        say(f"  crashed {victim}: nothing lost, {found[f'crashed {victim}']:.1f} s")
    found["cut off commune-1"] = cut_off(federation, "commune-1", "commune-2")
    say(f"  cut off commune-1: nothing lost, {found['cut off commune-1']:.1f} s")
    return found


def tested(rounds: int) -> dict[str, Any]:
    """The whole test; what was measured."""
    found: dict[str, Any] = {
        "machine": dataclasses.asdict(engine.machine()),
        "load": round(os.getloadavg()[0], 1),
    }
    say("building the image")
    found["build_s"] = round(timed(lambda: engine.build(IMAGE)), 1)
    found["layers"] = [dataclasses.asdict(one) for one in engine.layers(IMAGE)]
    say("looking at the image")
    found["image"] = image_checks.checked(IMAGE)
    times: list[dict[str, float]] = []
    for number in range(1, rounds + 1):
        federation = Federation(IMAGE, f"maillage-test-{os.getpid()}-{number}")
        try:
            times.append(first_receipt(federation))
            told = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in times[-1].items())
            say(f"round {number}: {told}")
            if number == rounds:
                found["hardship_s"] = {k: round(v, 2) for k, v in hardship(federation).items()}
                found["memory_mib"] = {
                    one: {k: round(v, 1) for k, v in federation.memory(one).items()}
                    for one in SERVICES
                }
                found["commune_joined_s"] = round(alone.joined(federation), 1)
                say(f"docker/commune.yaml: joined in {found['commune_joined_s']} s")
                found["publications"] = sum(map(len, federation.sent.values()))
        except BaseException:
            with suppress(FailedError):
                say(federation.logs())
            raise
        finally:
            say("clearing away")
            federation.down()
    found["rounds"] = rounds
    found["seconds"] = {
        what: {
            "median": round(statistics.median(one[what] for one in times), 2),
            "least": round(min(one[what] for one in times), 2),
            "most": round(max(one[what] for one in times), 2),
        }
        for what in times[0]
    }
    return found


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="make docker-test", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print what was measured as JSON")
    parser.add_argument("--rounds", type=int, default=3, help="federations started anew, for times")
    parser.add_argument("--readme", action="store_true", help="put the figures into README.md")
    given = parser.parse_args()
    if not engine.is_there():
        say(engine.HOW)
        return 1 if engine.must_not_be_missing() else 0
    signal.signal(signal.SIGTERM, _interrupted)  # ends as Ctrl-C does: everything is cleared away
    try:
        found = tested(given.rounds)
    except FailedError as error:
        say(f"FAILED: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    if given.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        sys.stdout.write(report.text(found))
    if given.readme:
        report.write_readme(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
