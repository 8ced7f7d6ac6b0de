"""A delivery calls escrow and insurance. Whatever these do, the delivery is committed."""

from dataclasses import astuple

import pytest

from entrepot.core.messages import Delivery, contract_domain, shipment_id

NOTE = b"\x0e" * 32
MEGABYTE = 2**20
# The most memory that the gas of a shortcut buys, roughly.
MOST = 250 * 2**10
BEHAVIOURS = {
    "burns all gas": (True, 0),
    "reverts with a megabyte": (True, MEGABYTE),
    "reverts with all it can": (True, MOST),
}


@pytest.fixture
def delivery_to(registry, ShipmentLedger, make_order, make_quote, keys, chain, operator):
    """Delivers an order through a ledger of its own with these listeners and as many policies."""

    def deliver(escrow, insurance, policies, **options):
        ledger = ShipmentLedger.deploy(registry, escrow, insurance, operator)
        order = make_order(source=ledger.address)
        ledger.create(astuple(order), operator)
        order_domain = contract_domain("Entrepot TradeEscrow", chain.id, escrow.address)
        domain = contract_domain("Entrepot ShipmentLedger", chain.id, ledger.address)
        shipment = shipment_id(order.digest(order_domain), ledger.address)
        signature = Delivery(shipment, 1, NOTE).sign(keys.consignee, domain)
        tx = ledger.deliver(
            astuple(order),
            NOTE,
            (keys.consignee.address, signature),
            [astuple(make_quote(order))] * policies,
            {**operator, **options},
        )
        assert ledger.factsOf(shipment)[0] == 5
        assert tx.events["ShipmentSnapshot"]["shipmentId"] == "0x" + shipment.hex()
        return tx, shipment

    return deliver


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_delivery_survives_its_listeners(behaviour, delivery_to, HostileListenerMock, operator):
    escrow, insurance = (
        HostileListenerMock.deploy(*BEHAVIOURS[behaviour], operator) for _ in range(2)
    )
    tx, shipment = delivery_to(escrow, insurance, policies=2)
    failed = [(bytes(e["shipmentId"]), e["listener"]) for e in tx.events["ShortcutFailed"]]
    assert failed == [(shipment, listener) for listener in (escrow, insurance, insurance)]
    # Each listener gets its 250,000, and no answer costs the delivery anything.
    assert tx.gas_used < 3 * 250_000 + 150_000


def test_a_delivery_does_not_pay_for_a_long_answer(delivery_to, HostileListenerMock, operator):
    listener = HostileListenerMock.deploy(False, MOST, operator)
    tx, _ = delivery_to(listener, listener, policies=1)
    assert "ShortcutFailed" not in tx.events
    assert tx.gas_used < 2 * 250_000 + 150_000


def test_a_starved_delivery_is_settled_later_by_anyone(
    shipped, sign_delivery, ledger, escrow, dollar, keys, sender, shipment_of, facts_of, event
):
    arguments = astuple(shipped), NOTE, sign_delivery(shipped, keys.consignee), []
    before = dollar.balanceOf(shipped.seller)

    tx = ledger.deliver(*arguments, {**sender(keys.stranger), "gas_limit": 130_000})

    assert event(tx, "ShortcutFailed") == {
        "shipmentId": shipment_of(shipped),
        "listener": escrow.address,
    }
    assert facts_of(shipped)[0] == 5
    assert dollar.balanceOf(shipped.seller) == before
    assert dollar.balanceOf(escrow) == shipped.amount
    escrow.settle(astuple(shipped), sender(keys.stranger))
    assert dollar.balanceOf(shipped.seller) == before + shipped.amount
