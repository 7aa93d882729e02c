"""Why a hub isn't reached: a reason code, a sentence and a remedy each, in French and English.

Sentences take facts in braces; what others said (an issuer, a status) is bounded and printable.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

FACT_MAX: Final = 200
"""Characters of a fact that another side chose."""


class Words(NamedTuple):
    """What a code says.

    Attributes:
        french: Sentence.
        french_remedy: What to do.
        english: Sentence.
        english_remedy: What to do.
    """

    french: str
    french_remedy: str
    english: str
    english_remedy: str


_FIREWALL_FR: Final = (
    "demander l’ouverture de {target} vers l’extérieur, ou passer par le proxy (réglage proxy) "
    "et une adresse wss:// sur le port 443"
)
_FIREWALL_EN: Final = (
    "have {target} opened outwards, or go through the proxy (setting proxy) with a wss:// address "
    "on port 443"
)
_PROXY_FR: Final = (
    "vérifier l’adresse du proxy (trouvée dans {source}) auprès du service informatique"
)
_PROXY_EN: Final = "check the proxy's address (found in {source}) with whoever runs the network"
_HUB_FR: Final = "demander à l’exploitant du point d’échange"
_HUB_EN: Final = "ask the hub's operator"

FAULTS: Final[Mapping[str, Words]] = {
    # the way to the hub, without a proxy
    "dns": Words(
        "le nom {host} ne se résout pas",
        "vérifier l’adresse ; si ce réseau ne résout les noms qu’au proxy, régler proxy",
        "the name {host} doesn't resolve",
        "check the address; where only the proxy resolves names, set proxy",
    ),
    "nothing-listens": Words(
        "rien n’écoute à {target} (connexion refusée)",
        "vérifier adresse et port ; le point d’échange est-il en service ?",
        "nothing listens at {target} (connection refused)",
        "check address and port; does the hub run?",
    ),
    "connect-timeout": Words(
        "{target} ne répond pas : un pare-feu bloque sans doute",
        _FIREWALL_FR,
        "{target} doesn't answer: a firewall probably drops it",
        _FIREWALL_EN,
    ),
    "no-route": Words(
        "aucun chemin vers {target} ({said})",
        _FIREWALL_FR,
        "no route to {target} ({said})",
        _FIREWALL_EN,
    ),
    # the proxy
    "proxy-dns": Words(
        "le nom du proxy {proxy} ne se résout pas",
        _PROXY_FR,
        "the name of the proxy {proxy} doesn't resolve",
        _PROXY_EN,
    ),
    "proxy-nothing-listens": Words(
        "rien n’écoute au proxy {proxy} (connexion refusée)",
        _PROXY_FR,
        "nothing listens at the proxy {proxy} (connection refused)",
        _PROXY_EN,
    ),
    "proxy-timeout": Words(
        "le proxy {proxy} ne répond pas",
        _PROXY_FR,
        "the proxy {proxy} doesn't answer",
        _PROXY_EN,
    ),
    "proxy-no-route": Words(
        "aucun chemin vers le proxy {proxy} ({said})",
        _PROXY_FR,
        "no route to the proxy {proxy} ({said})",
        _PROXY_EN,
    ),
    "proxy-tls": Words(
        "la liaison TLS avec le proxy {proxy} lui-même échoue ({said})",
        "la plupart des proxys se joignent par http:// ; sinon ajouter son autorité par ca_file",
        "TLS with the proxy {proxy} itself fails ({said})",
        "most proxies are reached by http://; else add its authority by ca_file",
    ),
    "proxy-drops": Words(
        "le proxy {proxy} coupe sans répondre à CONNECT {target}",
        "demander au service informatique d’autoriser CONNECT vers {target}",
        "the proxy {proxy} cuts the connection without an answer to CONNECT {target}",
        "ask whoever runs the proxy to allow CONNECT to {target}",
    ),
    "proxy-silent": Words(
        "le proxy {proxy} ne répond pas à CONNECT {target} dans le temps",
        "demander au service informatique d’autoriser CONNECT vers {target}",
        "the proxy {proxy} doesn't answer CONNECT {target} in time",
        "ask whoever runs the proxy to allow CONNECT to {target}",
    ),
    "proxy-auth-missing": Words(
        "le proxy {proxy} demande un utilisateur et un mot de passe (HTTP {status})",
        'les donner : proxy = "http://utilisateur@…" et proxy_password_file',
        "the proxy {proxy} wants a user and password (HTTP {status})",
        'give them: proxy = "http://user@…" and proxy_password_file',
    ),
    "proxy-auth-wrong": Words(
        "le proxy {proxy} refuse l’utilisateur ou le mot de passe (HTTP {status})",
        "corriger l’utilisateur dans proxy ou le mot de passe dans proxy_password_file",
        "the proxy {proxy} refuses the user or password (HTTP {status})",
        "correct the user in proxy or the password in proxy_password_file",
    ),
    "proxy-auth-method": Words(
        "le proxy {proxy} n’accepte que {said}, que Maillage ne parle pas",
        "demander une authentification Basic pour cette machine, ou une exception",
        "the proxy {proxy} takes {said} only, which Maillage doesn't speak",
        "ask for Basic authentication for this machine, or an exception without a password",
    ),
    "proxy-forbidden": Words(
        "le proxy {proxy} interdit CONNECT vers {target} (HTTP {status})",
        "demander au service informatique d’autoriser CONNECT vers {target} ; la plupart des "
        "proxys ne laissent passer que le port 443 : une adresse wss:// y passe",
        "the proxy {proxy} forbids CONNECT to {target} (HTTP {status})",
        "ask whoever runs the proxy to allow CONNECT to {target}; most let port 443 pass only, "
        "where a wss:// address goes through",
    ),
    "proxy-gateway": Words(
        "le proxy {proxy} ne joint pas {target} (HTTP {status})",
        "vérifier l’adresse du point d’échange ; demander s’il est en service et si le proxy "
        "le joint",
        "the proxy {proxy} can't reach {target} (HTTP {status})",
        "check the hub's address; ask whether it runs and whether the proxy reaches it",
    ),
    "proxy-status": Words(
        "le proxy {proxy} répond HTTP {status} à CONNECT {target}",
        "demander au service informatique ce que le proxy reproche à cette machine",
        "the proxy {proxy} answers HTTP {status} to CONNECT {target}",
        "ask whoever runs the proxy what it holds against this machine",
    ),
    "proxy-not-http": Words(
        "{proxy} ne répond pas comme un proxy HTTP",
        _PROXY_FR,
        "{proxy} doesn't answer like an HTTP proxy",
        _PROXY_EN,
    ),
    # TLS
    "tls-host": Words(
        "le certificat de {target} est celui d’un autre ({names})",
        "écrire dans l’adresse le nom du certificat ; sinon l’exploitant en demande un bon",
        "the certificate of {target} is another's ({names})",
        "write the certificate's name in the address; else the hub's operator gets a right one",
    ),
    "tls-expired": Words(
        "le certificat de {target} a expiré le {expiry}",
        "l’exploitant du point d’échange le renouvelle ; l’horloge de cette machine est-elle "
        "juste ?",
        "the certificate of {target} expired on {expiry}",
        "the hub's operator renews it; is this machine's clock right?",
    ),
    "tls-not-yet": Words(
        "le certificat de {target} ne vaut qu’à partir du {begin}",
        "mettre l’horloge de cette machine à l’heure",
        "the certificate of {target} is valid from {begin} only",
        "set this machine's clock",
    ),
    "tls-unknown-ca": Words(
        "le certificat de {target} vient d’une autorité inconnue ici : {issuer}",
        "si c’est celle du point d’échange : son fichier PEM dans le réglage ca_file",
        "the certificate of {target} is from an authority unknown here: {issuer}",
        "if it is the hub's own: put its PEM file into the setting ca_file",
    ),
    "tls-other-ca": Words(
        "derrière le proxy {proxy}, le certificat de {target} vient d’une autre autorité que "
        "celles connues ici : {issuer}. Le proxy ouvre sans doute les liaisons TLS, à moins que "
        "ce soit l’autorité du point d’échange",
        "comparer ce nom avec l’exploitant du point d’échange. Autorité du point d’échange : "
        "ca_file. Autorité de la mairie : faire excepter {host} de l’inspection TLS, ou ca_file "
        "(le proxy lit alors ce qui passe)",
        "behind the proxy {proxy} the certificate of {target} is from another authority than "
        "those known here: {issuer}. The proxy probably opens TLS, unless it is the hub's own "
        "authority",
        "compare this name with the hub's operator. The hub's authority: ca_file. The town hall's: "
        "have {host} excepted from TLS inspection, or ca_file (the proxy then reads along)",
    ),
    "tls-certificate": Words(
        "le certificat de {target} n’est pas valable : {said}",
        _HUB_FR,
        "the certificate of {target} isn't valid: {said}",
        _HUB_EN,
    ),
    "tls-changed": Words(
        "le certificat servi à {target} n’est pas celui du fichier tls_certificate",
        "relancer le point d’échange, qui prend alors le nouveau fichier",
        "the certificate served at {target} isn't the one in the file tls_certificate",
        "start the hub again; it then takes the new file",
    ),
    "tls-none": Words(
        "ce qui écoute à {target} ne parle pas TLS",
        "vérifier le port ; l’adresse promet TLS, rien n’est donc envoyé",
        "what listens at {target} doesn't speak TLS",
        "check the port; the address promises TLS, so that nothing is sent",
    ),
    "tls-missing": Words(
        "le point d’échange {target} n’offre pas TLS, l’adresse tls:// l’exige : rien n’est envoyé",
        "demander le port TLS à l’exploitant ; nats:// seulement sur un réseau sûr",
        "the hub {target} offers no TLS and the address tls:// demands it: nothing is sent",
        "ask the hub's operator for the TLS port; nats:// on a safe network only",
    ),
    "tls-handshake": Words(
        "la négociation TLS avec {target} échoue ({said})",
        _HUB_FR,
        "the TLS handshake with {target} fails ({said})",
        _HUB_EN,
    ),
    "tls-cut": Words(
        "la liaison avec {target} est coupée pendant la négociation TLS",
        "un filtrage du réseau la coupe sans doute : faire excepter {host}, ou essayer wss:// "
        "sur 443",
        "the connection to {target} is cut during the TLS handshake",
        "the network's filter probably cuts it: have {host} excepted, or try wss:// on 443",
    ),
    # the hub
    "ws-status": Words(
        "{target} répond HTTP {status} au lieu d’ouvrir le WebSocket",
        "vérifier l’adresse et son chemin ; un serveur mandataire devant le point d’échange ou un "
        "filtrage refuse le WebSocket",
        "{target} answers HTTP {status} instead of opening the WebSocket",
        "check the address and its path; a reverse proxy before the hub or a filter refuses "
        "WebSocket",
    ),
    "not-a-hub": Words(
        "ce qui répond à {target} n’est pas un point d’échange",
        "vérifier adresse et port ; un port wss s’écrit wss://",
        "what answers at {target} is no hub",
        "check address and port; a wss port is written wss://",
    ),
    "hub-silent": Words(
        "la connexion avec {target} s’ouvre, mais aucun point d’échange n’y parle",
        "vérifier le port : un port TLS ou wss s’écrit tls:// ou wss://",
        "the connection to {target} opens, but no hub speaks there",
        "check the port: a wss port is written wss://",
    ),
    "hub-drops": Words(
        "{target} coupe la connexion avant que le point d’échange ait répondu",
        "le point d’échange redémarre peut-être ; sinon un filtrage du réseau coupe",
        "{target} cuts the connection before the hub has answered",
        "the hub may be restarting; else a filter of the network cuts it",
    ),
    "not-enrolled": Words(
        "le point d’échange {target} ne connaît pas la clé de ce nœud (Authorization Violation)",
        "remettre enrolment.json à son exploitant (maillage hub add)",
        "the hub {target} doesn't know this node's key (Authorization Violation)",
        "hand enrolment.json to the hub's operator (maillage hub add)",
    ),
    "hub-refused": Words(
        "le point d’échange {target} refuse : {said}",
        _HUB_FR,
        "the hub {target} refuses: {said}",
        _HUB_EN,
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason, with its facts.

    Attributes:
        code: Of `FAULTS`.
        facts: What its sentences name; values as shown.
    """

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def told(self, lang: Literal["fr", "en"] = "en") -> str:
        """The sentence."""
        words = FAULTS[self.code]
        return fill(words.french if lang == "fr" else words.english, self.facts)

    def remedy(self, lang: Literal["fr", "en"] = "en") -> str:
        """What to do."""
        words = FAULTS[self.code]
        return fill(words.french_remedy if lang == "fr" else words.english_remedy, self.facts)

    def to_json(self) -> dict[str, object]:
        """As kept for other processes: `code` and `facts`."""
        return {"code": self.code, "facts": dict(self.facts)}


def fill(text: str, facts: Mapping[str, str]) -> str:
    """A sentence with its facts, each as `shown`; a missing one as a question mark."""
    return text.format_map(_Shown(facts))


class _Shown(dict[str, str]):
    """Facts as they stand in a sentence."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        super().__init__({name: shown(value) for name, value in facts.items()})

    def __missing__(self, key: str) -> str:
        return "?"


def shown(text: str) -> str:
    """A fact as it may be shown: printable, on one line, not longer than `FACT_MAX`."""
    plain = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(plain.split())[:FACT_MAX]


def read_fault(found: object) -> Fault | None:
    """A fault as `Fault.to_json` wrote it; None for anything else."""
    if not isinstance(found, dict) or not isinstance(found.get("facts"), dict):
        return None
    code, facts = found.get("code"), found["facts"]
    if not isinstance(code, str) or code not in FAULTS:
        return None
    return Fault(code, {str(name): str(value) for name, value in facts.items()})
