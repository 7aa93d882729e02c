"""With whom a dataset is shared: chosen when it is published, remembered, never widened silently.

What a dataset's first publication decided stays: members of another charter couldn't read the
beginning of its chain, and a hub that is to get it from the middle would have a gap.
"""

from collections.abc import Sequence
from typing import Final

from federation.charter import KnownCharter
from federation.errors import MalformedError, StateError, UnknownError
from federation.manifest import Level, Sharing
from federation.strict import dump, parse_object
from node.knowledge import Knowledge
from node.routes import Routes, sharing_of
from node.store.store import Store
from schemas.model import Schema

REMEMBERED: Final = "sharing."
"""Settings of the store: `sharing.<dataset>` is the sharing that it was published with last."""

_OWN_SLUG: Final = "publish it as a dataset of its own: --slug NAME"


class SharingChoice:
    """Chooses for the datasets of one node."""

    def __init__(
        self, store: Store, knowledge: Knowledge, routes: Routes, preferred: Sequence[str] = ()
    ) -> None:
        """Choose by what is known here.

        Args:
            store: Remembers.
            knowledge: Of the charters.
            routes: Which hubs get what.
            preferred: Digests of charters in the operator's order; the first of which the owner is
                a member is meant where none is named.
        """
        self._preferred = tuple(preferred)
        self._store = store
        self._knowledge = knowledge
        self._routes = routes

    def choose(
        self,
        schema: Schema,
        dataset: str,
        *,
        level: Level | None = None,
        charter: str | None = None,
        now_us: int,
    ) -> Sharing:
        """How a dataset is shared from here on.

        Args:
            schema: Of its rows; has a default.
            dataset: Id.
            level: As wanted; None: as before, else the schema's default.
            charter: Digest, its beginning, or name; None: as before, else the owner's only one.
            now_us: Microseconds since 1970.

        Raises:
            MalformedError: `sharing`: a charter with another level than `federation`.
            UnknownError: `charter`, `charter-choice`, `charter-member`.
            StateError: `sharing-charter`, `charter-ended`, `sharing-change`.
        """
        before = self.remembered(dataset)
        if charter is not None and level not in (None, "federation"):
            raise MalformedError(
                f"a charter is named for level federation, not {level}",
                code="sharing",
                remedy="leave --charter out, or take --share federation",
            )
        if charter is not None:
            level = "federation"
        level = level or (before.level if before is not None else schema.sharing_default)
        chosen = Sharing(level=level) if level != "federation" else None
        chosen = chosen or self._federation(dataset, charter, before, now_us)
        if before is not None and chosen != before:
            self._check_change(dataset, before, chosen)
        return chosen

    def remembered(self, dataset: str) -> Sharing | None:
        """How a dataset was shared so far; None for a new one."""
        text = self._store.settings.get(f"{REMEMBERED}{dataset}")
        if text is not None:
            return Sharing.of(parse_object(text.encode()))
        head = self._store.publications.own_head(dataset)
        if head is None:
            return None
        row = self._store.publications.get([head.digest]).get(head.digest)
        return None if row is None else sharing_of(row)

    def remember(self, dataset: str, sharing: Sharing) -> None:
        """Keep what was chosen, once a draft of it is stored."""
        if self.remembered(dataset) != sharing:
            text = dump(sharing.model_dump(by_alias=True, exclude_none=True)).decode()
            self._store.settings.set(f"{REMEMBERED}{dataset}", text)

    def datasets_under(self, charter: str, owner: str) -> dict[str, Sharing]:
        """A participant's own datasets that are shared under a charter."""
        found = {}
        for head in self._store.publications.own_heads(owner):
            sharing = self.remembered(head.dataset)
            if sharing is not None and sharing.charter == charter:
                found[head.dataset] = sharing
        return found

    def _federation(
        self, dataset: str, named: str | None, before: Sharing | None, now_us: int
    ) -> Sharing:
        owner = dataset.partition("/")[0]
        known = self._charter(owner, named, before, now_us)
        if owner not in known.members:
            raise UnknownError(
                f"{owner} isn't a member of {known.charter.title!r}",
                code="charter-member",
                remedy=f"its members are: {', '.join(known.members)}"[:400],
            )
        ending = self._knowledge.ending(known.digest, owner, sending=True)
        if ending is not None and ending.at_us <= now_us:
            raise StateError(
                f"{known.charter.title!r}: {ending.text()}; nothing more is shared under it",
                code="charter-ended",
                remedy="found a new charter (maillage charter draft), or share otherwise",
            )
        return Sharing(level="federation", charter=known.digest)

    def _charter(
        self, owner: str, named: str | None, before: Sharing | None, now_us: int
    ) -> KnownCharter:
        if named is not None:
            return self._knowledge.charter_named(named)
        if before is not None and before.charter is not None:
            return self._knowledge.charter_named(before.charter)
        found = [
            one
            for one in self._knowledge.charters_of(owner)
            if (ending := self._knowledge.ending(one.digest, owner, sending=True)) is None
            or ending.at_us > now_us
        ]
        order = [one for digest in self._preferred for one in found if one.digest == digest]
        found = order[:1] or found
        if not found:
            raise StateError(
                f"no charter in force here has {owner} as a member",
                code="sharing-charter",
                remedy="found one (maillage charter draft) and accept it, or take --share open",
            )
        if len(found) > 1:
            names = ", ".join(f"{one.charter.charter} ({one.digest[:12]})" for one in found)
            raise UnknownError(
                f"{owner} is a member of {len(found)} charters: it isn't clear who may have this",
                code="charter-choice",
                remedy=f"name one with --charter: {names}",
            )
        return found[0]

    def _check_change(self, dataset: str, before: Sharing, chosen: Sharing) -> None:
        told = f"{dataset} is shared as {_told(before)}, not as {_told(chosen)}"
        if before.charter is not None and chosen.charter is not None:
            raise StateError(
                f"{told}: the new members couldn't read its beginning",
                code="sharing-change",
                remedy=_OWN_SLUG,
            )
        if self._routes.hubs_of(before) != self._routes.hubs_of(chosen):
            raise StateError(
                f"{told}: a hub would get a part of it only",
                code="sharing-change",
                remedy=_OWN_SLUG,
            )


def _told(sharing: Sharing) -> str:
    return sharing.level + (f" ({sharing.charter[:12]})" if sharing.charter else "")


def halted_text(knowledge: Knowledge, dataset: str, sharing: Sharing) -> str:
    """Why a dataset's drafts aren't signed, in English."""
    owner = dataset.partition("/")[0]
    ending = knowledge.ending(sharing.charter or "", owner, sending=True)
    if ending is None:
        return "its charter isn't known here"
    return ending.text()
