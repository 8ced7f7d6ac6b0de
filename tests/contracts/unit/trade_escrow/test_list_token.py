import pytest


def test_lists_with_the_tokens_decimals(
    escrow, SilentTokenMock, BlockingTokenMock, operator, event, plain
):
    for kind, decimals in ((SilentTokenMock, 6), (BlockingTokenMock, 18)):
        token = kind.deploy(operator)
        assert plain(escrow.listingOf(token)) == (False, 0)
        tx = escrow.listToken(token, operator)
        assert event(tx, "TokenListed") == {"token": token.address, "decimals": decimals}
        assert plain(escrow.listingOf(token)) == (True, decimals)


def test_reverts_when_token_has_no_code(escrow, keys, operator, reverts):
    with reverts(escrow, "TradeEscrow_TokenWithoutCode", keys.stranger.address):
        escrow.listToken(keys.stranger.address, operator)


@pytest.mark.parametrize("caller", ["stranger", "seller"])
def test_reverts_when_caller_is_not_governance(caller, escrow, dollar, keys, sender, reverts):
    key = getattr(keys, caller)
    with reverts(escrow, "AccessManagedUnauthorized", key.address):
        escrow.listToken(dollar, sender(key))
