def test_pauses_and_resumes(escrow, make_order, open_order, operator, event, reverts):
    order = make_order()
    assert event(escrow.pauseOpening(True, operator), "OpeningPaused") == {"isPaused": True}
    assert escrow.isOpeningPaused()
    with reverts(escrow, "TradeEscrow_OpeningPaused"):
        open_order(order)
    assert event(escrow.pauseOpening(False, operator), "OpeningPaused") == {"isPaused": False}
    assert not escrow.isOpeningPaused()
    open_order(order)


def test_reverts_when_caller_is_not_governance(escrow, keys, sender, reverts):
    with reverts(escrow, "AccessManagedUnauthorized", keys.stranger.address):
        escrow.pauseOpening(True, sender(keys.stranger))
