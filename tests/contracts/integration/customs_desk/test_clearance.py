"""Orders whose goods customs clears, from their opening to the last payment."""

from dataclasses import astuple
from types import SimpleNamespace

import pytest

from entrepot.core.credit import TradeOutcome
from entrepot.core.messages import Clauses, Payee

DAY = 86_400
DOLLAR = 10**6
NOTE = b"\x0e" * 32
GOODS, QUARANTINE = 0, 1
PASSED = 1
PRICE, FREIGHT, DUTY = 1_000 * DOLLAR, 80 * DOLLAR, 30 * DOLLAR
DECLARATION = b"08051022\0\0", b"ES", b"DE", PRICE, b"\x0d" * 32


@pytest.fixture
def clauses(ids, keys):
    """Cleared and delivered; duty up to 50, freight 80 to the carrier before the seller is paid."""
    return Clauses(
        conditions=1 << 1 | 1 << 2,
        customs_id=ids.customs,
        broker_id=ids.broker,
        inspector_id=ids.inspector,
        treasury=keys.treasury.address,
        duty_cap=50 * DOLLAR,
        appeal_period=DAY,
        payees=(Payee(keys.carrier.address, FREIGHT),),
    )


@pytest.fixture
def shipped(clauses, make_order, open_order, ship):
    """An order with these clauses whose goods are with the carrier."""
    order = make_order(clauses=clauses.struct_hash())
    open_order(order, clauses)
    ship(order)
    return order


@pytest.fixture
def desk(world, shipped, clauses, shipment_of, keys, sender):
    """The acts of broker, inspector and customs on that shipment."""
    desk, shipment = world.customs, shipment_of(shipped)
    broker, customs = sender(keys.broker), sender(keys.customs)

    def inspect():
        for what in (GOODS, QUARANTINE):
            desk.inspect(shipment, what, PASSED, NOTE, sender(keys.inspector))

    return SimpleNamespace(
        declare=lambda: desk.declare(astuple(shipped), astuple(clauses), DECLARATION, broker),
        inspect=inspect,
        assess=lambda: desk.assess(shipment, DUTY, customs),
        release=lambda: desk.release(shipment, desk.factsOf(shipment)[1], customs),
        hold=lambda: desk.hold(shipment, NOTE, customs),
        refuse=lambda: desk.refuse(shipment, NOTE, DUTY, customs),
        appeal=lambda: desk.appeal(shipment, NOTE, broker),
        decide=lambda is_upheld: desk.decideAppeal(shipment, is_upheld, customs),
        final_at=lambda: desk.factsOf(shipment)[4],
    )


@pytest.fixture
def conclude(world, shipped, clauses, keys, sender):
    """Concludes the order as a stranger; gives the transaction."""
    return lambda: world.escrow.conclude(astuple(shipped), astuple(clauses), sender(keys.stranger))


@pytest.fixture
def undecided(world, shipped, order_id, conclude, reverts):
    """Shows that the order cannot be concluded."""

    def check():
        with reverts(world.escrow, "TradeEscrow_Undecided", order_id(shipped)):
            conclude()

    return check


@pytest.fixture
def gained(world, shipped, keys):
    """What each party's balance gained after the order was opened, where it changed."""
    parties = {name: getattr(keys, name).address for name in vars(keys)} | {"escrow": world.escrow}
    before = {name: world.dollar.balanceOf(who) for name, who in parties.items()}

    def read():
        now = {name: world.dollar.balanceOf(who) for name, who in parties.items()}
        return {name: now[name] - before[name] for name in now if now[name] != before[name]}

    return read


@pytest.mark.parametrize("is_advanced", [False, True], ids=["at the end", "duty at the release"])
def test_goods_cleared_and_delivered_pay_treasury_carrier_and_seller(
    is_advanced, world, shipped, clauses, desk, deliver, conclude, undecided, gained, keys,
    operator, order_id, event,
):  # fmt: skip
    desk.declare()
    desk.inspect()
    desk.assess()
    desk.release()
    undecided()
    if is_advanced:
        world.escrow.advance(astuple(shipped), astuple(clauses), operator)
        assert gained() == {"treasury": DUTY, "escrow": -DUTY}
    deliver(shipped)
    tx = conclude()
    rest = PRICE - DUTY - FREIGHT
    assert gained() == {"treasury": DUTY, "carrier": FREIGHT, "seller": rest, "escrow": -PRICE}
    assert event(tx, "OrderReleased") == {
        "orderId": order_id(shipped),
        "payee": keys.seller.address,
        "amount": rest,
    }


def test_goods_delivered_without_clearance_pay_nobody_until_they_are_cleared(
    desk, shipped, deliver, conclude, undecided, gained
):
    deliver(shipped)
    undecided()
    desk.declare()
    desk.inspect()
    desk.assess()
    desk.hold()
    undecided()
    assert gained() == {}
    desk.release()
    conclude()
    assert gained()["treasury"] == DUTY


def test_a_refusal_refunds_the_buyer_less_the_duty_once_it_stands(
    desk, conclude, undecided, gained, at, event
):
    desk.declare()
    desk.refuse()
    final_at = desk.final_at()
    undecided()
    at(final_at)
    undecided()
    at(final_at + 1)
    tx = conclude()
    assert gained() == {"treasury": DUTY, "buyer": PRICE - DUTY, "escrow": -PRICE}
    assert event(tx, "OrderRefunded")["amount"] == PRICE - DUTY
    assert event(tx, "TradeRated")["outcome"] == TradeOutcome.LOST


@pytest.mark.parametrize("silent", [False, True])
def test_an_appeal_holds_the_refund_back_until_it_is_decided_or_its_period_is_over(
    silent, desk, conclude, undecided, gained, at
):
    desk.declare()
    desk.refuse()
    at(desk.final_at())
    desk.appeal()
    if silent:
        final_at = desk.final_at()
        at(final_at)
        undecided()
        at(final_at + 1)
    else:
        undecided()
        desk.decide(False)
    conclude()
    assert gained() == {"treasury": DUTY, "buyer": PRICE - DUTY, "escrow": -PRICE}


def test_an_appeal_upheld_clears_and_pays_as_if_nothing_had_been_refused(
    desk, shipped, deliver, conclude, undecided, gained
):
    desk.declare()
    desk.inspect()
    desk.refuse()
    desk.appeal()
    desk.decide(True)
    deliver(shipped)
    undecided()
    desk.assess()
    desk.release()
    conclude()
    assert gained()["seller"] == PRICE - DUTY - FREIGHT


@pytest.mark.parametrize("released", ["in time", "too late", "never"])
def test_refund_after_is_the_last_second_to_clear(
    released, desk, shipped, deliver, conclude, gained, at
):
    desk.declare()
    desk.inspect()
    desk.assess()
    deliver(shipped)
    if released != "never":
        at(shipped.refund_after + (released == "too late"))
        desk.release()
    at(shipped.refund_after + 2)
    conclude()
    duty = 0 if released == "never" else DUTY
    side = "seller" if released == "in time" else "buyer"
    assert gained()[side] == PRICE - duty - (FREIGHT if side == "seller" else 0)
    assert gained().get("treasury", 0) == duty


def test_a_refusal_that_does_not_stand_by_then_owes_no_duty(desk, shipped, conclude, gained, at):
    """Whoever waits for customs or an appeal, the money waits no longer than refund-after."""
    desk.declare()
    at(shipped.refund_after)
    desk.refuse()
    at(shipped.refund_after + 1)
    conclude()
    assert gained() == {"buyer": PRICE, "escrow": -PRICE}


@pytest.mark.parametrize("share", [0, 5_000])
def test_nobody_agrees_the_duty_away(
    share, world, desk, shipped, clauses, agree, keys, order_id, gained, reverts
):
    """While customs has not decided, and afterwards the duty goes first."""
    sides = {"seller": keys.seller, "buyer": keys.buyer}
    desk.declare()
    desk.inspect()
    for step in (desk.assess, desk.hold):
        step()
        with reverts(world.escrow, "TradeEscrow_CustomsPending", order_id(shipped)):
            agree(shipped, share, clauses, **sides)
    desk.release()
    agree(shipped, share, clauses, **sides)
    assert gained()["treasury"] == DUTY
    left = PRICE - DUTY
    assert gained()["buyer"] == left - left * share // 10_000


def test_what_customs_decides_after_the_end_moves_no_money(desk, shipped, conclude, gained, at):
    desk.declare()
    desk.inspect()
    desk.assess()
    at(shipped.refund_after + 1)
    conclude()
    desk.release()
    assert gained() == {"buyer": PRICE, "escrow": -PRICE}
