"""A registry that reads facts of a source that says what it is told, and its twin in Python."""

from collections import defaultdict
from dataclasses import astuple, dataclass, field, replace

import pytest

from entrepot.core import credit, journeys, liability
from entrepot.core.cover import CargoFacts
from entrepot.core.credit import SETTLING, CreditRecord, Evidence
from entrepot.core.exposures import Exposure
from entrepot.core.liability import Leg
from entrepot.core.messages import Clauses
from entrepot.core.roles import Role, mask
from entrepot.core.settlement import NO_CUSTOMS, Condition, Customs, CustomsState, Facts

DAY = 86_400
WEIGHT = 10  # of an order over 1,000 dollars
PLAN = b"\x77" * 32
IN_TRANSIT, DELIVERED = 2, 5
OPEN, RELEASED, REFUNDED, AGREED, ARBITRATED = range(1, 6)
SHIPPED = Clauses(conditions=1 << Condition.SHIPPED)
ACCEPTED = Clauses(
    conditions=1 << Condition.DELIVERED | 1 << Condition.ACCEPTED, inspection_window=5 * DAY
)


@dataclass(frozen=True)
class Journey:
    """How goods fared, which the source is to say: who held them, and what became of them.

    `state`: in transit or delivered, unless told; `lost` and `damaged`: a share and when;
    `watches`: what each saw, as `WatchFacts` has it.
    """

    legs: tuple[Leg, ...]
    delivered_at: int = 0
    state: int | None = None
    lost: tuple[int, int] = (0, 0)
    damaged: tuple[int, int] = (0, 0)
    watches: dict = field(default_factory=dict)
    customs: Customs = NO_CUSTOMS
    declarant_id: int = 0
    as_of: int = 2**40 - 1

    def opens_at(self, order, ended_at):
        """When it can be rated, as the package has it."""
        return journeys.opens_at(ended_at, self.delivered_at, order.refund_after)

    def judged(self, order, state, ended_at):
        """Outcome and share lost of each leg, as the package has it, where the order ended so."""
        facts = Facts(self.legs[0].since, 0, self.delivered_at, self.as_of)
        (lost, lost_at), (damaged, damaged_at) = self.lost, self.damaged
        cargo = CargoFacts(lost, damaged, lost_at, damaged_at)
        seen = {
            watch: Exposure(breached_at, exposure, longest, longest_at)
            for watch, (breached_at, exposure, longest, longest_at, *_) in self.watches.items()
        }
        is_off = journeys.is_called_off(
            is_released=state == RELEASED,
            ended_at=ended_at,
            delivered_at=self.delivered_at,
            refund_after=order.refund_after,
            is_refused=self.customs.is_refused,
        )
        judged = journeys.judge(order, facts, cargo, self.legs, seen, is_called_off=is_off)
        return [(leg.outcome, leg.loss_bps) for leg in judged]


class Twin:
    """What the contract keeps, computed by the package."""

    def __init__(self):
        self.records = defaultdict(CreditRecord)

    def rate_trade(self, seller, buyer, weight, outcome, now):
        if seller != buyer:
            found = credit.of_seller(weight, outcome)
            self.records[seller].add(Role.SELLER, buyer, found, now)
            if buyer:
                found = credit.of_buyer(weight, outcome)
                self.records[buyer].add(Role.BUYER, seller, found, now)

    def rate_cover(self, insurer, holder, weight, now):
        if insurer != holder:
            self.records[insurer].add(Role.INSURER, holder, credit.of_insurer(weight), now)

    def rate_journey(self, order, end, journey, now):
        for leg, (outcome, lost) in zip(journey.legs, journey.judged(order, *end), strict=True):
            if leg.custodian_id != order.seller_id:
                found = credit.of_carrier(WEIGHT, outcome, lost)
                self.records[leg.custodian_id].add(Role.CARRIER, order.seller_id, found, now)
        customs, broker = journey.customs, journey.declarant_id
        is_decided = customs.state is CustomsState.RELEASED or customs.is_refused
        if is_decided and broker != order.seller_id:
            found = credit.of_broker(WEIGHT, customs.is_refused)
            self.records[broker].add(Role.CUSTOMS_BROKER, order.seller_id, found, now)

    def evidence_of(self, participant, role):
        """Evidence as the contract gives it."""
        by_role = self.records[participant].by_role
        kept = by_role.get(role, Evidence())
        roles = mask(*by_role) if role in by_role else 0
        return kept.good, kept.bad, kept.updated_at, kept.count, roles, kept.sketch_word()


@pytest.fixture(scope="session")
def journey_of():
    """Builds the journey over these legs."""
    return Journey


@pytest.fixture
def ratings(CreditRegistry, world, source, operator):
    """A registry that escrow and insurance do not know, and that reads its journeys of `source`."""
    return CreditRegistry.deploy(world.escrow, world.insurance, source, operator)


@pytest.fixture
def twin():
    """The same in Python, without evidence."""
    return Twin()


@pytest.fixture
def moment(at, now):
    """Sets the time of the next transaction, some seconds from now; gives it."""

    def after(seconds):
        time = now() + seconds
        at(time)
        return time

    return after


@pytest.fixture
def trade(ratings, twin, world, sender, moment):
    """Rates a trade in contract and twin, some seconds later; gives the transaction."""

    def go(seller, buyer, weight, outcome, after=1, order_id=b"\1" * 32):
        time = moment(after)
        tx = ratings.rateTrade(order_id, seller, buyer, weight, outcome, sender(world.escrow))
        assert tx.timestamp == time
        twin.rate_trade(seller, buyer, weight, outcome, time)
        return tx

    return go


@pytest.fixture
def cover(ratings, twin, world, sender, moment):
    """Rates a cover in contract and twin, some seconds later; gives the transaction."""

    def go(insurer, holder, weight, after=1, policy_id=b"\2" * 32):
        time = moment(after)
        tx = ratings.rateCover(policy_id, insurer, holder, weight, sender(world.insurance))
        assert tx.timestamp == time
        twin.rate_cover(insurer, holder, weight, time)
        return tx

    return go


@pytest.fixture
def evidence_of(ratings, plain):
    """Evidence of a participant in a role: good, bad, updated at, count, roles, counterparties."""
    return lambda participant, role: plain(ratings.evidenceOf(participant, role))


@pytest.fixture
def check(ratings, twin, evidence_of, plain, now):
    """Compares all that the contract keeps and shows now with its twin."""

    def compare():
        for participant, record in list(twin.records.items()):
            assert plain(ratings.ratingOf(participant)) == astuple(record.rating(now()))
            for role in Role:
                assert evidence_of(participant, role) == twin.evidence_of(participant, role)
                score = astuple(record.rating_in(role, now()))
                assert plain(ratings.scoreOf(participant, role)) == score

    return compare


@pytest.fixture
def end_order(source, world, make_order, open_order, tell, at, operator):
    """An order over 1,000 dollars that reads its facts of `source` and was settled; its end."""

    def end(**changes):
        order = make_order(source=source.address, **changes)
        open_order(order)
        tell(delivered_at=order.deliver_by, as_of=order.deliver_by)
        at(order.deliver_by)
        assert world.escrow.settle(astuple(order), operator).timestamp == order.deliver_by
        return order, order.deliver_by

    return end


@pytest.fixture
def ended(end_order, at):
    """Such an order whose journey, whatever became of the goods, can be rated from now on."""
    order, _ = end_order()
    at(order.refund_after + SETTLING, mine=True)
    return order


@pytest.fixture
def end_of(world, order_id):
    """State and time of an order's end."""

    def read(order):
        state, _, ended_at, _ = world.escrow.recordOf(order_id(order))
        return state, ended_at

    return read


@pytest.fixture
def end_as(
    source, world, make_order, open_order, tell, agree, at, keys, sender, operator, end_of
):  # fmt: skip
    """Ends an order in a state at a time, in seconds after its refund-after: it was paid for once
    shipped, conceded, taken back because it was not shipped in time, or divided by the arbiter,
    whose source takes the delivery back. Gives the order, whose goods may still be on the way.
    """

    def end(state, after, *, is_conceded=False, **changes):
        clauses = ACCEPTED if state == ARBITRATED else SHIPPED
        terms = {"clauses": clauses.struct_hash(), "arbitration_period": 100 * DAY}
        order = make_order(source=source.address, **terms, **changes)
        open_order(order, clauses)
        terms, time = (astuple(order), astuple(clauses)), order.refund_after + after
        if state == ARBITRATED:
            tell(shipped_at=order.ship_by, delivered_at=order.ship_by, as_of=order.ship_by)
            at(order.ship_by)
            world.escrow.contest(*terms, b"\0" * 32, sender(keys.buyer))
        elif state == RELEASED or is_conceded:
            tell(shipped_at=order.ship_by, as_of=order.ship_by)
        else:
            tell(as_of=order.ship_by + 1)
        at(time - 1, mine=True)
        at(time)
        if is_conceded:
            agree(order, 0, clauses, seller=keys.seller)
        elif state == ARBITRATED:
            world.escrow.arbitrate(*terms, 5_000, sender(keys.arbiter))
        else:
            world.escrow.conclude(*terms, operator)
        assert end_of(order) == (state, time)
        return order

    return end


@pytest.fixture
def tell_journey(source, operator):
    """Has the source say of every shipment how goods fared."""

    def say(journey):
        state, legs = journey.state, journey.legs
        if state is None:
            state = DELIVERED if journey.delivered_at else IN_TRANSIT
        shipped_at = legs[0].since if legs else 0
        facts = state, 1, 1, shipped_at, 0, 0, journey.delivered_at, journey.as_of
        source.tell(facts, operator)
        (lost, lost_at), (damaged, damaged_at) = journey.lost, journey.damaged
        chain = liability.chain_of(legs)
        source.tellCargo((chain, lost, damaged, lost_at, damaged_at, journey.as_of), operator)
        for watch, facts in journey.watches.items():
            source.tellWatch(PLAN, watch, facts, operator)
        c = journey.customs
        decided = c.state, 1, c.released_at, 0, c.final_at, c.duty, c.as_of
        source.tellCustoms(decided, operator)
        source.tellDeclarant(journey.declarant_id, operator)

    return say


@pytest.fixture
def rate_journey(ratings, twin, tell_journey, end_of, operator):
    """Rates an order's journey in contract and twin; gives the transaction."""

    def go(order, journey, options=None):
        tell_journey(journey)
        legs = [astuple(leg) for leg in journey.legs]
        tx = ratings.rateJourney(astuple(order), legs, options or operator)
        twin.rate_journey(order, end_of(order), journey, tx.timestamp)
        return tx

    return go


@pytest.fixture
def one_leg(ids):
    """The journey of an order whose carrier alone took it, from ship-by to deliver-by."""

    def make(order, **changes):
        leg = Leg(ids.carrier, order.ship_by)
        return replace(Journey((leg,), delivered_at=order.deliver_by), **changes)

    return make
