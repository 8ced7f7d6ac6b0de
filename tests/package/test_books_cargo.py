"""What events of custody, damage, readings, policies, bonds and ratings make impossible is a
contradiction of the books.
"""

from dataclasses import asdict, replace
from typing import Any

import pytest

from entrepot.core.cover import DELAY, Peril, PerilKind, pack
from entrepot.core.credit import LegOutcome, TradeOutcome
from entrepot.core.exposures import Arrival, Exposure, Gap, plan_of
from entrepot.core.liability import Leg, chain_of
from entrepot.core.messages import Clauses, Order, Quote, Watch
from entrepot.core.recourse import NOTICE
from entrepot.core.roles import Function, mask
from entrepot.network.contracts import Event
from entrepot.services.books import Books, PolicyState, rebuild
from entrepot.services.books.cargo import watched
from entrepot.services.books.entries import BondEntry
from entrepot.services.events import Record

BUYER, SELLER, TOKEN, DEVICE, OTHER, ZERO = (f"0x{i:040X}" for i in (1, 2, 9, 7, 6, 0))
DAY, NEVER, ID, POLICY, NOTHING = 86_400, 2**40 - 1, b"\1" * 32, b"\2" * 32, bytes(32)
ORDER = Order(
    TOKEN, 10_000, BUYER, SELLER, 1, 2, 3, 4, 8, ZERO, 0, 10 * DAY, 20 * DAY, 40 * DAY, 0, 0, False,
    NOTHING, NOTHING,
)  # fmt: skip
PLAN = (Watch(DEVICE, 0, 200, 800),)
PERILS = (Peril(PerilKind.RUN, 1_000, threshold=100), Peril(PerilKind.DAMAGE, 500, threshold=1))
QUOTE = Quote(
    ID, BUYER, ZERO, 5, 9, 5_000, 0, 100, 5_000, 0, NOTHING, perils=pack(PERILS), plan=plan_of(PLAN)
)


def event(contract: str, name: str, at: int, **args: Any) -> Record:
    return Record(contract, Event(name, TOKEN, args, 1, at, "0x", 0))


def ledger(name: str, at: int, **args: Any) -> Record:
    return event("ShipmentLedger", name, at, shipmentId=ID, **args)


def log(name: str, at: int, **args: Any) -> Record:
    return event("SensorLog", name, at, shipmentId=ID, **args)


def snapshot(at: int, state: int, sequence: int, custodian: int, **times: int) -> Record:
    known = {
        "shippedAt": DAY if state > 1 else 0,
        "tenderedAt": 0,
        "disputedAt": 0,
        "deliveredAt": 0,
        **times,
    }
    facts = {"state": state, "sequence": sequence, "custodianId": custodian, **known}
    return ledger("ShipmentSnapshot", at, facts=facts)


def handed(at: int, giver: int, leg: Leg, sequence: int, **args: Any) -> Record:
    place = {"location": bytes(13), "seal": bytes(16), "condition": NOTHING}
    terms = {"toId": leg.custodian_id, "dueBy": leg.due_by, "liability": leg.liability, **place}
    said = {"fromId": giver, "toId": leg.custodian_id, "sequence": sequence, **args}
    return ledger("CustodyTransferred", at, terms=terms, **said)


def cargo(at: int, legs: list[Leg], *damage: int) -> Record:
    names = ("lostBps", "damagedBps", "lostAt", "damagedAt")
    shares = dict(zip(names, damage or (0, 0, 0, 0), strict=True))
    return ledger("CargoSnapshot", at, facts={"custody": chain_of(legs), **shares, "asOf": at})


def watches(plan: tuple[Watch, ...], number: bytes | None = None, at: int = 2) -> Record:
    members = [asdict(each) for each in plan]
    return ledger("WatchesSet", at, plan=number or plan_of(plan), watches=members)


def damaged(at: int, lost: int, damage: int, by: int = 6, occurred: int | None = None) -> Record:
    shares = {"lostBps": lost, "damagedBps": damage}
    when = at if occurred is None else occurred
    return ledger("DamageRecorded", at, byId=by, **shares, occurredAt=when, evidence=NOTHING)


def readings(
    at: int,
    number: int,
    start: int,
    arrival: Arrival = Arrival.IN_ORDER,
    device: str = DEVICE,
    metric: int = 0,
) -> Record:
    extremes = [{"metric": metric, "minimum": 900, "maximum": 950}]
    span = {"startedAt": start, "interval": 60, "count": 2, "root": NOTHING}
    said = {"device": device, "arrival": int(arrival), "number": number}
    return log("ReadingsRecorded", at, **said, **span, extremes=extremes)


def gap(at: int, missing: int, since: int, until: int) -> Record:
    between = {"missing": missing, "from": since, "until": until}
    return log("GapFound", at, device=DEVICE, **between)


def seen(at: int, exposure: Exposure) -> Record:
    return log("WatchSnapshot", at, watch=0, facts={**watched(exposure), "asOf": at})


def claimed(at: int, fired: int, gross: int, amount: int, *, is_final: bool = False) -> Record:
    outcome = {"fired": fired, "grossBps": gross, "daysLate": 0, "isFinal": is_final}
    paid = {"policyId": POLICY, "payee": BUYER, "amount": amount}
    return event("CargoInsurance", "ClaimPaid", at, **paid, **outcome)


def reserved(at: int, bps: int, late: int) -> Record:
    share = {"policyId": POLICY, "reservedBps": bps, "daysLate": late}
    return event("CargoInsurance", "PolicyReserved", at, **share)


def expired(at: int, fired: int = 0, gross: int = 0) -> Record:
    outcome = {"policyId": POLICY, "fired": fired, "grossBps": gross}
    return event("CargoInsurance", "PolicyExpired", at, **outcome)


def bond(name: str, at: int, amount: int, participant: int = 3, **args: Any) -> Record:
    whose = {"participantId": participant, "token": TOKEN, "amount": amount}
    return event("CarrierBond", name, at, **whose, **args)


def recovered(amount: int, leg: int = 0, cause: int = 0, participant: int = 3) -> Record:
    of = {"policyId": POLICY, "cause": cause, "leg": leg}
    return bond("ClaimRecovered", 3 * DAY, amount, participant, **of)


def traded(outcome: TradeOutcome = TradeOutcome.KEPT, at: int = 3 * DAY, **args: int) -> Record:
    parties = {"sellerId": 2, "buyerId": 1, "weight": 1, **args}
    return event("CreditRegistry", "TradeRated", at, orderId=ID, **parties, outcome=int(outcome))


def insured(**args: int) -> Record:
    said = {"insurerId": QUOTE.insurer_id, "holderId": 1, "weight": 1, **args}
    return event("CreditRegistry", "CoverRated", 3 * DAY, policyId=POLICY, **said)


def ended(state: str, at: int = 3 * DAY) -> Record:
    shares = {"sellerShare": 10_000, "toSeller": 10_000, "toBuyer": 0}
    said = shares if state == "OrderAgreed" else {"payee": SELLER, "amount": 10_000}
    return event("TradeEscrow", state, at, orderId=ID, **said)


def carried(
    leg: int, carrier: int, outcome: LegOutcome, loss: int, at: int = 33 * DAY, **args: int
) -> Record:
    said = {"carrierId": carrier, "sellerId": 2, "leg": leg, "weight": 1, **args}
    fared = {"outcome": int(outcome), "lossBps": loss}
    return event("CreditRegistry", "LegRated", at, orderId=ID, **said, **fared)


def brokered(broker: int, at: int = 33 * DAY, **args: int) -> Record:
    said = {"brokerId": broker, "sellerId": 2, "weight": 1, "isRefused": False, **args}
    return event("CreditRegistry", "DeclarationRated", at, orderId=ID, **said)


def cleared(declarant: int) -> list[Record]:
    """Released by customs, as far as the parties agreed on them."""
    terms = {"customsId": 5, "inspectorId": 0, "appealPeriod": 1, "dutyCap": 9}
    names = [
        ("GoodsDeclared", {"declarantId": declarant, **terms, "declaration": {}}),
        ("DutyAssessed", {"duty": 9}),
        ("GoodsReleased", {"duty": 9}),
    ]
    clauses = {**asdict(Clauses(customs_id=5, broker_id=7, duty_cap=9, appeal_period=1))}
    agreed = {"orderId": ID, "clauses": {**clauses, "payees": []}}
    return [
        event("TradeEscrow", "OrderClauses", 1, **agreed),
        *(event("CustomsDesk", name, 3 * DAY, shipmentId=ID, **args) for name, args in names),
    ]


def replace_args(record: Record, **args: Any) -> Record:
    return replace(record, event=replace(record.event, args={**record.event.args, **args}))


def sent(record: Record, transaction: str) -> Record:
    return replace(record, event=replace(record.event, transaction=transaction))


FIRST, SECOND = Leg(3, DAY, 5 * DAY, 700), Leg(6, 2 * DAY, 0, 800)
DAMAGE = (0, 100, 0, 2 * DAY + 9)
START = DAY + 60
HOT = Exposure(START, 120, 120, START, 120, START + 120, 950)
STORY = [
    *(
        event("ParticipantRegistry", "ParticipantRegistered", 1, id=i, root=f"0x{i:040X}0", roles=1)
        for i in (3, 6)
    ),
    event(
        "ParticipantRegistry", "KeyGranted", 1, key=DEVICE, granter=f"0x{3:040X}0",
        participantId=3, functions=mask(Function.MEASURE), level=1, expiry=30 * DAY,
    ),
    event(
        "TradeEscrow", "OrderOpened", 1, orderId=ID, weight=1, order=asdict(ORDER),
    ),
    event("CargoInsurance", "PolicyIncepted", 1, policyId=POLICY, weight=1, quote=asdict(QUOTE)),
    bond("BondDeposited", 1, 900),
    bond("BondDeposited", 1, 400, participant=6),
    ledger("ShipmentCreated", 2, orderId=ID, sellerId=2),
    snapshot(2, 1, 1, 2),
    watches(PLAN),
    snapshot(2, 1, 2, 2),
    cargo(DAY, [FIRST]),
    handed(DAY, 2, FIRST, 2),
    snapshot(DAY, 2, 3, 3),
    ledger("CheckpointPassed", DAY, custodianId=3, location=bytes(13), evidence=NOTHING),
    readings(DAY + 300, 1, START),
    seen(DAY + 300, HOT),
    claimed(DAY + 300, 1, 1_000, 1_000),
    cargo(2 * DAY, [FIRST, SECOND]),
    handed(2 * DAY, 3, SECOND, 3),
    snapshot(2 * DAY, 2, 4, 6),
    damaged(2 * DAY + 9, 0, 100),
    cargo(2 * DAY + 9, [FIRST, SECOND], *DAMAGE),
]  # fmt: skip
LATER = 3 * DAY
FOUND = damaged(LATER, 50, 100, by=8, occurred=DAY)
DELIVERED = snapshot(LATER, 5, 5, 6, deliveredAt=LATER)
TENDERED = snapshot(LATER, 3, 5, 6, tenderedAt=LATER)
THIRD = Leg(3, LATER)
OVER = [DELIVERED, traded(), ended("OrderReleased")]
JUDGED = [carried(1, 3, LegOutcome.EXCURSION, 0), carried(2, 6, LegOutcome.KEPT, 100)]
REJECTED = snapshot(34 * DAY, 2, 6, 6)
LOST, GONE, CALLED = (
    [traded(TradeOutcome.LOST, at), replace_args(ended("OrderRefunded", at), payee=BUYER)]
    for at in (41 * DAY, 40 * DAY + 1, 40 * DAY)
)
POSSIBLE = {
    "a trade that is rated": OVER,
    "an insurer that is rated": [insured()],
    "a journey that is rated": [*OVER, *JUDGED],
    "a journey of goods that never came": [
        *LOST, carried(1, 3, LegOutcome.EXCURSION, 0, 71 * DAY),
        carried(2, 6, LegOutcome.LATE, 10_000, 71 * DAY),
    ],
    "a journey of goods that were overdue": [
        *GONE, carried(1, 3, LegOutcome.EXCURSION, 0, 71 * DAY),
        carried(2, 6, LegOutcome.LATE, 10_000, 71 * DAY),
    ],
    "a journey that was called off": [
        *CALLED, carried(1, 3, LegOutcome.EXCURSION, 0, 70 * DAY),
        carried(2, 6, LegOutcome.KEPT, 100, 70 * DAY),
    ],
    "a journey whose tender was rejected": [
        TENDERED, REJECTED, *LOST, carried(1, 3, LegOutcome.EXCURSION, 0, 71 * DAY),
        carried(2, 6, LegOutcome.LATE, 10_000, 71 * DAY),
    ],
    "a broker that is rated": [*cleared(7), *OVER, *JUDGED, brokered(7)],
    "a third leg": [
        cargo(LATER, [FIRST, SECOND, THIRD], *DAMAGE), handed(LATER, 6, THIRD, 4),
        snapshot(LATER, 2, 5, 3),
    ],
    "loss that the arbiter finds": [
        FOUND, cargo(LATER, [FIRST, SECOND], 50, 100, DAY, 2 * DAY + 9)
    ],
    "damage admitted after the delivery": [DELIVERED, damaged(4 * DAY, 0, 101, occurred=LATER)],
    "a reserve of the consignee": [ledger("ReserveMade", LATER, lostBps=1, damagedBps=0)],
    "readings repeated": [readings(LATER, 1, START, Arrival.REPEATED)],
    "readings after a gap": [
        gap(LATER, 1, START + 120, START + 300), readings(LATER, 3, START + 300)
    ],
    "readings that come late": [
        gap(LATER, 1, START + 120, START + 300), readings(LATER, 3, START + 300),
        readings(LATER, 2, START + 120, Arrival.LATE),
    ],
    "readings of times that are counted": [readings(LATER, 2, START, Arrival.OVERLAPPING)],
    "readings that come after the delivery": [
        DELIVERED, readings(4 * DAY, 2, START + 120),
    ],
    "a claim of the rest": [claimed(LATER, 3, 1_500, 500)],
    "the end of a policy that paid": [expired(LATER, 1, 1_000)],
    "a reserve that grows": [reserved(21 * DAY, 1_100, 1), reserved(22 * DAY, 1_200, 2)],
    "all that a leg answers for": [recovered(700)],
    "a bond that leaves after its notice": [
        bond("BondWithdrawalRequested", LATER, 300, leavesAt=LATER + NOTICE),
        bond("BondWithdrawn", LATER + NOTICE, 300, to=BUYER),
    ],
    "a bond that answers before it leaves": [
        bond("BondWithdrawalRequested", LATER, 900, leavesAt=LATER + NOTICE), recovered(700),
        bond("BondWithdrawn", LATER + NOTICE, 200, to=BUYER),
    ],
}  # fmt: skip
IMPOSSIBLE = {
    "a trade of another weight": [traded(weight=2)],
    "a trade with another seller": [traded(sellerId=3)],
    "a trade with another buyer": [traded(buyerId=3)],
    "a trade rated twice": [traded(), traded()],
    "a trade rated after its end": [ended("OrderReleased"), traded()],
    "another insurer": [insured(insurerId=8)],
    "another holder": [insured(holderId=2)],
    "cover of another weight": [insured(weight=2)],
    "an insurer rated twice": [insured(), insured()],
    "a journey rated too early": [*OVER, carried(1, 3, LegOutcome.EXCURSION, 0, 33 * DAY - 1)],
    "a journey of an open order": [JUDGED[0]],
    "a journey after consent": [DELIVERED, ended("OrderAgreed"), JUDGED[0]],
    "a journey whose tender waits": [
        TENDERED, *LOST, carried(1, 3, LegOutcome.EXCURSION, 0, 71 * DAY)
    ],
    "a journey that was called off too early": [
        *CALLED, carried(1, 3, LegOutcome.EXCURSION, 0, 70 * DAY - 1)
    ],
    "a delay of a journey that was called off": [
        *CALLED, carried(1, 3, LegOutcome.EXCURSION, 0, 70 * DAY),
        carried(2, 6, LegOutcome.LATE, 100, 70 * DAY),
    ],
    "a journey rated twice": [*OVER, *JUDGED, JUDGED[0]],
    "a leg rated twice": [*OVER, JUDGED[0], JUDGED[0]],
    "a leg that is left out": [*OVER, carried(2, 6, LegOutcome.KEPT, 100)],
    "a leg that is none": [*OVER, *JUDGED, carried(3, 3, LegOutcome.KEPT, 0)],
    "a leg numbered from 0": [*OVER, carried(0, 3, LegOutcome.EXCURSION, 0)],
    "another carrier": [*OVER, carried(1, 6, LegOutcome.EXCURSION, 0)],
    "another outcome": [*OVER, carried(1, 3, LegOutcome.KEPT, 0)],
    "another loss": [*OVER, carried(1, 3, LegOutcome.EXCURSION, 100)],
    "a leg of another weight": [*OVER, carried(1, 3, LegOutcome.EXCURSION, 0, weight=2)],
    "a leg for another seller": [*OVER, carried(1, 3, LegOutcome.EXCURSION, 0, sellerId=9)],
    "a leg in another transaction": [*OVER, JUDGED[0], sent(JUDGED[1], "0x1")],
    "a broker rated before the legs": [*cleared(7), *OVER, JUDGED[0], brokered(7)],
    "another broker": [*cleared(7), *OVER, *JUDGED, brokered(8)],
    "a broker of goods that were not refused": [
        *cleared(7), *OVER, *JUDGED, brokered(7, isRefused=True)
    ],
    "a broker of goods that were not declared": [*OVER, *JUDGED, brokered(7)],
    "a seller that declares and is rated": [*cleared(2), *OVER, *JUDGED, brokered(2)],
    "a broker rated twice": [*cleared(7), *OVER, *JUDGED, brokered(7), brokered(7)],
    "a broker without a journey": [*cleared(7), *OVER, brokered(7)],
    "a handover by another": [handed(LATER, 3, THIRD, 4)],
    "a handover of an old sequence": [handed(LATER, 6, THIRD, 3)],
    "a handover to another than it says": [handed(LATER, 6, THIRD, 4, toId=9)],
    "a handover to oneself": [handed(LATER, 6, Leg(6, LATER), 4)],
    "a handover to the consignee": [handed(LATER, 6, Leg(4, LATER), 4)],
    "a handover of what is tendered": [TENDERED, handed(LATER, 6, THIRD, 5)],
    "custody without a handover": [snapshot(LATER, 2, 5, 3)],
    "a hash over other legs": [cargo(LATER, [FIRST], *DAMAGE), TENDERED],
    "a checkpoint by another": [
        ledger("CheckpointPassed", LATER, custodianId=3, location=bytes(13), evidence=NOTHING)
    ],
    "a checkpoint after the delivery": [
        DELIVERED,
        ledger("CheckpointPassed", LATER, custodianId=6, location=bytes(13), evidence=NOTHING),
    ],
    "watches after shipping": [watches(PLAN, at=LATER)],
    "a reserve after the delivery": [
        DELIVERED, ledger("ReserveMade", LATER, lostBps=1, damagedBps=0)
    ],
    "a reserve for more than all": [ledger("ReserveMade", LATER, lostBps=1, damagedBps=10_000)],
    "damage that shrinks": [damaged(LATER, 200, 99)],
    "damage that does not grow": [damaged(LATER, 0, 100)],
    "damage of more than all": [damaged(LATER, 9_901, 100)],
    "damage that another admits": [damaged(LATER, 1, 100, by=3)],
    "damage admitted for another time": [damaged(LATER, 1, 100, occurred=DAY)],
    "damage found before shipping": [damaged(LATER, 1, 100, by=8, occurred=DAY - 1)],
    "damage found after the delivery": [
        DELIVERED, damaged(4 * DAY, 1, 100, by=8, occurred=LATER + 1)
    ],
    "cargo that was not recorded": [cargo(LATER, [FIRST, SECOND], 0, 101, 0, 2 * DAY + 9)],
    "cargo of another time": [cargo(LATER, [FIRST, SECOND], 0, 100, 0, LATER)],
    "readings counted twice": [readings(LATER, 1, START)],
    "readings counted as late": [readings(LATER, 2, START + 120, Arrival.LATE)],
    "readings without their gap": [readings(LATER, 2, START + 300)],
    "a gap that is none": [
        gap(LATER, 0, START + 120, START + 120), readings(LATER, 2, START + 120)
    ],
    "a gap for nobody": [gap(LATER, 1, 0, 1), gap(LATER, 1, 0, 1)],
    "readings of the future": [readings(START + 239, 2, START + 120)],
    "readings from before shipping": [readings(LATER, 2, DAY - 120)],
    "readings from after the delivery": [DELIVERED, readings(4 * DAY, 2, LATER)],
    "readings of a device that nobody granted": [readings(LATER, 2, START + 120, device=OTHER)],
    "readings of a device whose grant is over": [readings(30 * DAY + 1, 2, START + 120)],
    "readings of a device that was revoked": [
        event("ParticipantRegistry", "KeyRevoked", LATER, key=DEVICE, revoker=f"0x{3:040X}0"),
        readings(LATER, 2, START + 120),
    ],
    "readings that lack what is watched": [readings(LATER, 2, START + 120, metric=1)],
    "a watch that saw more": [seen(LATER, replace(HOT, exposure=121))],
    "a claim of nothing new": [claimed(LATER, 1, 1_000, 0)],
    "a claim that undoes one": [claimed(LATER, 2, 1_500, 500)],
    "a claim beyond the maximum": [claimed(LATER, 3, 1_500, 4_001)],
    "a claim after the end": [expired(LATER, 1, 1_000), claimed(LATER, 3, 1_500, 500)],
    "the end of no policy": [
        event("CargoInsurance", "PolicyVoided", LATER, policyId=ID, holder=BUYER, premium=9)
    ],
    "a reserve in time": [reserved(20 * DAY, 1_100, 1)],
    "a reserve for another delay": [reserved(22 * DAY, 1_100, 1)],
    "a reserve twice": [reserved(21 * DAY, 1_100, 1), reserved(21 * DAY, 1_100, 1)],
    "a reserve after the delivery of goods": [
        snapshot(22 * DAY, 5, 5, 6, deliveredAt=22 * DAY), reserved(22 * DAY, 1_200, 2)
    ],
    "more recovered than a leg is liable for": [recovered(701)],
    "less recovered than could be": [recovered(699)],
    "recovered from another leg": [recovered(400, leg=1, participant=6)],
    "recovered from another custodian": [recovered(400, leg=0, participant=6)],
    "recovered from a leg that is none": [recovered(400, leg=2, participant=6)],
    "recovered for what was not decided": [recovered(400, leg=1, cause=1, participant=6)],
    "recovered for a delay that was not decided": [recovered(400, leg=1, cause=DELAY)],
    "recovered twice": [recovered(700), recovered(200)],
    "a bond of nobody": [bond("BondDeposited", LATER, 5, participant=99)],
    "a bond asked back that is not there": [
        bond("BondWithdrawalRequested", LATER, 901, leavesAt=LATER + NOTICE)
    ],
    "a bond asked back without notice": [
        bond("BondWithdrawalRequested", LATER, 900, leavesAt=LATER + NOTICE - 1)
    ],
    "a bond that leaves unasked": [bond("BondWithdrawn", LATER, 1, to=BUYER)],
    "a bond that leaves too early": [
        bond("BondWithdrawalRequested", LATER, 300, leavesAt=LATER + NOTICE),
        bond("BondWithdrawn", LATER + NOTICE - 1, 300, to=BUYER),
    ],
    "more of a bond than was asked back": [
        bond("BondWithdrawalRequested", LATER, 300, leavesAt=LATER + NOTICE),
        bond("BondWithdrawn", LATER + NOTICE, 301, to=BUYER),
    ],
}  # fmt: skip
BEFORE_SHIPPING = {
    "a first handover to another": [handed(DAY, 2, Leg(6, DAY), 2)],
    "watches that are no bands": [watches((Watch(DEVICE, 0, 801, 800),))],
    "watches of nobody": [watches((Watch(ZERO, 0, 200, 800),))],
    "too many watches": [watches(PLAN * 9)],
    "no watches": [watches(())],
    "watches of another hash": [watches(PLAN, NOTHING + b"\1")],
    "a reserve before shipping": [reserved(21 * DAY, 100, 1)],
}


def assert_last_is_impossible(story: list[Record]) -> None:
    *before, last = story
    assert rebuild(before).contradictions == []
    (sentence,) = rebuild([*before, last]).contradictions
    assert sentence.endswith(".")


@pytest.mark.parametrize("later", POSSIBLE.values(), ids=POSSIBLE)
def test_possible_history_has_no_contradiction(later: list[Record]) -> None:
    assert rebuild([*STORY, *later]).contradictions == []


@pytest.mark.parametrize("later", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_impossible_event_is_a_contradiction(later: list[Record]) -> None:
    assert_last_is_impossible([*STORY, *later])


@pytest.mark.parametrize("later", BEFORE_SHIPPING.values(), ids=BEFORE_SHIPPING)
def test_impossible_event_before_shipping_is_a_contradiction(later: list[Record]) -> None:
    assert_last_is_impossible([*STORY[: STORY.index(cargo(DAY, [FIRST]))], *later])


def after(*later: Record) -> Books:
    return rebuild([*STORY, *later])


def test_books_hold_what_the_chain_keeps_of_a_shipment() -> None:
    books = after(FOUND, gap(LATER, 1, START + 120, START + 300), readings(LATER, 3, START + 300))
    shipment = books.shipments[ID]
    assert shipment.legs == [FIRST, SECOND]
    assert (shipment.plan, shipment.custody) == (plan_of(PLAN), chain_of([FIRST, SECOND]))
    assert (shipment.damage.lost_at, shipment.damage.damaged_at) == (DAY, 2 * DAY + 9)
    assert shipment.gaps == [(DEVICE, Gap(1, START + 120, START + 300))]
    assert shipment.sensors.seen[0].exposure == 240


@pytest.mark.parametrize(
    ("later", "state", "paid", "kept"),
    [
        ([], PolicyState.ACTIVE, 1_000, 0),
        ([reserved(21 * DAY, 1_100, 1)], PolicyState.ACTIVE, 1_000, 1_100),
        ([reserved(21 * DAY, 1_100, 1), claimed(21 * DAY, 3, 1_500, 500)],
         PolicyState.ACTIVE, 1_500, 1_100),
        ([reserved(21 * DAY, 1_100, 1), claimed(21 * DAY, 17, 1_200, 200)],
         PolicyState.ACTIVE, 1_200, 0),
        ([claimed(LATER, 19, 1_500, 500, is_final=True)], PolicyState.PAID, 1_500, 0),
        ([expired(LATER, 17, 1_000)], PolicyState.PAID, 1_000, 0),
    ],
    ids=["paid in part", "reserved", "reserved beside", "decided", "ended", "ended with nothing"],
)  # fmt: skip
def test_policy_is_what_the_insurance_keeps(
    later: list[Record], state: PolicyState, paid: int, kept: int
) -> None:
    policy = after(*later).policies[POLICY]
    assert (policy.state, policy.paid_units, policy.reserved) == (state, paid, kept)


def test_bond_is_what_is_left_of_it() -> None:
    books = after(
        recovered(700), bond("BondWithdrawalRequested", LATER, 50, leavesAt=LATER + NOTICE)
    )
    assert books.bonds[3, TOKEN] == BondEntry(200, 50, LATER + NOTICE)
    assert books.shipments[ID].answered == {0: 700}
    assert books.policies[POLICY].recovered == 700
