import pytest

from entrepot.core.labels import code, leaf


def test_shows_every_item_of_the_batch(labels, committed, batch, items):
    for entry, proof in zip(items.entries, items.proofs, strict=True):
        assert labels.contains(*committed, batch, entry, proof) is True


def test_leaf_is_that_of_the_package(labels, gtin, lot, items):
    for key, (serial, address, index) in zip(items.keys, items.entries, strict=True):
        expected = leaf(gtin, lot, serial, key.raw_address, index)
        assert bytes(labels.leafOf(gtin, lot, (serial, address, index))) == expected


@pytest.mark.parametrize("member", range(3))
def test_shows_no_item_with_another_ones_serial_key_or_index(
    labels, committed, batch, items, member
):
    forged = list(items.entries[0])
    forged[member] = items.entries[1][member]
    assert labels.contains(*committed, batch, forged, items.proofs[0]) is False


def test_shows_no_item_by_another_proof(labels, committed, batch, items):
    proof = items.proofs[0]
    for other in (items.proofs[1], [], proof[:1], proof[::-1], [*proof, batch[0]]):
        assert labels.contains(*committed, batch, items.entries[0], other) is False


def test_shows_no_item_whose_index_is_not_below_the_size(labels, line, lot, items, producer):
    batch = (items.root, 3, 0)
    labels.commitBatch(line, lot, batch, producer)
    shown = [
        labels.contains(line, lot, batch, *each)
        for each in zip(items.entries, items.proofs, strict=True)
    ]
    assert shown == [True, True, True, False]


def test_shows_no_leaf_of_another_lot(labels, committed, batch, items, producer):
    other = (committed[0], code("OTHER"))
    labels.commitBatch(*other, batch, producer)
    assert labels.contains(*other, batch, items.entries[0], items.proofs[0]) is False


def test_a_batch_of_one_has_its_leaf_as_root(labels, line, lot, items, producer):
    batch = (bytes(labels.leafOf(line, lot, items.entries[0])), 1, 0)
    labels.commitBatch(line, lot, batch, producer)
    assert labels.contains(line, lot, batch, items.entries[0], []) is True
    assert labels.contains(line, lot, batch, items.entries[1], []) is False


@pytest.mark.parametrize("field", range(3))
@pytest.mark.parametrize("is_recalled", [False, True])
def test_reverts_when_the_batch_is_not_the_one_that_was_committed(
    labels, committed, batch, items, producer, reverts, field, is_recalled
):
    if is_recalled:
        labels.recallBatch(*committed, b"\1" * 32, producer)
    other = list(batch)
    other[field] = (b"\1" * 32, 5, 0)[field]
    with reverts(labels, "LabelRegistry_BatchMismatch", *committed):
        labels.contains(*committed, other, items.entries[0], items.proofs[0])


def test_reverts_given_the_batch_is_unknown(labels, line, lot, batch, items, reverts):
    with reverts(labels, "LabelRegistry_BatchUnknown", line, lot):
        labels.contains(line, lot, batch, items.entries[0], items.proofs[0])
