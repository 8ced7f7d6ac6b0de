"""Grants and revocations of keys as signed messages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from entrepot.core.messages import KeyGrant, KeyGrants, KeyRevocation, deployment_domain
from entrepot.core.roles import function_names
from entrepot.core.signing import Key
from entrepot.errors import InputError
from entrepot.network.bindings import ParticipantRegistry
from entrepot.network.contracts import Call
from entrepot.services.authority import Authority
from entrepot.services.office import Office
from entrepot.services.spelling import (
    AddressText,
    FunctionNames,
    SignatureText,
    SignedFile,
    TimeText,
    moment,
    require_signed,
    spelt,
    unspelt,
)


class _GrantItem(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    key: AddressText
    functions: FunctionNames
    level: Annotated[int, Field(ge=1, le=255)]
    expiry: TimeText
    acceptance: SignatureText


class GrantsFile(SignedFile):
    """Grants as their file spells them."""

    kind: Literal["entrepot grants"]
    granter: AddressText
    grants: Annotated[list[_GrantItem], Field(min_length=1)]
    signature: SignatureText

    def message(self) -> "Grants":
        """What it holds."""
        grants = tuple(
            KeyGrant(
                self.granter, each.key, each.functions, each.level,
                each.expiry,
            )
            for each in self.grants
        )  # fmt: skip
        acceptances = tuple(unspelt(each.acceptance) for each in self.grants)
        return Grants(self.salt, self.granter, grants, acceptances, unspelt(self.signature))


class RevocationFile(SignedFile):
    """A revocation as its file spells it."""

    kind: Literal["entrepot revocation"]
    key: AddressText
    revoker: AddressText
    signature: SignatureText

    def message(self) -> "Revocation":
        """What it holds."""
        return Revocation(self.salt, self.key, self.revoker, unspelt(self.signature))


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

    def call(self, office: Office) -> Call:
        """The call that brings them to a chain."""
        require_signed(self.lacking)
        acceptances = [acceptance or b"" for acceptance in self.acceptances]
        return office.bind(ParticipantRegistry).grant_keys(
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
                    "acceptance": spelt(acceptance),
                }
                for grant, acceptance in zip(self.grants, self.acceptances, strict=True)
            ],
            "signature": spelt(self.signature),
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

    def call(self, office: Office) -> Call:
        """The call that brings it to a chain."""
        require_signed(self.lacking)
        registry = office.bind(ParticipantRegistry)
        return registry.revoke_key_by_sig(self.key, self.revoker, self.signature or b"")

    def as_json(self) -> dict[str, Any]:
        """As its file spells it."""
        return {
            "kind": "entrepot revocation",
            "version": 1,
            "deployment": "0x" + self.deployment.hex(),
            "key": self.key,
            "revoker": self.revoker,
            "signature": spelt(self.signature),
        }


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


def check(authority: Authority, message: Grants) -> None:
    """`InputError` where the grants would do harm or nothing: an address that was granted already
    would be revoked, one whose grant is over could never get another, and a granter that is not
    good has nothing to give.
    """
    granter = authority.of(message.granter)
    if not granter.is_good:
        raise InputError(f"{message.granter} cannot grant: {granter.reason}.")
    for grant in message.grants:
        if grant.expiry < authority.now:
            raise InputError(f"The grant would be over: it expires {moment(grant.expiry)}.")
        if authority.is_known(grant.key):
            raise InputError(
                f"{grant.key} has been granted before: an address accepts one grant, ever; derive "
                "the next key."
            )
