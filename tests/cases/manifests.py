"""What the signed manifest itself proves, what is missing (steps 6 to 10)."""

from collections.abc import Iterator
from typing import Any

from federation.manifest import Sharing
from federation.strict import dump
from tests.cases.good import change, first_counts, first_projects
from tests.cases.kit import KNOWN, Case, message, payload_signed, subject_of
from tests.world import (
    ARVIEU,
    COUNTS,
    EPCI,
    LUZY,
    SEGUR,
    Made,
    chain_of,
    counts_draft,
    made,
    schema,
)

UNKNOWN = "5e" * 32


def manifest_cases() -> Iterator[Case]:
    """All of them."""
    yield from _json()
    yield from _members()
    yield from _modes()
    yield from _rights()
    yield from _missing()


def _json() -> Iterator[Case]:
    one = first_counts()
    right = dump(one.payload)

    def case(name: str, description: str, payload: bytes) -> Case:
        return Case(
            f"manifest-{name}",
            description,
            (message(one, jws=payload_signed(one, payload)),),
            "manifest",
        )

    yield case("not-json", "The manifest is cut off.", right[:-1])
    yield case("not-utf8", "The manifest is not UTF-8.", right.replace(b"etalab", b"\xe9talab"))
    yield case("bom", "A byte order mark before the manifest.", b"\xef\xbb\xbf" + right)
    yield case("array", "The manifest is an array.", b"[" + right + b"]")
    yield case("trailing", "A second document follows.", right + b"{}")
    yield case("duplicate-key", "`rows` stands twice.", right[:-1] + b',"rows":24}')
    yield case(
        "duplicate-escaped",
        "`rows` stands twice, once with an escape.",
        right[:-1] + b',"\\u0072ows":24}',
    )
    yield case(
        "duplicate-inside",
        "A member of `content` stands twice.",
        right.replace(b'"size":', b'"size":1,"size":', 1),
    )
    null = right[:-1] + b',"mandate":null}'
    yield case("null", "A member that is null: what is absent is left out.", null)
    yield case("nan", "`rows` is NaN.", right.replace(b'"rows":24', b'"rows":NaN'))
    yield case("infinity", "`rows` is -Infinity.", right.replace(b'"rows":24', b'"rows":-Infinity'))
    yield case("float", "`rows` is 24.0.", right.replace(b'"rows":24', b'"rows":24.0'))
    yield case("exponent", "`rows` is 24e0.", right.replace(b'"rows":24', b'"rows":24e0'))
    yield case(
        "huge-number",
        "`rows` has five thousand digits.",
        right.replace(b'"rows":24', b'"rows":' + b"9" * 5_000),
    )
    yield case(
        "deep",
        "Ten thousand arrays within each other.",
        right[:-1] + b',"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    )
    yield case(
        "surrogate", "Half of a surrogate pair in a text.", right.replace(b'"own"', b'"\\ud800"')
    )


def _members() -> Iterator[Case]:
    one = first_counts()
    content = one.payload["content"]
    part = content["parts"][0]
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        "extra-member": ("A member more.", {"comment": "x"}),
        "extra-inside": (
            "A member more within `period`.",
            {"period": {**one.payload["period"], "x": 1}},
        ),
        "snake-case": ("A member in another spelling.", {"schema_ref": one.payload["schema"]}),
        "no-publisher": ("No `publisher`.", {"publisher": None}),
        "no-sharing": ("No `sharing`: nothing is assumed.", {"sharing": None}),
        "text-for-number": ("`rows` is a text.", {"rows": "24"}),
        "true-for-number": ("`sequence` is true.", {"sequence": True}),
        "negative-rows": ("`rows` is below zero.", {"rows": -1}),
        "too-many-rows": ("More rows than a publication may have.", {"rows": 10_000_001}),
        "sequence-zero": ("`sequence` is 0.", {"sequence": 0}),
        "sequence-beyond": (
            "`sequence` is 2^53: no number that every reader holds exactly.",
            {"sequence": 2**53, "previous": UNKNOWN},
        ),
        "participant": ("`publisher` is no participant id.", {"publisher": "FR-COM-12011"}),
        "dataset": ("`dataset` is no dataset id.", {"dataset": f"{ARVIEU}/Comptage"}),
        "dataset-slug": ("`dataset` ends with an empty slug.", {"dataset": f"{COUNTS}."}),
        "digest-upper": (
            "A digest in capitals.",
            {"content": {**content, "digest": content["digest"].upper()}},
        ),
        "digest-newline": (
            "A line feed after a digest.",
            {"schema": {**one.payload["schema"], "digest": one.payload["schema"]["digest"] + "\n"}},
        ),
        "schema-version": (
            "A schema version with a leading zero.",
            {"schema": {**one.payload["schema"], "version": "1.00.0"}},
        ),
        "instant": ("An instant with an offset.", {"issued": "2026-03-20T10:46:40+01:00"}),
        "instant-fraction": (
            "An instant with a fraction of a second.",
            {"issued": "2026-03-20T09:46:40.5Z"},
        ),
        "instant-unreal": ("30 February.", {"issued": "2026-02-30T00:00:00Z"}),
        "instant-leap": ("A leap second.", {"issued": "2026-06-30T23:59:60Z"}),
        "period-backwards": (
            "A period that ends before it begins.",
            {"period": {"start": "2026-03-20T00:00:00Z", "end": "2026-03-19T00:00:00Z"}},
        ),
        "period-empty": (
            "A period of no length.",
            {"period": {"start": "2026-03-20T00:00:00Z", "end": "2026-03-20T00:00:00Z"}},
        ),
        "licence": ("A licence that is not of the closed list.", {"licence": "CC-BY-NC-4.0"}),
        "origin": ("An origin that there is not.", {"origin": "found"}),
        "sharing-level": ("A sharing level that there is not.", {"sharing": {"level": "secret"}}),
        "sharing-no-charter": (
            "Level federation without a charter.",
            {"sharing": {"level": "federation"}},
        ),
        "sharing-charter": (
            "A charter for open data.",
            {"sharing": {"level": "open", "charter": UNKNOWN}},
        ),
        "mode": ("A mode that there is not.", {"mode": "upsert"}),
        "content-too-large": (
            "A content of more than 64 MiB.",
            {"content": {**content, "size": 2**26 + 1}},
        ),
        "bomb-declared": (
            "A content of more than 256 MiB decompressed: a bomb, and nothing is decompressed.",
            {"content": {**content, "plainSize": 2**28 + 1}},
        ),
        "content-only-salt": (
            "A content with nothing but its salt.",
            {"content": {**content, "plainSize": 16}},
        ),
        "parts-none": ("A content without parts.", {"content": {**content, "parts": []}}),
        "parts-sum": (
            "Parts that don't add up to the size.",
            {"content": {**content, "size": content["size"] + 1}},
        ),
        "parts-single": (
            "A single part that is not the content.",
            {"content": {**content, "parts": [{**part, "digest": UNKNOWN}]}},
        ),
        "parts-short": (
            "A part before the last that is short.",
            {
                "content": {
                    **content,
                    "size": content["size"] + 9,
                    "parts": [{**part, "size": 9}, part],
                }
            },
        ),
        "parts-large": (
            "A part of more than 512 KiB.",
            {"content": {**content, "size": 524_289, "parts": [{**part, "size": 524_289}]}},
        ),
    }
    for name, (description, members) in changes.items():
        yield Case(
            f"manifest-{name}",
            description,
            (message(one.changed(**members), subject=subject_of(one)),),
            "manifest",
        )


def _modes() -> Iterator[Case]:
    counts, register = first_counts(), first_projects()
    delta = change()
    changes: dict[str, tuple[str, Made]] = {
        "append-without-content": ("append without content.", counts.changed(content=None, rows=0)),
        "append-without-rows": ("append of no rows.", counts.changed(rows=0)),
        "append-without-period": ("append without a period.", counts.changed(period=None)),
        "append-with-result": ("append with a result.", counts.changed(result=UNKNOWN)),
        "rows-without-content": (
            "Rows without content.",
            counts.changed(mode="withdraw", period=None, content=None, rows=3),
        ),
        "unchanged-with-content": (
            "unchanged with content.",
            counts.changed(mode="unchanged", period=None),
        ),
        "snapshot-without-result": ("snapshot without a result.", register.changed(result=None)),
        "snapshot-with-period": (
            "snapshot with a period.",
            register.changed(period=counts.payload["period"]),
        ),
        "delta-without-rows": ("delta of no rows.", delta.changed(rows=0)),
        "first-with-previous": (
            "The very first names a predecessor.",
            counts.changed(previous=UNKNOWN),
        ),
        "next-without-previous": ("The second names no predecessor.", counts.changed(sequence=2)),
        "epoch-without-abandons": (
            "The first of a new epoch doesn't say what it gives up.",
            counts.changed(epoch=2, previous=UNKNOWN),
        ),
        "abandons-epoch": (
            "The first of a new epoch gives up a head that is not of the epoch before.",
            counts.changed(
                epoch=3,
                previous=UNKNOWN,
                abandons={"epoch": 1, "sequence": 1, "digest": UNKNOWN},
            ),
        ),
        "abandons-inside": (
            "A publication within an epoch gives something up.",
            counts.changed(
                sequence=2,
                previous=UNKNOWN,
                abandons={"epoch": 1, "sequence": 1, "digest": UNKNOWN},
            ),
        ),
    }
    for name, (description, one) in changes.items():
        yield Case(f"manifest-{name}", f"{description}", (message(one),), "manifest")


def _rights() -> Iterator[Case]:
    one = first_counts()
    dataset = f"{LUZY}/comptage-mobilites"
    third = made(counts_draft(dataset=dataset), chain_of(LUZY, 2)[1][1], by=LUZY)
    yield Case(
        "key-revoked",
        "Signed by a revoked key after the last good head.",
        (message(third),),
        "key-revoked",
        head=chain_of(LUZY, 2)[1][1],
    )
    rival = made(counts_draft(dataset=dataset), chain_of(LUZY, 2)[0][1], by=LUZY)
    yield Case(
        "key-revoked-rival",
        "Signed by a revoked key at the place of the last good head, but not that one.",
        (message(rival),),
        "key-revoked",
        head=chain_of(LUZY, 2)[0][1],
    )
    other = made(counts_draft(dataset=f"{LUZY}/comptage-mobilites.velo"), by=LUZY)
    yield Case(
        "key-revoked-other-dataset",
        "A revoked key keeps nothing of a dataset that its owner did not list.",
        (message(other),),
        "key-revoked",
    )
    yield Case(
        "publisher-mismatch",
        "The manifest names another publisher than the key's owner.",
        (message(Made(one.payload, one.blob, EPCI)),),
        "publisher-mismatch",
    )
    foreign = one.changed(dataset=f"{SEGUR}/comptage-mobilites")
    yield Case(
        "publisher-not-owner",
        "Published for another without a mandate.",
        (message(foreign),),
        "publisher-not-owner",
    )
    yield Case(
        "mandate-unknown",
        "Published for another under a mandate that isn't known here.",
        (message(foreign.changed(mandate=UNKNOWN)),),
        "mandate-unknown",
    )
    yield Case(
        "dataset-schema",
        "The dataset is one of projects, the schema one of counts.",
        (message(one.changed(dataset=f"{ARVIEU}/projets")),),
        "dataset-schema",
    )
    reference = one.payload["schema"]
    renamed = one.changed(schema={**reference, "digest": schema("projets").digest})
    yield Case(
        "schema-mismatch-name",
        "The digest is that of another schema.",
        (message(renamed),),
        "schema-mismatch",
    )
    yield Case(
        "schema-mismatch-version",
        "The document with this digest states another version.",
        (message(one.changed(schema={**reference, "version": "1.0.1"})),),
        "schema-mismatch",
    )
    as_register = one.changed(mode="snapshot", period=None, result=UNKNOWN)
    yield Case(
        "mode-snapshot-of-series", "A snapshot of a series.", (message(as_register),), "mode-kind"
    )
    as_series = first_projects().changed(mode="append", result=None, period=one.payload["period"])
    yield Case(
        "mode-append-to-register",
        "Rows appended to a register.",
        (message(as_series),),
        "mode-kind",
    )
    heartbeat = first_projects().changed(
        mode="withdraw", content=None, rows=0, result=None, period=one.payload["period"]
    )
    yield Case(
        "mode-period-of-register", "A period for a register.", (message(heartbeat),), "mode-kind"
    )


def _missing() -> Iterator[Case]:
    one = first_counts()
    yield Case(
        "schema-unknown",
        "The schema isn't known here: it is asked for by digest.",
        (message(one),),
        "schema-unknown",
        trust=tuple(name for name in KNOWN if "comptage" not in name),
    )
    shared = made(counts_draft(sharing=Sharing(level="federation", charter=UNKNOWN)))
    yield Case(
        "charter-unknown", "The charter isn't known here.", (message(shared),), "charter-unknown"
    )
    sealed = one.changed(encryption={"scheme": "x25519-1"})
    yield Case(
        "encryption-unsupported",
        "Encrypted in a way that this receiver can't read.",
        (message(sealed),),
        "encryption-unsupported",
    )
