"""A participant on chain: who it is, how its root is guarded, and what others say it may do."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from entrepot.core.messages import (
    GuardianSet,
    MoveCancellation,
    Qualification,
    QualificationRevocation,
    SealAnchor,
    deployment_domain,
)
from entrepot.core.roles import role_names
from entrepot.core.seals import Record
from entrepot.core.signing import Key, keccak
from entrepot.errors import InputError
from entrepot.network.bindings import (
    GuardianRegistry,
    ParticipantRegistry,
    QualificationRegistry,
)
from entrepot.network.contracts import Call, topic_of
from entrepot.services import moves
from entrepot.services.authority import Authority
from entrepot.services.moves import Move
from entrepot.services.office import Office
from entrepot.services.spelling import moment, require_id

_DAY = 86_400
_WORD = re.compile("0x[0-9a-f]{64}")
_KIND = re.compile("[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class QualificationStanding:
    """A qualification and whether it is good now; `state` is one of valid, revoked, expired, not
    yet valid. Times as `YYYY-MM-DDTHH:MM:SSZ`, None for never.
    """

    id: str
    kind: str
    issuer: int
    commitment: str
    valid_from: str | None
    expires: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Guard:
    """How a root is guarded; `delay` in seconds."""

    guardians: list[str]
    threshold: int
    override_threshold: int
    delay: int


@dataclass(frozen=True, slots=True)
class PendingMove:
    """A move of the root that was announced; from `ready_at` anyone may finish it. The root can
    still refuse it unless `is_override`.
    """

    new_root: str
    kept: list[str]
    ready_at: str | None
    is_override: bool


@dataclass(frozen=True, slots=True)
class ParticipantStanding:
    """A participant as the chain has it now. `epoch`: how often its root was moved; `guard_from`:
    when other guardians come into force, None where none are on their way.
    """

    id: int
    root: str
    roles: list[str]
    epoch: int
    guard: Guard | None
    guard_from: str | None
    move: PendingMove | None
    qualifications: list[QualificationStanding]


def require_participant(office: Office, number: int) -> None:
    """`InputError` where nobody has that id."""
    require_id(number)
    if int(office.bind(ParticipantRegistry).participant_of(number).root, 16) == 0:
        raise InputError(f"There is no participant {number} in this deployment.")


def show(office: Office, number: int) -> ParticipantStanding:
    """Standing of participant `number`; `InputError` where nobody has that id."""
    require_participant(office, number)
    participant = office.bind(ParticipantRegistry).participant_of(number)
    return ParticipantStanding(
        id=number,
        root=participant.root,
        roles=role_names(participant.roles),
        epoch=participant.epoch,
        guard=_guard(office, number),
        guard_from=_guard_from(office, number),
        move=_pending_move(office, number),
        qualifications=_qualifications(office, number),
    )


def qualify(
    office: Office, key: Key, holder: int, *, kind: str, commitment: bytes, first: int, expiry: int
) -> tuple[str, Call]:
    """Id of a qualification and the call that records it, vouched for by a key that may Certify.

    `commitment`: 32 bytes; `first` and `expiry` in seconds UTC. `InputError` where it cannot be.
    """
    if _KIND.fullmatch(kind) is None:
        raise InputError(
            f"{kind!r} is no kind: it has 1 to 32 of a-z, 0-9 and -, none at its ends."
        )
    if expiry < first:
        raise InputError("It would expire before it begins: look at --from and --expires.")
    require_participant(office, holder)
    issuer = _issuer(office, key)
    qualification = Qualification(
        issuer, holder, first, expiry, kind.encode().ljust(32, b"\0"), commitment,
        secrets.token_bytes(32),
    )  # fmt: skip
    domain = deployment_domain(office.salt)
    registry = office.bind(QualificationRegistry)
    call = registry.qualify(qualification, key.address, qualification.sign(key, domain))
    return "0x" + qualification.digest(domain).hex(), call


def disqualify(office: Office, key: Key, number: str) -> Call:
    """The call that revokes the qualification with an id, `0x` and 64 digits, for ever."""
    if re.fullmatch("0x[0-9a-f]{64}", number) is None:
        raise InputError(f"{number!r} is no qualification's id: 0x and 64 digits 0-9a-f.")
    registry = office.bind(QualificationRegistry)
    logs = office.logs(registry, "Qualified", number)
    if not logs:
        raise InputError(
            f"There is no qualification {number}; `entrepot participant show` lists them."
        )
    (event,) = logs
    qualification = Qualification(*event.args["terms"].values())
    _require_issuer(office, key, qualification.issuer_id)
    revocation = QualificationRevocation(event.args["qualificationId"])
    signature = revocation.sign(key, deployment_domain(office.salt))
    return registry.revoke_qualification(qualification, key.address, signature)


def commitment_of(path: Path) -> bytes:
    """keccak-256 of a document, 32 bytes."""
    try:
        return keccak(path.read_bytes())
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise InputError(f"Cannot read the document {path}: {reason}.") from failure


def document_of(text: str) -> bytes:
    """The commitment to a document: `0x` and 64 digits as they stand, else keccak-256 of a file."""
    if _WORD.fullmatch(text):
        return bytes.fromhex(text[2:])
    return commitment_of(Path(text))


def guard(
    office: Office, root: Key, number: int, guardians: Sequence[str], *, threshold: int,
    override_threshold: int, delay: int,
) -> Call:  # fmt: skip
    """The call that names guardians of a participant, by its root; `delay` in seconds."""
    _require_root(office, root, number)
    registry = office.bind(GuardianRegistry)
    ordered = tuple(sorted(set(guardians), key=lambda account: int(account, 16)))
    if len(ordered) != len(guardians):
        raise InputError("A guardian stands twice: each counts once.")
    if not 1 <= threshold < override_threshold <= len(ordered):
        raise InputError("--threshold is 1 at least, --override more, and no more than guardians.")
    if not _DAY <= delay <= 30 * _DAY:
        raise InputError("--delay-days is 1 to 30.")
    nonce = registry.guarding_of(number).nonce + 1
    chosen = GuardianSet(number, nonce, threshold, override_threshold, delay, ordered)
    return registry.set_guardians(chosen, chosen.sign(root, deployment_domain(office.salt)))


def draft_move(office: Office, number: int, new_root: str, kept: Sequence[str]) -> Move:
    """A move of a participant's root that nobody has signed yet."""
    require_participant(office, number)
    in_force = guardian_set(office, number)
    if in_force is None:
        raise InputError(f"Participant {number} has no guardians: nobody can move its root.")
    authority = Authority(office)
    if authority.is_known(new_root):
        raise InputError(f"{new_root} is a root or a key already: a new root is a fresh address.")
    for key in kept:
        if not authority.is_known(key):
            raise InputError(f"{key} was never granted: a move that keeps it cannot be finished.")
    participant = office.bind(ParticipantRegistry).participant_of(number)
    nonce = office.bind(GuardianRegistry).recall_of(number).nonce + 1
    return moves.drafted(office.salt, in_force, participant.epoch, nonce, new_root, kept)


def cancel_move(office: Office, root: Key, number: int) -> Call:
    """The call by which a root refuses, once, to be moved by the guardians in force."""
    _require_root(office, root, number)
    registry = office.bind(GuardianRegistry)
    epoch = office.bind(ParticipantRegistry).participant_of(number).epoch
    cancellation = MoveCancellation(number, epoch, registry.guarding_of(number).set)
    return registry.cancel(number, cancellation.sign(root, deployment_domain(office.salt)))


def finish_move(office: Office, move: Move) -> Call:
    """The call that executes a move that was announced, once its delay is over."""
    registry = office.bind(GuardianRegistry)
    announced = registry.recall_of(move.move.id)
    if announced.move != move.move.digest(deployment_domain(office.salt)):
        raise InputError("This move is not on its way: `entrepot keys submit` announces it.")
    if office.node.time() < announced.ready_at:
        raise InputError(f"The move waits until {moment(announced.ready_at)}.")
    return registry.execute(move.move)


def anchor(office: Office, root: Key, record: Record) -> Call:
    """The call that keeps the hash of a sealed key's record, by the root of its participant."""
    number = record.sealed.user
    _require_root(office, root, number)
    signature = SealAnchor(number, record.digest).sign(root, deployment_domain(office.salt))
    return office.bind(GuardianRegistry).anchor_seal(number, record.digest, signature)


def anchored_at(office: Office, record: Record) -> str | None:
    """When the hash of a sealed key's record was kept on chain; None where it was not."""
    found = office.bind(GuardianRegistry).sealed_at(record.sealed.user, record.digest)
    return moment(found) if found else None


def guardian_set(office: Office, number: int) -> GuardianSet | None:
    """The guardians in force, with their terms; None where there are none."""
    registry = office.bind(GuardianRegistry)
    in_force = registry.guarding_of(number).set
    if not any(in_force):
        return None
    (event,) = office.logs(registry, "GuardiansSet", topic_of(number), topic_of(in_force))
    terms = dict(zip(GuardianSet.__slots__, event.args["terms"].values(), strict=True))
    return GuardianSet(**{**terms, "guardians": tuple(terms["guardians"])})


def _guard(office: Office, number: int) -> Guard | None:
    found = guardian_set(office, number)
    if found is None:
        return None
    return Guard(list(found.guardians), found.threshold, found.override_threshold, found.delay)


def _guard_from(office: Office, number: int) -> str | None:
    begins = office.bind(GuardianRegistry).guarding_of(number).next_from
    return moment(begins) if begins else None


def _pending_move(office: Office, number: int) -> PendingMove | None:
    registry = office.bind(GuardianRegistry)
    announced = registry.recall_of(number)
    if not any(announced.move):
        return None
    move = "0x" + announced.move.hex()
    terms = office.logs(registry, "MoveAnnounced", topic_of(number), move)[-1].args["terms"]
    return PendingMove(
        terms["newRoot"], terms["kept"], moment(announced.ready_at), announced.is_override
    )


def _qualifications(office: Office, number: int) -> list[QualificationStanding]:
    registry = office.bind(QualificationRegistry)
    now = office.node.time()
    found = []
    for event in office.logs(registry, "Qualified", None, topic_of(number)):
        identity, terms = event.args["qualificationId"], event.args["terms"]
        record = registry.qualification_of(identity)
        state = "valid"
        if record.revoked_at:
            state = "revoked"
        elif now > record.expiry:
            state = "expired"
        elif now < record.valid_from:
            state = "not yet valid"
        found.append(
            QualificationStanding(
                id="0x" + identity.hex(),
                kind=terms["kind"].rstrip(b"\0").decode("ascii", "replace"),
                issuer=terms["issuerId"],
                commitment="0x" + terms["commitment"].hex(),
                valid_from=moment(terms["validFrom"]),
                expires=moment(terms["expiry"]),
                state=state,
            )
        )
    return found


def _issuer(office: Office, key: Key) -> int:
    standing = Authority(office).of(key.address)
    if standing.participant is None or "certify" not in standing.usable:
        raise InputError(
            f"{key.address} may not certify for anybody; `entrepot keys whoami` says why."
        )
    return standing.participant


def _require_issuer(office: Office, key: Key, issuer: int) -> None:
    if _issuer(office, key) != issuer:
        raise InputError(f"Participant {issuer} vouches for it: only a key of its can revoke it.")


def _require_root(office: Office, root: Key, number: int) -> None:
    require_participant(office, number)
    actual = office.bind(ParticipantRegistry).participant_of(number).root
    if actual != root.address:
        raise InputError(f"The root of participant {number} is {actual}, not {root.address}.")
