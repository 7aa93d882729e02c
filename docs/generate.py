# ruff: noqa: INP001 - a script, not a package
"""Writes the parts of `docs/` that follow from the code; `--check` says whether they have drifted.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end -->`; the pages of schemas
in `catalogue/` are written as a whole.
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
from schemas.exports.markdown import page
from schemas.exports.words import COMMITMENTS, DOMAINS
from schemas.model import Schema

DOCS: Final = Path(__file__).resolve().parent
CATALOGUE: Final = DOCS / "catalogue"
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


def _link(schema: Schema) -> str:
    return f"[`{schema.name}`]({schema.name}.md)"


def schemas() -> Iterator[str]:
    """Every schema of the program: what it is for, and who may have its rows."""
    rows = [
        (
            *("schema", "what", "kind", "windows from", "commitments", "domains"),
            *("duty", "sharing", "stays home"),
        )
    ]
    rows += [
        (
            f"{_link(schema)} {schema.version}",
            schema.labels["en"],
            schema.kind,
            schema.base_window or "–",
            ", ".join(map(str, schema.block.themes.commitments)) or "–",
            ", ".join(schema.block.themes.domains) or "–",
            schema.block.obligation.level,
            schema.sharing_default,
            _each(name for name in schema.by_name if name in schema.personal),
        )
        for schema in _bundled()
    ]
    return _table(*rows)


def commitments() -> Iterator[str]:
    """Which schemas serve each of the manifesto's commitments."""
    return _served(
        ("commitment", "schemas"),
        (
            (f"{number} {name.en}", lambda one, at=number: at in one.block.themes.commitments)
            for number, name in COMMITMENTS.items()
        ),
    )


def domains() -> Iterator[str]:
    """Which schemas serve each of the six domains, and the others that documents name."""
    others = {name for schema in _bundled() for name in schema.block.themes.domains}
    named = [*DOMAINS, *sorted(others - set(DOMAINS))]
    return _served(
        ("domain", "schemas"),
        ((f"`{name}`", lambda one, at=name: at in one.block.themes.domains) for name in named),
    )


def _served(
    heads: tuple[str, str], what: Iterable[tuple[str, Callable[[Schema], bool]]]
) -> Iterator[str]:
    rows = [heads]
    rows += [
        (name, ", ".join(_link(one) for one in _bundled() if serves(one)) or "–")
        for name, serves in what
    ]
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
    "commitments": commitments,
    "domains": domains,
    "spans": spans,
    "metrics": metrics,
}


def written(text: str) -> str:
    """A page with its generated parts as the code has them now."""

    def part(found: re.Match[str]) -> str:
        body = "\n".join(PARTS[found["name"]]())
        return f"{found['open']}{body}\n{found['close']}"

    return _MARKED.sub(part, text)


def catalogue_pages() -> dict[Path, str]:
    """The page of every schema."""
    found = {}
    for schema in _bundled():
        body = page(schema, "en")
        source = f"schemas/catalogue/{schema.name}/{schema.version}.json"
        end = f"Written by `docs/generate.py` from `{source}`. [All schemas](README.md)"
        found[CATALOGUE / f"{schema.name}.md"] = f"{body}\n{end}\n"
    return found


def wanted() -> dict[Path, str | None]:
    """Every page as the code has it now; None for one that nothing makes any more."""
    made: dict[Path, str | None] = dict(catalogue_pages())
    for found in CATALOGUE.glob("*.md"):
        if found not in made and found.name != "README.md":
            made[found] = None
    for found in DOCS.rglob("*.md"):
        if found not in made:
            made[found] = written(found.read_text(encoding="utf-8"))
    return made


def main(arguments: list[str]) -> int:
    """Write the pages, or only compare them.

    Returns:
        Exit status: 1 if a page has drifted and only a comparison was asked for.
    """
    drifted = []
    for path, new in sorted(wanted().items()):
        text = path.read_text(encoding="utf-8") if path.exists() else None
        if new == text:
            continue
        drifted.append(path)
        if "--check" in arguments:
            continue
        if new is None:
            path.unlink()
        else:
            path.write_text(new, encoding="utf-8")
    for path in drifted:
        sys.stdout.write(f"{path.relative_to(DOCS)}\n")
    return 1 if drifted and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
