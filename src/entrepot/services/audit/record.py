"""The deployment itself, and its record: is it this version's, and could it have happened?"""

from collections.abc import Iterable, Mapping
from typing import Any

from entrepot.core.messages import (
    PLAIN,
    Call,
    Clauses,
    MoveCancellation,
    QualificationRevocation,
    shipment_id,
)
from entrepot.errors import DeploymentError
from entrepot.network.contracts import shown
from entrepot.services.audit.checker import Checker
from entrepot.services.books import Books
from entrepot.services.books.entries import NOTHING, ZERO
from entrepot.services.summary import figures


def code(checker: Checker) -> bool:
    """Whether this version's code is at every address.

    Nothing else can be trusted otherwise.
    """
    try:
        checker.deployment.verify(checker.node)
    except DeploymentError as failure:
        checker.differ("code", [("deployment", "this version's contracts", str(failure))])
        return False
    checker.differ("code", [], f"{len(checker.at)} contracts run this version's code")
    return True


def links(checker: Checker) -> None:
    """The contracts are bound to each other and to the deployment's salt."""
    at, domain, domains = checker.at, checker.domain, checker.domains
    registry, escrow, insurance = at["ParticipantRegistry"], at["TradeEscrow"], at["CargoInsurance"]
    call = Call(ZERO, b"", 0).digest(domains["Council"])
    cancellation = MoveCancellation(0, 0, NOTHING).digest(domain)
    revocation = QualificationRevocation(NOTHING).digest(domain)
    expected: dict[tuple[str, str, tuple[Any, ...]], Any] = {
        ("Council", "callDigest", (ZERO, b"", 0)): call,
        ("ParticipantRegistry", "authority", ()): at["Consortium"],
        ("ParticipantRegistry", "GUARDIANS", ()): at["GuardianRegistry"],
        ("ParticipantRegistry", "domainSeparator", ()): domain,
        ("GuardianRegistry", "REGISTRY", ()): registry,
        ("GuardianRegistry", "moveCancellationDigest", (0, 0, NOTHING)): cancellation,
        ("QualificationRegistry", "REGISTRY", ()): registry,
        ("QualificationRegistry", "qualificationRevocationDigest", (NOTHING,)): revocation,
        ("LabelRegistry", "REGISTRY", ()): registry,
        ("LabelRegistry", "domainSeparator", ()): domains["LabelRegistry"],
        ("CreditRegistry", "ESCROW", ()): escrow,
        ("CreditRegistry", "INSURANCE", ()): insurance,
        ("CreditRegistry", "SOURCE", ()): at["ShipmentLedger"],
        ("CreditRegistry", "ORDER_DOMAIN", ()): domains["TradeEscrow"],
        ("TradeEscrow", "authority", ()): at["Consortium"],
        ("TradeEscrow", "REGISTRY", ()): registry,
        ("TradeEscrow", "CREDIT", ()): at["CreditRegistry"],
        ("TradeEscrow", "NOTES", ()): at["ReceivableNote"],
        ("TradeEscrow", "SETTLEMENT", ()): at["Settlement"],
        ("TradeEscrow", "RATED_SOURCE", ()): at["ShipmentLedger"],
        ("TradeEscrow", "domainSeparator", ()): domains["TradeEscrow"],
        ("ReceivableNote", "REGISTRY", ()): registry,
        ("ReceivableNote", "ESCROW", ()): escrow,
        ("ReceivableNote", "ORDER_DOMAIN", ()): domains["TradeEscrow"],
        ("ReceivableNote", "domainSeparator", ()): domains["ReceivableNote"],
        ("CustomsDesk", "REGISTRY", ()): registry,
        ("CustomsDesk", "LEDGER", ()): at["ShipmentLedger"],
        ("CustomsDesk", "ORDER_DOMAIN", ()): domains["TradeEscrow"],
        ("ShipmentLedger", "REGISTRY", ()): registry,
        ("ShipmentLedger", "ESCROW", ()): escrow,
        ("ShipmentLedger", "INSURANCE", ()): insurance,
        ("ShipmentLedger", "CUSTOMS", ()): at["CustomsDesk"],
        ("ShipmentLedger", "SENSORS", ()): at["SensorLog"],
        ("ShipmentLedger", "ORDER_DOMAIN", ()): domains["TradeEscrow"],
        ("ShipmentLedger", "domainSeparator", ()): domains["ShipmentLedger"],
        ("SensorLog", "REGISTRY", ()): registry,
        ("SensorLog", "LEDGER", ()): at["ShipmentLedger"],
        ("SensorLog", "INSURANCE", ()): insurance,
        ("SensorLog", "domainSeparator", ()): domains["SensorLog"],
        ("CargoInsurance", "authority", ()): at["Consortium"],
        ("CargoInsurance", "REGISTRY", ()): registry,
        ("CargoInsurance", "ESCROW", ()): escrow,
        ("CargoInsurance", "CREDIT", ()): at["CreditRegistry"],
        ("CargoInsurance", "RATED_SOURCE", ()): at["ShipmentLedger"],
        ("CargoInsurance", "NOTES", ()): at["ReceivableNote"],
        ("CargoInsurance", "ORDER_DOMAIN", ()): domains["TradeEscrow"],
        ("CargoInsurance", "domainSeparator", ()): domains["CargoInsurance"],
        ("CarrierBond", "REGISTRY", ()): registry,
        ("CarrierBond", "INSURANCE", ()): insurance,
        ("CarrierBond", "SOURCE", ()): at["ShipmentLedger"],
        ("CarrierBond", "ORDER_DOMAIN", ()): domains["TradeEscrow"],
        ("InsurancePool", "REGISTRY", ()): registry,
        ("InsurancePool", "UNDERWRITER", ()): insurance,
        ("InsurancePool", "asset", ()): at["TestDollar"],
    }
    wrong = [
        (f"{name}.{view}", shown(value), shown(found))
        for (name, view, arguments), value in expected.items()
        if (found := checker.contracts[name].call(view, *arguments)) != value
    ]
    checker.differ("links", wrong, f"{len(expected)} bindings of contracts to each other")


def history(checker: Checker, books: Books) -> None:
    """Ids follow from the terms that were signed, and nothing happened that cannot happen."""
    found = [("events", "a possible history", each) for each in books.contradictions]
    ids = list(_ids(checker, books))
    found += [
        (f"{kind} {shown(number)}", "an id that follows from its terms", shown(digest))
        for kind, number, digest in ids
        if number != digest
    ]
    found += [
        (f"shipment {shown(number)}", "an order that was opened", shown(shipment.order_id))
        for number, shipment in books.shipments.items()
        if shipment.order_id not in books.orders
    ]
    checker.differ("record", found, f"{len(ids)} ids follow from the terms that were signed")


def _ids(checker: Checker, books: Books) -> Iterable[tuple[str, bytes, bytes]]:
    """Kind and id of all that is named by the digest of its terms, and that digest."""
    domains, ledger = checker.domains, checker.at["ShipmentLedger"]
    for order_id, entry in books.orders.items():
        yield "order", order_id, entry.order.digest(domains["TradeEscrow"])
        if entry.order.clauses != PLAIN or entry.clauses != Clauses():
            yield "clauses", entry.order.clauses, entry.clauses.struct_hash()
    for policy_id, policy in books.policies.items():
        yield "policy", policy_id, policy.quote.digest(domains["CargoInsurance"])
    for number, shipment in books.shipments.items():
        yield "shipment", number, shipment_id(shipment.order_id, ledger)
    for number, message in books.messages.items():
        yield type(message).__name__, number, message.digest(checker.domain)


def summary(checker: Checker, books: Books, said: Mapping[str, Any]) -> None:
    """What a run said of itself, against its books."""
    found = figures(books, checker.at["TestDollar"])
    wrong = [
        (f"summary.json: {name}", str(value), str(said.get(name)))
        for name, value in found.items()
        if said.get(name) != value
    ]
    checker.differ("summary", wrong, f"{len(found)} figures of summary.json follow")
