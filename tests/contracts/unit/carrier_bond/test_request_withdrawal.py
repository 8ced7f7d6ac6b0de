import pytest

DAY = 86_400
NOTICE = 60 * DAY


@pytest.fixture(scope="session")
def ask(bonds, world, ids, keys, sender):
    """Asks for a part of the carrier's bond back, as its root; gives the transaction."""

    def request(amount, who=None):
        options = sender(who or keys.carrier)
        return bonds.requestWithdrawal(ids.carrier, world.dollar, amount, options)

    return request


def test_leaves_after_60_days_and_is_held_until_then(bond, ask, held, ids, dollar, event):
    bond(100)
    tx = ask(100)
    leaves_at = tx.timestamp + NOTICE
    assert event(tx, "BondWithdrawalRequested") == {
        "participantId": ids.carrier,
        "token": dollar.address,
        "amount": 100,
        "leavesAt": leaves_at,
    }
    assert held(ids.carrier) == (100, 100, leaves_at)


@pytest.mark.parametrize("amount", [0, 1, 100])
def test_takes_the_place_of_an_earlier_request(amount, bond, ask, held, ids, at, now):
    bond(100)
    ask(40)
    at(now() + 59 * DAY)
    tx = ask(amount)
    assert held(ids.carrier) == (100, amount, tx.timestamp + NOTICE)


def test_reverts_when_more_is_asked_than_is_held(bonds, bond, ask, reverts):
    bond(100)
    with reverts(bonds, "CarrierBond_BondShort", 101, 100):
        ask(101)


@pytest.mark.parametrize("who", ["device", "second_carrier", "operator"])
def test_reverts_when_caller_is_not_the_root(who, bonds, bond, ask, keys, reverts):
    bond(100)
    caller = getattr(keys, who)
    with reverts(bonds, "CarrierBond_NotRoot", caller.address, keys.carrier.address):
        ask(1, caller)


def test_reverts_when_nobody_has_the_id(bonds, bond, dollar, keys, sender, reverts):
    bond(100, 999)
    with reverts(bonds, "CarrierBond_NotRoot", keys.carrier.address, "0x" + "0" * 40):
        bonds.requestWithdrawal(999, dollar, 1, sender(keys.carrier))
