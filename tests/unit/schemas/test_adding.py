"""A schema of one's own: what may be added, and what others will miss in it."""

from schema_documents import register, schema_with

from schemas.adding import judge, unsaid
from schemas.catalogue import Catalogue, bundled
from schemas.model import parse_schema

FIRST = schema_with(("version", "1.0.0"))
SAME = schema_with(("version", "1.1.0"), ("maillage.compatible", "backward"))
OTHER = schema_with(
    ("version", "1.1.0"),
    ("maillage.compatible", "backward"),
    ("fields.3.type", "integer"),
    ("maillage.measures.value.resolution", "1"),
)


def test_a_new_name_may_be_added_and_the_programs_may_not() -> None:
    assert judge(FIRST, bundled(), []).refusal is None
    mine = bundled().latest("projets")
    assert mine is not None
    newer = parse_schema(mine.document.replace(b'"version": "1.0.0"', b'"version": "9.0.0"', 1))
    for schema in (mine, newer):
        found = judge(schema, bundled(), bundled())
        assert (found.refusal, found.detail) == ("schema-name", "projets")


def test_the_same_document_may_be_added_again() -> None:
    assert judge(FIRST, bundled(), [FIRST]).held


def test_a_version_is_never_changed_and_never_goes_back() -> None:
    changed = schema_with(("version", "1.0.0"), ("title", "Autre"))
    for known in ([FIRST], [FIRST, SAME]):
        found = judge(changed, bundled(), known)
        assert found.refusal == "schema-version"
        assert found.before == known[-1]
        assert found.detail == known[-1].version


def test_a_new_version_keeps_what_it_claims() -> None:
    found = judge(SAME, bundled(), [FIRST])
    assert found.refusal is None
    assert found.before == FIRST
    assert [one.code for one in found.changes] == ["words-changed"]
    found = judge(OTHER, bundled(), [FIRST])
    assert found.refusal == "schema-compatible"
    assert "number → integer" in found.detail
    silent = schema_with(("version", "1.1.0"))
    assert "must say" in judge(silent, bundled(), [FIRST]).detail
    told = schema_with(("version", "2.0.0"), ("maillage.compatible", "none"))
    assert judge(told, bundled(), [FIRST]).refusal is None


def test_what_others_sent_counts_until_one_is_added_here() -> None:
    theirs = schema_with(("version", "3.0.0"))
    assert judge(theirs, bundled(), [], [theirs]).refusal is None
    assert judge(FIRST, bundled(), [], [theirs]).refusal == "schema-version"
    assert judge(SAME, bundled(), [FIRST], [theirs, FIRST]).refusal is None


def test_what_is_unsaid_is_named() -> None:
    found = unsaid(FIRST)
    assert {"description", "maillage.labels.de", "maillage.processing"} <= set(found)
    assert "fields.site.title" in found
    whole = bundled().latest("jumelages")
    assert whole is not None
    assert unsaid(whole) == ()


# -- what is added goes before what others send -------------------------------------------------


def test_one_that_was_added_is_the_latest_of_its_name() -> None:
    theirs = schema_with(("version", "99.0.0"))
    for catalogue in (
        bundled().with_schema(theirs).with_schema(FIRST, pinned=True),
        bundled().with_schema(FIRST, pinned=True).with_schema(theirs),
        bundled().with_schema(FIRST).with_schema(theirs).with_schema(FIRST, pinned=True),
    ):
        assert catalogue.latest("essai") == FIRST
        assert catalogue.by_digest(theirs.digest) == theirs
        assert FIRST in catalogue.own
        assert theirs not in catalogue.own
    both = bundled().with_schema(FIRST, pinned=True)
    assert both.with_schema(FIRST, pinned=True) is both


def test_a_register_of_the_same_name_as_nobodys_may_be_added() -> None:
    assert judge(register(), Catalogue([]), []).refusal is None
