from dataclasses import astuple

import pytest

from entrepot.core.messages import Cancellation


def test_refunds_the_buyer_without_rating(
    opened, cancel, escrow, dollar, order_id, record_of, event
):
    before, opened_at = dollar.balanceOf(opened.buyer), record_of(opened)[1]

    tx = cancel(opened)

    assert dollar.balanceOf(opened.buyer) == before + opened.amount
    assert dollar.balanceOf(escrow) == 0
    assert record_of(opened) == (4, opened_at, tx.timestamp, 10)
    assert event(tx, "OrderCancelled") == {
        "orderId": order_id(opened),
        "payee": opened.buyer,
        "amount": opened.amount,
    }
    assert "TradeRated" not in tx.events


def test_accepts_a_contract_that_signs_by_its_owner(
    escrow, dollar, domains, keys, make_order, order_id, SmartWallet, sender, operator
):
    wallet = SmartWallet.deploy(keys.stranger.address, operator)
    order = make_order(buyer=wallet.address, buyer_id=0)
    dollar.mint(wallet, order.amount, operator)
    dollar.approve(escrow, order.amount, sender(wallet))
    sides = keys.stranger, keys.seller
    escrow.open(astuple(order), *(order.sign(k, domains.escrow) for k in sides), operator)

    end = Cancellation(order_id(order))
    escrow.cancel(astuple(order), *(end.sign(k, domains.escrow) for k in sides), operator)

    assert dollar.balanceOf(wallet) == order.amount


@pytest.mark.parametrize("side", ["buyer", "seller"])
@pytest.mark.parametrize("wrong", ["other signer", "other order", "the order itself", "nothing"])
def test_reverts_when_a_side_did_not_consent(
    side, wrong, opened, escrow, domains, keys, make_order, sign, order_id, operator, reverts
):
    end = Cancellation(order_id(opened))
    refused = {
        "other signer": end.sign(keys.stranger, domains.escrow),
        "other order": Cancellation(order_id(make_order())).sign(keys.buyer, domains.escrow),
        "the order itself": sign(opened)[side == "seller"],
        "nothing": b"",
    }[wrong]
    signatures = sign(opened, end)
    signatures[side == "seller"] = refused
    with reverts(escrow, "TradeEscrow_InvalidSignature", getattr(opened, side)):
        escrow.cancel(astuple(opened), *signatures, operator)


def test_reverts_when_one_side_signed_for_both(
    opened, escrow, domains, keys, order_id, operator, reverts
):
    signature = Cancellation(order_id(opened)).sign(keys.buyer, domains.escrow)
    with reverts(escrow, "TradeEscrow_InvalidSignature", opened.seller):
        escrow.cancel(astuple(opened), signature, signature, operator)
