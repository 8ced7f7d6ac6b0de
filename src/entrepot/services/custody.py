"""The shipment of an order: created, handed over, delivered, as far as one command can sign it."""

from dataclasses import asdict
from typing import Any

from entrepot.core.messages import Delivery, Handover, contract_domain, shipment_id
from entrepot.core.signing import Key
from entrepot.errors import InputError
from entrepot.network.bindings import ShipmentFacts, ShipmentLedger, Signature, Terms
from entrepot.services import orders
from entrepot.services.authority import Authority
from entrepot.services.books.entries import ShipmentState
from entrepot.services.office import Acting, Office
from entrepot.services.orders import Done, Known
from entrepot.services.spelling import moment


def id_of(known: Known) -> bytes:
    """Id of an order's one shipment, 32 bytes."""
    return shipment_id(known.id, known.terms.order.source)


def facts_of(office: Office, known: Known) -> ShipmentFacts:
    """What is known of an order's shipment; `InputError` where another source has it."""
    ledger = office.bind(ShipmentLedger)
    if known.terms.order.source != ledger.address:
        raise InputError(
            f"The shipment of order {known.hex} is kept at {known.terms.order.source}, not here."
        )
    return ledger.facts_of(id_of(known))


def require_created(office: Office, known: Known) -> ShipmentFacts:
    """The facts of a shipment; `InputError` where it was not created."""
    found = facts_of(office, known)
    if found.state == ShipmentState.NONE:
        raise InputError(
            f"Order {known.hex} has no shipment yet: `entrepot shipment create` makes it."
        )
    return found


def create(office: Office, acting: Acting, known: Known) -> Done:
    """Creates the shipment of an open order; by anyone."""
    state = ShipmentState(facts_of(office, known).state)
    if state is not ShipmentState.NONE:
        return Done(known.hex, "created before; nothing was sent")
    orders.require_open(office, known)
    call = office.bind(ShipmentLedger).create(known.terms.order)
    return Done(known.hex, "created", office.send(call, acting))


def hand_over(office: Office, acting: Acting, known: Known, receiver: Key, evidence: bytes) -> Done:
    """Passes custody from who acts to another key; both sign. The first time ships the goods."""
    facts, giver = require_created(office, known), acting.key()
    to = _participant(office, receiver)
    if facts.custodian_id == to:
        return Done(known.hex, f"participant {to} has custody already; nothing was sent")
    handover = Handover(id_of(known), facts.sequence, facts.custodian_id, to, condition=evidence)
    domain = _domain(office)
    call = office.bind(ShipmentLedger).hand_over(
        known.terms.order, Terms(*handover.terms),
        Signature(giver.address, handover.sign(giver, domain)),
        Signature(receiver.address, handover.sign(receiver, domain)),
    )  # fmt: skip
    return Done(known.hex, f"participant {to} has custody", office.send(call, acting))


def deliver(office: Office, acting: Acting, known: Known, evidence: bytes) -> Done:
    """Records that who acts, the consignee, received the goods."""
    facts, key = require_created(office, known), acting.key()
    if facts.state == ShipmentState.DELIVERED:
        return Done(known.hex, "delivered before; nothing was sent")
    delivery = Delivery(id_of(known), facts.sequence, evidence)
    signature = Signature(key.address, delivery.sign(key, _domain(office)))
    call = office.bind(ShipmentLedger).deliver(known.terms.order, evidence, signature, [])
    return Done(known.hex, "delivered", office.send(call, acting))


def show(office: Office, known: Known) -> dict[str, Any]:
    """Where an order's shipment stands; times as `YYYY-MM-DDTHH:MM:SSZ`, None for not yet."""
    found = asdict(facts_of(office, known))
    times = {
        name: moment(found[name]) if found[name] else None
        for name in ("shipped_at", "tendered_at", "disputed_at", "delivered_at")
    }
    return {
        "order": known.hex,
        "shipment": "0x" + id_of(known).hex(),
        "state": ShipmentState(found["state"]).name.lower().replace("_", " "),
        "custodian": found["custodian_id"] or None,
        **times,
    }


def _participant(office: Office, key: Key) -> int:
    found = Authority(office).of(key.address).participant
    if found is None:
        raise InputError(f"{key.address} acts for nobody; `entrepot keys whoami` says why.")
    return found


def _domain(office: Office) -> bytes:
    ledger = office.bind(ShipmentLedger)
    return contract_domain("Entrepot ShipmentLedger", office.deployment.chain_id, ledger.address)
