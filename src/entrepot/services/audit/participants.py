"""Participants, keys, guardians and qualifications, as the record says and as they are kept."""

from entrepot.services.audit.checker import Checker
from entrepot.services.books.entries import NOTHING, Books


def check(checker: Checker, books: Books) -> None:
    """Every check of who is who and who may do what."""
    _participants(checker, books)
    _withdrawn(checker, books)
    _guardians(checker, books)
    _qualifications(checker, books)


def _participants(checker: Checker, books: Books) -> None:
    registry = checker.contracts["ParticipantRegistry"]
    checker.compare(
        "participants", registry, "participantOf",
        {(number,): {"root": entry.root, "roles": entry.roles, "epoch": entry.epoch,
                     "rolesNonce": entry.roles_nonce}
         for number, entry in books.participants.items()},
    )  # fmt: skip
    checker.compare(
        "keys", registry, "keyOf",
        {(address,): {
            "participantId": key.participant_id, "parent": key.parent,
            "born": key.born, "epoch": key.epoch,
            "functions": key.functions, "level": key.level, "expiry": key.expiry,
            "isRoot": key.is_root, "isRevoked": key.is_revoked,
         } for address, key in books.keys.items()},
    )  # fmt: skip


def _withdrawn(checker: Checker, books: Books) -> None:
    """Withdrawals are kept, and a key that came after its own was revoked at once."""
    registry = checker.contracts["ParticipantRegistry"]
    wrong = checker.differences(registry, "isWithdrawn", books.withdrawn)
    wrong += [
        (f"key {key}", "a revoked key", "a key that stands")
        for key, revoker in books.withdrawn
        if key in books.keys and books.may_revoke(key, revoker) and not books.keys[key].is_revoked
    ]
    evidence = f"{len(books.withdrawn)} compared with ParticipantRegistry.isWithdrawn"
    checker.differ("withdrawn grants", wrong, evidence)


def _guardians(checker: Checker, books: Books) -> None:
    registry, now = checker.contracts["GuardianRegistry"], checker.node.time()
    sets, recalls, cancelled = {}, {}, {}
    for number, guards in books.guards.items():
        appointed, following = guards.at(now)
        sets[number] = {
            "set": appointed.digest if appointed is not None else NOTHING,
            "nextSet": following.digest if following is not None else NOTHING,
            "nonce": guards.nonce,
            "delay": appointed.terms.delay if appointed is not None else 0,
            "nextDelay": following.terms.delay if following is not None else 0,
            "nextFrom": following.since if following is not None else 0,
        }
        recall = guards.recall
        recalls[number] = {
            "move": recall.digest, "nonce": recall.nonce, "readyAt": recall.ready_at,
            "isOverride": recall.is_override,
        }  # fmt: skip
        if number in books.participants and appointed is not None:
            named = books.participants[number].epoch, appointed.digest
            cancelled[number] = guards.cancellation == named
    checker.compare("guardians", registry, "guardingOf", sets)
    checker.compare("moves of roots", registry, "recallOf", recalls)
    checker.compare("cancelled moves", registry, "hasCancelled", cancelled)
    checker.compare("sealed keys", registry, "sealedAt", books.seals)


def _qualifications(checker: Checker, books: Books) -> None:
    checker.compare(
        "qualifications", checker.contracts["QualificationRegistry"], "qualificationOf",
        {(number,): {
            "issuedAt": entry.issued_at, "revokedAt": entry.revoked_at,
            "validFrom": entry.terms.valid_from if entry.terms is not None else 0,
            "expiry": entry.terms.expiry if entry.terms is not None else 0,
         } for number, entry in books.qualifications.items()},
    )  # fmt: skip
