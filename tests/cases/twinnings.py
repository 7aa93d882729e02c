"""Charters that end: at their date, on one side's word, and what still passes (step 15)."""

from collections.abc import Iterator
from functools import cache

from federation.author import draft_bare
from federation.jose import parse_general
from federation.manifest import Sharing
from tests.cases.kit import KNOWN, Case, message
from tests.world import (
    ARVIEU,
    ENDS,
    EPCI,
    TWIN,
    Made,
    counts_draft,
    documents,
    made,
    schema,
)

IDENTITIES = (*KNOWN, f"identity-{TWIN}-1.json")
DATED, PAIR, TRIO = (f"charter-jumelage{kind}-1.json" for kind in ("-date", "", "-trois"))
WORD, LATER = "end-jumelage-twin.json", "end-jumelage-twin-later.json"
FORGED, STRANGER = "end-jumelage-forged.json", "end-jumelage-stranger.json"
LEAVING = "end-jumelage-trois-twin.json"


@cache
def _sharing(charter: str) -> Sharing:
    document = documents()[charter]
    digest = parse_general(document, "maillage-charter+jws", max_bytes=len(document)).digest
    return Sharing(level="federation", charter=digest)


def _shared(charter: str, owner: str = ARVIEU, issued: str | None = None) -> Made:
    draft = counts_draft(dataset=f"{owner}/comptage-mobilites", sharing=_sharing(charter))
    one = made(draft)
    return one if issued is None else one.changed(issued=issued)


def _case(
    name: str,
    what: str,
    one: Made,
    *documents_: str,
    receiver: str = TWIN,
    reason: str | None = None,
) -> Case:
    trust = tuple(dict.fromkeys((*IDENTITIES, *documents_)))
    return Case(name, what, (message(one),), reason, trust, receiver=receiver)


def _withdrawal(charter: str) -> tuple[Made, Made]:
    """A publication under a charter, and the withdrawal of its dataset, issued at the end."""
    first = _shared(charter)
    draft = draft_bare(
        schema("comptage-mobilites"),
        f"{ARVIEU}/comptage-mobilites",
        "withdraw",
        sharing=_sharing(charter),
        origin="own",
        licence="etalab-2.0",
    )
    return first, made(draft, first.position()).changed(issued=ENDS)


def good_twinnings() -> Iterator[Case]:
    """What passes although a charter ends, has ended for others, or is said to have."""
    one = _shared(DATED)
    yield _case("twin-before-date", "Issued one second before the charter's date.", one, DATED)
    one = _shared(PAIR, TWIN)
    yield _case(
        "twin-before-word",
        "Issued one second before the end on a member's word; the other direction.",
        one,
        PAIR,
        WORD,
        receiver=ARVIEU,
    )
    first, gone = _withdrawal(PAIR)
    yield Case(
        "twin-withdrawal",
        "The withdrawal of a whole dataset is taken after the end, too: it gives nothing.",
        (message(gone),),
        trust=(*IDENTITIES, PAIR, WORD),
        head=first.position(),
        receiver=TWIN,
    )
    one = _shared(PAIR, issued="2026-03-21T00:00:00Z")
    yield _case("twin-forged-end", "An end signed by another key.", one, PAIR, FORGED)
    yield _case("twin-stranger-end", "An end by somebody who is no member.", one, PAIR, STRANGER)
    one = _shared(TRIO, issued=ENDS)
    yield _case(
        "twin-three-others",
        "Of three members one has left: the others go on.",
        one,
        TRIO,
        LEAVING,
        receiver=EPCI,
    )


def bad_twinnings() -> Iterator[Case]:
    """What has ended."""
    ended = "charter-ended"
    one = _shared(DATED, issued=ENDS)
    yield _case("twin-at-date", "Issued at the charter's date.", one, DATED, reason=ended)
    one = _shared(PAIR, issued=ENDS)
    yield _case(
        "twin-at-word", "Issued at the end on the receiver's word.", one, PAIR, WORD, reason=ended
    )
    yield _case(
        "twin-at-word-later",
        "Of two ends by one member the earlier counts.",
        one,
        PAIR,
        WORD,
        LATER,
        reason=ended,
    )
    one = _shared(PAIR, TWIN, ENDS)
    yield _case(
        "twin-at-own-word",
        "Of two members, the word of the publisher ends it as well.",
        one,
        PAIR,
        WORD,
        receiver=ARVIEU,
        reason=ended,
    )
    one = _shared(TRIO, TWIN, ENDS)
    yield _case(
        "twin-three-from-leaver",
        "Of three members: from who has left.",
        one,
        TRIO,
        LEAVING,
        receiver=EPCI,
        reason=ended,
    )
    one = _shared(TRIO, issued=ENDS)
    yield _case(
        "twin-three-to-leaver",
        "Of three members: to who has left.",
        one,
        TRIO,
        LEAVING,
        reason=ended,
    )
