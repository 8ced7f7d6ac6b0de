"""Puts the contracts of a deployment on a devnet, and its participants on the registry.

Governance is a council of five public devnet keys, of which three decide, behind a timelock.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from entrepot import __version__
from entrepot.core.council import council_signature
from entrepot.core.keys import Wallet
from entrepot.core.messages import (
    ZERO_ADDRESS,
    KeyGrant,
    KeyGrants,
    Registration,
    Registrations,
    deployment_domain,
)
from entrepot.core.roles import Function, Role, mask
from entrepot.core.signing import Key, checksum_address, contract_address
from entrepot.errors import InputError, RpcError
from entrepot.network.artifacts import load
from entrepot.network.bindings import (
    CargoInsurance,
    CreditRegistry,
    InsurancePool,
    LabelRegistry,
    ParticipantRegistry,
    ShipmentLedger,
    TestDollar,
    TradeEscrow,
)
from entrepot.network.contracts import Abi, Call, shown
from entrepot.network.deployments import Deployed, Deployment
from entrepot.network.node import DevNode
from entrepot.network.transactions import Pipeline

INSURER_ID = 1
NO_COMMISSION, NO_REINSURER = 0, ZERO_ADDRESS
"""The demo pool leaves all of a premium to its shareholders, and bears every policy alone."""
PRODUCER_ID = 1_000
"""The demo producer of a devnet, far from the ids that people and runs give."""
CONTRACTS = (
    "Consortium",
    "Council",
    "Timelock",
    "ParticipantRegistry",
    "GuardianRegistry",
    "QualificationRegistry",
    "LabelRegistry",
    "CreditRegistry",
    "Settlement",
    "TradeEscrow",
    "ReceivableNote",
    "CustomsDesk",
    "ShipmentLedger",
    "SensorLog",
    "CargoInsurance",
    "CarrierBond",
    "TestDollar",
    "InsurancePool",
)
FUNCTION_KEYS = 1_000_000
COUNCIL_KEYS = 2_000_000
MEMBERS = 5
THRESHOLD = 3
TIMELOCK_DELAY = 2 * 86_400
"""Seconds between a decision of the council and its execution."""
ADMIN, STEWARD = 0, 1
"""Roles in the consortium: of the timelock, and of the council."""
STEWARDS = {
    "ParticipantRegistry": ("register",),
    "TradeEscrow": ("pauseOpening",),
    "CargoInsurance": ("pauseUnderwriting",),
}
"""Functions that the council uses at once, without the timelock."""
ANYONE = ZERO_ADDRESS
"""Who executes what the timelock lets through."""
_CREATE_GAS = 6_000_000
_ETHER = 10**18
_AT_ONCE = 50
_NEVER = 2**40 - 1


class World:
    """A deployment in use: contracts, pipeline, and the public devnet keys that act in it."""

    def __init__(self, pipeline: Pipeline, deployment: Deployment, wallet: Wallet) -> None:
        node = pipeline.node
        self.pipeline = pipeline
        self.deployment = deployment
        self.wallet = wallet
        self.registry = deployment.bind(node, ParticipantRegistry)
        self.labels = deployment.bind(node, LabelRegistry)
        self.credit = deployment.bind(node, CreditRegistry)
        self.escrow = deployment.bind(node, TradeEscrow)
        self.ledger = deployment.bind(node, ShipmentLedger)
        self.insurance = deployment.bind(node, CargoInsurance)
        self.pool = deployment.bind(node, InsurancePool)
        self.dollar = deployment.bind(node, TestDollar)

    @property
    def operator(self) -> Key:
        """Sends what anyone may send."""
        return self.wallet.key(0)

    @property
    def council(self) -> list[Key]:
        """Keys of the council's members, as many as decide."""
        return council_keys(self.wallet)[:THRESHOLD]

    def function_key(self, participant: int) -> Key:
        """The key that a participant's root has granted for its daily work."""
        return self.wallet.key(FUNCTION_KEYS + participant)

    def send(self, call: Call, *, gas: int, by: Key | None = None) -> None:
        """Adds a call to the next block, by the operator if by nobody else.

        Its label is the function's name.
        """
        key = by or self.operator
        self.pipeline.submit(key, call.to, call.data, gas, call.function, call.value_wei)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A participant to register: role mask, and what its function key may do (0: it gets none)."""

    id: int
    roles: int
    functions: int


def producer_key_name() -> str:
    """The name of the demo producer's key for labels."""
    return f"devnet:{FUNCTION_KEYS + PRODUCER_ID}"


def council_keys(wallet: Wallet) -> list[Key]:
    """Keys of all members of a devnet's council."""
    return [wallet.key(COUNCIL_KEYS + i) for i in range(MEMBERS)]


def require_devnet(node: DevNode) -> None:
    """`InputError` unless the node takes Anvil's commands.

    `UnsupportedEvm` where its EVM is too old.
    """
    node.require_cancun()
    try:
        node.call("anvil_nodeInfo")
    except RpcError as failure:
        raise InputError(
            f"{node.url} is no Anvil devnet; this version deploys and replays on devnets only."
        ) from failure


def opened(node: DevNode) -> Pipeline:
    """A pipeline that can name every error of the contracts."""
    require_devnet(node)
    return Pipeline(node, abis=[Abi(load(name).abi) for name in CONTRACTS])


def deploy(pipeline: Pipeline, *, timestamp: int, salt: bytes) -> World:
    """Deploys everything for the topology `single`, with a test dollar and a demo insurer's pool,
    in two blocks.

    `timestamp`: time of the first of them, seconds UTC, later than the chain's last.
    """
    node = pipeline.node
    wallet = Wallet()
    operator = wallet.key(0)
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
        "Council": ([key.raw_address for key in council_keys(wallet)], THRESHOLD),
        "Timelock": (TIMELOCK_DELAY, [at["Council"]], [ANYONE]),
        "ParticipantRegistry": (at["Consortium"], salt, at["GuardianRegistry"]),
        "GuardianRegistry": (registry, salt),
        "QualificationRegistry": (registry, salt),
        "LabelRegistry": (registry,),
        "CreditRegistry": (escrow, insurance, at["ShipmentLedger"]),
        "Settlement": (),
        "TradeEscrow": (
            at["Consortium"], registry, at["CreditRegistry"], at["ReceivableNote"],
            at["Settlement"], at["ShipmentLedger"],
        ),
        "ReceivableNote": (registry, escrow),
        "CustomsDesk": (registry, at["ShipmentLedger"], escrow),
        "ShipmentLedger": (registry, escrow, insurance, at["CustomsDesk"], at["SensorLog"]),
        "SensorLog": (registry, at["ShipmentLedger"], insurance),
        "CargoInsurance": (
            at["Consortium"], registry, escrow, at["CreditRegistry"], at["ReceivableNote"],
            at["ShipmentLedger"],
        ),
        "CarrierBond": (registry, escrow, insurance, at["ShipmentLedger"]),
        "TestDollar": (),
        "InsurancePool": (
            at["TestDollar"], registry, insurance, INSURER_ID, NO_COMMISSION, NO_REINSURER, 0,
            "Entrepot Demo Cover", "EDC",
        ),
    }  # fmt: skip
    for name in CONTRACTS:
        artifact = load(name)
        code = artifact.bytecode + Abi(artifact.abi).encode_constructor(*arguments[name])
        pipeline.create(operator, code, _CREATE_GAS, f"deploy {name}")
    pipeline.mine(timestamp)
    pipeline.check()

    contracts = {
        name: Deployed(name, at[name], first_block, [shown(arg) for arg in arguments[name]])
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
    world = World(pipeline, deployment, wallet)
    for token in (at["TestDollar"], ZERO_ADDRESS):
        world.send(world.escrow.list_token(token), gas=200_000)
    world.send(world.insurance.list_pool(at["InsurancePool"]), gas=200_000)
    _hand_over(world, at)
    insurer = Enrolment(INSURER_ID, mask(Role.INSURER), mask(Function.UNDERWRITE))
    enrol(world, [insurer])
    pipeline.mine(timestamp + 1)
    pipeline.check()
    return world


def enrol_producer(world: World) -> None:
    """Registers the demo producer in the next block and gives its key what transactions cost."""
    enrol(world, [Enrolment(PRODUCER_ID, mask(Role.PRODUCER), mask(Function.LABEL))])
    world.pipeline.node.set_balance(world.function_key(PRODUCER_ID).address, 10**6 * _ETHER)


def _hand_over(world: World, at: dict[str, str]) -> None:
    """Gives governance from the operator to the council and its timelock, for good."""
    node = world.pipeline.node
    consortium = world.deployment.contract(node, "Consortium")
    for name, functions in STEWARDS.items():
        abi = world.deployment.contract(node, name).abi
        selectors = [abi.functions[function].selector for function in functions]
        call = consortium.prepare("setTargetFunctionRole", at[name], selectors, STEWARD)
        world.send(call, gas=200_000)
    for call in (
        consortium.prepare("grantRole", STEWARD, at["Council"], 0),
        consortium.prepare("grantRole", ADMIN, at["Timelock"], 0),
        consortium.prepare("renounceRole", ADMIN, world.operator.address),
    ):
        world.send(call, gas=200_000)


def enrol(world: World, enrolments: Iterable[Enrolment]) -> None:
    """Registers participants in the next block, each with key number `id` as its root, and grants
    their function keys, which never expire.
    """
    domain = deployment_domain(bytes.fromhex(world.deployment.salt[2:]))
    waiting = list(enrolments)
    for start in range(0, len(waiting), _AT_ONCE):
        part = waiting[start : start + _AT_ONCE]
        roots = [world.wallet.key(each.id) for each in part]
        registrations = [
            Registration(each.id, each.roles, root.address)
            for each, root in zip(part, roots, strict=True)
        ]
        acceptances = [
            registration.sign(root, domain)
            for registration, root in zip(registrations, roots, strict=True)
        ]
        digest = Registrations(tuple(registrations)).digest(domain)
        signature = council_signature(world.council, digest)
        council = world.deployment.contracts["Council"].address
        gas = 100_000 * (len(part) + 2)
        call = world.registry.register(registrations, acceptances, council, signature)
        world.send(call, gas=gas)
        for each, root in zip(part, roots, strict=True):
            if each.functions:
                key = world.function_key(each.id)
                grant = KeyGrant(root.address, key.address, each.functions, 1, _NEVER)
                signature = KeyGrants((grant,)).sign(root, domain)
                acceptance = grant.sign(key, domain)
                granting = world.registry.grant_keys([grant], [acceptance], root.address, signature)
                world.send(granting, gas=200_000)
