import pytest

from entrepot.core.labels import gtin_of
from entrepot.core.roles import Function, Refusal
from entrepot.core.signing import keccak

PRODUCT = keccak(b"product")


def test_registers_a_line_of_the_producer(labels, ids, gtin, producer, event, now, plain):
    tx = labels.registerLine(gtin, PRODUCT, producer)
    assert event(tx, "LineRegistered") == {
        "gtin": gtin,
        "producerId": ids.seller,
        "product": PRODUCT,
    }
    assert plain(labels.lineOf(gtin)) == (ids.seller, now())


def test_nothing_is_known_of_an_unregistered_line(labels, gtin, plain):
    assert plain(labels.lineOf(gtin)) == (0, 0)


@pytest.mark.parametrize("body", ["0000000000001", "9999999999999", "0461234500001"])
def test_takes_every_gtin_whose_check_digit_is_right_and_no_other(labels, producer, reverts, body):
    right = gtin_of(body)
    for digit in range(10):
        gtin = int(body + str(digit))
        if gtin != right:
            with reverts(labels, "LabelRegistry_InvalidGtin", gtin):
                labels.registerLine(gtin, PRODUCT, producer)
    labels.registerLine(right, PRODUCT, producer)


@pytest.mark.parametrize("gtin", [0, 10**14, 10**14 + 9, 2**64 - 4])
def test_reverts_when_the_gtin_is_zero_or_has_more_than_14_digits(labels, producer, reverts, gtin):
    with reverts(labels, "LabelRegistry_InvalidGtin", gtin):
        labels.registerLine(gtin, PRODUCT, producer)


def test_reverts_given_the_line_is_taken(labels, ids, line, rival, producer, reverts):
    for who in (rival, producer):
        with reverts(labels, "LabelRegistry_LineTaken", line, ids.seller):
            labels.registerLine(line, PRODUCT, who)


@pytest.mark.parametrize(
    ("who", "refusal"), [("stranger", Refusal.UNKNOWN_KEY), ("buyer", Refusal.ROLE_MISSING)]
)
def test_reverts_when_caller_may_not_label(
    labels, registry, keys, sender, gtin, reverts, who, refusal
):
    key = getattr(keys, who)
    refused = (key.address, Function.LABEL, refusal)
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refused):
        labels.registerLine(gtin, PRODUCT, sender(key))
