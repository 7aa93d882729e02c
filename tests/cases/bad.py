"""Cases that no verifier accepts: one per reason at least, and one per way to break it."""

from collections.abc import Iterator

from tests.cases.chains import chain_cases
from tests.cases.contents import content_cases
from tests.cases.kit import Case
from tests.cases.manifests import manifest_cases
from tests.cases.rows import row_cases
from tests.cases.twinnings import bad_twinnings
from tests.cases.wire import wire_cases


def bad() -> Iterator[Case]:
    """All of them."""
    yield from wire_cases()
    yield from manifest_cases()
    yield from chain_cases()
    yield from content_cases()
    yield from row_cases()
    yield from bad_twinnings()
