"""A root is lost to a thief, and won back: secret and identity, on a real devnet."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entrepot.core.keys import PUBLIC_DEVNET_WORDS, Node, Wallet, root_of, root_of_seed
from entrepot.core.messages import Delivery, Handover, Order, contract_domain, shipment_id
from entrepot.core.organisation import steps_of_name
from entrepot.core.roles import Function, Role
from entrepot.core.signing import Key
from entrepot.network import bindings
from entrepot.network.artifacts import load
from entrepot.network.contracts import Abi, Call
from entrepot.network.node import DevNode
from entrepot.network.sender import Sender
from entrepot.services import custody, keystores
from entrepot.services.deploy import CONTRACTS
from entrepot.services.office import Office
from entrepot.services.workspace import Workspace
from tests.e2e.conftest import COMMAND, assert_one_sentence

DAY = 86_400
ACME, BUYER, CARRIER = 7, 20, 21
GUARDIANS = (30, 31, 32)
PASSWORD, FRESH_PASSWORD, BACK_PASSWORD = "correct horse", "battery staple", "tin whistle"
PASSWORDS = {
    "acme.json": PASSWORD, "fresh.json": FRESH_PASSWORD, "back.json": BACK_PASSWORD,
    **{f"guardian-{number}.json": PASSWORD for number in GUARDIANS},
}  # fmt: skip
ROOT, NEW_ROOT = "acme/board/root':0/0", "acme/board/root':0/0"
DOCK, TREASURY, CLERK = "acme/dock/custody':1/0", "acme/finance/sales':1/0", "acme/desk/sales':1/0"
WALLET = Wallet()


class Acme:
    """The workspace, the organisation's keystores, and the chain as its partners use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seed = root_of_seed(bytes(range(64)))
        self.fresh = root_of_seed(bytes(range(64, 128)))
        keystores.keep_seed(folder / "acme.json", bytes(range(64)), PASSWORD)
        keystores.keep_seed(folder / "fresh.json", bytes(range(64, 128)), FRESH_PASSWORD)
        for number in GUARDIANS:
            node = root_of(PUBLIC_DEVNET_WORDS).descend(f"44'/60'/0'/0/{number}")
            keystores.keep_key(folder / f"guardian-{number}.json", node, PASSWORD)

    def run(self, *arguments: object, code: int = 0) -> "subprocess.CompletedProcess[str]":
        """Runs `entrepot` in the folder; the passwords of the keystores it names are its stdin."""
        text = " ".join(map(str, arguments))
        named = sorted((text.index(name), word) for name, word in PASSWORDS.items() if name in text)
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=self.folder, input="".join(f"{word}\n" for _, word in named),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        return done

    def json(self, *arguments: object, code: int = 0) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def key(self, place: str, seed: Node | None = None) -> Key:
        """The key at a place of the organisation."""
        return (seed or self.seed).descend(steps_of_name(place)).key()

    def open(self) -> None:
        """Binds the contracts of the workspace's deployment."""
        workspace = Workspace(self.folder / ".entrepot")
        with workspace.live_node() as node:
            self.node = DevNode(node.url)
        self.office = Office(self.node, workspace.deployment())

    def send(self, call: Call, by: Key) -> None:
        """Sends a call from an account."""
        Sender(self.node, by, [Abi(load(name).abi) for name in CONTRACTS]).send(call)

    def wait(self, seconds: int) -> None:
        """Lets time pass."""
        self.node.mine(self.node.time() + seconds)

    def allows(self, key: Key, function: int) -> bool:
        """Whether a key may use a function for anybody now."""
        registry = self.office.bind(bindings.ParticipantRegistry)
        (answer,) = self.node.batch_raw([registry.request("authorize", key.address, function)])
        return "result" in answer


class Trade:
    """An order of the buyer's for goods of Acme's, whose treasury sells."""

    def __init__(self, acme: Acme, number: int) -> None:
        self.acme = acme
        contracts = acme.office.deployment.contracts
        chain = acme.office.deployment.chain_id
        self.orders, self.hands = (
            contract_domain(f"Entrepot {name}", chain, contracts[name].address)
            for name in ("TradeEscrow", "ShipmentLedger")
        )
        now = acme.node.time()
        self.order = Order(
            contracts["TestDollar"].address, 1_000_000_000, WALLET.key(BUYER).address,
            acme.key(TREASURY).address, BUYER, ACME, CARRIER, BUYER, 0,
            contracts["ShipmentLedger"].address, now + 5 * DAY, now + 20 * DAY, now + 40 * DAY,
            now + 80 * DAY, 0, 0, False, bytes(32), number.to_bytes(32),
        )  # fmt: skip
        self.id = self.order.digest(self.orders)
        self.shipment = shipment_id(self.id, self.order.source)

    def open(self) -> None:
        """Funds it."""
        acme, buyer = self.acme, WALLET.key(BUYER)
        dollar, escrow = (
            acme.office.bind(bindings.TestDollar),
            acme.office.bind(bindings.TradeEscrow),
        )
        acme.send(dollar.mint(buyer.address, self.order.amount), buyer)
        acme.send(dollar.approve(escrow.address, self.order.amount), buyer)
        signatures = [self.order.sign(key, self.orders) for key in (buyer, acme.key(TREASURY))]
        acme.send(escrow.open(self.order, *signatures), buyer)

    def deliver(self) -> None:
        """Ships and delivers it, which pays the treasury."""
        acme, carrier, buyer = self.acme, WALLET.key(CARRIER), WALLET.key(BUYER)
        ledger = acme.office.bind(bindings.ShipmentLedger)
        acme.send(ledger.create(self.order), carrier)
        handover = Handover(self.shipment, 1, ACME, CARRIER)
        signed = [
            bindings.Signature(key.address, handover.sign(key, self.hands))
            for key in (acme.key(DOCK), carrier)
        ]
        acme.send(ledger.hand_over(self.order, bindings.Terms(*handover.terms), *signed), carrier)
        delivery = Delivery(self.shipment, 2, bytes(32))
        receipt = bindings.Signature(buyer.address, delivery.sign(buyer, self.hands))
        call = ledger.deliver(self.order, bytes(32), receipt, [])
        acme.send(custody.with_shortcuts(call, 0), carrier)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acme]:
    """Acme with three keys, three guardians, its seed sealed to them, and two trades: one settled,
    one open.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keystores, "SCRYPT_N", 2)
        found = Acme(tmp_path_factory.mktemp("acme"))
    found.run("devnet", "up")
    try:
        found.run("deploy")
        found.open()
        _settle_in(found)
        yield found
    finally:
        found.run("devnet", "down")


def _settle_in(acme: Acme) -> None:
    pw = "--password-stdin"
    root = f"acme.json#{ROOT}"
    for key in (BUYER, CARRIER):
        acme.node.set_balance(WALLET.key(key).address, 10**18)
    acme.run("participant", "register", ACME, "--root", root, "--roles", "seller", pw)
    for number, role in ((BUYER, "buyer"), (CARRIER, "carrier")):
        acme.run("participant", "register", number, "--root", f"devnet:{number}", "--roles", role)
    for place, function in ((DOCK, "handover"), (TREASURY, "sell"), (CLERK, "sell")):
        acme.run(
            "--as", root, "keys", "grant", f"acme.json#{place}", "--functions", function,
            "--expires", "never", pw,
        )  # fmt: skip
    guardians = [a for n in GUARDIANS for a in ("--guardian", WALLET.key(n).address)]
    acme.run(
        "--as", root, "participant", "guard", ACME, *guardians, "--threshold", 2,
        "--override", 3, pw,
    )  # fmt: skip
    shares = [a for n in GUARDIANS for a in ("--guardian", "0x" + WALLET.key(n).public.hex())]
    acme.run(
        "keys", "seal", "--keystore", "acme.json", "--path", ROOT, "--user", ACME, *shares,
        "--threshold", 2, "--out", "sealed", pw,
    )  # fmt: skip
    acme.run("--as", root, "keys", "anchor", *_sealed(acme), pw)
    settled = Trade(acme, 1)
    settled.open()
    settled.deliver()


def _sealed(acme: Acme) -> list[Path]:
    return sorted((acme.folder / "sealed").glob("*.json"))


def _signed_move(acme: Acme, name: str, *guardians: int, keep: list[str]) -> None:
    """A file that moves the root to the fresh keystore's, signed by it and by guardians."""
    new_root = acme.key(NEW_ROOT, acme.fresh).address
    kept = [a for place in keep for a in ("--keep", acme.key(place).address)]
    acme.run("participant", "move-root", ACME, "--to", new_root, "--write", name, *kept)
    acme.run("--as", f"fresh.json#{NEW_ROOT}", "keys", "sign", name, "--password-stdin")
    for guardian in guardians:
        acme.run("--as", f"devnet:{guardian}", "keys", "sign", name)


def test_a_thief_of_the_root_loses_it_and_all_that_was_not_kept(acme: Acme) -> None:
    handover, sell = Function.HANDOVER, Function.SELL
    credit, escrow = (
        acme.office.bind(bindings.CreditRegistry),
        acme.office.bind(bindings.TradeEscrow),
    )
    evidence = credit.evidence_of(ACME, Role.SELLER)
    assert evidence.good > 0
    open_trade = Trade(acme, 2)
    open_trade.open()
    thief = ("--as", f"acme.json#{ROOT}")
    pw = "--password-stdin"

    _signed_move(acme, "move.json", *GUARDIANS[:2], keep=[DOCK, TREASURY])
    acme.run("keys", "submit", "move.json")
    assert acme.json("participant", "show", ACME)["move"]["is_override"] is False
    refused = acme.run("participant", "finish-move", "move.json", code=2)
    assert "waits until" in assert_one_sentence(refused, 2)
    change = [a for n in (40, 41) for a in ("--guardian", WALLET.key(n).address)]
    guard = ("participant", "guard", ACME, *change, "--threshold", 1, "--override", 2, pw)
    refused = acme.run(*thief, *guard, code=1)
    assert "MoveOnItsWay" in assert_one_sentence(refused, 1)

    acme.run(*thief, "participant", "cancel-move", ACME, pw)
    acme.run(*thief, *guard)
    assert acme.json("participant", "show", ACME)["guard_from"] is not None
    refused = acme.run("keys", "submit", "move.json", code=1)
    assert "Cancelled" in assert_one_sentence(refused, 1)

    acme.run("--as", f"devnet:{GUARDIANS[2]}", "keys", "sign", "move.json")
    acme.run("keys", "submit", "move.json")
    shown = acme.json("participant", "show", ACME)
    assert shown["move"]["is_override"] is True
    assert shown["guard_from"] is None
    refused = acme.run(*thief, "participant", "cancel-move", ACME, pw, code=1)
    assert "CancelledBefore" in assert_one_sentence(refused, 1)
    acme.wait(3 * DAY)
    acme.run("participant", "finish-move", "move.json")

    shown = acme.json("participant", "show", ACME)
    assert shown["root"] == acme.key(NEW_ROOT, acme.fresh).address
    assert (shown["epoch"], shown["move"]) == (1, None)
    assert acme.allows(acme.key(NEW_ROOT, acme.fresh), sell)
    assert acme.allows(acme.key(DOCK), handover)
    assert acme.allows(acme.key(TREASURY), sell)
    for place in (ROOT, CLERK):
        assert not acme.allows(acme.key(place), sell)
        lost = acme.json("keys", "whoami", acme.key(place).address, code=1)
        assert "root that was replaced" in lost["reason"]
    refused = acme.run(*thief, "participant", "guard", ACME, *change, "--threshold", 1,
                       "--override", 2, pw, code=2)  # fmt: skip
    assert f"The root of participant {ACME} is" in assert_one_sentence(refused, 2)
    refused = acme.run(*thief, "keys", "grant", "devnet:50", "--functions", "sell", "--level", 1,
                       "--expires", "never", pw, code=2)  # fmt: skip
    assert "cannot grant" in assert_one_sentence(refused, 2)

    assert credit.evidence_of(ACME, Role.SELLER) == evidence
    treasury = acme.key(TREASURY).address
    before = acme.office.bind(bindings.TestDollar).balance_of(treasury)
    open_trade.deliver()
    assert escrow.record_of(open_trade.id).state == 2
    paid = acme.office.bind(bindings.TestDollar).balance_of(treasury) - before
    assert paid == open_trade.order.amount
    acme.run("--as", f"fresh.json#{NEW_ROOT}", "keys", "grant", "devnet:51", "--functions", "sell",
             "--level", 1, "--expires", "never", pw)  # fmt: skip
    assert acme.allows(WALLET.key(51), sell)


def test_the_seed_comes_back_from_guardians(acme: Acme) -> None:
    owner = ("--keystore", "fresh.json", "--path", NEW_ROOT, "--password-stdin")
    public = acme.json("keys", "public", *owner)["public"]
    passed = []
    for place, guardian in enumerate(GUARDIANS[:2]):
        sealed = _sealed(acme)[place]
        assert acme.json("keys", "verify-seal", sealed, "--anchored")["anchored_at"] is not None
        passed.append(f"passed-{place}.json")
        acme.run(
            "keys", "pass-on", sealed, "--to", public, "--keystore", f"guardian-{guardian}.json",
            "--out", passed[-1], "--password-stdin",
        )  # fmt: skip
        refused = acme.run("keys", "verify-seal", passed[-1], "--anchored", code=1)
        assert "is not on this chain" in assert_one_sentence(refused, 1)
    acme.run("keys", "recall", *passed, *owner, "--out", "back.json", "--out-password-stdin")
    kept = keystores.open_seed(acme.folder / "back.json", BACK_PASSWORD)
    assert root_of_seed(kept).descend(steps_of_name(DOCK)).address == acme.key(DOCK).address
