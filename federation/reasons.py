# ruff: noqa: E501 - a table reads best with a row a line
"""Verdicts and reason codes: every way in which a publication can end (docs/wire.md, section 6).

| verdict | when | what follows |
|---|---|---|
| accepted | all steps hold | stored, counted in the receipt |
| refused | a fault that the signed bytes themselves prove | reason in the receipt; evidence kept |
| held | something is missing | bounded per carrier, asked for, tried again; never in a receipt's head |
| transport-fault | bad before the signature held, or body is not the signed one | charged to the carrier |
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """How a publication ended at one receiver."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    HELD = "held"
    TRANSPORT_FAULT = "transport-fault"


@dataclass(frozen=True, slots=True)
class Reason:
    """A documented way to end.

    Attributes:
        code: Stable, in kebab-case.
        step: Number of the verification step that finds it.
        verdict: What it leads to.
        meaning: For people.
        remedy: Who does what.
    """

    code: str
    step: int
    verdict: Verdict
    meaning: str
    remedy: str


STEPS: Final = {
    1: "sizes",
    2: "JWS form",
    3: "wire version",
    4: "known key",
    5: "signature",
    6: "manifest",
    7: "key good for this head",
    8: "publisher may speak for owner",
    9: "dataset agrees",
    10: "schema and charter known by digest",
    11: "content digest",
    12: "chain position",
    13: "decode",
    14: "validate",
    15: "sharing allowed here",
}
"""The numbered list. Code, documents and vectors carry these numbers."""

_T, _R, _H = Verdict.TRANSPORT_FAULT, Verdict.REFUSED, Verdict.HELD
_CARRIER: Final = "the carrier sends it again as it was signed"
_OWNER: Final = "the publisher mends its data and publishes anew"

_ALL: Final = (
    Reason("size", 1, _T, "larger than the wire allows", _CARRIER),
    Reason("subject", 1, _T, "the subject is not one of the wire", _CARRIER),
    Reason("part", 1, _T, "the part header is malformed", _CARRIER),
    Reason("manifest-missing", 1, _T, "no manifest travels with the message", _CARRIER),
    Reason("jws-form", 2, _T, "not a compact JWS of strict form", _CARRIER),
    Reason("base64url", 2, _T, "a segment is not in its one spelling", _CARRIER),
    Reason("jws-header", 2, _T, "the protected header is not the one that the wire has", _CARRIER),
    Reason("json", 2, _T, "the protected header is not JSON", _CARRIER),
    Reason("json-duplicate-key", 2, _T, "the protected header has a key twice", _CARRIER),
    Reason("json-number", 2, _T, "the protected header has a number that is not whole", _CARRIER),
    Reason(
        "wire-version-unsupported",
        3,
        _H,
        "a wire version that this node doesn't speak",
        "bring this node up to date",
    ),
    Reason(
        "key-unknown",
        4,
        _H,
        "no known identity has this key",
        "the publisher's identity is asked for",
    ),
    Reason("signature", 5, _T, "the signature doesn't hold", _CARRIER),
    Reason(
        "manifest",
        6,
        _R,
        "what was signed is not a manifest",
        "the publisher brings its node up to date",
    ),
    Reason(
        "key-revoked",
        7,
        _R,
        "the key was revoked before this publication",
        "the publisher signs with its new key",
    ),
    Reason(
        "publisher-mismatch", 8, _R, "the key belongs to another than the publisher named", _OWNER
    ),
    Reason(
        "publisher-not-owner",
        8,
        _R,
        "published for another without a mandate",
        "the owner gives a mandate",
    ),
    Reason(
        "mandate-unknown", 8, _H, "the mandate named is not known here", "the mandate is asked for"
    ),
    Reason("subject-mismatch", 9, _T, "sent under a subject that is not the dataset's", _CARRIER),
    Reason("dataset-schema", 9, _R, "the dataset's name and the schema's name differ", _OWNER),
    Reason(
        "schema-unknown",
        10,
        _H,
        "the schema is not known here",
        "the schema is asked for by digest",
    ),
    Reason(
        "schema-mismatch", 10, _R, "the schema with this digest has another name or version", _OWNER
    ),
    Reason("mode-kind", 10, _R, "the mode doesn't fit the schema's kind", _OWNER),
    Reason(
        "part-missing",
        11,
        _H,
        "not all parts of the content are here yet",
        "the other parts are awaited, then asked for",
    ),
    Reason("content-digest", 11, _T, "the body is not the one that was signed", _CARRIER),
    Reason("content-unexpected", 11, _T, "a body where none was signed", _CARRIER),
    Reason(
        "replayed",
        12,
        _T,
        "this very publication has been decided on already",
        "nothing: it is counted once",
    ),
    Reason(
        "predecessor-missing", 12, _H, "a publication before this one is missing", "it is asked for"
    ),
    Reason(
        "fork",
        12,
        _R,
        "another publication was signed for the same place in the chain",
        "the owner says which one holds",
    ),
    Reason(
        "chain-broken",
        12,
        _R,
        "it names another predecessor than the one signed before",
        "the owner says which one holds",
    ),
    Reason(
        "epoch-abandoned",
        12,
        _R,
        "the owner gave up this epoch",
        "the publisher publishes in the new epoch",
    ),
    Reason("content-frame", 13, _R, "the content is not one zstd frame within bounds", _OWNER),
    Reason("content-size", 13, _R, "the content's size is not the one stated", _OWNER),
    Reason("content-arrow", 13, _R, "the content is not an Arrow stream", _OWNER),
    Reason("content-columns", 13, _R, "the content's columns are not the schema's", _OWNER),
    Reason("rows", 14, _R, "the content has another number of rows than stated", _OWNER),
    Reason("period", 14, _R, "a row lies outside the period stated", _OWNER),
    Reason(
        "schema-change",
        14,
        _R,
        "the version of the schema has another key, time, place or window than the rows before",
        "the publisher withdraws the dataset first, or publishes another one",
    ),
    Reason("invalid", 14, _R, "a row breaks a rule of the schema", _OWNER),
    Reason("place", 14, _R, "a row belongs to a place that the publisher doesn't cover", _OWNER),
    Reason(
        "result",
        14,
        _R,
        "the table that results is not the one signed",
        "the publisher sends a snapshot",
    ),
    Reason(
        "table-missing",
        14,
        _R,
        "a change to a table of which no snapshot was sent",
        "the publisher sends a snapshot",
    ),
    Reason(
        "composition", 14, _R, "what the composition says of itself doesn't fit its rows", _OWNER
    ),
    Reason(
        "receiver-stopped",
        14,
        _R,
        "decoding or checking it stops this receiver; set aside as evidence",
        "the receiver's operator reports it",
    ),
    Reason(
        "sharing",
        15,
        _R,
        "the sharing level doesn't allow these rows here",
        "the owner publishes at another level",
    ),
    Reason(
        "secrecy",
        15,
        _R,
        "rows about too few units to be shared otherwise than as totals",
        "the owner joins such rows together, or shares totals only",
    ),
    Reason(
        "charter-ended",
        15,
        _R,
        "the charter had ended when this was published",
        "the members agree on a new charter, or the owner publishes at another level",
    ),
    Reason(
        "charter-unknown", 10, _H, "the charter named is not known here", "the charter is asked for"
    ),
    Reason(
        "encryption-unsupported",
        10,
        _H,
        "encrypted in a way that this node can't read",
        "bring this node up to date",
    ),
)

REASONS: Final = {reason.code: reason for reason in _ALL}
"""Every reason by code."""

assert len(REASONS) == len(_ALL)
