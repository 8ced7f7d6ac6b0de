"""Whom the money goes to when ledger and escrow meet at the edge of a second."""

from dataclasses import astuple

import pytest

from entrepot.core.messages import PLAIN, Clauses

INSPECTED = Clauses(conditions=0b1100, inspection_window=86_400)
NOTE = b"\x0e" * 32


@pytest.fixture
def order(make_order, open_order):
    """An open order."""
    order = make_order()
    open_order(order)
    return order


@pytest.fixture
def shipped(order, ship):
    """An order whose goods are with the carrier."""
    ship(order)
    return order


@pytest.fixture(scope="session")
def tender(world, keys, sender):
    """Tenders as the carrier."""
    return lambda order: world.ledger.tender(astuple(order), NOTE, sender(keys.carrier))


@pytest.fixture(scope="session")
def dispute(world, keys, sender):
    """Disputes as the consignee."""
    return lambda order: world.ledger.dispute(astuple(order), NOTE, sender(keys.consignee))


@pytest.fixture(scope="session")
def conclude(world, keys, sender):
    """Concludes a tender as a stranger."""
    return lambda order: world.ledger.concludeTender(astuple(order), [], sender(keys.stranger))


@pytest.fixture(scope="session")
def refund(world, keys, sender):
    """Asks for the refund as a stranger."""
    return lambda order: world.escrow.refund(astuple(order), sender(keys.stranger))


@pytest.fixture(scope="session")
def refuses_refund(world, reverts, refund, order_id, at):
    """Shows that a refund at that second fails."""

    def check(order, second):
        at(second)
        expected = order_id(order), second, order.refund_after
        with reverts(world.escrow, "TradeEscrow_NotRefundable", *expected):
            refund(order)

    return check


@pytest.fixture
def pays(dollar, escrow):
    """Shows that an action pays an order's whole price to a side, and nothing to the other."""

    def check(side, order, act):
        before = {name: dollar.balanceOf(getattr(order, name)) for name in ("buyer", "seller")}
        before[side] += order.amount
        held = dollar.balanceOf(escrow)
        act()
        after = {name: dollar.balanceOf(getattr(order, name)) for name in before}
        assert after == before
        assert dollar.balanceOf(escrow) == held - order.amount

    return check


def test_unshipped_goods_are_refunded_after_ship_by(order, refund, refuses_refund, pays, at):
    refuses_refund(order, order.ship_by)
    at(order.ship_by + 1)
    pays("buyer", order, lambda: refund(order))


def test_shipping_in_the_last_second_holds_the_refund_back_until_refund_after(
    order, ledger, hand_over, keys, operator, refund, refuses_refund, pays, at
):
    ledger.create(astuple(order), operator)
    at(order.ship_by)
    hand_over(order, keys.seller, keys.carrier)
    refuses_refund(order, order.ship_by + 1)
    refuses_refund(order, order.refund_after)
    at(order.refund_after + 1)
    pays("buyer", order, lambda: refund(order))


def test_a_refund_leaves_a_later_delivery_unpaid(
    shipped, refund, deliver, escrow, operator, order_id, pays, dollar, at, reverts
):
    at(shipped.refund_after + 1)
    pays("buyer", shipped, lambda: refund(shipped))
    deliver(shipped)
    with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(shipped), 3):
        escrow.settle(astuple(shipped), operator)
    assert dollar.balanceOf(escrow) == 0


def test_a_delivery_pays_once(shipped, deliver, escrow, operator, order_id, pays, reverts):
    pays("seller", shipped, lambda: deliver(shipped))
    for end in (escrow.settle, escrow.refund):
        with reverts(escrow, "TradeEscrow_OrderNotOpen", order_id(shipped), 2):
            end(astuple(shipped), operator)


def test_one_orders_delivery_settles_no_other(
    shipped, make_order, open_order, ship, deliver, escrow, operator, order_id, reverts
):
    other = make_order()
    open_order(other)
    ship(other)
    deliver(other)
    expected = order_id(shipped), 0, shipped.refund_after
    with reverts(escrow, "TradeEscrow_NotDelivered", *expected):
        escrow.settle(astuple(shipped), operator)
    assert escrow.isOpen(order_id(shipped))


def test_a_timely_tender_holds_the_refund_back_until_the_consignees_silence(
    shipped, tender, conclude, refuses_refund, pays, at
):
    at(shipped.refund_after)
    tender(shipped)
    closes_at = shipped.refund_after + shipped.acceptance_window
    refuses_refund(shipped, shipped.refund_after + 1)
    refuses_refund(shipped, closes_at + 1)
    pays("seller", shipped, lambda: conclude(shipped))


def test_a_disputed_tender_holds_the_refund_back_until_the_arbiter_rejects_it(
    shipped, tender, dispute, ledger, keys, sender, refund, refuses_refund, pays, at
):
    at(shipped.refund_after)
    tender(shipped)
    dispute(shipped)
    refuses_refund(shipped, shipped.refund_after + 10)
    ledger.rule(astuple(shipped), False, [], sender(keys.arbiter))
    pays("buyer", shipped, lambda: refund(shipped))


def test_a_tender_upheld_after_refund_after_pays_the_seller(
    shipped, tender, dispute, ledger, keys, sender, pays, at
):
    at(shipped.refund_after)
    tender(shipped)
    dispute(shipped)
    pays("seller", shipped, lambda: ledger.rule(astuple(shipped), True, [], sender(keys.arbiter)))


@pytest.mark.parametrize(("upheld", "side"), [(True, "seller"), (False, "buyer")])
def test_the_arbiters_silence_pays_by_the_default(
    upheld, side, make_order, open_order, ship, tender, dispute, conclude, refund, refuses_refund,
    pays, now, at,
):  # fmt: skip
    order = make_order(uphold_by_default=upheld)
    open_order(order)
    ship(order)
    at(order.refund_after)
    tender(order)
    dispute(order)
    refuses_refund(order, now() + order.arbitration_period + 1)

    def end():
        conclude(order)
        if not upheld:
            refund(order)

    pays(side, order, end)


def test_a_tender_after_refund_after_holds_nothing_back(shipped, tender, refund, pays, at):
    at(shipped.refund_after + 1)
    tender(shipped)
    pays("buyer", shipped, lambda: refund(shipped))


def test_a_tender_after_refund_after_refunds_when_accepted(
    shipped, tender, conclude, pays, now, at
):
    at(shipped.refund_after + 1)
    tender(shipped)
    at(now() + shipped.acceptance_window + 1)
    pays("buyer", shipped, lambda: conclude(shipped))


def test_tendering_again_after_refund_after_does_not_help(
    shipped, tender, dispute, ledger, keys, sender, refund, pays, at
):
    at(shipped.refund_after)
    tender(shipped)
    dispute(shipped)
    at(shipped.refund_after + 1)
    ledger.rule(astuple(shipped), False, [], sender(keys.arbiter))
    tender(shipped)
    pays("buyer", shipped, lambda: refund(shipped))


@pytest.fixture
def inspected(make_order, open_order, ship, deliver):
    """A delivered order whose buyer may still inspect the goods, and when she got them."""
    order = make_order(clauses=INSPECTED.struct_hash())
    open_order(order, INSPECTED)
    ship(order)
    return order, deliver(order).timestamp


def test_a_buyer_does_not_take_her_money_back_after_receipt(
    inspected, escrow, keys, sender, order_id, pays, operator, at, reverts
):
    (order, received_at), buyer = inspected, sender(keys.buyer)
    terms = astuple(order), astuple(INSPECTED)
    with reverts(escrow, "TradeEscrow_ClausesMismatch", PLAIN, order.clauses):
        escrow.refund(terms[0], buyer)
    with reverts(escrow, "TradeEscrow_InvalidSignature", order.seller):
        escrow.agree(*terms, 0, 2**40 - 1, b"", b"", buyer)
    with reverts(escrow, "TradeEscrow_Undecided", order_id(order)):
        escrow.conclude(*terms, buyer)
    at(received_at + INSPECTED.inspection_window + 1)
    with reverts(escrow, "TradeEscrow_NotContestable", order_id(order)):
        escrow.contest(*terms, NOTE, buyer)
    pays("seller", order, lambda: escrow.conclude(*terms, operator))
