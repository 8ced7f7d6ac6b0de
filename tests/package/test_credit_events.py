"""What the registry's events say of whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.credit import (
    Finding,
    LegOutcome,
    TradeOutcome,
    of_broker,
    of_carrier,
    of_insurer,
    of_seller,
)
from entrepot.core.roles import Role
from entrepot.network.contracts import Event
from entrepot.services import credit_events
from entrepot.services.credit_events import Count, Rated

IDS = st.integers(0, 2**64 - 1)


def event(name: str, **args: int | bool) -> Event:
    return Event(name, "0x", dict(args), 1, 1, "0x", 0)


@given(IDS, IDS, st.integers(1, 300), st.sampled_from(TradeOutcome))
def test_a_trade_rates_both_sides_unless_one_is_unknown_or_both_are_one(
    seller: int, buyer: int, weight: int, outcome: TradeOutcome
) -> None:
    rated = event("TradeRated", sellerId=seller, buyerId=buyer, weight=weight, outcome=outcome)
    found = {each.id: each for each in credit_events.findings(rated)}
    assert set(found) == ({seller, buyer} - {0} if seller != buyer else set())
    if seller in found:
        finding = of_seller(weight, outcome)
        assert found[seller] == Rated(seller, Role.SELLER, buyer, finding)
    if buyer in found:
        assert (found[buyer].role, found[buyer].counterparty) == (Role.BUYER, seller)


def test_a_deal_with_oneself_is_evidence_of_nothing() -> None:
    for each in (
        event("TradeRated", sellerId=5, buyerId=5, weight=9, outcome=TradeOutcome.KEPT),
        event("CoverRated", insurerId=5, holderId=5, weight=9),
        event("LegRated", carrierId=5, sellerId=5, leg=1, weight=9, outcome=0, lossBps=0),
    ):
        assert credit_events.findings(each) == []


def test_others_are_rated_by_their_own_events() -> None:
    cover = event("CoverRated", insurerId=5, holderId=6, weight=9)
    leg = event("LegRated", carrierId=5, sellerId=6, leg=1, weight=9, outcome=1, lossBps=70)
    case = event("DeclarationRated", brokerId=5, sellerId=6, weight=9, isRefused=True)
    carried = of_carrier(9, LegOutcome.LATE, 70)
    for each, role, finding in (
        (cover, Role.INSURER, of_insurer(9)),
        (leg, Role.CARRIER, carried),
        (case, Role.CUSTOMS_BROKER, of_broker(9, is_refused=True)),
    ):
        assert credit_events.findings(each) == [Rated(5, role, 6, finding)]


@pytest.mark.parametrize(
    ("finding", "count"),
    [
        (Finding(good=1), Count.KEPT),
        (Finding(good=1, bad=1), Count.HALF),
        (Finding(bad=1), Count.FAILED),
        (Finding(broken=1), Count.BROKEN),
        (of_carrier(9, LegOutcome.KEPT, 1), Count.BROKEN),
    ],
)
def test_findings_count_as_the_model_says(finding: Finding, count: Count) -> None:
    assert credit_events.count_of(finding) is count


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"outcome": 0, "lossBps": 0}, "leg 2 was in time"),
        ({"outcome": 1, "lossBps": 0}, "leg 2 added a delay"),
        ({"outcome": 2, "lossBps": 0}, "leg 2 saw an excursion"),
        ({"outcome": 0, "lossBps": 1_250}, "leg 2 was in time and lost or damaged 12.5% of the"),
        ({"outcome": 1, "lossBps": 10_000}, "leg 2 brought none of the goods"),
    ],
)
def test_legs_are_told_in_words(args: dict[str, int], words: str) -> None:
    told = credit_events.outcome_of(event("LegRated", leg=2, **args), Role.CARRIER)
    assert told.startswith(words)
