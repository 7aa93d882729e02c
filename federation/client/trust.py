"""Whom a client believes: the charters and identities whose digests the analyst pinned.

The node hands out the documents and has no say in which count: a charter is that of the digest
pinned or nothing, and every member's identity is the one that the charter names.
"""

import re
from collections.abc import Iterable
from typing import Final

from federation.charter import MAX_BYTES as CHARTER_MAX_BYTES
from federation.charter import TYP as CHARTER_TYP
from federation.charter import Charter, read_charter
from federation.client.cache import Cache
from federation.client.http import Http
from federation.errors import MaillageError, MalformedError, TrustError, UnknownError
from federation.identity import KnownIdentity, first_identity
from federation.jose import parse_general
from federation.knowledge import Knowledge
from federation.limits import DOCUMENT_MAX_BYTES

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
CHARTERS: Final = "charters"
IDENTITIES: Final = "identities"


class Trusted(Knowledge):
    """What a client knows. It receives as a reader of a member, not as a member."""

    def may_receive(self, charter: str, publisher: str) -> bool:
        """Whether the publisher is a member of a charter that was pinned.

        The node that answers is the one that must keep the rows from whom they aren't for.
        """
        known = self.charters.get(charter)
        return known is not None and publisher in known.members


def pins_of(trust: Iterable[str]) -> tuple[str, ...]:
    """The digests pinned, each once.

    Raises:
        MalformedError: `trust`: none, or one that is no digest.
    """
    found = tuple(dict.fromkeys(one.strip().lower() for one in trust))
    wrong = [one for one in found if _DIGEST.fullmatch(one) is None]
    if wrong or not found:
        told = f"{wrong[0][:80]!r} is no digest" if wrong else "nothing is pinned"
        raise MalformedError(
            told,
            code="trust",
            remedy="give the digest (64 hex digits) of the charter, from the council's decision "
            "or another source than the node itself",
        )
    return found


def establish(pins: Iterable[str], http: Http, cache: Cache) -> Trusted:
    """Fetch what was pinned, and verify it.

    Args:
        pins: Digests of charters, or of first identity documents.
        http: The node that hands documents out.
        cache: Where they are kept.

    Returns:
        Charters in force with their members. A pinned identity counts once its document comes
        with a bundle.

    Raises:
        TrustError: `charter-other`, `charter-identity`, `charter-signature`, `charter-version`,
            `identity-…`: what the node handed out isn't what was pinned.
        MaillageError: The node can't be reached, or refuses.
    """
    trusted = Trusted()
    for pin in pins:
        document = cache.document(CHARTERS, pin) or _charter(pin, http)
        if document is None:
            trusted.pin(pin)
            continue
        jws = parse_general(document, CHARTER_TYP, max_bytes=CHARTER_MAX_BYTES)
        if jws.digest != pin:
            raise TrustError(
                f"{http.url} answers {pin[:16]}… with another charter, {jws.digest[:16]}…",
                code="charter-other",
                remedy="don't use this node; compare the digest with its source",
            )
        charter = Charter.read(jws.payload)
        members = {
            one.identity: _identity(one.participant, one.identity, http, cache)
            for one in charter.members
        }
        read_charter(document, members)  # says why, where it doesn't hold
        for known in members.values():
            trusted.learn_identity(known.document)
            cache.keep_document(IDENTITIES, known.digest, known.document)
        cache.keep_document(CHARTERS, pin, document)
        trusted.pin_charter(pin)
        trusted.learn_charter(document, pin)
    return trusted


def _charter(pin: str, http: Http) -> bytes | None:
    """The charter of a digest; None if the node knows none, as when an identity is meant."""
    try:
        return http.get(f"/api/v1/charters/{pin}", max_bytes=CHARTER_MAX_BYTES)
    except UnknownError:
        return None


def _identity(participant: str, digest: str, http: Http, cache: Cache) -> KnownIdentity:
    document = cache.document(IDENTITIES, digest)
    if document is None:
        document = http.get(f"/api/v1/identities/{participant}", max_bytes=DOCUMENT_MAX_BYTES)
    try:
        known = first_identity(document)
    except MaillageError as error:
        raise TrustError(f"{participant}: {error}"[:300], code=error.code) from error
    if known.digest != digest:
        raise TrustError(
            f"{http.url} has another identity of {participant} than the charter names",
            code="charter-identity",
            remedy="don't use this node; ask another member",
        )
    return known
