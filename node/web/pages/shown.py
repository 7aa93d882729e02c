"""How values look on a page: numbers, units, windows, instants, and texts that others wrote."""

import datetime as dt
import unicodedata
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from node.web.pages.texts import Lang

TEXT_MAX_CHARS: Final = 300
"""Of any one value on a page: the longest text of the wire that is shown in full."""

ABSENT: Final = "–"

_HOSTILE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that change how other text looks, or show nothing: controls, bidirectional
overrides, surrogates, private use, unassigned, line separators."""

_GROUP: Final[dict[Lang, str]] = {"fr": "\u202f", "en": ",", "de": "."}
_POINT: Final[dict[Lang, str]] = {"fr": ",", "en": ".", "de": ","}
_MONTHS: Final[dict[Lang, str]] = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}
_DAYS: Final[dict[Lang, tuple[str, ...]]] = {
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "de": ("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So."),
}
_UNITS: Final = {
    "1": "",
    "EUR": "€",
    "m3": "m³",
    "m2": "m²",
    "kW.h": "kWh",
    "Cel": "°C",
    "L/min": "l/min",
    "L": "l",
    "%": "%",
}


def clean(text: str, most: int = TEXT_MAX_CHARS) -> str:
    """A text on one line in which nothing hides: what doesn't show is written as its escape.

    Args:
        text: By anybody. It is still to be escaped for HTML, which the templates do.
        most: Characters, the rest is cut.
    """
    cut = text[: most + 1]
    told = "".join(
        letter
        if unicodedata.category(letter) not in _HOSTILE
        else letter.encode("unicode_escape", "backslashreplace").decode("ascii")
        for letter in cut
    )
    return told if len(text) <= most else told[:most] + "…"


def number(value: Decimal | float | None, lang: Lang) -> str:
    """A number as the language writes it; `ABSENT` for none."""
    if value is None:
        return ABSENT
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    whole, _, rest = text.partition(".")
    grouped = whole.replace(",", _GROUP[lang]).replace("-", "\u2212")
    return grouped + (_POINT[lang] + rest if rest else "")


def rounded(mean: Decimal | None) -> Decimal | None:
    """A mean with the digits that a reader can use: four to six in all; exports have the rest."""
    if mean is None:
        return None
    step = Decimal("0.1") if abs(mean) >= 100 else Decimal("0.01")  # noqa: PLR2004 - see above
    places = mean.as_tuple().exponent
    return mean if isinstance(places, int) and places > -2 else mean.quantize(step)  # noqa: PLR2004


def shortened(column: str, value: Decimal | None) -> Decimal | None:
    """A figure with the digits that a reader can use: what was divided is rounded, sums never.

    Args:
        column: Attribute of `Figures`.
        value: Its value.
    """
    if column in ("mean", "weighted_mean"):
        return rounded(value)
    if column == "ratio" and value is not None and abs(value) < 10:  # noqa: PLR2004 - two digits after the point say too little
        return value.quantize(Decimal("0.001"))
    return rounded(value) if column == "ratio" else value


def unit(code: str) -> str:
    """A UCUM unit as people write it; nothing for plain counts."""
    if code.startswith("{") and code.endswith("}"):
        return ""
    return _UNITS.get(code, code)


def measured(value: Decimal | float | None, code: str, lang: Lang) -> str:
    """A number with its unit."""
    told = number(value, lang)
    sign = unit(code)
    return f"{told}\u00a0{sign}" if sign and value is not None else told


def window(label: str, lang: Lang, *, short: bool = False) -> str:
    """A window's label in words: a day, an hour, a month, a year.

    Args:
        label: As `federation.windows.label` writes it.
        lang: Of the page.
        short: For axes and narrow columns.
    """
    try:
        if len(label) <= len("2026"):
            return label
        if len(label) == len("2026-11"):
            year, month = label.split("-")
            return f"{_month(int(month), lang)} {year}"
        day, _, hour = label.partition("T")
        told = _short(dt.date.fromisoformat(day), lang) if short else _day(day, lang)
    except (ValueError, IndexError):
        return label
    return f"{told}, {hour}" if hour else told


def _month(number_: int, lang: Lang) -> str:
    return _MONTHS[lang].split()[number_ - 1]


def _day(text: str, lang: Lang) -> str:
    day = dt.date.fromisoformat(text)
    weekday, month = _DAYS[lang][day.weekday()], _month(day.month, lang)
    if lang == "de":
        return f"{weekday} {day.day}. {month} {day.year}"
    number_ = "1er" if lang == "fr" and day.day == 1 else str(day.day)
    return f"{weekday} {number_} {month} {day.year}"


def _short(day: dt.date, lang: Lang) -> str:
    if lang == "de":
        return f"{day.day}.{day.month}."
    return f"{day.day:02}/{day.month:02}" if lang == "fr" else f"{day.day} {day:%b}"


def day(text: str, lang: Lang) -> str:
    """A day as the language writes it in short; a text that begins with none as it is.

    Args:
        text: Begins with a day in ISO 8601; what follows isn't shown.
        lang: Of the page.
    """
    try:
        found = dt.date.fromisoformat(text[:10])
    except ValueError:
        return text
    if lang == "de":
        return f"{found:%d.%m.%Y}"
    return (
        f"{found:%d/%m/%Y}"
        if lang == "fr"
        else f"{found.day} {_month(found.month, lang)} {found.year}"
    )


def cell(value: object, lang: Lang, zone: str) -> str | None:
    """A cell of a table of rows as the language writes it; None for an unknown one."""
    if value is None:
        return None
    if isinstance(value, bool):
        return {"fr": ("non", "oui"), "en": ("no", "yes"), "de": ("nein", "ja")}[lang][value]
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return instant(int(value.timestamp() * 1_000_000), lang, zone)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return day(value.isoformat(), lang)
    return number(value, lang) if isinstance(value, int | float | Decimal) else str(value)


def instant(moment_us: int, lang: Lang, zone: str) -> str:
    """An instant in microseconds since 1970, to the second, in a zone's local time."""
    moment = dt.datetime.fromtimestamp(moment_us / 1e6, ZoneInfo(zone))
    if lang == "de":
        return f"{moment:%d.%m.%Y %H:%M:%S}"
    return f"{moment:%d/%m/%Y %H:%M:%S}" if lang == "fr" else f"{moment:%Y-%m-%d %H:%M:%S}"


def size(count: int, lang: Lang) -> str:
    """A number of bytes in words."""
    value = Decimal(count)
    names = ("o", "ko", "Mo") if lang == "fr" else ("B", "kB", "MB")
    step = 0
    while value >= 1000 and step < len(names) - 1:  # noqa: PLR2004 - SI prefixes
        value /= 1000
        step += 1
    told = value.quantize(Decimal(1) if step == 0 else Decimal("0.1"))
    return f"{number(told, lang)}\u00a0{names[step]}"
