"""Credentials on ratings, by which a participant proves that it is rated well without saying who it
is: CL signatures with proofs of inequality, by the library `anoncreds`.

The library is imported where it is used, because it is not in every environment.
`docs/credentials.md` says what is proven and what is not.
"""

import json
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from entrepot.core.clproofs import PublicKey, is_proven
from entrepot.core.credentials import (
    ATTRIBUTES,
    LARGEST,
    Figures,
    RatingChallenge,
    RatingCredentialRequest,
    Terms,
)
from entrepot.core.credit import Grade
from entrepot.core.messages import deployment_domain
from entrepot.core.roles import Role
from entrepot.core.signing import Key, keccak, recover
from entrepot.errors import CredentialError, InputError, RpcError, WorkspaceError
from entrepot.network.bindings import CreditRegistry, ParticipantRegistry
from entrepot.network.contracts import topic_of
from entrepot.services import keystores, participants
from entrepot.services.authority import Authority
from entrepot.services.credential_files import (
    ChallengeFile,
    CredentialFile,
    DefinitionFile,
    OfferFile,
    ProofFile,
    RequestFile,
    grade_of,
    load,
)
from entrepot.services.office import Office
from entrepot.services.spelling import SignedFile, require_id
from entrepot.storage.files import create_json, create_private

QUALIFICATION = "rating-credentials"
"""The kind of qualification by which an agency publishes a definition on chain, about itself."""
_ISSUER, _WALLET = "entrepot credential issuer", "entrepot credential wallet"
_MODULUS_BITS = 2048
_ACTING = {"buy", "sell", "handover", "underwrite", "declare"}
"""Functions of what is rated: a key with one of them may ask for its participant's credential."""
_NAME = "entrepot"


@dataclass(frozen=True)
class Definition:
    """An agency's definition; its id is the hash of its file, as it stands on chain."""

    id: bytes
    file: DefinitionFile

    @classmethod
    def load(cls, path: Path) -> "Definition":
        """The definition in a file; `InputError` where it is none, or its key is too short."""
        file = load(path, DefinitionFile)
        found = cls(participants.commitment_of(path), file)
        with _library(InputError, f"{path} holds no definition of the library"):
            primary = found.public.to_dict()["value"]["primary"]
            bits, names = int(primary["n"]).bit_length(), set(primary["r"])
            found.offer("0")
        if names != {*ATTRIBUTES, "master_secret"} or bits < _MODULUS_BITS:
            raise InputError(
                f"{path} defines other credentials than of {', '.join(ATTRIBUTES)}, or its key has"
                f" fewer than {_MODULUS_BITS} bits."
            )
        return found

    @property
    def hex(self) -> str:
        """The id in hexadecimal."""
        return "0x" + self.id.hex()

    @property
    def uri(self) -> str:
        """The id as the library takes it."""
        return f"entrepot:definition:{self.hex}"

    @cached_property
    def public(self) -> Any:
        """The library's `CredentialDefinition`."""
        from anoncreds import CredentialDefinition

        return CredentialDefinition.load(self.file.definition)

    @property
    def known(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Schema and definition by their ids, as the library takes them."""
        return {_schema_uri(): _schema()}, {self.uri: self.public}

    def offer(self, nonce: str) -> Any:
        """The library's `CredentialOffer` with a nonce."""
        from anoncreds import CredentialOffer

        return CredentialOffer.load(
            {
                "schema_id": _schema_uri(),
                "cred_def_id": self.uri,
                "key_correctness_proof": self.file.key_correctness_proof,
                "nonce": nonce,
            }
        )

    def require(
        self, path: Path, file: OfferFile | RequestFile | CredentialFile | ChallengeFile
    ) -> None:
        """`InputError` where a file is about another definition."""
        if file.definition != self.hex or file.deployment != self.file.deployment:
            raise InputError(f"{path} is about another definition than the one given.")


@dataclass(frozen=True, slots=True)
class Issued:
    """What an agency put into a credential, and for whom; `block`: as of which."""

    participant: int
    grade: str
    settled: int
    block: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a proof shows. `definitions`: how many the agency has on chain now; a holder under one
    that few others are under is less hidden.
    """

    valid: bool
    reason: str | None
    proven: list[str]
    verifier: str
    agency: int
    definition: str
    definitions: int
    not_proven: str = (
        "who it is; what its exact figures are; that its rating is no worse since; "
        "that who shows the proof is who holds the credential"
    )


def open_agency(
    office: Office, number: int, keystore: Path, write: Path, password: str
) -> Definition:
    """A new issuing key of a rating agency, kept encrypted, and its definition in a new file.

    The definition is of use once the agency has published its hash on chain, as a qualification of
    its own.
    """
    from anoncreds import CredentialDefinition

    _require_agency(office, number)
    _check_free(keystore, write)
    public, private, proof = CredentialDefinition.create(
        _schema_uri(), _schema(), _issuer_uri(number), "1", "CL", support_revocation=False
    )
    kept = {"private": private.to_dict(), "public": keccak(_canonical(public.to_dict())).hex()}
    file = DefinitionFile(
        kind="entrepot credential definition",
        version=1,
        deployment=office.deployment.salt,
        chain=office.deployment.chain_id,
        agency=number,
        definition=public.to_dict(),
        key_correctness_proof=proof.to_dict(),
    )
    _keep_both(keystore, _ISSUER, kept, password, write, file)
    return Definition.load(write)


def require_published(office: Office, definition: Definition) -> int:
    """How many definitions the agency has on chain now, this one among them.

    `InputError` for another deployment's, `CredentialError` where the chain does not have it.
    """
    file = definition.file
    if (file.deployment, file.chain) != (office.deployment.salt, office.deployment.chain_id):
        raise InputError("The definition is of another deployment.")
    _require_agency(office, file.agency)
    valid = {
        each.commitment
        for each in participants.show(office, file.agency).qualifications
        if (each.kind, each.issuer, each.state) == (QUALIFICATION, file.agency, "valid")
    }
    if definition.hex not in valid:
        raise CredentialError(
            f"Participant {file.agency} does not stand by this definition on chain: it publishes "
            f"one by `entrepot participant qualify {file.agency} --kind {QUALIFICATION} --document "
            "DEFINITION`."
        )
    return len(valid)


def offer(definition: Definition, participant: int, write: Path) -> None:
    """A fresh offer to a participant, in a new file; it is good for one request."""
    from anoncreds import generate_nonce

    require_id(participant)
    file = OfferFile(
        kind="entrepot credential offer",
        version=1,
        deployment=definition.file.deployment,
        definition=definition.hex,
        participant=participant,
        nonce=generate_nonce(),
    )
    create_json(write, file.model_dump(mode="json"))


def request(
    office: Office,
    definition: Definition,
    offered: Path,
    key: Key,
    wallet: Path,
    write: Path,
    password: str,
) -> int:
    """Takes up an offer: a new link secret in a new wallet, and the blinded and signed request in a
    new file. Returns how many definitions the agency has.

    `key` acts for the participant that the offer is to. `InputError` where it does not.
    """
    from anoncreds import CredentialRequest, create_link_secret

    found = load(offered, OfferFile)
    definition.require(offered, found)
    definitions = require_published(office, definition)
    _require_acting(office, key.address, found.participant)
    _check_free(wallet, write)
    link_secret = create_link_secret()
    with _library(CredentialError, "The agency's key is not what its definition claims"):
        blinded, metadata = CredentialRequest.create(
            secrets.token_hex(16), None, definition.public, link_secret, _NAME,
            definition.offer(found.nonce),
        )  # fmt: skip
    made = blinded.to_dict()
    message = RatingCredentialRequest(found.participant, definition.id, _canonical(made))
    file = RequestFile(
        kind="entrepot credential request",
        version=1,
        deployment=found.deployment,
        definition=found.definition,
        participant=found.participant,
        request=made,
        signature="0x" + message.sign(key, deployment_domain(office.salt)).hex(),
    )
    kept = {"definition": definition.hex, "secret": link_secret, "metadata": metadata.to_dict()}
    _keep_both(wallet, _WALLET, kept, password, write, file)
    return definitions


def issue(
    office: Office,
    definition: Definition,
    offered: Path,
    requested: Path,
    keystore: Path,
    write: Path,
    password: str,
    block: int | None = None,
) -> Issued:
    """Issues what the chain says of a participant as of a block, the latest by default.

    `InputError` where the request is not to this offer, or nobody who acts for the participant
    signed it; `CredentialError` where its blinded secret is not proven.
    """
    from anoncreds import Credential, CredentialDefinitionPrivate, CredentialRequest

    known, asked = load(offered, OfferFile), load(requested, RequestFile)
    definition.require(offered, known)
    definition.require(requested, asked)
    require_published(office, definition)
    if known.participant != asked.participant:
        raise InputError(
            f"{offered} is to participant {known.participant}, {requested} is of participant "
            f"{asked.participant}."
        )
    message = RatingCredentialRequest(asked.participant, definition.id, _canonical(asked.request))
    try:
        signer = recover(
            message.digest(deployment_domain(office.salt)), bytes.fromhex(asked.signature[2:])
        )
    except ValueError as failure:
        raise InputError(f"{requested} is not signed: {failure}.") from None
    _require_acting(office, signer, asked.participant)
    keystores.check_free(write)
    figures = figures_of(office, asked.participant, block)
    kept = json.loads(keystores.open_secret(keystore, _ISSUER, password))
    if kept["public"] != keccak(_canonical(definition.file.definition)).hex():
        raise InputError(f"{keystore} is of another definition.")
    values = {name: str(int(getattr(figures, name))) for name in ATTRIBUTES}
    with _library(CredentialError, f"Nothing can be issued on {requested}"):
        made = Credential.create(
            definition.public,
            CredentialDefinitionPrivate.load(kept["private"]),
            definition.offer(known.nonce),
            CredentialRequest.load(asked.request),
            values,
        )
    file = CredentialFile(
        kind="entrepot credential",
        version=1,
        deployment=definition.file.deployment,
        definition=definition.hex,
        credential=made.to_dict(),
    )
    create_json(write, file.model_dump(mode="json"))
    return Issued(asked.participant, figures.grade.name, figures.settled, figures.block)


def figures_of(office: Office, number: int, block: int | None = None) -> Figures:
    """A participant's rating and settled orders as of a block, the latest by default.

    An order counts once its ending was rated, whether the participant sold or bought.
    """
    latest = office.node.block_number()
    at = latest if block is None else block
    if not office.deployment.first_block <= at <= min(latest, LARGEST):
        raise InputError(
            f"{at} is no block of this deployment: they are {office.deployment.first_block} to "
            f"{latest}, and credentials end at {LARGEST}."
        )
    credit = office.bind(CreditRegistry)
    try:
        rating = credit.call("ratingOf", number, block=at)
    except RpcError:
        if at == latest:
            raise
        raise InputError(
            f"{office.node.url} does not keep how block {at} left the chain: issue as of the latest"
            " block, or give --rpc of an archive node."
        ) from None
    topic = topic_of(number)
    orders = {
        event.args["orderId"]
        for indexed in ([None, topic], [None, None, topic])
        for event in office.logs(credit, "TradeRated", *indexed, last=at)
    }
    return Figures(Grade(rating["grade"]), len(orders), at)


def challenge(definition: Definition, verifier: str, terms: Terms, write: Path) -> str:
    """What a verifier asks, in a new file; its hash."""
    file = ChallengeFile(
        kind="entrepot rating challenge",
        version=1,
        deployment=definition.file.deployment,
        definition=definition.hex,
        verifier=verifier,
        grade=terms.grade.name if terms.grade else None,
        settled=terms.settled or None,
        not_before_block=terms.block,
        nonce="0x" + secrets.token_hex(32),
    )
    create_json(write, file.model_dump(mode="json"))
    return "0x" + _asked(write, definition)[1].hex()


def prove(
    definition: Definition, asked: Path, issued: Path, wallet: Path, write: Path, password: str
) -> RatingChallenge:
    """Answers a challenge in a new file; needs no node.

    `CredentialError` where the credential is not of this wallet, or below what is asked.
    """
    from anoncreds import Credential, Presentation, PresentCredentials

    message, digest = _asked(asked, definition)
    found = load(issued, CredentialFile)
    definition.require(issued, found)
    keystores.check_free(write)
    kept = json.loads(keystores.open_secret(wallet, _WALLET, password))
    with _library(CredentialError, f"{issued} is not for {wallet}, or was altered"):
        made = Credential.load(found.credential)
        whole = made.process(json.dumps(kept["metadata"]), kept["secret"], definition.public)
    if lacking := message.terms.lacking(_held(whole, issued)):
        raise CredentialError(f"The credential does not reach what is asked: {', '.join(lacking)}.")
    shown = PresentCredentials()
    shown.add_predicates(whole, *message.terms.least)
    schemas, definitions = definition.known
    with _library(CredentialError, "No proof can be made"):
        proof = Presentation.create(
            _request(definition, message.terms, digest),
            shown,
            {},
            kept["secret"],
            schemas,
            definitions,
        )
    file = ProofFile(
        kind="entrepot rating proof",
        version=1,
        deployment=definition.file.deployment,
        definition=definition.hex,
        challenge="0x" + digest.hex(),
        proof=proof.to_dict(),
    )
    create_private(write, _canonical(file.model_dump(mode="json")) + b"\n")
    return message


def check(office: Office, definition: Definition, asked: Path, answer: Path) -> Finding:
    """What the answer to a challenge of one's own shows.

    `CredentialError` where the agency does not stand by the definition on chain.
    """
    message, _ = _asked(asked, definition)
    definitions = require_published(office, definition)
    reason = fault_of(definition, asked, answer)
    return Finding(
        valid=reason is None,
        reason=reason,
        proven=message.terms.sentences if reason is None else [],
        verifier=message.verifier.decode(),
        agency=definition.file.agency,
        definition=definition.hex,
        definitions=definitions,
    )


def fault_of(definition: Definition, asked: Path, answer: Path) -> str | None:
    """Why an answer to a challenge proves nothing; None where it proves what was asked.

    The library has to take it, and so has `core/clproofs.py`, without which it could be forged.
    """
    from anoncreds import AnoncredsError, Presentation

    message, digest = _asked(asked, definition)
    file = load(answer, ProofFile)
    if (file.deployment, file.definition) != (definition.file.deployment, definition.hex):
        return "it is from a credential of another definition"
    if file.challenge != "0x" + digest.hex():
        return "it answers another challenge"
    try:
        proof = Presentation.load(file.proof)
        if not _says_only(proof.to_dict(), definition, message.terms):
            return "it does not say what was asked, or says more"
        is_taken = proof.verify(_request(definition, message.terms, digest), *definition.known)
    except AnoncredsError:
        return "it is no proof that the library can read"
    key, nonce = PublicKey.of(definition.file.definition), int.from_bytes(digest)
    if is_taken and is_proven(proof.to_dict()["proof"], key, nonce):
        return None
    return "it does not hold"


def crowd(office: Office, asked: Path, definition: Definition) -> int:
    """How many participants meet the terms of a challenge now: who answers it is hidden among no
    more.
    """
    message, _ = _asked(asked, definition)
    credit = office.bind(CreditRegistry)
    registered = office.logs(office.bind(ParticipantRegistry), "ParticipantRegistered")
    ids = sorted({each.args["id"] for each in registered})
    ratings = credit.call_many("ratingOf", [(number,) for number in ids])
    settled: Counter[int] = Counter()
    for event in office.logs(credit, "TradeRated"):
        settled.update({event.args["sellerId"], event.args["buyerId"]})
    now = office.node.block_number()
    return sum(
        not message.terms.lacking(Figures(Grade(rating["grade"]), settled[number], now))
        for number, rating in zip(ids, ratings, strict=True)
    )


def _check_free(secret: Path, write: Path) -> None:
    """`EntrepotError` where a secret and the file that belongs to it cannot both be new."""
    if secret.absolute() == write.absolute():
        raise InputError(f"{write} cannot be both: its secret needs a file of its own.")
    keystores.check_free(secret)
    keystores.check_free(write)


def _keep_both(
    secret: Path, kind: str, kept: dict[str, Any], password: str, write: Path, file: SignedFile
) -> None:
    """Writes a secret and the file that belongs to it, or neither."""
    keystores.keep_secret(secret, kind, json.dumps(kept).encode(), password)
    try:
        create_json(write, file.model_dump(mode="json"))
    except WorkspaceError:
        secret.unlink()
        raise


def _asked(path: Path, definition: Definition) -> tuple[RatingChallenge, bytes]:
    """The challenge in a file, and its digest; `InputError` for what is none, or is about another
    definition.
    """
    file = load(path, ChallengeFile)
    definition.require(path, file)
    message = RatingChallenge(
        definition.id,
        file.verifier.encode(),
        grade_of(file.grade) if file.grade else Grade.NR,
        file.settled or 0,
        file.not_before_block,
        bytes.fromhex(file.nonce[2:]),
    )
    try:
        message.terms  # noqa: B018 - what it asks is checked as it is read
    except ValueError as failure:
        raise InputError(f"{path} is wrong: {failure}.") from None
    return message, message.digest(deployment_domain(file.salt))


def _request(definition: Definition, terms: Terms, digest: bytes) -> Any:
    """The library's request of a proof; the digest, 32 bytes, is its nonce."""
    from anoncreds import PresentationRequest

    return PresentationRequest.load(
        {
            "name": _NAME,
            "version": "1.0",
            "nonce": str(int.from_bytes(digest)),
            "requested_attributes": {},
            "requested_predicates": {
                name: {
                    "name": name,
                    "p_type": ">=",
                    "p_value": least,
                    "restrictions": [{"cred_def_id": definition.uri}],
                }
                for name, least in terms.least.items()
            },
        }
    )


def _says_only(proof: dict[str, Any], definition: Definition, terms: Terms) -> bool:
    """Whether a proof is of exactly the terms and shows no attribute. The library lets a proof
    say more than was asked.
    """
    shown = proof["requested_proof"]
    parts = proof["proof"]["proofs"]
    if len(parts) != 1 or parts[0]["non_revoc_proof"] is not None:
        return False
    primary = parts[0]["primary_proof"]
    said = [each["predicate"] for each in primary["ge_proofs"]]
    return (
        proof["identifiers"]
        == [
            {
                "schema_id": _schema_uri(),
                "cred_def_id": definition.uri,
                "rev_reg_id": None,
                "timestamp": None,
            }
        ]
        and not any(shown.get(name) for name in shown if name != "predicates")
        and not primary["eq_proof"]["revealed_attrs"]
        and shown["predicates"].keys() == terms.least.keys()
        and len(said) == len(terms.least)
        and {each["attr_name"]: each["value"] for each in said} == terms.least
        and all(each["p_type"] == "GE" for each in said)
    )


def _held(whole: Any, path: Path) -> Figures:
    """What an agency put into a credential, as it signed it."""
    try:
        values = {name: int(each["encoded"]) for name, each in whole.to_dict()["values"].items()}
        return Figures(Grade(values["grade"]), values["settled"], values["block"])
    except (KeyError, ValueError):
        raise CredentialError(f"{path} holds no rating.") from None


def _require_agency(office: Office, number: int) -> None:
    participants.require_participant(office, number)
    roles = office.bind(ParticipantRegistry).participant_of(number).roles
    if not roles >> Role.RATING_AGENCY & 1:
        raise InputError(f"Participant {number} is no rating agency.")


def _require_acting(office: Office, address: str, number: int) -> None:
    standing = Authority(office).of(address)
    if standing.participant != number or not _ACTING & set(standing.usable):
        raise InputError(
            f"{address} does not act for participant {number}: its root, or a key that may "
            f"{', '.join(sorted(_ACTING))}, does."
        )


@contextmanager
def _library(kind: type[CredentialError | InputError], sentence: str) -> Iterator[None]:
    """What the library refuses, as an error of ours."""
    from anoncreds import AnoncredsError

    try:
        yield
    except AnoncredsError as failure:
        raise kind(f"{sentence}: {str(failure).strip().rstrip('.')}.") from None


def _schema() -> Any:
    from anoncreds import Schema

    return Schema.load(
        {
            "name": "rating",
            "version": "1.0",
            "issuerId": _NAME + ":rating",
            "attrNames": list(ATTRIBUTES),
        }
    )


def _schema_uri() -> str:
    return f"{_NAME}:rating:1"


def _issuer_uri(agency: int) -> str:
    return f"{_NAME}:participant:{agency}"


def _canonical(made: dict[str, Any]) -> bytes:
    """What a signature covers of something that the library made."""
    return json.dumps(made, sort_keys=True, separators=(",", ":")).encode()
