"""The client: what a node holds, read over HTTP and verified on this machine."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

import polars as pl

from federation.chain import Head
from federation.checking import places_of
from federation.client.cache import Cache
from federation.client.checked import Checker, figures_of, ground_of
from federation.client.entries import Entry, Listed, datasets_of
from federation.client.errors import IncompleteError, NodeAnswerError, NodeRefusedError
from federation.client.http import Http
from federation.client.listing import frame_of
from federation.client.live import BEGINNING, Feed, Quiet, Waiting, Wanted
from federation.client.reading import Reader, Reading
from federation.client.results import (
    Event,
    Figures,
    Rows,
    Unverified,
    signed_of,
    unverified_of,
)
from federation.client.trust import Trusted, establish, pins_of
from federation.errors import MaillageError, MalformedError, TrustError, UnknownError
from federation.following import Decided
from federation.ids import parse_dataset
from federation.reasons import REASONS, Verdict
from federation.tabular import with_places
from federation.verify import Finding


class Client:
    """One node's data, believed only as far as the pinned digests reach.

    The node can withhold; it can't forge. Whatever it hands out goes through all fifteen steps
    here, and what is missing is told. For one thread at a time.
    """

    def __init__(
        self,
        url: str,
        trust: Iterable[str],
        *,
        token: str | None = None,
        cache: str | Path | None = None,
        allow_http: bool = False,
        timeout_s: float = 30.0,
    ) -> None:
        """Prepare; the node is asked when something is needed.

        Args:
            url: Of the node, such as `https://noeud.example`.
            trust: Digests of charters, or of first identity documents, that were compared by
                another way than this node.
            token: Of the node, for what isn't open.
            cache: Folder that keeps what was fetched; it makes repeats cheap and remembers how far
                each dataset was seen. None keeps nothing.
            allow_http: Speak plain http to another machine, without a token.
            timeout_s: For a connection, and between two pieces of an answer.

        Raises:
            MalformedError: `url`, `trust`, `cache`.
        """
        self._pins: Final = pins_of(trust)
        self._cache: Final = Cache(None if cache is None else Path(cache).expanduser())
        self._http: Final = Http(url, token=token, allow_http=allow_http, timeout_s=timeout_s)
        self._inside: Final = token is not None
        self._trusted_now: Trusted | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    # -- who ---------------------------------------------------------------------------------

    @property
    def _trusted(self) -> Trusted:
        if self._trusted_now is None:
            self._trusted_now = establish(self._pins, self._http, self._cache)
        return self._trusted_now

    def members(self) -> pl.DataFrame:
        """Who is believed: a row a body.

        Returns:
            `participant`, `name`, `custodian` (who operates its key), `roles`, `charter` (title)
            and `identity` (digest).

        Raises:
            TrustError: The node handed out another charter or identity than the one pinned.
            MaillageError: The node can't be reached, or refuses.
        """
        trusted = self._trusted
        found = []
        for participant, known in sorted(trusted.trusted.items()):
            charters = trusted.charters_of(participant)
            roles = {role for one in charters for role in one.members[participant].roles}
            found.append(
                {
                    "participant": participant,
                    "name": known.identity.name,
                    "custodian": known.identity.custodian.name,
                    "roles": ", ".join(sorted(roles)),
                    "charter": ", ".join(one.charter.title for one in charters),
                    "identity": known.digest,
                }
            )
        names = ("participant", "name", "custodian", "roles", "charter", "identity")
        return pl.DataFrame(found, schema=dict.fromkeys(names, pl.String()))

    # -- what there is -------------------------------------------------------------------------

    def catalogue(self, *, territory: str | None = None, schema: str | None = None) -> pl.DataFrame:
        """The datasets that the node says it holds.

        This is the node's word, but for `trusted`: whether the owner is believed here. Rows are
        verified when they are read.

        Args:
            territory: Only those of bodies in it, such as `fr-epci-241200765`.
            schema: Only those of this schema.

        Returns:
            `dataset`, `owner`, `name`, `schema`, `version`, `kind`, `label` (French), `sharing`,
            `licence`, `origin`, `custodian`, `accepted`, `refused`, `period_end`, `updated`,
            `trusted`.
        """
        return frame_of(self._datasets(territory, schema), self._trusted.trusted)

    def _datasets(self, territory: str | None, schema: str | None) -> list[Listed]:
        asked = {"territory": territory, "schema": schema}
        parameters = {name: value for name, value in asked.items() if value is not None}
        found: list[Listed] = []
        after: str | None = None
        while True:
            more = {} if after is None else {"after": after}
            page, following = datasets_of(self._http.json("/api/v1/datasets", parameters | more))
            found += page
            if following is None:
                return found
            if after is not None and following <= after:
                raise NodeAnswerError("the node's list leads in a circle", code="node-answer")
            after = following

    # -- rows ----------------------------------------------------------------------------------

    def rows(self, dataset: str, *, partial: bool = False) -> Rows:
        """The rows of a dataset as they stand, from publications verified here.

        Args:
            dataset: Id, such as `fr-com-12011/comptage-mobilites`.
            partial: Hand out what there is where something is missing, too.

        Raises:
            IncompleteError: Something that the chain names is missing; unless `partial`.
            TrustError: The node hands out what nobody signed, or nobody whom you believe.
            StateError: `history`: the node shows another history than one seen before.
            MalformedError: `dataset-id`.
            MaillageError: The node can't be reached, refuses, or has no such dataset.
        """
        return self._laid_out(self._read(dataset), partial=partial)

    def _read(self, dataset: str) -> Reading:
        return Reader(self._http, self._cache, self._trusted).read(dataset)

    def _laid_out(self, reading: Reading, *, partial: bool) -> Rows:
        chain = reading.chain
        refused, missing = self._ended(reading)
        found = chain.rows()
        if found is None or chain.head is None:
            raise _nothing(chain.dataset, [*missing, *refused])
        if missing and not partial:
            raise _incomplete(chain.dataset, missing)
        schema, frame = found
        return Rows(
            dataset=chain.dataset,
            frame=with_places(schema, parse_dataset(chain.dataset).owner, frame),
            schema=schema,
            publications=tuple(map(signed_of, chain.accepted())),
            refused=tuple(refused),
            missing=tuple(missing),
            head=chain.head,
            notes=tuple(reading.notes),
        )

    def _ended(self, reading: Reading) -> tuple[list[Unverified], list[Unverified]]:
        """What doesn't count by its owner's fault, and what is missing."""
        dataset = reading.chain.dataset
        holes = {one.digest for one in reading.chain.holes}
        refused, missing = [], []
        for one in reading.ended.values():
            finding = one.finding
            assert finding is not None
            if finding.verdict is Verdict.REFUSED:
                refused.append(unverified_of(dataset, one))
            elif finding.code != "part-missing" or one.digest in holes:
                said = self._refusal(one.digest) if finding.code == "part-missing" else None
                if said is None:
                    missing.append(unverified_of(dataset, one))
                else:
                    refused.append(unverified_of(dataset, _with(one, said), by="node"))
        return refused, missing

    def _refusal(self, digest: str | None) -> Finding | None:
        """The node's word on a publication whose content it doesn't have: it refused it."""
        try:
            said = self._http.json(f"/api/v1/publications/{digest}")
        except (UnknownError, NodeRefusedError):
            return None
        code = said.get("reason")
        if said.get("verdict") == "refused" and isinstance(code, str) and code in REASONS:
            return Finding(code, "the node's own verdict; its content isn't at hand")
        return None

    # -- figures -------------------------------------------------------------------------------

    def view(
        self,
        territory: str,
        measure: str,
        window: str | None = None,
        *,
        start: str | None = None,
        end: str | None = None,
        verify: Literal["recompute"] | None = None,
    ) -> Figures:
        """A territory's figures, as the node shows them; recomputed here if asked.

        Args:
            territory: Id, such as `fr-epci-241200765`.
            measure: `<schema>.<field>`, such as `comptage-mobilites.count`.
            window: `hour`, `day` (unless said), `month`, `year`; inventories have none.
            start: First window, such as `2026-11-23`; None for all.
            end: Last window, included.
            verify: `recompute`: read every dataset of the figures, verify it, compute the figures
                again and compare. Without it the figures are the node's word.

        Raises:
            MalformedError: `window`.
            LookupError: No such territory.
            MaillageError: The node can't be reached, or refuses.
        """
        if verify not in (None, "recompute"):
            raise MalformedError(f"{verify!r} is no way to verify", code="verify")
        asked = {
            "territory": territory,
            "measure": measure,
            "window": window,
            "start": start,
            "end": end,
        }
        parameters = {name: value for name, value in asked.items() if value is not None}
        if verify is None:
            return figures_of(self._http.json("/api/v1/view", parameters), None)
        checker = Checker(self._http, self._trusted, self._datasets, self.rows, inside=self._inside)
        return checker.figures(ground_of(territory), parameters)

    # -- live ----------------------------------------------------------------------------------

    def live(
        self,
        *,
        territory: str | Collection[str] = (),
        schema: str | Collection[str] = (),
        after: str | None = None,
        once: bool = False,
        waiting: Waiting | None = None,
        quiet: Quiet | None = None,
    ) -> Iterator[Event]:
        """Publications in the order in which the node received them, then as they come.

        Args:
            territory: Only those of bodies in it, or in one of them.
            schema: Only those of this schema, or of one of them.
            after: Position of the last event had; None: from the beginning.
            once: End when all that is there was handed out.
            waiting: Called with the error and the seconds that are waited when the node can't be
                reached; it is tried for ever.
            quiet: Called every some seconds while nothing comes.

        Yields:
            Each publication once. One that doesn't verify comes with its reason and without rows.

        Raises:
            NodeRefusedError: The node says no: the token, or the position (`position-gone`: the
                node was restored, and shows another history).
        """
        for page in self.feed(
            territory=territory, schema=schema, after=after, waiting=waiting, quiet=quiet
        ).pages(once=once):
            yield from page

    def feed(
        self,
        *,
        territory: str | Collection[str] = (),
        schema: str | Collection[str] = (),
        after: str | None = None,
        heads: Mapping[str, Head] | None = None,
        waiting: Waiting | None = None,
        quiet: Quiet | None = None,
    ) -> Feed:
        """What `live` goes through, in portions: for programs that store what comes.

        Args:
            territory: See `live`.
            schema: See `live`.
            after: See `live`.
            heads: How far each dataset was seen: what comes must follow it.
            waiting: See `live`.
            quiet: See `live`.
        """
        grounds, schemas = _several(territory), _several(schema)
        parameters = {}
        if len(grounds) == 1:
            parameters["territory"] = grounds[0]
        if len(schemas) == 1:
            parameters["schema"] = schemas[0]
        trusted = self._trusted
        return Feed(
            http=self._http,
            reader=Reader(self._http, self._cache, trusted),
            trusted=trusted,
            parameters=parameters,
            wanted=_wanting(grounds, schemas),
            position=BEGINNING if after is None else after,
            waiting=waiting,
            quiet=quiet,
            heads=heads or {},
        )


def _several(given: str | Collection[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))


def _wanting(grounds: Sequence[str], schemas: Sequence[str]) -> Wanted:
    """What of the node's list is of interest; one of each kind is asked of the node itself."""
    places = frozenset[str]().union(*(ground_of(one).communes for one in grounds))

    def wanted(entry: Entry) -> bool:
        named = parse_dataset(entry.dataset)
        if schemas and named.schema not in schemas:
            return False
        return len(grounds) < 2 or bool(places & places_of(entry.dataset))  # noqa: PLR2004 - several

    return wanted


def _with(one: Decided, finding: Finding) -> Decided:
    return Decided(one.digest, one.manifest, None, finding)


def _nothing(dataset: str, ended: Sequence[Unverified]) -> MaillageError:
    """Why there are no rows at all."""
    if not ended:
        return UnknownError(
            f"the node hands out nothing of {dataset}", code="dataset", remedy="ask another member"
        )
    first = ended[0]
    told = f"{dataset}: nothing of it could be verified: {first.meaning} ({first.detail})"
    if first.code == "key-unknown":
        return TrustError(
            told[:400],
            code=first.code,
            remedy="pin the charter of which its owner is a member, or the owner's identity",
        )
    return IncompleteError(told[:400], code=first.code, remedy="ask another member")


def _incomplete(dataset: str, missing: Sequence[Unverified]) -> IncompleteError:
    first = missing[0]
    at = "" if first.epoch is None else f" at {first.epoch}/{first.sequence}"
    return IncompleteError(
        f"{dataset}: {len(missing)} publications are missing or not verified; the first{at}: "
        f"{first.meaning} ({first.detail})"[:400],
        code=first.code,
        remedy="ask another member, or take what there is with partial=True",
    )
