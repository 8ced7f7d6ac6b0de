from dataclasses import dataclass

from brownie import ZERO_ADDRESS

from entrepot.core.messages import Message, contract_domain


@dataclass(frozen=True, slots=True)
class Permit(Message):
    """ERC-2612."""

    SOLIDITY = "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"
    owner: str
    spender: str
    value: int
    nonce: int
    deadline: int


def test_anyone_mints(dollar, keys, sender, event):
    supply = dollar.totalSupply()
    tx = dollar.mint(keys.consumer.address, 5, sender(keys.stranger))
    assert event(tx, "Transfer") == {"from": ZERO_ADDRESS, "to": keys.consumer.address, "value": 5}
    assert dollar.balanceOf(keys.consumer.address) == 10_000_000_000 + 5
    assert dollar.totalSupply() == supply + 5


def test_counts_in_millionths(dollar):
    assert dollar.decimals() == 6


def test_takes_a_permit_signed_in_its_domain(dollar, keys, operator, chain, now):
    permit = Permit(keys.stranger.address, keys.seller.address, 7, 0, now() + 100)
    signature = permit.sign(keys.stranger, contract_domain("Test Dollar", chain.id, dollar.address))
    terms = (permit.owner, permit.spender, permit.value, permit.deadline)
    dollar.permit(*terms, signature[64], signature[:32], signature[32:64], operator)
    assert dollar.allowance(keys.stranger.address, keys.seller.address) == 7
