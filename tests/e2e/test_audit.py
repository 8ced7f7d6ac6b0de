"""The audit finds what was planted behind the contracts' backs."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from entrepot.core.signing import keccak
from entrepot.errors import WrongChain
from entrepot.network import artifacts
from entrepot.network.contracts import Contract
from entrepot.network.deployments import Deployment
from entrepot.network.node import DevNode, Node
from entrepot.services import events
from entrepot.services.audit import audit
from entrepot.services.books import Books, rebuild
from entrepot.services.events import Record
from entrepot.services.workspace import Workspace
from tests.e2e.conftest import Entrepot, assert_one_sentence


class Chain:
    """The sample's chain, whose storage a test may change."""

    def __init__(self, node: DevNode, deployment: Deployment) -> None:
        self.node = node
        self.deployment = deployment
        self.books: Books = rebuild(events.read(node, deployment))

    def contract(self, name: str) -> Contract:
        return self.deployment.contract(self.node, name)

    def change(self, contract: str, variable: str, *keys: object, xor: int = 1 << 8) -> None:
        """Flips bits of the word of a variable, or of a mapping's entry."""
        slot = slot_of(contract, variable, *keys)
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
        yield Chain(DevNode(node.url), workspace.deployment())


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


def an_order(books: Books) -> bytes:
    return next(iter(books.orders))


Plant = Callable[[Chain], None]
PLANTED: dict[str, Plant] = {
    "participants": lambda c: c.change("ParticipantRegistry", "_participants", 2),
    "keys": lambda c: c.change("ParticipantRegistry", "_keys", next(iter(c.books.keys))),
    "product lines": lambda c: c.change("LabelRegistry", "_lines", next(iter(c.books.lines))),
    "batches": lambda c: c.change("LabelRegistry", "_batches", *next(iter(c.books.batches)), xor=1),
    "commitments of batches": lambda c: c.change(
        "LabelRegistry", "_batches", *next(iter(c.books.batches))
    ),
    "orders": lambda c: c.change("TradeEscrow", "_records", an_order(c.books)),
    "shipments": lambda c: c.change("ShipmentLedger", "_records", next(iter(c.books.shipments))),
    "policies": lambda c: c.change("CargoInsurance", "_records", next(iter(c.books.policies))),
    "cover of orders": lambda c: c.change("CargoInsurance", "coveredOf", an_order(c.books)),
    "listed tokens": lambda c: c.change(
        "TradeEscrow", "_listings", c.deployment.contracts["TestDollar"].address
    ),
    "pool books": lambda c: c.change("InsurancePool", "_books"),
    "evidence": lambda c: c.change("CreditRegistry", "_words", *next(iter(c.books.evidence))),
    "counterparties": lambda c: c.change(
        "CreditRegistry", "_words", *next(iter(c.books.evidence)), xor=1 << 200
    ),
    "token balances": lambda c: c.change("TestDollar", "_balances", holder(c)),
    "supply of token balances": lambda c: c.change("TestDollar", "_totalSupply"),
    "code": lambda c: c.node.call("anvil_setCode", address(c, "ShipmentLedger"), "0x6001"),
}


def address(chain: Chain, contract: str) -> str:
    return chain.deployment.contracts[contract].address


def holder(chain: Chain) -> str:
    return max(chain.books.balances, key=lambda owner: chain.books.balances[owner])


@pytest.mark.parametrize("check", PLANTED)
def test_planted_difference_is_found(chain: Chain, check: str) -> None:
    PLANTED[check](chain)
    report = audit(chain.node, chain.deployment)
    assert not report.passed
    failed = {each.name for each in report.checks if not each.passed}
    assert check in failed
    assert {violation.check for violation in report.violations} == failed
    found = next(each for each in report.violations if each.check == check)
    assert found.expected != found.found


def send(chain: Chain, sender: str, function: str, *arguments: object) -> None:
    """A call of the test dollar by any account."""
    dollar = chain.contract("TestDollar")
    chain.node.call("anvil_impersonateAccount", sender)
    call = {"from": sender, "to": dollar.address, "data": data(dollar, function, *arguments)}
    chain.node.call("eth_sendTransaction", {**call, "gas": hex(100_000), "gasPrice": "0x0"})
    chain.node.mine()


def test_money_taken_from_the_escrow_is_found(chain: Chain) -> None:
    """The price of an order that the record says is open is gone: its end is not in the record."""

    def opened_again(node: Node, deployment: Deployment) -> list[Record]:
        return renamed(events.read(node, deployment), "OrderReleased", "Nothing")

    report = audit(chain.node, chain.deployment, opened_again)
    found = {violation.check for violation in report.violations}
    assert {"escrow balance", "money in, money out"} <= found


def test_gift_to_the_escrow_is_no_finding(chain: Chain) -> None:
    send(chain, holder(chain), "transfer", address(chain, "TradeEscrow"), 5)
    report = audit(chain.node, chain.deployment)
    assert report.passed
    (check,) = [each for each in report.checks if each.name == "escrow balance"]
    assert check.evidence == "5 units held where 0 are owed"


def test_summary_of_another_run_is_found(chain: Chain, sample_run: Path) -> None:
    said = Workspace(sample_run).summary()
    assert said is not None
    assert audit(chain.node, chain.deployment, summary=said).passed
    report = audit(chain.node, chain.deployment, summary={**said, "funded_cents": 1})
    assert [each.subject for each in report.violations] == ["summary.json: funded_cents"]


def test_deployment_of_another_run_is_found(chain: Chain) -> None:
    other = replace(chain.deployment, salt="0x" + "11" * 32)
    report = audit(chain.node, other)
    assert [(each.check, each.subject) for each in report.violations] == [
        ("links", "ParticipantRegistry.domainSeparator")
    ]


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
        ("token balances", "Transfer", "Nothing"),
    ],
)
def test_history_that_was_not_is_found(sample_chain: Chain, check: str, old: str, new: str) -> None:
    def forged(node: Node, deployment: Deployment) -> list[Record]:
        return renamed(events.read(node, deployment), old, new)

    report = audit(sample_chain.node, sample_chain.deployment, forged)
    assert check in {each.name for each in report.checks if not each.passed}


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
