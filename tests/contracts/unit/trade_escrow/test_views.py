from dataclasses import astuple

from entrepot.core.messages import Cancellation


def test_digests_are_those_of_the_package_and_of_eth_account(
    escrow, domains, make_order, typed_digest
):
    assert bytes(escrow.domainSeparator()) == domains.escrow
    order = make_order(arbiter_id=2**64 - 1, uphold_by_default=True, goods=b"\xfe" * 32)
    order_id = bytes(escrow.orderIdOf(astuple(order)))
    assert order_id == order.digest(domains.escrow) == typed_digest(order, "TradeEscrow", escrow)
    end = Cancellation(order_id)
    assert (
        bytes(escrow.cancellationDigest(order_id))
        == end.digest(domains.escrow)
        == typed_digest(end, "TradeEscrow", escrow)
    )


def test_what_was_never_opened_is_all_zero(escrow, dollar, keys, make_order, order_id, plain):
    order = make_order()
    assert plain(escrow.recordOf(order_id(order))) == (0, 0, 0, 0)
    assert not escrow.isOpen(order_id(order))
    assert escrow.withdrawable(dollar, keys.seller.address) == 0


def test_it_knows_its_registries_and_chain(escrow, registry, credit, manager, chain):
    assert escrow.REGISTRY() == registry
    assert escrow.CREDIT() == credit
    assert escrow.authority() == manager
    assert escrow.CHAIN_ID() == chain.id
