"""A market of eight parties on a devnet, in which commands act on orders."""

import contextlib
import io
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from entrepot import cli
from entrepot.core.keys import Wallet
from entrepot.core.messages import ZERO_ADDRESS
from entrepot.core.roles import Role, mask
from entrepot.network.bindings import InsurancePool, TestDollar, TradeEscrow
from entrepot.network.devnet import Devnet
from entrepot.services import deploy
from entrepot.services.deploy import Enrolment, World
from entrepot.services.spelling import moment
from entrepot.services.workspace import Workspace
from tests.e2e.conftest import assert_one_sentence

START = 1_700_000_000
DAY = 86_400
WALLET = Wallet()
ROLES = {
    31: Role.BUYER,
    32: Role.SELLER,
    33: Role.CARRIER,
    34: Role.CUSTOMS_AUTHORITY,
    35: Role.INSPECTOR,
    36: Role.BANK,
    37: Role.ARBITER,
    38: Role.WAREHOUSE,
}
BUYER, SELLER, CARRIER, CUSTOMS, INSPECTOR, BANK, ARBITER, WAREHOUSE = (
    f"devnet:{each}" for each in ROLES
)
STRANGER = "devnet:39"
AGREEABLE = "0x631626ba7e60e01b5f5260205ff3"
"""Code of an account that finds every signature good (ERC-1271)."""


def address(name: str) -> str:
    """Address of a devnet's key."""
    return WALLET.key(int(name.removeprefix("devnet:"))).address


@dataclass
class Market:
    """A folder with a workspace `ws` on a devnet, and the commands run in it, in this process."""

    folder: Path
    chain: Devnet
    _count: int = field(default=0)

    @classmethod
    def opened(cls, folder: Path, chain: Devnet) -> "Market":
        """Deployed and registered, with test dollars for buyer and bank."""
        with deploy.opened(chain.node) as pipeline:
            world = deploy.deploy(pipeline, timestamp=START + 10, salt=b"\7" * 32)
            deploy.enrol(world, [Enrolment(id, mask(role), 0) for id, role in ROLES.items()])
            for name in (BUYER, BANK):
                world.send(world.dollar.mint(address(name), 10**15), gas=100_000)
            pipeline.mine(START + 20)
            pipeline.check()
        Workspace(folder / "ws").keep(world.deployment, {}, chain.url)
        Workspace(folder / "offline").keep(world.deployment, {})
        return cls(folder, chain)

    @property
    def now(self) -> int:
        """Time of the latest block."""
        return self.chain.node.time()

    def run(
        self,
        *arguments: object,
        acting: str | None = None,
        workspace: str = "ws",
        code: int | None = 0,
    ) -> "subprocess.CompletedProcess[str]":
        """Runs `entrepot` in the folder; a code of None is any."""
        given = ["--workspace", workspace, *(["--as", acting] if acting else [])]
        words = [*given, *map(str, arguments)]
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            found = cli.run(words)
        done = subprocess.CompletedProcess(words, found, out.getvalue(), err.getvalue())
        assert code in (found, None), f"{words}: {done.stdout}{done.stderr}"
        return done

    def json(self, *arguments: object, **options: Any) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(*arguments, "--json", **options).stdout)

    def refuses(self, *arguments: object, code: int = 2, **options: Any) -> str:
        """The one sentence with which a command refuses."""
        return assert_one_sentence(self.run(*arguments, code=code, **options), code)

    def draft(self, clauses: dict[str, Any] | None = None, **terms: Any) -> str:
        """A new order's file, unsigned; 1,000 dollars between the buyer and the seller."""
        self._count += 1
        now, name = self.now, f"order-{self._count}.yaml"
        content = {
            "kind": "entrepot order",
            "version": "1",
            "reference": name,
            "token": "TestDollar",
            "amount": "1000.00",
            "buyer": {"id": "31", "account": address(BUYER)},
            "seller": {"id": "32", "account": address(SELLER)},
            "carrier": "33",
            "arbiter": "37",
            "goods": name,
            "open_by": moment(now + 5 * DAY),
            "ship_by": moment(now + 10 * DAY),
            "deliver_by": moment(now + 20 * DAY),
            "refund_after": moment(now + 30 * DAY),
            "acceptance_window": "P2D",
            "arbitration_period": "P10D",
            **({"clauses": clauses} if clauses else {}),
            **terms,
        }
        (self.folder / name).write_text(yaml.safe_dump(content, sort_keys=False))
        return name

    def signed(self, clauses: dict[str, Any] | None = None, **terms: Any) -> str:
        """The file of an order that both sides signed."""
        file = self.draft(clauses, **terms)
        self.run("order", "sign", file, acting=BUYER)
        self.run("order", "sign", file, acting=SELLER)
        return file

    def opened_order(self, clauses: dict[str, Any] | None = None, **terms: Any) -> str:
        """The id of an open order."""
        file = self.signed(clauses, **terms)
        self.run("order", "approve", file, acting=BUYER)
        found: str = self.json("order", "open", file)["order"]
        return found

    def ship(self, order: str) -> None:
        """Has the seller hand the goods to the carrier."""
        self.run("shipment", "create", order)
        self.run("shipment", "hand-over", order, "--to", CARRIER, acting=SELLER)

    def deliver(self, order: str) -> None:
        """Ships, and has the buyer receive."""
        self.ship(order)
        self.run("shipment", "deliver", order, acting=BUYER)

    def pass_time(self, seconds: int) -> None:
        """Mines a block so much later."""
        self.chain.node.mine(self.now + seconds)

    def payments(self, order: str) -> list[tuple[str, str, str]]:
        """Purpose, payee and amount of every payment so far."""
        shown = self.json("order", "show", order)["payments"]
        return [(each["purpose"], each["payee"], each["amount"]) for each in shown]

    def dollars(self, name: str) -> int:
        """Test dollars of a key, smallest units."""
        deployment = Workspace(self.folder / "ws").deployment()
        return deployment.bind(self.chain.node, TestDollar).balance_of(address(name))

    def selector(self, function: str) -> bytes:
        """Selector of a function of the escrow."""
        deployment = Workspace(self.folder / "ws").deployment()
        escrow = deployment.bind(self.chain.node, TradeEscrow)
        found: bytes = escrow.abi.functions[function].selector
        return found

    def fund_pool(self, dollars: int) -> None:
        """Gives the pool capital, by the buyer."""
        deployment, node = Workspace(self.folder / "ws").deployment(), self.chain.node
        pool, dollar = (deployment.bind(node, kind) for kind in (InsurancePool, TestDollar))
        units = dollars * 10**6
        with deploy.opened(node) as pipeline:
            world = World(pipeline, deployment, WALLET)
            buyer = WALLET.key(int(BUYER.removeprefix("devnet:")))
            node.top_up(buyer.address)
            world.send(dollar.approve(pool.address, units), gas=100_000, by=buyer)
            world.send(pool.deposit(units, buyer.address), gas=400_000, by=buyer)
            pipeline.mine(self.now + 1)
            pipeline.check()

    def list_native(self) -> None:
        """Lists the chain's own coin, as the timelock would."""
        deployment, node = Workspace(self.folder / "ws").deployment(), self.chain.node
        call = deployment.bind(node, TradeEscrow).list_token(ZERO_ADDRESS)
        timelock = deployment.contracts["Timelock"].address
        node.call("anvil_impersonateAccount", timelock)
        node.set_balance(timelock, 10**18)
        sent = {
            "from": timelock, "to": "0x" + call.to.hex(), "data": "0x" + call.data.hex(),
            "gas": hex(200_000), "gasPrice": hex(10**10),
        }  # fmt: skip
        done = node.call("eth_sendTransaction", sent)
        node.mine()
        assert node.call("eth_getTransactionReceipt", done)["status"] == "0x1"
        node.call("anvil_stopImpersonatingAccount", timelock)
