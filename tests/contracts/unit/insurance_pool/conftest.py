"""A pool as its insurance and its shareholders use it."""

from types import SimpleNamespace

import pytest

DOLLAR = 10**6
EPOCH = 30 * 86_400


@pytest.fixture(scope="session")
def underwriter(world, sender):
    """Options that send from the insurance, the only one who may lock and pay."""
    return sender(world.insurance)


@pytest.fixture(scope="session")
def books(world):
    """A pool's books by name; by default those of the demo's."""

    def read(pool=None):
        locked, liabilities, first_loss = map(int, (pool or world.pool).books())
        return SimpleNamespace(locked=locked, liabilities=liabilities, first_loss=first_loss)

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
    """A pool of the insurer in another token; the shareholder has 1,000 of it, approved."""

    def make(Token):
        token = Token.deploy(operator)
        pool = InsurancePool.deploy(
            token, world.registry, world.insurance, ids.insurer, "Other", "OTH", operator
        )
        for key in (keys.consumer, keys.stranger, keys.insurer):
            token.mint(key.address, 1_000 * DOLLAR, operator)
            token.approve(pool, 2**256 - 1, sender(key))
        return token, pool

    return make
