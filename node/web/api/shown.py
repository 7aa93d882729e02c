"""Rows of the store as answers, and what is shown to whom.

What isn't `open` is shown with READ only. Raw rows of `aggregate-only` data leave over HTTP to the
administrator of the node that publishes them, and to nobody else.
"""

from typing import cast

from aiohttp import web

from federation.ids import parse_dataset
from federation.model import instant_text
from node.datasets import Dataset
from node.knowledge import Knowledge
from node.names import custodian_of
from node.store.rows import PublicationRow
from node.web.access import GRANT, Scope, refuse
from node.web.api.models import (
    DatasetDetail,
    DatasetEntry,
    FieldEntry,
    PublicationEntry,
    Sharing,
)
from node.web.positions import Positions
from schemas.model import Schema


def inside(request: web.Request) -> bool:
    """Whether more than `open` data may be shown."""
    return request[GRANT].allows(Scope.READ)


def guard(request: web.Request, level: str) -> None:
    """Refuse figures, counts and details of what isn't open to whoever may not read.

    Raises:
        Problem: `token`, `scope`.
    """
    if level != "open" and not inside(request):
        raise refuse(request, Scope.READ)


def guard_rows(request: web.Request, level: str, *, own: bool) -> None:
    """The same for raw rows and contents.

    Raises:
        Problem: `token`, `scope`.
    """
    guard(request, level)
    if level == "aggregate-only" and not (own and request[GRANT].allows(Scope.ADMIN)):
        raise refuse(request, Scope.ADMIN)


def instant(moment_us: int | None) -> str | None:
    """An instant as text."""
    return None if moment_us is None else instant_text(moment_us)


def dataset_entry(one: Dataset, *, whole: bool) -> DatasetEntry:
    """A dataset in a list.

    Args:
        one: The dataset.
        whole: All that is known; else only that there is such a dataset.
    """
    return DatasetEntry(**_dataset(one, whole=whole))


def dataset_detail(one: Dataset) -> DatasetDetail:
    """A dataset and its columns."""
    return DatasetDetail(**_dataset(one, whole=True), fields=fields_of(one.schema))


def _dataset(one: Dataset, *, whole: bool) -> dict[str, object]:
    head, schema = one.head, one.schema
    return {
        "id": one.id,
        "owner": one.owner,
        "owner_name": one.owner_name,
        "schema_name": parse_dataset(one.id).schema,
        "schema_version": schema.version if schema is not None and whole else None,
        "schema_digest": head.schema_digest if whole else None,
        "kind": None if schema is None else schema.kind,
        "labels": {} if schema is None else dict(schema.labels),
        "sharing": cast("Sharing", one.sharing),
        "origin": head.origin if whole else None,
        "licence": one.licence if whole else None,
        "rows": one.rows if whole else None,
        "epoch": head.epoch if whole else None,
        "sequence": head.sequence if whole else None,
        "digest": head.digest if whole else None,
        "accepted": head.accepted if whole else None,
        "refused": head.refused if whole else None,
        "period_end": instant(head.period_end) if whole else None,
        "updated": instant(head.updated_at) if whole else None,
        "custodian": one.custodian if whole else None,
    }


def fields_of(schema: Schema | None) -> tuple[FieldEntry, ...]:
    """The columns that may leave a node."""
    if schema is None:
        return ()
    units = {one.field: one.unit for one in schema.measures}
    return tuple(
        FieldEntry(
            name=one.name,
            type=one.type,
            title=one.title,
            description=one.description,
            labels=dict(one.labels),
            required=one.constraints.required or one.name in schema.primary_key,
            key=one.name in schema.primary_key,
            unit=units.get(one.name),
        )
        for one in schema.wire_fields
    )


def publication_values(
    row: PublicationRow, knowledge: Knowledge, positions: Positions
) -> dict[str, object]:
    """The members of a publication's entry."""
    return {
        "position": positions.write(row.position, row.digest),
        "digest": row.digest,
        "dataset": row.dataset,
        "owner": row.owner,
        "publisher": row.publisher,
        "custodian": custodian_of(knowledge, row.publisher),
        "schema_name": row.schema_name,
        "mode": row.mode,
        "epoch": row.epoch,
        "sequence": row.sequence,
        "rows": row.rows,
        "issued": instant_text(row.issued),
        "received": instant_text(row.received_at),
        "period_start": instant(row.period_start),
        "period_end": instant(row.period_end),
        "verdict": row.verdict,
        "reason": row.reason,
        "sharing": row.sharing,
        "origin": row.origin,
        "void": row.void,
    }


def publication_entry(
    row: PublicationRow, knowledge: Knowledge, positions: Positions
) -> PublicationEntry:
    """A publication in a list."""
    return PublicationEntry.model_validate(publication_values(row, knowledge, positions))
