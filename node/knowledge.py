"""What a receiver knows: identities, charters, schemas. The node's `federation.verify.Trust`.

A charter counts only when the operator pinned its digest; an identity only when such a charter
pins it, when it is this node's own, or when the operator pinned it by hand: a document that
merely arrived speaks for nobody.
"""

from collections.abc import Iterable
from threading import RLock
from typing import Final

from federation.charter import KnownCharter, read_charter
from federation.errors import MaillageError
from federation.identity import KnownIdentity, first_identity
from federation.model import Position
from federation.verify import KeyRecord
from schemas.catalogue import Catalogue, bundled
from schemas.model import Schema, SchemaFault, parse_schema


class Knowledge:
    """Identities, charters and schemas by digest; keys by thumbprint.

    Attributes:
        version: Counts what was learned; what was opened under an older one may be opened anew.
    """

    def __init__(self, hosted: Iterable[str] = ()) -> None:
        """Start with the bundled schemas.

        Args:
            hosted: Participants of this node, which receive what their charters share.
        """
        self.catalogue: Catalogue = bundled()
        self.hosted: Final = frozenset(hosted)
        self._identities: Final[dict[str, KnownIdentity]] = {}
        self._trusted: Final[dict[str, KnownIdentity]] = {}
        self._keys: Final[dict[str, KeyRecord]] = {}
        self._charters: Final[dict[str, KnownCharter]] = {}
        self._pending: Final[dict[str, bytes]] = {}
        self._pins: Final[set[str]] = set()
        self._charter_pins: Final[set[str]] = set()
        self.version = 0
        self._lock: Final = RLock()  # documents come from several threads at once

    # -- federation.verify.Trust ---------------------------------------------------------------

    def key(self, kid: str) -> KeyRecord | None:
        """The key with this thumbprint, if a trusted identity has it."""
        return self._keys.get(kid)

    def schema(self, digest: str) -> Schema | None:
        """The schema whose bytes have this digest."""
        return self.catalogue.by_digest(digest)

    def knows_charter(self, digest: str) -> bool:
        """Whether this charter is known here."""
        return digest in self._charters

    def may_receive(self, charter: str, publisher: str) -> bool:
        """Whether a participant of this node and the publisher are members of the charter."""
        known = self._charters.get(charter)
        if known is None:
            return False
        members = set(known.members)
        return publisher in members and bool(self.hosted & members)

    # -- learning ------------------------------------------------------------------------------

    def learn_identity(self, document: bytes, *, pin: bool = False) -> list[str]:
        """Take in an identity document.

        Args:
            document: General JWS.
            pin: Trust it whatever charters say: this node's own, or pinned by the operator.

        Returns:
            Names that became known: its digest and, once it is trusted, its keys' thumbprints.

        Raises:
            MaillageError: It isn't a valid first identity document.
        """
        with self._lock:
            known = first_identity(document)
            self._identities[known.digest] = known
            self.version += 1
            if pin:
                self._pins.add(known.digest)
            learned = [known.digest]
            if known.digest in self._pins:
                learned += self._trust(known)
            return learned + self._retry_charters()

    def pin(self, digest: str) -> list[str]:
        """Trust the identity with this digest, now or once it arrives."""
        with self._lock:
            self._pins.add(digest)
            self.version += 1
            known = self._identities.get(digest)
            return [] if known is None else self._trust(known)

    def pin_charter(self, digest: str) -> list[str]:
        """Trust the charter with this digest, now or once it arrives: the operator's decision."""
        with self._lock:
            self._charter_pins.add(digest)
            self.version += 1
            return self._retry_charters()

    def learn_charter(self, document: bytes, digest: str) -> list[str]:
        """Take in a charter. It counts once it is pinned and the identities that it names are here.

        Returns:
            Names that became known.
        """
        with self._lock:
            self._pending[digest] = document
            self.version += 1
            return self._retry_charters()

    def learn_schema(self, document: bytes) -> list[str]:
        """Take in a schema.

        Returns:
            Its digest.

        Raises:
            SchemaFault: It isn't one.
        """
        with self._lock:
            schema = parse_schema(document)
            self.catalogue = self.catalogue.with_schema(schema)
            self.version += 1
            return [schema.digest]

    def identity_of(self, participant: str) -> KnownIdentity | None:
        """A participant's trusted identity."""
        return self._trusted.get(participant)

    @property
    def trusted(self) -> dict[str, KnownIdentity]:
        """Trusted identities by participant."""
        return dict(self._trusted)

    @property
    def charters(self) -> dict[str, KnownCharter]:
        """Charters in force by digest."""
        return dict(self._charters)

    def members(self) -> frozenset[str]:
        """Everybody who is a member of some charter known here."""
        return frozenset(name for known in self._charters.values() for name in known.members)

    def _retry_charters(self) -> list[str]:
        learned: list[str] = []
        for digest, document in list(self._pending.items()):
            if digest not in self._charter_pins:
                continue  # anybody can found one; which counts here is the operator's word
            try:
                known = read_charter(document, self._identities)
            except MaillageError as error:
                if error.code != "charter-identity":
                    del self._pending[digest]
                continue
            del self._pending[digest]
            self._charters[known.digest] = known
            learned.append(known.digest)
            for member in known.charter.members:
                learned += self._trust(self._identities[member.identity])
        return learned

    def _trust(self, known: KnownIdentity) -> list[str]:
        identity = known.identity
        self._trusted.setdefault(identity.participant, known)
        if self._trusted[identity.participant].digest != known.digest:
            return []  # a second first document of one participant: the one trusted first stays
        learned = []
        custodian = identity.custodian.name
        for kid, key in known.public_keys.items():
            until: dict[str, Position] | None = None
            if kid in known.revoked:
                until = dict(known.revoked[kid])
            self._keys[kid] = KeyRecord(identity.participant, key, custodian, until)
            learned.append(kid)
        return learned


__all__ = ["Knowledge", "SchemaFault"]
