"""A pool as its insurance and its shareholders use it."""

from types import SimpleNamespace

import pytest

from entrepot.core.signing import contract_address
from entrepot.services.deploy import NO_COMMISSION, NO_REINSURER

DOLLAR = 10**6
EPOCH = 30 * 86_400


@pytest.fixture(scope="session")
def underwriter(world, sender):
    """Options that send from the insurance, the only one who may lock and pay."""
    return sender(world.insurance)


@pytest.fixture(scope="session")
def books(world):
    """A pool's books by name; by default those of the demo's."""
    names = ["locked", "liabilities", "first_loss", "unvested", "vested_at", "vests_in", "reserved"]

    def read(pool=None):
        return SimpleNamespace(**dict(zip(names, (pool or world.pool).books(), strict=True)))

    return read


@pytest.fixture
def shareholder(dollar, pool, keys, sender, operator):
    """Somebody with 1,000 dollars in the pool besides the insurer's 4,500."""
    key = keys.consumer
    dollar.approve(pool, 2**256 - 1, sender(key))
    pool.deposit(1_000 * DOLLAR, key.address, sender(key))
    return key


@pytest.fixture(scope="session")
def lock(world, underwriter, operator):
    """Locks a maximum, with the premium that has arrived before; gives the transaction."""

    def do(maximum, premium=0):
        world.dollar.mint(world.pool, premium, operator)
        return world.pool.lock(maximum, premium, underwriter)

    return do


@pytest.fixture(scope="session")
def earn(world, lock, underwriter, keys):
    """Earns a premium; gives the transaction."""

    def do(premium):
        lock(0, premium)
        return world.pool.release(0, 0, premium, keys.buyer.address, 0, underwriter)

    return do


@pytest.fixture(scope="session")
def request_exit(world, sender):
    """Requests an exit, by default with all shares; gives when it matures."""

    def do(key, shares=None):
        shares = world.pool.balanceOf(key.address) if shares is None else shares
        return world.pool.requestExit(shares, sender(key)).return_value

    return do


@pytest.fixture
def matured(shareholder, request_exit, at):
    """A shareholder all of whose shares may leave now."""
    at(request_exit(shareholder), mine=True)
    return shareholder


@pytest.fixture
def other_pool(world, ids, keys, sender, operator, InsurancePool):
    """A pool of the insurer in another token; some have 1,000 of it, approved."""

    def make(Token, commission=NO_COMMISSION):
        token = Token.deploy(operator)
        terms = commission, NO_REINSURER, 0
        pool = InsurancePool.deploy(
            token, world.registry, world.insurance, ids.insurer, *terms, "Other", "OTH", operator
        )
        for key in (keys.consumer, keys.stranger, keys.insurer):
            token.mint(key.address, 1_000 * DOLLAR, operator)
            token.approve(pool, 2**256 - 1, sender(key))
        return token, pool

    return make


@pytest.fixture
def reinsured(world, ids, keys, sender, operator, InsurancePool, BlockingTokenMock):
    """A pool that bears 100 dollars of a policy, and the one that bears the rest.

    Both have 1,000 dollars for shares of the consumer; the payee is the buyer.
    """
    token, deployer = BlockingTokenMock.deploy(operator), operator["from"]
    front = contract_address(bytes.fromhex(deployer.address[2:]), deployer.nonce + 1)
    back = InsurancePool.deploy(
        token, world.registry, front, ids.insurer, 0, NO_REINSURER, 0, "Back", "BCK", operator
    )
    terms = 0, back, 100 * DOLLAR
    pool = InsurancePool.deploy(
        token, world.registry, world.insurance, ids.insurer, *terms, "Front", "FRT", operator
    )
    token.mint(keys.consumer.address, 2_000 * DOLLAR, operator)
    for each in (pool, back):
        token.approve(each, 2**256 - 1, sender(keys.consumer))
        each.deposit(1_000 * DOLLAR, keys.consumer.address, sender(keys.consumer))
    return SimpleNamespace(token=token, pool=pool, back=back)
