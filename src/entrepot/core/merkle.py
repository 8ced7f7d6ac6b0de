"""Merkle trees over items, as OpenZeppelin's `MerkleProof` verifies them.

A node is the keccak-256 of its two children, the smaller one first. The last node of a level of odd
width has no sibling and moves up as it is. A level is one string of bytes, 32 for each node.
"""

from collections.abc import Callable, Sequence
from struct import Struct

from sha3 import keccak_256

from entrepot.core.signing import keccak

NODE = 32
"""Bytes of a node."""
_PAIR = Struct(f"{NODE}s{NODE}s")


def parents(level: bytes) -> bytes:
    """The level above; of a part that begins at an even place, the part above it."""
    paired = len(level) - len(level) % _PAIR.size
    found = [
        keccak_256(a + b if a < b else b + a).digest() for a, b in _PAIR.iter_unpack(level[:paired])
    ]
    return b"".join(found) + level[paired:]


def root(leaves: bytes) -> bytes:
    """Root over one leaf or more."""
    level = leaves
    while len(level) > NODE:
        level = parents(level)
    return level


def widths(size: int) -> list[int]:
    """Nodes on every level of a tree over `size` leaves, from the leaves to the root."""
    found = [size]
    while found[-1] > 1:
        found.append((found[-1] + 1) // 2)
    return found


def proof(size: int, index: int, node: Callable[[int, int], bytes]) -> list[bytes]:
    """Siblings on the way from leaf `index` to the root; `node` gives one by level and place."""
    siblings = []
    for level, width in enumerate(widths(size)[:-1]):
        sibling = index >> level ^ 1
        if sibling < width:
            siblings.append(node(level, sibling))
    return siblings


def climbed(leaf: bytes, siblings: Sequence[bytes]) -> bytes:
    """The root that a leaf and its proof lead to."""
    found = leaf
    for each in siblings:
        found = keccak(found + each if found < each else each + found)
    return found
