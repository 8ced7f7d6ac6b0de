"""Whole trades through every contract, with balances to the unit."""

from dataclasses import astuple

import pytest

from entrepot.core.credit import POINT, rate
from entrepot.core.keys import Wallet
from entrepot.core.labels import code, gtin_of, leaf
from entrepot.core.messages import Offer, contract_domain
from entrepot.core.roles import Role
from entrepot.core.signing import keccak

DAY = 86_400
DOLLAR = 10**6
WEIGHT = 10  # of an order over 1,000 dollars
RELEASED, REFUNDED, ARBITRATED = 2, 3, 5
SHIPPED = 1
PASSED = 1
DECLARATION = (b"0901210000", b"BR", b"DE", 1_000 * DOLLAR, keccak(b"declaration"))
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
        good, bad, *_ = plain(world.credit.evidenceOf(participant, role))
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
        "payee": keys.buyer.address,
        "amount": payout,
        "fired": 1 << 4,
        "grossBps": 300,
        "daysLate": 6,
        "isFinal": True,
    }
    assert gained() == {
        "buyer": -1_020 * DOLLAR + payout,
        "seller": 1_000 * DOLLAR,
        "pool": 20 * DOLLAR - payout,
    }
    # The premium reaches the shareholders in the next 30 days.
    earned = 20 * DOLLAR, tx.timestamp, 30 * DAY
    assert plain(world.pool.books()) == (0, 0, 500 * DOLLAR - payout, *earned, 0)
    assert world.pool.totalAssets() == 4_500 * DOLLAR
    facts = plain(world.ledger.factsOf(shipment_of(order)))
    assert (facts[0], facts[2]) == (DELIVERED, ids.second_carrier)
    assert world.escrow.recordOf(order_id(order))[0] == RELEASED
    assert world.insurance.recordOf(policy_id)[0] == PAID

    # It shipped in time, and the buyer's consignee lost the dispute.
    assert evidence_of(ids.seller, Role.SELLER) == (WEIGHT, 0)
    assert evidence_of(ids.buyer, Role.BUYER) == (0, WEIGHT)
    assert evidence_of(ids.insurer, Role.INSURER) == (WEIGHT, 0)
    assert plain(world.credit.ratingOf(ids.buyer)) == astuple(rate(0, WEIGHT * POINT))

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
    tx = world.insurance.claim(astuple(order), astuple(quote), operator)

    payout = 200 * DOLLAR
    assert gained() == {"consumer": payout - 20 * DOLLAR, "pool": 20 * DOLLAR - payout}
    earned = 20 * DOLLAR, tx.timestamp, 30 * DAY
    assert plain(world.pool.books()) == (0, 0, 500 * DOLLAR - payout, *earned, 0)
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


@pytest.fixture
def deal(make_order, make_clauses, open_order):
    """An open order with everything agreed, and its clauses."""
    clauses = make_clauses()
    order = make_order(clauses=clauses.struct_hash())
    open_order(order, clauses)
    return order, clauses


@pytest.fixture
def sell_note(world, chain, keys, ids, order_id, operator):
    """Sells a claim to the bank for 700 dollars, of which 100 stay behind."""
    domain = contract_domain("Entrepot ReceivableNote", chain.id, world.notes.address)

    def sell(order, paid):
        terms = 700 * DOLLAR, 100 * DOLLAR, paid, order.refund_after, b"\0" * 32
        offer = Offer(order_id(order), keys.bank.address, ids.bank, *terms)
        signatures = [offer.sign(key, domain) for key in (keys.bank, keys.seller)]
        world.notes.sell(astuple(order), astuple(offer), *signatures, operator)

    return sell


def test_goods_are_financed_cleared_and_contested_and_the_arbiter_divides_what_is_left(
    world, deal, sell_note, ship, deliver, keys, sender, operator, gained, evidence_of, ids,
    order_id, shipment_of, at,
):  # fmt: skip
    order, _ = deal
    terms, shipment = tuple(map(astuple, deal)), shipment_of(order)
    ship(order)
    world.escrow.advance(*terms, operator)
    assert gained() == {"seller": 140 * DOLLAR, "escrow": -140 * DOLLAR}

    sell_note(order, paid=SHIPPED)
    assert gained() == {
        "seller": 740 * DOLLAR, "bank": -700 * DOLLAR, "notes": 100 * DOLLAR,
        "escrow": -140 * DOLLAR,
    }  # fmt: skip

    world.customs.declare(*terms, DECLARATION, sender(keys.broker))
    world.customs.inspect(shipment, 0, PASSED, b"\0" * 32, sender(keys.inspector))
    world.customs.assess(shipment, 60 * DOLLAR, sender(keys.customs))
    sequence = world.customs.factsOf(shipment)[1]
    world.customs.release(shipment, sequence, sender(keys.customs))
    world.escrow.advance(*terms, operator)
    assert gained() == {
        "seller": 740 * DOLLAR, "bank": -630 * DOLLAR, "notes": 100 * DOLLAR,
        "treasury": 60 * DOLLAR, "escrow": -270 * DOLLAR,
    }  # fmt: skip

    at(order.deliver_by + 1)
    deliver(order)
    assert world.escrow.isOpen(order_id(order))
    world.escrow.contest(*terms, keccak(b"damage"), sender(keys.buyer))
    world.escrow.arbitrate(*terms, 5_000, sender(keys.arbiter))
    world.notes.divideBond(terms[0], operator)

    # Of the 730 that were left half goes along the path, 50 and 150 before the bank.
    assert gained() == {
        "seller": 790 * DOLLAR, "bank": (-630 + 165 + 50) * DOLLAR, "treasury": 60 * DOLLAR,
        "platform": 50 * DOLLAR, "carrier": 150 * DOLLAR, "buyer": 365 * DOLLAR,
        "escrow": -1_000 * DOLLAR,
    }  # fmt: skip
    assert world.escrow.recordOf(order_id(order))[0] == ARBITRATED
    # Whoever keeps half has not lost.
    assert evidence_of(ids.seller, Role.SELLER) == (WEIGHT, 0)
    assert evidence_of(ids.buyer, Role.BUYER) == (0, WEIGHT)


def test_goods_that_customs_refuses_for_good_are_refunded_less_the_duty(
    world, deal, ship, keys, sender, operator, gained, order_id, shipment_of, now, at, reverts
):
    order, clauses = deal
    terms, shipment = tuple(map(astuple, deal)), shipment_of(order)
    ship(order)
    world.customs.declare(*terms, DECLARATION, sender(keys.seller))
    world.customs.refuse(shipment, keccak(b"reason"), 30 * DOLLAR, sender(keys.customs))
    world.customs.appeal(shipment, keccak(b"grounds"), sender(keys.seller))
    final = now() + clauses.appeal_period
    at(final)
    with reverts(world.escrow, "TradeEscrow_Undecided", order_id(order)):
        world.escrow.conclude(*terms, operator)
    at(final + 1)
    world.escrow.conclude(*terms, operator)
    assert gained() == {
        "seller": 140 * DOLLAR, "treasury": 30 * DOLLAR, "buyer": 830 * DOLLAR,
        "escrow": -1_000 * DOLLAR,
    }  # fmt: skip
    assert world.escrow.recordOf(order_id(order))[0] == REFUNDED
