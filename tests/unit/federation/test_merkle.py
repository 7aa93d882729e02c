"""The Merkle root against the recursive definition of RFC 6962 and published vectors."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import merkle

# Inputs and roots of the reference tests of Certificate Transparency (merkle_tree_test.cc).
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    halves = by_definition(leaves[:k]) + by_definition(leaves[k:])
    return hashlib.sha256(b"\x01" + halves).digest()


@pytest.mark.parametrize("count", range(9))
def test_certificate_transparency_vectors(count: int) -> None:
    assert merkle.root(CT_LEAVES[:count]) == CT_ROOTS[count]


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_equals_the_definition(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == by_definition(leaves).hex()


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=12))
def test_a_list_doubled_at_its_end_has_another_root(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) != merkle.root([*leaves, leaves[-1]])


def test_a_node_is_no_leaf() -> None:
    left, right = merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")
    assert merkle.root([left + right]) != merkle.root([b"a", b"b"])
    assert merkle.node_hash(left, right).hex() == merkle.root([b"a", b"b"])
