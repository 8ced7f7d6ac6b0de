def test_unlists_for_new_orders_only(
    escrow, dollar, opened, end, make_order, open_order, operator, event, plain, reverts
):
    before = dollar.balanceOf(opened.seller)

    tx = escrow.unlistToken(dollar, operator)

    assert event(tx, "TokenUnlisted") == {"token": dollar.address}
    assert plain(escrow.listingOf(dollar)) == (False, 0)
    with reverts(escrow, "TradeEscrow_TokenNotListed", dollar.address):
        open_order(make_order())
    end(opened, "settle")
    assert dollar.balanceOf(opened.seller) == before + opened.amount


def test_reverts_given_token_is_not_listed(escrow, keys, operator, reverts):
    with reverts(escrow, "TradeEscrow_TokenNotListed", keys.stranger.address):
        escrow.unlistToken(keys.stranger.address, operator)


def test_reverts_when_caller_is_not_governance(escrow, dollar, keys, sender, reverts):
    with reverts(escrow, "AccessManagedUnauthorized", keys.stranger.address):
        escrow.unlistToken(dollar, sender(keys.stranger))
