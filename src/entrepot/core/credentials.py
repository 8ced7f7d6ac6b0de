"""What a credential on a rating says, what a verifier asks of it, and what is signed on the way.

The proofs themselves are the library's: see `services/credentials.py`.
"""

from dataclasses import dataclass

from entrepot.core.credit import Grade
from entrepot.core.messages import Message

ATTRIBUTES = ("grade", "settled", "block")
"""All that a credential holds. None of it is ever shown, only that it is at least something."""
LARGEST = 2**31 - 1
"""The library proves an inequality between signed numbers of 32 bits."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A rating as of a block: `settled` counts the orders whose ending was rated until then."""

    grade: Grade
    settled: int
    block: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be proven: each at least so much, 0 where it is not asked; `block`: as of when.

    `ValueError` where nothing is asked, or what no credential can hold.
    """

    grade: Grade
    settled: int
    block: int

    def __post_init__(self) -> None:
        if not (self.grade or self.settled):
            raise ValueError("a grade or a number of settled orders has to be asked for")
        if not (0 <= self.settled <= LARGEST and 0 <= self.block <= LARGEST):
            raise ValueError(f"numbers are 0 to {LARGEST}")

    @property
    def least(self) -> dict[str, int]:
        """What each attribute that is asked for has to be at least."""
        asked = {"grade": int(self.grade), "settled": self.settled}
        return {**{name: value for name, value in asked.items() if value}, "block": self.block}

    @property
    def sentences(self) -> list[str]:
        """What is proven, in plain words."""
        found = [f"grade {self.grade.name} or better"] if self.grade else []
        if self.settled:
            found.append(f"at least {self.settled} settled order{'s' if self.settled > 1 else ''}")
        return [*found, f"as of block {self.block} or later"]

    def lacking(self, figures: Figures) -> list[str]:
        """Names of the attributes that are below what is asked."""
        return [name for name, least in self.least.items() if getattr(figures, name) < least]


@dataclass(frozen=True, slots=True)
class RatingCredentialRequest(Message):
    """A participant asks an agency for a credential, for the deployment; no contract reads it.

    `definition`: the agency's, by its hash; `request`: the library's, blinded, as bytes.
    """

    SOLIDITY = "uint64 participantId,bytes32 definition,bytes request"
    participant_id: int
    definition: bytes
    request: bytes


@dataclass(frozen=True, slots=True)
class RatingChallenge(Message):
    """What a verifier asks, of whom and when. Its digest is the nonce of the proof, because the
    library binds nothing else of a request: neither its name nor what it asks.

    `verifier`: who it is, UTF-8; `nonce` makes every challenge another.
    """

    SOLIDITY = (
        "bytes32 definition,bytes verifier,uint8 grade,uint32 settled,uint64 blockNumber,"
        "bytes32 nonce"
    )
    definition: bytes
    verifier: bytes
    grade: int
    settled: int
    block_number: int
    nonce: bytes

    @property
    def terms(self) -> Terms:
        """What is to be proven."""
        return Terms(Grade(self.grade), self.settled, self.block_number)
