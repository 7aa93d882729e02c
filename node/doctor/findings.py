"""What a finding is, and what it says in French and English."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from node.link.faults import FAULTS, Words, fill

NODE: Final = "node"
"""The subject of findings that belong to no hub."""


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    UNREACHABLE = "unreachable"
    SKIPPED = "skipped"


CHECKS: Final[Mapping[str, tuple[str, str]]] = {
    # of the node, in their order
    "directory": ("répertoire de données", "data directory"),
    "settings": ("réglages", "settings"),
    "keys": ("clés", "keys"),
    "disk": ("espace disque", "disk space"),
    "database": ("base de données", "database"),
    "charters": ("conventions", "charters"),
    "clock": ("horloge", "clock"),
    "http": ("interface HTTP", "HTTP interface"),
    "hubs": ("points d’échange", "hubs"),
    # of each hub, in their order
    "proxy": ("proxy", "proxy"),
    "name": ("résolution du nom", "name resolution"),
    "reach": ("connexion", "connection"),
    "connect": ("tunnel CONNECT", "CONNECT tunnel"),
    "tls": ("TLS", "TLS"),
    "hub": ("accueil du point d’échange", "the hub's greeting"),
    "enrolment": ("inscription du nœud", "enrolment of the node"),
    "reader": ("clé de lecture", "reader key"),
    "permissions": ("droits des organismes", "rights of the bodies"),
    "round-trip": ("aller-retour", "round trip"),
}
"""Checks with their names in French and English."""

SENTENCES: Final[Mapping[str, Words]] = {
    "directory-ok": Words("{path}, fermé aux autres", "", "{path}, closed to others", ""),
    "directory-missing": Words(
        "{path} n’est pas le répertoire d’un nœud",
        "maillage init --data {path} --participant fr-com-12011",
        "{path} is no node's directory",
        "maillage init --data {path} --participant fr-com-12011",
    ),
    "directory-open": Words(
        "d’autres peuvent lire {path} (mode {mode})",
        "chmod 700 {path}",
        "others can read {path} (mode {mode})",
        "chmod 700 {path}",
    ),
    "settings-ok": Words("points d’échange réglés : {count}", "", "hubs set: {count}", ""),
    "settings-wrong": Words(
        "un réglage est faux : {said}",
        "docs/settings.md donne chaque réglage avec un exemple",
        "a setting is wrong: {said}",
        "docs/settings.md lists every setting with an example",
    ),
    "settings-secret": Words(
        "maillage.toml contient le mot de passe du proxy, et d’autres peuvent le lire",
        "chmod 600 {path}, ou proxy_password_file",
        "maillage.toml holds the proxy's password, and others can read it",
        "chmod 600 {path}, or proxy_password_file",
    ),
    "keys-ok": Words(
        "organismes : {count}, clés fermées aux autres", "", "bodies: {count}, keys closed", ""
    ),
    "keys-open": Words(
        "d’autres peuvent lire {files}",
        "chmod 600 sur ces fichiers",
        "others can read {files}",
        "chmod 600 on these files",
    ),
    "keys-missing": Words(
        "il manque {files}",
        "remettre ces fichiers depuis la sauvegarde",
        "missing: {files}",
        "bring these files back from the backup",
    ),
    "keys-broken": Words(
        "clé inutilisable : {said}",
        "remettre ce fichier depuis la sauvegarde",
        "a key can't be used: {said}",
        "bring the file back from the backup",
    ),
    "keys-recovery": Words(
        "{count} clé(s) de secours encore sur cette machine",
        "les déplacer hors de la machine (clé USB, coffre), puis les effacer ici",
        "{count} recovery key(s) still on this machine",
        "move them off the machine (USB stick, safe), then delete them here",
    ),
    "disk-ok": Words("{free} libres", "", "{free} free", ""),
    "disk-low": Words(
        "il ne reste que {free}",
        "faire de la place ou agrandir le disque : sans place, rien n’est plus publié ni reçu",
        "only {free} left",
        "free some, or enlarge the disk: without room nothing is published or received",
    ),
    "database-ok": Words("s’ouvre et se lit", "", "opens and can be read", ""),
    "database-wrong": Words(
        "ne s’ouvre pas : {said}",
        "voir l’espace disque et les droits ; sinon remettre la sauvegarde",
        "doesn't open: {said}",
        "see disk space and rights; else bring the backup back",
    ),
    "charters-ok": Words("reconnues et reçues : {count}", "", "pinned and received: {count}", ""),
    "charters-none": Words(
        "aucune convention réglée : le nœud envoie, mais ne reconnaît aucun accusé de réception",
        "mettre l’empreinte de la convention dans charters",
        "no charter set: the node sends, but takes no receipt for true",
        "put the charter's digest into charters",
    ),
    "charters-unknown": Words(
        "pas encore reçue(s) : {files}",
        "elles viennent du point d’échange ; sinon comparer l’empreinte avec qui l’a donnée",
        "not received yet: {files}",
        "they come from the hub; else compare the digest with whoever gave it",
    ),
    "clock-ok": Words(
        "à {seconds} s près (d’après {host})", "", "within {seconds} s (by {host})", ""
    ),
    "clock-off": Words(
        "écart de {seconds} s avec {host}",
        "mettre l’horloge à l’heure (NTP) : des dates fausses égarent les lecteurs",
        "{seconds} s apart from {host}",
        "set the clock (NTP): wrong dates mislead readers",
    ),
    "clock-unknown": Words("aucune heure pour comparer", "", "no time to compare it with", ""),
    "http-ok": Words("répond à {url}", "", "answers at {url}", ""),
    "http-off": Words("aucune, par réglage", "", "none, by setting", ""),
    "http-down": Words(
        "rien à {url} : le nœud n’est pas en service",
        "maillage run --data {path}",
        "nothing at {url}: the node isn't in service",
        "maillage run --data {path}",
    ),
    "http-other": Words(
        "à {url} répond un autre programme",
        "choisir un autre http_port, ou arrêter ce programme",
        "another program answers at {url}",
        "choose another http_port, or stop that program",
    ),
    "hubs-none": Words(
        "aucun point d’échange réglé : rien n’est envoyé",
        "ajouter [[hubs]] avec name et url dans maillage.toml",
        "no hub set: nothing is sent",
        "add [[hubs]] with name and url to maillage.toml",
    ),
    "proxy-none": Words("aucun : connexion directe", "", "none: straight", ""),
    "proxy-found": Words("{proxy} (trouvé dans {source})", "", "{proxy} (found in {source})", ""),
    "proxy-wrong": Words(
        "{said}",
        'écrire par exemple proxy = "http://proxy.mairie.fr:3128", ou "none"',
        "{said}",
        'write for example proxy = "http://proxy.mairie.fr:3128", or "none"',
    ),
    "name-ok": Words("{host} → {addresses}", "", "{host} → {addresses}", ""),
    "name-proxy": Words(
        "{host} ne se résout pas ici ; le proxy s’en charge",
        "",
        "{host} doesn't resolve here; the proxy does it",
        "",
    ),
    "reach-ok": Words("{host} répond", "", "{host} answers", ""),
    "connect-ok": Words("CONNECT {target} permis", "", "CONNECT {target} allowed", ""),
    "connect-443": Words(
        "CONNECT {target} est refusé, mais le port 443 passe : {said}",
        "prendre l’adresse wss:// du point d’échange (port 443)",
        "CONNECT {target} is refused, but port 443 passes: {said}",
        "use the hub's wss:// address (port 443)",
    ),
    "connect-none": Words(
        "CONNECT {target} est refusé, et {host}:443 aussi : {said}",
        "demander au service informatique d’autoriser CONNECT vers {host}, port 443",
        "CONNECT {target} is refused, and so is {host}:443: {said}",
        "ask whoever runs the proxy to allow CONNECT to {host}, port 443",
    ),
    "tls-ok": Words(
        "{version}, émis par {issuer}, expire le {expiry}",
        "",
        "{version}, issued by {issuer}, expires on {expiry}",
        "",
    ),
    "tls-soon": Words(
        "le certificat de {target} expire le {expiry}",
        "prévenir l’exploitant du point d’échange",
        "the certificate of {target} expires on {expiry}",
        "tell the hub's operator",
    ),
    "tls-private": Words(
        "{version}, émis par {issuer}, qui n’est pas une autorité publique : celle du point "
        "d’échange, ou celle d’un proxy qui ouvre les liaisons TLS et lit ce qui passe "
        "(SHA-256 {sha256})",
        "comparer l’empreinte avec celle de maillage hub status chez l’exploitant",
        "{version}, issued by {issuer}, no public authority: the hub's own, or that of a proxy "
        "that opens TLS and reads along (SHA-256 {sha256})",
        "compare the fingerprint with that of maillage hub status at the operator's",
    ),
    "tls-plain": Words(
        "sans TLS : {url}",
        "demander à l’exploitant une adresse tls:// ou wss://",
        "without TLS: {url}",
        "ask the hub's operator for a tls:// or wss:// address",
    ),
    "tls-loopback": Words("sans TLS, sur cette machine", "", "without TLS, on this machine", ""),
    "hub-ok": Words("NATS {version}", "", "NATS {version}", ""),
    "enrolment-ok": Words("la clé de ce nœud est connue", "", "this node's key is known", ""),
    "enrolment-unasked": Words(
        "non vérifiée, faute de clé", "", "not checked, for want of a key", ""
    ),
    "reader-ok": Words("la clé de lecture est connue", "", "the reader key is known", ""),
    "reader-refused": Words(
        "le point d’échange refuse la clé de lecture de ce nœud",
        "remettre enrolment.json à son exploitant (maillage hub add)",
        "the hub refuses this node's reader key",
        "hand enrolment.json to the hub's operator (maillage hub add)",
    ),
    "permissions-ok": Words("organismes inscrits : {count}", "", "bodies enrolled: {count}", ""),
    "permissions-missing": Words(
        "non inscrit(s) au point d’échange : {files}",
        "remettre le nouvel enrolment.json à son exploitant (maillage hub add)",
        "not enrolled at the hub: {files}",
        "hand the new enrolment.json to the hub's operator (maillage hub add)",
    ),
    "round-trip-ok": Words("{ms} ms", "", "{ms} ms", ""),
    "round-trip-failed": Words(
        "le point d’échange ne répond pas à une question : {said}",
        "demander à l’exploitant du point d’échange si son service de flux tourne",
        "the hub doesn't answer a question: {said}",
        "ask the hub's operator whether its streams run",
    ),
    "skipped": Words("non vérifié", "", "not checked", ""),
}
"""What findings say, by code; those of `node.link.faults` beside them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and how it came out.

    Attributes:
        subject: `node`, or a hub's name.
        check: Of `CHECKS`.
        state: How it came out.
        code: Of `SENTENCES` or `node.link.faults.FAULTS`.
        facts: What its sentences name.
    """

    subject: str
    check: str
    state: State
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def told(self, lang: Literal["fr", "en"]) -> str:
        """The sentence."""
        words = _words(self.code)
        return fill(words.french if lang == "fr" else words.english, self.facts)

    def remedy(self, lang: Literal["fr", "en"]) -> str:
        """What to do; empty where there is nothing."""
        words = _words(self.code)
        return fill(words.french_remedy if lang == "fr" else words.english_remedy, self.facts)

    def to_json(self) -> dict[str, Any]:
        """As JSON values; the texts in English."""
        return {
            "subject": self.subject,
            "check": self.check,
            "state": self.state.value,
            "code": self.code,
            "told": self.told("en"),
            "remedy": self.remedy("en"),
            "facts": dict(self.facts),
        }


def _words(code: str) -> Words:
    return SENTENCES[code] if code in SENTENCES else FAULTS[code]


def exit_status(findings: Iterable[Finding]) -> int:
    """0: all right (warnings too); 1: something is wrong; 3: something can't be reached."""
    states = {one.state for one in findings}
    if State.WRONG in states:
        return 1
    return 3 if State.UNREACHABLE in states else 0
