"""What the tests of several contracts share: accounts, grants, and ways to spoil a signature.

An account is a key or what signs like one: it has an address and signs a digest.
"""

from dataclasses import astuple, fields
from types import SimpleNamespace

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from entrepot.core.keys import Wallet
from entrepot.core.messages import KeyGrant, Message, deployment_domain
from entrepot.core.roles import mask
from entrepot.services.deploy import NO_COMMISSION, NO_REINSURER

DOLLAR = 10**6
PLAN = b"\x77" * 32
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture(scope="session")
def staff_key():
    """A key that nobody has granted anything."""
    return Wallet().key(40)


@pytest.fixture(scope="session")
def staff():
    """Keys that no participant has been granted yet."""
    wallet = Wallet()
    return [wallet.key(100 + i) for i in range(5)]


@pytest.fixture(scope="session")
def heirs():
    """Accounts that may become roots."""
    wallet = Wallet()
    return [wallet.key(200 + i) for i in range(3)]


@pytest.fixture(scope="session")
def wallet_of(SmartWallet, operator):
    """Deploys a contract account that signs as its owner does."""

    def deploy(owner):
        contract = SmartWallet.deploy(owner.address, operator)
        return SimpleNamespace(address=contract.address, sign=owner.sign)

    return deploy


@pytest.fixture(scope="session")
def register(world, keys, domains, operator):
    """Registers one participant, with the signature of an account; gives the transaction."""

    def go(registration, signer):
        acceptance = registration.sign(signer, domains.deployment)
        governor = keys.operator.address
        batch = [astuple(registration)], [acceptance]
        return world.registry.register(*batch, governor, b"", operator)

    return go


@pytest.fixture(scope="session")
def move_root(world, sender):
    """Moves a root as the guardians' contract does; gives the transaction."""

    def move(participant, new_root, kept=()):
        addresses = [key.address for key in kept]
        guardians = sender(world.guardian_registry)
        return world.registry.moveRoot(participant, new_root.address, addresses, guardians)

    return move


def _high_s(key, message, domain):
    signature = message.sign(key, domain)
    s = CURVE_ORDER - int.from_bytes(signature[32:64])
    return signature[:32] + s.to_bytes(32) + bytes((27 + 28 - signature[64],))


SPOILED = {
    "empty": lambda key, message, domain: b"",
    "short": lambda key, message, domain: message.sign(key, domain)[:64],
    "high s": _high_s,
    "other deployment": lambda key, message, domain: message.sign(
        key, deployment_domain(keccak(b"other salt"))
    ),
    "other signer": lambda key, message, domain: message.sign(Wallet().key(999), domain),
}


@pytest.fixture(params=SPOILED)
def spoiled(request, domains):
    """A signature over the message that is no good, in every way that one may try."""
    return lambda key, message: SPOILED[request.param](key, message, domains.deployment)


@pytest.fixture(scope="session")
def grant(world, domains, sender):
    """Grants a key one function of its root until a time."""

    def give(root, key, function, expiry=2**40 - 1):
        message = KeyGrant(root.address, key.address, mask(function), 1, expiry)
        acceptance = message.sign(key, domains.deployment)
        world.registry.grantKey(astuple(message), acceptance, sender(root))

    return give


def _typed(kind):
    members = [member.split(" ") for member in kind.SOLIDITY.split(",")]
    types = {kind.__name__: [{"type": t, "name": n} for t, n in members]}
    return types | (_typed(kind.NESTED) if kind.NESTED else {})


def _values(message, held):
    names = [member.split(" ")[1] for member in message.SOLIDITY.split(",")]
    values = [getattr(message, spec.name) for spec in fields(message)]
    return {n: _value(held.get(n, value)) for n, value in zip(names, values, strict=True)}


def _value(value):
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    return _values(value, {}) if isinstance(value, Message) else value


@pytest.fixture(scope="session")
def typed_digest(chain):
    """EIP-712 digest of a message in a contract's domain, as eth-account computes it.

    `held` are the messages that it carries by their hash.
    """

    def digest(message, name, contract, **held):
        signable = encode_typed_data(
            {
                "name": f"Entrepot {name}",
                "version": "1",
                "chainId": chain.id,
                "verifyingContract": contract.address,
            },
            _typed(type(message)),
            _values(message, held),
        )
        return keccak(b"\x19" + signable.version + signable.header + signable.body)

    return digest


@pytest.fixture(scope="session")
def source(world, ShipmentSourceMock, operator):
    """A source of facts that says what `tell` tells it."""
    return ShipmentSourceMock.deploy(operator)


@pytest.fixture
def rated_source(isolation, world, source, web3):
    """The ledger, by whose facts alone people are rated, saying what `tell` tells."""
    calls_source = f"365f5f375f5f365f5f73{source.address[2:].lower()}5af1"
    code = f"0x{calls_source}3d5f5f3e3d5ff3"
    answer = web3.provider.make_request("anvil_setCode", [world.ledger.address, code])
    assert "error" not in answer, answer
    return world.ledger


@pytest.fixture(scope="session")
def tell(source, operator):
    """Sets the facts of every shipment; what is not named has not happened."""

    def say(*, shipped_at=0, tendered_at=0, delivered_at=0, as_of):
        source.tell((0, 0, 0, shipped_at, tendered_at, 0, delivered_at, as_of), operator)

    return say


@pytest.fixture(scope="session")
def tell_watch(source, operator):
    """Sets what a watch of every shipment saw, under a plan."""

    def say(watch, *, breached_at=0, exposure=0, longest=0, longest_at=0, plan=PLAN):
        source.tellWatch(plan, watch, (breached_at, exposure, longest, longest_at, 0, 0), operator)

    return say


@pytest.fixture(scope="session")
def tell_cargo(source, operator):
    """Sets which shares of all goods are lost and damaged, when, and the legs' hash."""

    def say(*, lost=0, damaged=0, lost_at=1, damaged_at=1, custody=bytes(32)):
        times = lost_at * bool(lost), damaged_at * bool(damaged)
        source.tellCargo((custody, lost, damaged, *times, 0), operator)

    return say


@pytest.fixture(scope="session")
def tell_customs(source, operator):
    """Sets where the customs of every shipment stand."""

    def say(customs, *, final_at=0, as_of):
        source.tellCustoms((customs, 1, 0, 1, final_at, 0, as_of), operator)

    return say


@pytest.fixture(scope="session")
def claim(world, operator):
    """Claims a policy; gives the transaction."""
    return lambda order, quote: world.insurance.claim(astuple(order), astuple(quote), operator)


@pytest.fixture
def list_pool(world, ids, keys, sender, operator, InsurancePool):
    """Lists the insurer's pool in a new token with 100 dollars; buyer's money and allowances."""

    def add(Token):
        token = Token.deploy(operator)
        pool = InsurancePool.deploy(
            token, world.registry, world.insurance, ids.insurer, NO_COMMISSION, NO_REINSURER, 0,
            "Other", "OTH", operator,
        )  # fmt: skip
        world.escrow.listToken(token, operator)
        world.insurance.listPool(pool, operator)
        for key, spenders in (
            (keys.buyer, (world.escrow, world.insurance)),
            (keys.insurer, (pool,)),
        ):
            token.mint(key.address, 1_000 * DOLLAR, operator)
            for spender in spenders:
                token.approve(spender, 2**256 - 1, sender(key))
        return token, pool

    return add
