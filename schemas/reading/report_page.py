"""A file's report as one HTML page that needs nothing else: no script, no font, no other host.

It is opened from a disk or a mail, so it brings its own policy: nothing may be loaded, and only
the style that stands in it counts. All that comes from the file is escaped and set apart in its
direction; control characters were made visible before (`schemas.report.shorten`).
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from schemas.reading.file_report import FileReport, verdict, word
from schemas.report import Fault, Report

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#f2f4f7;--line:#c3c9d1;
--good:#14653a;--bad:#a1201b}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaed;--paper:#15181c;--soft:#20252b;
--line:#48505a;--good:#7fd6a2;--bad:#ff9d94}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:75rem;padding:1.5rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0 0 1rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0}
dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
.verdict{padding:.6rem 1rem;border:2px solid;border-radius:.4rem;font-weight:700}
.good{color:var(--good)}.bad{color:var(--bad)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
caption{text-align:left;padding:.25rem 0}
th,td{border:1px solid var(--line);padding:.35rem .6rem;text-align:left;vertical-align:top}
td bdi,th bdi{overflow-wrap:anywhere}
td:nth-child(n+2) bdi{display:inline-block;min-width:8rem}
thead th{background:var(--soft);white-space:nowrap}
.num{text-align:right;font-variant-numeric:tabular-nums}
code{font-family:ui-monospace,monospace;font-size:.9em}
@media print{:root{--ink:#000;--paper:#fff;--soft:#eee;--line:#888;--good:#000;--bad:#000}
body{max-width:none;padding:0;font-size:9.5pt}.scroll{overflow:visible}thead{display:
table-header-group}tr{break-inside:avoid}}
"""
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
)
"""What the page allows itself; who serves it says the same in a header."""


def report_page(found: FileReport, lang: str = "fr") -> str:
    """The page.

    Args:
        found: What is said of a file.
        lang: `fr`, else English.

    Returns:
        A whole HTML document, to be written as UTF-8.
    """
    lang = "fr" if lang == "fr" else "en"
    title = f"{word('title', lang)} – {found.filename}"
    return "".join(
        (
            f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer">\n',
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n",
            f"<h1>{word('title', lang)}</h1>\n",
            *_head(found, lang),
            *_counts(found.report, lang),
            *_cells(found.report, lang),
            *_notes(found, lang),
            "</main>\n</body>\n</html>\n",
        )
    )


def _head(found: FileReport, lang: str) -> Iterator[str]:
    mark = "good" if found.report.valid else "bad"
    yield f'<p class="verdict {mark}" role="status">{escape(verdict(found.report, lang))}</p>\n'
    label = found.schema.labels.get("fr" if lang == "fr" else "en", found.schema.title)
    size = f"{found.size_bytes} {word('bytes', lang)}"
    yield "<dl>\n"
    for name, value in (
        ("file", f"{_foreign(found.filename)} ({escape(size)})"),
        ("schema", f"{_foreign(label)} (<code>{found.schema.name} {found.schema.version}</code>)"),
        ("digest", f"<code>{found.schema.digest}</code>"),
        ("checked", f'<time datetime="{found.instant}">{found.instant}</time>'),
        ("rows", str(found.report.rows)),
    ):
        yield f"<dt>{word(name, lang)}</dt><dd>{value}</dd>\n"
    yield "</dl>\n"


def _counts(report: Report, lang: str) -> Iterator[str]:
    if report.valid:
        return
    firsts: dict[str, Fault] = {}
    for fault in report.faults:
        firsts.setdefault(fault.rule, fault)
    rules = [
        (_code(rule), str(total), _first(firsts.get(rule), lang))
        for rule, total in Counter(report.counts).most_common()
    ]
    yield from _table("by-rule", ("rule", "count", "first"), rules, lang)
    columns = [
        (word("no-column", lang) if name is None else _foreign(name), str(total))
        for name, total in report.by_column().items()
    ]
    yield from _table("by-column", ("column", "count"), columns, lang)


def _first(fault: Fault | None, lang: str) -> str:
    if fault is None:
        return ""
    where = fault.where(lang)
    colon = " : " if lang == "fr" else ": "
    return _foreign(f"{where}{colon}{fault.message(lang)}" if where else fault.message(lang))


def _cells(report: Report, lang: str) -> Iterator[str]:
    if not report.faults:
        return
    rows = [
        (
            word("whole", lang) if fault.row is None else str(fault.row),
            _foreign(fault.column or ""),
            _foreign("" if fault.value is None else fault.value),
            _foreign(fault.message(lang)),
            _foreign(fault.remedy(lang)),
            _code(fault.rule),
        )
        for fault in report.faults
    ]
    caption = word("shown", lang, shown=len(rows), total=report.total)
    names = ("row", "column", "value", "problem", "remedy", "rule")
    yield from _table("cells", names, rows, lang, caption=caption)


def _notes(found: FileReport, lang: str) -> Iterator[str]:
    if not found.notes:
        return
    yield f"<h2>{word('notes', lang)}</h2>\n<ul>\n"
    for note in found.notes:
        yield f"<li>{_foreign(note.text(lang))}</li>\n"
    yield "</ul>\n"


def _table(
    key: str, names: Sequence[str], rows: Iterable[Sequence[str]], lang: str, *, caption: str = ""
) -> Iterator[str]:
    """A table whose cells are HTML already."""
    numeric = {at for at, name in enumerate(names) if name in ("count", "row")}
    yield f'<h2 id="{key}">{word(key, lang)}</h2>\n'
    yield f'<div class="scroll" role="region" aria-labelledby="{key}" tabindex="0">\n<table>\n'
    if caption:
        yield f"<caption>{escape(caption)}</caption>\n"
    heads = (
        f'<th scope="col"{_numeric(at in numeric)}>{word(name, lang)}</th>'
        for at, name in enumerate(names)
    )
    yield f"<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n"
    for row in rows:
        first, *others = row
        cells = "".join(
            f"<td{_numeric(at in numeric)}>{cell}</td>" for at, cell in enumerate(others, start=1)
        )
        yield f'<tr><th scope="row"{_numeric(0 in numeric)}>{first}</th>{cells}</tr>\n'
    yield "</tbody>\n</table>\n</div>\n"


def _numeric(yes: bool) -> str:  # noqa: FBT001 - a cell is or isn't
    return ' class="num"' if yes else ""


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _foreign(text: str) -> str:
    """A text that may come from elsewhere: escaped, its direction its own."""
    return f"<bdi>{escape(text)}</bdi>"
