"""Cases as a test makes them up; the rules are asked without an escrow."""

import pytest

SIDE = "0x" + "5e" * 20  # whoever is paid in the seller's place


@pytest.fixture(scope="session")
def moment():
    """A second of an order: S is ship-by, D deliver-by, R refund-after, "-" never; S+1 is later."""

    def of(order, name):
        if name == "-":
            return 0
        start = {"S": order.ship_by, "D": order.deliver_by, "R": order.refund_after}[name[0]]
        return start + int(name[1:] or 0)

    return of


@pytest.fixture(scope="session")
def make_case():
    """Builds a case; what is not named has not happened."""

    def make(
        *, state=0, contested_at=0, paid=0, shipped_at=0, tendered_at=0, delivered_at=0, as_of=0,
        duty_paid=0, customs=0, released_at=0, final_at=0, duty=0, customs_as_of=0, side=SIDE,
    ):  # fmt: skip
        facts = state, 0, 0, shipped_at, tendered_at, 0, delivered_at, as_of
        return contested_at, paid, side, facts, (
            customs, 0, released_at, 0, final_at, duty, customs_as_of,
        ), duty_paid  # fmt: skip

    return make
