"""States of policies, rebuilt from events as the insurance keeps them."""

from dataclasses import astuple
from typing import Any

import pytest

from entrepot.core.messages import Quote
from entrepot.network.contracts import Event
from entrepot.services.books import rebuild
from entrepot.services.books.entries import PolicyState
from entrepot.services.events import Record

PARTY, POLICY = "0x" + "11" * 20, bytes(32)
QUOTE = Quote(POLICY, PARTY, PARTY, 1, 2, 9, 0, 100, 1_000, 5, POLICY)
WORTH = {"policyId": POLICY, "fired": 1 << 4, "grossBps": 500}


def record(name: str, **args: Any) -> Record:
    return Record("CargoInsurance", Event(name, PARTY, args, 1, 1, "0x", 0))


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (record("ClaimPaid", payee=PARTY, amount=4, daysLate=5, isFinal=True, **WORTH), "PAID"),
        (record("PolicyExpired", **WORTH), "EXPIRED"),
    ],
    ids=["paid", "worth less than a unit"],
)
def test_policy_is_paid_if_a_unit_was(end: Record, state: str) -> None:
    quote = dict(enumerate(astuple(QUOTE)))
    begun = record(
        "PolicyIncepted", policyId=POLICY, orderId=POLICY, holder=PARTY, weight=1, quote=quote
    )
    (entry,) = rebuild([begun, end]).policies.values()
    assert entry.state is PolicyState[state]
