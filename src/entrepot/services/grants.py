"""Grants and revocations of keys as signed messages: made here, signed by whoever has the key,
brought to a chain by anyone.

A message is a file in JSON that holds no secret. It is good on every chain of its deployment.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from entrepot.core.messages import KeyGrant, KeyGrants, KeyRevocation, deployment_domain
from entrepot.core.roles import Function, function_names, mask
from entrepot.core.signing import Key, checksum_address
from entrepot.errors import InputError
from entrepot.network.bindings import ParticipantRegistry
from entrepot.network.contracts import Call
from entrepot.storage.files import create_private, read_json, write_json

NEVER = 2**40 - 1
_HEX = re.compile("0x(?:[0-9a-f]{2})*")
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def address_of(text: str) -> str:
    """An address in EIP-55 form; `InputError` where the text is none, or its capitals are wrong."""
    if re.fullmatch("0x[0-9a-fA-F]{40}", text):
        found = checksum_address(bytes.fromhex(text[2:]))
        if text in (found, found.lower()):
            return found
    raise InputError(f"{text!r} is no address: 0x and 40 hexadecimal digits, copied whole.")


def functions_of(text: str) -> int:
    """Mask of functions by their names, with commas between; `InputError` for a name of none."""
    names = [name.strip().lower() for name in text.split(",")]
    unknown = [name for name in names if name.upper() not in Function.__members__]
    if unknown:
        known = ", ".join(function_names(mask(*Function)))
        raise InputError(f"{unknown[0]!r} is no function; there are {known}.")
    return mask(*(Function[name.upper()] for name in names))


def expiry_of(text: str) -> int:
    """Last second, UTC, of a day `YYYY-MM-DD`, or of no day for `never`; `InputError` otherwise."""
    if text == "never":
        return NEVER
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InputError(f"{text!r} is no day: give YYYY-MM-DD, or never.") from None
    return int(day.timestamp()) + 86_399


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
        return int(datetime.strptime(str(value), _MOMENT).replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise ValueError("a time is YYYY-MM-DDTHH:MM:SSZ, or null for never") from None


Address = Annotated[str, BeforeValidator(_address)]
Signature = Annotated[str | None, BeforeValidator(_signature)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: Literal[1]
    deployment: Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]


class _GrantItem(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    key: Address
    functions: Annotated[list[str], Field(min_length=1)]
    level: Annotated[int, Field(ge=1, le=255)]
    expiry: Annotated[int, BeforeValidator(_expiry)]
    acceptance: Signature


class _GrantsFile(_File):
    kind: Literal["entrepot grants"]
    granter: Address
    grants: Annotated[list[_GrantItem], Field(min_length=1)]
    signature: Signature


class _RevocationFile(_File):
    kind: Literal["entrepot revocation"]
    key: Address
    revoker: Address
    signature: Signature


@dataclass(frozen=True, slots=True)
class Grants:
    """Grants by one granter, with the signatures that they have so far: None where one lacks."""

    deployment: bytes
    granter: str
    grants: tuple[KeyGrant, ...]
    acceptances: tuple[bytes | None, ...]
    signature: bytes | None = None

    def sign(self, key: Key) -> "Grants":
        """With all signatures that a key can give; `InputError` where it can give none."""
        domain = deployment_domain(self.deployment)
        acceptances = tuple(
            grant.sign(key, domain) if grant.key == key.address else acceptance
            for grant, acceptance in zip(self.grants, self.acceptances, strict=True)
        )
        signature = self.signature
        if key.address == self.granter:
            signature = KeyGrants(self.grants).sign(key, domain)
        if (acceptances, signature) == (self.acceptances, self.signature):
            raise InputError(f"{key.address} has nothing to sign here that it has not signed.")
        return replace(self, acceptances=acceptances, signature=signature)

    @property
    def lacking(self) -> list[str]:
        """Accounts that have not signed yet."""
        missing = [] if self.signature else [self.granter]
        pairs = zip(self.grants, self.acceptances, strict=True)
        return missing + [grant.key for grant, acceptance in pairs if acceptance is None]

    def call(self, registry: ParticipantRegistry) -> Call:
        """The call that brings them to a chain."""
        _require_signed(self.lacking)
        acceptances = [acceptance or b"" for acceptance in self.acceptances]
        return registry.grant_keys(
            list(self.grants), acceptances, self.granter, self.signature or b""
        )

    def as_json(self) -> dict[str, Any]:
        """As its file spells it."""
        return {
            "kind": "entrepot grants",
            "version": 1,
            "deployment": "0x" + self.deployment.hex(),
            "granter": self.granter,
            "grants": [
                {
                    "key": grant.key,
                    "functions": function_names(grant.functions),
                    "level": grant.level,
                    "expiry": moment(grant.expiry),
                    "acceptance": _spelt(acceptance),
                }
                for grant, acceptance in zip(self.grants, self.acceptances, strict=True)
            ],
            "signature": _spelt(self.signature),
        }


@dataclass(frozen=True, slots=True)
class Revocation:
    """The end of a key, with the revoker's signature if it has been given."""

    deployment: bytes
    key: str
    revoker: str
    signature: bytes | None = None

    def sign(self, key: Key) -> "Revocation":
        """Signed by the revoker's key; `InputError` for another."""
        if key.address != self.revoker:
            raise InputError(f"{key.address} has nothing to sign here: {self.revoker} revokes.")
        domain = deployment_domain(self.deployment)
        return replace(self, signature=KeyRevocation(self.key).sign(key, domain))

    @property
    def lacking(self) -> list[str]:
        """Accounts that have not signed yet."""
        return [] if self.signature else [self.revoker]

    def call(self, registry: ParticipantRegistry) -> Call:
        """The call that brings it to a chain."""
        _require_signed(self.lacking)
        return registry.revoke_key_by_sig(self.key, self.revoker, self.signature or b"")

    def as_json(self) -> dict[str, Any]:
        """As its file spells it."""
        return {
            "kind": "entrepot revocation",
            "version": 1,
            "deployment": "0x" + self.deployment.hex(),
            "key": self.key,
            "revoker": self.revoker,
            "signature": _spelt(self.signature),
        }


Signed = Grants | Revocation


def drafted(
    deployment: bytes,
    granter: str,
    keys: Sequence[tuple[str, int]],
    functions: int,
    expiry: int,
) -> Grants:
    """Grants of the same functions until the same second to keys, each an address and its level."""
    grants = tuple(KeyGrant(granter, key, functions, level, expiry) for key, level in keys)
    if len({grant.key for grant in grants}) != len(grants):
        raise InputError("A key stands twice: an address accepts one grant, ever.")
    return Grants(deployment, granter, grants, (None,) * len(grants))


def load(path: Path) -> Signed:
    """The message in a file; `InputError` says what is wrong with it."""
    content = read_json(path)
    kind = content.get("kind") if isinstance(content, dict) else None
    try:
        if kind == "entrepot grants":
            return _grants(_GrantsFile.model_validate(content))
        if kind == "entrepot revocation":
            return _revocation(_RevocationFile.model_validate(content))
    except ValidationError as failure:
        error = failure.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in error["loc"])
        clause = error["msg"].removeprefix("Value error, ").rstrip(".")
        raise InputError(f"{path} is wrong: `{key}`: {clause}.") from None
    raise InputError(f"{path} holds neither grants nor a revocation of keys.")


def create(path: Path, message: Signed) -> None:
    """Writes a message into a new file; `WorkspaceError` where there is one already."""
    create_private(path, (json.dumps(message.as_json(), indent=2) + "\n").encode())


def sign_file(path: Path, key: Key) -> Signed:
    """Adds the signatures that a key can give to the message in a file."""
    signed = load(path).sign(key)
    write_json(path, signed.as_json())
    return signed


def moment(seconds: int) -> str | None:
    """A time in seconds UTC as files and people have it; None for never."""
    return None if seconds == NEVER else datetime.fromtimestamp(seconds, UTC).strftime(_MOMENT)


def _grants(file: _GrantsFile) -> Grants:
    grants = tuple(
        KeyGrant(
            file.granter, item.key, functions_of(",".join(item.functions)), item.level, item.expiry
        )
        for item in file.grants
    )
    acceptances = tuple(_unspelt(item.acceptance) for item in file.grants)
    return Grants(
        bytes.fromhex(file.deployment[2:]),
        file.granter,
        grants,
        acceptances,
        _unspelt(file.signature),
    )


def _revocation(file: _RevocationFile) -> Revocation:
    deployment = bytes.fromhex(file.deployment[2:])
    return Revocation(deployment, file.key, file.revoker, _unspelt(file.signature))


def _require_signed(lacking: Sequence[str]) -> None:
    if lacking:
        names = ", ".join(lacking)
        raise InputError(f"Signatures are missing, by {names}: `entrepot keys sign` adds them.")


def _spelt(signature: bytes | None) -> str | None:
    return None if signature is None else "0x" + signature.hex()


def _unspelt(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text[2:])
