"""Errors in the reader's language, by their code (`node.web.errors`)."""

from collections.abc import Mapping
from typing import Final

from node.web.pages.words import Three

PROBLEMS: Final[Mapping[str, Three]] = {
    "problem.title": ("Erreur {status}", "Error {status}", "Fehler {status}"),
    "problem.code": ("Code", "Code", "Code"),
    "problem.detail": ("Détail", "Detail", "Einzelheiten"),
    "problem.remedy": ("Que faire", "What to do", "Was zu tun ist"),
    "problem.home": ("Page d’accueil", "Start page", "Startseite"),
    "problem.english": (
        "Le détail est en anglais, tel que les programmes le reçoivent.",
        "As programs are told.",
        "Die Einzelheiten sind auf Englisch, wie Programme sie erhalten.",
    ),
    "problem.other": (
        "Cette demande n’a pas pu être traitée.",
        "This request couldn’t be answered.",
        "Diese Anfrage konnte nicht beantwortet werden.",
    ),
    "problem.other.server": (
        "Le nœud n’a pas pu répondre.",
        "The node couldn’t answer.",
        "Der Knoten konnte nicht antworten.",
    ),
    "problem.path": (
        "Il n’y a rien à cette adresse.",
        "There is nothing at this address.",
        "Unter dieser Adresse gibt es nichts.",
    ),
    "problem.method": (
        "Cette adresse ne prend pas ce genre de demande.",
        "This address doesn’t take that kind of request.",
        "Diese Adresse nimmt solche Anfragen nicht an.",
    ),
    "problem.token": (
        "Cette page demande une connexion.",
        "This page needs a log-in.",
        "Für diese Seite ist eine Anmeldung nötig.",
    ),
    "problem.scope": (
        "Votre jeton d’accès ne permet pas cela.",
        "Your access token doesn’t allow this.",
        "Ihr Zugangstoken erlaubt das nicht.",
    ),
    "problem.parameter": (
        "L’adresse contient un paramètre inconnu, répété ou trop long.",
        "The address has a parameter that is unknown, repeated or too long.",
        "Die Adresse enthält einen unbekannten, doppelten oder zu langen Parameter.",
    ),
    "problem.window": (
        "La période ou le pas de temps est mal écrit.",
        "The period or time step is badly written.",
        "Der Zeitraum oder Zeitschritt ist falsch geschrieben.",
    ),
    "problem.measure": ("Mesure inconnue.", "Unknown measure.", "Unbekannte Messgröße."),
    "problem.dataset": (
        "Jeu de données inconnu ici.",
        "Dataset unknown here.",
        "Datensatz hier unbekannt.",
    ),
    "problem.dataset-id": (
        "Ce n’est pas un identifiant de jeu de données.",
        "This is no id of a dataset.",
        "Das ist keine Kennung eines Datensatzes.",
    ),
    "problem.publication": (
        "Publication inconnue ici.",
        "Publication unknown here.",
        "Veröffentlichung hier unbekannt.",
    ),
    "problem.participant": (
        "Organisme inconnu ici.",
        "Body unknown here.",
        "Stelle hier unbekannt.",
    ),
    "problem.schema": ("Schéma inconnu.", "Unknown schema.", "Unbekanntes Schema."),
    "problem.territory-form": (
        "Ce n’est ni un code ni un identifiant de territoire.",
        "This is neither a code nor an id of a territory.",
        "Das ist weder ein Code noch eine Kennung eines Gebiets.",
    ),
    "problem.territory-unknown": (
        "Territoire inconnu dans ce millésime.",
        "Territory unknown in this vintage.",
        "Gebiet in diesem Gebietsstand unbekannt.",
    ),
    "problem.territory-former": (
        "Cette commune fait aujourd’hui partie d’une autre.",
        "This commune is part of another today.",
        "Diese Gemeinde gehört heute zu einer anderen.",
    ),
    "problem.territory-unmapped": (
        "Le périmètre de cet organisme n’est pas dans le Code officiel géographique.",
        "The area of this body isn’t in the Code officiel géographique.",
        "Das Gebiet dieser Stelle steht nicht im Code officiel géographique.",
    ),
    "problem.totals-only": (
        "Totaux seulement : les lignes restent sur ce nœud.",
        "Totals only: the rows stay on this node.",
        "Nur Summen: Die Zeilen bleiben auf diesem Knoten.",
    ),
    "problem.secrecy": (
        "Ces lignes sont protégées par le secret statistique.",
        "These rows are protected by statistical secrecy.",
        "Diese Zeilen schützt die statistische Geheimhaltung.",
    ),
    "problem.upload-size": (
        "Le fichier est trop grand.",
        "The file is too large.",
        "Die Datei ist zu groß.",
    ),
    "problem.upload-empty": (
        "Aucun fichier n’a été choisi, ou il est vide.",
        "No file was chosen, or it is empty.",
        "Es wurde keine Datei gewählt, oder sie ist leer.",
    ),
    "problem.upload-gone": (
        "Le fichier déposé n’est plus là : le déposer à nouveau.",
        "The file handed in is no longer here: hand it in again.",
        "Die eingereichte Datei ist nicht mehr da: bitte erneut einreichen.",
    ),
    "problem.form": (
        "Le formulaire est incomplet ou mal formé.",
        "The form is incomplete or malformed.",
        "Das Formular ist unvollständig oder fehlerhaft.",
    ),
    "problem.csrf": (
        "Ce formulaire a expiré ou vient d’ailleurs : recharger la page et recommencer.",
        "This form has expired or comes from elsewhere: load the page anew and try again.",
        "Dieses Formular ist abgelaufen oder stammt von anderswo: Seite neu laden und wiederholen.",
    ),
    "problem.login-rate": (
        "Trop d’essais : attendre un peu.",
        "Too many tries: wait a little.",
        "Zu viele Versuche: bitte etwas warten.",
    ),
    "problem.store-busy": (
        "La base est occupée, réessayer.",
        "The store is busy, try again.",
        "Die Datenbank ist ausgelastet, bitte erneut versuchen.",
    ),
    "problem.content-erased": (
        "Ce contenu a été dépublié et effacé.",
        "This content was unpublished and erased.",
        "Dieser Inhalt wurde zurückgezogen und gelöscht.",
    ),
    "problem.unexpected": (
        "Une erreur inattendue ; le journal du nœud en dit plus.",
        "An unexpected error; the node’s log says more.",
        "Ein unerwarteter Fehler; das Protokoll des Knotens sagt mehr.",
    ),
}
