import pytest

DAY = 86_400
DOLLAR = 10**6
NOTICE = 60 * DAY


@pytest.fixture(scope="session")
def take(bonds, world, ids, keys, sender):
    """Takes what was asked back of the carrier's bond, to the treasury; gives the transaction."""

    def withdraw(who=None):
        to, options = keys.treasury.address, sender(who or keys.carrier)
        return bonds.withdraw(ids.carrier, world.dollar, to, options)

    return withdraw


@pytest.fixture
def asked(bonds, bond, dollar, ids, keys, sender):
    """When 60 of the carrier's 100 dollars leave."""
    bond(100 * DOLLAR)
    tx = bonds.requestWithdrawal(ids.carrier, dollar, 60 * DOLLAR, sender(keys.carrier))
    return tx.timestamp + NOTICE


def test_pays_what_was_asked_back_once_its_notice_is_over(
    asked, bonds, take, held, at, ids, keys, dollar, event, reverts
):
    before = dollar.balanceOf(keys.treasury.address)
    at(asked - 1)
    with reverts(bonds, "CarrierBond_NoticeRunning", asked, asked - 1):
        take()
    at(asked)
    tx = take()
    assert event(tx, "BondWithdrawn") == {
        "participantId": ids.carrier,
        "token": dollar.address,
        "to": keys.treasury.address,
        "amount": 60 * DOLLAR,
    }
    assert tx.return_value == 60 * DOLLAR
    assert held(ids.carrier) == (40 * DOLLAR, 0, 0)
    assert dollar.balanceOf(keys.treasury.address) == before + 60 * DOLLAR
    assert dollar.balanceOf(bonds) == 40 * DOLLAR
    with reverts(bonds, "CarrierBond_NothingLeaving", ids.carrier, dollar.address):
        take()


def test_reverts_given_nothing_was_asked_back(bonds, bond, take, ids, dollar, reverts):
    bond(100)
    with reverts(bonds, "CarrierBond_NothingLeaving", ids.carrier, dollar.address):
        take()


def test_reverts_when_caller_is_not_the_root(asked, bonds, take, at, keys, reverts):
    at(asked)
    with reverts(bonds, "CarrierBond_NotRoot", keys.stranger.address, keys.carrier.address):
        take(keys.stranger)


def test_only_the_new_root_takes_it_after_a_move(
    asked, bonds, take, at, ids, keys, heirs, move_root, held, reverts
):
    move_root(ids.carrier, heirs[0])
    at(asked)
    with reverts(bonds, "CarrierBond_NotRoot", keys.carrier.address, heirs[0].address):
        take()
    take(heirs[0])
    assert held(ids.carrier)[0] == 40 * DOLLAR


@pytest.mark.parametrize(("bonded", "taken"), [(120, 60), (90, 40), (50, 0)])
def test_answers_for_claims_until_it_has_left(
    bonded, taken, paid, bonds, bond, take, subrogate, held, at, ids, keys, sender, dollar, reverts
):
    bond(bonded * DOLLAR)
    asked_back = min(60, bonded) * DOLLAR
    tx = bonds.requestWithdrawal(ids.carrier, dollar, asked_back, sender(keys.carrier))
    at(tx.timestamp + NOTICE)
    subrogate(paid.order, paid.quote, 0, paid.leg)
    assert held(ids.carrier)[0] == (bonded - 50) * DOLLAR
    if taken == 0:
        with reverts(bonds, "CarrierBond_NothingLeaving", ids.carrier, dollar.address):
            take()
    else:
        assert take().return_value == taken * DOLLAR
    assert held(ids.carrier)[0] == (bonded - 50 - taken) * DOLLAR
