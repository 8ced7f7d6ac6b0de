"""A registry whose writers are plain accounts, and its twin in Python."""

from collections import defaultdict

import pytest

from entrepot.core.credit import POINT, Evidence, rate, seller_evidence
from entrepot.core.roles import Role


class Twin:
    """What the contract keeps, computed by the package."""

    def __init__(self):
        self.evidence = defaultdict(Evidence)

    def rate_trade(self, seller, buyer, weight, outcome, now):
        if seller != buyer:
            self.evidence[seller, Role.SELLER].add(buyer, *seller_evidence(weight, outcome), now)
            if buyer:
                self.evidence[buyer, Role.BUYER].add(seller, weight * POINT, 0, now)

    def rate_cover(self, insurer, holder, weight, now):
        if insurer != holder:
            self.evidence[insurer, Role.INSURER].add(holder, weight * POINT, 0, now)

    def score_of(self, participant, role, now):
        return rate(*self.evidence[participant, role].at(now))

    def rating_of(self, participant, now):
        own = [e.at(now) for (who, _), e in self.evidence.items() if who == participant]
        return rate(sum(good for good, _ in own), sum(bad for _, bad in own))


@pytest.fixture(scope="session")
def writers(keys):
    """Keys of the accounts that stand for escrow and insurance."""
    return keys.buyer, keys.insurer


@pytest.fixture
def ratings(CreditRegistry, writers, operator):
    """A registry that these accounts write."""
    return CreditRegistry.deploy(*(key.address for key in writers), operator)


@pytest.fixture
def twin():
    """The same in Python, without evidence."""
    return Twin()


@pytest.fixture
def trade(ratings, twin, writers, sender, at, now):
    """Rates a trade in contract and twin, some seconds later; gives the transaction."""

    def go(seller, buyer, weight, outcome, after=1, order_id=b"\1" * 32):
        moment = now() + after
        at(moment)
        tx = ratings.rateTrade(order_id, seller, buyer, weight, outcome, sender(writers[0]))
        twin.rate_trade(seller, buyer, weight, outcome, moment)
        return tx

    return go


@pytest.fixture
def cover(ratings, twin, writers, sender, at, now):
    """Rates a cover in contract and twin, some seconds later; gives the transaction."""

    def go(insurer, holder, weight, after=1, policy_id=b"\2" * 32):
        moment = now() + after
        at(moment)
        tx = ratings.rateCover(policy_id, insurer, holder, weight, sender(writers[1]))
        twin.rate_cover(insurer, holder, weight, moment)
        return tx

    return go
