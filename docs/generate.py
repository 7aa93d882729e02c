# ruff: noqa: INP001 - a script, not a package
"""Writes the parts of `docs/` that follow from the code; `--check` says whether they have drifted.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from federation import limits
from federation.reasons import REASONS, STEPS
from node.link.faults import FAULTS
from node.steps import STEPS as MOMENTS
from node.telemetry.metrics import METRICS
from node.telemetry.spans import SPANS
from schemas.catalogue import bundled
from schemas.model import Schema

DOCS: Final = Path(__file__).resolve().parent
_MARKED: Final = re.compile(
    r"(?P<open><!-- generated: (?P<name>[a-z-]+) -->\n).*?(?P<close><!-- end -->)", re.DOTALL
)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(*rows: tuple[str, ...]) -> Iterator[str]:
    for at, row in enumerate(rows):
        yield "| " + " | ".join(_cell(one) for one in row) + " |"
        if at == 0:
            yield "|" + "---|" * len(row)


def steps() -> Iterator[str]:
    """The numbered verification steps and the reasons that each may find."""
    rows = [("step", "name", "reasons")]
    for number, name in STEPS.items():
        found = ", ".join(f"`{one.code}`" for one in REASONS.values() if one.step == number)
        rows.append((str(number), name, found))
    return _table(*rows)


def reasons() -> Iterator[str]:
    """Every reason code with its verdict, in the order of the steps."""
    rows = [("step", "code", "verdict", "meaning", "who does what")]
    rows += [
        (str(one.step), f"`{one.code}`", one.verdict.value, one.meaning, one.remedy)
        for one in sorted(REASONS.values(), key=lambda one: one.step)
    ]
    return _table(*rows)


def wire_limits() -> Iterator[str]:
    """Every constant of `federation.limits` with its reason."""
    tree = ast.parse(Path(limits.__file__).read_text(encoding="utf-8"))
    rows = [("limit", "value", "what and why")]
    for at, node in enumerate(tree.body):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        follows = tree.body[at + 1]
        assert isinstance(follows, ast.Expr)
        assert isinstance(follows.value, ast.Constant)
        value: int = getattr(limits, node.target.id)
        rows.append((f"`{node.target.id}`", f"{value:,}", str(follows.value.value)))
    return _table(*rows)


def moments() -> Iterator[str]:
    """The named moments at which tests end the process."""
    return iter([", ".join(f"`{one}`" for one in MOMENTS)])


def _each(texts: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in texts) or "–"


def schemas() -> Iterator[str]:
    """Every schema of the program: whose rows it holds, and who may have them."""
    rows = [("schema", "what", "kind", "key", "windows from", "place", "sharing", "stays home")]
    for schema in _bundled():
        rows.append(
            (
                f"`{schema.name}` {schema.version}",
                schema.labels["en"],
                schema.kind,
                _each(schema.primary_key),
                schema.base_window or "–",
                "the publisher's" if schema.place is None else f"`{schema.place}`",
                f"{schema.sharing_default}: {schema.block.sharing.reason}",
                _each(name for name in schema.by_name if name in schema.personal),
            )
        )
    return _table(*rows)


def measures() -> Iterator[str]:
    """Every measure, its unit and what makes sense going up."""
    rows = [("measure", "what", "unit (UCUM)", "exact to", "aggregates")]
    rows += [
        (
            f"`{one.name}`",
            one.labels["en"],
            f"`{one.unit}`",
            schema.block.measures[one.field].resolution,
            ", ".join(one.aggregates),
        )
        for schema in _bundled()
        for one in schema.measures
    ]
    return _table(*rows)


def standards() -> Iterator[str]:
    """Which standard each schema follows, and what its fields are called there."""
    rows = [("schema", "standard", "version", "fields that are called otherwise there")]
    for schema in _bundled():
        for one in schema.block.aligns_with:
            other = (f"`{a}` = {b}" for a, b in one.mapping.items() if a != b)
            rows.append((f"`{schema.name}`", one.standard, one.version, ", ".join(other) or "–"))
    return _table(*rows)


def _bundled() -> list[Schema]:
    return sorted(bundled(), key=lambda one: one.name)


def faults() -> Iterator[str]:
    """Every reason why a hub isn't reached, with its remedy."""
    rows = [("code", "what", "remedy")]
    rows += [(f"`{code}`", one.english, one.english_remedy) for code, one in FAULTS.items()]
    return _table(*rows)


def spans() -> Iterator[str]:
    """Every span, by name."""
    return _table(("span", "what"), *((f"`{name}`", what) for name, what in SPANS.items()))


def metrics() -> Iterator[str]:
    """Every metric, by its names in OpenTelemetry and Prometheus."""
    rows = [("metric", "in Prometheus", "kind", "unit (UCUM)", "labels", "what")]
    rows += [
        (
            f"`{one.name}`",
            f"`{one.prometheus}`",
            one.kind,
            f"`{one.unit}`",
            _each(label.replace(".", "_") for label in one.labels),
            one.description,
        )
        for one in METRICS
    ]
    return _table(*rows)


PARTS: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "steps": steps,
    "reasons": reasons,
    "limits": wire_limits,
    "moments": moments,
    "faults": faults,
    "schemas": schemas,
    "measures": measures,
    "standards": standards,
    "spans": spans,
    "metrics": metrics,
}


def written(text: str) -> str:
    """A page with its generated parts as the code has them now."""

    def part(found: re.Match[str]) -> str:
        body = "\n".join(PARTS[found["name"]]())
        return f"{found['open']}{body}\n{found['close']}"

    return _MARKED.sub(part, text)


def main(arguments: list[str]) -> int:
    """Write the pages, or only compare them.

    Returns:
        Exit status: 1 if a page has drifted and only a comparison was asked for.
    """
    drifted = []
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        new = written(text)
        if new != text:
            drifted.append(page)
            if "--check" not in arguments:
                page.write_text(new, encoding="utf-8")
    for page in drifted:
        sys.stdout.write(f"{page.relative_to(DOCS)}\n")
    return 1 if drifted and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
