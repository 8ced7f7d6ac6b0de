from dataclasses import astuple

import pytest

from entrepot.core.messages import PLAIN, Clauses, Consent, Payee


@pytest.fixture(params=["plain", "full", "extreme"])
def clauses(request, make_clauses):
    """Clauses without and with all members, and with the largest of each."""
    extreme = Clauses(
        conditions=2**8 - 1,
        inspection_window=2**32 - 1,
        on_shipped=2**16 - 1,
        on_cleared=2**16 - 2,
        on_delivered=2**16 - 3,
        customs_id=2**64 - 1,
        broker_id=2**64 - 2,
        inspector_id=2**64 - 3,
        treasury="0x" + "f1" * 20,
        duty_cap=2**128 - 1,
        appeal_period=2**32 - 2,
        price_token="0x" + "f2" * 20,
        price=2**128 - 2,
        rate=2**128 - 3,
        rate_until=2**40 - 1,
        payees=tuple(Payee(f"0x{n:040x}", 2**128 - n) for n in range(1, 10)),
    )
    return {"plain": Clauses(), "full": make_clauses(), "extreme": extreme}[request.param]


def test_hashes_clauses_as_the_package_and_eth_account_do(clauses, escrow, domains, typed_digest):
    hashed = bytes(escrow.clausesHashOf(astuple(clauses)))
    assert hashed == clauses.struct_hash()
    assert (hashed == PLAIN) == (clauses == Clauses())
    assert clauses.digest(domains.escrow) == typed_digest(clauses, "TradeEscrow", escrow)


def test_digests_are_those_of_the_package_and_of_eth_account(
    clauses, escrow, domains, make_order, typed_digest
):
    assert bytes(escrow.domainSeparator()) == domains.escrow
    order = make_order(
        arbiter_id=2**64 - 1,
        uphold_by_default=True,
        goods=b"\xfe" * 32,
        clauses=clauses.struct_hash(),
    )
    order_id = bytes(escrow.orderIdOf(astuple(order)))
    assert (
        order_id
        == order.digest(domains.escrow)
        == typed_digest(order, "TradeEscrow", escrow, clauses=clauses)
    )
    consent = Consent(order_id, 2**16 - 1, 2**40 - 2)
    assert (
        bytes(escrow.consentDigest(*astuple(consent)))
        == consent.digest(domains.escrow)
        == typed_digest(consent, "TradeEscrow", escrow)
    )


def test_what_was_never_opened_is_all_zero(escrow, dollar, keys, make_order, order_id, plain):
    order = make_order()
    assert plain(escrow.recordOf(order_id(order))) == (0, 0, 0, 0)
    assert plain(escrow.progressOf(order_id(order))) == (0, 0, 0, False)
    assert not escrow.isOpen(order_id(order))
    assert escrow.withdrawable(dollar, keys.seller.address) == 0


def test_it_knows_its_contracts_and_chain(
    escrow, registry, credit, notes, settlement, ledger, manager, chain
):
    assert escrow.REGISTRY() == registry
    assert escrow.NOTES() == notes
    assert escrow.SETTLEMENT() == settlement
    assert escrow.CREDIT() == credit
    assert escrow.RATED_SOURCE() == ledger
    assert escrow.authority() == manager
    assert escrow.CHAIN_ID() == chain.id
