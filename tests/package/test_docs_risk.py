"""The figures of `docs/risk-model.md`, computed again from real shipments."""

import csv
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from entrepot.core.shipments import Shipment
from entrepot.services.risk import lateness, prices, track_record
from entrepot.services.risk.evaluation import METHODS, Evaluation, evaluate
from entrepot.services.risk.findings import Kind
from entrepot.services.risk.prices import Sale
from entrepot.services.risk.voyages import of_shipment
from entrepot.services.shipment_csv import read_shipments

ROOT = Path(__file__).parents[2]
SCMS = ROOT.parent / "shared" / "data" / "scms_shipments.csv"
TEXT = (ROOT / "docs" / "risk-model.md").read_text("utf-8")
needs_data = pytest.mark.skipif(not SCMS.exists(), reason="the data set is not beside the checkout")
SEEDS = 5


def rows(heading: str) -> list[list[str]]:
    """Cells of the first table under a heading, without its header."""
    section = TEXT.split(f"# {heading}\n")[1].split("\n#")[0]
    lines = re.findall(r"^\|(.+)\|$", section, re.M)
    return [[cell.strip().replace(",", "") for cell in line.split("|")] for line in lines[2:]]


def numbers(cells: list[str]) -> list[float]:
    return [float(cell.rstrip(" %")) for cell in cells]


def stated(pattern: str) -> list[float]:
    """The numbers in a sentence of the page."""
    (found,) = re.findall(pattern, " ".join(TEXT.split()))
    return [float(each.replace(",", "").replace("\N{MINUS SIGN}", "-")) for each in found]


@pytest.fixture(scope="module")
def shipments() -> list[Shipment]:
    return list(read_shipments(SCMS).shipments)


@pytest.fixture(scope="module")
def evaluation(shipments: list[Shipment]) -> Evaluation:
    return evaluate([of_shipment(each) for each in shipments])


def near(figures: list[float]) -> object:
    """Equal but for what another build of a library may round otherwise."""
    return pytest.approx(figures, abs=0.002, rel=0.01)


@needs_data
def test_methods_did_as_the_table_says(evaluation: Evaluation) -> None:
    table = rows("Measured on real shipments")
    assert [cells[0] for cells in table] == list(METHODS)
    for cells, each in zip(table, evaluation.measures, strict=True):
        assert numbers(cells[1:]) == near(
            [each.auc, each.auc_error, each.average_precision, each.brier, each.precision,
             each.recall, each.warned]
        )  # fmt: skip


@needs_data
def test_years_went_as_the_table_says(evaluation: Evaluation) -> None:
    for cells, each in zip(rows("Year by year"), evaluation.years, strict=True):
        assert numbers(cells) == near([each.year, each.voyages, each.late, *each.auc.values()])


@needs_data
def test_probabilities_came_true_as_the_table_says(evaluation: Evaluation) -> None:
    for cells, each in zip(rows("Said and come"), evaluation.bins, strict=True):
        assert cells[0] == f"{each.low:.2f} to {each.high:.2f}"
        assert numbers(cells[1:]) == near([each.voyages, each.forecast, each.observed])


@needs_data
def test_the_text_says_what_was_measured(evaluation: Evaluation) -> None:
    assert stated(r"Of ([\d,]+) voyages ([\d,]+) had arrived before") == [
        evaluation.voyages, evaluation.arrived_before
    ]  # fmt: skip
    assert stated(r"([\d,]+) forecasts, ([\d,]+) of them late; ([\d,]+) were made without") == [
        evaluation.forecasts, evaluation.late, evaluation.without_model
    ]  # fmt: skip
    assert stated(r"better by ([\d.]+) \(([−\d.]+) to ([\d.]+) in 95 %") == near(
        [evaluation.gain, evaluation.gain_low, evaluation.gain_high]
    )
    model, *_ = evaluation.measures
    seller = next(each for each in evaluation.measures if each.method.startswith("seller"))
    assert model.auc > seller.auc
    assert evaluation.gain_low > 0


@needs_data
@pytest.mark.parametrize("factor", [3, 1 / 3])
def test_planted_prices_are_found_as_often_as_the_table_says(
    shipments: list[Shipment], factor: float
) -> None:
    with SCMS.open(encoding="utf-8-sig", newline="") as stream:
        counts = {row["ID"]: int(row["Line Item Quantity"]) for row in csv.DictReader(stream)}
    sold = [
        Sale(each.row_id, of_shipment(each).decided_at, "", 0, each.product,
             (each.carrier, each.buyer), "$", each.value_cents / counts[each.row_id])
        for each in shipments
    ]  # fmt: skip
    hits = planted = alarms = 0
    for seed in range(SEEDS):
        bad = {each.id for each in Random(seed).sample(sold, round(0.02 * len(sold)))}
        made = [
            replace(each, price=each.price * factor) if each.id in bad else each for each in sold
        ]
        found = {each.sale.id for each in prices.outliers(made)}
        hits, planted, alarms = (
            hits + len(found & bad),
            planted + len(bad),
            alarms + len(found - bad),
        )
    row = next(
        cells for cells in rows("Price outliers") if cells[0] == ("× 3" if factor > 1 else "÷ 3")
    )
    rest = SEEDS * len(sold) - planted
    assert numbers(row[1:]) == pytest.approx([100 * hits / planted, 100 * alarms / rest], abs=0.06)


def test_constants_are_those_of_the_page() -> None:
    assert stated(r"counts half after ([\d,]+) days.*?has the weight of ([\d,]+) outcomes") == [
        track_record.HALF_LIFE / 86_400, track_record.PRIOR
    ]  # fmt: skip
    assert stated(r"Fewer than ([\d,]+) known outcomes, or ([\d,]+) late ones") == [
        lateness.LEAST_OUTCOMES, lateness.LEAST_LATE
    ]  # fmt: skip
    assert [cells[0].strip("`") for cells in rows("Kinds")] == list(Kind)
