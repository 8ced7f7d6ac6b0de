"""Pools of capital behind cover: paid into, and as they stand."""

from dataclasses import asdict
from typing import Any

from entrepot.core.money import amount_text
from entrepot.errors import DeploymentError, InputError, RpcError
from entrepot.network.bindings import CargoInsurance, InsurancePool
from entrepot.services import orders, tokens
from entrepot.services.office import Acting, Office
from entrepot.services.orders import Done
from entrepot.services.spelling import moment, share_text


def at(office: Office, address: str | None) -> InsurancePool:
    """The pool at an address, or the deployment's own; `InputError` where there is none."""
    own = office.bind(InsurancePool)
    if address is None or address == own.address:
        return own
    found = InsurancePool(office.node, address, own.artifact)
    try:
        office.node.require_code(address)
        found.insurer_id()
    except (DeploymentError, RpcError):
        raise InputError(f"There is no pool at {address}.") from None
    return found


def approve(office: Office, acting: Acting, address: str | None, amount: str) -> Done:
    """Lets a pool take an amount of its asset from the account of who acts."""
    pool = at(office, address)
    token = tokens.at(office, pool.asset())
    units = token.asked("--amount", amount)
    return orders.allow(office, acting, token, pool.address, units, pool.address)


def deposit(office: Office, acting: Acting, address: str | None, amount: str) -> Done:
    """Puts an amount of a pool's asset into it, for shares of who acts."""
    pool, account = at(office, address), acting.key().address
    token = tokens.at(office, pool.asset())
    units = token.asked("--amount", amount)
    if not units:
        raise InputError("--amount is nothing.")
    tokens.require_funds(
        office, token, account, pool.address, units,
        approve=f"entrepot --as KEY pool approve --amount {amount}",
    )  # fmt: skip
    receipt = office.send_own(pool.deposit(units, account), acting)
    return Done(pool.address, f"deposited {token.text(units)}", receipt)


def show(office: Office, address: str | None) -> dict[str, Any]:
    """A pool's capital and price of a share; amounts in its asset, times as files have them."""
    pool = at(office, address)
    token = tokens.at(office, pool.asset())
    books = asdict(pool.books())
    balance = tokens.contract(office, token.address).balance_of(pool.address)
    capital = balance - books["liabilities"]
    vested_at, vests_in = books.pop("vested_at"), books.pop("vests_in")
    reinsurer = pool.reinsurer()
    has_reinsurer = int(reinsurer, 16) != 0
    return {
        "pool": pool.address,
        "name": pool.name(),
        "insurer": pool.insurer_id(),
        "listed": office.bind(CargoInsurance).is_pool_listed(pool.address),
        "asset": token.spelt(),
        "balance": token.text(balance),
        "capital": token.text(capital),
        "free": token.text(max(capital - books["locked"], 0)),
        **{name: token.text(value) for name, value in books.items()},
        "vested_by": moment(vested_at + vests_in) if books["unvested"] else None,
        "shares": amount_text(pool.total_supply(), pool.decimals()),
        "share_price": token.text(pool.convert_to_assets(10 ** pool.decimals())),
        "commission": share_text(pool.commission_bps()),
        "reinsurer": reinsurer if has_reinsurer else None,
        "retention": token.text(pool.retention()) if has_reinsurer else None,
    }
