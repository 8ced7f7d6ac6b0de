"""Registrations of participants as signed messages: roots accept, members of the council decide."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from entrepot.core.council import joined
from entrepot.core.keys import Wallet
from entrepot.core.messages import Registration, Registrations, deployment_domain
from entrepot.core.roles import role_names
from entrepot.core.signing import Key, checksum_address
from entrepot.errors import InputError
from entrepot.network.bindings import Council, ParticipantRegistry
from entrepot.network.contracts import Call
from entrepot.services.deploy import THRESHOLD, council_keys
from entrepot.services.office import Office
from entrepot.services.spelling import (
    AddressText,
    RoleNames,
    SignatureText,
    SignedFile,
    require_id,
    require_signed,
    spelt,
    unspelt,
)

_ADDRESS_BYTES = 20


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Annotated[int, Field(ge=1, lt=2**64)]
    roles: RoleNames
    root: AddressText
    acceptance: SignatureText


class _Member(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    account: AddressText
    signature: SignatureText


class EnrolmentFile(SignedFile):
    """Registrations as their file spells them."""

    kind: Literal["entrepot registrations"]
    registrations: Annotated[list[_Entry], Field(min_length=1)]
    council: AddressText
    threshold: Annotated[int, Field(ge=1)]
    members: list[_Member]

    def message(self) -> "Enrolment":
        """What it holds."""
        return Enrolment(
            self.salt,
            tuple(Registration(each.id, each.roles, each.root) for each in self.registrations),
            tuple(unspelt(each.acceptance) for each in self.registrations),
            self.council,
            self.threshold,
            {each.account: unspelt(each.signature) for each in self.members},
        )


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Registrations, with the signatures that they have so far: None where one lacks."""

    deployment: bytes
    registrations: tuple[Registration, ...]
    acceptances: tuple[bytes | None, ...]
    council: str
    threshold: int
    members: dict[str, bytes | None]

    def sign(self, key: Key) -> "Enrolment":
        """With all signatures that a key can give; `InputError` where it can give none."""
        domain = deployment_domain(self.deployment)
        acceptances = tuple(
            entry.sign(key, domain) if entry.root == key.address else given
            for entry, given in zip(self.registrations, self.acceptances, strict=True)
        )
        members = dict(self.members)
        if key.address in members:
            members[key.address] = Registrations(self.registrations).sign(key, domain)
        if (acceptances, members) == (self.acceptances, self.members):
            raise InputError(f"{key.address} has nothing to sign here that it has not signed.")
        return replace(self, acceptances=acceptances, members=members)

    @property
    def lacking(self) -> list[str]:
        """Accounts that have not signed yet, members only while there are too few."""
        pairs = zip(self.registrations, self.acceptances, strict=True)
        missing = [entry.root for entry, acceptance in pairs if acceptance is None]
        silent = [account for account, signature in self.members.items() if signature is None]
        is_enough = len(self.members) - len(silent) >= self.threshold
        return missing + ([] if is_enough else silent)

    def call(self, office: Office) -> Call:
        """The call that brings them to a chain."""
        require_signed(self.lacking)
        signed = [
            (bytes.fromhex(account[2:]), signature)
            for account, signature in self.members.items()
            if signature is not None
        ]
        return office.bind(ParticipantRegistry).register(
            list(self.registrations),
            [acceptance or b"" for acceptance in self.acceptances],
            self.council,
            joined(signed),
        )

    def as_json(self) -> dict[str, Any]:
        """As its file spells it."""
        return {
            "kind": "entrepot registrations",
            "version": 1,
            "deployment": "0x" + self.deployment.hex(),
            "registrations": [
                {
                    "id": entry.id,
                    "roles": role_names(entry.roles),
                    "root": entry.root,
                    "acceptance": spelt(acceptance),
                }
                for entry, acceptance in zip(self.registrations, self.acceptances, strict=True)
            ],
            "council": self.council,
            "threshold": self.threshold,
            "members": [
                {"account": account, "signature": spelt(signature)}
                for account, signature in self.members.items()
            ],
        }


def drafted(office: Office, registrations: Sequence[Registration]) -> Enrolment:
    """Registrations that nobody has signed yet, for the council of a deployment to decide.

    Members that are no accounts (ERC-7913 keys of another kind) sign elsewhere.
    """
    for registration in registrations:
        require_id(registration.id)
    council = office.bind(Council)
    signers = council.get_signers(0, 2**64 - 1)
    members = [checksum_address(each) for each in signers if len(each) == _ADDRESS_BYTES]
    return Enrolment(
        office.salt,
        tuple(registrations),
        (None,) * len(registrations),
        council.address,
        council.threshold(),
        dict.fromkeys(members),
    )


def devnet_members(office: Office) -> list[Key]:
    """Public keys that decide for a devnet's council; `InputError` off a devnet."""
    if not office.is_devnet:
        raise InputError("Off a devnet the council decides: --write a file for it to sign.")
    return council_keys(Wallet())[:THRESHOLD]
