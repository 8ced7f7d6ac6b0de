"""Roles, contracts and builders that the contract tests share.

Every test starts from one chain: all deployed, participants registered, buyer and pool funded.
"""

import gc
import itertools
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import astuple, replace
from types import SimpleNamespace

import brownie
import pytest
from brownie.exceptions import VirtualMachineError
from eth_abi import encode
from web3.exceptions import TransactionNotFound

from entrepot.core import cover
from entrepot.core.council import council_signature
from entrepot.core.cover import Peril, PerilKind
from entrepot.core.keys import Wallet
from entrepot.core.messages import (
    ZERO_ADDRESS,
    Call,
    Clauses,
    Consent,
    Delivery,
    Handover,
    KeyGrant,
    Order,
    Payee,
    Quote,
    Registration,
    contract_domain,
    deployment_domain,
    shipment_id,
)
from entrepot.core.roles import Function, Role, mask
from entrepot.core.signing import checksum_address, contract_address, keccak
from entrepot.services.deploy import (
    ANYONE,
    CONTRACTS,
    NO_COMMISSION,
    NO_REINSURER,
    THRESHOLD,
    TIMELOCK_DELAY,
    council_keys,
)

DAY = 86_400
DOLLAR = 10**6
SALT = keccak(b"salt of the deployment under test")

# A party's number is the number of its key and, if it has roles, its participant id.
PARTIES = {
    "operator": 0,
    "insurer": mask(Role.INSURER),
    "seller": mask(Role.PRODUCER, Role.SELLER),
    "buyer": mask(Role.BUYER),
    "carrier": mask(Role.CARRIER),
    "second_carrier": mask(Role.CARRIER),
    "warehouse": mask(Role.WAREHOUSE),
    "consignee": mask(Role.BUYER),
    "arbiter": mask(Role.ARBITER),
    "consumer": 0,
    "stranger": 0,
    "regulator": mask(Role.REGULATOR),
    "customs": mask(Role.CUSTOMS_AUTHORITY),
    "broker": mask(Role.CUSTOMS_BROKER),
    "inspector": mask(Role.INSPECTOR),
    "bank": mask(Role.BANK),
    "treasury": 0,
    "platform": 0,
    "device": 0,
    "second_device": 0,
}
# The contracts' fixtures, in the order in which they are deployed.
FIXTURES = (
    "manager", "council", "timelock", "registry", "guardian_registry", "qualification_registry",
    "labels", "credit", "settlement", "escrow", "notes", "customs", "ledger", "sensors",
    "insurance", "bonds", "dollar", "pool",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart():
    """Stops where the port is taken: Brownie would attach to whatever listens, and revert it."""
    port = brownie._config.CONFIG.networks["development"]["cmd_settings"]["port"]
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            pytest.exit(f"Port {port} is taken; the contract tests need it for their own Anvil.", 1)


@pytest.fixture(scope="session", autouse=True)
def patience(web3):
    """Asks again for a receipt that is not there yet.

    Anvil counts a transaction before it keeps its receipt; what Brownie finds in between, on a
    busy machine, it takes for a transaction that was dropped.
    """
    ask = web3.eth.get_transaction_receipt

    def ask_again(txid):
        for _ in range(100):
            try:
                return ask(txid)
            except TransactionNotFound:
                time.sleep(0.02)
        return ask(txid)

    web3.eth.get_transaction_receipt = ask_again


@pytest.fixture(scope="session")
def keys():
    """Key of each party."""
    wallet = Wallet()
    return SimpleNamespace(**{name: wallet.key(i) for i, name in enumerate(PARTIES)})


@pytest.fixture(scope="session")
def ids():
    """Participant id of each party; 0 for those without registration."""
    return SimpleNamespace(
        **{name: i if roles else 0 for i, (name, roles) in enumerate(PARTIES.items())}
    )


@pytest.fixture(scope="session")
def key_of(keys):
    """Key of an address."""
    return {key.address: key for key in vars(keys).values()}.__getitem__


@pytest.fixture(scope="session")
def sender(accounts):
    """Transaction options that send from a key's or a contract's address."""
    return lambda who: {"from": accounts.at(getattr(who, "address", who), force=True)}


@pytest.fixture(scope="session")
def operator(sender, keys):
    """Options of the one who sends what anyone may send, and who is governance."""
    return sender(keys.operator)


@pytest.fixture(scope="session")
def world(rpc, keys, operator):
    """All contracts, deployed as `entrepot.services.deploy` does and configured."""
    assert rpc.is_child(), "Brownie attached to a chain that it did not start"
    project, nonce = brownie.project.get_loaded_projects()[0], operator["from"].nonce
    at = {
        name: checksum_address(contract_address(keys.operator.raw_address, nonce + i))
        for i, name in enumerate(FIXTURES)
    }
    arguments = {
        "manager": [keys.operator.address],
        "council": [[key.raw_address for key in council_keys(Wallet())], THRESHOLD],
        "timelock": [TIMELOCK_DELAY, [at["council"]], [ANYONE]],
        "registry": [at["manager"], SALT, at["guardian_registry"]],
        "guardian_registry": [at["registry"], SALT],
        "qualification_registry": [at["registry"], SALT],
        "labels": [at["registry"]],
        "credit": [at["escrow"], at["insurance"], at["ledger"]],
        "settlement": [],
        "escrow": [
            at["manager"], at["registry"], at["credit"], at["notes"], at["settlement"],
            at["ledger"],
        ],
        "notes": [at["registry"], at["escrow"]],
        "customs": [at["registry"], at["ledger"], at["escrow"]],
        "ledger": [at["registry"], at["escrow"], at["insurance"], at["customs"], at["sensors"]],
        "sensors": [at["registry"], at["ledger"], at["insurance"]],
        "insurance": [
            at["manager"], at["registry"], at["escrow"], at["credit"], at["notes"], at["ledger"],
        ],
        "bonds": [at["registry"], at["escrow"], at["insurance"], at["ledger"]],
        "dollar": [],
        "pool": [
            at["dollar"], at["registry"], at["insurance"], 1, NO_COMMISSION, NO_REINSURER, 0,
            "Entrepot Demo Cover", "EDC",
        ],
    }  # fmt: skip
    deployed = {
        name: project[contract].deploy(*arguments[name], operator)
        for name, contract in zip(FIXTURES, CONTRACTS, strict=True)
    }
    assert {name: contract.address for name, contract in deployed.items()} == at
    return SimpleNamespace(**deployed)


@pytest.fixture(scope="session")
def domains(world, chain):
    """EIP-712 domains, computed apart from the contracts."""

    def of(name, contract):
        return contract_domain(f"Entrepot {name}", chain.id, contract.address)

    return SimpleNamespace(
        deployment=deployment_domain(SALT),
        council=of("Council", world.council),
        labels=of("LabelRegistry", world.labels),
        escrow=of("TradeEscrow", world.escrow),
        ledger=of("ShipmentLedger", world.ledger),
        insurance=of("CargoInsurance", world.insurance),
        sensors=of("SensorLog", world.sensors),
        notes=of("ReceivableNote", world.notes),
    )


@pytest.fixture(scope="session")
def set_up(world, keys, ids, domains, sender, operator):
    """Registers who has roles, lists token and pool, and hands out money.

    10,000 dollars go to each who trades; 5,000 to the pool, of which 500 are first loss.
    """
    registrations, acceptances = [], []
    for name, roles in PARTIES.items():
        if roles:
            key = getattr(keys, name)
            registration = Registration(getattr(ids, name), roles, key.address)
            registrations.append(astuple(registration))
            acceptances.append(registration.sign(key, domains.deployment))
    world.registry.register(registrations, acceptances, keys.operator.address, b"", operator)
    grant = KeyGrant(
        keys.carrier.address, keys.device.address, mask(Function.MEASURE), 1, 2**40 - 1
    )
    acceptance = grant.sign(keys.device, domains.deployment)
    world.registry.grantKey(astuple(grant), acceptance, sender(keys.carrier))
    world.escrow.listToken(world.dollar, operator)
    world.insurance.listPool(world.pool, operator)
    for key in (keys.buyer, keys.seller, keys.consumer, keys.bank):
        world.dollar.mint(key.address, 10_000 * DOLLAR, operator)
        world.dollar.approve(world.escrow, 2**256 - 1, sender(key))
        world.dollar.approve(world.insurance, 2**256 - 1, sender(key))
        world.dollar.approve(world.notes, 2**256 - 1, sender(key))
    world.dollar.mint(keys.insurer.address, 5_000 * DOLLAR, operator)
    world.dollar.approve(world.pool, 2**256 - 1, sender(keys.insurer))
    world.pool.depositFirstLoss(500 * DOLLAR, sender(keys.insurer))
    world.pool.deposit(4_500 * DOLLAR, keys.insurer.address, sender(keys.insurer))
    # Brownie collects garbage at every revert, which takes ten times the revert if all is searched.
    gc.freeze()


@pytest.fixture(autouse=True)
def isolation(set_up, chain):
    """Takes back what a test did, even one that takes snapshots of its own, as `given` does."""
    chain.snapshot()
    before = chain._snapshot_id
    yield
    # A late one takes a transaction of the next test, with the same nonce, for a replacement.
    for thread in threading.enumerate():
        if thread.name.endswith("(_await_confirmation)"):
            thread.join()
    chain._snapshot_id = before
    chain.revert()


def _contract(name):
    return pytest.fixture(scope="session", name=name)(lambda world: getattr(world, name))


(
    manager, council, timelock, registry, guardian_registry, qualification_registry,
    labels, credit, settlement, escrow, notes, customs, ledger, sensors, insurance, bonds, dollar,
    pool,
) = map(_contract, FIXTURES)  # fmt: skip


@pytest.fixture(scope="session")
def members():
    """Keys of all members of the council."""
    return council_keys(Wallet())


@pytest.fixture(scope="session")
def council_account(council, members):
    """The council as an account: as many members sign as decide."""
    return SimpleNamespace(
        address=council.address,
        sign=lambda digest: council_signature(members[:THRESHOLD], digest),
    )


@pytest.fixture(scope="session")
def as_council(world, members, domains, operator):
    """Calls a contract as the council, with these members' signatures; gives the transaction."""

    def go(target, data, signers=tuple(members[:THRESHOLD]), nonce=None):
        nonce = world.council.nonce() if nonce is None else nonce
        call = Call(getattr(target, "address", target), bytes.fromhex(data[2:]), nonce)
        signature = council_signature(signers, call.digest(domains.council))
        return world.council.execute(*astuple(call), signature, operator)

    return go


@pytest.fixture(scope="session")
def now(web3):
    """Time of the latest block, seconds UTC."""
    return lambda: web3.eth.get_block("latest").timestamp


@pytest.fixture(scope="session")
def at(web3, chain):
    """Sets the time of the next block, the next transaction's; mines it if asked, for views."""

    def travel(timestamp, *, mine=False):
        answer = web3.provider.make_request("evm_setNextBlockTimestamp", [timestamp])
        assert "error" not in answer, answer
        if mine:
            chain.mine()

    return travel


@pytest.fixture(scope="session")
def reverts(web3):
    """Expects exactly this custom error of the contract's ABI with exactly these arguments."""

    @contextmanager
    def expect(contract, name, *args):
        (error,) = (e for e in contract.abi if e["type"] == "error" and e["name"] == name)
        types = [member["type"] for member in error["inputs"]]
        selector = keccak(f"{name}({','.join(types)})".encode())[:4]
        expected = "0x" + (selector + encode(types, args)).hex()
        try:
            yield
        except VirtualMachineError as failure:
            if _revert_data(web3, failure) != expected:
                pytest.fail(f"expected {name}{args}, reverted with {failure.revert_msg}")
        else:
            pytest.fail(f"nothing reverted; expected {name}{args}")

    return expect


def _revert_data(web3, failure):
    if not failure.txid:
        return failure.__context__.args[0]["data"]
    options = [failure.txid, {"tracer": "callTracer"}]
    return web3.provider.make_request("debug_traceTransaction", options)["result"].get("output")


@pytest.fixture(scope="session")
def event():
    """Arguments of the one event of that name in a transaction, by name."""

    def one(tx, name):
        (found,) = tx.events[name]
        return {key: _plain(value) for key, value in found.items()}

    return one


@pytest.fixture(scope="session")
def plain():
    """What a view returned, as tuples and bytes, which compare without surprises."""
    return _plain


def _plain(value):
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return bytes(value) if isinstance(value, bytes) else value


@pytest.fixture(scope="session")
def order_id(domains):
    """Id of an order."""
    return lambda order: order.digest(domains.escrow)


@pytest.fixture(scope="session")
def shipment_of(order_id):
    """Id of the shipment of an order."""
    return lambda order: shipment_id(order_id(order), order.source)


@pytest.fixture(scope="session")
def make_order(world, keys, ids, now):
    """Builds unlike orders: 1,000 dollars, ship in 10 days, deliver in 30, refund after 60."""
    numbers = itertools.count(1)

    def make(**changes):
        start = now()
        order = Order(
            token=world.dollar.address,
            amount=1_000 * DOLLAR,
            buyer=keys.buyer.address,
            seller=keys.seller.address,
            buyer_id=ids.buyer,
            seller_id=ids.seller,
            carrier_id=ids.carrier,
            consignee_id=ids.consignee,
            arbiter_id=ids.arbiter,
            source=world.ledger.address,
            open_by=start + 5 * DAY,
            ship_by=start + 10 * DAY,
            deliver_by=start + 30 * DAY,
            refund_after=start + 60 * DAY,
            acceptance_window=3 * DAY,
            arbitration_period=7 * DAY,
            uphold_by_default=False,
            goods=keccak(b"goods"),
            salt=next(numbers).to_bytes(32),
        )
        return replace(order, **changes)

    return make


@pytest.fixture(scope="session")
def open_order(world, domains, key_of, operator):
    """Opens an order with both sides' signatures and its clauses, if any; gives the transaction."""

    def open_(order, clauses=None, **options):
        signed = [order.sign(key_of(o), domains.escrow) for o in (order.buyer, order.seller)]
        value = order.amount if order.token == ZERO_ADDRESS else 0
        options = {**operator, "value": value, **options}
        if clauses is None:
            return world.escrow.open(astuple(order), *signed, options)
        terms = astuple(order), astuple(clauses)
        return world.escrow.openWithClauses(*terms, *signed, options)

    return open_


@pytest.fixture(scope="session")
def agree(world, domains, order_id, now, sender, operator):
    """Ends an order at a seller's share, with the consent of these sides; gives the transaction.

    Who concedes sends it.
    """

    def end(order, share, clauses=None, *, buyer=None, seller=None):
        consent = Consent(order_id(order), share, now() + DAY)
        signed = [consent.sign(side, domains.escrow) if side else b"" for side in (buyer, seller)]
        terms = astuple(order), astuple(clauses or Clauses()), share, consent.until
        options = sender(seller) if share == 0 and buyer is None else operator
        return world.escrow.agree(*terms, *signed, options)

    return end


@pytest.fixture(scope="session")
def make_clauses(keys, ids):
    """Builds clauses with all that can be agreed but a foreign price, for 1,000 dollars.

    All four conditions; 100 dollars of duty at most; 50 to the platform and 150 to the carrier;
    of the seller's own 700 a fifth when shipped, a tenth when cleared, three tenths when delivered.
    """

    def make(**changes):
        clauses = Clauses(
            conditions=0b1111,
            inspection_window=5 * DAY,
            on_shipped=2_000,
            on_cleared=1_000,
            on_delivered=3_000,
            customs_id=ids.customs,
            broker_id=ids.broker,
            inspector_id=ids.inspector,
            treasury=keys.treasury.address,
            duty_cap=100 * DOLLAR,
            appeal_period=2 * DAY,
            payees=(
                Payee(keys.platform.address, 50 * DOLLAR),
                Payee(keys.carrier.address, 150 * DOLLAR),
            ),
        )
        return replace(clauses, **changes)

    return make


@pytest.fixture(scope="session")
def hand_over(world, keys, domains, shipment_of, operator):
    """Passes custody from one key's participant to another's; gives the transaction."""
    numbers = {key.address: i for i, key in enumerate(vars(keys).values())}

    def pass_on(order, giver, receiver, **terms):
        shipment = shipment_of(order)
        sequence = world.ledger.factsOf(shipment)[1]
        from_id, to_id = numbers[giver.address], numbers[receiver.address]
        handover = Handover(shipment, sequence, from_id, to_id, **terms)
        signatures = [(k.address, handover.sign(k, domains.ledger)) for k in (giver, receiver)]
        return world.ledger.handOver(astuple(order), handover.terms, *signatures, operator)

    return pass_on


@pytest.fixture(scope="session")
def ship(world, keys, hand_over, operator):
    """Creates an open order's shipment and hands it to the carrier; gives that transaction."""

    def go(order):
        world.ledger.create(astuple(order), operator)
        return hand_over(order, keys.seller, keys.carrier)

    return go


@pytest.fixture(scope="session")
def deliver(world, keys, domains, key_of, shipment_of, operator):
    """Delivers with the consignee's signature and claims these quotes; gives the transaction."""

    def receive(order, quotes=(), evidence=b"\0" * 32):
        shipment = shipment_of(order)
        key = keys.consignee if order.consignee_id else key_of(order.buyer)
        delivery = Delivery(shipment, world.ledger.factsOf(shipment)[1], evidence=evidence)
        signature = (key.address, delivery.sign(key, domains.ledger))
        policies = [astuple(quote) for quote in quotes]
        return world.ledger.deliver(astuple(order), evidence, signature, policies, operator)

    return receive


@pytest.fixture(scope="session")
def make_quote(world, ids, order_id, now):
    """A quote for the order's buyer: 1 % a day after 3 days, at most 20 %, for 20 dollars."""
    numbers = itertools.count(1)

    def make(order, **changes):
        quote = Quote(
            order_id=order_id(order),
            holder=order.buyer,
            pool=world.pool.address,
            insurer_id=ids.insurer,
            premium=20 * DOLLAR,
            maximum=order.amount // 5,
            grace_days=3,
            bps_per_day=100,
            cap_bps=2_000,
            valid_until=now() + DAY,
            salt=next(numbers).to_bytes(32),
        )
        return replace(quote, **changes)

    return make


@pytest.fixture(scope="session")
def pack():
    """Perils of a quote: each a kind by name, its basis points, its threshold and its watch."""

    def peril(kind, bps=0, threshold=0, watch=0):
        return Peril(PerilKind[kind], bps, watch, threshold)

    return lambda *perils: cover.pack([peril(*each) for each in perils])


@pytest.fixture(scope="session")
def insure(world, keys, domains, key_of, operator):
    """Buys cover with the holder's and the insurer's signatures; gives the transaction."""

    def buy(order, quote):
        insurer = keys.insurer
        holder_signature = quote.sign(key_of(quote.holder), domains.insurance)
        signed = holder_signature, insurer.address, quote.sign(insurer, domains.insurance)
        return world.insurance.insure(astuple(order), astuple(quote), *signed, operator)

    return buy
