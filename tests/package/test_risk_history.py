"""What the warnings read out of a deployment's events."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest

from entrepot.core import labels
from entrepot.core.messages import Clauses, Order, Quote
from entrepot.core.settlement import CustomsState
from entrepot.network.contracts import Event
from entrepot.services.books.entries import NoteEntry, Suspicion
from entrepot.services.events import Record
from entrepot.services.risk import (
    concentration,
    financing,
    history,
    prices,
    refusals,
    rings,
    suspicions,
)
from entrepot.services.risk.findings import Kind
from entrepot.services.risk.watch import voyages

BUYER, SELLER, TOKEN, POOL, ZERO = (f"0x{i:040X}" for i in (1, 2, 9, 7, 0))
DAY, GTIN, LOT = 86_400, 4_012_345_000_009, labels.code("LOT1")
CUSTOMS = Clauses(customs_id=34, broker_id=35, duty_cap=10, appeal_period=DAY)
ORDER = Order(
    TOKEN, 10_000, BUYER, SELLER, 1, 2, 3, 1, 8, ZERO, 0, 10 * DAY, 20 * DAY, 40 * DAY, 0, 0, False,
    bytes(32), bytes(32), clauses=CUSTOMS.struct_hash(),
)  # fmt: skip


def event(contract: str, name: str, at: int, **args: Any) -> Record:
    return Record(contract, Event(name, TOKEN, args, 1, at, f"0x{at:x}", 0))


def text(token: str, units: int) -> str:
    return f"{units} units"


def opened(number: int, at: int, order: Order = ORDER) -> Iterator[Record]:
    ids = {"orderId": bytes([number]) * 32, "shipmentId": bytes([number]) * 32}
    yield event("TradeEscrow", "OrderOpened", at, **ids, weight=3, order=asdict(order))
    yield event("TradeEscrow", "OrderClauses", at, **ids, clauses=asdict(CUSTOMS))
    yield event("ShipmentLedger", "ShipmentCreated", at, **ids, sellerId=order.seller_id)
    yield snapshot(number, at, state=1)


def snapshot(number: int, at: int, state: int = 5, **times: int) -> Record:
    known = {"shippedAt": 0, "tenderedAt": 0, "disputedAt": 0, "deliveredAt": 0, **times}
    facts = {"state": state, "sequence": state, "custodianId": 2, **known}
    return event(
        "ShipmentLedger", "ShipmentSnapshot", at, shipmentId=bytes([number]) * 32, facts=facts
    )


def loaded(number: int, at: int, gtin: int = GTIN, count: int = 10) -> Record:
    cargo = {"gtin": gtin, "lot": LOT, "first": 0, "count": count}
    return event("ShipmentLedger", "ShipmentLoaded", at, shipmentId=bytes([number]) * 32, **cargo)


def released(number: int, at: int, amount: int = 10_000) -> Record:
    paid = {"payee": SELLER, "amount": amount}
    return event("TradeEscrow", "OrderReleased", at, orderId=bytes([number]) * 32, **paid)


def customs(name: str, number: int, at: int, **args: Any) -> Record:
    return event("CustomsDesk", name, at, shipmentId=bytes([number]) * 32, **args)


def declared(number: int, at: int) -> Record:
    goods = {"origin": b"CN", "destination": b"FR"}
    agreed = {"customsId": 34, "inspectorId": 0, "appealPeriod": DAY, "dutyCap": 10}
    return customs("GoodsDeclared", number, at, declarantId=35, declaration=goods, **agreed)


def refused(number: int, at: int) -> Record:
    return customs("GoodsRefused", number, at, reason=bytes(32), duty=0, finalAt=at + DAY)


def test_a_voyage_has_the_times_of_its_order_and_shipment() -> None:
    records = [
        *opened(1, 5), *opened(2, 6), snapshot(1, 30 * DAY, deliveredAt=30 * DAY),
        event("TradeEscrow", "OrderRefunded", 41 * DAY, orderId=b"\2" * 32, payee=BUYER, amount=1),
        *opened(3, 42 * DAY),
    ]  # fmt: skip
    one, two, three = voyages(history.of(records, 50 * DAY))
    assert (one.seller, one.buyer, one.carrier, one.amount) == (2, 1, 3, 10_000)
    assert (one.decided_at, one.deliver_by, one.arrived_at, one.ended_at) == (
        5, 20 * DAY, 30 * DAY, None
    )  # fmt: skip
    assert (two.arrived_at, two.ended_at, two.is_late, two.is_void) == (None, 41 * DAY, True, False)
    assert (three.arrived_at, three.ended_at) == (None, None)


def test_a_sale_has_one_product_and_the_price_of_its_order() -> None:
    records = [
        *opened(1, 5), loaded(1, 6), loaded(1, 7, count=15),
        *opened(2, 8), loaded(2, 9), loaded(2, 9, gtin=GTIN + 1),
        *opened(3, 10),
    ]  # fmt: skip
    (sale,) = prices.sales(history.of(records, 50))
    assert (sale.id, sale.at, sale.price) == (f"0x{'01' * 32}", 7, 400.0)
    assert (sale.product, sale.lane, sale.token) == (GTIN, (3, 1), TOKEN)


def test_a_price_may_be_stated_in_another_token() -> None:
    known = history.of([*opened(1, 5), loaded(1, 6)], 50)
    (entry,) = known.books.orders.values()
    entry.clauses = replace(CUSTOMS, price_token=POOL, price=70)
    (sale,) = prices.sales(known)
    assert (sale.token, sale.price) == (POOL, 7.0)


def test_what_sellers_got_is_payments_and_comes_back_in_rings() -> None:
    back = replace(ORDER, buyer=SELLER, seller=BUYER, buyer_id=2, seller_id=1)
    paid_back = event(
        "TradeEscrow", "OrderReleased", 3 * DAY, orderId=b"\2" * 32, payee=BUYER, amount=10_000
    )
    records = [
        *opened(1, 5), released(1, DAY), *opened(2, 2 * DAY, back), paid_back, *opened(3, 9 * DAY)
    ]  # fmt: skip
    known = history.of(records, 50 * DAY)
    assert [(each.payer, each.payee, each.amount, each.at) for each in rings.payments(known)] == [
        (1, 2, 10_000, DAY), (2, 1, 10_000, 3 * DAY)
    ]  # fmt: skip
    (found,) = rings.findings(known, text)
    assert found.reason == (
        "money came back once: participant 1 → participant 2 → participant 1, 20000 units in all,"
        " 100 % of what they settled"
    )
    assert [each["order"] for each in found.evidence] == [f"0x0{i}" + f"0{i}" * 31 for i in (1, 2)]


def test_a_case_counts_as_it_stands() -> None:
    upheld = customs("AppealDecided", 3, 9, isUpheld=True)
    appeal = {"declarantId": 35, "grounds": bytes(32), "finalAt": 8 + DAY}
    records = [
        *(record for number in range(1, 6) for record in (*opened(number, 5), declared(number, 6))),
        customs("DutyAssessed", 1, 7, duty=1), customs("GoodsReleased", 1, 7, duty=1),
        refused(2, 7),
        refused(3, 7), customs("RefusalAppealed", 3, 8, **appeal), upheld,
        refused(4, 7), customs("RefusalAppealed", 4, 8, **appeal),
    ]  # fmt: skip
    known = history.of(records, 50)
    assert [each.is_refused for each in refusals.cases(known)] == [False, True, True]
    first = refusals.cases(known)[0]
    assert (first.declarant, first.seller, first.way) == (35, 2, "CN to FR")
    states = [known.books.shipments[bytes([i]) * 32].customs for i in (3, 5)]
    assert [each.state for each in states if each] == [CustomsState.DECLARED] * 2


def test_attempts_are_activations_and_their_alerts() -> None:
    committed = {"root": bytes(32), "size": 9, "expiresAt": 0}
    batch = {"gtin": GTIN, "lot": LOT}

    def activated(name: str, at: int, index: int, **args: Any) -> Record:
        item = {"serial": labels.code(str(index)), "activator": BUYER, "index": index}
        return event("LabelRegistry", name, at, **batch, **item, **args)

    records = [
        event("LabelRegistry", "LineRegistered", 1, gtin=GTIN, producerId=2, product=bytes(32)),
        event("LabelRegistry", "BatchCommitted", 2, **batch, producerId=2, batch=committed),
        activated("ItemActivated", 3, 0), activated("ItemActivated", 4, 1),
        activated("CloneSuspected", 5, 1, suspicion=0),
        event("LabelRegistry", "BatchRecalled", 6, **batch, producerId=2, reason=bytes(32)),
        activated("CloneSuspected", 7, 5, suspicion=1),
        event("LabelRegistry", "ItemScanned", 8, **batch, serial=labels.code("5"), reporter=BUYER,
              latitude=1, longitude=2),
    ]  # fmt: skip
    known = history.of(records, 50)
    assert known.books.contradictions == []
    (found,) = suspicions.attempts(known).values()
    assert found.good == 2
    assert [(each.serial, each.suspicion) for each in found.suspected] == [
        ("1", Suspicion.ACTIVATED_BEFORE), ("5", Suspicion.BATCH_RECALLED)
    ]  # fmt: skip
    assert [(each.serial, each.latitude) for each in known.scans] == [("5", 1)]


def test_open_cover_is_what_policies_may_still_cost() -> None:
    quote = Quote(bytes([1]) * 32, BUYER, POOL, 5, 9, 5_000, 0, 100, 5_000, 0, bytes(32))
    policy = {"policyId": b"\5" * 32, "orderId": b"\1" * 32, "holder": BUYER, "weight": 1}
    incepted = event("CargoInsurance", "PolicyIncepted", 5, **policy, quote=asdict(quote))
    other = event(
        "CargoInsurance", "PolicyIncepted", 9,
        **{**policy, "policyId": b"\6" * 32}, quote=asdict(quote),
    )  # fmt: skip
    void = event("CargoInsurance", "PolicyVoided", 10, policyId=b"\6" * 32, holder=BUYER, premium=9)
    decided = {"fired": 2, "grossBps": 100, "daysLate": 0, "isFinal": False}
    claimed = event(
        "CargoInsurance", "ClaimPaid", 11, policyId=b"\5" * 32, payee=BUYER, amount=100, **decided
    )
    known = history.of([*opened(1, 5), incepted, other, void, claimed], 50)
    (cover,) = concentration.covers(known)
    assert (cover.insurer, cover.pool, cover.exposure) == (5, POOL, 4_900)
    assert cover.by == {
        "carrier": "carrier 3", "lane": "carrier 3 to participant 1", "holder": f"account {BUYER}"
    }  # fmt: skip
    assert voyages(known)[0].is_insured
    assert not voyages(history.of([*opened(1, 5), other], 50))[0].is_insured


@pytest.mark.parametrize(("days", "count"), [(1, 0), (3, 1)])
def test_alike_orders_are_suspect_where_a_claim_was_sold(days: int, count: int) -> None:
    records = [*opened(1, 5), *opened(2, 5 + 2 * DAY, replace(ORDER, goods=b"\7" * 32))]
    known = history.of(records, 50 * DAY)
    assert financing.findings(known, text, days) == []
    known.books.notes[b"\1" * 32] = NoteEntry(BUYER, is_sold=True)
    found = financing.findings(known, text, days)
    assert len(found) == count
    assert all(each.kind is Kind.DUPLICATE_FINANCING for each in found)
