"""Merkle trees, against an implementation by their definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core import merkle
from entrepot.core.signing import keccak

hashes = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


def defined_root(nodes: list[bytes]) -> bytes:
    """Root by the definition: halves are split at the largest power of two below their number."""
    if len(nodes) == 1:
        return nodes[0]
    half = 1 << (len(nodes) - 1).bit_length() - 1
    return keccak(b"".join(sorted([defined_root(nodes[:half]), defined_root(nodes[half:])])))


def levels_of(nodes: list[bytes]) -> list[bytes]:
    levels = [b"".join(nodes)]
    while len(levels[-1]) > merkle.NODE:
        levels.append(merkle.parents(levels[-1]))
    return levels


@given(hashes)
def test_root_is_that_of_the_definition(nodes: list[bytes]) -> None:
    assert merkle.root(b"".join(nodes)) == defined_root(nodes)


@given(hashes, st.data())
def test_every_leaf_climbs_to_the_root_and_nothing_else_does(
    nodes: list[bytes], data: st.DataObject
) -> None:
    levels = levels_of(nodes)
    assert merkle.widths(len(nodes)) == [len(level) // merkle.NODE for level in levels]
    for index, leaf in enumerate(nodes):
        siblings = merkle.proof(
            len(nodes), index, lambda level, place: levels[level][32 * place : 32 * place + 32]
        )
        assert merkle.climbed(leaf, siblings) == levels[-1]
    other = data.draw(st.binary(min_size=32, max_size=32).filter(lambda leaf: leaf not in nodes))
    assert merkle.climbed(other, siblings) != levels[-1]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 9, 23])
def test_a_level_above_is_made_in_parts(size: int) -> None:
    level = b"".join(keccak(bytes((i,))) for i in range(size))
    parts = [merkle.parents(level[at : at + 4 * merkle.NODE]) for at in range(0, len(level), 128)]
    assert b"".join(parts) == merkle.parents(level)
