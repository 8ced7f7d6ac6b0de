"""A delivery calls escrow and insurance. Whatever these do, the delivery is committed."""

from dataclasses import astuple

import pytest
from brownie.exceptions import VirtualMachineError

from entrepot.core.messages import Delivery, contract_domain, shipment_id

NOTE = b"\x0e" * 32
SHORTCUT_GAS = 600_000
MEGABYTE = 2**20
# About the longest answer that a shortcut's gas allows, and what it costs who gives it.
LONGEST, ITS_GAS = 250 * 2**10, 150_000
# How listeners answer (reverting, size; 0 burns all gas), and the gas that each costs.
BEHAVIOURS = {
    "burn all gas": (True, 0, SHORTCUT_GAS),
    "try to revert with a megabyte": (True, MEGABYTE, SHORTCUT_GAS),
    "revert with all they can": (True, LONGEST, ITS_GAS),
    "return all they can": (False, LONGEST, ITS_GAS),
}


@pytest.fixture
def delivery_to(
    registry, customs, sensors, ShipmentLedger, make_order, make_quote, keys, chain, operator
):
    """Delivers an order through a ledger of its own with these listeners and as many policies."""

    def deliver(escrow, insurance, policies, **options):
        ledger = ShipmentLedger.deploy(registry, escrow, insurance, customs, sensors, operator)
        order = make_order(source=ledger.address)
        ledger.create(astuple(order), operator)
        order_domain = contract_domain("Entrepot TradeEscrow", chain.id, escrow.address)
        domain = contract_domain("Entrepot ShipmentLedger", chain.id, ledger.address)
        shipment = shipment_id(order.digest(order_domain), ledger.address)
        signature = Delivery(shipment, 1, evidence=NOTE).sign(keys.consignee, domain)
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
def test_a_delivery_survives_listeners_that(behaviour, delivery_to, HostileListenerMock, operator):
    is_reverting, size, gas = BEHAVIOURS[behaviour]
    escrow, insurance = (HostileListenerMock.deploy(is_reverting, size, operator) for _ in range(2))

    tx, shipment = delivery_to(escrow, insurance, policies=2)

    calls = [(shipment, listener) for listener in (escrow, insurance, insurance)]
    assert ("ShortcutFailed" in tx.events) == is_reverting
    if is_reverting:
        failed = tx.events["ShortcutFailed"]
        assert [(bytes(e["shipmentId"]), e["listener"]) for e in failed] == calls
    # The delivery pays for its calls and not for the answers: copying one costs as much again.
    assert tx.gas_used < len(calls) * gas + 100_000


@pytest.fixture
def deliver_by(ledger, keys, sender, tender, dispute, sign_delivery, at, now):
    """Delivers shipped goods in one of the three ways, with these policies."""

    def go(order, how, quotes):
        terms, policies = astuple(order), [astuple(quote) for quote in quotes]
        if how == "receipt":
            receipt = sign_delivery(order, keys.consignee)
            return ledger.deliver(terms, NOTE, receipt, policies, sender(keys.stranger))
        tender(order)
        if how == "silence":
            at(now() + order.acceptance_window + 1)
            return ledger.concludeTender(terms, policies, sender(keys.stranger))
        dispute(order)
        return ledger.rule(terms, True, policies, sender(keys.arbiter))

    return go


@pytest.mark.parametrize("how", ["receipt", "silence", "ruling"])
def test_every_delivery_settles_the_order_and_the_policies_given(
    how, opened, make_quote, insure, ship, deliver_by, order_id, event
):
    quotes = [make_quote(opened, maximum=opened.amount // 10, cap_bps=1_000) for _ in range(2)]
    ids = [bytes(insure(opened, quote).return_value) for quote in quotes]
    ship(opened)

    tx = deliver_by(opened, how, quotes)

    assert event(tx, "OrderReleased")["orderId"] == order_id(opened)
    assert [bytes(e["policyId"]) for e in tx.events["PolicyExpired"]] == ids
    assert "ShortcutFailed" not in tx.events


@pytest.mark.parametrize("how", ["receipt", "silence", "ruling"])
def test_a_policy_that_cannot_be_claimed_harms_nothing(
    how, shipped, make_quote, deliver_by, insurance, shipment_of, event
):
    tx = deliver_by(shipped, how, [make_quote(shipped)])

    failed = {"shipmentId": shipment_of(shipped), "listener": insurance.address}
    assert event(tx, "ShortcutFailed") == failed
    assert event(tx, "OrderReleased")["amount"] == shipped.amount


@pytest.fixture(scope="session")
def with_least_gas(sender, keys):
    """Calls a function as a stranger with as little gas as it accepts; gives the transaction."""

    def send(function, *arguments):
        for gas in range(60_000, SHORTCUT_GAS, 1_000):
            try:
                return function(*arguments, {**sender(keys.stranger), "gas_limit": gas})
            except VirtualMachineError:
                pass
        return pytest.fail("it always runs out of gas")

    return send


@pytest.fixture
def starved(shipped, sign_delivery, ledger, escrow, keys, with_least_gas, event, shipment_of):
    """Delivers with so little gas that the shortcut fails."""

    def deliver():
        signature = sign_delivery(shipped, keys.consignee)
        tx = with_least_gas(ledger.deliver, astuple(shipped), NOTE, signature, [])
        assert event(tx, "ShortcutFailed") == {
            "shipmentId": shipment_of(shipped),
            "listener": escrow.address,
        }

    return deliver


def test_a_starved_delivery_is_settled_later_in_full_or_not_at_all(
    shipped, starved, with_least_gas, escrow, dollar, facts_of
):
    before = dollar.balanceOf(shipped.seller)
    starved()
    assert facts_of(shipped)[0] == 5
    assert dollar.balanceOf(escrow) == shipped.amount

    tx = with_least_gas(escrow.settle, astuple(shipped))

    assert "PaymentDeferred" not in tx.events
    assert dollar.balanceOf(shipped.seller) == before + shipped.amount


def test_a_starved_delivery_after_refund_after_is_refunded_later(
    shipped, starved, escrow, dollar, order_id, facts_of, operator, at, reverts
):
    before = dollar.balanceOf(shipped.buyer)
    at(shipped.refund_after + 1)
    starved()
    expected = order_id(shipped), facts_of(shipped)[6], shipped.refund_after
    assert expected[1] > shipped.refund_after
    with reverts(escrow, "TradeEscrow_NotDelivered", *expected):
        escrow.settle(astuple(shipped), operator)
    escrow.refund(astuple(shipped), operator)
    assert dollar.balanceOf(shipped.buyer) == before + shipped.amount
