"""How fast a file is checked, beside `frictionless validate` on the same kind of file and schema.

Both read valid files of the same rows from the disk, in processes of their own; ours has a million
rows, frictionless so many that a round takes seconds, and rows a second are compared. Rounds take
turns, the first of each is thrown away; medians and the spread are printed. Peak memory is that
of the process, with all that it loads. Figures are of one run, on one machine: the ratio counts,
and where others use the machine the time that cores spent on a row.
"""

import argparse
import datetime as dt
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from schemas.catalogue import bundled
from tests.bench.validation_files import FILES, write_file

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "validation.md"
_PART: Final = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end figures -->)", re.DOTALL)


def ours(path: Path, schema: str) -> int:
    """Check a file as `maillage validate` does; returns its rows."""
    from node.file_checks import check_file  # noqa: PLC0415 - only in the process that measures it

    found = bundled().latest(schema)
    assert found is not None
    report = check_file(path, found).reading.report
    assert report.valid, report.text("en")
    return report.rows


def theirs(path: Path, schema: str) -> int:
    """Check a file as `frictionless validate` does; returns its rows."""
    from frictionless import Resource, Schema  # noqa: PLC0415 - likewise

    found = bundled().latest(schema)
    assert found is not None
    descriptor = json.loads(found.document)
    resource_ = Resource(
        path=path.name, basepath=str(path.parent), schema=Schema.from_descriptor(descriptor)
    )
    report = resource_.validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type"])[:3]
    return int(report.tasks[0].stats["rows"])


WAYS: Final = {"maillage": ours, "frictionless": theirs}


def child(way: str, path: Path, schema: str, rounds: int) -> None:
    """Measure one way in this process, and print what was found as JSON."""
    seconds, core_seconds = [], []
    rows = 0
    for _ in range(rounds + 1):
        start, core_start = time.perf_counter(), time.process_time()
        rows = WAYS[way](path, schema)
        seconds.append(time.perf_counter() - start)
        core_seconds.append(time.process_time() - core_start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {
        "rows": rows,
        "seconds": seconds[1:],
        "coreSeconds": core_seconds[1:],
        "peakMiB": round(peak),
    }
    sys.stdout.write(json.dumps(found) + "\n")


def _run(way: str, path: Path, schema: str, rounds: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, "--child", way, path, schema, str(rounds)],
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(schema: str, rows: Mapping[str, int], rounds: int, folder: Path) -> dict[str, Any]:
    """Measure both ways in turns.

    Args:
        schema: One of `FILES`.
        rows: By way.
        rounds: How often.
        folder: For the files.
    """
    paths = {way: folder / f"{schema}-{way}.csv" for way in WAYS}
    for way, path in paths.items():
        write_file(path, schema, rows[way])
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    cores: dict[str, list[float]] = {way: [] for way in WAYS}
    peaks: dict[str, int] = dict.fromkeys(WAYS, 0)
    for _ in range(rounds):
        for way, path in paths.items():
            found = _run(way, path, schema, 1)
            rates[way] += [found["rows"] / seconds for seconds in found["seconds"]]
            cores[way] += [1e6 * seconds / found["rows"] for seconds in found["coreSeconds"]]
            peaks[way] = max(peaks[way], found["peakMiB"])
    ratios = [mine / other for mine, other in zip(*rates.values(), strict=True)]
    found = bundled().latest(schema)
    assert found is not None
    return {
        "schema": schema,
        "columns": len(found.fields),
        "rows": dict(rows),
        "bytes": {way: path.stat().st_size for way, path in paths.items()},
        "rowsPerSecond": {way: _spread(some) for way, some in rates.items()},
        "coreMicrosecondsPerRow": {way: _spread(some) for way, some in cores.items()},
        "ratio": _spread(ratios),
        "peakMiB": peaks,
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 2),
        "least": round(min(values), 2),
        "most": round(max(values), 2),
    }


def table(document: Mapping[str, Any]) -> Iterator[str]:
    """The figures as Markdown.

    Args:
        document: As it is written to `bench/validation.json`.
    """
    machine = document["machine"]
    yield (
        f"{machine['cores']} cores, {machine['system']}, CPython {machine['python']}, "
        f"polars {machine['polars']}, frictionless {machine['frictionless']}; load average before: "
        f"{machine['load']}; {document['rounds']} rounds, median (least–most):"
    )
    yield ""
    yield (
        "| file | rows, ours / theirs | `maillage validate`, rows/s | frictionless, rows/s "
        "| ratio | core time a row, ours / theirs | peak memory, ours / theirs |"
    )
    yield "|---|---|---|---|---|---|---|"
    for one in document["validation"]:
        rows, rate, peak = one["rows"], one["rowsPerSecond"], one["peakMiB"]
        core = {way: found["median"] for way, found in one["coreMicrosecondsPerRow"].items()}
        yield (
            f"| `{one['schema']}`, {one['columns']} columns "
            f"| {rows['maillage']:,} / {rows['frictionless']:,} "
            f"| {_shown(rate['maillage'])} | {_shown(rate['frictionless'])} "
            f"| {_shown(one['ratio'])} "
            f"| {core['maillage']} / {core['frictionless']:.0f} µs "
            f"| {peak['maillage']} / {peak['frictionless']} MiB |"
        )


def _shown(found: Mapping[str, float]) -> str:
    return f"{found['median']:,.0f} ({found['least']:,.0f}–{found['most']:,.0f})"


def _machine() -> dict[str, Any]:
    from importlib.metadata import version  # noqa: PLC0415 - only here

    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.machine(),
        "polars": version("polars"),
        "frictionless": version("frictionless"),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Measure, print, write bench/validation.json, and the table into the page if asked."""
    if sys.argv[1:2] == ["--child"]:
        way, path, schema, rounds = sys.argv[2:]
        child(way, Path(path), schema, int(rounds))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the file that we check")
    parser.add_argument("--frictionless-rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("bench"))
    parser.add_argument("--docs", action="store_true", help="write the table into docs/")
    options = parser.parse_args()
    document: dict[str, Any] = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "rounds": options.rounds,
    }
    rows = {"maillage": options.rows, "frictionless": options.frictionless_rows}
    with tempfile.TemporaryDirectory(prefix="maillage-bench-") as folder:
        document["validation"] = [
            measure(schema, rows, options.rounds, Path(folder)) for schema in FILES
        ]
    shown = "\n".join(table(document)) + "\n"
    sys.stdout.write(shown)
    options.out.mkdir(exist_ok=True)
    (options.out / "validation.json").write_text(
        json.dumps(document, indent=1) + "\n", encoding="utf-8"
    )
    if options.docs:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(_PART.sub(lambda _: shown, page), encoding="utf-8")


if __name__ == "__main__":
    main()
