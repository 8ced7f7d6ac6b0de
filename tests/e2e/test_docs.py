"""What the pages in `docs/` say of a run, read from one that is played on a devnet."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from entrepot.core.money import UNITS_PER_CENT, dollars
from entrepot.core.shipments import Shipment
from entrepot.network.node import Node
from entrepot.services import audit, events
from entrepot.services.books import Books, rebuild
from entrepot.services.replay import play
from entrepot.services.summary import figures
from entrepot.services.trading import Trade
from entrepot.services.workspace import Workspace

DOCS = Path(__file__).parents[2] / "docs"
# The last event before the state that a row of the table shows.
MOMENTS = {
    "the deposits": ("InsurancePool", "Deposit"),
    "the purchase": ("InsurancePool", "CollateralLocked"),
    "the claim": ("InsurancePool", "PayoutMade"),
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The trade that `insurance-model.md` works out."""
    out = tmp_path_factory.mktemp("docs")
    shipment = Shipment(
        row_id="1", buyer="Chad", seller="Alder", carrier="Air / Chad", product="Optics",
        value_cents=1_000_000, premium_units=25 * 10**6,
        scheduled=date(2024, 3, 1), delivered=date(2024, 3, 11),
    )  # fmt: skip
    play([Trade(1, shipment)], out, asked={"source": "one trade"}, with_ceiling=False)
    return Workspace(out)


@pytest.fixture(scope="module")
def node(played: Workspace) -> Iterator[Node]:
    with played.node() as found:
        yield found


def test_pool_holds_what_the_page_says(played: Workspace, node: Node) -> None:
    table = {name: cells for name, *cells in rows("insurance-model", "Worked example: the pool")}
    deployment = played.deployment()
    pool = deployment.contract(node, "InsurancePool")
    records = list(events.read(node, deployment))
    found = {}
    for moment, key in MOMENTS.items():
        block = max(r.event.block for r in records if (r.contract, r.event.name) == key)
        books = rebuild(r for r in records if r.event.block <= block)
        time = max(r.event.timestamp for r in records if r.event.block <= block)
        found[moment] = money(books, pool.address, time)
    assert found == table
    # The chain goes on until the journey is rated, a month after the claim.
    *_, assets = money(rebuild(records), pool.address, node.time())
    assert dollars(pool.call("totalAssets") // UNITS_PER_CENT) == assets
    assert f"{assets} after 30" in (DOCS / "insurance-model.md").read_text("utf-8")


def test_specification_lists_the_checks_of_the_audit(played: Workspace, node: Node) -> None:
    deployment = played.deployment()
    dollar = deployment.contracts["TestDollar"].address
    said = figures(rebuild(events.read(node, deployment)), dollar)
    report = audit.audit(node, deployment, summary=said)
    assert report.passed
    assert [name for name, _ in rows("specification", "Audit")] == [
        f"`{check.name}`" for check in report.checks
    ]


def rows(page: str, heading: str) -> list[list[str]]:
    """Cells of the first table under a heading, without its header."""
    text = (DOCS / f"{page}.md").read_text("utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\|(.+)\|$", section, re.M)
    return [[cell.strip() for cell in line.split("|")] for line in lines[2:]]


def money(books: Books, pool: str, time: int) -> list[str]:
    """Balance, liabilities, locked, first loss, unvested and shareholders' assets in dollars."""
    balance, kept = books.balances[pool], books.pool
    held = kept.liabilities, kept.locked, kept.first_loss, kept.unvested_at(time)
    amounts = balance, *held, kept.assets(balance, time)
    return [dollars(amount // UNITS_PER_CENT) for amount in amounts]
