"""What Python and Solidity both spell out is the same in both."""

import re
from enum import IntEnum
from functools import cache
from pathlib import Path

import pytest

from entrepot.core import cover, credit, exposures, metrics, roles, settlement
from entrepot.core.messages import Label, Message, Permit, Watch
from entrepot.services.books import entries
from tests.package.strategies import MESSAGES

ROOT = Path(__file__).parents[2]


@cache
def solidity() -> str:
    folders = ("contracts", "interfaces")
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.sol"))
    return "\n".join(path.read_text("utf-8") for path in paths)


def members(enum: str) -> list[str]:
    (body,) = re.findall(rf"enum {enum} \{{(.*?)\}}", solidity(), re.S)
    names = re.sub(r"//.*", "", body).replace(",", " ").split()
    return [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper() for name in names]


@pytest.mark.parametrize(
    ("enum", "twin"),
    [
        ("Role", roles.Role),
        ("Function", roles.Function),
        ("Refusal", roles.Refusal),
        ("Grade", credit.Grade),
        ("TradeOutcome", credit.TradeOutcome),
        ("LegOutcome", credit.LegOutcome),
        ("OrderState", entries.OrderState),
        ("PolicyState", entries.PolicyState),
        ("BatchState", entries.BatchState),
        ("ShipmentState", entries.ShipmentState),
        ("Suspicion", entries.Suspicion),
        ("Condition", settlement.Condition),
        ("Outcome", settlement.Outcome),
        ("Purpose", settlement.Purpose),
        ("CustomsState", settlement.CustomsState),
        ("Metric", metrics.Metric),
        ("PerilKind", cover.PerilKind),
        ("Arrival", exposures.Arrival),
        ("Inspection", entries.Inspection),
        ("Finding", entries.Finding),
    ],
)
def test_enums_have_the_same_members_in_the_same_order(enum: str, twin: type[IntEnum]) -> None:
    assert [member.name for member in twin] == members(enum)
    assert list(twin) == list(range(len(twin)))


# What no contract reads, or nobody signs by itself, has no twin.
@pytest.mark.parametrize(
    "kind",
    [kind for kind in MESSAGES if kind not in (Label, Watch)],
    ids=lambda kind: kind.__name__,
)
def test_messages_have_the_type_strings_of_the_contracts(kind: type[Message]) -> None:
    permit = ROOT / "node_modules/@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol"
    text = permit.read_text("utf-8") if kind is Permit else solidity()
    joined = re.sub(r'"\s+"', "", text)
    assert f'"{kind.type_string()}"' in joined


def test_masks_name_their_roles() -> None:
    seller_and_buyer = roles.mask(roles.Role.SELLER, roles.Role.BUYER)
    assert seller_and_buyer == 0b110
    assert roles.role_names(seller_and_buyer) == ["seller", "buyer"]
    assert roles.role_names(roles.mask()) == []
