"""Errors in French: what a reason code means, for the screen.

The errors themselves speak English (they are read by programs, logs and support too); here stands
what each code says to the person in front of the screen. A code without a sentence of its own
shows the error's words alone.
"""

from typing import Final

_HUB: Final = "le point d’échange"

_FRENCH: Final = {
    # what people name
    "data-dir": "ce n’est pas un répertoire de nœud",
    "data-directory": "le répertoire de données n’est pas utilisable",
    "data-directory-open": "le répertoire de données est déjà ouvert par un autre processus",
    "hub-dir": "ce n’est pas un répertoire de point d’échange",
    "hub-settings": "un réglage du point d’échange est faux",
    "settings": "un réglage est faux",
    "participant": "organisme inconnu ici",
    "participant-id": "ce n’est pas un identifiant d’organisme",
    "dataset": "jeu de données inconnu ici",
    "dataset-id": "ce n’est pas un identifiant de jeu de données",
    "schema": "schéma inconnu",
    "schema-name": "ce nom est celui d’un schéma du programme",
    "schema-version": "cette version est prise, ou dépassée",
    "schema-compatible": "cette version ne tient pas ce qu’elle annonce de la précédente",
    "schema-document": "ce document n’est pas un schéma utilisable",
    "measure": "mesure inconnue",
    "report-file": "la fin du nom du rapport ne dit pas sa forme",
    "mapping": "la correspondance des colonnes n’est pas utilisable",
    "mapping-confirm": "la correspondance contient des suppositions à confirmer",
    "mapping-columns": "aucune colonne n’a été trouvée dans ce fichier",
    "competence": "cette compétence ne se laisse pas noter ainsi",
    "competence-unknown": "rien n’a été décidé là-dessus",
    "competences-file": "la table des compétences n’est pas utilisable",
    "place": "ce n’est pas un lieu connu",
    "origin": "origine inconnue",
    "name": "nom mal formé",
    "node": "nœud inconnu de ce point d’échange",
    "window": "fenêtre de temps mal écrite",
    "territory": "territoire inconnu",
    "territory-form": "ce n’est ni un code ni un identifiant de territoire",
    "territory-unknown": "territoire inconnu du millésime",
    "territory-former": "ancienne commune, rattachée depuis à une autre",
    "territory-unmapped": "le périmètre de cet organisme n’est pas dans le COG",
    "composition": "ce n’est pas une synthèse disponible ici",
    "from-file": "la liste d’organismes n’est pas lisible",
    "file": "le fichier n’est pas lisible ou ne peut pas être écrit",
    "system": "le système refuse",
    "temporary-files": "les fichiers temporaires ne peuvent pas être écrits",
    "upload-size": "le fichier est trop grand",
    # a node asked over HTTP
    "url": "ce n’est pas une adresse utilisable",
    "trust": "aucune empreinte utilisable n’est épinglée",
    "cache": "le dossier de cache n’est pas utilisable",
    "node-unreachable": "le nœud est injoignable",
    "node-timeout": "le nœud ne répond pas à temps",
    "node-tls": "le certificat du nœud ne convient pas",
    "node-answer": "ce qui répond n’est pas un nœud Maillage",
    "node-size": "la réponse du nœud est plus grande que permis",
    "redirect": "le nœud renvoie ailleurs",
    "token": "le jeton d’accès manque ou n’est pas le bon",
    "scope": "le jeton d’accès ne permet pas cela",
    "position": "cette position n’est pas de ce nœud",
    "position-gone": "le nœud ne connaît plus cette position : il a été restauré, ou c’en est un "
    "autre",
    "history": "le nœud montre une autre histoire que celle déjà vue",
    "head-withheld": "le nœud annonce plus qu’il ne remet",
    "charter-other": "le nœud remet une autre convention que celle épinglée",
    "state-file": "le fichier d’état n’est pas utilisable",
    "output-file": "le fichier de sortie n’est pas d’un abonnement",
    "output-busy": "un autre abonné écrit dans ce fichier",
    # keys and documents
    "key-file": "la clé n’est pas utilisable",
    "token-file": "le fichier du jeton d’accès n’est pas utilisable",
    "identity-signature": "l’identité n’est pas signée comme il faut",
    "identity-predecessor": "l’identité ne suit pas celle qui est connue",
    "identity-rights": "cette clé n’a pas le droit de changer cela",
    "charter": "convention inconnue ici",
    "charter-choice": "plusieurs conventions possibles : laquelle ?",
    "charter-digest": "l’empreinte de la convention reste à comparer",
    "charter-end": "fin de convention par qui n’en est pas membre",
    "charter-end-signature": "la fin de la convention n’est pas signée par ce membre",
    "charter-ended": "la convention a pris fin",
    "charter-file": "ce n’est pas un fichier de convention",
    "charter-member": "cet organisme n’est pas membre de la convention",
    "charter-signer": "aucun organisme de ce nœud n’est à signer cette convention",
    "sharing": "ce partage n’est pas possible",
    "secrecy": "ces lignes sont protégées par le secret statistique",
    "totals-only": "totaux seulement : les lignes restent ici",
    "sharing-change": "ce jeu de données est partagé autrement",
    "date": "ce n’est pas une date",
    "charter-signature": "la convention n’est pas signée par tous ses membres",
    "charter-identity": "une identité citée par la convention manque ou diffère",
    "enrolment": "l’inscription n’est pas valable",
    "enrolment-size": "l’inscription est trop grande",
    "participant-taken": "un autre nœud héberge déjà cet organisme",
    "key-taken": "un autre nœud utilise déjà cette clé",
    "members-file": "la liste des nœuds inscrits est abîmée",
    "document": "le document n’a pas la forme attendue",
    "json": "ce n’est pas du JSON",
    "json-duplicate-key": "une clé JSON figure deux fois",
    "json-number": "un nombre n’est pas admis ici",
    "size": "plus grand que permis",
    # bundles
    "bundle-zip": "ce n’est pas un fichier .mlg",
    "bundle-index": "le sommaire du fichier .mlg n’est pas en règle",
    "bundle-member": "le fichier .mlg ne contient pas ce que son sommaire annonce",
    "bundle-digest": "un élément du fichier .mlg a été modifié",
    "bundle-checksum": "le fichier .mlg est abîmé",
    "bundle-size": "trop grand pour un seul fichier .mlg",
    "bundle-count": "trop d’éléments pour un seul fichier .mlg",
    # store
    "store-busy": "la base est occupée, réessayer",
    "store-failed": "la base refuse l’écriture",
    "store-version": "la base vient d’une version plus récente",
    "content-corrupt": "un contenu enregistré est abîmé",
    "content-erased": "ce contenu a été dépublié et effacé",
    "content-size": "trop grand pour une seule publication",
    # hub and broker
    "hub-unreachable": f"{_HUB} est injoignable",
    "connection-lost": f"la liaison avec {_HUB} est coupée",
    "no-responder": f"{_HUB} ne répond pas",
    "no-answer": f"{_HUB} ne répond pas",
    "no-ack": f"{_HUB} n’a pas confirmé",
    "not-permitted": f"{_HUB} ne permet pas cela à ce nœud",
    "cas-conflict": f"{_HUB} a reçu autre chose entre-temps",
    "hub-url": "l’adresse d’un point d’échange est fausse",
    "proxy-url": "l’adresse du proxy est fausse",
    "proxy-password-file": "le fichier du mot de passe du proxy n’est pas utilisable",
    "ca-file": "le fichier des autorités de certification n’est pas utilisable",
    "tls-certificate": "le certificat TLS n’est pas lisible",
    "broker-stopped": f"{_HUB} n’est pas en service",
    "broker-busy": f"{_HUB} est déjà en service dans un autre processus",
    "broker-start": "le serveur NATS ne démarre pas",
    "broker-config": "le serveur NATS refuse sa configuration",
    "broker-missing": "le programme nats-server est introuvable",
    "broker-died": "le serveur NATS s’arrête sans cesse",
    "port-taken": "le port est déjà utilisé par un autre programme",
}


def headline(code: str) -> str:
    """What a code means, in French; empty for a code without a sentence."""
    return _FRENCH.get(code, "")


def codes() -> frozenset[str]:
    """Codes that have a sentence."""
    return frozenset(_FRENCH)
