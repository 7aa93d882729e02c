"""Signed documents as they are: charters and identities."""

from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from federation.errors import UnknownError
from node.web.api.endpoint import Answer, Asked, DigestText, Endpoint, ParticipantText
from node.web.keys import NODE
from node.web.requests import conditional

MEDIA: Final = "application/jose+json"
"""A general JWS (RFC 7515, section 9.2)."""


class CharterAsked(Asked):
    """Which charter."""

    digest: DigestText


class IdentityAsked(Asked):
    """Whose identity."""

    participant: ParticipantText


async def _charter(request: web.Request, asked: CharterAsked) -> web.StreamResponse:
    found = request.app[NODE].knowledge.charters.get(asked.digest)
    if found is None:
        raise UnknownError(
            f"no charter {asked.digest} is in force here",
            code="charter",
            remedy="the operator's setting charters says which count",
        )
    return conditional(request, found.document, MEDIA, tag=found.digest)


async def _identity(request: web.Request, asked: IdentityAsked) -> web.StreamResponse:
    found = request.app[NODE].knowledge.identity_of(asked.participant)
    if found is None:
        raise UnknownError(
            f"the identity of {asked.participant} isn't known here",
            code="identity",
            remedy="those count that a charter in force pins, and this node's own",
        )
    return conditional(
        request, found.document, MEDIA, tag=found.digest, headers={"Maillage-Digest": found.digest}
    )


_SIGNED: Final = Answer(
    MEDIA,
    schema={
        "type": "object",
        "required": ["payload", "signatures"],
        "properties": {"payload": {"type": "string"}, "signatures": {"type": "array"}},
    },
    example={"payload": "eyJ3aXJlIjoxfQ", "signatures": []},
)

ENDPOINTS: Final[tuple[Endpoint[Any], ...]] = (
    Endpoint(
        path="/api/v1/charters/{digest}",
        name="getCharter",
        tag="Documents",
        summary="A sharing agreement in force here, as it was signed",
        handler=_charter,
        asked=CharterAsked,
        answers=(_SIGNED,),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND,),
    ),
    Endpoint(
        path="/api/v1/identities/{participant}",
        name="getIdentity",
        tag="Documents",
        summary="The identity of a body that is trusted here, as it was signed",
        description="Compare its digest with the body by another way before relying on it.",
        handler=_identity,
        asked=IdentityAsked,
        answers=(_SIGNED,),
        scope=None,
        problems=(HTTPStatus.NOT_FOUND,),
        headers={"Maillage-Digest": "what a charter pins: SHA-256 of the document's payload"},
    ),
)
