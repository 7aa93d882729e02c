"""Schemas that a body of this node makes for itself: added, kept, offered to its hubs.

They are pinned: by their name they mean this document here, whatever another member sends under
the same name. They travel like the program's: the first publication brings them to the hub, where
whoever has never seen them fetches them by digest.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from federation.errors import MalformedError, StateError, UnknownError
from node.documents import keep, learn, touch
from schemas.adding import Judgement, judge
from schemas.catalogue import bundled
from schemas.model import Schema, SchemaFault, parse_schema

if TYPE_CHECKING:
    from node.node import Node


@dataclass(frozen=True, slots=True)
class Added:
    """A schema that was added.

    Attributes:
        schema: The schema.
        judgement: What was found of it.
        participant: In whose name it is brought to hubs.
    """

    schema: Schema
    judgement: Judgement
    participant: str


def read_schema(document: bytes) -> Schema:
    """A schema document that somebody wrote by hand.

    Raises:
        MalformedError: `schema-document`: where it fails.
    """
    try:
        return parse_schema(document)
    except SchemaFault as fault:
        raise MalformedError(
            str(fault),
            code="schema-document",
            remedy="correct the file; maillage schema show projets --json is a whole one, "
            "and docs/catalogue/README.md says what each part is for",
        ) from fault


def add_schema(node: "Node", document: bytes, participant: str | None = None) -> Added:
    """Add a schema to those that may be published by name here.

    Args:
        node: Opened.
        document: Of the schema.
        participant: In whose name it is brought to hubs; None for the only one hosted.

    Raises:
        MalformedError: `schema-document`.
        StateError: `schema-name`: the program has one of this name; `schema-version`: another or
            a newer document has this version; `schema-compatible`: it doesn't keep what it claims.
        UnknownError: `participant`.
        StoreError: Nothing was stored.
    """
    schema = read_schema(document)
    body = _body(node, participant)
    found = judge(schema, bundled(), node.publisher.schemas(), node.knowledge.catalogue)
    if found.refusal is not None:
        raise _refused(schema, found)
    keep(node.store, "schema", body, schema.document, pinned=True)
    learn(node.knowledge, "schema", schema.document, pin=True)
    touch(node.store)
    return Added(schema, found, body)


def _body(node: "Node", participant: str | None) -> str:
    if participant is None and len(node.participants) == 1:
        return node.participants[0]
    if participant not in node.participants:
        raise UnknownError(
            f"{participant} isn't hosted on this node" if participant else "several are hosted",
            code="participant",
            remedy=f"--participant, one of: {', '.join(node.participants)[:300]}",
        )
    return participant


def _refused(schema: Schema, found: Judgement) -> StateError:
    name, version = schema.name, schema.version
    if found.refusal == "schema-name":
        return StateError(
            f"{name} is a schema of the program's own",
            code="schema-name",
            remedy="give it another name, such as one that begins with your commune's",
        )
    if found.refusal == "schema-version":
        return StateError(
            f"{name} is held in version {found.detail}; this document says {version}",
            code="schema-version",
            remedy=f"a version is never changed: give this one a number above {found.detail}",
        )
    return StateError(
        f"{name} {version}: {found.detail}",
        code="schema-compatible",
        remedy="say compatible: none in the maillage object if this is meant, or undo it; "
        "maillage schema diff shows all that changed",
    )
