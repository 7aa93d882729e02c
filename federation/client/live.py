"""Publications as a node receives them: caught up page by page, then as they come.

The node says that a publication came, and which; what it is, is verified here, in the dataset's
chain. Bundles bring many publications of a dataset at once, so that catching up costs a request a
dataset and page. A position taken from an event resumes after it: none is missed, none comes twice.
"""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from federation.bundle import Bundle
from federation.bundle import read as read_bundle
from federation.chain import Head
from federation.client.entries import Entry, entry_of, page_of
from federation.client.errors import NodeAnswerError, NodeRefusedError
from federation.client.http import Http
from federation.client.limits import PAGE_PUBLICATIONS, READ_BUNDLE_MAX_BYTES
from federation.client.reading import BUNDLE, Reader, take
from federation.client.results import Event, Unverified, signed_of, unverified, unverified_of
from federation.client.sse import Heartbeat, parse
from federation.client.trust import Trusted
from federation.errors import MaillageError, UnknownError, UnreachableError
from federation.following import Chain, Decided
from federation.ids import parse_dataset
from federation.reasons import REASONS
from federation.tabular import with_places
from federation.verify import Finding

BEGINNING: Final = "0"
RETRY_FIRST_S: Final = 1.0
RETRY_MOST_S: Final = 60.0
STREAM_LEAST_S: Final = 5.0
"""A node ends a stream after an hour, and is asked again; one that ends sooner is in trouble."""

CHAINS_MAX: Final = 50_000
"""Datasets whose place in the chain is remembered; of the one unused longest it is dropped."""

PENDING_MAX: Final = 20_000
"""Publications verified before the node's list came to them."""

Waiting = Callable[[MaillageError, float], None]
Quiet = Callable[[], None]
Wanted = Callable[[Entry], bool]


@dataclass(slots=True)
class Feed:
    """The publications of one node, verified.

    Attributes:
        http: The node.
        reader: Of its datasets.
        trusted: What is believed.
        parameters: Of the query: `territory`, `schema`.
        wanted: What of the list is of interest.
        position: After which it goes on.
        waiting: Told when the node can't be reached, and for how many seconds it is left alone.
        quiet: Told at each heartbeat while nothing comes.
        heads: How far each dataset was seen, to go on with.
    """

    http: Http
    reader: Reader
    trusted: Trusted
    parameters: Mapping[str, str]
    wanted: Wanted
    position: str = BEGINNING
    waiting: Waiting | None = None
    quiet: Quiet | None = None
    heads: Mapping[str, Head] = field(default_factory=dict)
    _chains: OrderedDict[str, Chain] = field(default_factory=OrderedDict)
    _pending: OrderedDict[str, Decided] = field(default_factory=OrderedDict)

    def pages(self, *, once: bool) -> Iterator[list[Event]]:
        """Events in portions, as they came; after each, `position` stands behind it.

        Args:
            once: End when everything that the node has was handed out; else go on for ever.

        Raises:
            NodeRefusedError: The node says no: the token, the position.
            MaillageError: What can't be helped by waiting.
        """
        pause = RETRY_FIRST_S
        while True:
            try:
                for page in self._caught_up():
                    pause = RETRY_FIRST_S
                    yield page
                if once:
                    return
                for page in self._streamed():
                    pause = RETRY_FIRST_S
                    yield page
            except UnreachableError as error:
                if self.waiting is not None:
                    self.waiting(error, pause)
                time.sleep(pause)
                pause = min(pause * 2, RETRY_MOST_S)

    def head_of(self, dataset: str) -> Head | None:
        """How far a dataset was followed."""
        chain = self._chains.get(dataset)
        return self.heads.get(dataset) if chain is None else chain.head

    # -- what the node lists -------------------------------------------------------------------

    def _caught_up(self) -> Iterator[list[Event]]:
        while True:
            asked = {**self.parameters, "after": self.position, "limit": str(PAGE_PUBLICATIONS)}
            entries, following = page_of(self.http.json("/api/v1/publications", asked))
            if not entries:
                return
            if following == self.position:
                raise NodeAnswerError("the node's list leads in a circle", code="node-answer")
            yield from self._events(entries)
            self.position = following

    def _streamed(self) -> Iterator[list[Event]]:
        asked = {**self.parameters, "after": self.position}
        begun = time.monotonic()
        with self.http.stream("/api/v1/events", asked) as lines:
            for sent in parse(lines):
                if isinstance(sent, Heartbeat):
                    if self.quiet is not None:
                        self.quiet()
                elif sent.event == "publication":
                    yield from self._events([entry_of(sent.data)])
        if time.monotonic() - begun < STREAM_LEAST_S:
            raise UnreachableError("the node ended the stream at once", code="node-unreachable")

    def _events(self, entries: Sequence[Entry]) -> Iterator[list[Event]]:
        wanted = [one for one in entries if self.wanted(one)]
        events = self._verified(wanted)
        self.position = entries[-1].position
        if events:
            yield events

    # -- what it is ----------------------------------------------------------------------------

    def _verified(self, entries: Sequence[Entry]) -> list[Event]:
        by_dataset: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.digest not in self._pending:
                by_dataset[entry.dataset].append(entry)
        refused: dict[str, Unverified] = {}
        for dataset, missing in by_dataset.items():
            try:
                self._follow(dataset, missing)
            except (NodeRefusedError, UnknownError) as error:
                for entry in missing:
                    refused[entry.digest] = _withheld(entry, error)
        return [self._event(entry, refused.get(entry.digest)) for entry in entries]

    def _follow(self, dataset: str, entries: Sequence[Entry]) -> None:
        """Follow a dataset's chain up to what the node lists."""
        chain = self._chain(dataset, entries[0])
        last = max(one.order for one in entries)
        while True:
            at = chain.head
            self._take(chain, self.reader.fetch(dataset, at or _behind(entries[0], chain), last))
            if chain.head == at or (chain.head is not None and chain.head.order >= last):
                return

    def _chain(self, dataset: str, first: Entry) -> Chain:
        found = self._chains.get(dataset)
        if found is None:
            # a register is followed from its beginning: a change alone can't be verified
            midway = first.order != (1, 1) and not self._is_register(dataset)
            head = self.heads.get(dataset) if midway else None
            found = Chain(dataset, self.trusted, head=head, midway=midway, keep=False)
            self._chains[dataset] = found
            if len(self._chains) > CHAINS_MAX:
                self._chains.popitem(last=False)
        self._chains.move_to_end(dataset)
        return found

    def _is_register(self, dataset: str) -> bool:
        schema = self.trusted.catalogue.latest(parse_dataset(dataset).schema)
        return schema is None or schema.kind == "register"

    def _take(self, chain: Chain, data: bytes) -> Bundle:
        bundle = read_bundle(data)
        for one in take(chain, bundle, self.trusted):
            if one.digest is not None:
                self._pending[one.digest] = one
                if len(self._pending) > PENDING_MAX:
                    self._pending.popitem(last=False)
        return bundle

    def _alone(self, entry: Entry) -> Decided | None:
        """What isn't in its dataset's bundle, such as a refused one: looked at by itself."""
        path = f"/api/v1/publications/{entry.digest}/bundle"
        try:
            data = self.http.get(path, accept=BUNDLE, max_bytes=READ_BUNDLE_MAX_BYTES)
        except (NodeRefusedError, UnknownError):
            return None
        chain = Chain(entry.dataset, self.trusted, midway=True, keep=False)
        found = take(chain, read_bundle(data), self.trusted)
        return next((one for one in found if one.digest == entry.digest), None)

    def _event(self, entry: Entry, refused: Unverified | None) -> Event:
        decided = self._pending.pop(entry.digest, None)
        if decided is None and refused is None:
            alone = self._alone(entry)
            # alone it shows what it is, not that it has its place: only a fault is taken from it
            decided = alone if alone is not None and alone.finding is not None else None
        signed, frame, reason = None, None, refused
        labels: dict[str, str] = {}
        if decided is not None and decided.publication is not None:
            publication = decided.publication
            signed = signed_of(publication)
            labels = {str(lang): text for lang, text in publication.schema.labels.items()}
            if publication.frame is not None:
                owner = publication.manifest.owner
                frame = with_places(publication.schema, owner, publication.frame)
        elif decided is not None:
            reason = unverified_of(entry.dataset, decided)
        elif reason is None:
            reason = _said(entry)
        return Event(
            position=entry.position,
            digest=entry.digest,
            dataset=entry.dataset,
            received=entry.received,
            signed=signed,
            frame=frame,
            reason=reason,
            labels=labels,
        )


def _behind(entry: Entry, chain: Chain) -> Head | None:
    """Where to begin a chain that begins midway: before the first publication listed."""
    if chain.head is not None or not chain.midway or entry.sequence < 2:  # noqa: PLR2004 - the first has none before it in its epoch
        return None
    return Head(entry.epoch, entry.sequence - 1, "")


def _withheld(entry: Entry, error: MaillageError) -> Unverified:
    """The node lists it and doesn't hand it out."""
    told = f"the node lists it and doesn't hand it out: {error.code}, {error}"
    return unverified(entry.dataset, entry.digest, None, Finding("part-missing", told))


def _said(entry: Entry) -> Unverified:
    """What isn't handed out: the node's own word, if it refused it itself."""
    refused = entry.verdict == "refused" and entry.reason in REASONS
    if refused and entry.reason is not None:
        finding = Finding(entry.reason, "the node's own verdict")
        return unverified(entry.dataset, entry.digest, None, finding, by="node")
    told = "withdrawn since, or given up by its owner" if entry.void else "not handed out"
    return unverified(entry.dataset, entry.digest, None, Finding("part-missing", told))
