"""Whole trades through every contract, with balances to the unit."""

from dataclasses import astuple

import pytest

from entrepot.core.credit import POINT, rate
from entrepot.core.keys import Wallet
from entrepot.core.labels import code, gtin_of, leaf
from entrepot.core.roles import Role
from entrepot.core.signing import keccak

DAY = 86_400
DOLLAR = 10**6
WEIGHT = 10  # of an order over 1,000 dollars
RELEASED, REFUNDED = 2, 3
PAID = 2
DELIVERED = 5
RECALLED = 2


@pytest.fixture
def gained(world, keys):
    """What everyone's balance has gained since this fixture was asked for, where it changed."""
    holders = {name: key.address for name, key in vars(keys).items()}
    holders |= vars(world)

    def balances():
        return {name: int(world.dollar.balanceOf(holder)) for name, holder in holders.items()}

    before = balances()
    return lambda: {name: b - before[name] for name, b in balances().items() if b != before[name]}


@pytest.fixture
def evidence_of(world, plain):
    """Good and bad evidence of a participant, in weight points."""

    def of(participant, role):
        good, bad, _ = plain(world.credit.evidenceOf(participant, role))
        return good / POINT, bad / POINT

    return of


def test_a_disputed_and_upheld_late_delivery_pays_seller_and_holder(
    world,
    make_order,
    open_order,
    make_quote,
    insure,
    ship,
    hand_over,
    keys,
    ids,
    sender,
    at,
    gained,
    evidence_of,
    event,
    order_id,
    shipment_of,
    plain,
):
    gtin, lot = gtin_of("0461234500001"), code("LOT-1")
    item_key = Wallet().key(200)
    item = (code("S1"), item_key.address, 0)
    batch = (leaf(gtin, lot, code("S1"), item_key.raw_address, 0), 1, 0)
    world.labels.registerLine(gtin, keccak(b"product"), sender(keys.seller))
    world.labels.commitBatch(gtin, lot, batch, sender(keys.seller))

    order = make_order(goods=batch[0])
    open_order(order)
    quote = make_quote(order)
    policy_id = insure(order, quote).return_value
    assert gained() == {
        "buyer": -1_020 * DOLLAR,
        "escrow": 1_000 * DOLLAR,
        "pool": 20 * DOLLAR,
    }

    ship(order)
    hand_over(order, keys.carrier, keys.second_carrier)
    terms, evidence = astuple(order), keccak(b"proof of delivery")
    at(order.deliver_by)
    world.ledger.tender(terms, evidence, sender(keys.second_carrier))
    world.ledger.dispute(terms, evidence, sender(keys.consignee))
    world.ledger.rule(terms, False, [], sender(keys.arbiter))
    tendered = order.deliver_by + 5 * DAY + 1
    at(tendered)
    world.ledger.tender(terms, evidence, sender(keys.second_carrier))
    world.ledger.dispute(terms, evidence, sender(keys.consignee))
    at(tendered + 2 * DAY)
    tx = world.ledger.rule(terms, True, [astuple(quote)], sender(keys.arbiter))

    # Six begun days after deliver-by, three of them free, 1 % each.
    payout = 30 * DOLLAR
    assert event(tx, "ShipmentDelivered")["deliveredAt"] == tendered
    assert event(tx, "OrderReleased") == {
        "orderId": order_id(order),
        "payee": keys.seller.address,
        "amount": 1_000 * DOLLAR,
    }
    assert event(tx, "ClaimPaid") == {
        "policyId": bytes(policy_id),
        "holder": keys.buyer.address,
        "amount": payout,
        "daysLate": 6,
    }
    assert gained() == {
        "buyer": -1_020 * DOLLAR + payout,
        "seller": 1_000 * DOLLAR,
        "pool": 20 * DOLLAR - payout,
    }
    assert plain(world.pool.books()) == (0, 0, 500 * DOLLAR - payout)
    assert world.pool.totalAssets() == 4_520 * DOLLAR
    facts = plain(world.ledger.factsOf(shipment_of(order)))
    assert (facts[0], facts[2]) == (DELIVERED, ids.second_carrier)
    assert world.escrow.recordOf(order_id(order))[0] == RELEASED
    assert world.insurance.recordOf(policy_id)[0] == PAID

    assert evidence_of(ids.seller, Role.SELLER) == (WEIGHT / 2, WEIGHT / 2)
    assert evidence_of(ids.buyer, Role.BUYER) == (WEIGHT, 0)
    assert evidence_of(ids.insurer, Role.INSURER) == (WEIGHT, 0)
    assert plain(world.credit.ratingOf(ids.buyer)) == astuple(rate(WEIGHT * POINT, 0))

    world.labels.recallBatch(gtin, lot, keccak(b"reason"), sender(keys.seller))
    assert world.labels.stateOf(gtin, lot) == RECALLED
    assert world.labels.contains(gtin, lot, batch, item, []) is True


def test_goods_lost_on_the_way_refund_the_consumer_and_pay_the_most_of_the_cover(
    world,
    make_order,
    open_order,
    make_quote,
    insure,
    ship,
    keys,
    ids,
    operator,
    at,
    gained,
    evidence_of,
    order_id,
    shipment_of,
    plain,
):
    order = make_order(buyer=keys.consumer.address, buyer_id=0, consignee_id=0)
    open_order(order)
    quote = make_quote(order)
    policy_id = insure(order, quote).return_value
    ship(order)

    at(order.refund_after + 1)
    world.escrow.refund(astuple(order), operator)
    world.insurance.claim(astuple(order), astuple(quote), operator)

    payout = 200 * DOLLAR
    assert gained() == {"consumer": payout - 20 * DOLLAR, "pool": 20 * DOLLAR - payout}
    assert plain(world.pool.books()) == (0, 0, 500 * DOLLAR - payout)
    assert world.escrow.recordOf(order_id(order))[0] == REFUNDED
    assert world.insurance.recordOf(policy_id)[0] == PAID
    assert plain(world.ledger.factsOf(shipment_of(order)))[2] == ids.carrier

    assert evidence_of(ids.seller, Role.SELLER) == (0, WEIGHT)
    assert evidence_of(ids.insurer, Role.INSURER) == (WEIGHT, 0)


def test_governance_stops_new_orders_and_no_settlement(
    world, make_order, open_order, ship, deliver, ids, operator, gained, reverts
):
    order = make_order()
    open_order(order)
    ship(order)
    world.registry.setRoles(ids.seller, 0, 1, operator)
    world.escrow.pauseOpening(True, operator)
    world.manager.setTargetClosed(world.escrow, True, operator)
    deliver(order)
    assert gained() == {"buyer": -1_000 * DOLLAR, "seller": 1_000 * DOLLAR}

    with reverts(world.escrow, "TradeEscrow_OpeningPaused"):
        open_order(make_order())
