from dataclasses import astuple, replace

import pytest

from entrepot.core.keys import Wallet
from entrepot.core.messages import KeyGrant
from entrepot.core.roles import Function, Refusal, mask
from entrepot.services.deploy import NO_COMMISSION, NO_REINSURER

DAY = 86_400
DOLLAR = 10**6


@pytest.mark.parametrize("side", ["buyer", "seller"])
def test_takes_the_premium_and_locks_the_maximum(
    side, insurance, pool, dollar, opened, make_quote, insure, policy_id, record_of, books, event,
    order_id, escrow, state,
):  # fmt: skip
    holder = getattr(opened, side)
    quote = make_quote(opened, holder=holder, premium=7 * DOLLAR + 1, maximum=333 * DOLLAR + 3)
    money, held, before = dollar.balanceOf(holder), dollar.balanceOf(pool), books()

    tx = insure(opened, quote)

    weight = escrow.recordOf(order_id(opened))[3]
    assert weight == 1 + (1_001).bit_length() - 1
    assert bytes(tx.return_value) == policy_id(quote)
    assert event(tx, "PolicyIncepted") == {
        "policyId": policy_id(quote),
        "orderId": quote.order_id,
        "holder": holder,
        "weight": weight,
        "quote": astuple(quote),
    }
    assert event(tx, "CollateralLocked") == {"maximum": quote.maximum, "premium": quote.premium}
    assert record_of(quote) == (state.ACTIVE, tx.timestamp, 0, weight, 0, 0, 0)
    assert insurance.coveredOf(quote.order_id) == quote.maximum
    assert dollar.balanceOf(holder) == money - quote.premium
    assert dollar.balanceOf(pool) == held + quote.premium
    assert books().locked == before.locked + quote.maximum
    assert books().liabilities == before.liabilities + quote.premium
    assert books().first_loss == before.first_loss


def test_premium_is_not_the_shareholders_before_it_is_earned(pool, opened, make_quote, insure):
    before = pool.totalAssets()
    insure(opened, make_quote(opened))
    assert pool.totalAssets() == before


def test_a_granted_key_underwrites_until_it_is_revoked(
    registry, keys, domains, sender, opened, make_quote, insure_signed, reverts
):
    staff = Wallet().key(40)
    grant = KeyGrant(keys.insurer.address, staff.address, mask(Function.UNDERWRITE), 1, 2**40 - 1)
    registry.grantKey(astuple(grant), grant.sign(staff, domains.deployment), sender(keys.insurer))
    insure_signed(opened, make_quote(opened), underwriter=staff)
    registry.revokeKey(staff.address, sender(keys.insurer))
    refusal = staff.address, Function.UNDERWRITE, Refusal.REVOKED_KEY
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refusal):
        insure_signed(opened, make_quote(opened), underwriter=staff)


def test_a_contract_account_holds_cover(
    SmartWallet, dollar, escrow, insurance, source, keys, domains, sender, operator,
    make_order, make_quote, record_of, state,
):  # fmt: skip
    wallet = SmartWallet.deploy(keys.consumer.address, operator)
    dollar.mint(wallet, 2_000 * DOLLAR, operator)
    for spender in (escrow, insurance):
        dollar.approve(spender, 2**256 - 1, sender(wallet))
    order = make_order(buyer=wallet.address, buyer_id=0, consignee_id=0, source=source.address)
    signatures = [order.sign(key, domains.escrow) for key in (keys.consumer, keys.seller)]
    escrow.open(astuple(order), *signatures, operator)
    quote = make_quote(order)
    by_owner, by_insurer = (quote.sign(k, domains.insurance) for k in (keys.consumer, keys.insurer))
    insurance.insure(
        astuple(order), astuple(quote), by_owner, keys.insurer.address, by_insurer, operator
    )
    assert record_of(quote)[0] == state.ACTIVE


def test_reverts_given_underwriting_is_paused(
    insurance, opened, make_quote, insure, operator, reverts
):
    insurance.pauseUnderwriting(True, operator)
    with reverts(insurance, "CargoInsurance_UnderwritingPaused"):
        insure(opened, make_quote(opened))


def test_reverts_given_the_chain_was_forked(
    insurance, opened, make_quote, keys, domains, chain, web3, operator, reverts
):
    quote = make_quote(opened)
    by_holder, by_insurer = (quote.sign(k, domains.insurance) for k in (keys.buyer, keys.insurer))
    web3.provider.make_request("anvil_setChainId", [chain.id + 1])
    try:
        with reverts(insurance, "CargoInsurance_WrongChain", chain.id, chain.id + 1):
            insurance.insure.call(
                astuple(opened), astuple(quote), by_holder, keys.insurer.address, by_insurer,
                operator,
            )  # fmt: skip
    finally:
        web3.provider.make_request("anvil_setChainId", [chain.id])


def test_is_good_up_to_the_last_second_of_its_quote(
    insurance, opened, make_quote, insure, now, at, reverts
):
    quotes = [make_quote(opened, valid_until=now() + 100) for _ in range(2)]
    at(quotes[0].valid_until)
    insure(opened, quotes[0])
    at(quotes[1].valid_until + 1)
    late = quotes[1].valid_until, quotes[1].valid_until + 1
    with reverts(insurance, "CargoInsurance_QuoteExpired", *late):
        insure(opened, quotes[1])


def test_reverts_when_pool_is_not_listed(insurance, opened, keys, make_quote, insure, reverts):
    quote = make_quote(opened, pool=keys.stranger.address)
    with reverts(insurance, "CargoInsurance_PoolNotListed", quote.pool):
        insure(opened, quote)


def test_reverts_when_pool_is_another_insurers(
    insurance, pool, ids, opened, make_quote, insure, reverts
):
    quote = make_quote(opened, insurer_id=ids.carrier)
    other = pool.address, ids.insurer, ids.carrier
    with reverts(insurance, "CargoInsurance_PoolOfOther", *other):
        insure(opened, quote)


def test_reverts_when_pool_holds_another_asset(
    insurance, opened, make_quote, insure, list_pool, BlockingTokenMock, reverts
):
    token, pool = list_pool(BlockingTokenMock)
    quote = make_quote(opened, pool=pool.address)
    with reverts(insurance, "CargoInsurance_WrongAsset", token.address, opened.token):
        insure(opened, quote)


def test_reverts_when_quote_is_for_another_order(
    insurance, opened, make_order, open_order, make_quote, insure, order_id, reverts
):
    other = make_order()
    open_order(other)
    wrong = order_id(other), order_id(opened)
    with reverts(insurance, "CargoInsurance_WrongOrder", *wrong):
        insure(other, make_quote(opened))


@pytest.mark.parametrize("is_ended", [False, True])
def test_reverts_given_order_is_not_open(
    is_ended, insurance, escrow, opened, make_order, make_quote, insure, tell, operator, order_id,
    reverts,
):  # fmt: skip
    order = make_order()
    if is_ended:
        order = opened
        tell(as_of=order.ship_by + 1)
        escrow.refund(astuple(order), operator)
    with reverts(insurance, "CargoInsurance_OrderNotOpen", order_id(order)):
        insure(order, make_quote(order))


@pytest.mark.parametrize("who", ["carrier", "consignee", "insurer"])
def test_reverts_when_holder_is_no_party(
    who, insurance, opened, keys, make_quote, insure, order_id, reverts
):
    holder = getattr(keys, who).address
    with reverts(insurance, "CargoInsurance_NotParty", holder, order_id(opened)):
        insure(opened, make_quote(opened, holder=holder))


def test_maximum_reaches_to_the_top_of_the_schedule(
    insurance, source, make_order, open_order, make_quote, insure, reverts
):
    order = make_order(source=source.address, amount=1_000_003)
    open_order(order)
    most = 1_000_003 * 1_234 // 10_000
    quote = make_quote(order, cap_bps=1_234, maximum=most - 1)
    with reverts(insurance, "CargoInsurance_MaximumBelowSchedule", most - 1, most):
        insure(order, quote)
    insure(order, replace(quote, maximum=most))


@pytest.mark.parametrize(
    "facts", [{"shipped_at": 1}, {"delivered_at": 1}], ids=lambda f: next(iter(f))
)
def test_reverts_given_the_goods_are_under_way(
    facts, insurance, opened, make_quote, insure, tell, now, order_id, reverts
):
    tell(**facts, as_of=now())
    with reverts(insurance, "CargoInsurance_AlreadyShipped", order_id(opened)):
        insure(opened, make_quote(opened))


def test_reverts_given_the_carrier_has_taken_custody(
    insurance, make_order, open_order, ship, make_quote, insure, order_id, reverts
):
    order = make_order()
    open_order(order)
    ship(order)
    with reverts(insurance, "CargoInsurance_AlreadyShipped", order_id(order)):
        insure(order, make_quote(order))


def test_reverts_given_the_quote_was_used(
    insurance, opened, insured, insure, claim, tell, policy_id, reverts
):
    known = policy_id(insured)
    with reverts(insurance, "CargoInsurance_PolicyKnown", known):
        insure(opened, insured)
    tell(as_of=opened.ship_by + 1)
    claim(opened, insured)
    tell(as_of=0)
    with reverts(insurance, "CargoInsurance_PolicyKnown", known):
        insure(opened, insured)


def test_reverts_when_holder_did_not_sign(
    insurance, opened, keys, make_quote, insure_signed, reverts
):
    with reverts(insurance, "CargoInsurance_InvalidSignature", opened.buyer):
        insure_signed(opened, make_quote(opened), holder=keys.seller)


def test_reverts_when_underwriter_did_not_sign(
    insurance, opened, keys, make_quote, insure_signed, reverts
):
    with reverts(insurance, "CargoInsurance_InvalidSignature", keys.insurer.address):
        insure_signed(opened, make_quote(opened), signer=keys.stranger)


def test_reverts_when_terms_differ_from_those_signed(
    insurance, opened, keys, domains, make_quote, operator, reverts
):
    quote = make_quote(opened)
    by_holder, by_insurer = (quote.sign(k, domains.insurance) for k in (keys.buyer, keys.insurer))
    changed = astuple(replace(quote, premium=quote.premium - 1))
    with reverts(insurance, "CargoInsurance_InvalidSignature", opened.buyer):
        insurance.insure(
            astuple(opened), changed, by_holder, keys.insurer.address, by_insurer, operator
        )


def test_reverts_when_underwriter_acts_for_another_insurer(
    insurance, registry, opened, keys, ids, make_quote, insure_signed, operator, reverts
):
    registry.setRoles(ids.carrier, 2**15 - 1, 1, operator)
    other = keys.carrier.address, ids.carrier, ids.insurer
    with reverts(insurance, "CargoInsurance_NotActingFor", *other):
        insure_signed(opened, make_quote(opened), underwriter=keys.carrier)


def test_reverts_when_underwriter_is_no_insurer(
    registry, opened, keys, make_quote, insure_signed, reverts
):
    refusal = keys.seller.address, Function.UNDERWRITE, Refusal.ROLE_MISSING
    with reverts(registry, "ParticipantRegistry_NotAuthorized", *refusal):
        insure_signed(opened, make_quote(opened), underwriter=keys.seller)


def test_all_policies_of_an_order_stay_within_its_value(
    insurance, opened, make_quote, insure, order_id, claim, tell, state, record_of, reverts
):
    first = make_quote(opened, maximum=600 * DOLLAR)
    second = make_quote(opened, holder=opened.seller, maximum=400 * DOLLAR)
    insure(opened, first)
    too_much = order_id(opened), 1_000 * DOLLAR + 1, 1_000 * DOLLAR
    with reverts(insurance, "CargoInsurance_OverInsured", *too_much):
        insure(opened, replace(second, maximum=400 * DOLLAR + 1))
    insure(opened, second)
    assert insurance.coveredOf(order_id(opened)) == opened.amount
    over = order_id(opened), 1_000 * DOLLAR + 1, 1_000 * DOLLAR
    with reverts(insurance, "CargoInsurance_OverInsured", *over):
        insure(opened, make_quote(opened, maximum=1, cap_bps=0))


def test_reverts_when_the_premium_does_not_arrive_in_full(
    insurance, ids, keys, sender, operator, InsurancePool, RebasingTokenMock, escrow, registry,
    source, make_order, open_order, make_quote, insure, reverts,
):  # fmt: skip
    token = RebasingTokenMock.deploy(operator)
    terms = ids.insurer, NO_COMMISSION, NO_REINSURER, 0
    pool = InsurancePool.deploy(token, registry, insurance, *terms, "R", "R", operator)
    escrow.listToken(token, operator)
    insurance.listPool(pool, operator)
    token.mint(keys.buyer.address, 1_000 * DOLLAR, operator)
    for spender in (escrow, insurance):
        token.approve(spender, 2**256 - 1, sender(keys.buyer))
    order = make_order(token=token.address, source=source.address, amount=100 * DOLLAR)
    open_order(order)
    token.rebase(11 * 10**17, operator)
    quote = make_quote(order, pool=pool.address, premium=DOLLAR, maximum=0, cap_bps=0)
    with reverts(insurance, "CargoInsurance_AmountNotExact", DOLLAR, DOLLAR - 1):
        insure(order, quote)


def test_reverts_when_the_pool_cannot_stand_for_the_maximum(
    pool, opened, make_order, open_order, make_quote, insure, source, reverts
):
    order = make_order(source=source.address, amount=6_000 * DOLLAR)
    open_order(order)
    quote = make_quote(order, maximum=5_000 * DOLLAR + 1)
    with reverts(pool, "InsurancePool_CapitalShort", 5_000 * DOLLAR + 1, 5_000 * DOLLAR):
        insure(order, quote)
    insure(order, replace(quote, maximum=5_000 * DOLLAR))
    with reverts(pool, "InsurancePool_CapitalShort", 5_000 * DOLLAR + 1, 5_000 * DOLLAR):
        insure(opened, make_quote(opened, maximum=1, cap_bps=0))


def test_covers_nothing_for_nothing(opened, make_quote, insure, books):
    before = books()
    insure(opened, make_quote(opened, premium=0, maximum=0, cap_bps=0))
    assert books() == before
