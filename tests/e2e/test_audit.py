"""The audit finds what was planted behind the contracts' backs."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from entrepot.core.credit import Grade, LegOutcome, Sum, TradeOutcome
from entrepot.core.keys import Wallet
from entrepot.core.messages import ZERO_ADDRESS
from entrepot.core.roles import Role
from entrepot.core.settlement import Purpose
from entrepot.core.shipments import DAY
from entrepot.core.signing import keccak
from entrepot.errors import WrongChain
from entrepot.network import artifacts
from entrepot.network.contracts import Contract
from entrepot.network.deployments import Deployment
from entrepot.network.node import DevNode, Node
from entrepot.services import events
from entrepot.services.audit import audit
from entrepot.services.audit.governance import PROPOSER
from entrepot.services.books import Books, OrderState, rebuild
from entrepot.services.deploy import ADMIN, ANYONE, STEWARD, World, opened
from entrepot.services.events import Record
from entrepot.services.workspace import Workspace
from tests.e2e import cargo_scene, settlement_scene
from tests.e2e.cargo_scene import CargoScene
from tests.e2e.conftest import Entrepot, assert_one_sentence
from tests.e2e.scenes import ADDED, CLERK, GTIN, LOT, MOVED, PATIENT, STOLEN, Scene
from tests.e2e.settlement_scene import SettlementScene


class Chain:
    """The sample's chain, whose storage a test may change."""

    def __init__(self, node: DevNode, deployment: Deployment) -> None:
        self.node = node
        self.deployment = deployment
        self.books: Books = rebuild(events.read(node, deployment))

    def contract(self, name: str) -> Contract:
        return self.deployment.contract(self.node, name)

    def change(
        self,
        contract: str,
        variable: str,
        *keys: object,
        xor: int = 1 << 8,
        element: int | None = None,
    ) -> None:
        """Flips bits of the first word of a variable, of a mapping's entry, or of an element of the
        list that is there.
        """
        slot = slot_of(contract, variable, *keys)
        if element is not None:
            slot = hex(int.from_bytes(keccak(bytes.fromhex(slot[2:]))) + element)
        address = self.deployment.contracts[contract].address
        word = int(self.node.call("eth_getStorageAt", address, slot, "latest"), 16) ^ xor
        self.node.call("anvil_setStorageAt", address, slot, "0x" + word.to_bytes(32).hex())


def slot_of(contract: str, variable: str, *keys: object) -> str:
    """Storage slot, by the compiler's own layout."""
    layout = artifacts.load(contract).storage_layout
    slot = next(int(entry["slot"]) for entry in layout if entry["label"] == variable)
    for key in keys:
        slot = int.from_bytes(keccak(word_of(key) + slot.to_bytes(32)))
    return "0x" + slot.to_bytes(32).hex()


def word_of(key: object) -> bytes:
    if isinstance(key, int):
        return key.to_bytes(32)
    if isinstance(key, str):
        return bytes.fromhex(key[2:]).rjust(32, b"\0")
    assert isinstance(key, bytes)
    return key.ljust(32, b"\0")


@pytest.fixture(scope="module")
def sample_chain(sample_run: Path) -> Iterator[Chain]:
    workspace = Workspace(sample_run)
    with workspace.node() as node:
        own, deployment = DevNode(node.url), workspace.deployment()
        with opened(own) as pipeline:
            world = World(pipeline, deployment, Wallet())
            SettlementScene(world).play()
            CargoScene(world).play()
            Scene(world).play()
        yield Chain(own, deployment)


@pytest.fixture
def chain(sample_chain: Chain) -> Iterator[Chain]:
    snapshot = sample_chain.node.call("evm_snapshot")
    yield sample_chain
    assert sample_chain.node.call("evm_revert", snapshot)


def test_untouched_chain_passes_every_check(chain: Chain) -> None:
    report = audit(chain.node, chain.deployment)
    assert report.passed
    assert all(check.passed for check in report.checks)
    assert report.events > 1_000


def test_what_comes_into_force_with_time_is_followed(chain: Chain) -> None:
    """Guardians on their way, delays of the consortium, and operations that lapse."""
    for days in (5, 3, 35):
        chain.node.mine(chain.node.time() + days * DAY)
        assert audit(chain.node, chain.deployment).violations == []


def an_order(books: Books) -> bytes:
    return next(iter(books.orders))


def a_note(books: Books) -> bytes:
    return next(iter(books.notes))


def a_cleared_shipment(books: Books) -> bytes:
    return next(number for number, each in books.shipments.items() if each.customs is not None)


def a_watched_shipment(books: Books) -> bytes:
    return next(number for number, each in books.shipments.items() if each.sensors.watches)


def a_device(books: Books) -> str:
    return next(iter(books.shipments[a_watched_shipment(books)].sensors.devices))


def a_standing(books: Books) -> int:
    """The key of somebody's evidence: its id and, above that, a role."""
    number, record = next(iter(books.credit.items()))
    return next(iter(record.by_role)) << 64 | number


def change_history(chain: Chain, kind: type, xor: int, *, is_time: bool = False) -> None:
    """Flips bits of the first checkpoint of a kind that is followed by later evidence."""
    number, element = next(
        (number, i)
        for number, record in chain.books.credit.items()
        for i, (at, checkpoint) in enumerate(record.checkpoints())
        if isinstance(checkpoint, kind) and at < record.total().at
    )
    bits = xor if is_time else xor << 48
    chain.change("CreditRegistry", "_history", number, xor=bits, element=element)


def bonds_held(books: Books) -> int:
    return sum(bond.held for bond in books.bonds.values())


def a_selector(chain: Chain) -> bytes:
    return chain.contract("TradeEscrow").abi.functions["listToken"].selector


# By the check that finds it and, where there are several, what is changed.
Plant = Callable[[Chain], None]
PLANTED: dict[str, Plant] = {
    "participants: root": lambda c: c.change("ParticipantRegistry", "_participants", MOVED),
    "participants: epoch": lambda c: c.change(
        "ParticipantRegistry", "_participants", MOVED, xor=1 << 192
    ),
    "keys: participant": lambda c: c.change(
        "ParticipantRegistry", "_keys", next(iter(c.books.keys))
    ),
    "keys: epoch": lambda c: c.change("ParticipantRegistry", "_keys", kept_key(c), xor=1 << 96),
    "withdrawn grants": lambda c: c.change(
        "ParticipantRegistry", "isWithdrawn", *next(iter(c.books.withdrawn)), xor=1
    ),
    "guardians": lambda c: c.change("GuardianRegistry", "_guardings", PATIENT),
    "moves of roots": lambda c: c.change("GuardianRegistry", "_recalls", STOLEN),
    "cancelled moves": lambda c: c.change("GuardianRegistry", "_cancellations", STOLEN),
    "sealed keys": lambda c: c.change("GuardianRegistry", "sealedAt", *next(iter(c.books.seals))),
    "qualifications": lambda c: c.change(
        "QualificationRegistry", "_records", next(iter(c.books.qualifications))
    ),
    "council: nonce": lambda c: c.change("Council", "nonce"),
    "council: members": lambda c: c.change("Council", "_signers", xor=1),
    "consortium roles": lambda c: c.change("Consortium", "_roles", ADMIN, operator(c), xor=1),
    "consortium rules": lambda c: c.change(
        "Consortium", "_targets", address(c, "TradeEscrow"), a_selector(c), xor=STEWARD
    ),
    "timelock: delay": lambda c: c.change("Timelock", "_minDelay"),
    "timelock: roles": lambda c: c.change(
        "Timelock", "_roles", PROPOSER, address(c, "Council"), xor=1
    ),
    "operations": lambda c: c.change(
        "Timelock", "_timestamps", next(iter(c.books.timelock.operations))
    ),
    "product lines": lambda c: c.change("LabelRegistry", "_lines", next(iter(c.books.lines))),
    "batches: state": lambda c: c.change("LabelRegistry", "_batches", batch_id(), xor=1),
    "batches: producer": lambda c: c.change("LabelRegistry", "_batches", batch_id()),
    "commitments of batches": lambda c: c.change(
        "LabelRegistry", "_batches", batch_id(), xor=1 << 65
    ),
    "activated items: lost": lambda c: c.change(
        "LabelRegistry", "_activated", batch_id() >> 8, xor=1
    ),
    "activated items: invented": lambda c: c.change("LabelRegistry", "_activated", batch_id() >> 8),
    "orders": lambda c: c.change("TradeEscrow", "_records", an_order(c.books)),
    "progress of orders: contest": lambda c: c.change(
        "TradeEscrow", "_records", an_order(c.books), xor=1 << 104
    ),
    "progress of orders: payment": lambda c: c.change(
        "TradeEscrow", "_records", an_order(c.books), xor=1 << 160
    ),
    "notes": lambda c: c.change("ReceivableNote", "_owners", a_note(c.books), xor=1),
    "bonds": lambda c: c.change("ReceivableNote", "bondOf", a_note(c.books)),
    "customs": lambda c: c.change("CustomsDesk", "_facts", a_cleared_shipment(c.books)),
    "cases of customs": lambda c: c.change("CustomsDesk", "_cases", a_cleared_shipment(c.books)),
    "payments that wait": lambda c: c.change(
        "TradeEscrow", "withdrawable", *next(iter(c.books.deferred))
    ),
    "note payments that wait": lambda c: c.change(
        "ReceivableNote", "withdrawable", *next(iter(c.books.note_deferred))
    ),
    "escrow balance": lambda c: c.node.set_balance(address(c, "TradeEscrow"), 1),
    "balance of notes": lambda c: c.node.set_balance(address(c, "ReceivableNote"), 1),
    "shipments": lambda c: c.change("ShipmentLedger", "_records", next(iter(c.books.shipments))),
    "cargo": lambda c: c.change("ShipmentLedger", "_cargo", a_watched_shipment(c.books)),
    "cargo: invented": lambda c: c.change(
        "ShipmentLedger", "_cargo", next(iter(c.books.shipments))
    ),
    "watches": lambda c: c.change("ShipmentLedger", "planOf", a_watched_shipment(c.books)),
    "watches: invented": lambda c: c.change(
        "ShipmentLedger", "planOf", next(iter(c.books.shipments))
    ),
    "exposures": lambda c: c.change("SensorLog", "_exposures", a_watched_shipment(c.books), 0),
    "devices": lambda c: c.change(
        "SensorLog", "_devices", a_watched_shipment(c.books), a_device(c.books)
    ),
    "policies": lambda c: c.change("CargoInsurance", "_records", next(iter(c.books.policies))),
    "policies: fired": lambda c: c.change(
        "CargoInsurance", "_records", next(iter(c.books.policies)), xor=1 << 104
    ),
    "policies: gross": lambda c: c.change(
        "CargoInsurance", "_records", next(iter(c.books.policies)), xor=1 << 112
    ),
    "policies: reserve": lambda c: c.change(
        "CargoInsurance", "_records", next(iter(c.books.policies)), xor=1 << 136
    ),
    "bonds of custodians": lambda c: c.change("CarrierBond", "_bonds", *next(iter(c.books.bonds))),
    "answered": lambda c: c.change("CarrierBond", "answeredOf", a_watched_shipment(c.books), 0),
    "recovered": lambda c: c.change("CarrierBond", "recoveredOf", next(iter(c.books.policies))),
    "bond balance": lambda c: c.change(
        "TestDollar", "_balances", address(c, "CarrierBond"), xor=bonds_held(c.books)
    ),
    "cover of orders": lambda c: c.change("CargoInsurance", "coveredOf", an_order(c.books)),
    "listed tokens": lambda c: c.change(
        "TradeEscrow", "_listings", c.deployment.contracts["TestDollar"].address
    ),
    "pool books": lambda c: c.change("InsurancePool", "_promises"),
    **{
        f"evidence: {name}": lambda c, bit=bit: c.change(
            "CreditRegistry", "_kept", a_standing(c.books), xor=1 << bit
        )
        for name, bit in {
            "good": 8,
            "bad": 54,
            "time": 100,
            "count": 140,
            "roles": 160,
            "counterparties": 200,
        }.items()
    },
    "evidence: invented": lambda c: c.change(
        "CreditRegistry", "_kept", Role.INSURER << 64 | CLERK, xor=1 << 160
    ),
    "ratings": lambda c: c.change("CreditRegistry", "_kept", a_standing(c.books), xor=1 << 44),
    "scores": lambda c: c.change("CreditRegistry", "_kept", a_standing(c.books), xor=1 << 90),
    "rated journeys": lambda c: c.change(
        "CreditRegistry", "isJourneyRated", next(iter(c.books.orders)), xor=1
    ),
    "history of grades: grade": lambda c: change_history(c, Grade, 1 << 152),
    "history of grades: time": lambda c: change_history(c, Grade, 1 << 8, is_time=True),
    "history of grades: faded": lambda c: change_history(c, Sum, 1 << 40),
    "token balances": lambda c: c.change("TestDollar", "_balances", holder(c)),
    "supply of token balances": lambda c: c.change("TestDollar", "_totalSupply"),
    "code": lambda c: c.node.call("anvil_setCode", address(c, "ShipmentLedger"), "0x6001"),
}


def batch_id() -> int:
    """The registry's number for the batch of which items were activated."""
    return GTIN << 192 | int.from_bytes(LOT) << 32


def address(chain: Chain, contract: str) -> str:
    return chain.deployment.contracts[contract].address


def operator(chain: Chain) -> str:
    """Who set the consortium up, and holds nothing in it any more."""
    return next(account for role, account in chain.books.consortium.members if role == ADMIN)


def kept_key(chain: Chain) -> str:
    """The key that outlived its root."""
    keys = chain.books.keys.items()
    return next(name for name, key in keys if not key.is_root and key.born < key.epoch)


def holder(chain: Chain) -> str:
    return max(chain.books.balances, key=lambda owner: chain.books.balances[owner])


@pytest.mark.parametrize("planted", PLANTED)
def test_planted_difference_is_found(chain: Chain, planted: str) -> None:
    PLANTED[planted](chain)
    check, _, _ = planted.partition(":")
    report = audit(chain.node, chain.deployment)
    assert not report.passed
    failed = {each.name for each in report.checks if not each.passed}
    assert check in failed
    assert {violation.check for violation in report.violations} == failed
    found = next(each for each in report.violations if each.check == check)
    assert found.expected != found.found


def send(chain: Chain, sender: str, name: str, function: str, *arguments: object) -> None:
    """A call by any account."""
    contract = chain.contract(name)
    chain.node.call("anvil_impersonateAccount", sender)
    call = {"from": sender, "to": contract.address, "data": data(contract, function, *arguments)}
    chain.node.call("eth_sendTransaction", {**call, "gas": hex(200_000), "gasPrice": "0x0"})
    chain.node.mine()


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("grantRole", lambda c: (ADMIN, operator(c), 0)),
        ("grantRole", lambda c: (STEWARD, operator(c), 0)),
        ("revokeRole", lambda c: (STEWARD, address(c, "Council"))),
        (
            "setTargetFunctionRole",
            lambda c: (address(c, "TradeEscrow"), [a_selector(c)], CLERK),
        ),
    ],
)
def test_power_of_another_is_found_though_it_was_given(
    chain: Chain, function: str, arguments: Callable[[Chain], tuple[object, ...]]
) -> None:
    send(chain, address(chain, "Timelock"), "Consortium", function, *arguments(chain))
    report = audit(chain.node, chain.deployment)
    assert [violation.check for violation in report.violations] == ["governance"]


def test_money_taken_from_the_escrow_is_found(chain: Chain) -> None:
    """The price of an order that the record says is open is gone: its end is not in the record."""

    def opened_again(node: Node, deployment: Deployment) -> list[Record]:
        return renamed(events.read(node, deployment), "OrderReleased", "Nothing")

    report = audit(chain.node, chain.deployment, opened_again)
    found = {violation.check for violation in report.violations}
    assert {"escrow balance", "money in, money out"} <= found


def test_gift_to_the_escrow_is_no_finding(chain: Chain) -> None:
    send(chain, holder(chain), "TestDollar", "transfer", address(chain, "TradeEscrow"), 5)
    report = audit(chain.node, chain.deployment)
    assert report.passed
    (check,) = [each for each in report.checks if each.name == "escrow balance"]
    owed = chain.books.escrow_owes(ZERO_ADDRESS)
    assert owed > settlement_scene.AMOUNT // 2
    units = chain.books.escrow_owes(address(chain, "TestDollar"))
    assert check.evidence == (
        f"{units + 5} units held where {units} are owed; {owed} wei held where {owed} are owed"
    )


def test_summary_of_another_run_is_found(chain: Chain, sample_run: Path) -> None:
    said = Workspace(sample_run).summary()
    assert said is not None
    for added in (ADDED, settlement_scene.ADDED, cargo_scene.ADDED):
        said |= {name: said[name] + count for name, count in added.items()}
    assert audit(chain.node, chain.deployment, summary=said).passed
    report = audit(chain.node, chain.deployment, summary={**said, "funded_cents": 1})
    assert [each.subject for each in report.violations] == ["summary.json: funded_cents"]


def test_deployment_of_another_run_is_found(chain: Chain) -> None:
    other = replace(chain.deployment, salt="0x" + "11" * 32)
    report = audit(chain.node, other)
    found = {(each.check, each.subject) for each in report.violations if each.check != "record"}
    assert found == {
        ("links", "ParticipantRegistry.domainSeparator"),
        ("links", "GuardianRegistry.moveCancellationDigest"),
        ("links", "QualificationRegistry.qualificationRevocationDigest"),
    }
    named = len(chain.books.messages)
    assert [each.check for each in report.violations].count("record") == named > 0


def data(contract: Contract, function: str, *arguments: object) -> str:
    return "0x" + contract.encode(function, *arguments).hex()


def renamed(found: Iterable[Record], old: str, new: str) -> list[Record]:
    """The record with the first event `old` called `new`."""
    records = list(found)
    i = next(i for i, record in enumerate(records) if record.event.name == old)
    changed = replace(records[i], event=replace(records[i].event, name=new))
    return [*records[:i], changed, *records[i + 1 :]]


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        ("ends of orders", "OrderReleased", "OrderRefunded"),
        ("ends of orders", "OrderRefunded", "OrderReleased"),
        ("payouts", "ClaimPaid", "PolicyExpired"),
        ("record", "OrderRefunded", "OrderReleased"),
        ("pool books", "CollateralReleased", "Nothing"),
        ("money in, money out", "OrderReleased", "Nothing"),
        ("locked capital", "PolicyExpired", "Nothing"),
        ("evidence", "TradeRated", "Nothing"),
        ("ratings of orders", "TradeRated", "Nothing"),
        ("evidence", "CoverRated", "Nothing"),
        ("rated journeys", "LegRated", "Nothing"),
        ("history of grades", "LegRated", "Nothing"),
        ("ratings of orders", "DeclarationRated", "Nothing"),
        ("token balances", "Transfer", "Nothing"),
        ("record", "GuardiansSet", "Nothing"),
        ("record", "MoveAnnounced", "Nothing"),
        ("record", "MoveExecuted", "Nothing"),
        ("record", "CouncilCalled", "Nothing"),
        ("record", "CallScheduled", "Nothing"),
        ("participants", "RolesChanged", "Nothing"),
        ("participants", "RootMoved", "Nothing"),
        ("withdrawn grants", "KeyRevoked", "Nothing"),
        ("cancelled moves", "MoveCancelled", "Nothing"),
        ("qualifications", "QualificationRevoked", "Nothing"),
        ("council", "ERC7913SignerAdded", "Nothing"),
        ("consortium rules", "TargetFunctionRoleUpdated", "Nothing"),
        ("governance", "RoleRevoked", "Nothing"),
        ("timelock", "MinDelayChange", "Nothing"),
        ("operations", "CallExecuted", "Nothing"),
        ("record", "LineRegistered", "Nothing"),
        ("batches", "BatchRecalled", "Nothing"),
        ("record", "ItemActivated", "Nothing"),
        ("activated items", "ItemActivated", "Nothing"),
        ("record", "CloneSuspected", "ItemActivated"),
        ("record", "OrderClauses", "Nothing"),
        ("payments of orders", "OrderPaid", "Nothing"),
        ("ends of orders", "OrderContested", "Nothing"),
        ("ends of orders", "OrderAgreed", "OrderArbitrated"),
        ("record", "OrderNoted", "Nothing"),
        ("record", "NoteSold", "Nothing"),
        ("bonds", "BondDivided", "Nothing"),
        ("record", "GoodsDeclared", "Nothing"),
        ("ends of orders", "GoodsReleased", "Nothing"),
        ("record", "AppealDecided", "Nothing"),
        ("record", "CustodyTransferred", "Nothing"),
        ("record", "DamageRecorded", "Nothing"),
        ("record", "ReadingsRecorded", "Nothing"),
        ("devices", "ReadingsRecorded", "Nothing"),
        ("record", "GapFound", "Nothing"),
        ("record", "BondDeposited", "Nothing"),
        ("answered", "ClaimRecovered", "Nothing"),
        ("recovered", "ClaimRecovered", "Nothing"),
        ("policies", "PolicyVoided", "Nothing"),
    ],
)
def test_history_that_was_not_is_found(sample_chain: Chain, check: str, old: str, new: str) -> None:
    def forged(node: Node, deployment: Deployment) -> list[Record]:
        return renamed(events.read(node, deployment), old, new)

    report = audit(sample_chain.node, sample_chain.deployment, forged)
    assert check in {each.name for each in report.checks if not each.passed}


@pytest.mark.parametrize(
    ("check", "name", "altered"),
    [
        ("ends of orders", "OrderPaid", {"payee": ANYONE}),
        ("ends of orders", "OrderPaid", {"amount": 1}),
        ("payments of orders", "OrderPaid", {"amount": 1}),
        ("record", "OrderPaid", {"purpose": int(Purpose.PAYEE)}),
        ("progress of orders", "OrderAgreed", {"sellerShare": 1}),
        ("ends of orders", "OrderAgreed", {"sellerShare": 1}),
        ("ends of orders", "OrderArbitrated", {"toSeller": 1}),
        ("record", "OrderReleased", {"payee": ANYONE}),
        ("record", "BondDivided", {"toSeller": 1}),
        ("record", "NoteSold", {"bond": 901}),
        ("record", "CustomsSnapshot", {"facts": {}}),
        ("record", "CustodyTransferred", {"fromId": CLERK}),
        ("record", "CheckpointPassed", {"custodianId": CLERK}),
        ("record", "WatchesSet", {"plan": bytes(32)}),
        ("record", "ReserveMade", {"lostBps": 0}),
        ("record", "DamageRecorded", {"byId": CLERK}),
        ("record", "CargoSnapshot", {"facts": {}}),
        ("record", "ReadingsRecorded", {"arrival": 1}),
        ("devices", "ReadingsRecorded", {"number": 2}),
        ("record", "GapFound", {"missing": 9}),
        ("record", "WatchSnapshot", {"facts": {}}),
        ("payouts", "ClaimPaid", {"amount": 1}),
        ("payouts", "ClaimPaid", {"payee": ANYONE}),
        ("payouts", "ClaimPaid", {"grossBps": 1}),
        ("payouts", "ClaimPaid", {"isFinal": False}),
        ("payouts", "PolicyExpired", {"fired": 0}),
        ("payouts", "PolicyVoided", {"holder": ANYONE}),
        ("record", "PolicyReserved", {"reservedBps": 1}),
        ("bonds of custodians", "BondDeposited", {"amount": 1_000}),
        ("record", "BondWithdrawalRequested", {"leavesAt": 1}),
        ("record", "BondWithdrawn", {"amount": 1}),
        ("record", "ClaimRecovered", {"amount": 1}),
        ("record", "ClaimRecovered", {"leg": 1}),
        ("ratings of orders", "TradeRated", {"outcome": int(TradeOutcome.BROKEN)}),
        ("record", "TradeRated", {"weight": 99}),
        ("record", "TradeRated", {"buyerId": CLERK}),
        ("record", "CoverRated", {"insurerId": CLERK}),
        ("record", "LegRated", {"carrierId": CLERK}),
        ("record", "LegRated", {"outcome": int(LegOutcome.EXCURSION)}),
        ("record", "LegRated", {"lossBps": 1}),
        ("record", "LegRated", {"leg": 2}),
        ("record", "DeclarationRated", {"brokerId": CLERK}),
        ("record", "DeclarationRated", {"isRefused": True}),
    ],
)
def test_event_that_says_otherwise_is_found(
    sample_chain: Chain, check: str, name: str, altered: dict[str, object]
) -> None:
    def forged(node: Node, deployment: Deployment) -> Iterator[Record]:
        is_altered = False
        for record in events.read(node, deployment):
            if record.event.name == name and not is_altered:
                is_altered = True
                args = {**record.event.args, **altered}
                yield replace(record, event=replace(record.event, args=args))
            else:
                yield record

    report = audit(sample_chain.node, sample_chain.deployment, forged)
    assert check in {each.name for each in report.checks if not each.passed}


def test_refund_that_the_seller_did_not_send_is_found(sample_chain: Chain) -> None:
    """A concession is the one end that no fact calls for; who sent it shows that it was one."""
    conceded = next(
        entry.end
        for entry in sample_chain.books.orders.values()
        if entry.state is OrderState.REFUNDED and entry.clauses.conditions == 0b1101
    )
    assert conceded is not None
    other = sample_chain.books.orders[an_order(sample_chain.books)].end
    assert other is not None

    def forged(node: Node, deployment: Deployment) -> Iterator[Record]:
        for record in events.read(node, deployment):
            is_it = record.event.transaction == conceded.transaction
            sent = other.transaction if is_it else record.event.transaction
            yield replace(record, event=replace(record.event, transaction=sent))

    report = audit(sample_chain.node, sample_chain.deployment, forged)
    assert [each.check for each in report.violations] == ["ends of orders"]


def test_command_shows_the_difference_and_exits_with_1(
    sample_run: Path, tmp_path: Path, entrepot: Entrepot, chain: Chain
) -> None:
    PLANTED["orders"](chain)
    done = entrepot("audit", "--out", sample_run, "--rpc", chain.node.url, "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert not report["passed"]
    assert report["violations"][0]["check"] == "orders"
    assert json.loads((sample_run / "audit.json").read_text("utf-8")) == report


def test_wrong_chain_is_refused(chain: Chain) -> None:
    elsewhere = replace(chain.deployment, chain_id=1)
    with pytest.raises(WrongChain, match="runs chain 31337, not 1"):
        audit(chain.node, elsewhere)


def test_damaged_chain_is_one_sentence(
    sample_run: Path, tmp_path: Path, entrepot: Entrepot
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("run.json", "summary.json", "deployment.json", "participants.json"):
        (copy / name).write_bytes((sample_run / name).read_bytes())
    (copy / "chain.json.gz").write_bytes((sample_run / "chain.json.gz").read_bytes()[:5_000])
    assert "damaged" in assert_one_sentence(entrepot("audit", "--out", copy), 1)
    (copy / "deployment.json").write_text("{}")
    assert "deployment" in assert_one_sentence(entrepot("audit", "--out", copy), 1)


def test_folder_without_a_run_is_one_sentence(tmp_path: Path, entrepot: Entrepot) -> None:
    assert "no deployment" in assert_one_sentence(entrepot("audit", "--out", tmp_path), 1)
