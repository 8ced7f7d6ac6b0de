"""The council, the consortium and its timelock, from events."""

from typing import Any

from entrepot.core.shipments import DAY
from entrepot.network.contracts import Event, shown
from entrepot.services.books.entries import (
    NOTHING,
    Books,
    Handler,
    Handlers,
    Membership,
    Operation,
    Timed,
)

_LAPSE = 7 * DAY
"""How long the consortium keeps an operation that is due, in seconds."""


def _member_added(books: Books, args: dict[str, Any], _: Event) -> None:
    if args["signers"] in books.council.members:
        books.contradictions.append(f"Member {shown(args['signers'])} joined the council twice.")
    books.council.members.add(args["signers"])


def _member_removed(books: Books, args: dict[str, Any], _: Event) -> None:
    if args["signers"] not in books.council.members:
        books.contradictions.append(f"The council lost {shown(args['signers'])}, no member of it.")
    books.council.members.discard(args["signers"])
    _require_reachable(books)


def _threshold_set(books: Books, args: dict[str, Any], _: Event) -> None:
    books.council.threshold = args["threshold"]
    _require_reachable(books)


def _require_reachable(books: Books) -> None:
    council = books.council
    if not 0 < council.threshold <= len(council.members):
        books.contradictions.append(
            f"{council.threshold} of {len(council.members)} members of the council were to decide."
        )


def _council_called(books: Books, args: dict[str, Any], _: Event) -> None:
    council = books.council
    if args["nonce"] != council.nonce:
        books.contradictions.append(
            f"The council made call {args['nonce']} when {council.nonce} was next."
        )
    council.nonce = args["nonce"] + 1


def _role_granted(books: Books, args: dict[str, Any], event: Event) -> None:
    members, member = books.consortium.members, (args["roleId"], args["account"])
    entry = members.get(member)
    is_new = entry is None or entry.since == 0
    if is_new != args["newMember"]:
        books.contradictions.append(
            f"{args['account']} was given role {args['roleId']} of the consortium in a way that"
            " could not be."
        )
    if entry is None or is_new:
        members[member] = Membership(args["since"], Timed(args["delay"]))
    else:
        entry.delay = _changed(entry.delay, args, event)


def _role_revoked(books: Books, args: dict[str, Any], _: Event) -> None:
    members, member = books.consortium.members, (args["roleId"], args["account"])
    if member not in members or members[member].since == 0:
        books.contradictions.append(
            f"{args['account']} lost role {args['roleId']} of the consortium without having it."
        )
    members[member] = Membership(0)


def _rule(view: str, key: tuple[str, ...], value: str) -> Handler:
    """What `view` of the arguments `key` shows from now on."""

    def handle(books: Books, args: dict[str, Any], _: Event) -> None:
        books.consortium.rules[view, tuple(args[name] for name in key)] = args[value]

    return handle


def _delay_rule(view: str, key: str) -> Handler:
    """The same for a delay, which takes effect later."""

    def handle(books: Books, args: dict[str, Any], event: Event) -> None:
        rules, number = books.consortium.rules, (view, (args[key],))
        rules[number] = _changed(rules.get(number, Timed()), args, event)

    return handle


def _operation_scheduled(books: Books, args: dict[str, Any], _: Event) -> None:
    number, due = (args["operationId"],), args["schedule"]
    books.consortium.rules["getNonce", number] = args["nonce"]
    books.consortium.rules["getSchedule", number] = Timed(due, 0, due + _LAPSE)


def _operation_ended(books: Books, args: dict[str, Any], _: Event) -> None:
    books.consortium.rules["getSchedule", (args["operationId"],)] = 0


def _changed(delay: Timed, args: dict[str, Any], event: Event) -> Timed:
    return Timed(delay.at(event.timestamp), args["delay"], args["since"])


def _timelock_role_granted(books: Books, args: dict[str, Any], _: Event) -> None:
    books.timelock.members[args["role"], args["account"]] = True


def _timelock_role_revoked(books: Books, args: dict[str, Any], _: Event) -> None:
    books.timelock.members[args["role"], args["account"]] = False


def _delay_changed(books: Books, args: dict[str, Any], _: Event) -> None:
    if args["oldDuration"] != books.timelock.delay:
        books.contradictions.append(
            f"The timelock's delay was changed from {args['oldDuration']}, and was"
            f" {books.timelock.delay}."
        )
    books.timelock.delay = args["newDuration"]


def _call_scheduled(books: Books, args: dict[str, Any], event: Event) -> None:
    operations, number = books.timelock.operations, args["id"]
    operation = operations.get(number)
    if args["index"] == 0:
        is_free = operation is None or operation.is_cancelled
        is_possible = is_free and args["delay"] >= books.timelock.delay
        operation = Operation(event.timestamp + args["delay"], args["predecessor"])
        operations[number] = operation
    else:
        is_possible = operation is not None and args["index"] == len(operation.calls)
    if not is_possible:
        books.contradictions.append(
            f"Call {args['index']} of operation {shown(number)} was scheduled, which could not be."
        )
    if operation is not None:
        operation.calls.append(_call(args))


def _call_executed(books: Books, args: dict[str, Any], event: Event) -> None:
    operations, number, index = books.timelock.operations, args["id"], args["index"]
    operation = operations.get(number)
    if operation is None:
        books.contradictions.append(f"Operation {shown(number)} was executed unannounced.")
        return
    before = operations.get(operation.predecessor)
    is_possible = (
        not operation.is_cancelled
        and event.timestamp >= operation.ready_at
        and operation.calls[index : index + 1] == [_call(args)]
        and operation.executed == index
        and (operation.predecessor == NOTHING or (before is not None and before.is_done))
    )
    if not is_possible:
        books.contradictions.append(
            f"Call {index} of operation {shown(number)} was executed otherwise than scheduled."
        )
    operation.executed += 1


def _call(args: dict[str, Any]) -> tuple[str, int, bytes]:
    return args["target"], args["value"], args["data"]


def _cancelled(books: Books, args: dict[str, Any], _: Event) -> None:
    operation = books.timelock.operations.get(args["id"])
    if operation is None or operation.is_cancelled or operation.is_done:
        books.contradictions.append(
            f"Operation {shown(args['id'])} was cancelled without being on its way."
        )
        return
    operation.is_cancelled = True


HANDLERS: Handlers = {
    ("Council", "ERC7913SignerAdded"): _member_added,
    ("Council", "ERC7913SignerRemoved"): _member_removed,
    ("Council", "ERC7913ThresholdSet"): _threshold_set,
    ("Council", "CouncilCalled"): _council_called,
    ("Consortium", "RoleGranted"): _role_granted,
    ("Consortium", "RoleRevoked"): _role_revoked,
    ("Consortium", "RoleAdminChanged"): _rule("getRoleAdmin", ("roleId",), "admin"),
    ("Consortium", "RoleGuardianChanged"): _rule("getRoleGuardian", ("roleId",), "guardian"),
    ("Consortium", "RoleGrantDelayChanged"): _delay_rule("getRoleGrantDelay", "roleId"),
    ("Consortium", "TargetAdminDelayUpdated"): _delay_rule("getTargetAdminDelay", "target"),
    ("Consortium", "TargetClosed"): _rule("isTargetClosed", ("target",), "closed"),
    ("Consortium", "TargetFunctionRoleUpdated"): _rule(
        "getTargetFunctionRole", ("target", "selector"), "roleId"
    ),
    ("Consortium", "OperationScheduled"): _operation_scheduled,
    ("Consortium", "OperationExecuted"): _operation_ended,
    ("Consortium", "OperationCanceled"): _operation_ended,
    ("Timelock", "RoleGranted"): _timelock_role_granted,
    ("Timelock", "RoleRevoked"): _timelock_role_revoked,
    ("Timelock", "MinDelayChange"): _delay_changed,
    ("Timelock", "CallScheduled"): _call_scheduled,
    ("Timelock", "CallExecuted"): _call_executed,
    ("Timelock", "Cancelled"): _cancelled,
}
