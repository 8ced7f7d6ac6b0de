"""Council, consortium and timelock, as the record says and as they are kept."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from entrepot.core.signing import keccak
from entrepot.network.contracts import shown
from entrepot.services.audit.checker import Checker, Difference
from entrepot.services.books.entries import ZERO, Books, Timed
from entrepot.services.deploy import ADMIN, STEWARD

PROPOSER, CANCELLER, EXECUTOR = (
    keccak(f"{name}_ROLE".encode()) for name in ("PROPOSER", "CANCELLER", "EXECUTOR")
)
TIMELOCK_ADMIN = bytes(32)


def check(checker: Checker, books: Books) -> None:
    """Every check of who governs, and by which rules."""
    _council(checker, books)
    _consortium(checker, books)
    _timelock(checker, books)
    wrong = [*_usurpers(checker, books), *_given_away(books)]
    evidence = "timelock admin, council steward and proposer, nobody else"
    checker.differ("governance", wrong, evidence)


def _council(checker: Checker, books: Books) -> None:
    contract, book = checker.contracts["Council"], books.council
    count = len(book.members)
    wrong = [
        *checker.differences(contract, "threshold", {(): book.threshold}),
        *checker.differences(contract, "nonce", {(): book.nonce}),
        *checker.differences(contract, "getSignerCount", {(): count}),
    ]
    members = {keccak(member) for member in contract.call("getSigners", 0, count + 1)}
    wrong += [
        ("a member of the council", shown(member), "none of that hash")
        for member in sorted(book.members - members)
    ]
    evidence = f"{book.threshold} of {count} members decide, {book.nonce} calls"
    checker.differ("council", wrong, evidence)


def _consortium(checker: Checker, books: Books) -> None:
    contract, now = checker.contracts["Consortium"], checker.node.time()
    members = {member: entry.at(now) for member, entry in books.consortium.members.items()}
    checker.compare("consortium roles", contract, "hasRole", members)

    rules: defaultdict[str, dict[tuple[Any, ...], Any]] = defaultdict(dict)
    rules["getTargetFunctionRole"] = dict.fromkeys(_functions(checker), ADMIN)
    for (view, key), value in books.consortium.rules.items():
        rules[view][key] = value.at(now) if isinstance(value, Timed) else value
    wrong = [
        difference
        for view, expected in rules.items()
        for difference in checker.differences(contract, view, expected)
    ]
    count = sum(map(len, rules.values()))
    checker.differ("consortium rules", wrong, f"{count} compared with the views of Consortium")


def _functions(checker: Checker) -> Iterator[tuple[str, bytes]]:
    """Contract and selector of all that the consortium may restrict."""
    for contract in checker.contracts.values():
        if "isConsumingScheduledOp" in contract.abi.functions:
            for entry in contract.artifact.abi:
                if entry["type"] == "function" and "payable" in entry["stateMutability"]:
                    yield contract.address, contract.abi.functions[entry["name"]].selector


def _timelock(checker: Checker, books: Books) -> None:
    contract, book = checker.contracts["Timelock"], books.timelock
    wrong = [
        *checker.differences(contract, "hasRole", book.members),
        *checker.differences(contract, "getMinDelay", {(): book.delay}),
    ]
    checker.differ("timelock", wrong, f"{book.delay} seconds, {len(book.members)} roles given")
    operations = {number: operation.timestamp for number, operation in book.operations.items()}
    checker.compare("operations", contract, "getTimestamp", operations)


def _usurpers(checker: Checker, books: Books) -> Iterator[Difference]:
    """Powers that somebody else has, or that their owner lacks."""
    at, now = checker.at, checker.node.time()
    consortium = [m for m, entry in books.consortium.members.items() if entry.at(now)[0]]
    timelock = [member for member, is_given in books.timelock.members.items() if is_given]
    for name, holders, role, owner in (
        ("admin of the consortium", consortium, ADMIN, at["Timelock"]),
        ("steward of the consortium", consortium, STEWARD, at["Council"]),
        ("admin of the timelock", timelock, TIMELOCK_ADMIN, at["Timelock"]),
        ("proposer of the timelock", timelock, PROPOSER, at["Council"]),
        ("canceller of the timelock", timelock, CANCELLER, at["Council"]),
        ("executor of the timelock", timelock, EXECUTOR, ZERO),
    ):
        found = [account for held, account in holders if held == role]
        if found != [owner]:
            yield name, f"{owner} alone", ", ".join(found) or "nobody"


def _given_away(books: Books) -> Iterator[Difference]:
    """Functions that neither admin nor steward uses."""
    for (view, key), role in books.consortium.rules.items():
        if view == "getTargetFunctionRole" and role not in (ADMIN, STEWARD):
            target, selector = key
            subject = f"function {shown(selector)} of {target}"
            yield subject, "for admin or steward", f"for role {role}"
