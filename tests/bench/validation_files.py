"""Files of many valid rows, as communes have them, for measuring.

`python -m tests.bench.validation_files SCHEMA ROWS FILE` writes one.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import polars as pl

ROWS_AT_ONCE: Final = 100_000
COUNTERS: Final = 50


def counts(first: int, height: int) -> pl.DataFrame:
    """Rows of `comptage-mobilites`: fifty channels, an hour each."""
    number = pl.int_range(first, first + height, eager=True).alias("n")
    start = pl.datetime(2019, 1, 1, time_zone="UTC") + pl.duration(hours=pl.col("n") // COUNTERS)
    form = "%Y-%m-%dT%H:%M:%S%:z"
    channel = pl.col("n") % COUNTERS
    return pl.DataFrame([number]).select(
        channel_id=pl.format("D25-bourg-{}", channel),
        counter_id=pl.format("C25-{}", channel // 2),
        start_datetime=start.dt.strftime(form),
        end_datetime=(start + pl.duration(hours=1)).dt.strftime(form),
        count=pl.col("n") * 7 % 911,
    )


_PLACES: Final = ("Place de la Mairie", "Route de Salles-Curan", "Rue de l'École", "Le Bourg")
_WHERE: Final = ("Sous le porche, à droite de la porte", "Dans le hall", "Face à l'entrée, au mur")
_BODIES: Final = ("Commune d'Arvieu", "Commune de Salles-Curan", "Syndicat du Lévézou")
_OPEN: Final = ("7j/7", "lundi|mardi|jeudi", "samedi|dimanche")


def _of(values: tuple[str, ...]) -> pl.Expr:
    return pl.lit(pl.Series(values)).gather(pl.col("n") % len(values))


def _day(year: int, days: int) -> pl.Expr:
    day = pl.date(year, 1, 1) + pl.duration(days=pl.col("n") % days)
    return day.dt.strftime("%Y-%m-%d")


def defibrillators(first: int, height: int) -> pl.DataFrame:
    """Rows of `defibrillateurs`: 47 columns, some texts with commas in quotes, some cells empty."""
    n = pl.col("n")
    digits = n.cast(pl.String).str.zfill(7)
    yes = pl.when(n % 3 == 0).then(pl.lit("true")).otherwise(pl.lit("false"))
    maybe = pl.when(n % 4 == 0).then(pl.lit("")).otherwise(yes)
    empty = pl.lit("")
    columns: Mapping[str, pl.Expr] = {
        "id_dae": pl.format("12011-DAE-{}", n),
        "nom": pl.format("DAE {}", n),
        "lat_coor1": pl.format("44.{}", (n % 900_000 + 100_000)),
        "long_coor1": pl.format("2.{}", (n * 7 % 900_000 + 100_000)),
        "adr_num": (n % 120).cast(pl.String),
        "adr_voie": _of(_PLACES),
        "com_cp": pl.lit("12120"),
        "com_insee": pl.format("12{}", (n % 300).cast(pl.String).str.zfill(3)),
        "com_nom": pl.lit("Arvieu"),
        "acc": _of(("Extérieur", "Intérieur")),
        **dict.fromkeys(("acc_lib",), yes),
        **dict.fromkeys(("acc_pcsec", "acc_acc", "dae_mobile"), maybe),
        "acc_etg": _of(("0", "1", "")),
        "acc_complt": _of(_WHERE),
        "photo1": pl.format("https://www.arvieu.fr/images/dae{}.jpg", n % 5_000),
        "photo2": empty,
        "disp_j": _of(_OPEN),
        "disp_h": pl.lit("24h/24"),
        "disp_complt": _of(("", "", "Fermé pendant les congés d'été")),
        "tel1": pl.format("+3356{}", digits),
        "tel2": empty,
        "site_email": pl.format("accueil{}@exemple.fr", n % 1_000),
        "date_instal": _day(2012, 3_000),
        "etat": pl.lit("Actif"),
        "etat_fonct": _of(("En fonctionnement", "En fonctionnement", "Hors service")),
        "fab_siren": pl.lit("130025265"),
        "fab_rais": _of(("Exemple Médical", "Exemple Secours, SAS")),
        "mnt_siren": pl.lit("130025265"),
        "mnt_rais": _of(("Exemple Maintenance", "")),
        "modele": pl.format("EX-{}", n % 12),
        "num_serie": pl.format("X09E{}", digits),
        "id_euro": pl.format("1{}", digits),
        "lc_ped": yes,
        **dict.fromkeys(("dtpr_lcped", "dtpr_lcad", "dtpr_bat"), _day(2026, 900)),
        "freq_mnt": pl.lit("Tous les 6 mois"),
        "dispsurv": maybe,
        "dermnt": _day(2025, 300),
        "expt_siren": pl.lit("211200118"),
        "expt_siret": pl.lit("21120011800017"),
        "expt_rais": _of(_BODIES),
        "expt_tel1": pl.lit("+33565467106"),
        "expt_tel2": empty,
        "expt_email": pl.lit("mairie@exemple.fr"),
    }
    number = pl.int_range(first, first + height, eager=True).alias("n")
    return pl.DataFrame([number]).select(what.alias(name) for name, what in columns.items())


FILES: Final[Mapping[str, Callable[[int, int], pl.DataFrame]]] = {
    "comptage-mobilites": counts,
    "defibrillateurs": defibrillators,
}
"""What makes the rows of a schema, from a number on, so many."""


def write_file(path: Path, schema: str, rows: int) -> None:
    """Write a valid CSV file.

    Args:
        path: Of the file.
        schema: One of `FILES`.
        rows: How many.
    """
    with path.open("wb") as file:
        for first in range(0, rows, ROWS_AT_ONCE):
            frame = FILES[schema](first, min(ROWS_AT_ONCE, rows - first))
            # as most programs write it: an empty text has no quotes
            empty = {"": None}
            frame.with_columns(pl.col(pl.String).replace(empty)).write_csv(
                file, include_header=first == 0
            )


if __name__ == "__main__":
    write_file(Path(sys.argv[3]), sys.argv[1], int(sys.argv[2]))
