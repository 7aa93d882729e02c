"""Sentences of faults of workbooks, archives and geometries, French and English."""

from typing import Final

from schemas.texts import Phrase

FILE_PHRASES: Final[dict[str, tuple[Phrase, Phrase]]] = {
    "blank-label/sheet": (
        Phrase(
            "La colonne {letters} n'a pas de nom, mais {cell} est remplie.",
            "Nommer la colonne, ou la vider.",
        ),
        Phrase(
            "Column {letters} has no name, but {cell} is filled.", "Name the column, or empty it."
        ),
    ),
    "missing-cell/merged": (
        Phrase(
            "Les cellules {cell} sont fusionnées.",
            "Annuler la fusion et remplir chaque cellule.",
        ),
        Phrase("The cells {cell} are merged.", "Unmerge them and fill every cell."),
    ),
    "source-error/sheet": (
        Phrase(
            "Aucune feuille visible du classeur n'a de contenu.",
            "Afficher la feuille à lire, ou la remplir.",
        ),
        Phrase(
            "No visible sheet of the workbook has any content.",
            "Show the sheet that is to be read, or fill it.",
        ),
    ),
    "source-error/no-sheet": (
        Phrase(
            "La correspondance lit la feuille « {name} », que le classeur n'a pas ou masque.",
            "Renommer la feuille, ou corriger la correspondance.",
        ),
        Phrase(
            "The mapping reads the sheet “{name}”, which the workbook lacks or hides.",
            "Rename the sheet, or correct the mapping.",
        ),
    ),
    "format-error/workbook": (
        Phrase(
            "Ce format n'est pas lu : {kind}.",
            "Fournir un classeur XLSX ou ODS, un CSV, du JSON ou du GeoJSON.",
        ),
        Phrase(
            "This format is not read: {kind}.",
            "Provide an XLSX or ODS workbook, CSV, JSON or GeoJSON.",
        ),
    ),
    "format-error/old-workbook": (
        Phrase(
            "Le classeur est dans un ancien format ({kind}), qui n'est pas lu.",
            "L'ouvrir dans un tableur et l'enregistrer au format XLSX ou ODS.",
        ),
        Phrase(
            "The workbook has an old format ({kind}), which is not read.",
            "Open it in a spreadsheet program and save it as XLSX or ODS.",
        ),
    ),
    "format-error/encrypted": (
        Phrase(
            "Le fichier est protégé par un mot de passe.",
            "L'enregistrer sans mot de passe.",
        ),
        Phrase("The file is protected by a password.", "Save it without a password."),
    ),
    "format-error/archive": (
        Phrase(
            "Le fichier est abîmé ou n'a pas la structure de son format.",
            "L'ouvrir dans un tableur et l'enregistrer de nouveau, ou l'exporter en CSV (UTF-8).",
        ),
        Phrase(
            "The file is damaged or has not the structure of its format.",
            "Open it in a spreadsheet program and save it again, or export it as CSV (UTF-8).",
        ),
    ),
    "format-error/zip": (
        Phrase(
            "L'archive ZIP ne contient ni classeur ni GTFS.",
            "En extraire le fichier et le fournir lui-même.",
        ),
        Phrase(
            "The ZIP archive holds neither a workbook nor GTFS.",
            "Unpack it and provide the file itself.",
        ),
    ),
    "format-error/gtfs-file": (
        Phrase(
            "Le fichier {name} du GTFS n'est pas lisible.",
            "Vérifier le GTFS avec un validateur (gtfs-validator) et le fournir de nouveau.",
        ),
        Phrase(
            "The file {name} of the GTFS can't be read.",
            "Check the GTFS with a validator (gtfs-validator) and provide it again.",
        ),
    ),
    "format-error/gtfs-twice": (
        Phrase(
            "Le fichier {name} du GTFS a deux lignes de même {key}.",
            "N'en garder qu'une.",
        ),
        Phrase("The file {name} of the GTFS has two lines with the same {key}.", "Keep one."),
    ),
    "format-error/gtfs-schema": (
        Phrase(
            "Le fichier est un GTFS, mais le schéma {name} n'a aucune colonne de GTFS.",
            "Choisir le schéma du transport à la demande, ou fournir un tableau.",
        ),
        Phrase(
            "The file is a GTFS, but the schema {name} has no column of GTFS.",
            "Choose the schema of transport on demand, or provide a table.",
        ),
    ),
    "source-error/gtfs": (
        Phrase(
            "Le GTFS ne contient pas de transport à la demande.",
            "Fournir un GTFS-Flex, avec des règles de réservation ou des zones "
            "dans stop_times.txt.",
        ),
        Phrase(
            "The GTFS has no transport on demand.",
            "Provide a GTFS-Flex with booking rules or zones in stop_times.txt.",
        ),
    ),
    "limit-error/wide": (
        Phrase(
            "La feuille s'étend jusqu'à la cellule {cell}.",
            "Au plus {limit} colonnes : effacer ce qui est à droite du tableau.",
        ),
        Phrase(
            "The sheet reaches the cell {cell}.",
            "At most {limit} columns: erase what is right of the table.",
        ),
    ),
    "limit-error/cells": (
        Phrase(
            "La feuille a trop de cellules.", "Au plus {limit} cellules remplies : la partager."
        ),
        Phrase("The sheet has too many cells.", "At most {limit} filled cells: split it."),
    ),
    "limit-error/sheets": (
        Phrase("Le classeur a trop de feuilles.", "Au plus {limit} : ne garder que celle à lire."),
        Phrase("The workbook has too many sheets.", "At most {limit}: keep the one to read."),
    ),
    "limit-error/cell": (
        Phrase("Le texte de la cellule {cell} est trop long.", "Au plus {limit} caractères."),
        Phrase("The text of the cell {cell} is too long.", "At most {limit} characters."),
    ),
    "limit-error/archive-entries": (
        Phrase("L'archive a trop de fichiers.", "Au plus {limit} fichiers."),
        Phrase("The archive has too many files.", "At most {limit} files."),
    ),
    "limit-error/archive-bytes": (
        Phrase(
            "Le contenu décompressé du fichier est trop grand.",
            "Au plus {limit} octets : partager le fichier.",
        ),
        Phrase("The file is too large when unpacked.", "At most {limit} bytes: split the file."),
    ),
    "limit-error/archive-ratio": (
        Phrase(
            "Le fichier est comprimé de façon anormale (plus de {limit} pour 1).",
            "L'ouvrir dans un tableur et l'enregistrer de nouveau.",
        ),
        Phrase(
            "The file is compressed abnormally (more than {limit} to 1).",
            "Open it in a spreadsheet program and save it again.",
        ),
    ),
    "type-error/column": (
        Phrase(
            "La colonne a le type {kind}, dont on ne peut faire une valeur simple.",
            "Fournir une colonne de textes, de nombres ou de dates ; "
            "pour des géométries, un fichier GeoJSON.",
        ),
        Phrase(
            "The column has the type {kind}, of which no plain value can be made.",
            "Provide a column of texts, numbers or dates; for geometries a GeoJSON file.",
        ),
    ),
    "type-error/projected": (
        Phrase(
            "Les coordonnées {value} ne sont pas des degrés : elles semblent projetées, "
            "comme en Lambert 93.",
            "Exporter en WGS 84 (EPSG:4326), longitude puis latitude.",
        ),
        Phrase(
            "The coordinates {value} are no degrees: they seem projected, as in Lambert 93.",
            "Export in WGS 84 (EPSG:4326), longitude first.",
        ),
    ),
    "format-error/crs": (
        Phrase(
            "Les coordonnées sont dans le système {name}.",
            "Exporter en WGS 84 (EPSG:4326), longitude puis latitude.",
        ),
        Phrase(
            "The coordinates are in the system {name}.",
            "Export in WGS 84 (EPSG:4326), longitude first.",
        ),
    ),
    "limit-error/shape": (
        Phrase(
            "La géométrie est trop détaillée.",
            "Au plus {limit} caractères : la simplifier.",
        ),
        Phrase("The geometry is too detailed.", "At most {limit} characters: simplify it."),
    ),
    "type-error/error-cell": (
        Phrase(
            "La cellule {cell} contient une erreur de calcul : {value}.",
            "Corriger la formule, ou vider la cellule.",
        ),
        Phrase(
            "The cell {cell} holds an error of calculation: {value}.",
            "Correct the formula, or empty the cell.",
        ),
    ),
    "type-error/formula": (
        Phrase(
            "La formule de la cellule {cell} n'a pas de résultat enregistré.",
            "Ouvrir le classeur dans un tableur, l'enregistrer et le fournir de nouveau.",
        ),
        Phrase(
            "The formula in the cell {cell} has no stored result.",
            "Open the workbook in a spreadsheet program, save it and provide it again.",
        ),
    ),
    "type-error/stale": (
        Phrase(
            "Le résultat enregistré de la formule en {cell} est à recalculer, "
            "d'après le classeur lui-même.",
            "Ouvrir le classeur dans un tableur, l'enregistrer et le fournir de nouveau.",
        ),
        Phrase(
            "The stored result of the formula in {cell} is to be calculated again, "
            "as the workbook itself says.",
            "Open the workbook in a spreadsheet program, save it and provide it again.",
        ),
    ),
}
"""By `<rule>/<case>`; a part of what `schemas.reading.faults` has."""
