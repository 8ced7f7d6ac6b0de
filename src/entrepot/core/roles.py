"""Roles and functions as `IParticipantRegistry.sol` numbers them."""

from collections.abc import Iterable
from enum import IntEnum


class Role(IntEnum):
    """What a participant is; bit `1 << role` of its mask."""

    PRODUCER = 0
    SELLER = 1
    BUYER = 2
    CARRIER = 3
    WAREHOUSE = 4
    CUSTOMS_AUTHORITY = 5
    CUSTOMS_BROKER = 6
    INSPECTOR = 7
    BANK = 8
    INSURER = 9
    PAYMENT_PROVIDER = 10
    PLATFORM = 11
    RATING_AGENCY = 12
    REGULATOR = 13
    ARBITER = 14


class Function(IntEnum):
    """What a key may be used for; bit `1 << function` of its mask."""

    BUY = 0
    SELL = 1
    LABEL = 2
    HANDOVER = 3
    RECEIVE = 4
    UNDERWRITE = 5
    ARBITRATE = 6
    CERTIFY = 7
    DECLARE = 8
    INSPECT = 9
    CLEAR = 10
    FINANCE = 11
    MEASURE = 12


def mask(*members: Role | Function) -> int:
    """Bit mask of roles or of functions."""
    bits = 0
    for member in members:
        bits |= 1 << member
    return bits


class Refusal(IntEnum):
    """Why an account may not use a function."""

    UNKNOWN_KEY = 0
    REVOKED_KEY = 1
    EXPIRED_KEY = 2
    RECALLED_KEY = 3
    FUNCTION_NOT_GRANTED = 4
    ROLE_MISSING = 5


def role_names(roles: int) -> list[str]:
    """Names of the roles of a mask."""
    return [role.name.lower() for role in Role if roles >> role & 1]


def roles_named(names: Iterable[str]) -> int:
    """Mask of roles by their names; `ValueError` for a name of none."""
    return mask(*(Role(_member(Role, name)) for name in names))


def functions_named(names: Iterable[str]) -> int:
    """Mask of functions by their names; `ValueError` for a name of none."""
    return mask(*(Function(_member(Function, name)) for name in names))


def function_names(functions: int) -> list[str]:
    """Names of the functions of a mask."""
    return [each.name.lower() for each in Function if functions >> each & 1]


def _member(kind: type[IntEnum], name: str) -> int:
    found = kind.__members__.get(name.strip().upper().replace("-", "_"))
    if found is None:
        known = ", ".join(member.lower() for member in kind.__members__)
        raise ValueError(f"{name!r} is no {kind.__name__.lower()}; there are {known}")
    return found
