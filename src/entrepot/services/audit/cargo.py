"""What happened to goods, and the cover of it: as they are kept, and as they had to come out."""

from collections.abc import Iterator

from entrepot.core.cover import Decision, decide, is_unattached, net_of, units_of
from entrepot.core.exposures import Device, Exposure
from entrepot.core.liability import chain_of
from entrepot.network.contracts import shown
from entrepot.services.audit.checker import Checker, Difference
from entrepot.services.books import ZERO, Books, OrderEntry, PolicyEntry, PolicyState
from entrepot.services.books.cargo import damage, watched
from entrepot.services.books.entries import Claim


def records(checker: Checker, books: Books) -> None:
    """What is kept of goods on the way and of what devices saw."""
    ledger, log = checker.contracts["ShipmentLedger"], checker.contracts["SensorLog"]
    shipments = books.shipments
    checker.compare(
        "cargo", ledger, "cargoOf",
        {number: {"custody": chain_of(entry.legs), **damage(entry)}
         for number, entry in shipments.items()},
    )  # fmt: skip
    plans = {number: entry.plan for number, entry in shipments.items()}
    checker.compare("watches", ledger, "planOf", plans)
    checker.compare(
        "exposures", log, "watchOf",
        {(number, i): watched(entry.sensors.seen.get(i, Exposure()))
         for number, entry in shipments.items() for i in range(len(entry.sensors.watches))},
    )  # fmt: skip
    known: dict[tuple[bytes, str], dict[str, int]] = {}
    for number, entry in shipments.items():
        for watch in entry.sensors.watches:
            device = entry.sensors.devices.get(watch.device, Device())
            fields = {"number": device.number, "endedAt": device.ended_at, "seen": device.seen}
            known[number, watch.device] = fields
    checker.compare("devices", log, "deviceOf", known)


def cover(checker: Checker, books: Books) -> None:
    """What is kept of policies, and of the bonds of who answers for them."""
    insurance = checker.contracts["CargoInsurance"]
    checker.compare(
        "policies", insurance, "recordOf",
        {number: {
            "state": int(entry.state), "endedAt": entry.ended_at, "weight": entry.weight,
            "inceptedAt": entry.incepted_at, "fired": entry.decided.fired,
            "grossBps": entry.decided.gross_bps, "reservedBps": entry.reserved,
         } for number, entry in books.policies.items()},
    )  # fmt: skip
    covered = {(order_id,): books.covered[order_id] for order_id in books.orders}
    checker.compare("cover of orders", insurance, "coveredOf", covered)
    amounts = {number: entry.order.amount for number, entry in books.orders.items()}
    over = [
        (f"order {shown(order_id)}", f"cover up to {amounts[order_id]}", str(sum_))
        for order_id, sum_ in books.covered.items()
        if order_id in amounts and sum_ > amounts[order_id]
    ]
    checker.differ("cover within value", over, f"{len(books.covered)} insured orders")
    _bonds(checker, books)


def _bonds(checker: Checker, books: Books) -> None:
    contract = checker.contracts["CarrierBond"]
    checker.compare(
        "bonds of custodians", contract, "bondOf",
        {number: {"held": bond.held, "leaving": bond.leaving, "leavesAt": bond.leaves_at}
         for number, bond in books.bonds.items()},
    )  # fmt: skip
    answered = {
        (number, leg): entry.answered[leg]
        for number, entry in books.shipments.items()
        for leg in range(len(entry.legs))
        if entry.legs[leg].liability
    }
    checker.compare("answered", contract, "answeredOf", answered)
    recovered = {number: entry.recovered for number, entry in books.policies.items()}
    checker.compare("recovered", contract, "recoveredOf", recovered)


def payouts(checker: Checker, books: Books) -> None:
    """Every claim on every policy came to what the facts of that moment are worth."""
    wrong: list[Difference] = []
    claims = 0
    for policy_id, policy in books.policies.items():
        entry = books.orders.get(policy.quote.order_id)
        if entry is None or entry.order.source != checker.at["ShipmentLedger"]:
            continue
        claims += len(policy.claims)
        subject = f"policy {shown(policy_id)}"
        wrong += [(subject, *each) for each in _wrong_claims(checker, entry, policy)]
    ended = sum(each.state is not PolicyState.ACTIVE for each in books.policies.values())
    evidence = f"{claims} claims came to what the facts are worth, {ended} policies ended"
    checker.differ("payouts", wrong, evidence)


def _wrong_claims(
    checker: Checker, entry: OrderEntry, policy: PolicyEntry
) -> Iterator[tuple[str, str]]:
    before = Decision()
    for claim in policy.claims:
        due, found = _due(checker, entry, policy, before, claim), _outcome(claim)
        if due != found:
            yield due, found
        before = claim.decision or before


def _due(
    checker: Checker, entry: OrderEntry, policy: PolicyEntry, before: Decision, claim: Claim
) -> str:
    """What a claim was to come to."""
    order, quote, seen = entry.order, policy.quote, claim.seen
    if is_unattached(order, quote, policy.incepted_at, seen, is_begun=claim.is_begun):
        return _spelt(None, quote.holder, quote.premium)
    decision = decide(order, quote, before, seen)
    paid, net = (
        units_of(order.amount, net_of(quote, each.gross_bps)) for each in (before, decision)
    )
    payee = quote.beneficiary
    if payee == checker.at["ReceivableNote"]:
        payee = claim.holder
    return _spelt(decision, payee if payee != ZERO else quote.holder, net - paid)


def _outcome(claim: Claim) -> str:
    return _spelt(claim.decision, claim.payee, claim.amount)


def _spelt(decision: Decision | None, payee: str, amount: int) -> str:
    if decision is None:
        return f"no cover, {amount} back to {payee}"
    paid = f"{amount} to {payee}, {decision.days_late} days late" if amount else "nothing"
    end = "the end" if decision.is_final else "not the end"
    return f"{paid}; causes {decision.fired:05b}, {decision.gross_bps} basis points, {end}"
