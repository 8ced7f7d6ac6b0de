"""Puts the contracts of a deployment on a devnet."""

from collections.abc import Callable
from dataclasses import dataclass

from entrepot import __version__
from entrepot.core.keys import Wallet
from entrepot.core.messages import Registration, deployment_domain
from entrepot.core.roles import Role, mask
from entrepot.core.signing import Fees, Key, checksum_address, contract_address
from entrepot.errors import InputError, RpcError
from entrepot.network.artifacts import load
from entrepot.network.contracts import Abi, Contract
from entrepot.network.deployments import Deployed, Deployment
from entrepot.network.node import DevNode
from entrepot.network.transactions import Pipeline

INSURER_ID = 1
CONTRACTS = (
    "Consortium",
    "ParticipantRegistry",
    "LabelRegistry",
    "CreditRegistry",
    "TradeEscrow",
    "ShipmentLedger",
    "CargoInsurance",
    "TestDollar",
    "InsurancePool",
)
_CREATE_GAS = 6_000_000
_ETHER = 10**18


@dataclass(frozen=True, slots=True)
class World:
    """A deployment in use: its devnet, its pipeline, and the public devnet keys that act in it."""

    node: DevNode
    pipeline: Pipeline
    deployment: Deployment
    wallet: Wallet

    @property
    def operator(self) -> Key:
        """Sends what anyone may send, and is the devnet's governance."""
        return self.wallet.key(0)

    def contract(self, name: str) -> Contract:
        """A contract of the deployment."""
        return self.deployment.contract(self.node, name)


def require_devnet(node: DevNode) -> None:
    """`InputError` unless the node takes Anvil's commands, `UnsupportedEvm` for too old an EVM."""
    node.require_cancun()
    try:
        node.call("anvil_nodeInfo")
    except RpcError as failure:
        raise InputError(
            f"{node.url} is no Anvil devnet; this version deploys and replays on devnets only."
        ) from failure


def deploy(
    node: DevNode,
    *,
    timestamp: int,
    salt: bytes,
    on_confirmed: Callable[[int], None] = lambda _: None,
) -> World:
    """Deploys everything for the topology `single`, with a test dollar and a demo insurer's pool.

    `timestamp`: time of the first block, seconds UTC, later than the chain's last unless its clock
    is set back before.
    """
    require_devnet(node)
    wallet = Wallet()
    operator = wallet.key(0)
    abis = [Abi(load(name).abi) for name in CONTRACTS]
    pipeline = Pipeline(node, abis=abis, fees=_fees(node), on_confirmed=on_confirmed)
    node.set_balance(operator.address, 10**6 * _ETHER)

    first_block = node.block_number() + 1
    nonce = node.nonce(operator.address)
    at = {
        name: checksum_address(contract_address(operator.raw_address, nonce + i))
        for i, name in enumerate(CONTRACTS)
    }
    registry, escrow, insurance = at["ParticipantRegistry"], at["TradeEscrow"], at["CargoInsurance"]
    arguments: dict[str, tuple[object, ...]] = {
        "Consortium": (operator.address,),
        "ParticipantRegistry": (at["Consortium"], salt),
        "LabelRegistry": (registry,),
        "CreditRegistry": (escrow, insurance),
        "TradeEscrow": (at["Consortium"], registry, at["CreditRegistry"]),
        "ShipmentLedger": (registry, escrow, insurance),
        "CargoInsurance": (at["Consortium"], registry, escrow, at["CreditRegistry"]),
        "TestDollar": (),
        "InsurancePool": (
            at["TestDollar"], registry, insurance, INSURER_ID, "Entrepot Demo Cover", "EDC"
        ),
    }  # fmt: skip
    for name, abi in zip(CONTRACTS, abis, strict=True):
        code = load(name).bytecode + abi.encode_constructor(*arguments[name])
        pipeline.create(operator, code, _CREATE_GAS, f"deploy {name}")
    pipeline.mine(timestamp)
    pipeline.check()

    contracts = {
        name: Deployed(name, at[name], first_block, [_text(arg) for arg in arguments[name]])
        for name in CONTRACTS
    }
    deployment = Deployment(
        version=__version__,
        topology="single",
        chain_id=node.chain_id(),
        salt="0x" + salt.hex(),
        source_hash=load("TradeEscrow").source_hash,
        first_block=first_block,
        contracts=contracts,
    )
    deployment.verify(node)
    world = World(node, pipeline, deployment, wallet)
    _configure(world)
    pipeline.mine(timestamp + 1)
    pipeline.check()
    return world


def register(world: World, participants: list[tuple[int, int]]) -> None:
    """Registers participants, given as (id, role mask), in the next block.

    Each one's root is key number `id`.
    """
    registry = world.contract("ParticipantRegistry")
    domain = deployment_domain(bytes.fromhex(world.deployment.salt[2:]))
    for start in range(0, len(participants), 50):
        registrations = [
            (Registration(number, roles, key.address), key)
            for number, roles in participants[start : start + 50]
            for key in (world.wallet.key(number),)
        ]
        data = registry.encode(
            "multiRegister",
            [registration for registration, _ in registrations],
            [registration.sign(key, domain) for registration, key in registrations],
        )
        gas = 100_000 + 100_000 * len(registrations)
        world.pipeline.submit(world.operator, registry.raw_address, data, gas, "register")


def _configure(world: World) -> None:
    addresses = world.deployment.contracts
    escrow, insurance = world.contract("TradeEscrow"), world.contract("CargoInsurance")
    listing = escrow.encode("listToken", addresses["TestDollar"].address)
    world.pipeline.submit(world.operator, escrow.raw_address, listing, 200_000, "list token")
    listing = insurance.encode("listPool", addresses["InsurancePool"].address)
    world.pipeline.submit(world.operator, insurance.raw_address, listing, 200_000, "list pool")
    register(world, [(INSURER_ID, mask(Role.INSURER))])


def _fees(node: DevNode) -> Fees:
    latest = node.call("eth_getBlockByNumber", "latest", False)
    return Fees(2 * int(latest.get("baseFeePerGas", "0x0"), 16))


def _text(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
