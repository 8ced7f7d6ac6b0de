import pytest

from entrepot.core.labels import code, gtin_of
from entrepot.core.roles import Function, Refusal

UNRESERVED = "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
COMMITTED = 1


def test_commits_a_batch(labels, ids, line, lot, batch, producer, event):
    tx = labels.commitBatch(line, lot, batch, producer)
    assert event(tx, "BatchCommitted") == {
        "gtin": line,
        "lot": lot,
        "producerId": ids.seller,
        "batch": batch,
    }
    assert labels.stateOf(line, lot) == COMMITTED
    assert labels.producerOf(line, lot) == ids.seller


def test_takes_every_unreserved_character(labels, line, batch, producer):
    for start in range(0, len(UNRESERVED), 20):
        lot = code(UNRESERVED[start : start + 20])
        labels.commitBatch(line, lot, batch, producer)
        assert labels.stateOf(line, lot) == COMMITTED


def test_reverts_when_the_lot_has_another_character(labels, line, batch, producer, reverts):
    for byte in set(range(256)) - set(UNRESERVED.encode()) - {0}:
        lot = bytes((65, byte)).ljust(20, b"\0")
        with reverts(labels, "LabelRegistry_InvalidLot", lot):
            labels.commitBatch.call(line, lot, batch, producer)


@pytest.mark.parametrize("lot", [b"", b"\0A", b"A\0B", b"A" * 18 + b"\0B"])
def test_reverts_when_the_lot_is_empty_or_has_an_inner_zero(
    labels, line, batch, producer, reverts, lot
):
    padded = lot.ljust(20, b"\0")
    with reverts(labels, "LabelRegistry_InvalidLot", padded):
        labels.commitBatch(line, padded, batch, producer)


def test_reverts_when_the_batch_is_empty(labels, line, lot, batch, producer, reverts):
    with reverts(labels, "LabelRegistry_EmptyBatch"):
        labels.commitBatch(line, lot, (batch[0], 0, batch[2]), producer)


@pytest.mark.parametrize("is_recalled", [False, True])
def test_reverts_given_the_lot_is_taken(labels, committed, batch, producer, reverts, is_recalled):
    if is_recalled:
        labels.recallBatch(*committed, b"\1" * 32, producer)
    for again in (batch, (b"\1" * 32, 1, 0)):
        with reverts(labels, "LabelRegistry_BatchTaken", *committed):
            labels.commitBatch(*committed, again, producer)


def test_reverts_given_the_line_is_unknown(labels, lot, batch, producer, reverts):
    gtin = gtin_of("0000000000099")
    with reverts(labels, "LabelRegistry_LineUnknown", gtin):
        labels.commitBatch(gtin, lot, batch, producer)


def test_reverts_when_caller_is_another_producer(labels, ids, line, lot, batch, rival, reverts):
    with reverts(labels, "LabelRegistry_NotProducer", line, 77, ids.seller):
        labels.commitBatch(line, lot, batch, rival)


def test_reverts_when_caller_may_not_label(
    labels, registry, keys, sender, line, lot, batch, reverts
):
    refused = (keys.stranger.address, Function.LABEL, Refusal.UNKNOWN_KEY)
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        labels.commitBatch(line, lot, batch, sender(keys.stranger))
