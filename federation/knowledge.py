"""What a receiver knows: identities, charters, schemas. A `federation.verify.Trust`.

A charter counts only when the receiver's operator pinned its digest; an identity only when such a
charter pins it, when it is the receiver's own, or when the operator pinned it by hand: a document
that merely arrived speaks for nobody.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from threading import RLock
from typing import Final

from federation.charter import MAX_BYTES as CHARTER_MAX_BYTES
from federation.charter import TYP as CHARTER_TYP
from federation.charter import Charter, KnownCharter, read_charter
from federation.charter_end import Ending, KnownEnd, ending_of, peek, read_end
from federation.errors import MaillageError, UnknownError
from federation.identity import KnownIdentity, first_identity
from federation.jose import parse_general
from federation.model import Position
from federation.verify import KeyRecord
from schemas.catalogue import Catalogue, bundled
from schemas.model import Schema, parse_schema

ENDS_WAITING_MAX: Final = 1_000
"""Ends of charters not known yet: kept in memory only, as anybody can sign one."""

DIGEST_MIN_CHARS: Final = 8
"""Digits of a digest by which a person may name a charter."""


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
        self._ends: Final[defaultdict[str, dict[str, KnownEnd]]] = defaultdict(dict)
        self._ends_waiting: Final[OrderedDict[str, tuple[str, bytes]]] = OrderedDict()
        self._for_others: Final[set[str]] = set()
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

    def charter_ended(self, charter: str, publisher: str, issued_us: int) -> str:
        """Why what the publisher issued then isn't shared here under the charter; else ""."""
        ending = self.ending(charter, publisher)
        return ending.text() if ending is not None and issued_us >= ending.at_us else ""

    # -- charters ------------------------------------------------------------------------------

    def ending(self, charter: str, publisher: str, *, sending: bool = False) -> Ending | None:
        """When a charter ends between a publisher and this node; None while it has no end.

        Args:
            charter: Digest.
            publisher: Member that publishes.
            sending: It publishes from here: towards all other members.
        """
        known = self._charters.get(charter)
        if known is None:
            return None
        others = set(known.members) - {publisher}
        receivers = others if sending else self.hosted & set(known.members)
        with self._lock:
            ends = list(self._ends[charter].values())
        return ending_of(known, ends, publisher, receivers)

    def ends_of(self, charter: str) -> list[KnownEnd]:
        """The ends of a charter on its members' word, the earliest first."""
        with self._lock:
            found = list(self._ends[charter].values())
        return sorted(found, key=lambda one: (one.ends_us, one.digest))

    def charters_with_ends(self) -> list[str]:
        """Digests of the charters that a member has ended."""
        with self._lock:
            return [digest for digest, ends in self._ends.items() if ends]

    def charter_named(self, text: str) -> KnownCharter:
        """A charter in force by its digest, the beginning of it (from 8 digits), or its name.

        Raises:
            UnknownError: `charter`: none or more than one is meant.
        """
        found = [
            one
            for digest, one in self._charters.items()
            if one.charter.charter == text
            or (len(text) >= DIGEST_MIN_CHARS and digest.startswith(text.lower()))
        ]
        if len(found) != 1:
            known = ", ".join(
                f"{one.charter.charter} ({d[:12]})" for d, one in self.charters.items()
            )
            told = "no charter accepted here is" if not found else "several charters are"
            raise UnknownError(
                f"{told} called {text[:80]!r}",
                code="charter",
                remedy=f"name one by its digest: {known or 'none is accepted here'}"[:400],
            )
        return found[0]

    def charters_of(self, participant: str) -> list[KnownCharter]:
        """The charters in force of which a participant is a member, by digest."""
        found = [one for one in self.charters.values() if participant in one.members]
        return sorted(found, key=lambda one: one.digest)

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

    def is_pinned(self, digest: str) -> bool:
        """Whether this identity was pinned by hand."""
        return digest in self._pins

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
            learned = self._retry_charters()
            if digest not in self._charters and self._names_others_only(document, digest):
                self._for_others.add(digest)
                learned.append(digest)
            return learned

    def learn_end(self, document: bytes) -> list[str]:
        """Take in the end of a charter on a member's word; it counts once the charter is known.

        Returns:
            The charter's digest, if this end is new.

        Raises:
            MaillageError: It isn't one, or not by a member's key.
        """
        with self._lock:
            said, digest = peek(document)
            known = self._charters.get(said.charter)
            if known is None:
                self._ends_waiting[digest] = (said.charter, document)
                if len(self._ends_waiting) > ENDS_WAITING_MAX:
                    self._ends_waiting.popitem(last=False)  # the hub keeps it
                return []
            if digest in self._ends[said.charter]:
                return []
            member = known.members.get(said.member)
            identity = None if member is None else self._identities.get(member.identity)
            self._ends[said.charter][digest] = read_end(document, known, identity)
            self.version += 1
            return [said.charter]

    def excludes(self, digest: str) -> bool:
        """Whether a charter that doesn't count here names nobody of this node as its member.

        Nobody's word is needed for that: the digest binds the list, whoever signed it. What is
        shared under it is for others, and isn't waited for.
        """
        return digest in self._for_others and digest not in self._charter_pins

    def _names_others_only(self, document: bytes, digest: str) -> bool:
        with suppress(MaillageError):
            jws = parse_general(document, CHARTER_TYP, max_bytes=CHARTER_MAX_BYTES)
            if jws.digest == digest:
                members = {one.participant for one in Charter.read(jws.payload).members}
                return bool(self.hosted) and not members & self.hosted
        return False

    def learn_schema(self, document: bytes, *, pin: bool = False) -> list[str]:
        """Take in a schema.

        Args:
            document: Its bytes.
            pin: It was added here: by its name it goes before what others send.

        Returns:
            Its digest.

        Raises:
            SchemaFault: It isn't one.
        """
        with self._lock:
            schema = parse_schema(document)
            self.catalogue = self.catalogue.with_schema(schema, pinned=pin)
            self.version += 1
            return [schema.digest]

    def has_identity(self, digest: str) -> bool:
        """Whether an identity document is here, trusted or not."""
        return digest in self._identities

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
            self._retry_ends(known.digest)
        return learned

    def _retry_ends(self, charter: str) -> None:
        for digest, (named, document) in list(self._ends_waiting.items()):
            if named == charter:
                del self._ends_waiting[digest]
                with suppress(MaillageError):
                    self.learn_end(document)

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
