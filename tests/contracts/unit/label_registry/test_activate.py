from dataclasses import astuple

import pytest

from entrepot.core.keys import Wallet
from entrepot.core.labels import code, leaf
from entrepot.core.messages import Activation

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ACTIVATED_BEFORE, BATCH_RECALLED = range(2)


@pytest.fixture
def submit(labels, committed, batch, items, keys, sender):
    """Activates the first item for the consumer with whatever is given; gives the transaction."""

    def go(signature, activator=keys.consumer, **changes):
        given = {"batch": batch, "item": items.entries[0], "proof": items.proofs[0], **changes}
        return labels.activate(*committed, *given.values(), signature, sender(activator))

    return go


@pytest.fixture
def signature(items, keys, sign_activation):
    """The first item's key's signature for the consumer."""
    return sign_activation(items.keys[0], items.entries[0][0], keys.consumer)


@pytest.mark.parametrize("number", range(4))
def test_activates_one_item_for_who_holds_its_key(
    number, labels, committed, items, activate, keys, event
):
    tx = activate(number)

    assert event(tx, "ItemActivated") == {
        "gtin": committed[0],
        "lot": committed[1],
        "serial": items.entries[number][0],
        "activator": keys.consumer.address,
        "index": number,
    }
    assert "CloneSuspected" not in tx.events
    activated = [labels.isActivated(*committed, i) for i in range(4)]
    assert activated == [i == number for i in range(4)]
    assert labels.activatedIn(*committed, 0) == 1 << number


def test_items_are_kept_256_to_a_word(
    labels, line, lot, plant, keys, producer, sender, sign_activation
):
    items = plant(255, 256, 511, 2**32 - 2)
    batch = (items.root, 2**32 - 1, 0)
    labels.commitBatch(line, lot, batch, producer)
    for key, item, proof in zip(items.keys, items.entries, items.proofs, strict=True):
        signature = sign_activation(key, item[0], keys.consumer)
        labels.activate(line, lot, batch, item, proof, signature, sender(keys.consumer))
        assert labels.isActivated(line, lot, item[2]) is True
    words = [labels.activatedIn(line, lot, word) for word in (0, 1, 2, 2**24 - 1)]
    assert words == [1 << 255, 1 | 1 << 255, 0, 1 << 254]


def test_items_of_another_lot_with_the_same_numbers_stay_as_they_are(
    labels, committed, batch, activate, producer
):
    other = committed[0], code("OTHER")
    labels.commitBatch(*other, batch, producer)
    activate(0)
    assert labels.isActivated(*other, 0) is False


@pytest.mark.parametrize("again", ["consumer", "stranger"])
def test_a_second_activation_is_a_suspected_clone_and_changes_nothing(
    again, labels, committed, items, activate, keys, event
):
    activate(0)
    second = getattr(keys, again)

    tx = activate(0, second)

    assert event(tx, "CloneSuspected") == {
        "gtin": committed[0],
        "lot": committed[1],
        "serial": items.entries[0][0],
        "activator": second.address,
        "index": 0,
        "suspicion": ACTIVATED_BEFORE,
    }
    assert "ItemActivated" not in tx.events
    assert labels.isActivated(*committed, 0) is True


def test_no_activation_suspicion_or_scan_changes_a_rating(
    labels, committed, activate, credit, keys, ids, operator, plain
):
    before = plain(credit.ratingOf(ids.seller))
    for activator in (keys.consumer, keys.stranger, keys.buyer):
        activate(0, activator)
    labels.reportScan(*committed, code("S0"), 1, 2, operator)
    assert plain(credit.ratingOf(ids.seller)) == before


@pytest.mark.parametrize("is_activated", [False, True])
def test_an_activation_given_a_recall_is_a_suspected_clone(
    is_activated, labels, committed, activate, producer, event
):
    if is_activated:
        activate(0)
    labels.recallBatch(*committed, b"\1" * 32, producer)

    tx = activate(0)

    assert event(tx, "CloneSuspected")["suspicion"] == BATCH_RECALLED
    assert "ItemActivated" not in tx.events
    assert labels.isActivated(*committed, 0) is is_activated


def test_reverts_when_another_sends_the_activation(submit, signature, items, labels, keys, reverts):
    with reverts(labels, "LabelRegistry_InvalidSignature", items.entries[0][1]):
        submit(signature, activator=keys.stranger)


@pytest.mark.parametrize(
    "change",
    [{"gtin": 4012345123457}, {"lot": code("OTHER")}, {"serial": code("S1")}],
    ids=["gtin", "lot", "serial"],
)
def test_reverts_when_the_key_signed_for_another_item(
    change, submit, items, labels, keys, sign_activation, reverts
):
    serial, address, _ = items.entries[0]
    signature = sign_activation(items.keys[0], serial, keys.consumer, **change)
    with reverts(labels, "LabelRegistry_InvalidSignature", address):
        submit(signature)


def _high_s(signature):
    s = CURVE_ORDER - int.from_bytes(signature[32:64])
    return signature[:32] + s.to_bytes(32) + bytes((27 + 28 - signature[64],))


@pytest.mark.parametrize(
    "spoil",
    [lambda _: b"", lambda good: good[:64], lambda good: good + b"\0", _high_s],
    ids=["empty", "short", "long", "high s"],
)
def test_reverts_when_the_signature_is_malformed(spoil, submit, signature, items, labels, reverts):
    with reverts(labels, "LabelRegistry_InvalidSignature", items.entries[0][1]):
        submit(spoil(signature))


def test_reverts_when_signed_for_another_contract_or_by_another_key(
    submit, items, labels, keys, domains, committed, sign_activation, reverts
):
    serial, address, _ = items.entries[0]
    message = Activation(*committed, serial, keys.consumer.address)
    elsewhere = message.sign(items.keys[0], domains.ledger)
    for forged in (elsewhere, sign_activation(Wallet().key(999), serial, keys.consumer)):
        with reverts(labels, "LabelRegistry_InvalidSignature", address):
            submit(forged)


def test_reverts_when_the_items_key_is_a_contract_that_would_agree(
    labels, line, lot, items, keys, wallet_of, producer, sender, sign_activation, reverts
):
    """Code at a key's address could agree to everything, and to another thing tomorrow."""
    serial, owner = items.entries[0][0], items.keys[0]
    wallet = wallet_of(owner)
    root = leaf(line, lot, serial, bytes.fromhex(wallet.address[2:]), 0)
    labels.commitBatch(line, lot, (root, 1, 0), producer)
    signature = sign_activation(owner, serial, keys.consumer)
    item = (serial, wallet.address, 0)
    with reverts(labels, "LabelRegistry_InvalidSignature", wallet.address):
        labels.activate(line, lot, (root, 1, 0), item, [], signature, sender(keys.consumer))


@pytest.mark.parametrize("member", range(3))
def test_reverts_when_the_item_is_not_in_the_batch(
    member, submit, signature, labels, committed, items, reverts
):
    forged = list(items.entries[0])
    forged[member] = items.entries[1][member]
    with reverts(labels, "LabelRegistry_NotInBatch", *committed, forged[0]):
        submit(signature, item=forged)
    with reverts(labels, "LabelRegistry_NotInBatch", *committed, items.entries[0][0]):
        submit(signature, proof=items.proofs[1])


def test_reverts_when_the_items_index_is_not_below_the_size(
    labels, line, lot, items, keys, producer, sender, sign_activation, reverts
):
    """Else a producer could have more items activated than it committed."""
    batch = (items.root, 3, 0)
    labels.commitBatch(line, lot, batch, producer)
    for number in (2, 3):
        item, by = items.entries[number], sender(keys.consumer)
        signature = sign_activation(items.keys[number], item[0], keys.consumer)
        call = (line, lot, batch, item, items.proofs[number], signature, by)
        if number < 3:
            labels.activate(*call)
        else:
            with reverts(labels, "LabelRegistry_NotInBatch", line, lot, item[0]):
                labels.activate(*call)


def test_of_two_items_with_one_index_the_second_is_suspected(
    labels, line, lot, plant, keys, producer, sender, sign_activation, event
):
    items = plant(0, 0, 1, 2)
    batch = (items.root, 4, 0)
    labels.commitBatch(line, lot, batch, producer)

    def activate(number):
        item = items.entries[number]
        signature = sign_activation(items.keys[number], item[0], keys.consumer)
        shown = item, items.proofs[number], signature
        return labels.activate(line, lot, batch, *shown, sender(keys.consumer))

    assert event(activate(0), "ItemActivated")["serial"] == items.entries[0][0]
    suspected = event(activate(1), "CloneSuspected")
    assert (suspected["serial"], suspected["suspicion"]) == (items.entries[1][0], ACTIVATED_BEFORE)


@pytest.mark.parametrize("field", range(3))
def test_reverts_when_the_batch_is_not_the_one_that_was_committed(
    field, submit, signature, batch, labels, committed, reverts
):
    other = list(batch)
    other[field] = (b"\1" * 32, 5, 0)[field]
    with reverts(labels, "LabelRegistry_BatchMismatch", *committed):
        submit(signature, batch=other)


def test_reverts_given_the_batch_is_unknown(
    labels, line, lot, batch, items, signature, keys, sender, reverts
):
    shown = items.entries[0], items.proofs[0], signature
    with reverts(labels, "LabelRegistry_BatchUnknown", line, lot):
        labels.activate(line, lot, batch, *shown, sender(keys.consumer))


def test_digest_is_that_of_the_package_and_of_eth_account(labels, domains, typed_digest, keys):
    assert bytes(labels.domainSeparator()) == domains.labels
    message = Activation(2**64 - 1, b"\xfe" * 20, b"\x0e" * 20, keys.consumer.address)
    found = bytes(labels.activationDigest(*astuple(message)))
    assert found == message.digest(domains.labels)
    assert found == typed_digest(message, "LabelRegistry", labels)
