"""Readings that claim policies at once. `test_record.py` has what is recorded."""

from dataclasses import astuple

import pytest

LEVEL, RUN, EXPOSURE = 1, 2, 3
DAY = 86_400


def _peril(kind, bps, threshold=0, watch=0):
    return kind | watch << 8 | bps << 16 | threshold << 32


@pytest.fixture
def insured(loaded, make_quote, insure, ledger, shipment_of, hand_over, keys, at):
    """A shipped order with two policies under its plan.

    One pays 5 % for any excursion, the other 10 % for one of more than ten minutes.
    """
    plan = bytes(ledger.planOf(shipment_of(loaded)))
    perils = _peril(LEVEL, 500), _peril(RUN, 1_000, 600)
    terms = {"plan": plan, "maximum": loaded.amount // 5, "valid_until": loaded.ship_by}
    quotes = [make_quote(loaded, perils=each, **terms) for each in perils]
    for quote in quotes:
        insure(loaded, quote)
    at(loaded.ship_by)
    hand_over(loaded, keys.seller, keys.carrier)
    at(loaded.ship_by + DAY, mine=True)
    return loaded, quotes


@pytest.fixture(scope="session")
def bring_and_claim(world, watches, domains, keys, sender):
    """Brings readings as a stranger with these policies; gives the transaction."""

    def record(order, quotes, readings, signer=None):
        signature = readings.sign(signer or keys.device, domains.sensors)
        plan = [astuple(watch) for watch in watches]
        policies = [astuple(quote) for quote in quotes]
        terms = astuple(readings), plan, signature, astuple(order), policies
        return world.sensors.recordAndClaim(*terms, sender(keys.stranger))

    return record


def test_an_excursion_pays_in_its_own_transaction(
    insured, batch, bring_and_claim, extremes, arrival, insurance, seen, event
):
    order, quotes = insured
    level, run = (bytes(insurance.policyIdOf(astuple(quote))) for quote in quotes)

    tx = bring_and_claim(order, quotes, batch(order, 1, extremes=extremes(900)))

    assert tx.return_value == arrival.IN_ORDER
    paid = event(tx, "ClaimPaid")
    assert (paid["policyId"], paid["amount"]) == (level, order.amount // 20)
    # The run is not longer than its threshold, so there is nothing to decide yet.
    assert event(tx, "ShortcutFailed")["listener"] == insurance.address
    names = list(tx.events.keys())
    assert names.index("WatchSnapshot") < names.index("ClaimPaid")

    one_more = batch(order, 2, 600, count=1, extremes=extremes(900))
    tx = bring_and_claim(order, quotes[1:], one_more)
    paid = event(tx, "ClaimPaid")
    assert (paid["policyId"], paid["amount"]) == (run, order.amount // 10)
    assert seen(order)[2] == 660


def test_the_same_readings_again_pay_nothing(
    insured, batch, bring_and_claim, extremes, arrival, dollar
):
    order, quotes = insured
    readings = batch(order, 1, extremes=extremes(900))
    bring_and_claim(order, quotes, readings)
    held = dollar.balanceOf(order.buyer)
    tx = bring_and_claim(order, quotes, readings)
    assert tx.return_value == arrival.REPEATED
    assert len(tx.events["ShortcutFailed"]) == len(quotes)
    assert "ClaimPaid" not in tx.events
    assert dollar.balanceOf(order.buyer) == held


def test_readings_are_recorded_although_a_claim_fails(
    shipped, make_quote, batch, bring_and_claim, extremes, insurance, seen, shipment_of, event
):
    tx = bring_and_claim(shipped, [make_quote(shipped)], batch(shipped, 1, extremes=extremes(900)))
    failed = {"shipmentId": shipment_of(shipped), "listener": insurance.address}
    assert event(tx, "ShortcutFailed") == failed
    assert seen(shipped)[4] == 900


def test_reverts_when_the_readings_are_refused(
    insured, batch, bring_and_claim, extremes, sensors, keys, reverts
):
    order, quotes = insured
    with reverts(sensors, "SensorLog_InvalidSignature", keys.device.address):
        bring_and_claim(order, quotes, batch(order, 1, extremes=extremes(900)), keys.stranger)
