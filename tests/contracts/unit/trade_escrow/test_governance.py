"""What governance may do to the escrow is known, and none of it moves money."""

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
