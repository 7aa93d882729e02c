"""Participants with fixed keys, for tests: keys from seeds, documents from few words."""

import hashlib
from typing import Any

from federation.identity import Identity, KnownIdentity, issue_identity, read_identity
from federation.jose import PublicKey, Signer

ARVIEU = "fr-com-12011"
LUZY = "fr-com-58149"
LEVEZOU = "fr-epci-241200765"
ISSUED = "2026-11-23T09:00:00Z"
COUNTS = f"{ARVIEU}/comptage-mobilites"
PROJECTS = f"{ARVIEU}/projets"
SIREN = "211200118"


def digest(name: str) -> str:
    """A digest that nobody has used for anything else."""
    return hashlib.sha256(name.encode()).hexdigest()


def signer(name: str) -> Signer:
    """The key that goes by this name in these tests."""
    return Signer.from_seed(hashlib.sha256(f"seed of {name}".encode()).digest())


def keys(**named: str) -> dict[str, tuple[str, PublicKey]]:
    """What a reader knows: name of a key to its participant."""
    found = {signer(name).public: participant for name, participant in named.items()}
    return {key.kid: (participant, key) for key, participant in found.items()}


def first(participant: str = ARVIEU, *, key: str = "", **changed: Any) -> dict[str, Any]:
    """A first identity's payload, as JSON."""
    name = key or participant
    return {
        "participant": participant,
        "name": f"Mairie de {participant}",
        "version": 1,
        "custodian": {"participant": LEVEZOU, "name": "CC Lévézou-Pareloup"},
        "keys": [{"x": signer(name).public.x}],
        "recovery": {"x": signer(f"{name} recovery").public.x},
        "validFrom": "2026-01-01T00:00:00Z",
        "issued": ISSUED,
    } | changed


def issued(payload: dict[str, Any], *names: str) -> bytes:
    """A payload signed by the keys of these names."""
    return issue_identity(Identity.of(payload), tuple(signer(name) for name in names))


def known(participant: str = ARVIEU, **changed: Any) -> KnownIdentity:
    """A verified first identity."""
    payload = first(participant, **changed)
    return read_identity(issued(payload, participant, f"{participant} recovery"))
