import pytest

DOLLAR = 10**6


@pytest.mark.parametrize("participant", ["carrier", "stranger"])
def test_anyone_adds_to_a_bond(participant, bonds, bond, held, ids, dollar, operator, event, keys):
    participant = getattr(ids, participant)
    for count in (1, 2):
        before = dollar.balanceOf(bonds)
        tx = bond(70 * DOLLAR, participant)
        assert event(tx, "BondDeposited") == {
            "participantId": participant,
            "token": dollar.address,
            "from": keys.operator.address,
            "amount": 70 * DOLLAR,
        }
        assert held(participant) == (70 * DOLLAR * count, 0, 0)
        assert dollar.balanceOf(bonds) == before + 70 * DOLLAR


def test_bonds_are_kept_apart_by_participant_and_token(
    bond, held, ids, BlockingTokenMock, operator
):
    token = BlockingTokenMock.deploy(operator)
    bond(1, ids.carrier)
    bond(2, ids.second_carrier)
    bond(4, ids.carrier, token)
    assert held(ids.carrier)[0] == 1
    assert held(ids.second_carrier)[0] == 2
    assert (held(ids.carrier, token)[0], held(ids.second_carrier, token)[0]) == (4, 0)


def test_reverts_when_the_token_takes_a_fee(bonds, bond, FeeTokenMock, ids, operator, reverts):
    token = FeeTokenMock.deploy(operator)
    with reverts(bonds, "CarrierBond_AmountNotExact", 1_000, 990):
        bond(1_000, ids.carrier, token)


def test_a_token_does_not_re_enter(bonds, bond, held, ids, ReentrantTokenMock, operator, event):
    token = ReentrantTokenMock.deploy(operator)
    bond(10, ids.carrier, token)
    token.mint(token, 5, operator)
    token.mint(operator["from"], 5, operator)
    token.arm(token, token.approve.encode_input(bonds, 5), operator)
    token.arm(bonds, bonds.deposit.encode_input(ids.carrier, token, 5), operator)
    tx = bonds.deposit(ids.carrier, token, 5, operator)
    assert [one["isDone"] for one in tx.events["Reentered"]] == [True, False]
    assert held(ids.carrier, token)[0] == token.balanceOf(bonds) == 15
