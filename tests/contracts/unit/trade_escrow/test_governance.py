"""Who may do what to the escrow is known, and neither governance nor a stranger moves money."""

from dataclasses import astuple

import pytest
from brownie.exceptions import VirtualMachineError

from entrepot.core.messages import Clauses

PUBLIC = {
    "open", "openWithClauses", "openWithPermit", "settle", "refund", "conclude", "concludeMany",
    "advance", "agree", "contest", "arbitrate", "markNoted", "withdraw",
}  # fmt: skip
RESTRICTED = {"listToken", "unlistToken", "pauseOpening"}


def test_the_escrow_has_no_other_function_that_changes_state(escrow):
    changing = {
        entry["name"]
        for entry in escrow.abi
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    }
    assert changing == PUBLIC | RESTRICTED | {"setAuthority"}
    assert not [entry for entry in escrow.abi if entry["type"] in ("receive", "fallback")]


def test_nothing_that_governance_does_moves_money(
    opened, end, escrow, manager, dollar, record_of, operator, TestDollar
):
    kept = record_of(opened)
    before = dollar.balanceOf(opened.seller)

    escrow.listToken(TestDollar.deploy(operator), operator)
    escrow.listToken(dollar, operator)
    escrow.unlistToken(dollar, operator)
    escrow.pauseOpening(True, operator)
    manager.updateAuthority(escrow, TestDollar.deploy(operator), operator)

    assert dollar.balanceOf(escrow) == opened.amount
    assert record_of(opened) == kept
    end(opened, "settle")
    assert dollar.balanceOf(opened.seller) == before + opened.amount


def test_only_the_manager_sets_the_authority(escrow, keys, sender, operator, reverts):
    for who, options in ((keys.stranger, sender(keys.stranger)), (keys.operator, operator)):
        with reverts(escrow, "AccessManagedUnauthorized", who.address):
            escrow.setAuthority(keys.stranger.address, options)


PLAIN_CLAUSES = astuple(Clauses())
# What a stranger who has nobody's signature may try on an open order, beside its terms.
ATTEMPTS = {
    "settle": (), "refund": (), "conclude": (PLAIN_CLAUSES,), "advance": (PLAIN_CLAUSES,),
    "contest": (PLAIN_CLAUSES, b"\0" * 32), "arbitrate": (PLAIN_CLAUSES, 10_000),
    "agree": (PLAIN_CLAUSES, 0, 2**40 - 1, b"", b""), "markNoted": (0,),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_stranger_moves_no_money_of_an_order_that_is_under_way(
    name, opened, tell, escrow, dollar, record_of, keys, sender
):
    tell(shipped_at=opened.ship_by, as_of=opened.refund_after)
    kept = record_of(opened)
    with pytest.raises(VirtualMachineError):
        getattr(escrow, name)(astuple(opened), *ATTEMPTS[name], sender(keys.stranger))
    assert dollar.balanceOf(escrow) == opened.amount
    assert record_of(opened) == kept
