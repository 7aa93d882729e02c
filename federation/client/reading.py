"""One dataset read from a node: bundle after bundle through the chain, kept if a cache is there."""

from dataclasses import dataclass, field
from typing import Final

from federation.bundle import Bundle
from federation.bundle import read as read_bundle
from federation.chain import Head
from federation.client.cache import Cache
from federation.client.http import Http
from federation.client.limits import READ_BUNDLE_MAX_BYTES, READ_PLAIN_MAX_BYTES
from federation.client.trust import Trusted
from federation.errors import LimitError, MaillageError, StateError, TrustError
from federation.following import Chain, Decided
from federation.ids import parse_dataset
from federation.knowledge import Knowledge
from federation.reasons import Verdict
from schemas.model import SchemaFault

BUNDLE: Final = "application/vnd.maillage.bundle"


def path_of(dataset: str, end: str = "") -> str:
    """A dataset's path.

    Raises:
        MalformedError: `dataset-id`.
    """
    parse_dataset(dataset)
    return f"/api/v1/datasets/{dataset}{end}"


@dataclass(slots=True)
class Reading:
    """A dataset as far as it was read.

    Attributes:
        chain: What was verified.
        ended: What wasn't accepted, by digest (or by its text, where it has none).
        plain_bytes: Of the contents in memory, decompressed.
        notes: What else should be known.
    """

    chain: Chain
    ended: dict[str, Decided] = field(default_factory=dict)
    plain_bytes: int = 0
    notes: list[str] = field(default_factory=list)


class Reader:
    """Reads datasets from one node."""

    def __init__(self, http: Http, cache: Cache, trusted: Trusted) -> None:
        """Read with these eyes."""
        self._http = http
        self._cache = cache
        self._trusted = trusted

    def read(self, dataset: str) -> Reading:
        """Everything of a dataset that the node has, and that was kept before.

        Raises:
            TrustError: The node handed out what nobody signed; with the reason's code.
            StateError: `history`: the node shows another history than one seen before.
            LimitError: `rows-memory`.
            MaillageError: The node can't be reached, refuses, or has no such dataset.
        """
        claimed = self._claimed(dataset)
        reading = self._kept(dataset)
        before = reading.chain.head
        while True:
            at = reading.chain.head
            data = self.fetch(dataset, at)
            bundle = read_bundle(data)
            decided = take(reading.chain, bundle, self._trusted)
            self._note(reading, decided)
            self._require_one_history(reading, decided, before)
            head = reading.chain.head
            if head == at:
                break
            if _clean(decided) and head is not None:
                self._cache.keep_bundle(dataset, at.order if at is not None else (0, 0), data)
        self._compare(reading, claimed, before)
        return reading

    def fetch(self, dataset: str, after: Head | None, upto: tuple[int, int] | None = None) -> bytes:
        """A bundle of what follows a head, up to a place; at most what a client takes at once."""
        asked = {} if after is None else {"after": f"{after.epoch}.{after.sequence}"}
        if upto is not None:
            asked["upto"] = f"{upto[0]}.{upto[1]}"
        path = path_of(dataset, "/bundle")
        return self._http.get(path, asked, accept=BUNDLE, max_bytes=READ_BUNDLE_MAX_BYTES)

    def _claimed(self, dataset: str) -> Head | None:
        """The head that the node says it has: it must hand that out, too."""
        said = self._http.json(path_of(dataset))
        epoch, sequence, digest = said.get("epoch"), said.get("sequence"), said.get("digest")
        if type(epoch) is int and type(sequence) is int and isinstance(digest, str):
            return Head(epoch, sequence, digest[:64])
        return None

    def _kept(self, dataset: str) -> Reading:
        """What the cache has, verified again; a file that doesn't hold empties the cache of it."""
        reading = Reading(Chain(dataset, self._trusted))
        for data in self._cache.bundles(dataset):
            try:
                decided = take(reading.chain, read_bundle(data), self._trusted)
            except MaillageError:
                decided = None
            if decided is None or not _clean(decided):
                self._cache.forget(dataset)
                return Reading(Chain(dataset, self._trusted))
            self._note(reading, decided)
        return reading

    def _note(self, reading: Reading, decided: list[Decided]) -> None:
        """Remember how each ended; the first thing that nobody signed ends the reading."""
        for one in decided:
            if one.finding is None:
                assert one.publication is not None
                content = one.publication.manifest.content
                reading.plain_bytes += content.plain_size if content is not None else 0
                reading.ended.pop(one.digest or "", None)
            elif one.finding.verdict is Verdict.TRANSPORT_FAULT:
                raise lie(self._http.url, one)
            elif one.digest is not None:
                reading.ended[one.digest] = one
            else:
                reading.ended[one.finding.missing or one.finding.code] = one
        if reading.plain_bytes > READ_PLAIN_MAX_BYTES:
            raise LimitError(
                f"{reading.chain.dataset}: more than {READ_PLAIN_MAX_BYTES} bytes",
                code="rows-memory",
                remedy="ask the node for a period: /rows?from=&to=, or export on the node",
            )

    def _require_one_history(
        self, reading: Reading, decided: list[Decided], before: Head | None
    ) -> None:
        """Another publication at a place that was seen before is a second history."""
        if before is None:
            return
        rival = next(
            (
                one
                for one in decided
                if one.finding is not None and one.finding.code in ("fork", "chain-broken")
            ),
            None,
        )
        if rival is not None:
            raise _another_history(self._http.url, reading.chain.dataset, str(rival.digest))

    def _compare(self, reading: Reading, claimed: Head | None, before: Head | None) -> None:
        """The node's word on where the chain ends, and where it does."""
        head, dataset = reading.chain.head, reading.chain.dataset
        if claimed is None or head is None:
            return
        if claimed.order == head.order and claimed.digest != head.digest:
            raise _another_history(self._http.url, dataset, claimed.digest)
        if claimed.order < head.order and not reading.chain.knows(claimed.digest):
            raise _another_history(self._http.url, dataset, claimed.digest)
        if before is not None and claimed.order < before.order:
            reading.notes.append(
                f"the node shows an older state ({claimed.epoch}/{claimed.sequence}) than one seen "
                f"before ({head.epoch}/{head.sequence}); the rows are those of the newer one"
            )
        if claimed.order > head.order and not reading.ended:
            raise TrustError(
                f"{dataset}: the node claims {claimed.epoch}/{claimed.sequence} and hands out only "
                f"{head.epoch}/{head.sequence}",
                code="head-withheld",
                remedy="ask again; if it stays so, ask another member",
            )


def take(chain: Chain, bundle: Bundle, knowledge: Knowledge) -> list[Decided]:
    """Take a bundle's publications; what the bundle itself can help with is learned on the way.

    Identities count only if they were pinned. Schemas are learned when a signed publication names
    them.
    """
    for digest, document in bundle.identities.items():
        if knowledge.is_pinned(digest):
            knowledge.learn_identity(document)
    decided = chain.take(bundle.publications, bundle.contents)
    learned = False
    for one in decided:
        named = "" if one.finding is None else one.finding.missing
        if one.finding is not None and one.finding.code == "schema-unknown":
            learned = _learn_schema(knowledge, bundle, named) or learned
    if not learned:
        return decided
    settled = [one for one in decided if one.digest is not None and chain.knows(one.digest)]
    return settled + chain.take(bundle.publications, bundle.contents)


def _learn_schema(knowledge: Knowledge, bundle: Bundle, digest: str) -> bool:
    document = bundle.schemas.get(digest)
    if document is None or knowledge.schema(digest) is not None:
        return False
    try:
        knowledge.learn_schema(document)
    except SchemaFault:
        return False
    return True


def lie(url: str, one: Decided) -> TrustError:
    """The error of a node that hands out what nobody signed."""
    finding = one.finding
    assert finding is not None
    return TrustError(
        f"{url} hands out what wasn't signed so: {finding.code}, step {finding.step} "
        f"({finding.detail})"[:400],
        code=finding.code,
        remedy="don't use this node's answers; ask another member, and tell both operators",
    )


def _another_history(url: str, dataset: str, digest: str) -> StateError:
    return StateError(
        f"{url} shows another history of {dataset}: {digest[:16]}… where another publication "
        "was seen before",
        code="history",
        remedy="keep the cache folder as evidence, and ask the owner which one holds",
    )


def _clean(decided: list[Decided]) -> bool:
    """Whether nothing in it may end otherwise later."""
    return all(one.finding is None or one.finding.verdict is Verdict.REFUSED for one in decided)
