"""Moves of a root as signed messages: guardians and the new root sign, anyone announces and
executes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from entrepot.core.messages import GuardianSet, RootMove, deployment_domain
from entrepot.core.signing import Key
from entrepot.errors import InputError
from entrepot.network.bindings import GuardianRegistry
from entrepot.network.contracts import Call
from entrepot.services.office import Office
from entrepot.services.spelling import (
    AddressText,
    SignatureText,
    SignedFile,
    require_signed,
    spelt,
    unspelt,
)

_Small = Annotated[int, Field(ge=0, lt=2**32)]


class _Guardian(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    account: AddressText
    signature: SignatureText


class _Set(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    nonce: _Small
    threshold: Annotated[int, Field(ge=1, le=255)]
    override_threshold: Annotated[int, Field(ge=1, le=255)]
    delay: _Small
    guardians: Annotated[list[_Guardian], Field(min_length=1)]


class MoveFile(SignedFile):
    """A move as its file spells it."""

    kind: Literal["entrepot root move"]
    participant: Annotated[int, Field(ge=1, lt=2**64)]
    epoch: _Small
    nonce: _Small
    new_root: AddressText
    kept: list[AddressText]
    acceptance: SignatureText
    guarded_by: _Set

    def message(self) -> "Move":
        """What it holds."""
        guards = self.guarded_by
        guardian_set = GuardianSet(
            self.participant, guards.nonce, guards.threshold, guards.override_threshold,
            guards.delay, tuple(each.account for each in guards.guardians),
        )  # fmt: skip
        draft = drafted(self.salt, guardian_set, self.epoch, self.nonce, self.new_root, self.kept)
        return replace(
            draft,
            acceptance=unspelt(self.acceptance),
            signatures=tuple(unspelt(each.signature) for each in guards.guardians),
        )


@dataclass(frozen=True, slots=True)
class Move:
    """A move of a root, with the signatures that it has so far: None where one lacks."""

    deployment: bytes
    move: RootMove
    guardian_set: GuardianSet
    acceptance: bytes | None
    signatures: tuple[bytes | None, ...]

    def sign(self, key: Key) -> "Move":
        """With all signatures that a key can give; `InputError` where it can give none."""
        signature = self.move.sign(key, deployment_domain(self.deployment))
        acceptance = signature if key.address == self.move.new_root else self.acceptance
        signatures = tuple(
            signature if guardian == key.address else given
            for guardian, given in zip(self.guardian_set.guardians, self.signatures, strict=True)
        )
        if (acceptance, signatures) == (self.acceptance, self.signatures):
            raise InputError(f"{key.address} has nothing to sign here that it has not signed.")
        return replace(self, acceptance=acceptance, signatures=signatures)

    @property
    def lacking(self) -> list[str]:
        """Accounts that have not signed yet, guardians only while there are too few."""
        missing = [] if self.acceptance else [self.move.new_root]
        pairs = zip(self.guardian_set.guardians, self.signatures, strict=True)
        silent = [guardian for guardian, signature in pairs if signature is None]
        signed = len(self.signatures) - len(silent)
        return missing + (silent if signed < self.guardian_set.threshold else [])

    def call(self, office: Office) -> Call:
        """The call that announces it."""
        require_signed(self.lacking)
        signatures = [signature or b"" for signature in self.signatures]
        registry = office.bind(GuardianRegistry)
        return registry.announce(self.move, self.guardian_set, self.acceptance or b"", signatures)

    def as_json(self) -> dict[str, Any]:
        """As its file spells it."""
        guards = self.guardian_set
        return {
            "kind": "entrepot root move",
            "version": 1,
            "deployment": "0x" + self.deployment.hex(),
            "participant": self.move.id,
            "epoch": self.move.epoch,
            "nonce": self.move.nonce,
            "new_root": self.move.new_root,
            "kept": list(self.move.kept),
            "acceptance": spelt(self.acceptance),
            "guarded_by": {
                "nonce": guards.nonce,
                "threshold": guards.threshold,
                "override_threshold": guards.override_threshold,
                "delay": guards.delay,
                "guardians": [
                    {"account": account, "signature": spelt(signature)}
                    for account, signature in zip(guards.guardians, self.signatures, strict=True)
                ],
            },
        }


def drafted(
    deployment: bytes, guardian_set: GuardianSet, epoch: int, nonce: int, new_root: str,
    kept: Sequence[str],
) -> Move:  # fmt: skip
    """A move that nobody has signed yet."""
    chosen = guardian_set.digest(deployment_domain(deployment))
    move = RootMove(guardian_set.id, epoch, chosen, nonce, new_root, tuple(kept))
    return Move(deployment, move, guardian_set, None, (None,) * len(guardian_set.guardians))
