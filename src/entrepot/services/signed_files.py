"""Files of signed messages: made by one, signed by whoever has a key, brought to a chain by anyone.

A file is JSON, holds no secret, and is good on every chain of its deployment.
"""

from pathlib import Path

from pydantic import ValidationError

from entrepot.core.signing import Key
from entrepot.errors import InputError
from entrepot.network.sender import Receipt
from entrepot.services.grants import Grants, GrantsFile, Revocation, RevocationFile
from entrepot.services.moves import Move, MoveFile
from entrepot.services.office import Acting, Office
from entrepot.services.registrations import Enrolment, EnrolmentFile
from entrepot.services.spelling import wrong_file
from entrepot.storage.files import create_json, read_json, write_json

Signed = Enrolment | Grants | Revocation | Move
_KINDS: dict[str, type[EnrolmentFile | GrantsFile | RevocationFile | MoveFile]] = {
    "entrepot registrations": EnrolmentFile,
    "entrepot grants": GrantsFile,
    "entrepot revocation": RevocationFile,
    "entrepot root move": MoveFile,
}


def load(path: Path) -> Signed:
    """The message in a file; `InputError` says what is wrong with it."""
    content = read_json(path)
    kind = _KINDS.get(str(content.get("kind"))) if isinstance(content, dict) else None
    if kind is None:
        raise InputError(f"{path} holds no message that can be signed and submitted.")
    try:
        return kind.model_validate(content).message()
    except ValidationError as failure:
        raise wrong_file(path, failure) from None


def create(path: Path, message: Signed) -> None:
    """Writes a message into a new file; `WorkspaceError` where there is one already."""
    create_json(path, message.as_json())


def sign(path: Path, key: Key) -> Signed:
    """Adds the signatures that a key can give to the message in a file."""
    signed = load(path).sign(key)
    write_json(path, signed.as_json())
    return signed


def submit(office: Office, message: Signed, acting: Acting) -> Receipt:
    """Brings a message to the chain; `InputError` where it is another deployment's, or signatures
    are missing.
    """
    if message.deployment != office.salt:
        raise InputError("This was signed for another deployment: give the --workspace of its own.")
    return office.send(message.call(office), acting)
