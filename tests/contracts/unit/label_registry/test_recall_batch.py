from entrepot.core.labels import code, gtin_of
from entrepot.core.roles import Function, Refusal, Role, mask
from entrepot.core.signing import keccak

REASON = keccak(b"reason")
NONE, COMMITTED, RECALLED = range(3)


def test_recalls_a_batch(labels, ids, committed, producer, event):
    tx = labels.recallBatch(*committed, REASON, producer)
    assert event(tx, "BatchRecalled") == {
        "gtin": committed[0],
        "lot": committed[1],
        "producerId": ids.seller,
        "reason": REASON,
    }
    assert labels.stateOf(*committed) == RECALLED
    assert labels.producerOf(*committed) == ids.seller


def test_leaves_other_batches_alone(labels, committed, batch, producer):
    other = (committed[0], code("OTHER"))
    labels.commitBatch(*other, batch, producer)
    labels.recallBatch(*committed, REASON, producer)
    assert labels.stateOf(*other) == COMMITTED


def test_a_recalled_batch_still_shows_its_items(labels, committed, batch, items, producer):
    labels.recallBatch(*committed, REASON, producer)
    assert labels.contains(*committed, batch, items.entries[0], items.proofs[0]) is True


def test_reverts_given_the_batch_is_recalled(labels, committed, producer, reverts):
    labels.recallBatch(*committed, REASON, producer)
    with reverts(labels, "LabelRegistry_AlreadyRecalled", *committed):
        labels.recallBatch(*committed, REASON, producer)


def test_reverts_given_the_batch_is_unknown(labels, line, lot, producer, reverts):
    for gtin in (line, gtin_of("0000000000099")):
        assert (labels.stateOf(gtin, lot), labels.producerOf(gtin, lot)) == (NONE, 0)
        with reverts(labels, "LabelRegistry_BatchUnknown", gtin, lot):
            labels.recallBatch(gtin, lot, REASON, producer)


def test_reverts_when_caller_is_another_producer(labels, ids, committed, rival, reverts):
    with reverts(labels, "LabelRegistry_NotProducer", committed[0], 77, ids.seller):
        labels.recallBatch(*committed, REASON, rival)
    assert labels.stateOf(*committed) == COMMITTED


def test_reverts_given_the_producer_lost_its_role(
    labels, registry, keys, ids, committed, producer, operator, reverts
):
    registry.setRoles(ids.seller, mask(Role.SELLER), 1, operator)
    refused = (keys.seller.address, Function.LABEL, Refusal.ROLE_MISSING)
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        labels.recallBatch(*committed, REASON, producer)
