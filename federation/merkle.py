"""Merkle tree hash of RFC 6962, section 2.1, with SHA-256.

Leaves and nodes are hashed with different first bytes, so that no inner node can pass for a leaf,
and the tree isn't padded, so that no two lists have one root.
"""

import hashlib
from collections.abc import Iterable

_LEAF = b"\x00"
_NODE = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Return the 32 bytes of a leaf: SHA-256 of 0x00 and the data."""
    return hashlib.sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32 bytes of an inner node: SHA-256 of 0x01 and its two children."""
    return hashlib.sha256(_NODE + left + right).digest()


def root(leaves: Iterable[bytes]) -> str:
    """Return the root of a list of leaves, in the order given.

    Args:
        leaves: What each leaf says (not its hash).

    Returns:
        64 lower-case hex digits; for the empty list those of SHA-256 of nothing.
    """
    # Perfect subtrees from left to right, each higher than the next: adding a leaf adds one to a
    # binary number. What is left at the end is joined from the right, as the RFC splits it.
    subtrees: list[tuple[int, bytes]] = []
    for data in leaves:
        height, tree = 0, leaf_hash(data)
        while subtrees and subtrees[-1][0] == height:
            tree = node_hash(subtrees.pop()[1], tree)
            height += 1
        subtrees.append((height, tree))
    if not subtrees:
        return hashlib.sha256().hexdigest()
    _, tree = subtrees.pop()
    while subtrees:
        tree = node_hash(subtrees.pop()[1], tree)
    return tree.hex()
