"""Shares on their way out of the pool, rebuilt from its events as the pool keeps them."""

import pytest

from entrepot.network.contracts import Event
from entrepot.services.books import rebuild
from entrepot.services.events import Record

OWNER = "0x" + "11" * 20


def record(name: str, **args: int) -> Record:
    event = Event(name, OWNER, {"owner": OWNER, **args}, 1, 1, "0x", 0)
    return Record("InsurancePool", event)


REQUESTED = record("ExitRequested", shares=10, maturesAt=60)
CANCELLED = record("ExitCancelled", shares=10)


@pytest.mark.parametrize(
    ("later", "left"),
    [
        ([], (10, 60)),
        ([record("ExitRequested", shares=5, maturesAt=90)], (15, 90)),
        ([record("Withdraw", shares=4)], (6, 60)),
        ([record("Withdraw", shares=10)], (0, 0)),
        ([CANCELLED], (0, 0)),
        ([CANCELLED, record("ExitRequested", shares=2, maturesAt=120)], (2, 120)),
    ],
    ids=["waiting", "a further request", "redeemed in part", "redeemed", "cancelled", "asked anew"],
)  # fmt: skip
def test_exit_is_what_the_pool_keeps(later: list[Record], left: tuple[int, int]) -> None:
    assert rebuild([REQUESTED, *later]).pool.exits == {OWNER: left}
