from dataclasses import astuple, replace

import pytest
from eth_abi import encode

from entrepot.core.labels import code, gtin_of
from entrepot.core.messages import ZERO_ADDRESS
from entrepot.core.roles import Function, Refusal
from entrepot.core.signing import keccak

LOT, GTIN = code("L-1"), gtin_of("0461234500001")
CARGO = (LOT, GTIN, 10, 5)
LAST = 2**32 - 1


@pytest.fixture(scope="session")
def load(world, keys, sender):
    """Declares cargo and watches as the seller; gives the transaction."""

    def go(order, *cargo, watches=()):
        plan = [astuple(watch) for watch in watches]
        return world.ledger.load(astuple(order), cargo, plan, sender(keys.seller))

    return go


@pytest.fixture(scope="session")
def plan_of(ledger, shipment_of):
    """The plan of an order's shipment."""
    return lambda order: bytes(ledger.planOf(shipment_of(order)))


def _plan(*watches):
    return keccak(encode(["(address,uint8,int32,int32)[]"], [[astuple(w) for w in watches]]))


def test_declares_what_the_shipment_carries(
    created, load, ids, shipment_of, facts_of, event, plain
):
    other = (code("L-2"), GTIN, 0, LAST)

    tx = load(created, CARGO, other)

    declared = [plain(tuple(found.values())) for found in tx.events["ShipmentLoaded"]]
    shipment = shipment_of(created)
    assert declared == [(shipment, GTIN, LOT, 10, 5), (shipment, GTIN, code("L-2"), 0, LAST)]
    facts = (1, 2, ids.seller, 0, 0, 0, 0, tx.timestamp)
    assert facts_of(created) == facts
    assert event(tx, "ShipmentSnapshot") == {"shipmentId": shipment, "facts": facts}


def test_a_key_of_the_seller_that_may_hand_over_loads(
    created, ledger, grant, staff_key, keys, sender, registry, reverts
):
    grant(keys.seller, staff_key, Function.HANDOVER)
    ledger.load(astuple(created), [CARGO], [], sender(staff_key))
    with reverts(
        registry,
        "ParticipantRegistry_NotAuthorized",
        keys.stranger.address,
        Function.HANDOVER,
        Refusal.UNKNOWN_KEY,
    ):
        ledger.load(astuple(created), [CARGO], [], sender(keys.stranger))


@pytest.mark.parametrize("what", ["cargo", "watches"])
def test_nobody_attests_what_was_declared_after_it_signed(
    what, created, load, watch, terms, ledger, sign_handover, keys, ids, operator, reverts
):
    receiver = sign_handover(created, keys.carrier)
    load(created, CARGO) if what == "cargo" else load(created, watches=[watch()])
    giver = sign_handover(created, keys.seller)
    with reverts(ledger, "ShipmentLedger_InvalidSignature", keys.carrier.address):
        ledger.handOver(astuple(created), terms(ids.carrier), giver, receiver, operator)


def test_fixes_the_watches_over_the_shipment(
    created, load, watch, ledger, keys, shipment_of, plan_of, facts_of, event
):
    assert plan_of(created) == bytes(32)
    widest = watch(device=keys.second_device.address, metric=2, low=-(2**31), high=2**31 - 1)
    narrow = watch(metric=1, low=-5, high=-5)
    watches = [watch(), widest, narrow]

    tx = load(created, watches=watches)

    shipment, plan = shipment_of(created), _plan(*watches)
    assert event(tx, "WatchesSet") == {
        "shipmentId": shipment,
        "plan": plan,
        "watches": tuple(map(astuple, watches)),
    }
    assert plan_of(created) == plan
    assert facts_of(created)[1] == 2
    assert "ShipmentLoaded" not in tx.events


def test_later_watches_take_the_place_of_earlier_ones_and_none_leave_them(
    created, load, watch, plan_of
):
    load(created, CARGO, watches=[watch(), watch(metric=1)])
    other = watch(high=700)
    load(created, watches=[other])
    assert plan_of(created) == _plan(other)
    tx = load(created, CARGO)
    assert plan_of(created) == _plan(other)
    assert "WatchesSet" not in tx.events


def test_reverts_when_there_are_more_than_eight_watches(created, load, watch, ledger, reverts):
    load(created, watches=[watch()] * 8)
    with reverts(ledger, "ShipmentLedger_TooManyWatches", 9, 8):
        load(created, watches=[watch()] * 9)


@pytest.mark.parametrize("change", [{"device": ZERO_ADDRESS}, {"low": 801}, {"high": -(2**31)}])
def test_reverts_when_a_watch_has_no_device_or_no_band(
    change, created, load, watch, ledger, reverts
):
    wrong = watch(**change)
    refused = wrong.device, wrong.low, wrong.high
    with reverts(ledger, "ShipmentLedger_InvalidWatch", *refused):
        load(created, watches=[watch(), wrong])


def test_reverts_when_caller_acts_for_another(created, ledger, keys, ids, sender, reverts):
    refused = keys.carrier.address, ids.carrier, ids.seller
    with reverts(ledger, "ShipmentLedger_NotActingFor", *refused):
        ledger.load(astuple(created), [CARGO], [], sender(keys.carrier))


@pytest.mark.parametrize(
    "change",
    [
        {2: 0, 3: 0},
        {2: LAST, 3: 1},
        {2: 1, 3: LAST},
        {1: GTIN + 1},
        {0: b"\x1b[2J".ljust(20, b"\0")},
        {0: bytes(20)},
    ],
    ids=["no item", "past the end", "overflow", "check digit", "characters", "no lot"],
)
def test_reverts_when_no_batch_has_such_items(change, created, load, ledger, reverts):
    lot, gtin, first, count = cargo = [change.get(i, CARGO[i]) for i in range(4)]
    with reverts(ledger, "ShipmentLedger_InvalidCargo", gtin, lot, first, count):
        load(created, CARGO, cargo)


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("opened", "ShipmentLedger_ShipmentUnknown"),
        ("shipped", "ShipmentLedger_AlreadyShipped"),
        ("tendered", "ShipmentLedger_AlreadyShipped"),
        ("disputed", "ShipmentLedger_AlreadyShipped"),
        ("delivered", "ShipmentLedger_AlreadyDelivered"),
    ],
)
def test_reverts_unless_the_goods_are_yet_to_be_shipped(
    stage, error, request, load, ledger, shipment_of, reverts
):
    order = request.getfixturevalue(stage)
    with reverts(ledger, error, shipment_of(order)):
        load(order, CARGO)


def test_reverts_given_the_goods_came_back_to_the_seller(
    shipped, load, hand_over, ledger, keys, shipment_of, reverts
):
    hand_over(shipped, keys.carrier, keys.seller)
    with reverts(ledger, "ShipmentLedger_AlreadyShipped", shipment_of(shipped)):
        load(shipped, CARGO)


def test_reverts_when_the_terms_are_not_those_signed(created, load, ledger, shipment_of, reverts):
    forged = replace(created, carrier_id=9)
    with reverts(ledger, "ShipmentLedger_ShipmentUnknown", shipment_of(forged)):
        load(forged, CARGO)
