"""The tokens in which orders are paid, as people name them.

| spelt | stands for |
|---|---|
| `native` | the chain's own coin, 18 decimals |
| `TestDollar` | the token that the deployment has under that name |
| `0x…` | another token; a file says its decimals beside it, a chain is asked for them |
"""

import re
from dataclasses import dataclass
from typing import Any

from eth_abi.exceptions import DecodingError

from entrepot.core.messages import ZERO_ADDRESS
from entrepot.core.money import TOKEN_DECIMALS, amount_text, units_of
from entrepot.errors import InputError, RpcError
from entrepot.network.artifacts import load
from entrepot.network.bindings import TestDollar
from entrepot.network.deployments import Deployment
from entrepot.services.office import Office
from entrepot.services.spelling import address_of

_NATIVE = "native"
_NATIVE_DECIMALS = 18
_DEPLOYED = {"TestDollar": TOKEN_DECIMALS}
_MOST_DECIMALS = 36
MOST_UNITS = 2**128 - 1
"""Most that an amount can be, in a token's smallest units."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `name` is None where it has none in the deployment."""

    address: str
    decimals: int
    name: str | None = None

    @property
    def is_native(self) -> bool:
        """Whether it is the chain's own coin."""
        return self.address == ZERO_ADDRESS

    def units(self, text: str) -> int:
        """Smallest units of a decimal text; `ValueError` where it is no amount of this token."""
        found = units_of(text, self.decimals)
        if found > MOST_UNITS:
            raise ValueError(f"{text} is more than any order can be")
        return found

    def asked(self, option: str, text: str) -> int:
        """Smallest units of what an option says; `InputError` where it is no amount."""
        try:
            return self.units(text)
        except ValueError as failure:
            raise InputError(f"{option} cannot be used: {failure}.") from None

    def text(self, units: int) -> str:
        """A decimal text of smallest units."""
        return amount_text(units, self.decimals)

    def spelt(self) -> Any:
        """As files have it."""
        return self.name or {"address": self.address, "decimals": str(self.decimals)}


def of_file(deployment: Deployment, spelt: Any) -> Token:
    """The token that a file names; `ValueError` where it is none."""
    if isinstance(spelt, str):
        found = _named(deployment, spelt)
        if found is not None:
            return found
        if spelt.startswith("0x"):
            raise ValueError("beside a token's `address` say its `decimals`")
    elif isinstance(spelt, dict) and spelt.keys() == {"address", "decimals"}:
        decimals = str(spelt["decimals"])
        if not re.fullmatch("[0-9]{1,2}", decimals) or int(decimals) > _MOST_DECIMALS:
            raise ValueError(f"`decimals` are 0 to {_MOST_DECIMALS}")
        try:
            return Token(address_of(str(spelt["address"])), int(decimals))
        except InputError as failure:
            raise ValueError(str(failure).rstrip(".")) from None
    known = ", ".join([_NATIVE, *_DEPLOYED])
    raise ValueError(f"it is one of {known}, or has an `address` and its `decimals`")


def of_name(office: Office, text: str) -> Token:
    """The token that somebody names to a command; `InputError` where it is none."""
    found = _named(office.deployment, text)
    if found is not None:
        return found
    if not text.startswith("0x"):
        known = ", ".join([_NATIVE, *_DEPLOYED])
        raise InputError(f"{text!r} is no token: give {known} or an address.")
    return at(office, address_of(text))


def at(office: Office, address: str) -> Token:
    """The token at an address, zero for the native coin."""
    for name in (_NATIVE, *_DEPLOYED):
        found = _named(office.deployment, name)
        if found is not None and found.address == address:
            return found
    return Token(address, _decimals(office, address))


def contract(office: Office, address: str) -> TestDollar:
    """The ERC-20 contract at an address."""
    return TestDollar(office.node, address, load("TestDollar"))


def require_real(office: Office, token: Token) -> None:
    """`InputError` where a token has other decimals than were signed for."""
    if token.is_native:
        return
    actual = _decimals(office, token.address)
    if actual != token.decimals:
        raise InputError(f"The token {token.address} has {actual} decimals, not {token.decimals}.")


def require_funds(
    office: Office, token: Token, owner: str, spender: str, units: int, *, approve: str
) -> None:
    """`InputError` where a token's owner lacks an amount, or has not approved it; `approve` is the
    command that does.
    """
    if token.is_native:
        return
    found = contract(office, token.address)
    has = found.balance_of(owner)
    if has < units:
        raise InputError(f"{owner} has {token.text(has)} of the {token.text(units)} it would pay.")
    if found.allowance(owner, spender) < units:
        raise InputError(f"{owner} has not approved {token.text(units)} yet: `{approve}`.")


def _decimals(office: Office, address: str) -> int:
    """What a token says; `InputError` where there is none that does."""
    try:
        return contract(office, address).decimals()
    except (RpcError, DecodingError):
        raise InputError(f"There is no token at {address} that says its decimals.") from None


def _named(deployment: Deployment, name: str) -> Token | None:
    if name == _NATIVE:
        return Token(ZERO_ADDRESS, _NATIVE_DECIMALS, _NATIVE)
    if name in _DEPLOYED and name in deployment.contracts:
        return Token(deployment.contracts[name].address, _DEPLOYED[name], name)
    return None
