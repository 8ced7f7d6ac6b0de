"""The test dollar and the insurer's pool, from events."""

from typing import Any

from entrepot.network.contracts import Event
from entrepot.services.books.entries import Books, Handlers


def _token_transfer(books: Books, args: dict[str, Any], _: Event) -> None:
    books.balances[args["from"]] -= args["value"]
    books.balances[args["to"]] += args["value"]


def _share_transfer(books: Books, args: dict[str, Any], _: Event) -> None:
    books.shares[args["from"]] -= args["value"]
    books.shares[args["to"]] += args["value"]


def _collateral_locked(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.locked += args["maximum"]
    books.pool.liabilities += args["premium"]


def _collateral_released(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.locked -= args["freed"]
    books.pool.liabilities -= args["premium"]


def _payout_made(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.locked -= args["amount"]
    books.pool.first_loss -= args["fromFirstLoss"]


def _reserve_moved(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.reserved += args["current"] - args["previous"]


def _vesting_changed(books: Books, args: dict[str, Any], event: Event) -> None:
    books.pool.unvested, books.pool.vests_in = args["unvested"], args["vestsIn"]
    books.pool.vested_at = event.timestamp


def _first_loss_deposited(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.first_loss += args["amount"]


def _first_loss_withdrawn(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.first_loss -= args["amount"]


def _pool_deferred(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.deferred[args["payee"]] += args["amount"]
    books.pool.liabilities += args["amount"]


def _pool_withdrawn(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.deferred[args["payee"]] -= args["amount"]
    books.pool.liabilities -= args["amount"]


def _exit_requested(books: Books, args: dict[str, Any], _: Event) -> None:
    shares, _matures = books.pool.exits.get(args["owner"], (0, 0))
    books.pool.exits[args["owner"]] = (shares + args["shares"], args["maturesAt"])


def _redeemed(books: Books, args: dict[str, Any], _: Event) -> None:
    shares, matures = books.pool.exits[args["owner"]]
    left = shares - args["shares"]
    books.pool.exits[args["owner"]] = (left, matures) if left else (0, 0)


def _exit_cancelled(books: Books, args: dict[str, Any], _: Event) -> None:
    books.pool.exits[args["owner"]] = (0, 0)


HANDLERS: Handlers = {
    ("TestDollar", "Transfer"): _token_transfer,
    ("InsurancePool", "Transfer"): _share_transfer,
    ("InsurancePool", "CollateralLocked"): _collateral_locked,
    ("InsurancePool", "CollateralReleased"): _collateral_released,
    ("InsurancePool", "PayoutMade"): _payout_made,
    ("InsurancePool", "ReserveMoved"): _reserve_moved,
    ("InsurancePool", "VestingChanged"): _vesting_changed,
    ("InsurancePool", "FirstLossDeposited"): _first_loss_deposited,
    ("InsurancePool", "FirstLossWithdrawn"): _first_loss_withdrawn,
    ("InsurancePool", "PaymentDeferred"): _pool_deferred,
    ("InsurancePool", "PaymentWithdrawn"): _pool_withdrawn,
    ("InsurancePool", "ExitRequested"): _exit_requested,
    ("InsurancePool", "ExitCancelled"): _exit_cancelled,
    ("InsurancePool", "Withdraw"): _redeemed,
}
