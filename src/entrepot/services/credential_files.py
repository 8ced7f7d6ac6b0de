"""Files of credentials: what agency, holder and verifier pass to each other, and no secret.

What the library made stands in them as it spells it; it reads them again before they are used.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError

from entrepot.core.credentials import LARGEST
from entrepot.core.credit import Grade
from entrepot.errors import InputError
from entrepot.services.spelling import SignedFile, reads, wrong_file
from entrepot.storage.files import read_json

Word = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
_Id = Annotated[int, Field(ge=1, lt=2**64)]
_Number = Annotated[int, Field(ge=0, le=LARGEST)]
_Made = dict[str, Any]


def grade_of(text: str) -> Grade:
    """The grade of a name, AAA to D; `InputError` for others."""
    found = Grade.__members__.get(text)
    if not found:
        names = ", ".join(grade.name for grade in reversed(Grade) if grade)
        raise InputError(f"{text!r} is no grade; there are {names}.")
    return found


def _grade_name(text: str) -> str:
    return grade_of(text).name


class DefinitionFile(SignedFile):
    """What an agency's credentials are proven against."""

    kind: Literal["entrepot credential definition"]
    chain: Annotated[int, Field(ge=1)]
    agency: _Id
    definition: _Made
    key_correctness_proof: _Made


class OfferFile(SignedFile):
    """An agency is ready to issue to a participant."""

    kind: Literal["entrepot credential offer"]
    definition: Word
    participant: _Id
    nonce: Annotated[str, Field(pattern="^[0-9]{1,40}$")]


class RequestFile(SignedFile):
    """A participant asks for a credential."""

    kind: Literal["entrepot credential request"]
    definition: Word
    participant: _Id
    request: _Made
    signature: Annotated[str, Field(pattern="^0x(?:[0-9a-f]{2})+$")]


class CredentialFile(SignedFile):
    """A credential as it was issued: of no use without its holder's wallet."""

    kind: Literal["entrepot credential"]
    definition: Word
    credential: _Made


class ChallengeFile(SignedFile):
    """What a verifier asks."""

    kind: Literal["entrepot rating challenge"]
    definition: Word
    verifier: Annotated[str, Field(min_length=1, max_length=200)]
    grade: Annotated[str, reads(_grade_name)] | None
    settled: _Number | None
    not_before_block: _Number
    nonce: Word


class ProofFile(SignedFile):
    """The answer to a challenge."""

    kind: Literal["entrepot rating proof"]
    definition: Word
    challenge: Word
    proof: _Made


File = TypeVar("File", bound=SignedFile)


def load(path: Path, kind: type[File]) -> File:
    """The file, of which nothing is known yet but its spelling; `InputError` says what is wrong
    with it.
    """
    content = read_json(path)
    (wanted,) = kind.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]
    if not isinstance(content, dict) or content.get("kind") != wanted:
        raise InputError(f"{path} is no {wanted.removeprefix('entrepot ')}.")
    try:
        return kind.model_validate(content)
    except ValidationError as failure:
        raise wrong_file(path, failure) from None
