"""Charters on a node: identity files, signing, accepting, ending; and how they are told.

What other machines need is in files and documents; the commands of `maillage charter` and the
pages use what is here.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from federation.charter import KnownCharter
from federation.charter_end import CharterEnd, Ending, LastHead, issue_end
from federation.charter_file import CharterFile
from federation.errors import StateError, TrustError, UnknownError
from federation.identity import KnownIdentity
from federation.jose import Signer
from federation.limits import CHARTER_END_HEADS_MAX
from federation.model import Position, instant_text
from node.documents import keep, learn, touch

if TYPE_CHECKING:
    from node.node import Node

SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US

Tongue = Literal["fr", "en", "de"]
LANGUAGES: Final[tuple[Tongue, ...]] = ("fr", "en", "de")


def identity_of(node: "Node", participant: str | None) -> KnownIdentity:
    """The identity document of a participant of this node.

    Args:
        node: Opened.
        participant: Id; None for the only one hosted.

    Raises:
        UnknownError: `participant`: none or several could be meant.
    """
    if participant is None and len(node.participants) == 1:
        participant = node.participants[0]
    known = node.knowledge.identity_of(participant or "")
    if participant not in node.participants or known is None:
        hosted = ", ".join(node.participants)[:300]
        raise UnknownError(
            f"{participant} isn't hosted on this node" if participant else "several are hosted",
            code="participant",
            remedy=f"--participant, one of: {hosted}",
        )
    return known


def signers_of(node: "Node", file: CharterFile) -> dict[str, Signer]:
    """The keys of this node's participants that are members.

    Raises:
        StateError: `charter-signer`: none of them is.
    """
    found = {name: node.keys.signer(name) for name in file.members() if name in node.participants}
    if not found:
        raise StateError(
            "no participant of this node is a member of this charter",
            code="charter-signer",
            remedy=f"its members are: {', '.join(file.members())}"[:400],
        )
    return found


def accept(node: "Node", file: CharterFile, *, digest: str | None = None) -> KnownCharter:
    """Store a charter that all have signed, and pin it: the operator's decision, kept.

    Args:
        node: Opened; a running one on the same directory takes notice.
        file: With all signatures.
        digest: As the operator got it by another way; needed where no participant of this node
            has signed, as nothing else ties the file to anybody here.

    Raises:
        TrustError: `charter-signature`: somebody hasn't signed; `charter-identity`: another
            identity of a member is trusted here; `charter-digest`.
    """
    known = file.known()
    hosted = [name for name in known.members if name in node.participants]
    if digest is not None and digest.lower() != known.digest:
        raise TrustError(
            f"the file holds the charter {known.digest}, not {digest[:80]}",
            code="charter-digest",
            remedy="ask who sent it; compare the digest by another way",
        )
    if not hosted and digest is None:
        raise TrustError(
            "no participant of this node has signed this charter",
            code="charter-digest",
            remedy=f"compare its digest with a member, then give it: --digest {known.digest}",
        )
    for name, identity in file.members().items():
        trusted = node.knowledge.identity_of(name)
        if trusted is not None and trusted.digest != identity.digest:
            raise TrustError(
                f"another identity of {name} is trusted here ({trusted.digest[:12]}…)",
                code="charter-identity",
                remedy="draft the charter anew with the identity that is in force",
            )
    for name, identity in file.members().items():
        keep(node.store, "identity", name, identity.document, pinned=False)
        learn(node.knowledge, "identity", identity.document)
    keeper = hosted[0] if hosted else next(iter(known.members))
    keep(node.store, "charter", keeper, known.document, pinned=True)
    learn(node.knowledge, "charter", known.document, pin=True)
    touch(node.store)
    return known


@dataclass(frozen=True, slots=True)
class Ended:
    """What ending a charter did.

    Attributes:
        charter: Which.
        member: On whose word.
        at_us: From when on.
        digest: Of the signed document.
        withdrawn: Datasets whose withdrawal was drafted.
    """

    charter: KnownCharter
    member: str
    at_us: int
    digest: str
    withdrawn: tuple[str, ...]


def end(
    node: "Node",
    charter: str,
    *,
    participant: str | None = None,
    at_us: int | None = None,
    reason: str | None = None,
    withdraw: bool = False,
    now_us: int,
) -> Ended:
    """End a charter on the word of a participant of this node.

    Args:
        node: Opened; a running one on the same directory takes notice.
        charter: Digest, its beginning, or name.
        participant: The member; None for the only one hosted here.
        at_us: From when on; None for the next second.
        reason: For the others to read.
        withdraw: Take back, too, what this member shared under it.
        now_us: Microseconds since 1970.

    Raises:
        UnknownError: `charter`, `participant`.
        StateError: `charter-ended`: it has ended by then already; an end is never put off.
    """
    known = node.knowledge.charter_named(charter)
    member = _leaver(node, known, participant)
    soon = (now_us // SECOND_US + 1) * SECOND_US
    at = soon if at_us is None else max(soon, at_us)
    before = node.knowledge.ending(known.digest, member, sending=True)
    if before is not None and before.at_us <= at:
        raise StateError(
            f"{known.charter.title!r}: {before.text()}",
            code="charter-ended",
            remedy="an end can be brought forward, never put off; found a new charter to go on",
        )
    choice = node.publisher.choice
    assert choice is not None
    datasets = choice.datasets_under(known.digest, member)
    document = issue_end(
        _payload(node, known, member, (at, now_us), reason), node.keys.signer(member)
    )
    digest = keep(node.store, "charter-end", member, document, pinned=True)
    learn(node.knowledge, "charter-end", document)
    if withdraw:
        for dataset in datasets:
            node.publisher.withdraw(dataset, now_us=now_us)
    touch(node.store)
    for sender in node.senders.values():
        sender.wake()
    return Ended(known, member, at, digest, tuple(datasets) if withdraw else ())


def _leaver(node: "Node", known: KnownCharter, participant: str | None) -> str:
    hosted = [name for name in known.members if name in node.participants]
    if participant is None and len(hosted) == 1:
        return hosted[0]
    if participant not in hosted:
        raise UnknownError(
            f"{participant or 'this node'} is no member of {known.charter.title!r} hosted here"
            if participant or not hosted
            else f"several participants of this node are members of {known.charter.title!r}",
            code="participant",
            remedy=f"--participant, one of: {', '.join(hosted)[:300]}" if hosted else "",
        )
    return participant


def _payload(
    node: "Node",
    known: KnownCharter,
    member: str,
    instants_us: tuple[int, int],
    reason: str | None,
) -> CharterEnd:
    choice = node.publisher.choice
    assert choice is not None
    under = choice.datasets_under(known.digest, member)
    heads = [
        LastHead(
            dataset=row.dataset,
            head=Position(epoch=row.epoch, sequence=row.sequence, digest=row.digest),
        )
        for row in sorted(node.store.publications.own_heads(member), key=lambda row: row.dataset)
        if row.dataset in under
    ]
    found: dict[str, Any] = {
        "charter": known.digest,
        "member": member,
        "ends": instant_text(instants_us[0]),
        "heads": tuple(heads[:CHARTER_END_HEADS_MAX]),
        "issued": instant_text(instants_us[1]),
    }
    return CharterEnd(**found if reason is None else found | {"reason": reason})


# -- told ----------------------------------------------------------------------------------------


_DAYS: Final = {
    "fr": ("prend fin aujourd’hui", "prend fin demain", "prend fin dans {} jours"),
    "en": ("ends today", "ends tomorrow", "ends in {} days"),
    "de": ("endet heute", "endet morgen", "endet in {} Tagen"),
}
_OVER: Final = {
    "fr": ("a pris fin à son terme, le {at}", "a pris fin sur décision de {by}, le {at}"),
    "en": ("ended at its date, {at}", "ended on the word of {by}, {at}"),
    "de": ("endete fristgemäß am {at}", "endete auf Beschluss von {by} am {at}"),
}
_DATES: Final = {"fr": "%d/%m/%Y", "de": "%d.%m.%Y"}
_OPEN: Final = {"fr": "sans terme", "en": "without an end", "de": "unbefristet"}


def end_words(
    ending: Ending | None, now_us: int, lang: Tongue, names: Mapping[str, str] | None = None
) -> str:
    """When a charter ends or that it has, for people: “prend fin dans 12 jours”.

    Args:
        ending: As `Knowledge.ending` has it.
        now_us: Microseconds since 1970.
        lang: Language.
        names: Of participants; ids where there is none.
    """
    if ending is None:
        return _OPEN[lang]
    if ending.at_us > now_us:
        days = ending.at_us // DAY_US - now_us // DAY_US
        return _DAYS[lang][min(days, 2)].format(days)
    by = "" if ending.by is None else (names or {}).get(ending.by, ending.by)
    moment = dt.datetime.fromtimestamp(ending.at_us / SECOND_US, dt.UTC)
    at = f"{moment.day} {moment:%B %Y}" if lang == "en" else f"{moment:{_DATES[lang]}}"
    return _OVER[lang][0 if ending.by is None else 1].format(at=at, by=by)


def charter_ending(node: "Node", known: KnownCharter) -> Ending | None:
    """When a charter ends for this node's members: the first end that concerns one of them."""
    hosted = [name for name in known.members if name in node.participants] or list(known.members)
    found = [node.knowledge.ending(known.digest, name, sending=True) for name in hosted]
    return min((one for one in found if one is not None), key=lambda one: one.at_us, default=None)


def charter_json(
    node: "Node", known: KnownCharter, now_us: int, *, members_max: int | None = None
) -> dict[str, Any]:
    """A charter in force as JSON values: for status, pages and programs.

    Args:
        node: Knows it.
        known: The charter.
        now_us: Microseconds since 1970.
        members_max: Members listed at most; a federation may have thousands. `memberCount` says
            how many there are.
    """
    ending = charter_ending(node, known)
    return {
        "digest": known.digest,
        "name": known.charter.charter,
        "title": known.charter.title,
        "decision": known.charter.decision,
        "members": [
            {
                "participant": one.participant,
                "name": name_of(node, one.participant),
                "custodian": one.custodian,
                "here": one.participant in node.participants,
            }
            for one in known.charter.members[:members_max]
        ],
        "memberCount": len(known.members),
        "custodians": known.custodians,
        "threshold": known.charter.threshold,
        "expires": known.charter.expires,
        "ends": None if ending is None else instant_text(ending.at_us),
        "endedBy": None if ending is None else ending.by,
        "reason": None if ending is None or not ending.reason else ending.reason,
        "inForce": ending is None or ending.at_us > now_us,
    }


def name_of(node: "Node", participant: str) -> str:
    """A participant's name as its identity says it; its id where it isn't known."""
    known = node.knowledge.identity_of(participant)
    return participant if known is None else known.identity.name


def in_force(node: "Node") -> Sequence[KnownCharter]:
    """All charters known here, by name."""
    found = node.knowledge.charters.values()
    return sorted(found, key=lambda one: (one.charter.charter, one.digest))
