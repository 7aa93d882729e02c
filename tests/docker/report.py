"""What was measured, as tables: for the terminal, and for the README."""

import re
from typing import Any

from tests.docker.engine import ROOT

README = ROOT / "README.md"
BEGIN, END = "<!-- docker-test -->\n", "<!-- end docker-test -->"
STEPS = {
    "up": "`up -d` of five containers on empty volumes: keys, enrolments, charter signed by all",
    "healthy": "until all are healthy",
    "publish": "a CSV published at a commune by HTTP",
    "receipt": "until the EPCI's receipt for its digest is seen from the host",
}


def text(found: dict[str, Any]) -> str:
    """Small tables for a terminal."""
    lines = [
        _machine(found),
        "",
        f"{'seconds, ' + str(found['rounds']) + ' rounds':<28}{'median':>9}{'least':>9}{'most':>9}",
    ]
    for what, one in found["seconds"].items():
        lines.append(f"{what:<28}{one['median']:>9.2f}{one['least']:>9.2f}{one['most']:>9.2f}")
    lines += ["", f"{'nothing lost, all receipts':<28}{'seconds':>9}"]
    lines += [f"{what:<28}{seconds:>9.1f}" for what, seconds in found["hardship_s"].items()]
    lines.append(f"{'docker/commune.yaml joined':<28}{found['commune_joined_s']:>9.1f}")
    lines += ["", f"{'MiB':<28}{'resident':>9}{'private':>9}{'docker':>9}"]
    for service, one in found["memory_mib"].items():
        values = "".join(f"{one[name]:>9.0f}" for name in ("resident", "private", "container"))
        lines.append(f"{service:<28}{values}")
    lines += ["", *(f"layer {one['what']:<22}{one['size']:>9}" for one in found["layers"])]
    lines.append(f"{found['publications']} publications, each with its receipt; figures equal")
    return "\n".join(lines) + "\n"


def _rounds(count: int) -> str:
    return "1 round" if count == 1 else f"{count} rounds, median and spread"


def _machine(found: dict[str, Any]) -> str:
    told = "Docker {engine}, {kernel}, {architecture}, {cores} cores".format(**found["machine"])
    return f"{told}, load average {found['load']:.1f}"


def markdown(found: dict[str, Any]) -> str:
    """The README's table."""
    hard = found["hardship_s"]
    memory = found["memory_mib"]
    lines = [
        f"`make docker-test`: {_machine(found)}; {_rounds(found['rounds'])}.",
        "",
        "| step | seconds |",
        "|---|---|",
    ]
    for what, told in STEPS.items():
        one = found["seconds"][what]
        spread = f" ({one['least']:.1f}–{one['most']:.1f})" if found["rounds"] > 1 else ""
        lines.append(f"| {told} | {one['median']:.1f}{spread} |")
    for kind, told in (
        ("killed", "container killed by SIGKILL amid publications: from its start"),
        ("crashed", "program killed in its container: from the kill, by the restart policy"),
        ("cut off", "commune cut off the network: from the mending"),
    ):
        mine = [seconds for what, seconds in hard.items() if what.startswith(kind)]
        spread = f"{min(mine):.1f}–{max(mine):.1f}" if len(mine) > 1 else f"{mine[0]:.1f}"
        lines.append(f"| {told} until every receipt is there and every figure equal | {spread} |")
    commune = memory["commune-1"]
    lines += [
        "",
        f"{found['publications']} publications in the last round, none lost. A commune's node: "
        f"{commune['container']:.0f} MiB as Docker counts it, {commune['resident']:.0f} MiB "
        "resident with the pages of shared libraries (target: 150). "
        + ", ".join(f"{one['what']} {one['size']}" for one in found["layers"])
        + " over the base image.",
        "",
    ]
    return "\n".join(lines)


def write_readme(found: dict[str, Any]) -> None:
    """Put the table between its marks."""
    page = README.read_text(encoding="utf-8")
    made = BEGIN + markdown(found) + END
    page, count = re.subn(f"{BEGIN}.*?{END}", lambda _: made, page, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"README.md has {count} places for the table")
    README.write_text(page, encoding="utf-8")
