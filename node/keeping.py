"""What stays on the node: rows that may be shared in totals only, and who is told so, and how.

Raw rows under `aggregate-only` never leave. A schema with a protected unit (household, enterprise,
delivery point) goes at a wider level only where every row is about enough of them.
"""

from typing import Final

import polars as pl

from federation.manifest import Level
from node.spoken import KeptHereError, Words
from schemas.model import Schema
from schemas.secrecy import Below, below_threshold

_UNITS: Final = {
    "household": Words("ménages", "households", "Haushalte"),
    "enterprise": Words("entreprises", "enterprises", "Unternehmen"),
    "delivery_point": Words("points de livraison", "delivery points", "Lieferstellen"),
}
_UNIT: Final = {
    "household": Words("un seul ménage", "one household", "einen Haushalt"),
    "enterprise": Words("une seule entreprise", "one enterprise", "ein Unternehmen"),
    "delivery_point": Words(
        "un seul point de livraison", "one delivery point", "eine Lieferstelle"
    ),
}


def kept_here(schema: Schema, frame: pl.DataFrame, level: Level) -> KeptHereError | None:
    """Why rows may not leave the node at a sharing level; None where they may.

    Args:
        schema: Of the rows.
        frame: Checked rows, the wire's columns.
        level: At which they are to be shared.
    """
    few = below_threshold(schema, frame)
    if level == "aggregate-only":
        return _totals_only(frame.height, may_widen=few is None)
    return None if few is None else _too_few(few)


def _totals_only(rows: int, *, may_widen: bool) -> KeptHereError:
    said = Words(
        f"{rows} lignes contrôlées, toutes valides. Elles sont partagées en totaux seulement : les "
        "lignes ne quittent jamais le nœud, et l’envoi de leurs totaux n’est pas encore possible",
        f"{rows} rows checked, all of them valid. They are shared as totals only: the rows never "
        "leave the node, and their totals can't be sent yet",
        f"{rows} Zeilen geprüft, alle gültig. Sie werden nur als Summen geteilt: Die Zeilen "
        "verlassen den Knoten nie, und ihre Summen können noch nicht gesendet werden",
    )
    to_do = Words(
        "garder le fichier : rien n’a été enregistré ni envoyé",
        "keep the file: nothing was stored or sent",
        "die Datei aufbewahren: nichts wurde gespeichert oder gesendet",
    )
    if may_widen:
        to_do = Words(
            f"{to_do.fr} ; pour partager les lignes elles-mêmes, choisir un autre partage",
            f"{to_do.en}; to share the rows themselves, choose another way of sharing",
            f"{to_do.de}; um die Zeilen selbst zu teilen, eine andere Freigabe wählen",
        )
    return KeptHereError(said, to_do, code="totals-only")


def _too_few(few: Below) -> KeptHereError:
    units, unit = _UNITS[few.unit], _UNIT[few.unit]
    if few.count is None:
        said = Words(
            f"chaque ligne porte sur {unit.fr} : elle ne peut être partagée qu’en totaux d’au "
            f"moins {few.k} {units.fr}",
            f"every row is about {unit.en}: it may be shared in totals of at least {few.k} "
            f"{units.en} only",
            f"jede Zeile betrifft {unit.de}: sie darf nur in Summen über mindestens {few.k} "
            f"{units.de} geteilt werden",
        )
        to_do = Words(
            f"additionner les lignes par groupes d’au moins {few.k} {units.fr}, sous un schéma "
            "fait pour de tels totaux ; rien n’a été enregistré",
            f"add the rows up in groups of at least {few.k} {units.en}, under a schema made for "
            "such totals; nothing was stored",
            f"die Zeilen in Gruppen von mindestens {few.k} {units.de} zusammenzählen, unter einem "
            "Schema für solche Summen; nichts wurde gespeichert",
        )
        return KeptHereError(said, to_do, code="secrecy")
    named = " ; ".join(few.keys) + (" …" if few.below > len(few.keys) else "")
    said = Words(
        f"{few.below} lignes sur {few.rows} portent sur moins de {few.k} {units.fr} ou ne disent "
        f"pas combien ({few.count}) : {named}",
        f"{few.below} of {few.rows} rows are about fewer than {few.k} {units.en}, or don't say how "
        f"many ({few.count}): {named}",
        f"{few.below} von {few.rows} Zeilen betreffen weniger als {few.k} {units.de} oder sagen "
        f"nicht, wie viele ({few.count}): {named}",
    )
    to_do = Words(
        f"les regrouper avec d’autres jusqu’à {few.k} {units.fr}, ou les retirer du fichier ; rien "
        "n’a été enregistré",
        f"join them with others up to {few.k} {units.en}, or take them out of the file; nothing "
        "was stored",
        f"sie mit anderen zu mindestens {few.k} {units.de} zusammenfassen oder aus der Datei "
        "nehmen; nichts wurde gespeichert",
    )
    return KeptHereError(said, to_do, code="secrecy")
