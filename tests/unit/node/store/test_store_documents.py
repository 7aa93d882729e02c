"""Documents, receipts and settings, on both databases."""

from dataclasses import replace

from store_samples import DAY, NOW, OWNER, digest, refusal

from node.store import Store, Write
from node.store.rows import DocumentRow, ReceiptMark, ReceiptRow

EPCI = "fr-epci-241200765"


def document(text: str = "one", **changed: object) -> DocumentRow:
    row = DocumentRow(
        digest=digest(text),
        kind="identity",
        participant=OWNER,
        body=text.encode(),
        jws=f"a.{text}.b",
        pinned=False,
        received_at=NOW,
    )
    return replace(row, **changed)  # type: ignore[arg-type]


def receipt(version: int, receiver: str = EPCI) -> ReceiptRow:
    return ReceiptRow(
        receiver=receiver,
        owner=OWNER,
        version=version,
        jws=f"a.{version}.b",
        heads='{"heads": []}',
        received_at=NOW + version,
    )


def test_documents_are_found_by_digest_kind_and_participant(store: Store) -> None:
    first, second = document("b"), document("a", received_at=NOW + 1)
    schema = document("schema", kind="schema", participant="", jws="")
    store.commit(Write(day=DAY, documents=(second, first)))
    store.documents.put(schema)
    assert store.documents.get(first.digest) == first
    assert store.documents.get(digest("unknown")) is None
    assert store.documents.of("identity") == [first, second]
    assert store.documents.of("identity", "fr-com-19015") == []
    assert store.documents.of("schema") == [schema]


def test_a_document_is_never_replaced_and_stays_pinned(store: Store) -> None:
    one = document()
    store.documents.put(one)
    assert not store.documents.pin(digest("unknown"))
    assert store.documents.pin(one.digest)
    store.documents.put(replace(one, received_at=NOW + 9))
    assert store.documents.of("identity", pinned=True) == [replace(one, pinned=True)]
    assert store.documents.of("identity", pinned=False) == []
    store.documents.put(document("two"))
    store.documents.put(document("two", pinned=True))
    assert len(store.documents.of("identity", pinned=True)) == 2


def test_only_a_newer_receipt_replaces_one(store: Store) -> None:
    assert store.receipts.save(receipt(3))
    assert not store.receipts.save(receipt(3))
    assert not store.receipts.save(receipt(2))
    assert store.receipts.save(receipt(4))
    store.commit(Write(day=DAY, receipts=(receipt(1), receipt(1, "fr-dep-12"))))
    assert store.receipts.received(OWNER) == [receipt(1, "fr-dep-12"), receipt(4)]
    assert store.receipts.received("fr-com-19015") == []


def mark(store: Store, *kinds: str) -> None:
    marks = tuple(
        ReceiptMark(receiver=EPCI, owner=OWNER, urgent=kind == "urgent") for kind in kinds
    )
    store.commit(Write(day=DAY, receipt_marks=marks))


def test_a_receipt_stays_due_until_it_covers_all_that_happened(store: Store) -> None:
    assert store.receipts.due() == []
    mark(store, "plain", "plain")
    (due,) = store.receipts.due()
    assert (due.receiver, due.owner, due.urgent, due.last_version) == (EPCI, OWNER, False, 0)
    mark(store, "plain", "urgent", "plain")  # while it is being sent
    store.receipts.sent(due, version=1, sent_at=NOW)
    (again,) = store.receipts.due(EPCI)
    assert (again.urgent, again.last_version, again.last_sent_at) == (True, 1, NOW)
    store.receipts.sent(again, version=2, sent_at=NOW + 1)
    assert store.receipts.due() == []
    store.receipts.sent(due, version=1, sent_at=NOW)  # late, and without effect
    mark(store, "plain")
    (last,) = store.receipts.due()
    assert (last.urgent, last.last_version) == (False, 2)
    assert store.receipts.due("fr-dep-12") == []


def test_urgency_lasts_until_the_receipt_is_sent(store: Store) -> None:
    mark(store, "urgent")
    mark(store, "plain")
    (due,) = store.receipts.due()
    assert due.urgent


def test_refusals_are_listed_until_acknowledged(store: Store) -> None:
    rows = tuple(refusal(n) for n in range(1, 4))
    store.commit(Write(day=DAY, refusals=rows))
    store.commit(Write(day=DAY, refusals=(replace(rows[0], detail="again"),)))
    assert store.receipts.refusals(OWNER) == list(rows)
    assert store.receipts.refusals(OWNER, limit=1) == [rows[0]]
    store.commit(Write(day=DAY, acknowledged=(rows[1].digest, digest("unknown"))))
    assert store.receipts.refusals(OWNER) == [rows[0], rows[2]]


def test_settings_are_kept(store: Store) -> None:
    assert store.settings.get("federation") is None
    store.settings.set("federation", "un")
    store.settings.set("federation", "deux")
    store.settings.set("a", "é")
    assert store.settings.get("federation") == "deux"
    assert store.settings.all() == {"a": "é", "federation": "deux"}
