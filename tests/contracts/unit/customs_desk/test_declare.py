from dataclasses import astuple, replace

import pytest

from entrepot.core.messages import Clauses

DOLLAR = 10**6


@pytest.mark.parametrize("who", ["seller", "broker"])
def test_opens_a_case_by_the_seller_or_its_broker(
    who, shipment, declare, goods, customs, keys, ids, facts_of, case_of, event, plain
):
    tx = declare(shipment, getattr(keys, who))

    declarant = getattr(ids, who)
    assert event(tx, "GoodsDeclared") == {
        "shipmentId": shipment.shipment,
        "declarantId": declarant,
        "customsId": ids.customs,
        "inspectorId": ids.inspector,
        "appealPeriod": 86_400,
        "dutyCap": 50 * DOLLAR,
        "declaration": astuple(goods()),
    }
    assert tuple(vars(facts_of(shipment)).values()) == (1, 1, 0, 0, 0, 0, tx.timestamp)
    kept = ids.customs, ids.inspector, declarant, 86_400, 50 * DOLLAR, False, 0, 0
    assert plain(customs.caseOf(shipment.shipment)) == kept


def test_a_new_declaration_takes_the_place_of_the_old_with_nothing_found_or_assessed(
    shipment, do, declare, customs, keys, ids, facts_of, case_of, plain
):
    do(shipment, "declare", "inspect", "assess", "hold")
    assert case_of(shipment) == (True, 1, 0)
    declare(shipment, keys.broker, value=7)
    assert case_of(shipment) == (False, 0, 0)
    assert facts_of(shipment).duty == 0
    assert plain(customs.caseOf(shipment.shipment))[2] == ids.broker


@pytest.mark.parametrize("length", range(11))
def test_an_hs_code_has_six_eight_or_ten_digits(length, shipment, declare, customs, reverts):
    code = b"0805102290"[:length].ljust(10, b"\0")
    if length in (6, 8, 10):
        declare(shipment, hs_code=code)
    else:
        with reverts(customs, "CustomsDesk_InvalidHsCode", code):
            declare(shipment, hs_code=code)


@pytest.mark.parametrize(
    "code",
    [
        *(b"080510"[:i] + bytes((c,)) + b"080510"[i + 1 :] for i in range(6) for c in b"/:"),
        b"0805.10",
        b"08 051022",
        b"080510\x0012",
        b"080510\x00\x00\x001",
        b"08051022\x001",
        b"080510229A",
        b"08051A",
        b"\x0080510",
        b"080510  ",
        b"08051\xb2",
    ],
)
def test_reverts_when_an_hs_code_has_other_characters(code, shipment, declare, customs, reverts):
    padded = code.ljust(10, b"\0")
    with reverts(customs, "CustomsDesk_InvalidHsCode", padded):
        declare(shipment, hs_code=padded)


@pytest.mark.parametrize("member", ["origin", "destination"])
@pytest.mark.parametrize(
    "code", [b"es", b"eS", b"Es", b"E1", b"E\0", b"\0\0", b"@A", b"A@", b"[A", b"A["]
)
def test_reverts_when_a_country_is_no_two_capitals(
    member, code, shipment, declare, customs, reverts
):
    with reverts(customs, "CustomsDesk_InvalidCountry", code):
        declare(shipment, **{member: code})


def test_countries_reach_from_aa_to_zz(shipment, declare, event):
    tx = declare(shipment, origin=b"AZ", destination=b"ZA")
    assert event(tx, "GoodsDeclared")["declaration"][1:3] == (b"AZ", b"ZA")


def test_reverts_when_the_goods_are_worth_nothing(shipment, declare, customs, reverts):
    with reverts(customs, "CustomsDesk_ZeroValue"):
        declare(shipment, value=0)


def test_reverts_when_the_order_names_another_source(
    shipment, declare, customs, ledger, escrow, reverts
):
    shipment.order = replace(shipment.order, source=escrow.address)
    with reverts(customs, "CustomsDesk_WrongSource", escrow.address, ledger.address):
        declare(shipment)


@pytest.mark.parametrize(
    "change",
    [{"broker_id": 5}, {"customs_id": 5}, {"duty_cap": 2**128 - 1}, {"inspector_id": 0}],
    ids=lambda change: next(iter(change)),
)
def test_reverts_when_the_clauses_are_not_those_signed(change, shipment, declare, customs, reverts):
    signed = shipment.clauses.struct_hash()
    shipment.clauses = replace(shipment.clauses, **change)
    forged = shipment.clauses.struct_hash()
    with reverts(customs, "CustomsDesk_ClausesMismatch", forged, signed):
        declare(shipment)


def test_reverts_when_the_order_is_told_otherwise_than_it_was_opened(
    shipment, declare, customs, shipment_of, keys, ids, reverts
):
    """The carrier, as the seller of an order with the same clauses that nobody opened."""
    shipment.order = replace(shipment.order, seller_id=ids.carrier)
    with reverts(customs, "CustomsDesk_ShipmentUnknown", shipment_of(shipment.order)):
        declare(shipment)


def test_reverts_given_the_order_has_no_customs(shipment, place, declare, customs, reverts):
    plain = place(**{name: getattr(Clauses(), name) for name in Clauses.__slots__})
    with reverts(customs, "CustomsDesk_NoCustoms", plain.shipment):
        declare(plain)


def test_reverts_given_the_shipment_was_not_created(
    shipment, make_order, open_order, declare, customs, shipment_of, reverts
):
    shipment.order = make_order(clauses=shipment.clauses.struct_hash())
    open_order(shipment.order, shipment.clauses)
    with reverts(customs, "CustomsDesk_ShipmentUnknown", shipment_of(shipment.order)):
        declare(shipment)


@pytest.mark.parametrize("named", [True, False])
def test_reverts_when_another_broker_declares(
    named, place, declare, customs, registry, keys, ids, operator, reverts
):
    broker = ids.carrier if named else 0
    shipment = place(broker_id=broker)
    with reverts(customs, "CustomsDesk_NotDeclarant", ids.broker, ids.seller, broker):
        declare(shipment, keys.broker)
