"""How addresses, times and signatures are spelt, in files of signed messages and by people."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from entrepot.core.roles import functions_named, roles_named
from entrepot.core.settlement import WHOLE
from entrepot.core.signing import checksum_address, keccak
from entrepot.errors import InputError

NEVER = 2**40 - 1
_HEX = re.compile("0x(?:[0-9a-f]{2})*")
_ADDRESS_LENGTH = 42
_LAST_SECOND = 253_402_300_799
_SHARE = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,2})?) ?(%|bps)")
_WORD = re.compile("0x[0-9a-f]{64}")
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def address_of(text: str) -> str:
    """An address in EIP-55 form; `InputError` where the text is none, or its capitals are wrong.

    Of a text as long as a private key the error shows nothing.
    """
    if re.fullmatch("0x[0-9a-fA-F]{40}", text):
        found = checksum_address(bytes.fromhex(text[2:]))
        if text in (found, found.lower()):
            return found
    shown = repr(text) if len(text) <= _ADDRESS_LENGTH else "What was given"
    raise InputError(f"{shown} is no address: 0x and 40 hexadecimal digits, copied whole.")


def first_second_of(day: str) -> int:
    """Its first second, UTC, of a day `YYYY-MM-DD`; `InputError` for others."""
    try:
        return _seconds(day, "%Y-%m-%d")
    except ValueError:
        raise InputError(f"{day!r} is no day from 1970 on: write YYYY-MM-DD.") from None


def expiry_of(text: str) -> int:
    """The last second, UTC, of a day `YYYY-MM-DD`, or of no day for `never`."""
    return NEVER if text == "never" else first_second_of(text) + 86_399


def moment_of(text: str) -> int:
    """Seconds UTC of a time `YYYY-MM-DDTHH:MM:SSZ`; `InputError` for others."""
    try:
        return _seconds(text, _MOMENT)
    except ValueError:
        raise InputError(
            f"{text!r} is no time: write YYYY-MM-DDTHH:MM:SSZ, from 1970 on."
        ) from None


def share_of(text: str) -> int:
    """Basis points of a share such as `12.5%` or `1250 bps`; `InputError` for others."""
    found = _SHARE.fullmatch(text)
    if found is not None:
        parts = Decimal(found[1]) * 100 if found[2] == "%" else Decimal(found[1])
        if parts <= WHOLE and parts == int(parts):
            return int(parts)
    raise InputError(
        f"{text!r} is no share: write it in percent or basis points, 12.5% or 1250 bps, up to 100%."
    )


def share_text(bps: int) -> str:
    """A share in basis points as people have it, in percent."""
    whole, part = divmod(bps, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") + "%"


def commitment_of(text: str) -> bytes:
    """32 bytes that commit to something: `0x` and 64 digits as they stand, else the keccak-256 of a
    text; `InputError` for an empty one.
    """
    if _WORD.fullmatch(text):
        return bytes.fromhex(text[2:])
    if not text.strip():
        raise InputError("What is committed to cannot be empty: give a text, or 0x and 64 digits.")
    return keccak(text.encode())


def functions_of(text: str) -> int:
    """Mask of functions by their names, with commas between; `InputError` for a name of none."""
    return _named(functions_named, text)


def roles_of(text: str) -> int:
    """Mask of roles by their names, with commas between; `InputError` for a name of none."""
    return _named(roles_named, text)


def moment(seconds: int) -> str | None:
    """A time in seconds UTC as files and people have it; None for never.

    A chain takes times that no calendar has; they show as the last second that it has.
    """
    if seconds == NEVER:
        return None
    return datetime.fromtimestamp(min(seconds, _LAST_SECOND), UTC).strftime(_MOMENT)


def _named(masked: Callable[[Iterable[str]], int], text: str) -> int:
    try:
        return masked(text.split(","))
    except ValueError as failure:
        raise InputError(f"{failure}.") from None


def _address(value: Any) -> str:
    try:
        return address_of(value if isinstance(value, str) else "")
    except InputError as failure:
        raise ValueError(str(failure)) from None


def _signature(value: Any) -> Any:
    if value is None or (isinstance(value, str) and _HEX.fullmatch(value)):
        return value
    raise ValueError("a signature is 0x and pairs of the digits 0-9a-f, or null")


def _expiry(value: Any) -> Any:
    if value is None:
        return NEVER
    try:
        return _seconds(str(value), _MOMENT)
    except ValueError:
        raise ValueError(
            "a time is YYYY-MM-DDTHH:MM:SSZ, from 1970 on, or null for never"
        ) from None


def _seconds(text: str, form: str) -> int:
    found = int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp())
    if found < 0:
        raise ValueError("chains count from 1970")
    return found


def reads(read: Callable[[str], Any]) -> BeforeValidator:
    """A validator for what a function reads from a text, whose `InputError` becomes the clause."""

    def validated(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("a text is wanted")
        try:
            return read(value)
        except InputError as failure:
            raise ValueError(str(failure).rstrip(".")) from None

    return BeforeValidator(validated)


AddressText = Annotated[str, BeforeValidator(_address)]
SignatureText = Annotated[str | None, BeforeValidator(_signature)]
TimeText = Annotated[int, BeforeValidator(_expiry)]
MomentText = Annotated[int, reads(moment_of)]
ShareText = Annotated[int, reads(share_of)]
CommitmentText = Annotated[bytes, reads(commitment_of)]


FunctionNames = Annotated[int, BeforeValidator(functions_named)]
RoleNames = Annotated[int, BeforeValidator(roles_named)]


class SignedFile(BaseModel):
    """What every file of a signed message has."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: Literal[1]
    deployment: Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]

    @property
    def salt(self) -> bytes:
        """The deployment's salt, 32 bytes."""
        return bytes.fromhex(self.deployment[2:])


def require_id(number: int) -> None:
    """`InputError` where a number can be no participant's."""
    if not 0 < number < 2**64:
        raise InputError(f"{number} is no participant's id: ids are 1 to 2^64 - 1.")


def wrong_file(path: Path, failure: ValidationError) -> InputError:
    """What is to be raised for the first thing that is wrong with a file's content."""
    error = failure.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in error["loc"])
    clause = error["msg"].removeprefix("Value error, ").rstrip(".")
    return InputError(f"{path} is wrong: `{place}`: {clause}.")


def require_signed(lacking: Sequence[str]) -> None:
    """`InputError` where accounts have not signed yet."""
    if lacking:
        names = ", ".join(lacking)
        raise InputError(
            f"Signatures are missing, by {names}: --write the message to a file, in which "
            "`entrepot keys sign` adds them."
        )


def spelt(signature: bytes | None) -> str | None:
    """A signature as a file has it."""
    return None if signature is None else "0x" + signature.hex()


def unspelt(text: str | None) -> bytes | None:
    """A signature of a file."""
    return None if text is None else bytes.fromhex(text[2:])
