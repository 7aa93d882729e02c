"""Fixtures of the client's tests."""

from collections.abc import Iterator

import pytest

from tests.puppet import Puppet, puppet_node


@pytest.fixture
def puppet() -> Iterator[Puppet]:
    """A node that says what it is told to."""
    with puppet_node() as found:
        yield found
