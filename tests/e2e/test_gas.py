"""What the actions cost, measured on a devnet of its own."""

import json
from typing import Any

import pytest

from benchmarks import gas

ROWS = gas.targets()


@pytest.fixture(scope="module")
def figures() -> dict[str, int]:
    """Fresh figures."""
    return gas.measure()


def test_figures_are_those_that_are_committed(figures: dict[str, int]) -> None:
    assert figures == json.loads(gas.FIGURES.read_text("utf-8"))


def test_page_shows_the_figures(figures: dict[str, int]) -> None:
    assert gas.PAGE.read_text("utf-8") == gas.page(figures)


def test_every_target_is_measured(figures: dict[str, int]) -> None:
    assert list(figures) == list(ROWS)


def test_batch_of_a_million_costs_what_a_batch_of_one_costs(figures: dict[str, int]) -> None:
    """But for its size in the calldata: two bytes more that are not 0."""
    assert figures["batch_commit"] - figures["batch_commit_one"] == 2 * (16 - 4)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_target_is_met_unless_the_page_says_why_not(
    figures: dict[str, int], row: dict[str, Any]
) -> None:
    assert (figures[row["key"]] <= row["target"]) == (row["missed"] is None)
