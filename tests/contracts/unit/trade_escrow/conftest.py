"""Orders whose facts a test tells as it likes, and tokens that behave as it likes."""

from dataclasses import astuple, dataclass
from typing import ClassVar

import pytest

from entrepot.core.messages import Cancellation, Message, contract_domain

DOLLAR = 10**6


@dataclass(frozen=True, slots=True)
class Permit(Message):
    """An allowance by signature (ERC-2612)."""

    SOLIDITY: ClassVar[str] = (
        "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"
    )
    owner: str
    spender: str
    value: int
    nonce: int
    deadline: int


@pytest.fixture(scope="session")
def source(world, ShipmentSourceMock, operator):
    """A source of facts that says what `tell` tells it."""
    return ShipmentSourceMock.deploy(operator)


@pytest.fixture(scope="session")
def tell(source, operator):
    """Sets the facts of every shipment; what is not named has not happened."""

    def say(*, shipped_at=0, tendered_at=0, disputed_at=0, delivered_at=0, as_of):
        times = shipped_at, tendered_at, disputed_at, delivered_at
        source.tell((0, 0, 0, *times, as_of), operator)

    return say


@pytest.fixture
def opened(source, make_order, open_order):
    """An open order that reads its facts from `source`."""
    order = make_order(source=source.address)
    open_order(order)
    return order


@pytest.fixture(scope="session")
def sign(domains, key_of):
    """Signatures of buyer and seller over a message, by default the order itself."""

    def both(order, message=None):
        message = message or order
        return [message.sign(key_of(side), domains.escrow) for side in (order.buyer, order.seller)]

    return both


@pytest.fixture(scope="session")
def cancel(world, order_id, sign, operator):
    """Cancels an order with both sides' signatures; gives the transaction."""

    def end(order):
        return world.escrow.cancel(
            astuple(order), *sign(order, Cancellation(order_id(order))), operator
        )

    return end


@pytest.fixture
def list_token(world, keys, sender, operator):
    """Deploys a token, lists it, and gives the buyer 1,000 and the escrow its allowance."""

    def add(Token):
        token = Token.deploy(operator)
        world.escrow.listToken(token, operator)
        token.mint(keys.buyer.address, 1_000 * DOLLAR, operator)
        token.approve(world.escrow, 2**256 - 1, sender(keys.buyer))
        return token

    return add


@pytest.fixture(scope="session")
def permit(world, domains, chain):
    """The escrow's permit for an amount of the test dollar, as `openWithPermit` takes it."""

    def allow(key, value, deadline=2**48):
        token = world.dollar
        nonce = token.nonces(key.address)
        message = Permit(key.address, world.escrow.address, value, nonce, deadline)
        signature = message.sign(key, contract_domain(token.name(), chain.id, token.address))
        return value, deadline, signature[64], signature[:32], signature[32:64]

    return allow
