"""The pool that `docs/insurance-model.md` works out, played on a devnet."""

import re
from datetime import date
from pathlib import Path

from entrepot.core.money import UNITS_PER_CENT, dollars
from entrepot.core.shipments import Shipment
from entrepot.services import audit, events
from entrepot.services.books import Books, rebuild
from entrepot.services.replay import play
from entrepot.services.trading import Trade
from entrepot.services.workspace import Workspace

TEXT = (Path(__file__).parents[2] / "docs" / "insurance-model.md").read_text("utf-8")
# The last event before the state that a row of the table shows.
MOMENTS = {
    "the deposits": ("InsurancePool", "Deposit"),
    "the purchase": ("InsurancePool", "CollateralLocked"),
    "the claim": ("InsurancePool", "PayoutMade"),
}


def test_pool_holds_what_the_page_says(tmp_path: Path) -> None:
    section = TEXT.split("## Worked example: the pool")[1].split("\n## ")[0]
    table = {
        cells[0]: cells[1:]
        for line in re.findall(r"^\|(.+)\|$", section, re.M)[2:]
        for cells in [[cell.strip() for cell in line.split("|")]]
    }
    shipment = Shipment(
        row_id="1", buyer="Chad", seller="Alder", carrier="Air / Chad", product="Optics",
        value_cents=1_000_000, premium_units=25 * 10**6,
        scheduled=date(2024, 3, 1), delivered=date(2024, 3, 11),
    )  # fmt: skip
    play([Trade(1, shipment)], tmp_path, asked={"source": "one trade"}, with_ceiling=False)

    workspace = Workspace(tmp_path)
    deployment = workspace.deployment()
    pool = deployment.contracts["InsurancePool"].address
    with workspace.node() as node:
        assert audit.audit(node, deployment).passed
        records = events.read(node, deployment)
        shares = deployment.contract(node, "InsurancePool").call("totalAssets")
    found = {}
    for moment, key in MOMENTS.items():
        block = max(r.event.block for r in records if (r.contract, r.event.name) == key)
        found[moment] = row(rebuild(r for r in records if r.event.block <= block), pool)
    assert found == table
    assert dollars(shares // UNITS_PER_CENT) == table["the claim"][-1]


def row(books: Books, pool: str) -> list[str]:
    """Balance, liabilities, locked, first loss and shareholders' assets in dollars."""
    balance, kept = books.balances[pool], books.pool
    assets = balance - kept.liabilities - kept.first_loss
    amounts = balance, kept.liabilities, kept.locked, kept.first_loss, assets
    return [dollars(amount // UNITS_PER_CENT) for amount in amounts]
